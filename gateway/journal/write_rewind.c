#include "base/instant.h"
#include "journal/write_steps.h"

/* A peer's journal was restored from a backup. What it still knows it answers as the first time,
 * what it has lost it takes anew. */

#define LONGEST_MS (30 * MS_PER_DAY) /* from making a message to its expiry; no backup is older */
#define PACE_MS                                                                                    \
    (60 * MS_PER_MINUTE) /* between two of a peer: each goes through much of the journal */

/* A peer may say any number. One that is answered, or was before that, is known. */
static struct status pace_check(struct writing *w, const struct rewind *rewind, bool *ret_known)
{
    uint64_t size = 0, time_ms = 0;
    struct status s = store_rewound(w->store, rewind->box, &size, &time_ms);
    *ret_known = !failed(s) && rewind->size <= size;
    if (failed(s) || *ret_known)
        return s.code == CODE_ABSENT ? OK : s;
    return rewind->now_ms < time_ms + PACE_MS ? REFUSE(PEER_RATE) : OK;
}

struct status rewind_write(struct writing *w, struct item *item)
{
    const struct posting *p = &item->posting;
    uint64_t now_ms = entry_time(w, p);
    const struct rewind rewind = {
        .box = p->message.box,
        .size = p->restored,
        .now_ms = now_ms,
        .since_ms = now_ms < LONGEST_MS ? 0 : now_ms - LONGEST_MS,
        .below = entry_next(w),
    };
    struct status s = pace_check(w, &rewind, &item->result->repeated);
    return failed(s) || item->result->repeated ? s : store_rewind(w->store, &rewind);
}
