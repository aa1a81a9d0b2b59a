#ifndef EXCHANGE_RELAY_H
#define EXCHANGE_RELAY_H

/*
 * The pipeline for one DELIVER that a peer gateway brings (hop 2): chain verified -> replay -> law
 * -> document of what arrived -> decision -> posting. Hop 1 has let go what comes; hop 2 may only
 * withhold more, and nothing of that is ever told to the peer: a held message is answered as one
 * that goes on.
 */

#include "audit/chain.h"
#include "exchange/judge.h"

/** What a link knows of the peer that brings a message. */
struct bringer {
    const struct kept_checkpoint *kept; /* the last of its log that was verified on this link; NULL
                                           or size 0: none yet */
    bool same_law;       /* the law of its greeting is that in force here, by number and digest */
    bool same_directory; /* and so are its States and parties */
};

/**
 * Judges, as judge_submit does. judge->party is the peer gateway. What it decided under an earlier
 * law than ours it has judged again by its own of now: where that is ours, it is taken. While the
 * directories differ, what ours does not bear out is put off (directory.other), not refused for
 * good: a new party, key or certificate does not come to all gateways at one time.
 *
 * A repeated message is answered with seen: the receipt of its stage 2 entry, or its refusal; its
 * posting is one of POSTING_CHECKPOINT and may be left. In another posting, relayed is filled in
 * for disclosures and holds, whose code is REFUSAL_NONE; peer is filled in wherever the receipt's
 * note verifies and continues what is kept, whatever else is refused, and where it speaks of a fork
 * (checkpoint.fork), for evidence. A refusal that the peer may get over (E_STALE) or of something
 * that is no proven message is a POSTING_QUESTION: it takes no key.
 *
 * MEMORY, STORE, CRYPTO are ours: nothing was decided, the peer may try again. So is FULL: the
 * signatures of our rulebook have ended.
 */
struct status judge_relay(struct arena *arena, const struct judge *judge,
                          const struct deliver *deliver, const struct bringer *bringer,
                          struct judgement *ret_judgement);

/**
 * Judges a message that a peer brought once more, as it is kept: the chain by the directory in
 * force now, the fields by the law. judge->party is that peer. Whatever law hop 1 decided by, and
 * however old it is. The code says what the law says: also E_HELD, of which the peer never hears.
 *
 * MEMORY, STORE, CRYPTO are ours: nothing was decided;  FULL  nor is it before the rulebook is
 * signed anew
 */
struct status judge_relayed(struct arena *arena, const struct judge *judge,
                            const struct deliver *deliver, struct judgement *ret_judgement);

#endif
