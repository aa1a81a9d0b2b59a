#ifndef BASE_INSTANT_H
#define BASE_INSTANT_H

/* Time values. On the wire and in the journal: Unix milliseconds, UTC. Deadlines inside a process
 * are monotonic milliseconds and never mix with these. */

#include "base/slice.h"

#define MS_PER_SECOND 1000ULL
#define MS_PER_MINUTE 60000ULL
#define MS_PER_DAY    86400000ULL

#define INSTANT_MIN        4294967296ULL      /* 1970-02-19: nine octets in CBOR from here on */
#define INSTANT_MAX        253402300799999ULL /* 9999-12-31T23:59:59.999Z */
#define INSTANT_TEXT_BYTES 25                 /* "2026-09-21T16:00:00.123Z" and its terminator */

/** Writes "2026-09-21T16:00:00Z", with ".123" only where the milliseconds are not 0. */
void instant_write(uint64_t unix_ms, char text[static INSTANT_TEXT_BYTES]);

/** Reads what instant_write makes (fraction of exactly three digits); false for anything else. */
bool instant_read(struct slice text, uint64_t *ret_unix_ms);

/** Writes the UTC date "2026-09-21" of an instant. */
void date_write(uint64_t unix_ms, char text[static INSTANT_TEXT_BYTES]);

/** Reads "2026-09-21" as its midnight UTC; false if there is no such day. */
bool date_read(struct slice text, uint64_t *ret_unix_ms);

/** Whether text is a date of ISO 8601, partial allowed: "2026", "2026-09", "2026-09-21". */
bool date_partial(struct slice text);

#endif
