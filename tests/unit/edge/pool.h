#ifndef EDGE_POOL_H
#define EDGE_POOL_H

/*
 * A pool of workers on real sockets, with the certificates of the fixture and the journal of a
 * world, and parties that dial it. In the list of XA that is in force at first XA-POL-01 is good,
 * in the other one revoked.
 */

#include "support/check.h"
#include "support/dial.h"
#include "support/world.h"

#include "edge/worker.h"
#include "http/listener.h"

#define DEADLINE_MS 20000U

struct pool {
    struct world *world;
    struct tls_context *context;  /* with XA-POL-01 good */
    struct tls_context *revoking; /* with XA-POL-01 revoked */
    struct worker_limits limits;
    struct snapshot *snapshot;             /* NULL: the world's */
    const struct dialler_times *times;     /* NULL: it does not dial */
    const struct diagnostics *diagnostics; /* NULL: it says nothing */
    uint64_t grace_ms;                     /* of its end */
    struct workers *workers;
    char address[ADDRESS_TEXT_BYTES];
};

/** Limits that no test comes near unless it means to. */
extern const struct worker_limits plenty;

/** What a pool needs but its workers. */
struct pool *pool_make(const struct worker_limits *limits);

/** Starts workers at a free port. */
struct status pool_start(struct pool *pool, unsigned workers);

/** Both. */
struct pool *pool_new(unsigned workers, const struct worker_limits *limits);

/** Hands the workers a state with one of the contexts and a snapshot of its own. */
void pool_renew(struct pool *pool, struct tls_context *context);

void pool_free(struct pool *pool);

/** A new context of the gateway, with XA-POL-01 revoked or not yet. */
struct tls_context *gateway_context(bool revoking);

/** The context of whoever has these files in the fixture: "XC/gateways/XC-GW-01/tls". */
struct tls_context *fixture_context(const char *name);

/** The context of a party, made once for each and kept until contexts_free. */
struct tls_context *party_context(const char *party);
void contexts_free(void);

/** Begins a link of this party to the pool. */
void pool_dial(struct pool *pool, const char *party, struct dial *dial);

/** Runs links until all of them are in this state or over, or the deadline passed; whether they are
 * in it. */
bool dials_reach(struct dial *dials, size_t count, enum dial_state state);

/** Asks for the inbox on an open link. */
void dial_ask(struct dial *dial);

/** Whether the gateway still answers on an open link. */
bool dial_answers(struct dial *dial);

/** Milliseconds for waits of the tests, not shifted by clock_shift. */
uint64_t test_ms(void);

/** Waits at most so long until one more octet, or an end, can be read. */
bool readable(int descriptor, uint64_t wait_ms);

/** A TCP connection that says nothing. */
int silent(struct pool *pool);

/* ---- what is wrapped ---- */

/** The n-th thread from now on that asks for crypto is refused it; 0: none. */
void crypto_refuse_at(unsigned n);

/** Verifications of open links so far, those that memory sufficed for, and renewals of keys. */
unsigned rechecks(void);
unsigned rechecks_with_memory(void);
unsigned rekeys(void);

/** Whether memory is out for verifications. */
void rechecks_fail(bool fail);

/** Keeps whoever verifies an open link waiting, until it is called with false. */
void rechecks_hold(bool hold);

/** Keeps whoever makes a step of a handshake but the calling thread waiting, until it is called
 * with false; counts the steps of others from then on. */
void handshakes_hold(bool hold);

/** Waits until somebody is kept; false past the deadline. */
bool handshakes_held(void);
unsigned handshake_steps(void);

/** Sets the workers' clock ahead, both of its readings. */
void clock_shift(uint64_t ms);

#endif
