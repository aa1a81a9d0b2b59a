#ifndef POLICY_WEIGH_H
#define POLICY_WEIGH_H

/*
 * Rules against fields: the join of what permits grant, met with every ceiling. All fields that the
 * same rules cover, of the same person, are weighed once.
 */

#include "policy/truth.h"

/** What the rules make of a field. */
struct tally {
    const struct grades *grades;
    size_t order;                          /* of the field's levels */
    const struct rule *granting, *capping; /* NULL where none did */
    uint32_t obligations;                  /* of all rules that contributed */
    bool arrived;                          /* let go at hop 1, so granted */
};

struct weighing {
    struct facts *facts;
    const struct law *law;
    const struct lane *lane;
    const struct truths *truths; /* by person, the case last */
    struct weighed *weighed;     /* by person and column */
    uint32_t missing;            /* obligations that the message does not meet */
};

/** What stops the message; code is NONE if nothing does. */
struct stop {
    enum refusal code;
    struct slice rule;
};

/** Evaluates the law's conditions for a message. To be ended. MEMORY */
struct status weighing_start(struct facts *facts, struct weighing *ret_weighing);

/** Gives its lane back (lanes.h); all else lives in the arena of the facts. */
void weighing_end(const struct weighing *weighing);

/** The same on the message's lane, which the caller holds: not to be ended. MEMORY */
struct status weighing_on(struct facts *facts, const struct lane *lane,
                          struct weighing *ret_weighing);

/** The level of one field of the message. */
struct tally weigh_item(const struct weighing *weighing, const struct document_item *item);

/** The level that this field of a person would have, were it there with this category. */
struct tally weigh_field(const struct weighing *weighing, size_t person,
                         const struct field_rule *field, enum category category);

/** The level that restrictions which name the field, and not its category, leave of it. */
enum level weigh_named(const struct weighing *weighing, size_t person,
                       const struct field_rule *field);

/** What the rules make of a field of this category, of this person. */
struct tally weigh_declared(const struct weighing *weighing, size_t person, enum category category);

/** The level of a tally, and the rule that decided it. */
struct verdict tally_verdict(const struct tally *tally, enum category category);

/** That rule; NULL where none did. */
const struct rule *tally_rule(const struct tally *tally);

/** The stop of a kind (RULE_HOLD, RULE_REFUSE) with the code first in the order of refusals. */
struct stop weigh_stop(const struct weighing *weighing, enum rule_kind kind);

/** Whether a rule of the law speaks of such messages at all: in force, for these parties and this
 * purpose. */
bool weigh_speaks(const struct weighing *weighing, size_t rule);

/** What the condition of a rule that speaks gives, for a person or NO_PERSON. */
enum truth weigh_truth(const struct weighing *weighing, size_t rule, size_t person);

/** Whether a restriction with a condition of this truth applies. */
bool weigh_restricts(const struct weighing *weighing, enum truth truth);

/** Whether a rule with a condition of this truth applies: a restriction, or a permit which the
 * message is all that it requires it to be. */
bool weigh_applies(const struct weighing *weighing, size_t rule, enum truth truth);

/** Whether a rule covers a field of the message. */
bool weigh_covers(const struct weighing *weighing, size_t rule, const struct document_item *item);

#endif
