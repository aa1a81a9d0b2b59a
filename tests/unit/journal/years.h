#ifndef TEST_JOURNAL_YEARS_H
#define TEST_JOURNAL_YEARS_H

/* A journal with one log after another, and the directory's rows of them. */

#include "fixture.h"

#include "journal/ended.h"
#include "journal/lock.h"

#define OLD   "gw1.xa.example/log"
#define NEXT  "gw1.xa.example/2027"
#define LATER "gw1.xa.example/2028"

/** All under one key. */
struct years {
    struct fixture f;
    struct log_row rows[3];
    char vkeys[3][256];
    struct log_before before;
};

/** Opens a journal in the log OLD. */
void years_begin(struct years *y);

/** The same in a log of this name. */
void years_begin_in(struct years *y, const char *origin);

/** What lies where the lock database was: nothing. */
void years_lose_lock(const struct years *y);

/** What the lock says that was signed last; all 0 where it does not know the log. */
struct lock_state years_signed(const struct years *y, const char *origin);

/** From the next opening on it is to be in another log, which succeeds this one; the directory does
 * not say yet where that ended. */
void years_succeed(struct years *y, const char *former, const char *origin);

/** Closes the logs in the rows as the journal has them. */
void years_close_rows(struct years *y);

/** Posts the letters of these numbers, and expects each to be taken. */
void years_post(struct years *y, uint64_t from, uint64_t to);

/** Checks that the receipt of a letter proves by the rows as they are, under this log. */
void check_proved(struct years *y, uint64_t n, const char *origin);

/** The size of a published log, verified whole under the key of a row. */
uint64_t verified_size(struct years *y, const char *folder, size_t row);

/** A file below the fixture's folder, and a copy of one. */
void path_in(const struct years *y, const char *name, char path[static 128]);
void years_copy(const struct years *y, const char *from, const char *to);

#endif
