#ifndef HTTP_SOURCES_H
#define HTTP_SOURCES_H

/*
 * Where connections come from while they shake hands, so that no one address takes every place. An
 * IPv6 address counts as its /64, which is what one owner has at least; an IPv4 address in the
 * form of IPv6 counts as IPv4.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#define SOURCE_BUCKETS 256

/** Part of whatever comes from there. */
struct source {
    uint8_t network[8];
    int family;
    struct source *next, **slot; /* slot NULL: not entered */
};

/** Zeroed: empty. */
struct sources {
    struct source *buckets[SOURCE_BUCKETS];
};

/** The source of an address; one of an unknown family is the same as every other such. */
struct source source_of(const struct sockaddr_storage *address);

/** How many are entered from the same source. */
uint64_t sources_count(const struct sources *sources, const struct source *source);

void sources_enter(struct sources *sources, struct source *source);

/** Does nothing where it was not entered. */
void source_leave(struct source *source);

#endif
