#ifndef COMITY_CROSSCHECK_PAIRS_H
#define COMITY_CROSSCHECK_PAIRS_H

/*
 * Two States' logs about the messages between them (R-AUD-01, R-AUD-07): what one lets go the other
 * takes over exactly once, and nobody's log tells what the other withheld silently. Pure.
 */

#include "audit/opening.h"

enum crosscheck_side { SIDE_HERE, SIDE_OTHER };

enum crosscheck_event {
    EVENT_LET_GO,     /* disclosure at hop 1 */
    EVENT_STAYED,     /* held or refused, not relayed, not delivered: at hop 1 */
    EVENT_TAKEN_OVER, /* stage relayed, at hop 2 */
    EVENT_PASSED_ON,  /* disclosure at hop 2 */
    EVENT_HELD,       /* at hop 2 */
    EVENT_REFUSED,    /* at hop 2 */
    EVENT_REVEALING,  /* by the sender's gateway: of what the other one decided */
    EVENTS
};

/** An entry about a message between the two. */
struct crosscheck_fact {
    uint8_t id[16];
    char from[16], to[16];
    enum crosscheck_side side;
    enum crosscheck_event event;
    uint64_t index, time_ms;
    struct digest seal, release; /* release: zero where the entry names none */
    bool has_related, confidential;
    uint64_t related;
};

/**
 * What an entry of one of the two logs is to the comparison.
 *
 * state, other  of the log's gateway and of the other one: "XA", "XC"
 *
 * false: nothing, it is about no message between the two
 */
bool crosscheck_fact_of(const struct opened *opened, uint64_t index, enum crosscheck_side side,
                        const char *state, const char *other, struct crosscheck_fact *ret_fact);

/** What became of one message, over all its facts. */
enum crosscheck_outcome {
    PAIR_AGREES,
    PAIR_REFUSED,    /* it was not let go, or not taken over, and one of the two says so */
    PAIR_WAITING,    /* let go after the other log ends: not taken over yet */
    PAIR_UNSEEN,     /* confidential, and the other mirror has entries without openings */
    PAIR_NOT_TAKEN,  /* let go, and the other log has nothing of it */
    PAIR_NOT_LET_GO, /* taken over, and the sender's log has nothing of it */
    PAIR_UNDECIDED,  /* taken over, and neither passed on nor held nor refused */
    PAIR_TWICE,      /* one of the two has it more than once */
    PAIR_OTHER_SEAL, /* the same id under another seal or release */
    PAIR_REVEALED,
    PAIR_OUTCOMES
};

/** Of each log what its facts do not say. */
struct crosscheck_end {
    uint64_t time_ms;  /* of its last entry */
    uint64_t unopened; /* entries whose outer opening this reader does not have */
};

/** Sorts facts by message; those of one stand together then. */
void crosscheck_facts_sort(struct crosscheck_fact *facts, size_t count);

/** How many facts from the first on are of its message. */
size_t crosscheck_facts_group(const struct crosscheck_fact *facts, size_t count);

/**
 * Judges the facts of one message.
 *
 * ends  by side
 *
 * ret_shown  the fact to be named
 */
enum crosscheck_outcome crosscheck_pair(const struct crosscheck_fact *facts, size_t count,
                                        const struct crosscheck_end ends[static 2],
                                        const struct crosscheck_fact **ret_shown);

#endif
