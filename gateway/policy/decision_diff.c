#include "policy/decision_diff.h"

const char *outcome_name(enum outcome outcome)
{
    static const char *const names[OUTCOMES] = {
        [OUTCOME_REFUSE] = "refuse", [OUTCOME_HOLD] = "hold", [OUTCOME_DELIVER] = "deliver"};
    return names[outcome];
}

struct decision_diff decision_compare(const struct document *document, const struct decision *first,
                                      const struct decision *second)
{
    struct decision_diff diff = {
        .first = first->outcome,
        .second = second == NULL ? OUTCOME_REFUSE : second->outcome,
    };
    if (diff.first == OUTCOME_REFUSE || diff.second == OUTCOME_REFUSE)
        return diff;
    for (size_t i = 0; i < document->count; i++) {
        enum level before = first->verdicts[i].level, after = second->verdicts[i].level;
        diff.wider[document->items[i].category] += after > before;
        diff.narrower[document->items[i].category] += after < before;
    }
    return diff;
}
