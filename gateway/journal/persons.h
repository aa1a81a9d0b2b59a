#ifndef JOURNAL_PERSONS_H
#define JOURNAL_PERSONS_H

/*
 * Each person in a case has a random key, and the log calls them by what it makes. An order
 * destroys it (ERASURE_PERSON): nobody can tell any more who stands behind that pseudonym, while
 * entries, proofs and all others stay as they are; who comes again gets another one. The journal's
 * thread alone makes keys, so there is never more than one of a person.
 */

#include "journal/write.h"

/** Puts in the place of keyed indices the pseudonyms that they lead to, sorted, in the arena.
 * Within a transaction. CRYPTO, FULL, STORE, MEMORY */
struct status persons_name(struct writing *w, struct arena *arena, struct slices *subjects);

/** Makes the key of the person that lies at an index where there is none. Likewise. */
struct status person_keep(struct writing *w, struct arena *arena, struct slice place);

/** The pseudonym of the person whose key lies at an index. ABSENT: no entry names them, or their
 * key is destroyed */
struct status journal_person(struct journal_reader *reader, struct slice place,
                             struct digest *ret_pseudonym);

#endif
