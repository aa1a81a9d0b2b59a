#ifndef POLICY_WEIGH_H
#define POLICY_WEIGH_H

/*
 * Rules against fields: the join of what permits grant, met with every ceiling. A field's category
 * and person decide once for all such fields; only rules that name fields are asked for each.
 */

#include "policy/truth.h"

/** What the rules looked at so far make of a field. */
struct tally {
    bool done;
    enum level grant, ceiling;
    const struct rule *granting, *capping; /* NULL where none did */
    uint32_t obligations;
};

struct weighing {
    struct facts *facts;
    const struct law *law;
    const bool *active;   /* by rule: in force, for these parties and this purpose */
    const size_t *naming; /* active rules that name fields, not only categories */
    size_t naming_count;
    const struct truths *truths; /* by person, the case last */
    struct tally *of_fields;     /* by person and category */
    struct tally *of_declared;   /* the same for categories that free text declares */
};

/** What stops the message; code is NONE if nothing does. */
struct stop {
    enum refusal code;
    struct slice rule;
};

/** Evaluates the law's conditions for a message. MEMORY */
struct status weighing_start(struct facts *facts, struct weighing *ret_weighing);

/** The level of one field of the message. */
struct tally weigh_item(const struct weighing *weighing, const struct document_item *item);

/** The level that a field of this category, of this person, would have. */
enum level weigh_declared(const struct weighing *weighing, size_t person, enum category category);

/** The level of a tally, and the rule that decided it. */
struct verdict tally_verdict(const struct tally *tally, enum category category);

/** The stop of a kind (RULE_HOLD, RULE_REFUSE) with the code first in the order of refusals. */
struct stop weigh_stop(const struct weighing *weighing, enum rule_kind kind);

#endif
