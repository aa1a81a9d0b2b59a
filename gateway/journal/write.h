#ifndef JOURNAL_WRITE_H
#define JOURNAL_WRITE_H

/* From postings to rows, inside the transaction of a batch. */

#include "journal/item.h"
#include "journal/store.h"

struct writing {
    struct store *store;
    const struct keyring *keyring;
    struct slice gateway;   /* own id */
    struct digest rulebook; /* for entries of the journal itself */
    struct tree tree;       /* with what the transaction in hand has added */
    struct buffer scratch;
};

/**
 * Writes one posting and sets its result's status; what failed leaves nothing behind, so the others
 * of the batch are not touched.
 *
 * Any failure: the transaction is lost and nothing of the batch has happened.
 */
struct status item_write(struct writing *w, struct item *item);

#endif
