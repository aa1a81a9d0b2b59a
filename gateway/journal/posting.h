#ifndef JOURNAL_POSTING_H
#define JOURNAL_POSTING_H

/* Units of work for the journal: what journal_post takes. */

#include "audit/receipt.h"

enum posting_kind {
    POSTING_NONE,
    POSTING_DISCLOSURE, /* message, release, mailbox row; the release gets its number here */
    POSTING_HOLD,       /* message kept aside, no mailbox row */
    POSTING_REFUSAL,    /* entry only */
    POSTING_QUESTION,   /* entry only: dry run (kind 3), or outer.kind where it is given */
    POSTING_READ,       /* entry only (kind 3): of what was accepted, so though new work is shed */
    POSTING_STAGE,      /* our own: moves the message, queues a notice for the origin */
    POSTING_NOTICE_TAKEN, /* no entry: the origin has taken a stage's receipt */
    POSTING_REMOTE_STAGE, /* no entry: a peer's receipt for a stage; moves the message, queues it as
                             a notice */
    POSTING_CHECKPOINT,   /* no entry: only a peer's checkpoint is kept */
    POSTING_ERASURE,      /* see enum erasure_act */
    POSTING_KEYS,         /* of the journal's own: see journal_keys */
    POSTING_REWIND,       /* no entry: the journal of the peer message.box was once restored from a
                             backup, see posting.restored */
};

enum erasure_act {
    ERASURE_RETENTION, /* of messages whose octets are kept no longer, some; none: no entry */
    ERASURE_MESSAGE,   /* of the message named by key */
    ERASURE_ENTRY,     /* of the openings of an entry */
    ERASURE_HOLD,      /* what the message named by key has is not erased ... */
    ERASURE_LIFT,      /* ... until this */
    ERASURE_PERSON,    /* of the key of a person in a case */
    ERASURE_ACTS
};

/**
 * What of it is destroyed: keys first of all, and with them every copy of what they encrypt. The
 * entry is given by the caller, but for its facts, which are filled in: how many of what, or which
 * entry it is about.
 *
 * ABSENT                  there is nothing, or not any more
 * REFUSED erasure.needed  an opening that receipts of a message that goes on are made of, or the
 *                         account of an act of the gateway's
 * REFUSED erasure.held    it is on hold
 */
struct erasure {
    enum erasure_act act;
    uint64_t entry;      /* ERASURE_ENTRY: as entry_meant takes it */
    struct slice ground; /* of an order: on what basis and by whose order, in words */
};

/** What is kept of a message besides its entry. Octets are copied when posted. */
struct posting_message {
    struct slice seal_digest; /* 32 octets */
    struct slice id, thread;  /* 16 octets */
    struct slice from, to, type;
    uint64_t created_ms, expires_ms;
    uint64_t retain_ms;  /* no octets are kept after it, delivered or not; 0: no such limit */
    struct slice body;   /* encrypted at rest: [message, derived] as MessagePack, see exchange */
    struct slice local;  /* encrypted at rest; empty if none */
    struct slice inbox;  /* encrypted at rest: what an inbox row shows beyond the clear columns */
    struct slice box;    /* where it lies; empty: to. A gateway's takes no release number */
    struct slice origin; /* whom its stages are told; empty: from */
};

/** What makes a disclosure or hold one of a message that a peer has relayed to us: before its entry
 * goes one of kind 13, stage 2, hop 2 with the same facts, and the result's receipt is of that. */
struct relayed {
    struct slice release; /* digest of release 1, 32 octets; empty: it came from a party */
    struct entry_keys keys;
};

/**
 * A verified checkpoint of a peer's log. With the note it is kept when it is larger than the last.
 * A larger one whose path does not begin at the last fails with ABSENT, and with it its posting:
 * what lies between was not kept, and nobody could follow the log any more. Another history is
 * refused with checkpoint.fork, and both notes are kept as evidence: another root at a size that is
 * kept, a path that does not lead here from one that is kept, or a smaller size that neither is
 * kept nor has such a path.
 */
struct peer_checkpoint {
    struct slice origin; /* of the log; empty: none */
    uint64_t size;
    struct digest root;
    struct slice note;
    uint64_t old_size;  /* what the path begins at; 0: no proof */
    struct slices path; /* consistency proof, 32 octets each */
};

/**
 * One unit of work. The journal writes the release (filling number and time), the entry and its
 * openings; the caller gives the records' contents and the random keys. Only instead of the
 * subjects' pseudonyms it gives where their keys lie: keyed indices of a person in a case, 32
 * octets each. The journal makes a key where there is none, in the transaction of the entry, and
 * the pseudonym from that. A disclosure that no reader
 * would accept, for time in the log is too far from the message's, fails with FULL; so does what
 * decides again about a message by another rulebook than that of journal_law.
 */
struct posting {
    enum posting_kind kind;
    uint64_t at_ms;     /* never decides alone: time in a log never falls */
    struct outer outer; /* release digest is filled in for disclosures and stages */
    struct inner inner;
    struct entry_keys keys;
    struct release release;         /* DISCLOSURE: all but number and time */
    struct posting_message message; /* DISCLOSURE, HOLD */
    struct relayed relayed;         /* DISCLOSURE, HOLD */
    struct message_key key;         /* STAGE, NOTICE_TAKEN, REMOTE_STAGE, ERASURE */
    struct slice thread;            /* REFUSAL, QUESTION, READ: what it belongs to; may be empty */
    struct erasure erasure;         /* ERASURE */
    uint64_t stage;                 /* STAGE, NOTICE_TAKEN, REMOTE_STAGE */
    struct slice receipt;           /* REMOTE_STAGE; encrypted at rest */
    struct peer_checkpoint peer;    /* any: kept even if the posting itself is refused */
    struct slice lifted;            /* QUESTION of the operator's: see struct operator_act */
    struct slice objects; /* QUESTION of the journal's own: see journal_law; KEYS: lines */
    struct slice person; /* where a person's key lies: what ERASURE_PERSON destroys; QUESTION of the
                            journal's own: to be made where there is none; else empty */
    /* REWIND: the size of the peer's log when that was done. Where it is above the last one of that
     * peer, what it may have lost is told it again; REFUSED peer.rate within an hour of that: every
     * message in its box that it took over and that is neither finished nor expired waits again, at
     * its old place, and every stage of its own messages is a notice again. No stage goes back.
     * QUESTION of the journal's own: the size that its entry tells */
    uint64_t restored;
    uint64_t reader_size; /* the asker's last checkpoint, for a consistency proof; 0: none */
    void *owner;          /* given back in the result, not looked into */
    uint64_t token;       /* likewise */
};

#endif
