#ifndef EXCHANGE_GAPS_H
#define EXCHANGE_GAPS_H

/*
 * Checkpoints of other gateways' logs that a party keeps and this gateway does not: they came
 * after the backup that its journal was restored from. Where a party asks the steps from one, the
 * gateway asks whose log it is for the proof from there to the next one that is kept here. What is
 * the root at such a checkpoint the party alone knows: the proof answers that question, and
 * nothing else is judged by it.
 *
 * All workers of a gateway share one: parties have their links at one worker, the peer its own at
 * another. Nothing is durable; who still needs a proof after a restart asks again.
 */

#include "journal/journal.h"

#define GAPS_MAX       4096U /* in all: 16 MiB where each had the longest proof there is */
#define GAPS_PER_LOG   256U
#define GAPS_PER_PARTY 16U     /* of one log; each archive of a party keeps one checkpoint of it */
#define GAP_MS         600000U /* from the first question until it is forgotten */

struct gaps;

struct status gaps_new(struct gaps **ret_gaps); /* MEMORY */
void gaps_free(struct gaps *gaps);              /* NULL does nothing */

/** A party's question. */
struct gap_question {
    struct slice party;
    struct slice gateway, origin; /* whose log it is, as the directory has it */
    uint64_t old_size;
};

enum gap_state {
    GAP_OPEN,   /* the peer is asked, or will be */
    GAP_NEW,    /* the same, and it was not there before: the peer's link has to hear of it */
    GAP_CLOSED, /* there is a proof */
    GAP_REFUSED /* the peer has none */
};

/**
 * How far a question is; one that is new is remembered.
 *
 * ret_step  written where it is closed, in the arena, without note and origin
 *
 * FULL      there is no room for it, for this party, this log or at all;  MEMORY
 */
struct status gaps_look(struct gaps *gaps, struct arena *arena, const struct gap_question *question,
                        uint64_t now_ms, enum gap_state *ret_state,
                        struct peer_checkpoint *ret_step);

/** An open one, by the log and size that it begins at. */
struct gap {
    char origin[ORIGIN_MAX_BYTES + 1];
    uint64_t old_size; /* 0: none */
};

/**
 * The next of a gateway's logs that is due, which then is not again before until_ms.
 *
 * ret_due_ms  where there is none: when one is; 0: none is open
 */
bool gaps_take(struct gaps *gaps, struct slice gateway, uint64_t now_ms, uint64_t until_ms,
               struct gap *ret_gap, uint64_t *ret_due_ms);

/** It cannot be asked for yet. */
void gaps_put_back(struct gaps *gaps, const struct gap *gap, uint64_t due_ms);

/** The peer has no such proof. */
void gaps_refuse(struct gaps *gaps, const struct gap *gap);

/** Its proof: size, root and path of the step. Copied. MEMORY */
struct status gaps_close(struct gaps *gaps, const struct gap *gap,
                         const struct peer_checkpoint *step);

#endif
