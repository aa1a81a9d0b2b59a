#ifndef POLICY_GUARANTEE_H
#define POLICY_GUARANTEE_H

/*
 * Red lines, proved over the whole law: `guarantee "..." never fields ... when ...` holds if no
 * message of any type, between any States and roles, whoever its parties are, lets a field that it
 * covers reach more than its level where its condition is TRUE or UNKNOWN. States that no rule
 * names stand for all that could join, so the proof does not depend on the directory. The age group
 * that the gateway derives is meant by the field of that name: where that one stays below
 * "generalise" none is derived.
 *
 * It is made for the day given and for every later day that could break what held the day before: a
 * permit or a guarantee comes into force, or a rule that takes away goes out of it. What cannot be
 * decided within the steps counts as violated.
 *
 * `comity policy check` and the activation of a law call this; a law with a violated guarantee does
 * not become active.
 */

#include "policy/symbolic.h"

enum guarantee_answer {
    GUARANTEE_UNDECIDED, /* zero: counts as violated */
    GUARANTEE_VIOLATED,
    GUARANTEE_HOLDS,
};

struct guarantee_result {
    const struct rule *guarantee;
    enum guarantee_answer answer;
    /* Of a violation, or of what could not be decided: */
    uint64_t at_ms;
    const struct message_type *type;
    const char *field;       /* "persons.loc.current.city"; NULL while it holds */
    uint8_t grade;           /* what it reaches, as law->grades numbers it */
    const struct rule *rule; /* the permit that grants it */
    const char *example;     /* the counter-example: "message.type is mla.result, sender.state is
                                XA, ..., person.risk_state is not known" */
};

/** One result for each guarantee of the law, in its order; in the arena. MEMORY */
struct status guarantees_check(struct arena *arena, const struct rulebook *rulebook, uint64_t at_ms,
                               struct guarantee_result **ret_results);

/** The first that does not hold; NULL if all do. */
const struct guarantee_result *guarantees_broken(const struct guarantee_result *results,
                                                 size_t count);

#endif
