#ifndef JOURNAL_WAITING_H
#define JOURNAL_WAITING_H

/*
 * Batches that are committed but that no signed checkpoint covers yet: normally one, for a moment.
 * While the lock database or the signature fails for want of room or memory, they wait here with
 * their results, counted against the queue, and are tried again; new work is shed. Nothing of them
 * is told to anybody before.
 */

#include "journal/item.h"

struct journal;

struct waiting {
    struct item *first, *last;
    uint64_t tried_ms; /* last attempt that failed; monotonic */
    bool stalled;      /* it failed */
};

/** Takes over items whose rows are committed. */
void waiting_add(struct waiting *waiting, struct item *items);

/** Signs what is committed and gives the results of all that waits. now: although an attempt has
 * just failed. After a failure that ends the journal they are answered with STORE. */
void waiting_settle(struct journal *journal, bool now);

/** Answers all that waits with a failure. */
void waiting_abandon(struct journal *journal, struct status why);

/** Answers a list of items with one failure; takes it over. */
void items_fail(struct journal *journal, struct item *items, struct status why);

#endif
