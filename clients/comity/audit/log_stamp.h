#ifndef COMITY_LOG_STAMP_H
#define COMITY_LOG_STAMP_H

/* The timestamp of a published log that covers an entry, with what leads from the entry to it. */

#include "audit/receipt.h"
#include "audit/timestamped.h"

struct log_stamp {
    struct slice response; /* RFC 3161, as it lies in the log */
    uint64_t size;         /* of the log that was timestamped */
    uint64_t time_ms;      /* Unix */
    struct slice body;     /* of its checkpoint: three lines */
    struct slices path;    /* of the entry in it */
};

/** The smallest size over an index that the log has a timestamp for. ABSENT: there is none; as
 * log_read */
typedef struct status log_stamp_size(void *store, uint64_t index, uint64_t *ret_size);

/** Where a log is read: a folder, or its gateway. */
struct log_stamp_source {
    log_read *read;
    log_stamp_size *size;
    void *store; /* of both */
};

/**
 * Finds the earliest timestamp of a log that covers the entry. All lives in the arena.
 *
 * now_ms  Unix
 * ABSENT  the log has none, or it is another one;  REFUSED with the reason: its tiles do not lead
 * from the entry to it, or it does not verify;  MEMORY, or as read fails
 */
struct status log_stamp_find(struct arena *arena, const struct log_stamp_source *source,
                             const struct proved *proved, uint64_t now_ms,
                             struct log_stamp *ret_stamp);

/** Appends entry's index, path and the timestamped body, as proof.tlog has index, path and
 * checkpoint; no key has signed the body, the authority has. */
void log_stamp_write(struct buffer *out, uint64_t index, const struct log_stamp *stamp);

#endif
