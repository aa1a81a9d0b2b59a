#ifndef APP_RISING_H
#define APP_RISING_H

/*
 * Numbers of the rulebook's objects only rise: what was in force once is not put into force again
 * by a copy of it, however well it is signed. The journal and the lock database keep, of every
 * object that was ever in force, the highest number and its digest (rising_rows.h).
 */

#include "app/rising_rows.h"
#include "exchange/objects.h"

#define RISING_WHY_BYTES 300

/**
 * Whether these objects may follow what was in force: each has a higher number than any before, or
 * the last one's number and its very digest.
 *
 * kept      what the journal keeps; empty: nothing was in force yet
 * ret_kept  what it is to keep from now on; lives in the arena
 * why       a sentence where it is refused
 *
 * REFUSED object.old;  STORE: what is kept is damaged;  FULL: it would be too much;  MEMORY
 */
struct status rising_judge(struct arena *arena, struct slice kept, const struct objects *objects,
                           struct slice *ret_kept, char why[static RISING_WHY_BYTES]);

/**
 * What two have kept, as one: of each object the higher number.
 *
 * locked    by the lock database, which is never restored: where the numbers are the same, its
 *           digest
 * ret_kept  lives in the arena; empty where both are
 *
 * STORE: one of them is damaged;  FULL: they are too much together;  MEMORY
 */
struct status rising_join(struct arena *arena, struct slice kept, struct slice locked,
                          struct slice *ret_kept);

/** Whether this very object was in force, by the rows that are kept. */
bool rising_knows(const struct rising_rows *kept, const struct object *object);

#endif
