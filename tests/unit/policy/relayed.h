#ifndef UNIT_POLICY_RELAYED_H
#define UNIT_POLICY_RELAYED_H

/* Hop 2 for tests: what the shipped law lets go at hop 1, decided again. */

#include "fixture.h"

#define RELAYED_MAX 300

/** A message let go at hop 1 and decided at hop 2. */
struct relayed {
    struct decided first;
    struct release release; /* of hop 1 */
    struct leaf leaves[RELAYED_MAX];
    bool derived[RELAYED_MAX];
    size_t count;
    const struct document *document;
    const struct decision *decision;
};

/** Everything that hop 1 lets go of a document; not decided yet. */
struct relayed *relayed_of(const json_t *document);

/** The same of A.3. */
struct relayed *relayed_a3(void);

/** One leaf more. */
void relayed_add(struct relayed *relayed, struct slice path, struct value value, bool derived);

/** Takes the leaf at this label, or all below it, out of what arrives. */
void relayed_lose(struct relayed *relayed, const char *label);

/** Decides it, or decides it anew. */
void relayed_decide(struct relayed *relayed, const struct rulebook *rulebook);

/** A.3 decided under rules of the test; the rulebook is to be freed after it. */
struct relayed *relayed_under(const char *rules, struct rulebook **ret_rulebook);

/** The verdict of a labelled path; the program stops if it did not arrive. */
const struct verdict *relayed_verdict(const struct relayed *relayed, const char *label);

/** How many leaves go on. */
size_t relayed_released(const struct relayed *relayed);

void relayed_free(struct relayed *relayed);

#endif
