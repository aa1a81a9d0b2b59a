#ifndef JOURNAL_LOCK_H
#define JOURNAL_LOCK_H

/*
 * The lock database: the size and root that this log has signed last, kept apart from the journal
 * and never restored from a backup. A checkpoint is only signed after the lock has moved from the
 * last one to it by compare-and-swap, so that a restored journal cannot sign a second history. What
 * is kept of the rulebooks that were in force moves with it, so that a restored journal cannot
 * bring back an earlier one either. A log that another one has succeeded never moves again.
 */

#include "base/arena.h"
#include "crypto/digest.h"

struct lock;

/** Opens or makes the file. STORE when another process holds it */
struct status lock_open(const char *path, struct lock **ret_lock);

/** Between moves: shortens the file's log when it has grown. STORE: what was not synced may be
 * lost, nothing may be signed any more */
struct status lock_tidy(struct lock *lock);

/** NULL does nothing. */
void lock_close(struct lock *lock);

struct lock_state {
    uint64_t size;
    struct digest root;
};

/** What was signed last. ABSENT for a log that the lock has never seen; STORE */
struct status lock_last(struct lock *lock, const char *origin, struct lock_state *ret_state);

/** Takes up a new log. STORE (also when it is there), FULL */
struct status lock_start(struct lock *lock, const char *origin, const struct lock_state *state);

/** Moves from one state to the next. FORK if the lock is not at from; STORE, FULL
 *
 * objects  of the rulebooks that were in force, in the same step; empty: what is kept stays */
struct status lock_move(struct lock *lock, const char *origin, const struct lock_state *from,
                        const struct lock_state *to, struct slice objects);

#define LOCK_ORIGIN_BYTES 256

/** The log that goes on from this one, which is signed no more. ABSENT while there is none; STORE
 */
struct status lock_successor(struct lock *lock, const char *origin,
                             char ret_next[static LOCK_ORIGIN_BYTES]);

/** A log other than this one that was signed and has no successor. ABSENT where there is none,
 * STORE */
struct status lock_other(struct lock *lock, const char *origin,
                         char ret_other[static LOCK_ORIGIN_BYTES]);

/** A log ends at a size and root, whatever was known of it, and another one begins, empty, with the
 * same objects of the rulebooks. FORK: something was signed in the next one already, or another log
 * stands before or behind it; STORE (also where the former was succeeded before), FULL */
struct status lock_succeed(struct lock *lock, const char *origin, const struct lock_state *end,
                           const char *next);

/** What moved last of the rulebooks' objects; lives in the arena. ABSENT while there is none;
 * STORE, MEMORY */
struct status lock_law(struct lock *lock, struct arena *arena, const char *origin,
                       struct slice *ret_objects);

#endif
