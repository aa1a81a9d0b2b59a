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
 *
 * A kept message lies in a box: its recipient, or the peer gateway that it is to go to. Its origin
 * is the box that stages are told to: its sender, or the peer gateway that it came from. The way of
 * a message follows from that, and with it which stages are our own entries and which come as a
 * peer's receipts.
 */

#include "crypto/secret.h"
#include "journal/posting.h"

struct journal;

/** What was kept last of the rulebooks in force, at a start or by journal_law; empty: nothing yet.
 * Both live in an arena. */
struct journal_laws {
    struct slice kept;   /* by journal.db: of the time of its backup where it was restored */
    struct slice locked; /* by the lock database: as far as was signed */
    const struct journal *journal; /* which can be asked where its logs ended (ended.h), only */
};

#define JOURNAL_LAW_BYTES (32U << 20) /* of an arena that holds what is kept, and judges it */

/**
 * Whether a rulebook may follow those that were in force before. Asked at the start, before
 * anything is written or signed, but what a log that ended has of its own end.
 *
 * ret_objects  to be kept from now on, by both; lives in the arena
 * error        a sentence where it may not
 *
 * CONFIG, MEMORY
 */
typedef struct status journal_law_judge(void *owner, struct arena *arena,
                                        const struct journal_laws *before,
                                        struct slice *ret_objects, char *error, size_t room);

#define BODIES_MAX_MS (30 * 86400000ULL)

struct journal_settings {
    const char *path;       /* folder of journal.db */
    const char *lock_path;  /* lock.db, better on another file system; never restored from backup */
    const char *log_path;   /* folder of the published log */
    const char *origin;     /* of the log */
    const char *gateway;    /* "XA-GW-01" */
    struct digest rulebook; /* in force: for the start and stop entries */
    journal_law_judge *judge_law;
    void *law_owner; /* given to judge_law */
    const struct key *log_key;
    const struct key *former_key; /* of the log that before names; NULL: log_key, or not at hand */
    const struct keyring *keyring;
    const struct log_before *before; /* journal/ended.h; NULL: it succeeds none */
    uint64_t bodies_ms;       /* how long the octets of a finished message are kept after it was
                                 accepted: at most BODIES_MAX_MS, which 0 stands for */
    uint64_t openings_ms;     /* how long the openings of entries are kept; 0: for good */
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
 * CONFIG judge_law does not let the rulebook pass, *error says why
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
 * Whether new work (not stages, notices taken and what is decided again) is admitted now: the queue
 * is below the part of it that new work may fill, the disk above its floor, the write-ahead log
 * within its bound. Cheap, any thread: asked before anything is judged, so that overload costs
 * little.
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
 * name it. From then on nothing is decided again by any other. FULL, STORE, MEMORY: nothing has
 * changed, try again
 *
 * objects  kept in the entry's transaction, and by the lock database before the entry is signed,
 *          for judge_law at the next start; empty: what is kept stays
 */
struct status journal_law(struct journal *journal, const struct digest *rulebook,
                          struct slice objects, uint64_t now_ms);

/** Queues an entry (ENTRY_LAW) that a rulebook was refused, with the code; the one in force stays.
 * FULL, STORE, MEMORY: there is none */
struct status journal_law_refused(struct journal *journal, enum refusal code, uint64_t now_ms);

/** What became of a posting. Octets belong to the result: journal_result_free. */
struct journal_result {
    void *owner;
    uint64_t token;
    enum posting_kind kind;    /* HOLD too when a disclosure repeats a hold; DISCLOSURE for all that
                                  was relayed to us, which must not tell */
    struct status status;      /* OK; REFUSED replay.other, query.unknown or checkpoint.fork; FULL,
                                  STORE, ... */
    bool repeated;             /* the same posting was there before: the first receipt again */
    uint64_t index;            /* of the entry */
    struct slice receipt;      /* of the entry; empty without one */
    struct slice from, id, to; /* the message's key */
    struct slice told;         /* of a new stage: the box that its notice lies in */
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

/** What an operator did through the control socket. */
struct operator_act {
    const char *what;    /* "drain": a word of ours */
    struct slice lifted; /* the log whose evidence of two histories is laid aside with it; may be
                            empty */
};

/**
 * Queues an entry of kind 10 about an act of the operator's. It is taken although new work is shed.
 * The result comes through done. FULL, STORE, MEMORY: there is none
 */
struct status journal_operator(struct journal *journal, const struct operator_act *act,
                               uint64_t now_ms, void *owner, journal_done *done);

/* ---- reading: one reader per worker thread, its own read-only connection ----
 *
 * Only what a signed checkpoint covers is told. Receipts are made anew each time, under the newest
 * checkpoint; with a reader_size over 0 they carry the consistency proof from there. Lists give at
 * most 100 rows. ABSENT, STORE, CRYPTO, MEMORY; FULL when it took over a second: ask again */

struct journal_reader;

/** To be closed before the journal. STORE, MEMORY */
struct status journal_reader_open(struct journal *journal, struct journal_reader **ret_reader);
void journal_reader_close(struct journal_reader *reader);

/** The first answer to a key, for replays: of a message that is kept, else of its first refusal. Of
 * one that was relayed to us it is the stage entry, and the kind disclosure though it be held.
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

/** One message in a box, with what a DELIVER needs. All in the arena. */
struct delivery {
    struct message_key key;
    struct slice box;
    struct slice thread, type;
    uint64_t delivery_number; /* for listing and resuming; rises per box */
    uint64_t received_ms, expires_ms;
    enum stage stage; /* how far it is; relayed until it is delivered where a peer brought it */
    enum stage due;   /* of journal_overdue: the stage that is to be posted */
    struct digest rulebook; /* of journal_fetch and journal_held: that of the decision in force */
    uint64_t entry;         /* index of that decision */
    struct slice body, release, receipt, inbox;
};
struct status journal_fetch(struct journal_reader *reader, struct arena *arena,
                            const struct message_key *key, uint64_t reader_size,
                            struct delivery *ret_delivery);

/** The decision in force about a message in a box, or in none any more because it was erased. */
struct decided {
    struct slice box;
    struct outer outer;
};

/** ABSENT where neither is so */
struct status journal_decided(struct journal_reader *reader, struct arena *arena,
                              const struct message_key *key, struct decided *ret_decided);

/** What of a message in a box stays at home, for deciding again. */
struct kept {
    uint64_t entry;     /* index of the decision in force: what a new one replaces */
    struct slice local; /* as it was posted */
};

/** ABSENT where journal_fetch gives it */
struct status journal_kept(struct journal_reader *reader, struct arena *arena,
                           const struct message_key *key, struct kept *ret_kept);

/**
 * Messages that peers have relayed to us and that are held, after a number; key, rulebook and, in
 * delivery_number, the number that the next page begins after. The rulebook is all zero where the
 * decision cannot be read.
 */
struct status journal_held(struct journal_reader *reader, struct arena *arena, uint64_t after,
                           size_t limit, struct delivery **ret_rows, size_t *ret_count);

/** One of them, without release and receipt. ABSENT where it is none any more */
struct status journal_held_one(struct journal_reader *reader, struct arena *arena,
                               const struct message_key *key, struct delivery *ret_delivery,
                               struct kept *ret_kept);

/** Which rows of a list are wanted: those of a box after a number, oldest first. */
struct journal_page {
    struct slice party; /* the box */
    uint64_t after;
    size_t limit;
    struct slice thread;           /* of journal_inbox: this thread alone; empty: all */
    const struct message_key *key; /* of journal_submissions: this one alone; NULL: all */
    uint64_t reader_size;          /* what our own receipts are proved from; 0: no proof */
    uint64_t now_ms; /* of journal_undelivered: what has expired before is left out; 0: nothing */
};

/** Rows of a box after a delivery number (bodies empty). */
struct status journal_inbox(struct journal_reader *reader, struct arena *arena,
                            const struct journal_page *page, struct delivery **ret_rows,
                            size_t *ret_count);

/** Messages that the box's client or gateway has not taken yet, after a delivery number. */
struct status journal_undelivered(struct journal_reader *reader, struct arena *arena,
                                  const struct journal_page *page, struct delivery **ret_rows,
                                  size_t *ret_count);

/**
 * Messages of any box whose time was over before now_ms, with the failure that is due: not relayed
 * for one that no peer gateway has taken by its expiry; not delivered for one that no recipient has
 * taken by then, be it held where a peer brought it; not delivered also for one that a peer has
 * taken over a day longer ago than its expiry without telling more; not retrieved for one that was
 * delivered and shown to nobody by its expiry. Bodies empty; a posting of that stage takes them
 * off.
 */
struct status journal_overdue(struct journal_reader *reader, struct arena *arena, uint64_t now_ms,
                              size_t limit, struct delivery **ret_rows, size_t *ret_count);

/** A party's own submission and the receipts of its stages so far, a peer's among them. */
struct submission_row {
    struct message_key key;
    uint64_t number;  /* for paging */
    enum stage stage; /* rejected when refused, none when held */
    struct slice code;
    struct slices receipts; /* of the answer, then of its stages in their order */
};

/** Submissions of a party after a number. Nothing known or not the party's own: no rows. */
struct status journal_submissions(struct journal_reader *reader, struct arena *arena,
                                  const struct journal_page *page, struct submission_row **ret_rows,
                                  size_t *ret_count);

/** Stage receipts that an origin has not taken yet: pushed as RECEIPT. */
struct notice {
    struct message_key key;
    uint64_t stage;
    uint64_t number;      /* rises over our own and the peers'; for paging */
    struct slice receipt; /* made now; a peer's as it came */
};
struct status journal_notices(struct journal_reader *reader, struct arena *arena,
                              const struct journal_page *page, struct notice **ret_rows,
                              size_t *ret_count);

/** The receipt of our own entry for a stage, made now. ABSENT without one */
struct status journal_stage_receipt(struct journal_reader *reader, struct arena *arena,
                                    const struct message_key *key, enum stage stage,
                                    uint64_t reader_size, struct slice *ret_receipt);

/**
 * The COSE receipt of our own entry about a message, under the last checkpoint: the root that it
 * signs once more is one that the lock holds and that was signed before. Of the
 * answer in force if that is of this stage, else of the stage.
 *
 * party  who asks: the sender, or the recipient once it has taken the message; ABSENT for any
 * other, and where there is no such entry
 */
struct status journal_cose_receipt(struct journal_reader *reader, struct arena *arena,
                                   const struct message_key *key, enum stage stage,
                                   struct slice party, struct slice *ret_receipt);

/** The last checkpoint kept of a foreign log, with the step to it. ABSENT */
struct status journal_peer_checkpoint(struct journal_reader *reader, struct arena *arena,
                                      struct slice origin, struct peer_checkpoint *ret_checkpoint);

/** The first one that is larger than a size. ABSENT */
struct status journal_peer_checkpoint_after(struct journal_reader *reader, struct arena *arena,
                                            struct slice origin, uint64_t size,
                                            struct peer_checkpoint *ret_checkpoint);

/**
 * Every checkpoint kept of a foreign log from old_size on, oldest first, each proved from the one
 * before; old_size 0 is the beginning. No rows at the last one. ABSENT if old_size is none of them
 */
struct status journal_peer_steps(struct journal_reader *reader, struct arena *arena,
                                 struct slice origin, uint64_t old_size, size_t limit,
                                 struct peer_checkpoint **ret_rows, size_t *ret_count);

/** The first evidence that a foreign log has two histories, of what no operator has laid aside:
 * two signed notes. */
struct peer_fork {
    struct slice kept, given; /* notes */
};

/** ABSENT while there is none */
struct status journal_peer_fork(struct journal_reader *reader, struct arena *arena,
                                struct slice origin, struct peer_fork *ret_fork);

/** The size of the log when the journal was last restored from a backup; 0: it never was. STORE,
 * MEMORY */
struct status journal_restored(struct journal_reader *reader, uint64_t *ret_size);

/** What waits in a box to be taken. */
struct box_backlog {
    uint64_t count;
    uint64_t oldest_ms; /* when the oldest of them was received; 0: none waits */
};
struct status journal_backlog(struct journal_reader *reader, struct slice box,
                              struct box_backlog *ret_backlog);

/** The last signed checkpoint. */
struct status journal_checkpoint(struct journal_reader *reader, struct arena *arena,
                                 struct slice *ret_note, uint64_t *ret_size);

/** The checkpoint that this run has published last, as it was signed. ABSENT before it has */
struct status journal_published(struct journal_reader *reader, struct arena *arena,
                                struct slice *ret_note, uint64_t *ret_size);

/** Consistency proof between two sizes of the log. ABSENT beyond the signed size */
struct status journal_consistency(struct journal_reader *reader, struct arena *arena,
                                  uint64_t old_size, uint64_t new_size, struct slices *ret_path);

#endif
