#include "journal/reader.h"

/* What is kept of peers' logs. */

static struct status checkpoint_of(struct arena *arena, struct slice origin,
                                   const struct step_row *row, struct peer_checkpoint *ret_row)
{
    const size_t hash = sizeof(struct digest);
    struct peer_checkpoint p = {
        .origin = origin,
        .size = row->size,
        .root = row->root,
        .note = row->note,
        .old_size = row->old_size,
        .path = {NULL, row->path.length / hash},
    };
    p.path.at = arena_array(arena, p.path.count, sizeof *p.path.at);
    if (p.path.at == NULL)
        return FAIL(MEMORY);
    for (size_t i = 0; i < p.path.count; i++)
        p.path.at[i] = slice_part(row->path, i * hash, hash);
    *ret_row = p;
    return OK;
}

struct status journal_peer_checkpoint(struct journal_reader *reader, struct arena *arena,
                                      struct slice origin, struct peer_checkpoint *ret_checkpoint)
{
    struct look look;
    struct step_row row;
    struct status s = look_begin(reader, arena, 0, &look);
    if (!failed(s))
        s = store_step_last(reader->store, arena, origin, &row);
    if (!failed(s))
        s = checkpoint_of(arena, origin, &row, ret_checkpoint);
    return look_end(&look, s);
}

struct status journal_peer_checkpoint_after(struct journal_reader *reader, struct arena *arena,
                                            struct slice origin, uint64_t size,
                                            struct peer_checkpoint *ret_checkpoint)
{
    const struct list_wanted wanted = {.party = origin, .after = size, .limit = 1};
    struct step_row *rows;
    size_t count = 0;
    struct look look;
    struct status s = look_begin(reader, arena, 0, &look);
    if (!failed(s))
        s = store_steps(reader->store, arena, &wanted, &rows, &count);
    if (!failed(s))
        s = count == 0 ? FAIL(ABSENT) : checkpoint_of(arena, origin, &rows[0], ret_checkpoint);
    return look_end(&look, s);
}

/* Up to the first that is not proved from the one before it. */
static struct status steps_fill(struct look *look, const struct list_wanted *wanted,
                                struct peer_checkpoint **ret_rows, size_t *ret_count)
{
    struct step_row *rows = NULL;
    size_t count = 0, done = 0;
    uint64_t size = wanted->after;
    struct status s = store_steps(look->reader->store, look->arena, wanted, &rows, &count);
    struct peer_checkpoint *steps = arena_array(look->arena, count, sizeof *steps);
    if (!failed(s) && steps == NULL)
        s = FAIL(MEMORY);
    for (; done < count && !failed(s) && rows[done].old_size == size; size = rows[done++].size)
        s = checkpoint_of(look->arena, wanted->party, &rows[done], &steps[done]);
    if (failed(s))
        return s;
    *ret_rows = steps;
    *ret_count = done;
    return OK;
}

/* The beginning is known of every log that is. */
static struct status old_find(struct look *look, const struct list_wanted *wanted)
{
    struct store *store = look->reader->store;
    struct step_row row;
    return wanted->after == 0 ? store_step_last(store, look->arena, wanted->party, &row)
                              : store_step(store, look->arena, wanted->party, wanted->after, &row);
}

struct status journal_peer_steps(struct journal_reader *reader, struct arena *arena,
                                 struct slice origin, uint64_t old_size, size_t limit,
                                 struct peer_checkpoint **ret_rows, size_t *ret_count)
{
    const struct list_wanted wanted = {
        .party = origin,
        .after = old_size,
        .limit = limit > LIST_MAX ? LIST_MAX : limit,
    };
    struct look look;
    struct status s = look_begin(reader, arena, 0, &look);
    if (!failed(s))
        s = old_find(&look, &wanted);
    if (!failed(s))
        s = steps_fill(&look, &wanted, ret_rows, ret_count);
    return look_end(&look, s);
}

struct status journal_peer_fork(struct journal_reader *reader, struct arena *arena,
                                struct slice origin, struct peer_fork *ret_fork)
{
    struct look look;
    struct status s = look_begin(reader, arena, 0, &look);
    if (!failed(s))
        s = store_fork(reader->store, arena, origin, &ret_fork->kept, &ret_fork->given);
    return look_end(&look, s);
}

struct status journal_backlog(struct journal_reader *reader, struct slice box,
                              struct box_backlog *ret_backlog)
{
    struct look look;
    struct status s = look_begin(reader, NULL, 0, &look);
    if (!failed(s))
        s = store_waiting(reader->store, box, &ret_backlog->count, &ret_backlog->oldest_ms);
    return look_end(&look, s);
}
