#ifndef EDGE_DIALLER_H
#define EDGE_DIALLER_H

/*
 * Keeps one connection to every peer gateway that is ours to dial: of two gateways the one whose id
 * is smaller dials, and of its workers exactly one. The addresses of the directory are tried in
 * their order, one after each failure, with a pause that doubles and is drawn at random, so that a
 * federation that lost its network does not come back in step. Once the handshake is done, a link
 * that was dialled lives as any other.
 *
 *     waiting -> reaching (name, TCP) -> shaking (TLS) -> open -> waiting
 */

#include "edge/connection.h"
#include "schema/directory.h"

struct dialler;

/** How long things may take. */
struct dialler_times {
    uint64_t reach_ms;     /* TCP, for each attempt; looking up a name beforehand has as much */
    uint64_t handshake_ms; /* TLS */
    uint64_t least_ms;     /* the pause after the first failure, each time doubled */
    uint64_t most_ms;      /* up to this one; then from half of it to half as much again */
    uint64_t steady_ms;    /* a link that lasted so long was no failure */
    uint64_t calm_ms;      /* nor was one that did and was left in order */
    uint64_t said_ms;      /* least between two lines about the same peer's being unreachable */
    uint64_t repeat_ms;    /* between them, where nothing has changed */
};

extern const struct dialler_times dialler_times_default;

struct dialler_settings {
    struct connections *connections;
    struct slice gateway;              /* our id */
    unsigned share, shares;            /* which of so many workers this one is, from 0 on */
    const struct dialler_times *times; /* outlives the dialler */
};

/** MEMORY, STORE */
struct status dialler_new(const struct dialler_settings *settings, struct dialler **ret_dialler);

/**
 * From now on the peers are those of this directory. Open links are not touched; the link of one
 * that goes is no longer ours to keep up. Who could not be reached is dialled now: whoever reloads
 * has perhaps just brought what was missing. MEMORY: some of the new ones are missing
 */
struct status dialler_renew(struct dialler *dialler, const struct directory *directory);

/** Dials no more and gives up what is not open yet. */
void dialler_leave(struct dialler *dialler);

/** Frees all; open links stay. NULL does nothing. */
void dialler_free(struct dialler *dialler);

/** Whether this share of the workers dials a peer: one of them does, and always the same. */
bool dialler_has(const struct dialler_settings *settings, struct slice peer);

/** The pause after so many failures in a row, > 0; drawn decides between its half and half as much
 * again. */
uint64_t dialler_pause_ms(const struct dialler_times *times, unsigned failures, uint32_t drawn);

#endif
