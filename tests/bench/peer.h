#ifndef BENCH_PEER_H
#define BENCH_PEER_H

/* What crowd.c needs of one link and no role does. */

#include "crowd.h"

#define CROWD_READ_BYTES 65536U

/** Goes on with whatever the link waits for: its descriptor is ready. */
void peer_run(struct peer *peer);

#endif
