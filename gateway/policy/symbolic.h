#ifndef POLICY_SYMBOLIC_H
#define POLICY_SYMBOLIC_H

/*
 * A law over a symbolic context: for each rule the literals of its being active in the lane and of
 * its condition, and from them those of a field reaching a level. What decide.h does for one
 * message, for all of them at once:
 *
 *     the rank is at least r  <=>  a permit of rank r or more that covers the field is TRUE,
 *                                  no restriction below r that covers it is TRUE or UNKNOWN,
 *                                  and nothing refuses the message
 *
 * A message that is held can be let go by a human, so holds stop nothing here. Other persons and
 * other fields of the message could only add reasons to refuse it; there are none.
 */

#include "policy/context.h"
#include "policy/field_group.h"

/** What one rule gives in the lane. */
struct symbolic_rule {
    uint32_t active;
    struct judgement person, of_case; /* it is active, and its condition is so for a person and its
                                         fields, or for the case */
};

struct symbolic {
    struct context *context;
    const struct law *law;
    size_t index; /* of the law in the context */
    struct judgement *atoms;
    bool *judged; /* by atom */
    struct symbolic_rule *rules, *guarantees;
    uint32_t unrefused[2]; /* nothing refuses the message as such: for the case; for a person too */
};

/** Works out one of the context's laws. Lives in its arena. MEMORY */
struct status symbolic_new(struct context *context, size_t law_index,
                           struct symbolic **ret_symbolic);

/** The literal of a field of the group reaching at least this rank, 1 or more. */
uint32_t symbolic_reaches(struct symbolic *symbolic, const struct field_group *group, size_t rank);

/** The literal of a rule being active and its condition at least UNKNOWN, for the group. */
uint32_t symbolic_applies(const struct symbolic_rule *rule, const struct field_group *group);

/** The permit that grants that rank in the values found last: the first by title. NULL if none. */
const struct rule *symbolic_granting(const struct symbolic *symbolic,
                                     const struct field_group *group, size_t rank);

/** Marks the slots that the level of a group depends on; guarantee may be NULL. */
void symbolic_mark(const struct symbolic *symbolic, const struct field_group *group,
                   const struct rule *guarantee, bool *slots);

/** Marks the slots that a rule's condition names. */
void symbolic_mark_rule(const struct symbolic *symbolic, const struct rule *rule, bool *slots);

#endif
