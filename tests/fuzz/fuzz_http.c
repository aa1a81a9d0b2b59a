/* Heads of requests and answers, and targets: what is read lies within what came, and a path that
 * is given names one thing only. */

#include <stdlib.h>

#include "http/head.h"

#define MAX 8192

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool lies_in(struct slice part, struct slice whole)
{
    return part.length == 0 ||
           (part.at >= whole.at && part.at + part.length <= whole.at + whole.length);
}

static bool has(struct slice in, const char *text)
{
    struct slice wanted = slice_text(text);
    for (size_t i = 0; i + wanted.length <= in.length; i++)
        if (slice_begins(slice_part(in, i, SIZE_MAX), wanted))
            return true;
    return false;
}

static void check_target(struct slice target)
{
    uint8_t room[TARGET_PATH_BYTES];
    struct slice path, query;
    if (!http_target_read(target, room, &path, &query))
        return;
    if (path.length == 0 || path.at[0] != '/' || path.length > target.length || has(path, "//") ||
        has(path, "/../") || has(path, "/./") || !lies_in(query, target) ||
        slice_find(path, '\0') < path.length)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = slice_over(data, size);
    struct http_head head;
    unsigned status = http_request_head(in, MAX, &head);
    check_target(in);
    if (status == 0 && size >= MAX)
        abort();
    if (status == 200) {
        if (head.bytes > size || head.bytes > MAX || !lies_in(head.target, in))
            abort();
        check_target(head.target);
    }
    status = http_answer_head(in, MAX, &head);
    if (status == 200 && (head.bytes > size || head.code < 100 || head.code > 999))
        abort();
    return 0;
}
