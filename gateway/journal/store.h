#ifndef JOURNAL_STORE_H
#define JOURNAL_STORE_H

/*
 * The database under the journal: rows and transactions, nothing of their meaning. Whatever is
 * secret is encrypted before it comes here. One `struct store` is one connection and belongs to one
 * thread. There is exactly one writer, and it alone checkpoints (sqlite.org, WAL-reset bug).
 *
 * Everywhere: STORE when the database fails, FULL when the disk is, MEMORY.
 */

#include "audit/entry.h"
#include "crypto/merkle.h"
#include "journal/store_logs.h"
#include "wire/frame.h"

struct store;

enum store_role { STORE_WRITER, STORE_READER };

/** Opens journal.db in the folder; the writer makes it where it is missing. CONFIG: it was made by
 * another version */
struct status store_open(const char *folder, enum store_role role, struct store **ret_store);

/** NULL does nothing. */
void store_close(struct store *store);

/** Bounds the write-ahead log: above a quarter of it the log is begun again between batches. */
void store_bound(struct store *store, uint64_t wal_max_bytes);

uint64_t store_wal_bytes(const struct store *store);

/** Whether the log is over its bound, because a reader keeps it from being begun again. */
bool store_wal_is_over(const struct store *store);

/** Whether the disk was full since this was asked last. */
bool store_was_full(struct store *store);

/** Whether the database failed in a way after which nothing more may be believed or acknowledged:
 * an I/O error (fsync included), corruption, a lost file. */
bool store_broken(const struct store *store);

/* ---- transactions ---- */

struct status store_begin(struct store *store); /* the writer's */
struct status store_commit(struct store *store);
void store_rollback(struct store *store);

#define LOOK_MS 1000

/** A snapshot; the writer's spares it a lock for each statement. A reader's must not last, for it
 * keeps the write-ahead log from being begun again: after LOOK_MS reading in it fails with FULL. */
struct status store_look(struct store *store);
void store_leave(struct store *store);

/** Rows changed by this connection so far: whether a posting that failed has left anything. */
uint64_t store_changes(const struct store *store);

/** Whether a transaction is open: after some failures the database takes it back by itself. */
bool store_is_writing(const struct store *store);

/** Between batches: moves the write-ahead log into the database when it has grown. Waits for
 * readers at most shortly, and not each time. */
void store_tidy(struct store *store);

/* ---- the tree ---- */

/** Of the log that is written now. */
struct tree {
    struct merkle_edge edge;
    uint64_t base;    /* number of its first entry */
    uint64_t time_ms; /* of the last entry of all logs */
};

struct status store_tree(struct store *store, struct tree *ret_tree);
struct status store_tree_set(struct store *store, const struct tree *tree);

/** Keeps the root of a complete subtree, level 1 and up. index: counted through all logs, as
 * entries are. */
struct status store_node_add(struct store *store, unsigned level, uint64_t index,
                             const struct digest *hash);

/** The root of a complete subtree; level 0 is a leaf hash. store: merkle_subtree of a struct store.
 * ABSENT */
struct status store_node(void *store, unsigned level, uint64_t index, struct digest *ret_hash);

/** The same from the database itself, past the cache of proofs. */
struct status store_node_stored(struct store *store, unsigned level, uint64_t index,
                                struct digest *ret_hash);

/* ---- entries ---- */

enum entry_slot { ENTRY_OUTER, ENTRY_INNER, ENTRY_CLOSED, ENTRY_RELEASE, ENTRY_SLOTS };

struct entry_row {
    uint64_t index; /* the entry's number: through all logs */
    enum entry_kind kind;
    enum stage stage;
    uint64_t hop;
    bool about;       /* a message, whose number follows */
    uint64_t message; /* number of the message row */
    struct slice entry;
    struct digest leaf;
    struct slice wrapped;            /* the entry's key; at == NULL: destroyed */
    struct slice slots[ENTRY_SLOTS]; /* encrypted; at == NULL: none */
};

struct status store_entry_add(struct store *store, const struct entry_row *row);

/** Marks an entry as replaced by a later one. */
struct status store_entry_replace(struct store *store, uint64_t index);

/** ABSENT */
struct status store_entry(struct store *store, struct arena *arena, uint64_t index,
                          struct entry_row *ret_row);

/** The octets in the log alone. ABSENT */
struct status store_entry_octets(struct store *store, uint64_t index,
                                 uint8_t ret_entry[static ENTRY_BYTES]);

/** A message's entry of kind stage that nothing replaces. ABSENT */
struct status store_stage_entry(struct store *store, uint64_t message, enum stage stage,
                                uint64_t *ret_index);

#define STAGES_MAX 8

struct stage_entry {
    uint64_t index;
    enum stage stage;
};

/** A message's stages so far among the entries below an index, in their order. */
struct status store_stages(struct store *store, uint64_t message, uint64_t below,
                           struct stage_entry ret_stages[static STAGES_MAX], size_t *ret_count);

/* ---- messages ---- */

enum message_slot { MESSAGE_BODY, MESSAGE_LOCAL, MESSAGE_INBOX, MESSAGE_SLOTS };

/** What was first answered to a key, and the message where one is kept. */
struct message_row {
    uint64_t number; /* index of the first entry about it: never used twice */
    struct message_key key;
    struct slice box, origin;
    enum entry_kind kind; /* of the answer: disclosure, hold, refusal */
    uint64_t entry;       /* index of the answer in force */
    uint64_t relayed;     /* index of the answer to the peer that brought it; 0: none did */
    struct slice seal;    /* digest; may be empty for a refusal */
    struct slice thread, type;
    enum stage stage;
    uint64_t received_ms, expires_ms;
    bool waiting;            /* in its box, and not taken yet */
    enum stage due;          /* the failure that is to be posted ... */
    uint64_t due_ms;         /* ... after this time; 0: none */
    uint64_t delivery;       /* 0: in no box */
    uint64_t release_number; /* 0: never released */
    struct slice wrapped;    /* the message's key; at == NULL: none or destroyed */
    struct slice slots[MESSAGE_SLOTS];
};

struct status store_message_add(struct store *store, const struct message_row *row);

/** Puts another answer and other octets under a number. */
struct status store_message_set(struct store *store, const struct message_row *row);

/** Puts another stage under a number, with what follows from it: waiting and due. */
struct status store_message_stage(struct store *store, const struct message_row *row);

/** A message by its key, without body and local values. ABSENT */
struct status store_message(struct store *store, struct arena *arena, const struct message_key *key,
                            struct message_row *ret_row);

/** The encrypted body of a message. ABSENT */
struct status store_body(struct store *store, struct arena *arena, uint64_t number,
                         struct slice *ret_body);

/** The encrypted local values of a message. ABSENT */
struct status store_local(struct store *store, struct arena *arena, uint64_t number,
                          struct slice *ret_local);

/** The next number of a party's thread; of a box where thread is empty. From 1, no gaps. */
struct status store_count(struct store *store, struct slice party, struct slice thread,
                          uint64_t *ret_number);

enum listing {
    LIST_MAILBOX,     /* of a box, by delivery number */
    LIST_THREAD,      /* of a box and a thread, by delivery number */
    LIST_UNDELIVERED, /* of a box, by delivery number */
    LIST_SENT,        /* of a sender, by number */
    LIST_OVERDUE,     /* those whose failure is due, by time */
    LIST_HELD,        /* those that a peer brought and that are held, by number */
    LISTINGS
};

struct list_wanted {
    enum listing listing;
    struct slice party; /* box or sender */
    struct slice thread;
    uint64_t after; /* delivery number or number */
    uint64_t until; /* LIST_OVERDUE: due before this time; LIST_UNDELIVERED: not expired before */
    uint64_t below; /* entries below this index only: what is signed */
    size_t limit;
};

/** Messages without body and local values. */
struct status store_list(struct store *store, struct arena *arena, const struct list_wanted *wanted,
                         struct message_row **ret_rows, size_t *ret_count);

/** How many messages wait in a box, and when the oldest of them was received; 0: none. */
struct status store_waiting(struct store *store, struct slice box, uint64_t *ret_count,
                            uint64_t *ret_oldest_ms);

/** The same by its number. ABSENT */
struct status store_message_numbered(struct store *store, struct arena *arena, uint64_t number,
                                     struct message_row *ret_row);

/* ---- what is kept for a while ---- */

/** The octets of a message, and until when they are kept. */
struct keeping {
    uint64_t message; /* number */
    uint64_t accepted_ms;
    uint64_t ends_ms;   /* needed until then; 0: the message is finished */
    uint64_t retain_ms; /* kept no longer than that, whatever else; UINT64_MAX: no such limit */
};

/** Keeps them from now on; when they were accepted and no longer than what stays as it was. bodies:
 * how long what is finished is kept after it was accepted */
struct status store_keep(struct store *store, const struct keeping *keeping, uint64_t bodies_ms);

/** The message is finished; nothing where its octets are gone. */
struct status store_keep_finished(struct store *store, uint64_t message, uint64_t bodies_ms);

/** What is there is kept as long from now on. */
struct status store_keep_all(struct store *store, uint64_t bodies_ms);

/** Whether a message's octets are on hold. ABSENT: they are gone */
struct status store_kept(struct store *store, uint64_t message, bool *ret_held);

struct status store_keep_hold(struct store *store, uint64_t message, bool held);

struct erasable {
    uint64_t message, bytes;
};

/** Messages whose octets are kept no longer, those whose time was over first. */
struct status store_erasable(struct store *store, uint64_t now_ms, size_t limit,
                             struct erasable *ret_rows, size_t *ret_count);

/**
 * Destroys a message's key and octets; it lies in no box any more. What was there is overwritten
 * when it is committed, and in the write-ahead log by the next store_tidy that finds no reader.
 */
struct status store_message_erase(struct store *store, uint64_t number);

/** An entry whose openings are there. */
struct with_openings {
    uint64_t index, time_ms;
    bool about; /* a message, whose number follows */
    uint64_t message;
};

/** Those from a number on, in their order, up to a limit. */
struct status store_with_openings(struct store *store, uint64_t from, size_t limit,
                                  struct with_openings *ret_rows, size_t *ret_count);

/** Destroys an entry's key, openings and release likewise. */
struct status store_entry_erase(struct store *store, uint64_t index);

/** Whether an origin has not taken this stage's receipt yet. */
struct status store_has_notice(struct store *store, uint64_t message, uint64_t entry,
                               bool *ret_has);

/* ---- notices ---- */

/** A stage that an origin has not taken yet. */
struct notice_row {
    uint64_t number;  /* rises, never used twice */
    uint64_t message; /* number */
    struct message_key key;
    enum stage stage;
    uint64_t entry; /* index; 0: a peer's receipt says it */
    uint64_t below; /* size of the log that must be signed before it is told; never falls */
};

/** Keeps a notice, whose key is its message's. */
struct status store_notice_add(struct store *store, const struct notice_row *row, struct slice box);

/** Forgets a notice; nothing if there is none. */
struct status store_notice_drop(struct store *store, uint64_t message, enum stage stage);

/** Those of a box whose `below` is at most wanted->below. */
struct status store_notices(struct store *store, struct arena *arena,
                            const struct list_wanted *wanted, struct notice_row **ret_rows,
                            size_t *ret_count);

/* ---- stages that peers have told ---- */

struct remote_row {
    uint64_t message; /* number */
    enum stage stage;
    struct slice wrapped, receipt; /* encrypted */
};

/** Where such a row is: one number for each message and stage. */
static inline uint64_t remote_place(uint64_t message, enum stage stage)
{
    return message * 32 + (uint64_t)stage;
}

struct status store_remote_add(struct store *store, const struct remote_row *row);

/** ABSENT */
struct status store_remote(struct store *store, struct arena *arena, uint64_t message,
                           enum stage stage, struct remote_row *ret_row);

/** All of a message, in the order of the stages. */
struct status store_remotes(struct store *store, struct arena *arena, uint64_t message,
                            struct remote_row ret_rows[static STAGES_MAX], size_t *ret_count);

/* ---- checkpoints of foreign logs ---- */

struct step_row {
    uint64_t old_size, size;
    struct digest root;
    struct slice path; /* hashes one after the other */
    struct slice note;
};

struct status store_step_add(struct store *store, struct slice origin, const struct step_row *row);

/** The largest of a log. ABSENT */
struct status store_step_last(struct store *store, struct arena *arena, struct slice origin,
                              struct step_row *ret_row);

/** The one of this size. ABSENT */
struct status store_step(struct store *store, struct arena *arena, struct slice origin,
                         uint64_t size, struct step_row *ret_row);

/** Those of wanted->party, which is the origin, that are larger than wanted->after. */
struct status store_steps(struct store *store, struct arena *arena,
                          const struct list_wanted *wanted, struct step_row **ret_rows,
                          size_t *ret_count);

#define FORKS_MAX 16 /* kept of one log, besides those that were laid aside */

/** Keeps two notes that cannot both be true; nothing when there are enough of that log. */
struct status store_fork_add(struct store *store, struct slice origin, struct slice kept,
                             struct slice given);

/** Lays all of a log aside: they are kept, and store_fork gives them no more. */
struct status store_fork_lift(struct store *store, struct slice origin);

/** The first of a log that is not laid aside. ABSENT */
struct status store_fork(struct store *store, struct arena *arena, struct slice origin,
                         struct slice *ret_kept, struct slice *ret_given);

/* ---- the rulebook ---- */

/** The objects of the rulebooks that were in force, as the last entry about one left them. ABSENT
 */
struct status store_law(struct store *store, struct arena *arena, struct slice *ret_objects);
struct status store_law_set(struct store *store, struct slice objects);

/* ---- restored backups ---- */

struct restored_row {
    uint64_t size; /* of the log, when a backup was put in place */
    uint64_t lost; /* how many of its last entries are there without openings */
    uint64_t time_ms;
    bool told; /* the log has an entry about it */
};

/** Remembers a restoration, and that none of the numbers that were lost with it is given again. */
struct status store_restored_add(struct store *store, const struct restored_row *row);

/** The last one. ABSENT */
struct status store_restored(struct store *store, struct restored_row *ret_row);

struct status store_restored_told(struct store *store, uint64_t size);

/** No failure of a message that is to go to a peer is due before this time. */
struct status store_dues_move(struct store *store, uint64_t time_ms);

/** A peer whose journal was restored. */
struct rewind {
    struct slice box;  /* the peer */
    uint64_t size;     /* of its log, when that was done */
    uint64_t now_ms;   /* what has expired by then waits no more */
    uint64_t since_ms; /* stages of what expired before are not told again */
    uint64_t below;    /* for the notices: see struct notice_row */
};

/** Which of a peer's restorations was answered last, and when. ABSENT if none */
struct status store_rewound(struct store *store, struct slice box, uint64_t *ret_size,
                            uint64_t *ret_time_ms);

/** What the peer took over and what is neither finished nor expired waits in its box again, at its
 * old place; every stage that it was told is a notice again. Remembered as the last one. */
struct status store_rewind(struct store *store, const struct rewind *rewind);

#endif
