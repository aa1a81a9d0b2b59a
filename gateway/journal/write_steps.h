#ifndef JOURNAL_WRITE_STEPS_H
#define JOURNAL_WRITE_STEPS_H

/* What the kinds of postings share on their way into the database. */

#include "journal/write.h"

/** One entry to append. */
struct addition {
    const struct outer *outer;
    const struct inner *inner;
    struct slice release; /* octets; empty without one */
    bool about;           /* a message, whose number follows */
    uint64_t message;
};

/** The time of the next entry for a posting: never before the last one's. */
uint64_t entry_time(const struct writing *w, const struct posting *posting);

/** The index of the next entry. */
static inline uint64_t entry_next(const struct writing *w)
{
    return w->tree.edge.size;
}

/** Makes the entry, keeps its records encrypted, lets the tree grow, fills the item for the
 * receipt. */
struct status entry_append(struct writing *w, struct item *item, const struct addition *addition);

/** Answers with an entry that is there already. */
struct status item_repeat(struct item *item, uint64_t index);

/** DISCLOSURE, HOLD */
struct status message_write(struct writing *w, struct item *item);

/** STAGE */
struct status stage_write(struct writing *w, struct item *item);

/** NOTICE_TAKEN */
struct status notice_taken_write(struct writing *w, struct item *item);

#endif
