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
#include "wire/frame.h"

struct store;

enum store_role { STORE_WRITER, STORE_READER };

/** Opens journal.db in the folder; the writer makes it where it is missing. */
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

struct tree {
    struct merkle_edge edge;
    uint64_t time_ms; /* of the last entry */
};

struct status store_tree(struct store *store, struct tree *ret_tree);
struct status store_tree_set(struct store *store, const struct tree *tree);

/** Keeps the root of a complete subtree, level 1 and up. */
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
    uint64_t index;
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
    enum entry_kind kind; /* of the answer: disclosure, hold, refusal */
    uint64_t entry;       /* index of the answer in force */
    struct slice seal;    /* digest; may be empty for a refusal */
    struct slice thread, type;
    enum stage stage;
    uint64_t received_ms, expires_ms;
    uint64_t delivery;       /* 0: in no mailbox */
    uint64_t release_number; /* 0: never released */
    struct slice wrapped;    /* the message's key; at == NULL: none or destroyed */
    struct slice slots[MESSAGE_SLOTS];
};

struct status store_message_add(struct store *store, const struct message_row *row);

/** Puts another answer and other octets under a number. */
struct status store_message_set(struct store *store, const struct message_row *row);

struct status store_message_stage(struct store *store, uint64_t number, enum stage stage);

/** A message by its key, without body and local values. ABSENT */
struct status store_message(struct store *store, struct arena *arena, const struct message_key *key,
                            struct message_row *ret_row);

/** The encrypted body of a message. ABSENT */
struct status store_body(struct store *store, struct arena *arena, uint64_t number,
                         struct slice *ret_body);

/** The next number of a party's thread; of its mailbox where thread is empty. From 1, no gaps. */
struct status store_count(struct store *store, struct slice party, struct slice thread,
                          uint64_t *ret_number);

enum listing {
    LIST_MAILBOX,     /* of a recipient, by delivery number */
    LIST_THREAD,      /* of a recipient and a thread, by delivery number */
    LIST_UNDELIVERED, /* of a recipient, by delivery number */
    LIST_SENT,        /* of a sender, by number */
    LIST_OVERDUE,     /* undelivered and past their time, by that */
    LISTINGS
};

struct list_wanted {
    enum listing listing;
    struct slice party;
    struct slice thread;
    uint64_t after; /* delivery number or number */
    uint64_t until; /* LIST_OVERDUE: expires before this time */
    uint64_t below; /* entries below this index only: what is signed */
    size_t limit;
};

/** Messages without body and local values. */
struct status store_list(struct store *store, struct arena *arena, const struct list_wanted *wanted,
                         struct message_row **ret_rows, size_t *ret_count);

/* ---- notices ---- */

struct notice_row {
    uint64_t entry;
    struct message_key key;
    enum stage stage;
};

struct status store_notice_add(struct store *store, uint64_t entry, uint64_t message,
                               struct slice sender);

/** Forgets a notice; nothing if there is none. */
struct status store_notice_drop(struct store *store, uint64_t entry);

struct status store_notices(struct store *store, struct arena *arena,
                            const struct list_wanted *wanted, struct notice_row **ret_rows,
                            size_t *ret_count);

#endif
