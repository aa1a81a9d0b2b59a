#ifndef EXCHANGE_ASIDE_H
#define EXCHANGE_ASIDE_H

/*
 * A message that a peer gateway puts off again and again while it would take others. While it comes
 * again everything behind it waits, so after ASIDE_TRIES refusals it is laid aside: the link is
 * left in order, and on the next one what belongs to other threads goes first. The next ones show
 * what is wrong. Each that is put off, too, is laid aside at once and the link is left again; where
 * the peer takes one, those before it stay aside for ASIDE_MS, but what was put off once alone has
 * another attempt first. Where none is taken, for there is no other or no more room, nothing is
 * wrong with the messages, and all go again in their order.
 *
 * All workers share one table, for a peer's next link may be at another worker, and the operator
 * looks at it.
 */

#include "exchange/exchange.h"
#include "wire/frame.h"
#include "wire/names.h"

#define ASIDES_PER_PEER 16U
#define ASIDE_TRIES     5U
#define ASIDE_MS        600000U

struct asides;
struct exchange_link;
struct delivery;
struct outstanding;

struct status asides_new(struct asides **ret_asides); /* MEMORY */
void asides_free(struct asides *asides);              /* NULL does nothing */

/** One that is laid aside, and with it what comes behind it in its thread. */
struct aside {
    char box[PARTY_MAX_BYTES + 1]; /* of the peer */
    char from[PARTY_MAX_BYTES + 1], to[PARTY_MAX_BYTES + 1];
    uint8_t id[UUID_BYTES], thread[UUID_BYTES];
    uint64_t place;      /* its number in the box; 0: none */
    uint64_t since_ms;   /* Unix */
    uint64_t expires_ms; /* Unix: it is not handed over from then on */
    uint64_t until_ms;   /* monotonic; UINT64_MAX on trial, 0: it is being tried again */
    uint64_t tried_ms;   /* monotonic: it was put off last */
    bool is_proved;      /* the peer takes others */
    bool is_hasty;       /* laid aside after one refusal */
};

/** The index-th message that is laid aside now while its peer takes others; false past the last
 * one. Any thread. */
bool asides_at(struct asides *asides, size_t index, struct moment now, struct aside *ret_aside);

/** A link to a peer is open: what was laid aside for long enough is tried again on it, one
 * message at a time. */
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
