#ifndef BENCH_BARE_ROWS_H
#define BENCH_BARE_ROWS_H

/*
 * The rows of a journal, read into memory, and a second database with the same tables and settings
 * that they are written to again. It knows nothing of what the rows mean.
 */

#include <stddef.h>

struct rows;

/** Reads every row of the journal.db at path, which may be in use. Stops the program if it cannot.
 */
struct rows *rows_read(const char *path);

void rows_free(struct rows *rows);

/** How many rows there are, and how many octets their values have. */
void rows_size(const struct rows *rows, size_t *ret_rows, size_t *ret_octets);

/** Makes the databases bare.db and bare-lock.db in a folder, with the journal's tables. */
void rows_prepare(struct rows *rows, const char *folder);

/** Writes the part of the rows that falls to batch i of count, as one transaction, then moves the
 * lock in a transaction of its own database. */
void rows_batch(struct rows *rows, size_t i, size_t count);

#endif
