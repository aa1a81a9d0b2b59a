#include "journal/write_steps.h"

/* Openings of entries, and their end: entries, tree and proofs stay. */

#define RUN_ROWS    64
#define ARENA_BYTES (1U << 20)

/* Every stage repeats what the entry before it says, and is told with a receipt of its own. */
struct status openings_allow(struct writing *w, struct arena *arena,
                             const struct with_openings *entry)
{
    struct message_row row;
    bool has_notice = false, is_held = false;
    if (!entry->about)
        return OK;
    struct status s = store_message_numbered(w->store, arena, entry->message, &row);
    if (failed(s))
        return s.code == CODE_ABSENT ? OK : s;
    if (!message_is_finished(&row) && (row.due != STAGE_NONE || !message_is_erased(&row)))
        return REFUSE(ERASURE_NEEDED);
    s = store_has_notice(w->store, row.number, entry->index, &has_notice);
    if (!failed(s) && has_notice)
        return REFUSE(ERASURE_NEEDED);
    if (!failed(s))
        s = store_kept(w->store, row.number, &is_held);
    return !failed(s) && is_held ? REFUSE(ERASURE_HELD) : s.code == CODE_ABSENT ? OK : s;
}

/* Also what is given with a body goes no earlier than that. */
static struct status is_over(struct writing *w, const struct with_openings *entry, bool *ret_over)
{
    bool is_held = false;
    struct arena *arena = arena_new(ARENA_BYTES);
    struct status s = arena == NULL ? FAIL(MEMORY) : openings_allow(w, arena, entry);
    arena_free(arena);
    if (!failed(s) && entry->about) {
        s = store_kept(w->store, entry->message, &is_held);
        s = !failed(s) ? REFUSE(ERASURE_NEEDED) : s.code == CODE_ABSENT ? OK : s;
    }
    if (failed(s) && s.code != CODE_REFUSED)
        return s;
    *ret_over = !failed(s);
    return OK;
}

/* What is needed is looked at again when all others have had their turn. */
struct status openings_retain(struct writing *w, uint64_t now_ms, struct openings_run *ret_run)
{
    struct with_openings rows[RUN_ROWS];
    struct openings_run run = {0};
    size_t count = 0, done = 0;
    struct status s = w->openings_ms == 0
                          ? OK
                          : store_with_openings(w->store, w->openings_from, RUN_ROWS, rows, &count);
    for (; !failed(s) && done < count && rows[done].time_ms + w->openings_ms <= now_ms; done++) {
        bool over = false;
        s = is_over(w, &rows[done], &over);
        if (failed(s) || !over)
            continue;
        s = store_entry_erase(w->store, rows[done].index);
        run.erased++;
        run.last_ms = rows[done].time_ms;
    }
    if (failed(s))
        return s;
    run.more = done == RUN_ROWS;
    w->openings_from = run.more ? rows[done - 1].index + 1 : 0;
    *ret_run = run;
    return OK;
}
