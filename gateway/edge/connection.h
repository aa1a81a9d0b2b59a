#ifndef EDGE_CONNECTION_H
#define EDGE_CONNECTION_H

/*
 * One accepted connection: the descriptor, its TLS state and, once the handshake is done, its link
 * of exchange/. Owned by its worker; never freed inside its own callback: it is marked dead and
 * reaped at the end of the turn.
 */

#include <event2/event.h>

#include "exchange/exchange.h"
#include "tls/link.h"

#define HANDSHAKE_MS 10000U /* TLS, absolute */
#define SILENCE_MS   2000U  /* of it, to the first octets: who says nothing blocks no other */
#define FAREWELL_MS  5000U  /* for the last octets of a link that is over */

struct connection;

/** What connections share: their worker's loop and limits. */
struct connections {
    struct event_base *base;
    struct exchange *exchange;
    struct tls_context *context;
    const struct diagnostics *diagnostics;
    struct connection *all;   /* every connection */
    struct connection *dirty; /* with output that nobody has begun to write */
    uint64_t count, handshakes;
    uint8_t *octets; /* CONNECTION_READ_BYTES, for reading; one turn's scratch */
};

#define CONNECTION_READ_BYTES 65536U

/** Takes an accepted descriptor over; closes it when memory is out or TLS cannot start. */
void connection_new(struct connections *set, int fd);

/** Begins an orderly end of every connection. */
void connections_leave(struct connections *set);

/** Writes what has become output since the last turn, then frees what is dead. */
void connections_turn(struct connections *set);

/** Frees all, as they are. */
void connections_free(struct connections *set);

/** exchange_dirty for connections: owner is the connection. */
void connection_dirty(void *owner);

#endif
