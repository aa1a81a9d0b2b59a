#ifndef LIBCOMITY_TOLD_H
#define LIBCOMITY_TOLD_H

/*
 * What the gateway tells by CHECKPOINT: how far a log has gone on, of which no receipt may come for
 * long. It comes in whichever call the link is read, and is judged when the next one begins, or at
 * once where one waits for what comes.
 */

#include "libcomity/client.h"

/**
 * As client_begin, for a call that uses the link; then judges what was told on it, and keeps it
 * where the checkpoints of receipts are kept. A log that the directory does not have, or not with
 * this key, is passed over: nothing is learnt about it.
 *
 * REFUSED  checkpoint.fork, with both checkpoints kept as evidence; checkpoint.unproved; note.*
 * CRYPTO, STORE, MEMORY
 */
struct status told_begin(struct comity *c, uint64_t wait_ms, struct comity_fault *reterr);

#endif
