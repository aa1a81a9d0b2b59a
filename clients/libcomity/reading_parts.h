#ifndef LIBCOMITY_READING_PARTS_H
#define LIBCOMITY_READING_PARTS_H

/* What the files of reading share. */

#include "libcomity/kept_logs.h"
#include "libcomity/reading.h"

#define PROOFS_MAX 6 /* of each hop: to the kept checkpoint, and to cosigned ones */

/** What is at hand for one verification. */
struct evidence {
    struct dated_certificate signer; /* of the seal, instead of the directory's */
    struct dated_certificates signers;
    struct kept_logs kept;
    struct slice forked; /* origin of the log whose steps do not hold; empty: none was found */
    struct consistency_proof proofs[PROOFS_MAX];
    size_t proof_count;
    struct slice cosigned[HOPS_MAX];
    size_t cosigned_count;
    bool asked_proofs, asked_cosigned;
    uint64_t until_ms; /* of waiting for all that the gateway has to ask another one; 0: none */
};

/** Until when the gateway is waited for (monotonic ms): the archive is locked, and another process
 * waits for it no longer than timeout_ms. */
uint64_t reading_until(const struct comity *c);

struct reader_state reading_state(const struct comity *c, const struct evidence *e);

/** Asks what lies between the kept checkpoint of a log and a receipt's, as far as the gateway
 * knows. */
struct status reading_ask_between(struct comity *c, struct arena *arena, struct evidence *e,
                                  const struct note *note, struct comity_fault *reterr);

#endif
