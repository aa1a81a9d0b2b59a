#ifndef LIBCOMITY_READING_H
#define LIBCOMITY_READING_H

/*
 * No receipt, no read: a delivery is opened only when chain_verify says so. Here is what that needs
 * from outside: the last checkpoints that were kept, consistency proofs and cosigned checkpoints,
 * which are asked of the gateway only when they are wanted.
 */

#include "audit/chain.h"
#include "libcomity/client.h"

/** The certificate of a seal's sender as the directory has it now, DER; empty where it has none. */
struct slice reading_signer(const struct comity *c, const struct envelope *envelope);

/**
 * Verifies a delivery that came now and keeps the checkpoints that it proved.
 *
 * REFUSED   the first failing check, with exit 9, 10 or 11
 * NETWORK, STORE, MEMORY
 */
struct status reading_verify(struct comity *c, struct arena *arena, const struct deliver *deliver,
                             const struct delivery_verified **ret_delivery,
                             struct comity_fault *reterr);

/**
 * Verifies an archived delivery again, except against the kept checkpoints, as that was done when
 * it came.
 *
 * signer    certificate of its seal, where the directory lists it no more; NULL: the directory's
 *
 * REFUSED   the first failing check, with exit 9;  MEMORY
 */
struct status reading_again(struct comity *c, struct arena *arena, const struct deliver *deliver,
                            struct certificate *signer,
                            const struct delivery_verified **ret_delivery,
                            struct comity_fault *reterr);

/**
 * Judges a receipt's checkpoint against the one that was kept of its log, and keeps the newer.
 * REFUSED  checkpoint.unproved, checkpoint.fork
 */
struct status reading_advance(struct comity *c, struct arena *arena, const struct proved *proved,
                              struct comity_fault *reterr);

/** The same of a checkpoint that CHECKPOINT told, of which proved has note, proof and, in place of
 * a message's, the id that evidence is kept under. OK also where it is of the past. */
struct status reading_told(struct comity *c, struct arena *arena, const struct proved *proved,
                           struct comity_fault *reterr);

#endif
