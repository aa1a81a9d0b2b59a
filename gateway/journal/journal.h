#ifndef JOURNAL_JOURNAL_H
#define JOURNAL_JOURNAL_H

/*
 * The journal: messages, mailboxes, entries, openings and the tree's state, in one transaction. One
 * thread owns the only writing connection. It takes all that is queued (at most 64 postings or
 * 4 MB), commits once, recomputes the batch's root by a second code path, moves the lock database
 * from the last signed checkpoint to this one by compare-and-swap, signs, and only then answers.
 * Nothing is acknowledged or delivered before that. What is committed but cannot be signed for want
 * of room or memory waits for its answer and is tried again; new work is shed meanwhile, as it is
 * when the disk, the queue or the write-ahead log is near its bound.
 *
 * At rest (design: at rest): one AES-256-GCM key per message for body, claims and local values, one
 * per entry for release and openings, each wrapped by the key-encryption key; associated data name
 * table, row and slot. Party ids, message ids, threads, types and times stay clear for routing.
 */

#include "audit/receipt.h"
#include "crypto/secret.h"

struct journal;

struct journal_settings {
    const char *path;       /* folder of journal.db */
    const char *lock_path;  /* lock.db, better on another file system; never restored from backup */
    const char *log_path;   /* folder of the published log */
    const char *origin;     /* of the log */
    const char *gateway;    /* "XA-GW-01" */
    struct digest rulebook; /* in force: for the start and stop entries */
    const struct key *log_key;
    const struct keyring *keyring;
    uint64_t queue_max_bytes; /* of postings waiting; more are refused with FULL */
    uint64_t ballast_bytes;   /* of a file kept to be given up when the disk is full; 0: none */
    uint64_t floor_bytes;     /* free space below which no new work is taken in */
    uint64_t wal_max_bytes;   /* of the write-ahead log, above which no new work is taken in, as
                                 another process keeps looking at it; 0: 500 MiB */
};

/**
 * Opens or makes the journal, checks tree state against the lock database and starts the journal
 * and publisher threads. A fresh log gets its start entry (index 0), an old one another start
 * entry.
 *
 * FORK   the journal cannot reproduce what was signed: refuses to sign, *error says why
 * STORE  the files cannot be used, or another process holds them
 */
struct status journal_open(const struct journal_settings *settings, uint64_t now_ms,
                           struct journal **ret_journal, char *error, size_t room);

/**
 * Commits what is queued, writes a stop entry, publishes, stops the threads and frees the journal,
 * whatever becomes of it. NULL does nothing.
 *
 * FULL   the stop entry is not there, or what was committed is not signed: the next start signs it
 * STORE  the journal is dead
 * CRYPTO, MEMORY: as FULL
 */
struct status journal_close(struct journal *journal, uint64_t now_ms);

/** Whether the store failed in a way that ends the process: nothing is acknowledged any more and
 * every posting fails with STORE. Any thread. */
bool journal_dead(const struct journal *journal);

/**
 * Whether new work (everything but stages and notices taken) is admitted now: the queue is below
 * the part of it that new work may fill, the disk above its floor, the write-ahead log within its
 * bound. Cheap, any thread: asked before anything is judged, so that overload costs little.
 *
 * FULL   later; stages and notices are still taken, so that what was accepted keeps flowing
 * STORE  the journal is dead or closing
 */
struct status journal_admits(struct journal *journal);

/** How the journal is, for alarms and tests. Any thread. */
struct journal_health {
    uint64_t signed_size; /* entries under the last checkpoint */
    uint64_t published_size;
    uint64_t time_ms; /* of the last entry; ahead of the clock where that was wrong once */
    uint64_t queued_bytes;
    uint64_t wal_bytes;     /* of the write-ahead log, as of the last batch */
    uint64_t free_bytes;    /* on the journal's file system, as of the last look */
    bool low;               /* below the floor, or the ballast was given up: no new work */
    bool stalled;           /* committed postings wait for the lock or the signature: no new work */
    bool publishing_failed; /* the last attempt to publish failed */
};
void journal_health(struct journal *journal, struct journal_health *ret_health);

/**
 * Another rulebook is in force: queues an entry (ENTRY_LAW) with its digest, and has the stop entry
 * name it. FULL, STORE, MEMORY: nothing has changed, try again
 */
struct status journal_law(struct journal *journal, const struct digest *rulebook, uint64_t now_ms);

enum posting_kind {
    POSTING_NONE,
    POSTING_DISCLOSURE, /* message, release, mailbox row; the release gets its number here */
    POSTING_HOLD,       /* message kept aside, no mailbox row */
    POSTING_REFUSAL,    /* entry only */
    POSTING_QUESTION,   /* entry only: dry run (kind 3), or outer.kind where it is given */
    POSTING_STAGE, /* delivered or retrieved; moves the mailbox row, queues a notice for the sender
                    */
    POSTING_NOTICE_TAKEN, /* no entry: the sender has taken a stage's receipt */
};

/** What is kept of a message besides its entry. Octets are copied when posted. */
struct posting_message {
    struct slice seal_digest; /* 32 octets */
    struct slice id, thread;  /* 16 octets */
    struct slice from, to, type;
    uint64_t created_ms, expires_ms;
    struct slice body;  /* encrypted at rest: [message, derived] as MessagePack, see exchange */
    struct slice local; /* encrypted at rest; empty if none */
    struct slice inbox; /* encrypted at rest: what an inbox row shows beyond the clear columns */
};

/**
 * One unit of work. The journal writes the release (filling number and time), the entry and its
 * openings; the caller gives the records' contents and the random keys. A disclosure that no reader
 * would accept, for time in the log is too far from the message's, fails with FULL.
 */
struct posting {
    enum posting_kind kind;
    uint64_t at_ms;     /* never decides alone: time in a log never falls */
    struct outer outer; /* release digest is filled in for disclosures and stages */
    struct inner inner;
    struct entry_keys keys;
    struct release release;         /* DISCLOSURE: all but number and time */
    struct posting_message message; /* DISCLOSURE, HOLD */
    struct message_key key;         /* STAGE, NOTICE_TAKEN */
    uint64_t stage;                 /* STAGE, NOTICE_TAKEN */
    uint64_t reader_size; /* the asker's last checkpoint, for a consistency proof; 0: none */
    void *owner;          /* given back in the result, not looked into */
    uint64_t token;       /* likewise */
};

/** What became of a posting. Octets belong to the result: journal_result_free. */
struct journal_result {
    void *owner;
    uint64_t token;
    enum posting_kind kind;    /* HOLD too when a disclosure repeats a hold */
    struct status status;      /* OK; REFUSED replay.other or query.unknown; FULL, STORE, ... */
    bool repeated;             /* the same posting was there before: the first receipt again */
    uint64_t index;            /* of the entry */
    struct slice receipt;      /* of the entry; empty without one */
    struct slice from, id, to; /* the message's key */
    struct journal_result *next;
};

void journal_result_free(struct journal_result *result);

/** Called on the journal thread with a list of results after their checkpoint is signed. */
typedef void journal_done(void *owner, struct journal_result *results);

/**
 * Queues a posting; everything it points to is copied. The result comes through done, on the
 * journal thread, to the owner given when the queue was made.
 *
 * FULL    the queue is at its limit, or the disk is: tell the peer to try again
 * STORE   the journal is dead or closing
 * MEMORY
 */
struct status journal_post(struct journal *journal, const struct posting *posting,
                           journal_done *done);

/* ---- reading: one reader per worker thread, its own read-only connection ----
 *
 * Only what a signed checkpoint covers is told. Receipts are made anew each time, under the newest
 * checkpoint; with a reader_size over 0 they carry the consistency proof from there. Lists give at
 * most 100 rows. ABSENT, STORE, CRYPTO, MEMORY; FULL when it took over a second: ask again */

struct journal_reader;

/** To be closed before the journal. STORE, MEMORY */
struct status journal_reader_open(struct journal *journal, struct journal_reader **ret_reader);
void journal_reader_close(struct journal_reader *reader);

/** The first answer to a key, for replays: of a message that is kept, else of its first refusal.
 * ABSENT if the key is new. */
struct seen {
    struct digest seal;
    enum entry_kind kind; /* disclosure, hold or refusal */
    struct slice receipt; /* in the arena */
    struct slice code;    /* of a hold or refusal */
};
struct status journal_seen(struct journal_reader *reader, struct arena *arena,
                           const struct message_key *key, uint64_t reader_size,
                           struct seen *ret_seen);

/** One message in a mailbox, with what a DELIVER needs. All in the arena. */
struct delivery {
    struct message_key key;
    struct slice thread, type;
    uint64_t delivery_number; /* for listing and resuming; rises per recipient */
    uint64_t received_ms;
    enum stage stage; /* accepted, delivered, retrieved */
    struct slice body, release, receipt, inbox;
};
struct status journal_fetch(struct journal_reader *reader, struct arena *arena,
                            const struct message_key *key, uint64_t reader_size,
                            struct delivery *ret_delivery);

/** Which rows of a list are wanted: those of a party after a number, oldest first. */
struct journal_page {
    struct slice party;
    uint64_t after;
    size_t limit;
    struct slice thread;           /* of journal_inbox: this thread alone; empty: all */
    const struct message_key *key; /* of journal_submissions: this one alone; NULL: all */
    uint64_t reader_size;          /* of journal_submissions: what the receipts are proved from */
};

/** Mailbox rows of a party after a delivery number (bodies empty). */
struct status journal_inbox(struct journal_reader *reader, struct arena *arena,
                            const struct journal_page *page, struct delivery **ret_rows,
                            size_t *ret_count);

/** Keys of messages for a party that no client has kept yet, after a delivery number. */
struct status journal_undelivered(struct journal_reader *reader, struct arena *arena,
                                  const struct journal_page *page, struct delivery **ret_rows,
                                  size_t *ret_count);

/** Messages of any recipient that nobody has kept and that expired before now_ms: for NON_DELIVERY.
 * Bodies empty; a posting of STAGE_NOT_DELIVERED takes them off. */
struct status journal_overdue(struct journal_reader *reader, struct arena *arena, uint64_t now_ms,
                              size_t limit, struct delivery **ret_rows, size_t *ret_count);

/** A party's own submission and the receipts of its stages so far. */
struct submission_row {
    struct message_key key;
    uint64_t number;  /* for paging */
    enum stage stage; /* rejected when refused, none when held */
    struct slice code;
    struct slices receipts; /* of the answer, then of its stages */
};

/** Submissions of a party after a number. Nothing known or not the party's own: no rows. */
struct status journal_submissions(struct journal_reader *reader, struct arena *arena,
                                  const struct journal_page *page, struct submission_row **ret_rows,
                                  size_t *ret_count);

/** Stage receipts that a sender has not taken yet: pushed as RECEIPT. */
struct notice {
    struct message_key key;
    uint64_t stage;
    uint64_t number; /* rises; for paging */
    struct slice receipt;
};
struct status journal_notices(struct journal_reader *reader, struct arena *arena,
                              const struct journal_page *page, struct notice **ret_rows,
                              size_t *ret_count);

/** The last signed checkpoint. */
struct status journal_checkpoint(struct journal_reader *reader, struct arena *arena,
                                 struct slice *ret_note, uint64_t *ret_size);

/** Consistency proof between two sizes of the log. ABSENT beyond the signed size */
struct status journal_consistency(struct journal_reader *reader, struct arena *arena,
                                  uint64_t old_size, uint64_t new_size, struct slices *ret_path);

#endif
