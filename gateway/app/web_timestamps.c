/* What a log has timestamps of: GET /log/timestamp/?from=SIZE lists sizes,
 * GET /log/timestamp/70000.tsr gives one. */

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/web_parts.h"
#include "audit/timestamped.h"
#include "base/encoding.h"

#define PATH_BYTES 4352

/* The smallest sizes from one on, in their order, of any number that are shown to it. */
struct list {
    uint64_t from, sizes[TIMESTAMPED_LIST_MAX];
    size_t count;
};

static void list_add(struct list *list, uint64_t size)
{
    size_t at = list->count;
    while (at > 0 && list->sizes[at - 1] > size)
        at--;
    if (size < list->from || at == TIMESTAMPED_LIST_MAX)
        return;
    if (list->count < TIMESTAMPED_LIST_MAX)
        list->count++;
    memmove(&list->sizes[at + 1], &list->sizes[at], (list->count - at - 1) * sizeof list->sizes[0]);
    list->sizes[at] = size;
}

static bool path_of(const char *folder, const char *name, char path[static PATH_BYTES])
{
    int length = snprintf(path, PATH_BYTES, "%s/%s", folder, name);
    return length >= 0 && length < PATH_BYTES;
}

/* ABSENT: there is no log in this folder. One without the folder of timestamps has none. */
static struct status list_read(const char *folder, struct list *list)
{
    char path[PATH_BYTES], name[PATH_BYTES];
    uint64_t size = 0;
    if (!path_of(folder, "checkpoint", path))
        return FAIL(STORE);
    if (access(path, F_OK) != 0)
        return errno == ENOENT ? FAIL(ABSENT) : FAIL(STORE);
    DIR *dir = path_of(folder, "timestamp", path) ? opendir(path) : NULL;
    if (dir == NULL)
        return errno == ENOENT ? OK : FAIL(STORE);
    for (struct dirent *e; (e = readdir(dir)) != NULL;) {
        snprintf(name, sizeof name, "timestamp/%s", e->d_name);
        if (timestamped_path_read(slice_text(name), &size))
            list_add(list, size);
    }
    closedir(dir);
    return OK;
}

static void give_list(const char *folder, struct slice query, struct http_answer *answer)
{
    static const char from[] = "from=";
    struct list list = {.count = 0};
    if (!slice_begins(query, slice_text(from)) ||
        !decimal_read(slice_part(query, sizeof from - 1, SIZE_MAX), MERKLE_MAX_SIZE, &list.from)) {
        web_say(answer, 400, "ask with from=SIZE");
        return;
    }
    struct status s = list_read(folder, &list);
    if (failed(s)) {
        web_say(answer, s.code == CODE_ABSENT ? 404 : 500,
                s.code == CODE_ABSENT ? "there is no such log" : "it cannot be read");
        return;
    }
    timestamped_list_write(&answer->body, list.sizes, list.count);
    answer->status = 200;
    answer->cache = "no-cache";
}

void web_give_timestamps(const char *folder, struct slice name, struct slice query,
                         struct http_answer *answer)
{
    char path[TIMESTAMPED_PATH_BYTES];
    uint64_t size = 0;
    if (slice_is(name, "timestamp/")) {
        give_list(folder, query, answer);
    } else if (!timestamped_path_read(name, &size)) {
        web_say(answer, 404, "there is no such timestamp");
    } else {
        timestamped_path(size, path);
        web_give_file(folder, path, &web_timestamp_file, answer);
    }
}
