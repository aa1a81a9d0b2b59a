#ifndef APP_ARRIVALS_H
#define APP_ARRIVALS_H

/* Objects that workers have fetched from peers, on their way to the main thread. */

#include "exchange/exchange.h"

#define ARRIVALS_MAX       64U         /* that wait at once */
#define ARRIVALS_MAX_BYTES (32U << 20) /* of all of them: one of the longest always has room */

struct arrival {
    struct arrival *next;
    char peer[16];
    struct object object; /* its own */
};

struct arrivals;

/** wake: tells the main thread, on any thread. NULL when memory is out. */
struct arrivals *arrivals_new(void (*wake)(void));

/** NULL does nothing. */
void arrivals_free(struct arrivals *arrivals);

/** Puts a copy at the end; what has no room is lost, and comes again with the peer's next link. */
exchange_offered arrivals_put;

/** The oldest one, to be freed; NULL if there is none. */
struct arrival *arrivals_take(struct arrivals *arrivals);

/** How many were lost since this was asked last. */
uint64_t arrivals_lost(struct arrivals *arrivals);

/** NULL does nothing. */
void arrival_free(struct arrival *arrival);

#endif
