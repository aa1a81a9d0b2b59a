#ifndef EDGE_SWEEP_H
#define EDGE_SWEEP_H

/*
 * A worker's open links judged again by the context in use: after a reload, and hourly because
 * certificates end while links last. A verification costs about 0.4 ms, so it is done once for
 * each certificate and a few in each turn; the others are served in between.
 */

#include "exchange/exchange.h"
#include "tls/link.h"

#define SWEEP_SLICE       5U       /* verifications and ends of links in a turn, while in time */
#define SWEEP_FAREWELL_MS 2000U    /* for the last octets of a link that is ended by it */
#define SWEEP_REKEY_MS    3600000U /* the age of a link's keys at which it renews them */

struct connection;
struct connections;
struct verdict;

/** Zeroed: none is going on. */
struct sweep {
    struct connection *next;  /* to be looked at; NULL: the sweep is over */
    struct verdict *verdicts; /* of certificates seen in it; NULL where memory was out */
    uint64_t began_ms, links, looked;
};

/** Begins a sweep over all links; one that goes on begins anew. */
void sweep_begin(struct connections *set, struct moment now);

/** Judges one open link at once, if the sweep has not: before it is served, so that nothing reaches
 * who would be refused today. */
void sweep_look(struct connection *connection, struct moment now);

/** Goes on: a slice, larger the later it is, so that every link has been looked at in half of
 * SWEEP_MS. */
void sweep_turn(struct connections *set, struct moment now);

/** Why a link ends whose certificate would be refused today; OK where it would not. */
struct status sweep_verdict(enum tls_failure failure);

/** Gives up what it holds. */
void sweep_end(struct sweep *sweep);

#endif
