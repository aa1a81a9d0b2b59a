#ifndef EXCHANGE_CANDIDATE_H
#define EXCHANGE_CANDIDATE_H

/*
 * A candidate: a rulebook that is not in force and is asked all the same about live traffic, beside
 * the one that is. Of its answers nothing is kept but counts. It never decides anything, and what
 * it cannot judge for want of memory is skipped. Shared by all workers and by reference.
 */

#include "exchange/judge.h"
#include "policy/decision_diff.h"

struct candidate;

/**
 * Takes the candidate's rulebook over. One reference is the caller's. NULL when memory is out: the
 * rulebook is still the caller's.
 *
 * beside  digest of the rulebook in force
 */
struct candidate *candidate_new(struct rulebook *rulebook, const struct digest *beside);

/** One more reference. NULL gives NULL. */
struct candidate *candidate_hold(struct candidate *candidate);

/** One reference less; the last one frees. NULL does nothing. */
void candidate_drop(struct candidate *candidate);

const struct rulebook *candidate_rulebook(const struct candidate *candidate);

/** Whether its counts are those of these two rulebooks. NULL is of none. */
bool candidate_is(const struct candidate *candidate, const struct digest *rulebook,
                  const struct digest *beside);

/**
 * Asks it what the rulebook in force was asked, and counts how the answers differ. A message that
 * does not fit its types, parties or codes counts as refused by it. NULL does nothing.
 *
 * judge     as the rulebook in force judges
 * question  that was decided
 * decision  the answer in force
 */
void candidate_ask(struct candidate *candidate, const struct judge *judge,
                   const struct question *question, const struct decision *decision);

/** Counts of messages; wider and narrower of fields. */
struct candidate_counts {
    uint64_t compared, skipped;
    uint64_t outcomes[OUTCOMES][OUTCOMES]; /* by the outcome in force and the candidate's */
    uint64_t wider[CATEGORY_COUNT], narrower[CATEGORY_COUNT];
};

/** The counts of now; while messages are judged they may be of different moments. */
void candidate_read(const struct candidate *candidate, struct candidate_counts *ret_counts);

#endif
