#ifndef POLICY_EXPLAIN_H
#define POLICY_EXPLAIN_H

/*
 * Why a field has its level: which rules had something to say of it, which of them decided, and
 * where something is not known, which attributes are missing. By the rules alone: what groups,
 * declared texts and the leak hold add is in the decision.
 *
 * Who may be told is not decided here. An explanation shows what the field's person is like, so it
 * is for those only who may see all of the message.
 */

#include "policy/weigh.h"

/** A rule that covers the field and was TRUE or UNKNOWN. */
struct explained_rule {
    const struct rule *rule;
    enum truth truth;
    bool applied;          /* a permit that is TRUE, if the message is what it requires; a
                              restriction that is TRUE or UNKNOWN */
    bool matters;          /* UNKNOWN, and with more known the field could have another level */
    struct slices missing; /* attributes that are not known, where UNKNOWN: "person.age_status" */
};

struct explanation {
    struct verdict verdict;                /* by the rules alone */
    const struct explained_rule *deciding; /* NULL: by default, or let go at hop 1 */
    const struct explained_rule *rules;    /* all, permits and restrictions, by title */
    size_t rule_count;
    struct slices missing; /* of all rules that matter, in the order of the law's attributes */
};

/** Explains one item of the question's document, with its LOCAL values. MEMORY */
struct status policy_explain(struct arena *arena, const struct question *question, size_t item,
                             const struct explanation **ret_explanation);

/**
 * What the rules alone make of a category of a person's fields, or with NO_PERSON of the case's.
 *
 * ret_certain  a rule decided it of which everything is known
 *
 * MEMORY
 */
struct status policy_explain_category(struct arena *arena, const struct question *question,
                                      size_t person, enum category category,
                                      struct verdict *ret_verdict, bool *ret_certain);

#endif
