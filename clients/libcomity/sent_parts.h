#ifndef LIBCOMITY_SENT_PARTS_H
#define LIBCOMITY_SENT_PARTS_H

/* What the sent_*.c share: how a receipt of an own message is judged, and how its answer is kept.
 */

#include "libcomity/sent.h"

/** What a receipt's entry is to be. */
struct expected {
    enum entry_kind kind;
    enum stage stage;
};

/**
 * Checks that a receipt is the entry that was to be made of an own message, and that its log is the
 * one that was seen before.
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
