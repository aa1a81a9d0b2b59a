#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "mirror/sync_parts.h"

#define PARSE_ARENA_BYTES (32U << 20)

/* A document of openings, and what it says. */
struct batch {
    struct sync_file file;
    struct arena *arena;
    struct opened_entry *rows;
    size_t count;
};

static void batch_done(struct batch *b)
{
    buffer_done(&b->file.body);
    arena_free(b->arena);
}

static struct status batch_read(struct sync *x, struct batch *b, uint64_t from)
{
    struct status s = b->file.status;
    if (s.code == CODE_ABSENT)
        return sync_refuse(
            x, SYNC_MISSING,
            "there are no openings from entry %" PRIu64 " on, or not for this reader", from);
    if (!failed(s))
        s = openings_parse(b->arena, buffer_slice(&b->file.body), &b->rows, &b->count);
    if (s.code == CODE_REFUSED || s.code == CODE_FULL ||
        (!failed(s) && (b->count == 0 || b->rows[0].index != from)))
        return sync_refuse(x, SYNC_DAMAGED, "the openings from entry %" PRIu64 " on are none",
                           from);
    return s;
}

/* Fewer may come than were asked for. To be ended by batch_done, also after a failure. */
static struct status batch_fetch(struct sync *x, uint64_t from, uint64_t count,
                                 struct batch *ret_batch)
{
    *ret_batch = (struct batch){.arena = arena_new(PARSE_ARENA_BYTES)};
    struct sync_file *file = &ret_batch->file;
    file->max = OPENINGS_MAX_BYTES;
    file->body = buffer_new(file->max);
    snprintf(file->path, sizeof file->path, "/openings?from=%" PRIu64 "&count=%" PRIu64, from,
             count);
    if (ret_batch->arena == NULL)
        return FAIL(MEMORY);
    x->settings->fetch(x->settings->source, file, 1);
    return batch_read(x, ret_batch, from);
}

static struct status rows_put(struct sync *x, const struct batch *b)
{
    struct status s = OK;
    for (size_t i = 0; i < b->count && !failed(s); i++) {
        if (b->rows[i].index >= mirror_size(x->mirror))
            break;
        s = mirror_put(x->mirror, &b->rows[i]);
        if (s.code == CODE_REFUSED)
            s = sync_refuse(x, SYNC_DAMAGED,
                            "what was given of entry %" PRIu64 " is not what it commits to: %s",
                            b->rows[i].index, reason_name(s.reason));
    }
    return s;
}

/* Which older entry a row says was erased, of which the mirror still has something. */
static struct status erased_by(struct sync *x, const struct opened_entry *row, uint64_t before,
                               bool *ret_erased, uint64_t *ret_index)
{
    struct opened opened;
    struct mirror_entry old;
    struct arena *arena = arena_new(PARSE_ARENA_BYTES);
    struct status s = arena == NULL ? FAIL(MEMORY) : opened_entry_read(arena, row, &opened);
    *ret_erased = false;
    if (!failed(s) && opened.has_outer && opened.outer.kind == ENTRY_ERASURE && opened.has_inner &&
        opened.inner.has_related && opened.inner.related < before) {
        s = mirror_entry(x->mirror, arena, opened.inner.related, &old);
        *ret_index = opened.inner.related;
        *ret_erased = !failed(s) && (old.opened.has_outer || old.opened.has_inner);
    }
    arena_free(arena);
    return s.code == CODE_REFUSED ? OK : s; /* rows_put says so */
}

/* An order may be about a body alone: the gateway knows what is left of an entry. Asked again
 * within the transaction, so that no erasure is passed over when it is broken off. */
static struct status erased_put(struct sync *x, const struct batch *b, uint64_t before)
{
    struct status s = OK;
    for (size_t i = 0; i < b->count && !failed(s); i++) {
        struct batch again;
        bool is_erased = false;
        uint64_t index = 0;
        s = erased_by(x, &b->rows[i], before, &is_erased, &index);
        if (failed(s) || !is_erased)
            continue;
        s = batch_fetch(x, index, 1, &again);
        if (!failed(s))
            s = rows_put(x, &again);
        batch_done(&again);
    }
    return s;
}

static struct status batch_put(struct sync *x, const struct batch *b, uint64_t from)
{
    struct status s = mirror_begin(x->mirror);
    if (!failed(s))
        s = erased_put(x, b, from);
    if (!failed(s))
        s = rows_put(x, b);
    if (!failed(s))
        s = mirror_commit(x->mirror);
    if (failed(s))
        mirror_abandon(x->mirror);
    return s;
}

struct status sync_openings(struct sync *x)
{
    const uint64_t size = mirror_size(x->mirror), before = mirror_unopened(x->mirror);
    struct status s = OK;
    for (uint64_t from; !failed(s) && (from = mirror_unopened(x->mirror)) < size;) {
        struct batch batch;
        const uint64_t left = size - from;
        sync_tell(x, "openings", from, size);
        s = batch_fetch(x, from, left < OPENINGS_MAX ? left : OPENINGS_MAX, &batch);
        if (!failed(s))
            s = batch_put(x, &batch, from);
        batch_done(&batch);
    }
    x->outcome->openings = mirror_unopened(x->mirror) - before;
    return s;
}
