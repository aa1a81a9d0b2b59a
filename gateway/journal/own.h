#ifndef JOURNAL_OWN_H
#define JOURNAL_OWN_H

/* Entries of the journal itself, on their way into the queue. */

#include "journal/state.h"

struct own_entry {
    enum entry_kind kind;
    enum stage stage;
    const char *op, *what;
    struct slice actor, officer; /* empty: the gateway, and nobody */
    struct law law;              /* in force, and the time of the entry */
    struct slice lifted;         /* see struct operator_act */
    uint64_t restored;           /* the restoration that it tells; 0: none */
    struct slice objects;        /* to be kept with it; may be empty */
    enum refusal code;           /* of a rulebook that is not in force, of what is not given */
    struct erasure erasure;      /* of ENTRY_ERASURE, which so is what is done */
    struct message_key key;      /* of that */
    struct slice person;         /* see struct posting */
};

/** Makes the item of such an entry. MEMORY, CRYPTO */
struct status own_item(const struct journal *journal, const struct own_entry *entry, void *owner,
                       journal_done *done, struct item **ret_item);

/** Commits and signs it while the journal thread does not run. FULL also when it was committed but
 * not signed; otherwise as its posting */
struct status own_commit(struct journal *journal, const struct own_entry *entry);

#endif
