#ifndef LIBCOMITY_READING_H
#define LIBCOMITY_READING_H

/*
 * No receipt, no read: a delivery is opened only when chain_verify says so. Here is what that needs
 * from outside: the last checkpoints that were kept, consistency proofs and cosigned checkpoints,
 * which are asked of the gateway only when they are wanted.
 */

#include "audit/chain.h"
#include "libcomity/client.h"

/**
 * Verifies a delivery and keeps the checkpoints that it proved.
 *
 * archived  it was verified against the kept checkpoints when it came; only the rest is judged
 * again
 *
 * REFUSED   the first failing check, with exit 9, 10 or 11
 * NETWORK, STORE, MEMORY
 */
struct status reading_verify(struct comity *c, struct arena *arena, const struct deliver *deliver,
                             bool archived, const struct delivery_verified **ret_delivery,
                             struct comity_fault *reterr);

/**
 * Judges a receipt's checkpoint against the one that was kept of its log, and keeps the newer.
 * REFUSED  checkpoint.unproved, checkpoint.fork
 */
struct status reading_advance(struct comity *c, struct arena *arena, const struct proved *proved,
                              struct comity_fault *reterr);

#endif
