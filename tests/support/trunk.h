#ifndef SUPPORT_TRUNK_H
#define SUPPORT_TRUNK_H

/*
 * What lies between the gateways of two worlds: one link, whose octets the test carries. It can be
 * lost at any frame, and its frames can be looked at and changed, as a peer with valid keys could
 * write them.
 */

#include "support/world.h"

#define TRUNK_FRAMES 2048

/** A frame that went over. */
struct passed {
    unsigned from; /* which end it came from */
    enum frame_kind kind;
    size_t length; /* octets, head included */
};

/** Looks at a frame on its way from an end, and may change all of it but its number; false: the
 * connection is lost right before it. */
typedef bool trunk_gate(void *owner, unsigned from, struct frame *frame, struct arena *arena);

struct trunk {
    struct world *ends[2];          /* the first one dials */
    struct exchange_link *links[2]; /* both NULL while there is no connection */
    struct buffer way[2];           /* from each end, not yet arrived */
    struct passed passed[TRUNK_FRAMES];
    size_t count;
    trunk_gate *gate; /* NULL: everything passes */
    void *owner;
};

/** Lays the trunk; nothing is dialled. Ends with trunk_free, before the worlds do. */
struct trunk *trunk_new(struct world *dialler, struct world *listener);

/** Dials and carries until nothing moves. A connection that is there is lost first. */
void trunk_dial(struct trunk *trunk);

/** The connection is lost, with what is on its way. */
void trunk_cut(struct trunk *trunk);

/** Turns both worlds and carries, until nothing moves. */
void trunk_turn(struct trunk *trunk);

/** Moves the clocks of both worlds, keeps the deadlines of the link, then turns. */
void trunk_pass(struct trunk *trunk, uint64_t ms);

/** The number of frames of a kind that went over from an end since a count of passed ones. */
size_t trunk_passed(const struct trunk *trunk, unsigned from, enum frame_kind kind, size_t since);

void trunk_free(struct trunk *trunk);

#endif
