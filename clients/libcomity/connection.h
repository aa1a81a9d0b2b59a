#ifndef LIBCOMITY_CONNECTION_H
#define LIBCOMITY_CONNECTION_H

/*
 * A party's link to its home gateway, blocking and with deadlines: TLS, HELLO, then questions and
 * answers. The gateway may push only after connection_push was called for the first time: before,
 * it has no credit. What it pushes in between is kept until it is asked for. Every frame passes
 * session_take or session_give.
 */

#include "base/arena.h"
#include "libcomity/fault.h"
#include "session/session.h"
#include "tls/context.h"

/** How far a link came, for who measures it: monotonic microseconds, 0 where it did not come to
 * that. */
struct connection_steps {
    uint64_t begun_us, connected_us, secured_us; /* TCP begins, is up; TLS is up */
};

#define CONNECTION_CREDITS 16 /* pushed frames that may wait here */

struct connection_settings {
    struct tls_context *tls;   /* held by the caller, must outlive the connection */
    const char *address;       /* "127.0.0.1:7443" */
    const char *gateway;       /* the only identity that is accepted */
    const struct hello *hello; /* our rulebook and checkpoints; needed until the link is open */
    uint64_t timeout_ms;       /* longest wait for one answer */
    comity_record *record;     /* may be NULL */
    void *record_owner;
    struct connection_steps *steps; /* may be NULL */
};

struct connection;

/**
 * Connects and greets.
 *
 * FULL  the gateway has no room for one more connection: the same again may do, with exit 7
 * NETWORK;  CONFIG for a certificate that is not accepted, with exit 4;  MEMORY
 */
struct status connection_open(const struct connection_settings *settings,
                              struct connection **ret_connection, struct comity_fault *reterr);

/** Says BYE and closes. NULL does nothing. */
void connection_close(struct connection *connection);

/** The TLS connection below, borrowed. */
const struct tls_link *connection_tls(const struct connection *connection);

/** Whether nothing more can be sent or received. */
bool connection_over(const struct connection *connection);

/**
 * Sends a frame and waits for the one that answers it. The answer lives in the arena.
 *
 * NETWORK  the link broke or the answer did not come: it is not known what became of the frame
 */
struct status connection_ask(struct connection *connection, struct arena *arena,
                             struct frame *frame, struct frame *ret_answer,
                             struct comity_fault *reterr);

/** Sends a frame that is not answered. NETWORK */
struct status connection_tell(struct connection *connection, struct frame *frame,
                              struct comity_fault *reterr);

/**
 * The next pushed DELIVER or RECEIPT; waits for one at most wait_ms. Lives in the arena. Of kind
 * FRAME_NONE where there is a CHECKPOINT for connection_told instead.
 *
 * ABSENT  none came in that time;  NETWORK
 */
struct status connection_push(struct connection *connection, uint64_t wait_ms, struct arena *arena,
                              struct frame *ret_frame, struct comity_fault *reterr);

/** The next CHECKPOINT that came in whichever call, of each log the last one. Waits for none. Lives
 * in the arena. ABSENT, MEMORY */
struct status connection_told(struct connection *connection, struct arena *arena,
                              struct frame *ret_frame);

/** Stays on the link for so long, as its session wants, without asking anything. NETWORK */
struct status connection_wait(struct connection *connection, uint64_t ms,
                              struct comity_fault *reterr);

/** A pushed frame has been dealt with: the gateway may send another one. */
void connection_settle(struct connection *connection);

#endif
