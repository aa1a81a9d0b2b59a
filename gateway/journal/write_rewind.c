#include "base/instant.h"
#include "journal/write_steps.h"

/* A peer's journal was restored from a backup. What it still knows it answers as the first time,
 * what it has lost it takes anew. */

#define LONGEST_MS (30 * MS_PER_DAY) /* from making a message to its expiry; no backup is older */

struct status rewind_write(struct writing *w, struct item *item)
{
    const struct posting *p = &item->posting;
    uint64_t now_ms = entry_time(w, p);
    const struct rewind rewind = {
        .box = p->message.box,
        .size = p->restored,
        .since_ms = now_ms < LONGEST_MS ? 0 : now_ms - LONGEST_MS,
        .below = entry_next(w),
    };
    struct status s = store_rewound(w->store, &rewind);
    item->result->repeated = !failed(s);
    return s.code == CODE_ABSENT ? store_rewind(w->store, &rewind) : s;
}
