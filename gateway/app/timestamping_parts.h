#ifndef APP_TIMESTAMPING_PARTS_H
#define APP_TIMESTAMPING_PARTS_H

/* The thread that asks for timestamps, as its own files see it. */

#include <pthread.h>

#include "app/timestamping.h"
#include "audit/timestamped.h"
#include "edge/worker.h"
#include "journal/ended.h"
#include "journal/journal.h"

/** When the next timestamp is due; of times that are given. */
struct timestamping_plan {
    uint64_t every_ms;
    uint64_t size;    /* of the newest timestamped checkpoint; 0: none */
    uint64_t made_ms; /* Unix: the time in it */
    uint64_t above;   /* a checkpoint over this size is due at once; UINT64_MAX: none is */
    uint64_t next_ms; /* monotonic: not before */
    unsigned failures;
};

/** Whether the checkpoint of this size is to be timestamped now. */
bool timestamping_due(const struct timestamping_plan *plan, uint64_t published, struct moment now);

/** It was, at this time of the authority's. */
void timestamping_done(struct timestamping_plan *plan, uint64_t size, uint64_t made_ms);

/** It was not: ten seconds pass before it is tried again, then twice as long each time, five
 * minutes at most. */
void timestamping_failed(struct timestamping_plan *plan, uint64_t mono_ms);

#define TIMESTAMPING_PATH_BYTES 4400

/** The log that ended whose last tree is looked after; before it all have what they need. */
struct timestamping_ended {
    size_t number;                 /* as journal_ended counts */
    bool has_looked;               /* at what lies in its folder: it needs one */
    struct timestamping_plan plan; /* of one timestamp */
    char folder[TIMESTAMPING_PATH_BYTES];
};

struct timestamping {
    struct config_place place;
    const char *origin, *log_path; /* as they were given */
    const struct timestamp_authorities *authorities;
    struct journal *journal;
    struct journal_reader *reader;
    struct diagnostics diagnostics;
    pthread_t thread;
    struct timestamping_plan plan; /* the thread's, but for `above` */
    bool has_looked;               /* at what lies in the folder */
    struct timestamping_ended ended;

    pthread_mutex_t lock; /* of all that follows, and of plan.above */
    pthread_cond_t changed;
    bool stopping;
    struct timestamping_view told;
};

/** What a call by HTTP comes to, for people. */
#define TIMESTAMPING_WHY_BYTES 160

/**
 * Asks for a timestamp of the checkpoint with this body, and verifies it.
 *
 * kept         its form that is kept
 * ret_time_ms  of the authority
 * why          of a failure
 */
struct status timestamping_ask(const struct timestamping *t, struct slice body,
                               uint64_t deadline_ms, struct buffer *kept, uint64_t *ret_time_ms,
                               char why[static TIMESTAMPING_WHY_BYTES]);

/** Puts it into a log's folder. STORE, FULL, MEMORY */
struct status timestamping_put(const char *log_path, uint64_t size, struct slice kept);

/**
 * Looks at all that lies in the folder, in a log of this size: what is no timestamp of it by one of
 * the authorities is said, and passed over; what a killed run has left is removed. Ends early when
 * the thread is to end.
 *
 * ret_size, ret_time_ms  of the newest good one; 0: there is none
 * ABSENT  a tile went while it was read: to be tried again;  STORE, MEMORY
 */
struct status timestamping_find(struct timestamping *t, uint64_t size, uint64_t *ret_size,
                                uint64_t *ret_time_ms);

/**
 * Whether the last tree of a log that ended needs a timestamp: its files are here, and nothing
 * lies in the place of one. What lies there and is none by one of the authorities is said, and left
 * to the operator.
 *
 * folder  of its files
 * STORE, MEMORY, CRYPTO
 */
struct status timestamping_ended_look(const struct timestamping *t,
                                      const struct journal_ended *ended,
                                      char folder[static TIMESTAMPING_PATH_BYTES], bool *ret_needs);

/** Whether the thread is to end. */
bool timestamping_ends(struct timestamping *t);

#endif
