#ifndef EXCHANGE_ASIDE_H
#define EXCHANGE_ASIDE_H

/*
 * A message that a peer gateway puts off again and again while it would take others. While it comes
 * again everything behind it waits, so after ASIDE_TRIES refusals it is laid aside: the link is
 * left in order, and on the next one what belongs to other threads goes first. The first of those
 * shows what is wrong: where the peer takes it, what was laid aside stays so for ASIDE_MS; where
 * the peer puts it off, too, nothing is wrong with the message, and all go again in their order.
 *
 * Each worker's exchange remembers its own: a link to another worker finds it out anew.
 */

#include "exchange/exchange.h"
#include "wire/frame.h"
#include "wire/names.h"

#define ASIDES_MAX  16U
#define ASIDE_TRIES 5U
#define ASIDE_MS    600000U

struct exchange_link;
struct delivery;
struct outstanding;

/** One that is laid aside, and with it what comes behind it in its thread. */
struct aside {
    char box[PARTY_MAX_BYTES + 1]; /* empty: none */
    char from[PARTY_MAX_BYTES + 1], to[PARTY_MAX_BYTES + 1];
    uint8_t thread[UUID_BYTES];
    uint64_t place;    /* its number in the box */
    uint64_t until_ms; /* monotonic; 0: it is being tried again */
    bool is_proved;    /* the peer takes others */
};

/** A link to a peer is open: what was laid aside for long enough is tried again on it. */
void aside_begin(struct exchange_link *link, struct moment now);

/** Whether this message is to wait on this link. */
bool aside_waits(const struct exchange_link *link, const struct delivery *delivery);

/** At the end of the box: whether nothing but what is laid aside is there to show what is wrong. It
 * is tried again then, from the beginning of the box. */
bool aside_is_all(struct exchange_link *link);

/** The peer has answered this message for good. */
void aside_answered(struct exchange_link *link, const struct outstanding *was, struct moment now);

/** The peer has put this message off, the oldest of those, which is to come again now. Whether that
 * was once too often: it is laid aside, or others fare no better, and the link is to be left. */
bool aside_is_too_much(struct exchange_link *link, const struct delivery *delivery,
                       struct moment now);

/** When aside_turn has something to do, in monotonic ms. */
uint64_t aside_at(const struct exchange_link *link);

/** Leaves the link where something is to be tried again: it goes first on the next. */
void aside_turn(struct exchange_link *link, struct moment now);

#endif
