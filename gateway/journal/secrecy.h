#ifndef JOURNAL_SECRECY_H
#define JOURNAL_SECRECY_H

/*
 * Which entries are about what nobody but those who carry it out may know of (R-MLA-03): what a
 * message claims of itself holds for all of its thread, before and after, and for the orders about
 * it.
 */

#include "audit/opening.h"
#include "crypto/secret.h"
#include "journal/store.h"

struct secrecy {
    struct store *store; /* in a transaction, or looking */
    const struct keyring *keyring;
    struct arena *arena;
};

/** Opens one slot of an entry that has openings. ABSENT: this one is erased;  CRYPTO, MEMORY */
struct status secrecy_open(const struct secrecy *s, const struct entry_row *row,
                           enum entry_slot slot, struct opening *ret_opening);

/**
 * Whether an entry is about such a matter; also where that can be known no more, because what would
 * tell is erased. An order says it itself: its entry may be gone.
 *
 * inner  of this entry where it is open already; NULL: it is not
 *
 * CRYPTO, STORE, MEMORY
 */
struct status secrecy_of(const struct secrecy *s, const struct entry_row *row,
                         const struct opening *inner, bool *ret_secret);

#endif
