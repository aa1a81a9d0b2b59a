#include <inttypes.h>

#include "mirror/sync_parts.h"

#define PARSE_ARENA_BYTES (32U << 20)
#define OPENINGS_KEPT_MS  (364 * 86400000ULL) /* less than any gateway may be set to */

static struct status row_put(struct sync *x, struct mirror *mirror, const struct opened_entry *row)
{
    const struct status s = mirror_put(mirror, row);
    if (s.code != CODE_REFUSED)
        return s;
    const struct status kept = sync_entry(x, mirror, row->index);
    return failed(kept)
               ? kept
               : sync_refuse(x, SYNC_DAMAGED,
                             "what was given of entry %" PRIu64 " is not what it commits to: %s",
                             row->index, reason_name(s.reason));
}

/* It says which log this one goes on from, and so what later erasures mean; no gateway erases it
 * before its time. */
static bool hides_beginning(const struct sync *x, const struct opened_entry *row)
{
    uint64_t time_ms = 0;
    struct slice outer, inner;
    return row->index == 0 && !(opening_is_there(&row->outer) && opening_is_there(&row->inner)) &&
           !failed(entry_parse(row->entry, &time_ms, &outer, &inner)) &&
           time_ms > x->settings->now_ms - OPENINGS_KEPT_MS;
}

/* Of entries whose openings the mirror does not have yet: they replace nothing. */
static struct status rows_put(struct sync *x, const struct sync_batch *b)
{
    struct status s = OK;
    for (size_t i = 0; i < b->count && !failed(s); i++) {
        if (b->rows[i].index >= mirror_size(x->mirror))
            break;
        if (hides_beginning(x, &b->rows[i]))
            return sync_refuse(x, SYNC_DAMAGED, "what the log's first entry says is withheld");
        s = row_put(x, x->mirror, &b->rows[i]);
    }
    return s;
}

/* ---- what was erased ---- */

/* An entry that another one names: of this log, or of an earlier one. */
struct named {
    struct mirror *mirror;
    const char *log; /* as sync_batch_fetch takes it */
    uint64_t index;
};

/* before: the first entry of this log that is not looked at, for it is given as it is now. ABSENT
 */
static struct status named_find(struct sync *x, uint64_t told, uint64_t before,
                                struct named *ret_named)
{
    const struct sync_settings *settings = x->settings;
    struct series_place place = series_place(told);
    if (place.log == 0 || settings->series == NULL) {
        *ret_named = (struct named){x->mirror, settings->ended, told};
        return told < before ? OK : FAIL(ABSENT);
    }
    struct status s = series_meant(settings->series, settings->position, told, &place);
    if (failed(s) || place.log >= settings->position)
        return failed(s) ? s : FAIL(ABSENT);
    const struct series_log *log = series_log(settings->series, place.log);
    *ret_named = (struct named){log->mirror, log->name, place.index};
    return OK;
}

static struct status is_signed(struct sync *x, const struct opened_entry *row, bool *ret_signed)
{
    const struct digest leaf = merkle_leaf(row->entry);
    struct digest kept;
    struct status s = sync_entry(x, x->mirror, row->index);
    if (!failed(s))
        s = mirror_subtree(x->mirror, 0, row->index, &kept);
    *ret_signed = !failed(s) && digest_equal(&kept, digest_slice(&leaf));
    return s;
}

/* Which older entry a row says was erased. ABSENT: none, or it is not what the log has there, which
 * rows_put says: nothing that an earlier mirror has may go by it. */
static struct status named_by(struct sync *x, struct arena *arena, const struct opened_entry *row,
                              uint64_t before, struct named *ret_named)
{
    bool is_it = false;
    struct opened opened;
    struct status s = opened_entry_read(arena, row, &opened);
    if (failed(s))
        return s.code == CODE_REFUSED ? FAIL(ABSENT) : s;
    if (!opened.has_outer || opened.outer.kind != ENTRY_ERASURE || !opened.has_inner ||
        !opened.inner.has_related)
        return FAIL(ABSENT);
    s = is_signed(x, row, &is_it);
    if (failed(s))
        return s;
    return is_it ? named_find(x, opened.inner.related, before, ret_named) : FAIL(ABSENT);
}

/* Of which a mirror still has something. */
static struct status erased_by(struct sync *x, const struct opened_entry *row, uint64_t before,
                               struct named *ret_erased)
{
    struct mirror_entry old;
    struct arena *arena = arena_new(PARSE_ARENA_BYTES);
    struct status s = arena == NULL ? FAIL(MEMORY) : named_by(x, arena, row, before, ret_erased);
    if (!failed(s)) {
        s = mirror_entry(ret_erased->mirror, arena, ret_erased->index, &old);
        if (s.code == CODE_ABSENT)
            s = REFUSE(RECEIPT_ENTRY); /* its row is gone */
        else if (!failed(s) && !old.opened.has_outer && !old.opened.has_inner)
            s = FAIL(ABSENT);
    }
    arena_free(arena);
    return s.code == CODE_REFUSED
               ? sync_mirror_damaged(
                     x,
                     "an entry that was erased meanwhile, or a log's first one, is not what it was")
               : s;
}

/* The one way in which something that the mirror has is replaced, and of the one entry alone that
 * another names. An earlier log's mirror has a transaction of its own, which is there before this
 * one's. */
static struct status forget(struct sync *x, const struct named *erased)
{
    struct sync_batch again;
    const bool is_other = erased->mirror != x->mirror;
    struct status s = sync_batch_fetch(x, erased->log, erased->index, 1, &again);
    if (!failed(s) && is_other)
        s = mirror_begin(erased->mirror);
    if (!failed(s))
        s = row_put(x, erased->mirror, &again.rows[0]);
    if (!failed(s) && is_other)
        s = mirror_commit(erased->mirror);
    if (failed(s) && is_other)
        mirror_abandon(erased->mirror);
    sync_batch_done(&again);
    return s;
}

/* An order may be about a body alone: the gateway knows what is left of an entry. Asked again
 * within the transaction, so that no erasure is passed over when it is broken off. */
static struct status erased_put(struct sync *x, const struct sync_batch *b, uint64_t before)
{
    struct status s = OK;
    for (size_t i = 0; i < b->count && !failed(s); i++) {
        struct named erased = {.mirror = NULL};
        s = erased_by(x, &b->rows[i], before, &erased);
        if (!failed(s))
            s = forget(x, &erased);
        else if (s.code == CODE_ABSENT)
            s = OK;
    }
    return s;
}

static struct status batch_put(struct sync *x, const struct sync_batch *b, uint64_t from)
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
        struct sync_batch batch;
        const uint64_t left = size - from;
        sync_tell(x, "openings", from, size);
        s = sync_batch_fetch(x, x->settings->ended, from, left < OPENINGS_MAX ? left : OPENINGS_MAX,
                             &batch);
        if (!failed(s))
            s = batch_put(x, &batch, from);
        sync_batch_done(&batch);
    }
    x->outcome->openings = mirror_unopened(x->mirror) - before;
    return s;
}
