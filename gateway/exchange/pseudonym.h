#ifndef EXCHANGE_PSEUDONYM_H
#define EXCHANGE_PSEUDONYM_H

/* What stands for a case, or for a person within it, in the log: whoever counts can count, nobody
 * without the gateway's keys can look up. */

#include "journal/journal.h"

/** A case as one sender calls it. */
struct pseudonym_case {
    struct slice from;  /* the sender's party id */
    struct slice frame; /* its case_ref, or the 16 octets of the thread where there is none */
};

/** 32 octets in the arena, for the same case always the same. MEMORY */
struct status pseudonym_of_case(struct arena *arena, const struct keyring *keyring,
                                const struct pseudonym_case *of, struct slice *ret_pseudonym);

/** Where the key of a person of the case lies in the journal, which makes the pseudonym: 32 octets
 * in the arena that stand in no entry. sid: empty where it is withheld. MEMORY */
struct status pseudonym_index(struct arena *arena, const struct keyring *keyring,
                              const struct pseudonym_case *of, struct slice sid,
                              struct slice *ret_index);

/** What the entries call a person of the case. ABSENT: none names them, or their key is destroyed;
 * FULL, STORE, CRYPTO, MEMORY */
struct status pseudonym_find(struct arena *arena, const struct keyring *keyring,
                             struct journal_reader *reader, const struct pseudonym_case *of,
                             struct slice sid, struct slice *ret_pseudonym);

#endif
