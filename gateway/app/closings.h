#ifndef APP_CLOSINGS_H
#define APP_CLOSINGS_H

/*
 * What a directory said of a log that ended is said for ever: evidence rests on it. Beside the
 * numbers of objects (rising.h) journal and lock database keep, of each log that a directory in
 * force has closed, where it ended and which log succeeds it:
 *
 *     end:XA-GW-01 ORIGIN    size, root
 *     next:XA-GW-01 ORIGIN   0, digest of the origin of the log that succeeds it
 */

#include "app/rising.h"

/**
 * Whether a directory still closes each log that one before it has closed, at the same size and
 * root, and names the same log after it. A gateway may leave the directory with all its rows, for
 * then nobody believes anything of it; it comes back only with what was said of its logs.
 *
 * kept      what is kept; empty: no log was closed yet
 * next      the directory that is to come into force
 * ret_kept  what is to be kept from then on; lives in the arena
 * why       a sentence where it is refused
 *
 * REFUSED object.closing;  STORE: what is kept is damaged;  FULL: it would be too much;  MEMORY
 */
struct status closings_judge(struct arena *arena, struct slice kept, const struct directory *next,
                             struct slice *ret_kept, char why[static RISING_WHY_BYTES]);

/** Whether it is kept where this log of a gateway ended. STORE: what is kept is damaged;  MEMORY */
struct status closings_has(struct arena *arena, struct slice kept, const char *gateway,
                           const char *origin, bool *ret_has);

#endif
