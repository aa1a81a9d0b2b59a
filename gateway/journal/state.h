#ifndef JOURNAL_STATE_H
#define JOURNAL_STATE_H

/* The journal as its own files see it. What stands above the mutex belongs to the journal thread,
 * or to journal_open and journal_close while that does not run. */

#include <pthread.h>
#include <stdatomic.h>

#include "journal/lock.h"
#include "journal/publish.h"
#include "journal/room.h"
#include "journal/waiting.h"
#include "journal/write.h"

#define JOURNAL_PATH_BYTES 4096
#define GATEWAY_ID_BYTES   16

/** The rulebook in force and since when. */
struct law {
    struct digest rulebook;
    uint64_t at_ms;
};

/** What the journal thread tells the others of itself. */
struct journal_state {
    uint64_t wal_bytes, free_bytes, time_ms;
    bool low;     /* no room for new work */
    bool stalled; /* committed batches wait for the lock or the signature */
};

/** The checkpoint that readers of one State are given. */
struct cosigned_note {
    char state[3]; /* "": none is here */
    struct buffer note;
    uint64_t until_ms; /* Unix */
    uint64_t serial;   /* of its text: rises with each other one */
};

/** A log of this journal that ended. */
struct closed_log {
    char origin[ORIGIN_MAX_BYTES + 1];
    struct signed_tree tree;
};

struct journal {
    struct writing writing;
    struct lock *lock;
    struct lock_state locked; /* what the lock database holds */
    const struct key *log_key;
    struct publisher *publisher;
    struct room room;
    struct waiting waiting;
    bool law_owed; /* the entry of the rulebook in force could not be written yet */
    int folder;    /* held by flock against a second process; -1 before */
    pthread_t thread;
    char path[JOURNAL_PATH_BYTES], lock_path[JOURNAL_PATH_BYTES], log_path[JOURNAL_PATH_BYTES];
    char origin[ORIGIN_MAX_BYTES + 1];
    char gateway[GATEWAY_ID_BYTES];
    uint64_t queue_max_bytes;

    struct closed_log *closed; /* by their numbers; nothing changes after the start */
    size_t closed_count;

    atomic_bool dead;      /* any thread, */
    atomic_bool keys_owed; /* too: entries about keys in force could not be written yet */

    pthread_mutex_t mutex; /* of all that follows */
    pthread_cond_t work;
    struct item *first, *last;
    uint64_t queued_bytes; /* of all postings without an answer */
    bool closing;
    struct journal_state state;
    struct law law;
    struct buffer objects; /* of the rulebook in force, for an entry that is owed */
    struct buffer keys;    /* in force since keys_ms, likewise */
    uint64_t keys_ms;
    struct signed_tree signed_tree;
    struct cosigned_note cosigned[NOTE_MAX_SIGNATURES];
    uint64_t cosigned_serial; /* the last one given */
};

/** Commits the start entry, and another one where another rulebook was in force before. As
 * journal_note. */
struct status journal_start_law(struct journal *journal, const char *what, struct slice objects,
                                bool is_other, uint64_t now_ms);

/** The rulebook in force. Any thread. */
struct law journal_law_in_force(struct journal *journal);

/** The last signed checkpoint. Any thread. */
struct signed_tree journal_signed(struct journal *journal);

/** The signed tree that has an entry: now, the last one, or that of a log that ended. NULL: none */
const struct signed_tree *journal_tree_of(const struct journal *journal,
                                          const struct signed_tree *now, uint64_t index);

/** Tells the other threads how it is now. */
void journal_tell(struct journal *journal);

/** Whether nothing that this process says about the log could be relied on after a failure. */
bool journal_ends_by(const struct journal *journal, struct status s);

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

/** Queues an item and takes it over. FULL, STORE: it is still the caller's */
struct status queue_put(struct journal *journal, struct item *item);

/** Waits for postings, not for long, and cuts a batch off, which may be empty. False when the
 * journal closes and nothing is left. troubled: something is to be tried again soon. */
bool queue_take(struct journal *journal, bool troubled, struct item **ret_batch);

/** So many octets of the queue have been answered. */
void queue_settle(struct journal *journal, size_t bytes);

/** Commits a batch, signs it and gives the results to their owners, now or when it can be signed.
 * On a full disk what was accepted before is tried again with the ballast's room. Takes the list
 * over. */
void batch_commit(struct journal *journal, struct item *items);

#define BATCH_MAX_POSTINGS 64
#define BATCH_MAX_BYTES    (4U << 20)

/** Opens files and lock, checks one against the other, commits the start entry. *error says why
 * not.
 */
struct status journal_start(struct journal *journal, const struct journal_settings *settings,
                            uint64_t now_ms, char *error, size_t room);

/** Makes the journal's folder where it is missing, and holds it against every other process until
 * ret_folder is closed. *ret_why ends a sentence that begins with the path. */
struct status journal_hold(const char *path, int *ret_folder, const char **ret_why);

/** Commits the entry of the operator's that a backup was restored, where none tells it yet. As
 * journal_note */
struct status journal_tell_restored(struct journal *journal, uint64_t now_ms);

/** Commits an entry that the journal itself started or stopped, while its thread does not run. FULL
 * also when it was committed but not signed */
struct status journal_note(struct journal *journal, const char *what, uint64_t now_ms);

/** Erases all that is kept no longer, while the journal's thread does not run: before anybody is
 * shown it. As journal_note */
struct status journal_retain_all(struct journal *journal, uint64_t now_ms);

/** Queues the entry of another rulebook again where it could not be written. */
void journal_pay(struct journal *journal);

/** Queues what could not be written yet about keys. */
void journal_pay_keys(struct journal *journal);

#endif
