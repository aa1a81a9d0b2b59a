#ifndef APP_RISING_ROWS_H
#define APP_RISING_ROWS_H

/*
 * The rows in which journal and lock database keep what was in force: a CBOR array of [name,
 * number, digest] sorted by name. A row is of an object ("law", "parties:XA"), or of what a
 * directory has said of a log that ended (closings.h).
 */

#include "base/arena.h"
#include "crypto/digest.h"

#define RISING_NAME_BYTES 192U /* of the longest name */
/* Two for each log that ended: of 200 gateways that change theirs each year, in forty years. */
#define RISING_ROWS_MAX 16384U

struct rising_row {
    struct slice name;
    uint64_t number;
    struct digest digest;
};

struct rising_rows {
    struct rising_row *at;
    size_t count;
    size_t sorted; /* so many are sorted by name: those that were read */
};

/**
 * Reads what is kept, with room for more rows behind. Names are borrowed from kept.
 *
 * kept  empty: no rows
 *
 * STORE: it is damaged;  MEMORY
 */
struct status rising_rows_read(struct arena *arena, struct slice kept, size_t more,
                               struct rising_rows *ret_rows);

/** NULL where there is none of this name. */
struct rising_row *rising_rows_find(const struct rising_rows *rows, struct slice name);

/** Sorts them and gives what is to be kept; lives in the arena. FULL: they are too many;  MEMORY */
struct status rising_rows_write(struct arena *arena, struct rising_rows *rows,
                                struct slice *ret_kept);

#endif
