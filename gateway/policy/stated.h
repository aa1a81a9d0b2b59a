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

/**
 * Joins the markers with those that hop 1 stated; of two at one path hop 1's stays, so that it is
 * carried on as it was. Both are sorted, and so is the result, in the arena. MEMORY
 */
struct status stated_carry(struct arena *arena, const struct release *first,
                           const struct withholding **withheld, size_t *count);

#endif
