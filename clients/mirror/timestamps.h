#ifndef MIRROR_TIMESTAMPS_H
#define MIRROR_TIMESTAMPS_H

/* Timestamps of the log (RFC 3161) that a mirror keeps, as the gateway publishes them. */

#include "audit/timestamped.h"
#include "mirror/mirror.h"

#define TIMESTAMPS_FAULT_BYTES 160

/** The largest size that one is kept of; 0: there is none. STORE, MEMORY */
struct status mirror_timestamps_last(struct mirror *mirror, uint64_t *ret_size);

/*
 * Whose a timestamp is nobody asks when it is taken, so a gateway could make any number of them. Of
 * those that came less than TIMESTAMPS_APART_MS after the one that is kept before them only the
 * newest is kept, and once there are TIMESTAMPS_MAX_BYTES of them, of all that come: it covers
 * whatever those covered that are let go for it, at a later time. None is let go but for one of the
 * same signer, so that a gateway's own take no authority's away; where there is no room beside
 * another's, what comes is not kept.
 */
#define TIMESTAMPS_APART_MS  2700000ULL    /* gateways ask for one an hour */
#define TIMESTAMPS_MAX_BYTES (64ULL << 20) /* and 1 KiB for each entry of the mirror */

struct timestamps_row {
    uint64_t size;    /* 0: there is none */
    uint64_t time_ms; /* Unix, of the authority; 0: it does not verify any more */
    struct digest signer;
    uint64_t bytes;
};

/** The two newest that are kept, and what comes of those that are put after them. */
struct timestamps_kept {
    struct timestamps_row before, newest;
    uint64_t bytes;  /* of all */
    uint64_t let_go; /* some of them kept by an earlier run */
};

/** Looks at what is kept. now_ms: Unix. STORE, MEMORY, CRYPTO */
struct status mirror_timestamps_kept(struct mirror *mirror, uint64_t now_ms,
                                     struct timestamps_kept *ret_kept);

/**
 * Keeps one of more entries than all before, which is verified against the tree, and lets the one
 * before it go where that is too near or there is too much, or else itself.
 *
 * kept    as mirror_timestamps_kept or the last call left it; of no use after a failure
 * now_ms  Unix
 *
 * REFUSED  timestamp.*: it is none of the log at this size
 * ABSENT   the kept checkpoint is of fewer entries
 * STORE, FULL, MEMORY, CRYPTO
 */
struct status mirror_timestamps_put(struct mirror *mirror, struct timestamps_kept *kept,
                                    uint64_t size, struct slice response, uint64_t now_ms);

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
