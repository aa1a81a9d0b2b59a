#ifndef SESSION_SESSION_H
#define SESSION_SESSION_H

/*
 * The protocol of a link, as tables and without I/O (PROTOCOL.md 4). Both ends use the same type:
 * every frame that arrives goes through session_take, every frame that leaves through session_give,
 * and both are judged by one table, so that what we send is what we would accept. A link begins
 * with greeting (HELLO by the dialler, WELCOME by the listener), is then open, and is closing from
 * the first BYE on.
 *
 * Credits: SUBMIT, DELIVER, QUERY and a RECEIPT that answers nothing cost one each. The owner says
 * with session_settle when such a frame has been dealt with, so that a slow owner slows its peer.
 *
 * Times are monotonic milliseconds, given by the owner. Nothing is allocated.
 */

#include "base/status.h"
#include "wire/frame.h"

#define SESSION_NAME_BYTES  64
#define SESSION_CREDITS_MAX 65535
#define SESSION_GREETING_MS 5000  /* HELLO after the handshake; WELCOME after HELLO */
#define SESSION_IDLE_MS     30000 /* without a frame of the peer: PING */
#define SESSION_PONG_MS     10000 /* then PONG, or the link is given up */
#define SESSION_CLOSING_MS  10000 /* from the first BYE */
#define SESSION_PACE_MS     1000  /* between two PINGs, two CHECKPOINTs of one origin */
#define SESSION_ORIGINS     16    /* logs whose CHECKPOINTs may come within one second */

enum session_state {
    SESSION_NONE,
    SESSION_GREETING,  /* no HELLO yet */
    SESSION_WELCOMING, /* HELLO was seen, WELCOME not */
    SESSION_OPEN,
    SESSION_CLOSING, /* from the first BYE: only answers and the other BYE */
    SESSION_CLOSED,  /* both have said BYE */
    SESSION_STATES
};

enum link_kind {
    LINK_NONE,
    LINK_PARTY, /* a party or officer dials its home gateway */
    LINK_PEER,  /* gateway to gateway */
};

/** What one side accepts; it tells the other so in HELLO or WELCOME. */
struct session_limits {
    uint64_t max_frame;    /* octets of the longest frame */
    uint64_t credits;      /* of class 0, given to the other side; at most SESSION_CREDITS_MAX */
    uint64_t part_credits; /* of class 1 */
    uint64_t idle_ms;      /* silence after which this side gives the link up */
};

/** Who is at the ends of a link. */
struct session_ends {
    enum link_kind kind;
    bool dialled;      /* we dialled; otherwise we listened */
    struct slice me;   /* our identity: "XA-GW-01", "XA-CA-01", "XA-POL-01/2207" */
    struct slice peer; /* whom we dialled, or the identity in the dialler's certificate */
};

/** When something that has a least distance may come again. */
struct session_pace {
    uint64_t origin; /* a hash of the log's name; 0: none */
    uint64_t next_ms;
};

/** One direction of a link. */
struct session_flow {
    uint64_t number;      /* of the last frame */
    uint64_t credit;      /* costing frames that it may still carry */
    uint64_t part_credit; /* the same for evidence parts */
    uint8_t sender;       /* which rows of the table its sender has */
    bool bye;             /* its sender has said BYE */
    uint64_t unponged;    /* number of the last PING that has no PONG; 0: none */
    uint64_t pinged_ms;   /* when that PING was */
    struct session_pace ping;
    struct session_pace checkpoints[SESSION_ORIGINS];
};

/** A link's protocol state. To be read by its owner, written by this module alone. */
struct session {
    enum session_state state;
    enum link_kind kind;
    bool dialled;
    char me[SESSION_NAME_BYTES], peer[SESSION_NAME_BYTES];
    struct session_limits ours, theirs; /* theirs is zero until HELLO or WELCOME came */
    struct session_flow out, in;
    uint64_t settled;  /* costing frames dealt with, their credits not yet given back */
    uint64_t since_ms; /* of the state */
    uint64_t heard_ms; /* the last frame of the peer */
};

/** Begins a link whose handshake is done. */
void session_start(struct session *s, const struct session_ends *ends,
                   const struct session_limits *limits, uint64_t now_ms);

/**
 * Judges a frame that arrived and moves the state. After a refusal the owner sends BYE with the
 * reason's code (session_give) and closes; nothing more is taken.
 *
 * REFUSED  in this order: frame.number; frame.state (not by this side, not now, or it answers what
 *          was never sent); frame.credit (no credit left, more than SESSION_CREDITS_MAX
 * outstanding, PING or CHECKPOINT too soon); hello.peer
 */
struct status session_take(struct session *s, const struct frame *frame, uint64_t now_ms);

/**
 * Counts a frame that arrived after our BYE, sent before the peer knew of it: it does nothing.
 *
 * REFUSED  frame.number
 */
struct status session_skip(struct session *s, const struct frame *frame, uint64_t now_ms);

/**
 * Judges a frame about to be written, gives it its number and moves the state. On failure nothing
 * has changed and the frame must not be sent.
 *
 * REFUSED  as session_take; frame.credit: wait for CREDIT
 */
struct status session_give(struct session *s, struct frame *frame, uint64_t now_ms);

/**
 * Makes our HELLO or WELCOME: kind, names and limits. The owner adds rulebook and checkpoints
 * before session_give. Borrows from s.
 *
 * time_ms  Unix milliseconds
 */
struct frame session_greeting(const struct session *s, uint64_t time_ms);

/** Costing frames that may be sent now; 0 unless the link is open. */
uint64_t session_credit(const struct session *s);

/** count costing frames of the peer have been dealt with: their credits may go back. */
void session_settle(struct session *s, uint64_t count);

/**
 * The amount for a CREDIT frame of class 0 that is worth sending now; 0 if none is: half of what we
 * granted is settled, or the peer has none left.
 */
uint64_t session_credit_due(const struct session *s);

enum session_due {
    SESSION_DUE_NOTHING,
    SESSION_DUE_PING,  /* send PING */
    SESSION_DUE_CLOSE, /* close without a further word; *ret_why says which deadline passed */
};

/** When session_tick has to be called next. */
uint64_t session_next_deadline(const struct session *s);

/** What is due at now_ms. ret_why: static text for diagnostics, set with SESSION_DUE_CLOSE. */
enum session_due session_tick(const struct session *s, uint64_t now_ms, const char **ret_why);

#endif
