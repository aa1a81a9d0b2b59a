#ifndef MIRROR_TIMESTAMPS_H
#define MIRROR_TIMESTAMPS_H

/* Timestamps of the log (RFC 3161) that a mirror keeps, as the gateway publishes them. */

#include "audit/timestamped.h"
#include "mirror/mirror.h"

#define TIMESTAMPS_FAULT_BYTES 160

/** The largest size that one is kept of; 0: there is none. STORE, MEMORY */
struct status mirror_timestamps_last(struct mirror *mirror, uint64_t *ret_size);

/**
 * Keeps one, which is verified against the tree; whose it is is not asked.
 *
 * now_ms  Unix
 *
 * REFUSED  timestamp.*: it is none of the log at this size
 * ABSENT   the kept checkpoint is of fewer entries
 * STORE, FULL, MEMORY, CRYPTO
 */
struct status mirror_timestamps_put(struct mirror *mirror, uint64_t size, struct slice kept,
                                    uint64_t now_ms);

/**
 * Verifies all of them against the tree, which is believed: mirror_verify comes first.
 *
 * authorities  NULL: whose they are is not asked
 * now_ms       Unix
 * ret_found    always written
 *
 * REFUSED  with fault naming the timestamp;  STORE, MEMORY, CRYPTO
 */
struct status mirror_timestamps_verify(struct mirror *mirror,
                                       const struct timestamp_authorities *authorities,
                                       uint64_t now_ms, struct timestamped_found *ret_found,
                                       char fault[static TIMESTAMPS_FAULT_BYTES]);

#endif
