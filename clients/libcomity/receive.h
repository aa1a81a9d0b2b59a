#ifndef LIBCOMITY_RECEIVE_H
#define LIBCOMITY_RECEIVE_H

/* What the gateway pushes: messages and receipts of own messages' later stages. */

#include "audit/chain.h"
#include "libcomity/client.h"
#include "libcomity/records.h"

/**
 * Takes pushed frames until none comes for wait_ms or the call's time is over. A message that does
 * not verify is refused and stays with the gateway; the first such fault is given at the end, the
 * others are taken all the same.
 */
struct status receive_pushes(struct comity *c, uint64_t wait_ms, size_t *ret_count,
                             struct comity_fault *reterr);

/** Archives a verified message and tells the gateway that it is kept; answers: its DELIVER, or 0.
 */
struct status receive_keep(struct comity *c, const struct deliver *deliver,
                           const struct delivery_verified *delivery, uint64_t answers,
                           struct comity_fault *reterr);

/** Tells the gateway a stage of a received message. */
struct status receive_tell(struct comity *c, const struct message_key *key, enum stage stage,
                           uint64_t answers, struct comity_fault *reterr);

#endif
