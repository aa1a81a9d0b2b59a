#ifndef COMITY_CROSSCHECK_EVIDENCE_H
#define COMITY_CROSSCHECK_EVIDENCE_H

/* Checkpoints that convict a log, kept whole in files that are never written over. */

#include "base/slice.h"
#include "base/status.h"

#define EVIDENCE_PATH_BYTES 1024

/**
 * Keeps a note in a file of the folder, which is made where it is missing. Its name has the note's
 * size and digest in it: the same note is kept once, and no other is ever in its place.
 *
 * origin  of the log
 *
 * STORE (also where a file of this name holds something else), FULL, MEMORY
 */
struct status evidence_keep(const char *folder, const char *origin, struct slice note,
                            char path[static EVIDENCE_PATH_BYTES]);

#endif
