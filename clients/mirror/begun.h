#ifndef MIRROR_BEGUN_H
#define MIRROR_BEGUN_H

/* What a log's first entry says of the log that it goes on from: the gateway signs it, and who
 * cosigns the log has seen it. */

#include "audit/opening.h"

/** What others see it by. */
struct begun_proof {
    struct slice openings; /* the document of that entry alone, as it was served */
    struct slice proof;    /* that it is in the log of a checkpoint (C2SP tlog-proof) */
};

struct begun {
    struct slice origin; /* of the log before, borrowed */
    uint64_t size;       /* where that ended */
    struct digest root;
    struct begun_proof proof;
};

/** Reads it from what an entry of index 0 says, but for the proof, which is empty. False: it says
 * nothing of another log, or its opening is not there. */
bool begun_read(const struct opened *first, struct begun *ret_begun);

#endif
