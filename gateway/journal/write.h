#ifndef JOURNAL_WRITE_H
#define JOURNAL_WRITE_H

/* From postings to rows, inside the transaction of a batch. */

#include "journal/item.h"
#include "journal/store.h"

struct writing {
    struct store *store;
    const struct keyring *keyring;
    struct slice gateway; /* own id */
    struct tree tree;     /* with what the transaction in hand has added */
    struct digest law;    /* the rulebook in force: by another nothing is decided again */
    struct buffer scratch;
    uint64_t bodies_ms;     /* what is finished is kept as long after it was accepted */
    uint64_t openings_ms;   /* openings are kept as long after their entry; 0: for good */
    uint64_t openings_from; /* number of the entry that the next run of the retention begins at */
    bool has_erasable;      /* the last run of the retention left some for the next */
    bool has_keys;          /* the last entries about keys left some for the next run */
    bool law_written;       /* objects of a rulebook in force, since the lock has moved last */
};

/**
 * Writes one posting and sets its result's status. Refusals are found before anything is written,
 * so they leave nothing behind but what a peer's checkpoint does.
 *
 * Any failure: the posting failed halfway, the transaction must be taken back
 */
struct status item_write(struct writing *w, struct item *item);

#endif
