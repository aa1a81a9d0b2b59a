#ifndef EXCHANGE_AGAIN_H
#define EXCHANGE_AGAIN_H

/*
 * Deciding again about a message that waits for a peer gateway, for a party or is held, where
 * another rulebook has come into force since it was decided about, or a policy of the same has by
 * its date, where one of its parties is there no longer by its date, or where its sender's sealing
 * certificate was revoked: what is no longer allowed must not leave.
 */

#include "exchange/judge.h"

/**
 * Whether the law may say something else at this time than it said when this was decided about:
 * another rulebook is in force, or a policy of it came into force or went out of it since; one of
 * the parties is outside of its dates; or a sealing certificate of the sender is on a revocation
 * list, whenever that came here. Local values were given with the message and stay as they are; TLS
 * certificates are looked at on links.
 */
bool again_is_due(const struct snapshot *snapshot, const struct delivery *delivery,
                  uint64_t now_ms);

/**
 * Judges what the journal keeps by the rulebook in force now. Of a party's own message: the
 * parties, the type and its fields, the local values and the law; seal, times and decoys were
 * judged when it came. Of one that a peer brought: its chain, and what hop 2 may still withhold.
 *
 * delivery  release empty where the message is held
 *
 * repeated in *ret_judgement says that the decision stands: the same fields go out under the same
 * conditions. Otherwise the code says what is to be done: NONE or E_HELD, the posting, which
 * replaces the earlier decision; any other, the message goes nowhere for it, and the posting is not
 * for the journal. E_STALE is for one that would go out, but under a release of now that no reader
 * takes, because the message is too old (claims.window).
 *
 * MEMORY, STORE, CRYPTO are ours: nothing was decided.
 */
struct status judge_again(struct arena *arena, const struct judge *judge,
                          const struct delivery *delivery, const struct kept *kept,
                          struct judgement *ret_judgement);

/** Whether the release of this digest was replaced by the one that is kept now: a peer that has
 * taken it over, and whose answer was lost, gives its receipt for that one. MEMORY, STORE */
struct status again_replaced(struct arena *arena, const struct kept *kept, struct slice digest,
                             bool *ret_replaced);

#endif
