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
    struct led_checkpoints led[HOPS_MAX]; /* receipts' and cosigned ones, of other gateways' logs */
    size_t led_count;
    struct slice cosigned[HOPS_MAX];
    struct steps_row joined[HOPS_MAX]; /* what came with each; size 0: nothing */
    bool is_forked[HOPS_MAX];          /* a receipt's is of another history than this one */
    size_t cosigned_count;
    bool asked_proofs, asked_cosigned;
    uint64_t until_ms; /* of waiting for all that the gateway has to ask another one; 0: none */
};

/** Until when the gateway is waited for (monotonic ms): the archive is locked, and another process
 * waits for it no longer than timeout_ms. */
uint64_t reading_until(const struct comity *c);

struct reader_state reading_state(const struct comity *c, const struct evidence *e);

/** The checkpoint in a receipt that is not proved yet: good for a question, for nothing else. */
bool reading_note_of(struct arena *arena, struct slice receipt, struct note *ret_note);

/** Asks for what is cosigned of each receipt's log, then for the proofs. */
struct status reading_ask_witnesses(struct comity *c, struct arena *arena,
                                    const struct deliver *deliver, struct evidence *e,
                                    struct comity_fault *reterr);

/** Asks for the proofs between each receipt and the checkpoints of its log that are kept and
 * cosigned. REFUSED checkpoint.fork where the steps of another gateway's log contradict one. */
struct status reading_ask_proofs(struct comity *c, struct arena *arena,
                                 const struct deliver *deliver, struct evidence *e,
                                 struct comity_fault *reterr);

/** Asks what lies between the kept checkpoint of a log and a receipt's, as far as the gateway
 * knows. */
struct status reading_ask_between(struct comity *c, struct arena *arena, struct evidence *e,
                                  const struct note *note, struct comity_fault *reterr);

#endif
