#ifndef POLICY_TRUTH_H
#define POLICY_TRUTH_H

/*
 * What the tests of conditions give, once for each person and once for the fields of the case.
 * Three values in two bits: it holds surely, or possibly. What is not known makes a permit fail and
 * a restriction apply.
 */

#include "policy/attribute.h"
#include "policy/lane.h"

/** Vectors of test bits, of two times engine->words words. */
struct truths {
    uint64_t *sure, *possible;
};

/** Evaluates the tests of a lane, by person, the case last. NULL if memory is out. */
struct truths *truths_of(struct facts *facts, const struct lane *lane);

/** One test by itself, as the lane's are when they are settled and explained. person is NO_PERSON
 * for the case. */
enum truth truth_of_atom(struct facts *facts, size_t atom, size_t person);

/** What is known of an attribute, for a person or NO_PERSON. */
struct codes codes_of_attribute(struct facts *facts, size_t attribute, size_t person);

/** Whether all of a set is known: what is not in it is certainly not so. */
bool codes_are_whole(const struct codes *codes);

/** Whether masks hold: what must be set is in yes, and what must not is not in no. */
static inline bool masks_hold(uint64_t must, uint64_t never, uint64_t yes, uint64_t no)
{
    return (must & ~yes) == 0 && (never & no) == 0;
}

#endif
