#ifndef MIRROR_BEGUN_H
#define MIRROR_BEGUN_H

/* What a log's first entry says of the log that it goes on from: the gateway signs it, and who
 * cosigns the log has seen it. */

#include "audit/opening.h"

struct begun {
    struct slice origin; /* of the log before, borrowed */
    uint64_t size;       /* where that ended */
    struct digest root;
};

/** Reads it from what an entry of index 0 says. False: it says nothing of another log, or its
 * opening is not there. */
bool begun_read(const struct opened *first, struct begun *ret_begun);

#endif
