#ifndef HTTP_LOOKUP_H
#define HTTP_LOOKUP_H

/*
 * Names of hosts looked up without waiting: the system may take half a minute for one, so threads
 * of their own ask it. They begin with the first name; one that the system keeps is not waited for
 * at the end.
 */

#include <event2/event.h>

#include "base/status.h"
#include "http/address.h"

#define LOOKUP_THREADS 4 /* at most: names nobody answers for hold up as many others */

struct lookups;
struct lookup;

/** found is NULL where there is no such host; it is freed after the call, the lookup before it. */
typedef void lookup_done(void *owner, const struct addrinfo *found);

/** base tells what has been found. MEMORY, STORE */
struct status lookups_new(struct event_base *base, struct lookups **ret_lookups);

/** Drops what is still asked for. NULL does nothing. */
void lookups_free(struct lookups *lookups);

/** Asks for an address. NULL when memory or threads are out. */
struct lookup *lookup_begin(struct lookups *lookups, const struct address *address,
                            lookup_done *done, void *owner);

/** Nobody wants to know any more: done is not called. NULL does nothing. */
void lookup_cancel(struct lookup *lookup);

#endif
