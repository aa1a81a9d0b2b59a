#ifndef EDGE_HANDSHAKE_H
#define EDGE_HANDSHAKE_H

/*
 * Handshakes of a worker. One costs one or two milliseconds of the processor, as much as several
 * messages, so they do not run on the worker's thread: a thread of their own takes them one by one,
 * first come first, and the system prefers every other thread to it. So a storm of new connections
 * does not hold up the links that are there. Those that we dialled go before those of strangers.
 *
 * From handshake_ready on a connection is away, until the step has been made and the worker has
 * seen what came of it: its TLS state belongs to the other thread, everything else stays the
 * worker's. A connection that is away is not freed.
 */

#include <event2/event.h>
#include <stdbool.h>

#include "base/status.h"

#define HANDSHAKE_NICE 10 /* of the thread: a tenth of the processor beside a busy worker */

struct connection;
struct connections;
struct handshakes;

/** Starts the thread and waits until it runs; base tells the worker what has come back. MEMORY,
 * STORE, CRYPTO */
struct status handshakes_start(struct event_base *base, struct handshakes **ret_handshakes);

/** Ends the thread; nothing is away any more, and nothing may come. NULL does nothing. */
void handshakes_stop(struct handshakes *handshakes);

/** After the end. NULL does nothing. */
void handshakes_free(struct handshakes *handshakes);

/** Counts a new connection in: it shakes hands. */
void handshake_enter(struct connection *connection);

/** Counts it out: its link is open, or it goes. Does nothing the second time. */
void handshake_leave(struct connection *connection);

/** Takes a connection back that nobody is at work on, so that no step is wasted on the dead. False:
 * it is still away, and comes back by itself. */
bool handshake_withdraw(struct connection *connection);

/** Has the handshake go on: octets came, or may be written. Does nothing when it is away. */
void handshake_ready(struct connection *connection);

#endif
