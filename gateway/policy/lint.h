#ifndef POLICY_LINT_H
#define POLICY_LINT_H

/*
 * What is odd about a law that can be read: rules that do nothing, fields that nobody thought of,
 * parties that do not exist. Findings about rules are proofs over all messages, as in reach.h; what
 * could not be decided is no finding.
 *
 *     vacuous        its conditions can never hold together, whoever might send whatever to whom
 *     shadowed       a permit beside which another one always grants as much
 *     overridden     a permit that restrictions always take back
 *     redundant      a restriction that says the same as another
 *     out-of-force   the policy's last day is past, or its first day to come
 *     ends-soon      ... or is within LINT_SOON_DAYS days
 *     no-party       from or to names parties of which the directory has none; told once for each
 *     unhandled      a field that no rule mentions: neither a permit nor an explicit never
 *     unrestricted   a category that is granted in clear and that no restriction or guarantee names
 *     free-text      free text, other than metadata, that is granted though nothing says of whom it
 *                    may speak: it declares no subjects, and no restriction covers it
 *
 * `comity policy lint` and `check` print one line each.
 */

#include "policy/probe.h"

#define LINT_SOON_DAYS 90

struct lint_finding {
    const char *code;        /* of the table above; static storage */
    const struct rule *rule; /* whose policy and line say where; NULL for fields and categories */
    struct slice subject;    /* the rule's title, "*.POL", the field or "tag.place" */
    const char *sentence;    /* what is odd, for a lawyer */
};

struct lint_findings {
    struct lint_finding *at;
    size_t count, room;
};

/** All findings: of rules in the order of the law, then of fields, then of categories. In the
 * arena. MEMORY */
struct status lint_law(struct arena *arena, const struct rulebook *rulebook, uint64_t at_ms,
                       struct lint_findings *ret_findings);

/* Parts of it. */

/** Adds a finding; false when the arena is full. */
bool lint_add(struct arena *arena, struct lint_findings *findings,
              const struct lint_finding *finding);

/** Adds the findings that take a search: vacuous, shadowed, overridden, redundant. MEMORY */
struct status lint_rules(struct arena *arena, const struct rulebook *rulebook, uint64_t at_ms,
                         struct lint_findings *findings);

#endif
