#ifndef POLICY_TRUTH_H
#define POLICY_TRUTH_H

/*
 * Conditions, evaluated once per person and once for the fields of the case. Three values: what is
 * not known makes a permit fail and a restriction apply.
 */

#include "policy/attribute.h"

/** What every rule's condition gives, for one person or for the case. */
struct truths {
    const uint8_t *of_rule; /* enum truth, by rule */
};

/** Evaluates all rules of the law. person is NO_PERSON for the case. starved tells of MEMORY. */
struct truths truths_of(struct facts *facts, const struct law *law, size_t person);

#endif
