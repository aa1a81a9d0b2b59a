#ifndef EDGE_ACCEPTOR_H
#define EDGE_ACCEPTOR_H

/*
 * A worker's listeners: takes connections in within the limits. What is over the limit of links or
 * of its source is closed right after accept, which costs next to nothing, and told as a number.
 * While every place for handshakes is taken the rest waits in the kernel's queue.
 */

#include <event2/event.h>

#include "edge/worker.h"

#define LISTENERS_MAX 16

struct connections;

/** Zeroed, then the descriptors, which are the acceptor's from then on. limits may change between
 * two turns. */
struct acceptor {
    struct connections *connections;
    struct worker_limits limits;
    int descriptors[LISTENERS_MAX];
    unsigned count;
    struct event *accepting[LISTENERS_MAX], *pause;
    bool paused, closed;
};

/** Makes the events. MEMORY */
struct status acceptor_init(struct acceptor *acceptor, struct connections *connections);

/** Listens while something can be taken in, and not otherwise: that would only spin. To be called
 * before each turn. */
void acceptor_arm(struct acceptor *acceptor);

/** Takes nothing in any more. The descriptors stay: what waits there is for the other workers. */
void acceptor_close(struct acceptor *acceptor);

/** Closes the descriptors and frees the events. */
void acceptor_done(struct acceptor *acceptor);

#endif
