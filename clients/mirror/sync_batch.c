#include <inttypes.h>
#include <stdio.h>

#include "mirror/sync_parts.h"

#define PARSE_ARENA_BYTES (32U << 20)

void sync_batch_done(struct sync_batch *b)
{
    buffer_done(&b->file.body);
    arena_free(b->arena);
}

/* More than was asked for would be put over what the mirror has and nobody said was erased. */
static struct status batch_read(struct sync *x, struct sync_batch *b, uint64_t from, uint64_t count)
{
    struct status s = b->file.status;
    if (s.code == CODE_ABSENT)
        return sync_refuse(
            x, SYNC_MISSING,
            "there are no openings from entry %" PRIu64 " on, or not for this reader", from);
    if (!failed(s))
        s = openings_parse(b->arena, buffer_slice(&b->file.body), &b->rows, &b->count);
    if (s.code == CODE_REFUSED || s.code == CODE_FULL ||
        (!failed(s) && (b->count == 0 || b->count > count || b->rows[0].index != from)))
        return sync_refuse(x, SYNC_DAMAGED, "the openings from entry %" PRIu64 " on are none",
                           from);
    return s;
}

struct status sync_batch_fetch(struct sync *x, const char *log, uint64_t from, uint64_t count,
                               struct sync_batch *ret_batch)
{
    *ret_batch = (struct sync_batch){.arena = arena_new(PARSE_ARENA_BYTES)};
    struct sync_file *file = &ret_batch->file;
    file->max = OPENINGS_MAX_BYTES;
    file->body = buffer_new(file->max);
    snprintf(file->path, sizeof file->path, "/openings?from=%" PRIu64 "&count=%" PRIu64 "%s%s",
             from, count, log == NULL ? "" : "&log=", log == NULL ? "" : log);
    if (ret_batch->arena == NULL)
        return FAIL(MEMORY);
    x->settings->fetch(x->settings->source, file, 1);
    return batch_read(x, ret_batch, from, count);
}
