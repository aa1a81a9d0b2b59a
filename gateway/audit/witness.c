#include "audit/witness.h"

#include "base/encoding.h"
#include "crypto/merkle.h"

#include <string.h>

#define OLD "old "

static bool old_read(struct slice line, uint64_t *ret_old)
{
    struct slice word = slice_text(OLD);
    return slice_begins(line, word) &&
           decimal_read(slice_part(line, word.length, SIZE_MAX), MERKLE_MAX_SIZE, ret_old);
}

static bool hash_read(struct slice line, struct witness_request *request)
{
    size_t length = 0;
    if (request->hash_count == WITNESS_MAX_HASHES)
        return false;
    struct digest *hash = &request->hashes[request->hash_count++];
    return base64_read(line, hash->octets, sizeof hash->octets, &length) &&
           length == sizeof hash->octets;
}

struct status witness_request_parse(struct slice text, struct witness_request *ret_request)
{
    struct witness_request request = {0};
    struct slice rest = text, line;
    if (!slice_line(&rest, &line) || !old_read(line, &request.old))
        return REFUSE(NOTE_SHAPE);
    for (;;) {
        if (!slice_line(&rest, &line))
            return REFUSE(NOTE_SHAPE);
        if (line.length == 0)
            break;
        if (!hash_read(line, &request))
            return REFUSE(NOTE_SHAPE);
    }
    struct status s = note_parse(rest, &request.note);
    if (!failed(s))
        *ret_request = request;
    return s;
}

struct status witness_request_write(uint64_t old, struct slices path, struct slice checkpoint,
                                    struct buffer *out)
{
    char text[48];
    if (path.count > WITNESS_MAX_HASHES)
        return REFUSE(NOTE_SHAPE);
    buffer_print(out, OLD "%llu\n", (unsigned long long)old);
    for (size_t i = 0; i < path.count; i++) {
        if (path.at[i].length != sizeof(struct digest))
            return REFUSE(NOTE_SHAPE);
        base64_write(path.at[i], text);
        buffer_print(out, "%s\n", text);
    }
    buffer_text(out, "\n");
    buffer_put(out, checkpoint);
    return out->failed ? FAIL(MEMORY) : OK;
}

struct witness_head witness_head_empty(void)
{
    return (struct witness_head){0, digest_plain(slice_over(NULL, 0))};
}

unsigned witness_http_status(enum witness_verdict verdict)
{
    static const unsigned statuses[WITNESS_VERDICTS] = {
        [WITNESS_NONE] = 500,     [WITNESS_MALFORMED] = 400, [WITNESS_UNKNOWN] = 404,
        [WITNESS_UNSIGNED] = 403, [WITNESS_BACKWARDS] = 400, [WITNESS_ELSEWHERE] = 409,
        [WITNESS_UNPROVED] = 422, [WITNESS_GOOD] = 200,
    };
    return statuses[verdict];
}

/* RFC 6962 has no proof from the empty tree, for every tree begins with it. */
static bool continues(const struct witness_request *request, const struct witness_head *kept)
{
    struct slice hashes[WITNESS_MAX_HASHES];
    for (size_t i = 0; i < request->hash_count; i++)
        hashes[i] = digest_slice(&request->hashes[i]);
    const struct witness_head empty = witness_head_empty();
    const struct note *note = &request->note;
    if (note->size == 0)
        return request->hash_count == 0 && digest_equal(&note->root, digest_slice(&empty.root));
    if (kept->size == 0)
        return request->hash_count == 0;
    return merkle_consistent(kept->size, note->size, &kept->root, &note->root,
                             (struct slices){hashes, request->hash_count});
}

enum witness_verdict witness_judge(const struct witness_request *request, const struct vkey *log,
                                   const struct witness_head *kept)
{
    if (log == NULL)
        return WITNESS_UNKNOWN;
    struct status s = note_verify(&request->note, log);
    if (failed(s))
        return s.code == CODE_REFUSED ? WITNESS_UNSIGNED : WITNESS_NONE;
    if (request->old > request->note.size)
        return WITNESS_BACKWARDS;
    if (request->old != kept->size)
        return WITNESS_ELSEWHERE;
    return continues(request, kept) ? WITNESS_GOOD : WITNESS_UNPROVED;
}

/* Only what the log's key has signed says anything about the log. */
static bool is_signed(enum witness_verdict verdict)
{
    return verdict == WITNESS_BACKWARDS || verdict == WITNESS_ELSEWHERE ||
           verdict == WITNESS_UNPROVED || verdict == WITNESS_GOOD;
}

enum witness_conflict witness_conflict(const struct witness_request *request,
                                       enum witness_verdict verdict,
                                       const struct witness_head *head)
{
    const struct note *note = &request->note;
    if (!is_signed(verdict))
        return WITNESS_AGREES;
    if (note->size == head->size)
        return digest_equal(&note->root, digest_slice(&head->root)) ? WITNESS_AGREES
                                                                    : WITNESS_TWO_ROOTS;
    return verdict == WITNESS_UNPROVED && head->size > 0 ? WITNESS_UNLED : WITNESS_AGREES;
}

void witness_note_write(const struct note *note, const struct vkey *log, struct slice line,
                        struct buffer *out)
{
    buffer_put(out, note->body);
    buffer_text(out, "\n");
    size_t i = 0;
    while (i < note->line_count && !note_line_is_by(&note->lines[i], log))
        i++;
    if (i < note->line_count)
        buffer_put(out, note->lines[i].whole);
    buffer_put(out, line);
}
