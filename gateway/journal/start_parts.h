#ifndef JOURNAL_START_PARTS_H
#define JOURNAL_START_PARTS_H

/* What starting the journal consists of: its log may be the one that it had, or the next. */

#include "journal/ended.h"
#include "journal/state.h"

/** Where the reason of a failure to open is written. */
struct complaint {
    char *text;
    size_t room;
};

/** Says why, and gives s back. */
[[gnu::format(printf, 3, 4)]] struct status start_fail(const struct complaint *c, struct status s,
                                                       const char *format, ...);

/** Compares the root over the first size entries of the log, hashed again from trusted on, with
 * what it has to be. FORK, STORE, both said. */
struct status root_check(struct journal *j, uint64_t trusted, const struct lock_state *want,
                         const struct complaint *c, const char *whose);

/**
 * Finds the log that the journal was written in last, and reads those that ended before it. A
 * journal that an earlier version made does not say it: then it is what the lock database and the
 * directory let it be, and stays unwritten until one of them vouches for its entries
 * (present_keep).
 *
 * before  the log that the configured one succeeds; NULL: none
 *
 * FORK    it does not say it, and neither of the two knows it
 * CONFIG  it does not say it, and the lock database holds another log;  STORE, MEMORY
 */
struct status present_find(struct journal *j, const struct log_before *before,
                           char ret_origin[static LOCK_ORIGIN_BYTES], const struct complaint *c);

/** Writes down that the journal's first log is this one, where that is not written. STORE, FULL,
 * MEMORY */
struct status present_keep(struct journal *j, const char *origin, const struct complaint *c);

/**
 * Finds the log that the journal was written in last; where the settings name another one, which
 * succeeds it, ends the former and begins the latter. Whatever moment it is killed at, it goes on
 * from there at the next start.
 *
 * FORK    the former log is not what was signed, or the directory says that it ended otherwise
 * CONFIG  the directory does not say that the one succeeds the other;  STORE, FULL, MEMORY, CRYPTO
 */
struct status succession_take(struct journal *j, const struct journal_settings *settings,
                              const struct complaint *c);

/** Writes what the first entry of a log says of the one before: "start; succeeds ...". Plain
 * "start" where there is none, or it says so already. */
#define START_TEXT_BYTES 320
void succession_text(const struct journal *j, char text[static START_TEXT_BYTES]);

/**
 * Lays the published files of a log that ended into a folder of their own, NAME in log_path, where
 * NAME is what stands behind the last slash of its origin. Nothing where that was done. STORE:
 * also where that is no name for it
 */
struct status published_lay_aside(const char *log_path, const char *origin);

/** Publishes a tree to its end, and waits for it. STORE, MEMORY */
struct status published_finish(const char *path, const char *log_path,
                               const struct signed_tree *tree);

#endif
