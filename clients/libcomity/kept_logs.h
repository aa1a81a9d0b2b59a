#ifndef LIBCOMITY_KEPT_LOGS_H
#define LIBCOMITY_KEPT_LOGS_H

/*
 * The state of each log that this party has seen: the last verified checkpoint of the own
 * gateway's, and of every other gateway's whose receipts came. A log has one history. Between what
 * is kept and what a receipt says, the own gateway proves its own log by one consistency proof, and
 * another's by the steps in which it verified that log itself.
 */

#include "audit/chain.h"
#include "libcomity/client.h"
#include "session/query.h"

struct kept_logs {
    struct kept_checkpoint *at; /* sorted by origin */
    size_t count;
};

/** All, in the arena. Strict: without a log's checkpoint nobody would notice that it was rewritten.
 * CRYPTO; STORE, as where there are more than CHECKPOINTS_MAX; MEMORY */
struct status kept_logs_load(struct comity *c, struct arena *arena, struct kept_logs *ret_logs,
                             struct comity_fault *reterr);

/**
 * Those that HELLO names, in the arena: no more than HELLO_LIST_MAX, sorted by origin. Where there
 * are more, the own gateway's that goes on comes first, then all that go on, those whose end is
 * still to be seen, those that are kept to it, and last what the directory has no more. Records
 * that do not open are passed over: whoever verifies is strict. STORE, as above; MEMORY
 */
struct status kept_logs_name(const struct comity *c, struct arena *arena, struct hello *hello,
                             struct comity_fault *reterr);

/** How many of them may still grow: all of the directory but those that it closes, and those of
 * which one that succeeds them is kept as well. */
size_t kept_logs_growing(const struct comity *c, const struct kept_logs *logs);

/** NULL: none is kept. */
struct kept_checkpoint *kept_logs_find(struct kept_logs *logs, struct slice origin);

/** Whether this is a log of the own gateway. */
bool log_is_own(const struct comity *c, struct slice origin);

/**
 * Leads what is kept of another gateway's log to the checkpoint of a note, forwards or backwards:
 * asks for steps page by page and verifies each. kept is then the note's checkpoint; the archive's
 * stays. The note's signature was verified before.
 *
 * joined    a step that the gateway gives with a checkpoint which is none of its own steps; NULL:
 *           there is none
 * until_ms  monotonic: how long the gateway is waited for where it has to ask the other one first,
 *           for it has not kept the checkpoint itself
 *
 * ABSENT   the gateway has no steps between the two
 * REFUSED  checkpoint.fork: a step does not hold, or they lead to another root; frame.shape
 * NETWORK, MEMORY
 */
struct status kept_logs_lead(struct comity *c, struct kept_checkpoint *kept,
                             const struct note *note, const struct steps_row *joined,
                             uint64_t until_ms, struct comity_fault *reterr);

/** Keeps a note as the last checkpoint of its log, unless a larger one is kept. FORK, STORE, ... */
struct status kept_logs_advance(struct comity *c, const struct note *note);

/** A note that contradicts what is kept of its log, and the id of the message that it came with:
 * keeps both in the archive; *reterr, which is filled already, gets the hint where they are. */
void kept_logs_contradict(struct comity *c, const struct note *note, struct slice id,
                          struct comity_fault *reterr);

/** The same of a note that contradicts one that witnesses cosigned. */
void kept_logs_contradict_cosigned(struct comity *c, const struct note *cosigned,
                                   const struct note *note, struct slice id,
                                   struct comity_fault *reterr);

#endif
