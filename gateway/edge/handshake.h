#ifndef EDGE_HANDSHAKE_H
#define EDGE_HANDSHAKE_H

/*
 * Handshakes of a worker. A step of one costs about half a millisecond, so they do not run where
 * their octets are noticed: they wait in a queue and get one step in each turn, and more only as
 * long as all of them take a part of what the open links took. So a storm of new connections does
 * not hold up the links that are there, and busy links do not shut new ones out.
 */

#include <stdbool.h>
#include <stdint.h>

#define HANDSHAKE_SHARE 4 /* the part of the links' time: one in four */

struct connection;
struct connections;

/** Counts a new connection in: it shakes hands. */
void handshake_enter(struct connection *connection);

/** Counts it out: its link is open, or it goes. Does nothing the second time. */
void handshake_leave(struct connection *connection);

/** Puts a connection in the queue: its handshake can go on. */
void handshake_ready(struct connection *connection);

/** Whether a handshake can go on. */
bool handshakes_wait(const struct connections *set);

/** Goes on with handshakes. busy_us: the processor's time that the turn took so far. */
void handshakes_turn(struct connections *set, uint64_t busy_us);

/** The processor's time of this thread, in microseconds. */
uint64_t handshake_clock_us(void);

#endif
