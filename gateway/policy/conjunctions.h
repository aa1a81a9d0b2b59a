#ifndef POLICY_CONJUNCTIONS_H
#define POLICY_CONJUNCTIONS_H

/*
 * A rule's condition as a choice of conjunctions: each a set of tests that must hold and a set that
 * must not. In three-valued logic this says exactly what the condition says: "and" and "or" are
 * minimum and maximum, which distribute and absorb, and "not" moves down to the tests. A test and
 * its own negation do not cancel out; together they are unknown where the test is.
 */

#include "policy/law.h"

#define CONJUNCTIONS_MAX 64

/** Bits of the rule's own tests. */
struct conjunction {
    uint64_t must, never;
};

struct conjunctions {
    size_t atoms[64]; /* index in law->atoms, by bit */
    size_t atom_count;
    struct conjunction at[CONJUNCTIONS_MAX];
    size_t count; /* 0: never true. One without tests: always */
};

/** The condition of a rule, `when` and not `unless`; false if it takes more than there may be. */
bool conjunctions_of(const struct rule *rule, struct conjunctions *ret);

#endif
