#ifndef POLICY_DECISION_DIFF_H
#define POLICY_DECISION_DIFF_H

/* How the decisions of two laws about one message differ, in numbers alone: its outcome, and how
 * many fields of each category would reach the recipient with more, or with less. */

#include "policy/decide.h"

#define OUTCOMES ((unsigned)OUTCOME_DELIVER + 1)

struct decision_diff {
    enum outcome first, second;
    uint64_t wider[CATEGORY_COUNT]; /* fields of which the second law shows more */
    uint64_t narrower[CATEGORY_COUNT];
};

/** "refuse", "hold", "deliver". Static storage. */
const char *outcome_name(enum outcome outcome);

/**
 * Compares. Fields are compared by their levels alone, not by what a level keeps (the year, the
 * last four), and only where neither law refuses: what is refused has no fields.
 *
 * document  as the first law's type sees it: its categories count
 * second    about the same leaves; NULL: they do not fit the second law's type, which refuses
 */
struct decision_diff decision_compare(const struct document *document, const struct decision *first,
                                      const struct decision *second);

#endif
