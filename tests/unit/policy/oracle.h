#ifndef UNIT_POLICY_ORACLE_H
#define UNIT_POLICY_ORACLE_H

/*
 * The law as it reads, without any of what the gateway makes of it to be fast: every rule is asked
 * for every field, its condition step by step. What the compiled law must agree with. It
 * starts from the law as parsed; worlds_judge.c, which judges laws before they are text, shares
 * nothing with it.
 */

#include "policy/weigh.h"

/** What a condition gives where the tests have these values (enum truth), by atom. */
enum truth oracle_condition(const struct condition *condition, const uint8_t *atoms);

/** The same of a rule: when and not unless. */
enum truth oracle_rule(const struct rule *rule, const uint8_t *atoms);

/** A message whose tests have been asked one by one. */
struct oracle {
    struct facts *facts;
    const struct law *law;
    uint8_t **atoms; /* by person, the case last */
};

struct oracle oracle_of(struct facts *facts);

/** Whether a rule speaks of the message, and its truth for the field's person. */
bool oracle_speaks(const struct oracle *oracle, const struct rule *rule);
enum truth oracle_truth(const struct oracle *oracle, const struct rule *rule, size_t person);
bool oracle_covers(const struct oracle *oracle, const struct rule *rule,
                   const struct document_item *item);

/** Whether a permit counts: TRUE, and the message is what it requires. */
bool oracle_permits(const struct oracle *oracle, const struct rule *rule, enum truth truth);

/** What all rules make of a field. */
struct tally oracle_item(const struct oracle *oracle, const struct document_item *item);

#endif
