#ifndef MIRROR_VERIFY_TABLES_H
#define MIRROR_VERIFY_TABLES_H

/* What SQLite's own check of a database passes over: the definitions, which are believed there, and
 * the index of words, which are rows of other tables to it. */

#include "mirror/mirror.h"

#define TABLES_FAULT_BYTES 160

/** Whether tables, indexes and the settings of the index of words are those that a mirror is made
 * with, and there is nothing else: no view, no trigger, no other tokenizer. REFUSED CONSISTENCY
 * with fault naming the definition;  STORE, MEMORY */
struct status mirror_schema_verify(struct mirror *mirror, char fault[static TABLES_FAULT_BYTES]);

/**
 * Has FTS5 check its index of words. It does so where it may write alone, so this is a copy in a
 * temporary file, of which nothing stays. That it finds what the index has is not asked here: see
 * marks_sums.h.
 *
 * REFUSED CONSISTENCY;  FULL (no room for the copy), STORE, MEMORY
 */
struct status mirror_words_verify(struct mirror *mirror, char fault[static TABLES_FAULT_BYTES]);

#endif
