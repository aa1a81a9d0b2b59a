#ifndef LIBCOMITY_SEALING_H
#define LIBCOMITY_SEALING_H

/* From a draft to the sealed submission: salts, decoys, digests, seal. */

#include "libcomity/compose.h"
#include "message/seal.h"

#define PAD_DEFAULT 64 /* digests of a type that the rulebook does not know */

/** Who seals. */
struct sealer {
    const struct key *key;
    const struct certificate *certificate;
};

/**
 * Seals a draft. Everything in the submission lives in the arena or is the draft's.
 *
 * CONFIG  the message is too long, or has more fields than a seal can hold
 * MEMORY, CRYPTO
 */
struct status seal_draft(struct arena *arena, const struct draft *draft,
                         const struct sealer *sealer, struct submit *ret_submit,
                         struct comity_fault *reterr);

#endif
