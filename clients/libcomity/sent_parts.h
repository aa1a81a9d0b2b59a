#ifndef LIBCOMITY_SENT_PARTS_H
#define LIBCOMITY_SENT_PARTS_H

/* What the sent_*.c share: how a receipt of an own message is judged, and how its answer is kept.
 */

#include "libcomity/sent.h"

/** What a receipt's entry is to be. */
struct expected {
    enum entry_kind kind;
    enum stage stage;
    uint64_t hop; /* 1: of the own gateway, 2: of the recipient's */
};

/**
 * What a receipt says that it is, by its own words, which are not proved yet.
 * REFUSED  it is no receipt;  MEMORY
 */
struct status receipt_claims(struct arena *arena, struct slice octets, struct outer *ret_outer);

/** Whether a sender is told of its message by such an entry, and by that gateway. */
bool is_answer(const struct comity *c, const struct outer *outer);

/** As receipt_accept, but for the state of the log. REFUSED, MEMORY */
struct status receipt_hold(const struct comity *c, struct arena *arena, struct slice octets,
                           const struct envelope *envelope, struct expected entry,
                           struct proved *ret_proved, struct comity_fault *reterr);

/**
 * Checks that a receipt is the entry that was to be made of an own message by the gateway whose hop
 * it is, and that its log is the one that was seen before.
 *
 * REFUSED  it does not hold;  NETWORK, STORE, FULL, CRYPTO, MEMORY
 */
struct status receipt_accept(struct comity *c, struct arena *arena, struct slice octets,
                             const struct envelope *envelope, struct expected entry,
                             struct proved *ret_proved, struct comity_fault *reterr);

/** What was refused may be sent again and accepted; what was accepted is never refused any more: so
 * the higher of two proved stages is the one that counts. */
unsigned stage_rank(enum stage stage);

/** Keeps an answer, unless more is proved already: a word never undoes a proof. STORE, ... */
struct status answer_note(struct comity *c, struct arena *arena, struct slice id,
                          const struct sent_answer *answer);

#endif
