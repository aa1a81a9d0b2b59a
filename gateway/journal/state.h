#ifndef JOURNAL_STATE_H
#define JOURNAL_STATE_H

/* The journal as its own files see it. What stands above the mutex belongs to the journal thread,
 * or to journal_open and journal_close while that does not run. */

#include <pthread.h>
#include <stdatomic.h>

#include "journal/lock.h"
#include "journal/publish.h"
#include "journal/write.h"

#define JOURNAL_PATH_BYTES 4096
#define GATEWAY_ID_BYTES   16

struct journal {
    struct writing writing;
    struct lock *lock;
    struct lock_state locked; /* what the lock database holds */
    const struct key *log_key;
    struct publisher *publisher;
    int folder; /* held by flock against a second process; -1 before */
    pthread_t thread;
    char path[JOURNAL_PATH_BYTES];
    char origin[ORIGIN_MAX_BYTES + 1];
    char gateway[GATEWAY_ID_BYTES];
    uint64_t queue_max_bytes;

    atomic_bool dead; /* any thread */

    pthread_mutex_t mutex; /* of all that follows */
    pthread_cond_t work;
    struct item *first, *last;
    uint64_t queued_bytes;
    bool closing;
    struct signed_tree signed_tree;
};

/** The last signed checkpoint. Any thread. */
struct signed_tree journal_signed(struct journal *journal);

/** Stops the journal for good: nothing is acknowledged any more. */
void journal_kill(struct journal *journal);

/**
 * Signs what was committed since the last checkpoint: recomputes the root from the database, moves
 * the lock, signs, publishes.
 *
 * FORK   tree and database, or tree and lock, do not agree: nothing may be signed
 * STORE, FULL, MEMORY, CRYPTO
 */
struct status checkpoint_sign(struct journal *journal);

/** Commits and signs up to BATCH_MAX postings, then gives their results to their owners. Takes the
 * list over. */
void batch_commit(struct journal *journal, struct item *items);

#define BATCH_MAX_POSTINGS 64
#define BATCH_MAX_BYTES    (4U << 20)

/** Opens files and lock, checks one against the other. *error says why not. */
struct status journal_start(struct journal *journal, const struct journal_settings *settings,
                            char *error, size_t room);

/** Commits an entry that the journal itself started or stopped. */
struct status journal_note(struct journal *journal, const char *what, uint64_t now_ms);

#endif
