#ifndef COMITY_H
#define COMITY_H

/*
 * libcomity: what a case system links to send and receive case messages as one party.
 *
 *     struct comity *c;
 *     struct comity_fault fault;
 *     struct comity_options options = {.context = "xa-ca-01"};
 *     if (comity_open(&options, &c, &fault) != COMITY_DONE)
 *         ...                                      fault.message says what, fault.hint what to do
 *     struct comity_letter letter = {.document = text, .length = n, .to = to, .to_count = 1};
 *     struct comity_sent *sent;
 *     comity_send(c, &letter, &sent, &fault);
 *     comity_sent_free(sent);
 *     comity_close(c);
 *
 * A context names a party, its keys and its home gateway. What is sent is sealed and archived
 * before it leaves, so that after a doubtful outcome the same octets can be sent again
 * (comity_resume). What arrives is shown only when every receipt, seal and digest of it holds.
 * libcomity(3) says the same at more length; clients/examples/send-request.c is a whole program.
 *
 * Results   Every call gives its exit code. Outputs come last: ret_x is written on success, and
 *           where a function says so; *reterr is filled on failure and emptied on success.
 * Memory    What a call gives out is the caller's, to be freed by the function named for it and by
 *           no other; it stays valid after comity_close. What is passed in is borrowed for the
 *           call.
 * Time      A call blocks. Each step - one connection, one answer - is waited for at most
 *           timeout_ms, and no step is begun after ten times that: the gateway cannot make a call
 *           longer, nor make it take memory without end. One that closes connections at once,
 *           having no room, is dialled again for timeout_ms. Only the system's name service has
 *           deadlines of its own: give numeric addresses where that matters.
 * Logs      While a link is open the gateway tells how far other gateways' logs have gone on. What
 *           it told during one call is verified when the next one that uses the link begins, or in
 *           comity_receive at once: then that call may fail with COMITY_FORK, COMITY_STALE or
 *           COMITY_VERIFY before it does anything, and does it when it is made again.
 * Threads   A `struct comity` is used by one thread at a time, whichever; different ones at the
 *           same time in different threads, also of one context, and beside other processes: the
 *           archive sees to that. The library keeps nothing of its own between calls but what is
 *           made once and never changes: algorithms, a table of functions for sockets, and a digest
 *           context for each thread, which goes with the thread.
 * Signals   No call raises SIGPIPE, changes how a signal is handled, or ends because of one that
 *           has a handler.
 * Fork      After fork, a child opens handles of its own and leaves its parent's alone, without
 *           closing them: they are links to the gateway that both would write to.
 * Files     Descriptors are close-on-exec. Only the archive's folder is written to.
 * Versions  Within one libcomity.so.N no member of a struct changes its place or meaning. Structs
 *           are zeroed by whoever makes them (`= {0}`, `= {.context = ...}`), and zero means: as
 *           always. New members come at the end, and each function that takes or gives out such a
 *           struct then has a new symbol version for programs that are built anew, beside the old
 *           one for those that are not. So nothing has to be told its size, and nothing has to be
 *           built again.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** The version of this header. */
#define COMITY_VERSION "0.1.0"

/** The version of the library that is running, like COMITY_VERSION. Static storage. */
const char *comity_version(void);

/** What became of a call; the exit code of programs. */
enum comity_exit {
    COMITY_DONE = 0,
    COMITY_FAILED = 1,      /* something unexpected on this machine */
    COMITY_INPUT = 2,       /* the document, the arguments or the configuration are wrong */
    COMITY_REFUSED = 3,     /* refused or held by the law, with receipt */
    COMITY_IDENTITY = 4,    /* a certificate or seal was not accepted */
    COMITY_UNKNOWN = 5,     /* there is no such thing, or you may not know */
    COMITY_CONFLICT = 6,    /* replay, expired, or not in this state */
    COMITY_UNAVAILABLE = 7, /* the gateway cannot be reached now: try again */
    COMITY_DOUBT = 8,       /* it is not known whether it arrived: resume, it is safe */
    COMITY_VERIFY = 9,      /* a hash, signature or proof does not hold */
    COMITY_STALE = 10,      /* a proof, checkpoint or revocation list is too old */
    COMITY_FORK = 11,       /* a log was rewritten */
};

/** Why a call failed. */
struct comity_fault {
    enum comity_exit exit;
    char code[24];     /* "E_SCHEMA"; "CONFIG", "STORE", ... where the wire has no code for it */
    char message[512]; /* what failed, on which object and, where it may be told, why */
    char hint[256];    /* what to do next; may be empty */
};

/** Sees each frame that arrived, after TLS and before anything is judged. For tests and traces. */
typedef void comity_record(void *owner, const uint8_t *frame, size_t length);

struct comity_options {
    const char *home; /* NULL: $COMITY_HOME, else $XDG_CONFIG_HOME/comity, else ~/.config/comity */
    const char *context;   /* NULL: $COMITY_CONTEXT, else the file "current", else the only one */
    unsigned timeout_ms;   /* longest wait for one connection and for one answer; 0: 30 s */
    comity_record *record; /* may be NULL */
    void *record_owner;
};

struct comity; /* one opened context */

/** Reads context, keys, rulebook and archive. No connection is made before one is needed. */
enum comity_exit comity_open(const struct comity_options *options, struct comity **ret_comity,
                             struct comity_fault *reterr);

/** Says BYE where connected, and frees. NULL does nothing. */
void comity_close(struct comity *comity);

/* ---- sending ---- */

struct comity_letter {
    const char *document; /* strict JSON; claims become claims, everything else fields */
    size_t length;
    const char *const *to; /* parties; none: the document's own "to" */
    size_t to_count;
    const char *thread;   /* UUID of the thread to go on with; NULL: the document's or a new one */
    const char *reply_to; /* UUID of the message that is answered; NULL: the document's, if any */
    bool dry_run;         /* the gateway decides, nothing is sent on or archived */
};

/*
 * Stages of a message, each an entry in the log of the gateway that is named here:
 *
 *     accepted   by the own gateway          rejected       by it
 *     relayed    the recipient's has it      not relayed    it refused it, or was not reached
 *     delivered  the recipient keeps it      not delivered  nobody came for it in its time
 *     retrieved  a person was shown it       not retrieved
 *
 * Where both parties are at home at one gateway, that one writes them all. Later stages come with
 * the other gateway's receipt, which is checked against its log as the directory names it. Where
 * "relayed" or "delivered" is missing after its time, an entry of the own gateway says so. Whether
 * a message was retrieved only the other one can say, and never does where it lost its journal.
 */

/** What became of a message for one recipient. */
struct comity_recipient {
    char party[16];
    char id[37];      /* UUID of the message */
    char outcome[16]; /* "accepted", "held", "refused", "unsent", "unknown" */
    char code[24];    /* refusal code; of an accepted one why it was not relayed, else empty */
    char detail[512]; /* what the gateway said to it; may be empty */
    char stage[16];   /* how far it has come, as above; "none" where it is held or unsent */
    bool reported;    /* the three counts below are known */
    uint64_t released, transformed, withheld;
    bool proved; /* outcome, code and stage are those of a receipt that holds; where false and there
                    is an outcome, they are the gateway's word without a proof */
    enum comity_exit exit;
};

struct comity_sent {
    char thread[37];
    struct comity_recipient *recipients;
    size_t count;
};

/**
 * Composes, seals, archives and submits a document to each recipient and checks the receipts. The
 * result says what became of each; the exit code is the worst. Without a result (*ret_sent NULL)
 * nothing was sent and *reterr says why; with one, *reterr is that of the worst recipient.
 */
enum comity_exit comity_send(struct comity *comity, const struct comity_letter *letter,
                             struct comity_sent **ret_sent, struct comity_fault *reterr);

/**
 * Sends an archived submission again, octet by octet the same: however often, the gateway takes it
 * once. id: UUID of the message; rows of comity_list in state "unsent" are those to be resumed.
 *
 * COMITY_UNKNOWN  none of this id was sent from this context
 */
enum comity_exit comity_resume(struct comity *comity, const char *id, struct comity_sent **ret_sent,
                               struct comity_fault *reterr);

/**
 * What became of an own submission, as far as receipts prove it: asks the gateway for those of its
 * stages and keeps them. What the gateway says beyond them counts only where there is none at all.
 */
enum comity_exit comity_status(struct comity *comity, const char *id, struct comity_sent **ret_sent,
                               struct comity_fault *reterr);

void comity_sent_free(struct comity_sent *sent);

/** One stage in the life of an own message: an entry in a gateway's log, as a receipt proves it. */
struct comity_stage {
    char stage[16];   /* as in struct comity_recipient; "held" for an entry that it is held */
    bool failed;      /* held, rejected, or one of the stages with "not" */
    char code[24];    /* refusal code; empty where there is none */
    char gateway[16]; /* in whose log it is */
    char origin[129]; /* name of that log */
    uint64_t time_ms; /* of the entry, by that gateway's clock */
    uint64_t index;   /* of the entry in the log */
    uint64_t size;    /* of the log in the checkpoint that proves it */
};

struct comity_stages {
    char thread[37];
    struct comity_recipient known; /* what became of it, as far as the archive knows */
    struct comity_stage *at;       /* in the order of their times */
    size_t count;
};

/**
 * The stages of an own message of which the archive has a receipt; each is checked again. The
 * gateway is not asked: comity_status, comity_list and comity_receive get receipts.
 *
 * COMITY_UNKNOWN  none of this id was sent from this context
 */
enum comity_exit comity_timeline(struct comity *comity, const char *id,
                                 struct comity_stages **ret_stages, struct comity_fault *reterr);

void comity_stages_free(struct comity_stages *timeline);

/* ---- receiving ---- */

/** One message in a list. Text members are empty where there is nothing to say. */
struct comity_row {
    char direction[16]; /* "received", or "sent": an own message, also where it is unsent */
    char id[37], thread[37];
    char type[128];
    char from[16], to[16];
    char stage[16]; /* of a received one: "accepted", or "relayed" where it came from another
                       gateway, "delivered" (kept here), "retrieved" (shown); of an own one: how far
                       it has come, "none" where it is held or unsent */
    char state[16]; /* of a received one: "open", or "answered" once something was sent in reply;
                       of an own one: "unsent" (no answer of the gateway is known), "held",
                       "refused", "sent", or "answered" once a reply to it was received */
    char code[24];  /* of an own one: refusal code where it is held, refused or not relayed */
    bool proved;    /* of an own one: held, refused or how far it has come is what a receipt says
                       that holds; else it is the gateway's word without a proof */
    char urgency[16];
    uint64_t due_ms;   /* deadline, Unix ms; 0: none */
    char handling[16]; /* "H1 H3" */
    char case_ref[65];
    uint64_t received_ms; /* of an own one: when it was made */
};

struct comity_rows {
    struct comity_row *at;
    size_t count;
};

/**
 * Lists the inbox, oldest first, without consuming anything. thread: NULL or UUID.
 *
 * COMITY_VERIFY  records of the archive do not open; the list is there, see comity_list
 */
enum comity_exit comity_inbox(struct comity *comity, const char *thread,
                              struct comity_rows **ret_rows, struct comity_fault *reterr);

/**
 * Lists received and own messages of all threads, newest first: what the archive has, and on top of
 * that what the gateway says now of its inbox, and what the receipts that it has prove of own
 * messages, as comity_status does. Nothing is consumed and nobody is told.
 *
 * thread  NULL or UUID
 * due     only those with a deadline that wait for an answer - own ones for the other side's -, the
 *         next deadline first
 *
 * Where the gateway did not say all of it, a receipt does not hold or records of the archive do not
 * open, the result is there all the same, as far as it is known, with the exit code
 * (COMITY_UNAVAILABLE, COMITY_VERIFY) and *reterr of that. Else *ret_rows is NULL on failure.
 */
enum comity_exit comity_list(struct comity *comity, const char *thread, bool due,
                             struct comity_rows **ret_rows, struct comity_fault *reterr);

void comity_rows_free(struct comity_rows *rows);

/**
 * Takes what the gateway pushes - messages, and receipts of own messages' later stages - verifies
 * and archives it, until nothing came for wait_ms; it takes up nothing more after wait_ms and ten
 * times timeout_ms, so call it again where it counted some. Only this call lets the gateway push;
 * the others ask for what they need. What the gateway tells of other gateways' logs is verified and
 * kept, too, and is nothing that one waits longer for.
 *
 * ret_count  messages newly kept; may be NULL
 */
enum comity_exit comity_receive(struct comity *comity, unsigned wait_ms, size_t *ret_count,
                                struct comity_fault *reterr);

/** Three kinds of values that are never merged: who made each is part of what it says. */
enum comity_value_kind {
    COMITY_SEALED,   /* the sender's, under the sender's seal */
    COMITY_DERIVED,  /* a gateway's, made from a value of the sender's */
    COMITY_WITHHELD, /* stated to be withheld: there is a group and a code, and no value */
};

struct comity_value {
    enum comity_value_kind kind;
    const char *path;      /* "persons/~9f3c20aa17b04e55/name/family" */
    const char *value;     /* as JSON; NULL where withheld */
    const char *transform; /* derived: "generalise", "summary", ... */
    const char *code;      /* withheld: the category, "ID" */
};

/** A delivered message of which every check holds. */
struct comity_shown {
    const char *id, *type; /* UUID, message type */
    const char *json;      /* all of it, as `comity request show --json` gives it */
    const struct comity_value *values;
    size_t count;
};

/**
 * Shows one message: fetches it where it is not archived yet, verifies the whole chain, archives it
 * and tells the gateway that it was kept. mark: it is shown to a person now, which is told to the
 * sender (stage retrieved); what the gateway cannot be told is not shown. Without mark an archived
 * message can be read while the gateway is away.
 *
 * COMITY_UNKNOWN  there is none of this id
 */
enum comity_exit comity_show(struct comity *comity, const char *id, bool mark,
                             struct comity_shown **ret_shown, struct comity_fault *reterr);

void comity_shown_free(struct comity_shown *shown);

/**
 * Answers a received message: the letter's document goes to its sender, in its thread, as a reply
 * to it; case reference, instrument, purpose and language come from it where the document has none.
 * Without a document an mla.ack is made: received now, competent is the own party. An own mla.ack
 * of this message that the archive has and that was not refused is sent again instead, octet by
 * octet, as by comity_resume: so a call without a document can be made again after whatever
 * happened, and the sender gets one.
 */
enum comity_exit comity_reply(struct comity *comity, const char *id,
                              const struct comity_letter *letter, struct comity_sent **ret_sent,
                              struct comity_fault *reterr);

/* ---- the archive ---- */

/** What a record of the archive is: bits, so that several can be meant at once. */
enum comity_archive_kind {
    COMITY_SUBMISSION = 1,     /* an own message */
    COMITY_RECEIPT = 2,        /* of an own message, checked */
    COMITY_MESSAGE = 4,        /* a received message, verified */
    COMITY_CHECKPOINT = 8,     /* the last verified one of a log */
    COMITY_CONTRADICTION = 16, /* a log's kept checkpoint and one that it cannot have beside it */
};

/** One record. Texts and octets are borrowed for the call; texts are empty where there is none. */
struct comity_archived {
    enum comity_archive_kind kind;
    const char *id;     /* UUID of the message; of a contradiction: that it came with, the nil UUID
                           where the gateway told of the log without any */
    const char *party;  /* whom it went to or came from */
    const char *type;   /* message type */
    const char *state;  /* of a submission: "unsent", "accepted", "held", "refused"; of a receipt:
                           its stage */
    const char *origin; /* of a checkpoint or contradiction: the log */
    uint64_t time_ms;   /* when a submission was made, a receipt's entry was logged, a message was
                           received; 0 of the others */
    /* What can be given to a court or kept elsewhere, in the forms of PROTOCOL.md: a submission's
     * message without what only the home gateway sees; a receipt; the elements of DELIVER; a
     * checkpoint as its log signed it; of a contradiction two of those, an empty line between. */
    const uint8_t *octets;
    size_t length;
    const uint8_t *certificate; /* of a received message's seal, DER; may be NULL */
    size_t certificate_length;
    const char *gateway; /* of a receipt: in whose log its entry is; else empty */
};

/** Sees one record; false ends the walk. It must not use the handle that it is called from. */
typedef bool comity_archive_visit(void *owner, const struct comity_archived *record);

/**
 * Visits the archive's records of these kinds (several: COMITY_RECEIPT | COMITY_MESSAGE) in no
 * order that means anything. The gateway is not asked.
 *
 * COMITY_VERIFY  records do not open, as many as the fault says; all others were visited
 */
enum comity_exit comity_archive_each(struct comity *comity, unsigned kinds,
                                     comity_archive_visit *visit, void *owner,
                                     struct comity_fault *reterr);

/** A proof in the form that others read, not the links of this protocol. */
struct comity_proof {
    uint8_t *octets;
    size_t length;
};

/**
 * The COSE receipt (RFC 9942) of the own gateway's entry about a message, own or received, that the
 * archive has a receipt of; it is verified. Once the gateway gave it, the archive keeps it, and it
 * is the same each time.
 *
 * stage    as in struct comity_archived; of a received message "accepted", or "relayed" where it
 *          came from another gateway
 * may_ask  the gateway is asked where the archive has none
 *
 * COMITY_UNKNOWN  there is none
 */
enum comity_exit comity_cose_receipt(struct comity *comity, const char *id, const char *stage,
                                     bool may_ask, struct comity_proof **ret_proof,
                                     struct comity_fault *reterr);

void comity_proof_free(struct comity_proof *proof);

/** What is to be removed. */
struct comity_pruning {
    unsigned kinds;              /* of COMITY_SUBMISSION, COMITY_RECEIPT, COMITY_MESSAGE */
    uint64_t before_ms;          /* records older than this, by the time inside of them */
    bool dry_run;                /* nothing is removed, but visited */
    comity_archive_visit *visit; /* sees what was removed; false ends it there; may be NULL */
    void *owner;
};

/**
 * Removes old records for good. Never removed are own messages whose outcome is not known or that
 * are held, because only they can be sent again or explained; checkpoints, because they are what a
 * rewritten log is noticed by; and contradictions, because they prove that one was. Of an own
 * message without its submission no later stage is learnt.
 *
 * COMITY_INPUT   kinds has others, or none
 * COMITY_VERIFY  records do not open and stay; of all others the old ones were removed
 */
enum comity_exit comity_archive_prune(struct comity *comity, const struct comity_pruning *what,
                                      struct comity_fault *reterr);

/* ---- contexts ---- */

/** One context, as its file says; paths are absolute. */
struct comity_context {
    char name[64];
    char party[16];           /* "XA-CA-01" */
    char gateway[16];         /* "XA-GW-01" */
    char address[128];        /* "127.0.0.1:7443"; empty: as the directory says */
    char cert[512], key[512]; /* of TLS, PEM */
    char ca[512], crl[512];   /* that the gateway's certificate is verified with, PEM */
    char sealing_cert[512], sealing_key[512];
    char directory[512]; /* the rulebook's folder */
    char archive[512];   /* folder */
    char own_crl[512]; /* of the own State's CA, PEM, where that is not the gateway's, whose list is
                          crl: for judging one's own certificates; empty: there is none */
};

/** Reads a context. home and name as in struct comity_options. */
enum comity_exit comity_context_load(const char *home, const char *name,
                                     struct comity_context *ret_context,
                                     struct comity_fault *reterr);

/** Writes home/contexts/NAME.json; paths below home become relative to it. */
enum comity_exit comity_context_write(const char *home, const struct comity_context *context,
                                      struct comity_fault *reterr);

/** Names of all contexts, sorted, ended by NULL; free() the list. */
enum comity_exit comity_context_names(const char *home, char ***ret_names,
                                      struct comity_fault *reterr);

/**
 * Makes a context the one that is opened where none is named: writes home/current. The context must
 * be one that can be loaded.
 */
enum comity_exit comity_context_use(const char *home, const char *name,
                                    struct comity_fault *reterr);

/** The context that was opened; of the handle, and valid as long. */
const struct comity_context *comity_context_of(const struct comity *comity);

/* ---- checks ---- */

/** One object of the rulebook, as both ends of a link have it. */
struct comity_object_version {
    char object[16];                       /* "law", "states", "parties XA" */
    uint64_t ours, theirs;                 /* numbers; 0: there is none */
    char our_digest[65], their_digest[65]; /* hex; empty: there is none */
    bool agrees;                           /* number and digest are the same */
};

/** What came of a link to the gateway, step by step; 0 and "" from where it did not come so far. */
struct comity_checked {
    char address[128];         /* that was tried last */
    char gateway[16];          /* who answered, by its certificate: "XA-GW-01" */
    uint64_t connect_us;       /* name looked up and TCP connected, microseconds */
    uint64_t handshake_us;     /* TLS: it is the gateway of the context */
    uint64_t greeting_us;      /* HELLO until WELCOME */
    uint64_t ping_us;          /* PING until PONG */
    char tls_version[16];      /* "TLSv1.3" */
    char tls_group[32];        /* "X25519" */
    char gateway_sha256[65];   /* of the gateway's certificate, hex */
    uint64_t gateway_from_ms;  /* its validity */
    uint64_t gateway_until_ms; /* Unix milliseconds */
    uint64_t time_ms;          /* the gateway's clock in WELCOME, Unix milliseconds */
    int64_t offset_ms;         /* that clock less ours */
    uint64_t margin_ms; /* and by how much that may be wrong: half of the way there and back */
    struct comity_object_version *versions;
    size_t version_count;
};

/**
 * Makes a link to the gateway of a context, greets, pings and says goodbye. Neither the archive nor
 * the sealing key are touched, so this can run beside a program that uses the context. The result
 * is there as far as it came, also on failure; NULL where it was not even tried. To be freed.
 *
 * COMITY_IDENTITY     a certificate, the gateway's or ours, is not accepted
 * COMITY_UNAVAILABLE  nobody answers
 */
enum comity_exit comity_check(const struct comity_options *options,
                              struct comity_checked **ret_checked, struct comity_fault *reterr);

void comity_checked_free(struct comity_checked *checked);

#ifdef __cplusplus
}
#endif

#endif
