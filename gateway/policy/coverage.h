#ifndef POLICY_COVERAGE_H
#define POLICY_COVERAGE_H

/* Which rules have been seen at work: each has to apply to some message and not to apply to
 * another. */

#include "policy/decide.h"

struct coverage {
    const struct law *law;
    bool *applied, *left; /* by rule */
};

/** Nothing is seen yet. Lives in the arena. MEMORY */
struct status coverage_new(struct arena *arena, const struct law *law,
                           struct coverage *ret_coverage);

/** Looks at each rule as it meets a message, deaf to LOCAL values and with them. MEMORY */
struct status coverage_add(struct coverage *coverage, const struct question *question);

/** How many rules were seen both ways. */
size_t coverage_count(const struct coverage *coverage);

#endif
