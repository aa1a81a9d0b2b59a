#ifndef AUDIT_TIMESTAMPED_H
#define AUDIT_TIMESTAMPED_H

/*
 * Timestamps of checkpoints as they lie in a published log: timestamp/70000.tsr is of the body of
 * the checkpoint of size 70000, its three lines without signatures, which is computed from the
 * log's tiles. So a timestamp needs nothing beside it but the log.
 */

#include "audit/tile.h"
#include "crypto/timestamp.h"

#define TIMESTAMPED_PATH_BYTES 40
#define TIMESTAMPED_LIST_MAX   256                                 /* sizes in one list */
#define TIMESTAMPED_LIST_BYTES ((size_t)TIMESTAMPED_LIST_MAX * 20) /* of a list */
#define TIMESTAMPED_SLACK_MS   300000ULL /* between our clock and that of an authority */

/** "timestamp/70000.tsr" */
void timestamped_path(uint64_t size, char text[static TIMESTAMPED_PATH_BYTES]);

/** The size of a path; false for anything that timestamped_path would not write. */
bool timestamped_path_read(struct slice path, uint64_t *ret_size);

/** Appends sizes as a list, one a line. */
void timestamped_list_write(struct buffer *out, const uint64_t *sizes, size_t count);

/**
 * Reads a list of sizes that was asked for from this size on: each over the one before.
 *
 * REFUSED  timestamp.shape: anything that timestamped_list_write would not write
 */
struct status timestamped_list_read(struct slice text, uint64_t from,
                                    uint64_t sizes[static TIMESTAMPED_LIST_MAX], size_t *ret_count);

/** A log whose tiles can be read. */
struct timestamped_log {
    log_read *read;
    void *store;
    struct slice origin;
    uint64_t size; /* of the tree that its tiles are of */
};

/** Appends the body of a checkpoint. MEMORY */
struct status timestamped_text(struct slice origin, uint64_t size, const struct digest *root,
                               struct buffer *out);

/**
 * Appends the body of the checkpoint that the log had at this size. The tiles are believed.
 *
 * ABSENT  the log is smaller, or a tile is missing or of another length;  MEMORY, or as read fails
 */
struct status timestamped_body(const struct timestamped_log *log, uint64_t size,
                               struct buffer *out);

/**
 * The inclusion path of an entry in the log as it was at this size, leaf's sibling first. The tiles
 * are believed. As timestamped_body; ABSENT, too, where the entry is not below size
 */
struct status timestamped_inclusion(struct timestamped_log *log, uint64_t index, uint64_t size,
                                    struct digest path[static MERKLE_MAX_PATH], size_t *ret_count);

/**
 * Verifies a timestamp of the checkpoint of this size. Its time is not before that of the last
 * entry, as far as clocks agree.
 *
 * until_ms     Unix: it is not later
 * authorities  NULL: whose it is is not asked
 * ret_time_ms  Unix
 *
 * ABSENT  as timestamped_body, or the bundle with the last entry is not there;  REFUSED
 * timestamp.*;  CRYPTO, MEMORY, or as read fails
 */
struct status timestamped_verify(const struct timestamped_log *log, uint64_t size,
                                 struct slice kept, uint64_t until_ms,
                                 const struct timestamp_authorities *authorities,
                                 uint64_t *ret_time_ms);

/** What a timestamp is not, in words, by the reason for which it was refused. */
const char *timestamped_fault(enum reason reason);

/** Timestamps that were found, all of them good. */
struct timestamped_found {
    uint64_t count;
    uint64_t size, time_ms; /* of the one with the most entries */
};

/** Counts one. */
void timestamped_count(struct timestamped_found *found, uint64_t size, uint64_t time_ms);

#endif
