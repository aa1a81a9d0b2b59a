#ifndef MIRROR_MARKS_SUMS_H
#define MIRROR_MARKS_SUMS_H

/*
 * Whether what entries are found by is what they say: a mark that is missing would hide a
 * disclosure from whoever searches. Of both sides each mark and each word of an entry is hashed
 * with a key of the moment, and the hashes of a block of entries are added up, in any order: time
 * is linear, and memory a few hundred octets for 4096 entries. Each word that the table of words
 * holds is searched for as well, and must be found in the entries that have it.
 */

#include "mirror/mirror.h"

#define MARKS_FAULT_BYTES 160

struct marks_sums;

/** Begins with no entry. To be ended with marks_sums_free. MEMORY, CRYPTO, STORE */
struct status marks_sums_new(struct mirror *mirror, struct marks_sums **ret_sums);

/** Adds what an entry makes; one whose openings were not put yet makes nothing. MEMORY, STORE */
struct status marks_sums_entry(struct marks_sums *sums, const struct mirror_entry *entry);

/**
 * Compares what all entries of the mirror have made with what its tables hold.
 *
 * fault  names the entries and the table where it is refused
 *
 * REFUSED CONSISTENCY;  STORE, MEMORY
 */
struct status marks_sums_compare(struct marks_sums *sums, char fault[static MARKS_FAULT_BYTES]);

/** NULL does nothing. */
void marks_sums_free(struct marks_sums *sums);

#endif
