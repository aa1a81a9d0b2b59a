#ifndef UNIT_POLICY_DRAWN_H
#define UNIT_POLICY_DRAWN_H

/*
 * Laws and messages drawn at random (chance.h) from texts as lawyers write them, small enough for
 * very many of them. Those of worlds.h, which are trees that a plain reading can judge, share
 * nothing with these, so that one mistake cannot be in both.
 */

#include "policy/law.h"
#include "support/compose.h"

#define DRAWN_RULES_MAX 16

/** The texts of rules. */
struct drawn_rules {
    char at[DRAWN_RULES_MAX][640];
    size_t count;
};

struct drawn_rules drawn_rules(void);

/** Writes a condition made of these tests, joined and negated at most depth deep. */
void drawn_condition(struct buffer *out, const char *const *among, size_t count, size_t depth);

/** Adds one rule of a kind ("permit", "limit", "forbid"). */
void drawn_add(struct drawn_rules *rules, enum rule_kind kind);

/** The same rules in another order, one of them twice. */
struct drawn_rules drawn_shuffled(const struct drawn_rules *rules);

/** A rulebook of one message type with these rules; to be freed with drawn_free. Stops the program
 * where the rules cannot be read. */
struct rulebook *drawn_rulebook(const struct drawn_rules *rules);
void drawn_free(struct rulebook *rulebook);

/** A message of that type, from XA-CA-01; to be freed with composed_free. */
struct composed *drawn_message(void);

/** Frees what all drawn rulebooks share. */
void drawn_end(void);

#endif
