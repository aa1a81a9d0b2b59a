#ifndef POLICY_STATED_H
#define POLICY_STATED_H

/* Visible withholdings: one marker per group, and only where nothing of the group is delivered. */

#include "policy/derive.h"

/**
 * Collects the markers, sorted by path, and makes silent what is to be stated in a group of which
 * something is delivered. The code is the category of the stated members, of several the first in
 * the order of the categories; it never tells of silent ones. The array lives in the arena. MEMORY
 */
struct status stated_collect(const struct facts *facts, struct verdict *verdicts,
                             const struct derivations *derivations,
                             const struct withholding **ret_withheld, size_t *ret_count);

#endif
