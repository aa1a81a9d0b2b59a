#ifndef JOURNAL_COPYING_H
#define JOURNAL_COPYING_H

/* Copies of the database, as files that nobody else uses. */

#include <stdatomic.h>

#include "journal/store.h"

#define JOURNAL_FILE "journal.db"

/**
 * Copies what a reader sees now into a new file of mode 0600, whatever is written meanwhile.
 * stop ends it with FULL. STORE (also when the file is there), FULL, MEMORY
 */
struct status store_copy(struct store *reader, const char *path, const atomic_bool *stop);

/**
 * The edge of the tree over the first size entries of the last log of a copy, computed from the
 * entries alone; its size is smaller where one is missing. FULL when stopped, STORE, MEMORY
 */
struct status copy_edge(const char *path, uint64_t size, const atomic_bool *stop,
                        struct merkle_edge *ret_edge);

/**
 * The one number that a query finds in a database that nobody uses: no lock is taken and no
 * write-ahead log looked at. text is bound to its one parameter; NULL: it has none.
 * ABSENT without a row, STORE, MEMORY
 */
struct status copy_number(const char *path, const char *query, const char *text,
                          uint64_t *ret_number);

#endif
