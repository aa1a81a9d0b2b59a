#ifndef MIRROR_SYNC_TIMESTAMPS_H
#define MIRROR_SYNC_TIMESTAMPS_H

/* The timestamps of a log, for the mirror of it. */

#include "mirror/sync.h"

/**
 * Takes the timestamps that the gateway has of what the mirror has, those behind the last one that
 * it keeps; each is verified, and those that are too many are let go (timestamps.h). A log that
 * ended may get its last one after its last entry was taken, so it is asked for until it is there.
 * Nobody is asked where none can be new. It can be broken off anywhere.
 *
 * settings     mirror, ended, fetch, source, progress, owner and now_ms count
 * ret_outcome  verdict and said always written; timestamps and let_go counted, all else left as
 *              it is
 *
 * REFUSED  ret_outcome says why;  NETWORK, CRYPTO, STORE, FULL, MEMORY
 */
struct status sync_timestamps(const struct sync_settings *settings,
                              struct sync_outcome *ret_outcome);

#endif
