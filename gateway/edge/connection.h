#ifndef EDGE_CONNECTION_H
#define EDGE_CONNECTION_H

/*
 * One connection, accepted or dialled: the descriptor, its TLS state and, once the handshake is
 * done, its link of exchange/. Owned by its worker; never freed inside its own callback: it is
 * marked dead and reaped at the end of the turn.
 */

#include <event2/event.h>

#include "edge/lines.h"
#include "edge/peers.h"
#include "edge/sweep.h"
#include "exchange/exchange.h"
#include "http/sources.h"
#include "tls/link.h"

#define HANDSHAKE_MS 10000U /* TLS, absolute */
#define SILENCE_MS   2000U  /* of it, to the first octets: who says nothing blocks no other */
#define FAREWELL_MS  5000U  /* for the last octets of a link that is over */

struct call;
struct connection;

/** What connections share: their worker's loop, context and diagnostics. */
struct connections {
    struct event_base *base;
    struct exchange *exchange;
    struct tls_context *context; /* held */
    uint64_t generation;         /* rises with every sweep */
    struct lines lines;
    struct connection *all;        /* every connection */
    struct connection *dirty;      /* with output that nobody has begun to write */
    struct connection *dead;       /* to be freed, some in each turn */
    struct handshakes *handshakes; /* the worker's; NULL before it runs */
    struct peers *peers;           /* all workers'; NULL: nobody wants to know */
    uint64_t count, handshaking;
    struct sources sources; /* of those that shake hands */
    struct sweep sweep;
    uint8_t *octets; /* CONNECTION_READ_BYTES, for reading; one turn's scratch */
};

#define CONNECTION_READ_BYTES 65536U

/** Begins with zeroed connections and their base; the set must not move afterwards. MEMORY */
struct status connections_init(struct connections *set, struct tls_context *context,
                               const struct diagnostics *diagnostics);

/** Takes an accepted descriptor over; closes it when memory is out. */
void connection_new(struct connections *set, int fd, const struct source *source);

/**
 * Takes a connected descriptor over and begins the handshake as the one who dialled for call, which
 * is told how it goes (edge/call.h). It is among no limits of handshakes: those are against
 * strangers. NULL, with the descriptor closed, when memory is out.
 */
struct connection *connection_dial(struct connections *set, int fd, struct call *call);

/** Its call does not want it any more: ends its handshake, or leaves its open link alone. */
void connection_release(struct connection *connection);

/** New links begin with this context, which is held, and open ones are swept. */
void connections_renew(struct connections *set, struct tls_context *context, struct moment now);

/** Begins an orderly end of every connection. */
void connections_leave(struct connections *set);

/** Whether there is work that no event will tell of. */
bool connections_busy(const struct connections *set);

/** A turn, after the loop has served the links: writes what has become output, goes on with the
 * sweep, then frees what is dead. */
void connections_turn(struct connections *set);

/** Ends the handshakes and frees all, as they are. */
void connections_free(struct connections *set);

/** exchange_dirty for connections: owner is the connection. */
void connection_dirty(void *owner);

#endif
