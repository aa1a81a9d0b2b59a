#ifndef LIBCOMITY_RECEIVE_H
#define LIBCOMITY_RECEIVE_H

/* What the gateway pushes: messages and receipts of own messages' later stages. */

#include "audit/chain.h"
#include "libcomity/client.h"
#include "libcomity/records.h"

/** Archives a verified message and tells the gateway that it is kept; answers: its DELIVER, or 0.
 */
struct status receive_keep(struct comity *c, const struct deliver *deliver,
                           const struct delivery_verified *delivery, uint64_t answers,
                           struct comity_fault *reterr);

/** Tells the gateway a stage of a received message. */
struct status receive_tell(struct comity *c, const struct message_key *key, enum stage stage,
                           uint64_t answers, struct comity_fault *reterr);

#endif
