#include "oracle.h"

#include <string.h>

#include "policy/obligations.h"

static enum truth negate(enum truth t)
{
    return t == TRUTH_TRUE ? TRUTH_FALSE : t == TRUTH_FALSE ? TRUTH_TRUE : TRUTH_UNKNOWN;
}

enum truth oracle_condition(const struct condition *condition, const uint8_t *atoms)
{
    enum truth stack[CONDITION_MAX_STEPS + 1] = {TRUTH_TRUE};
    size_t top = 0;
    for (size_t i = 0; i < condition->count; i++) {
        const struct step *step = &condition->steps[i];
        if (step->kind == STEP_ATOM) {
            stack[++top] = (enum truth)atoms[step->test];
            continue;
        }
        if (step->kind == STEP_NOT) {
            stack[top] = negate(stack[top]);
            continue;
        }
        top--;
        bool first =
            step->kind == STEP_AND ? stack[top] < stack[top + 1] : stack[top] > stack[top + 1];
        stack[top] = first ? stack[top] : stack[top + 1];
    }
    return stack[top];
}

enum truth oracle_rule(const struct rule *rule, const uint8_t *atoms)
{
    enum truth when = oracle_condition(&rule->when, atoms);
    enum truth unless =
        rule->unless.count == 0 ? TRUTH_FALSE : oracle_condition(&rule->unless, atoms);
    return when < negate(unless) ? when : negate(unless);
}

struct oracle oracle_of(struct facts *facts)
{
    const struct law *law = facts->question->rulebook->law;
    size_t persons = facts->document->person_count;
    struct oracle o = {.facts = facts, .law = law};
    o.atoms = arena_array(facts->arena, persons + 1, sizeof *o.atoms);
    for (size_t c = 0; c <= persons; c++) {
        o.atoms[c] = arena_alloc(facts->arena, law->atom_count + 1);
        for (size_t t = 0; t < law->atom_count; t++)
            o.atoms[c][t] = (uint8_t)truth_of_atom(facts, t, c == persons ? NO_PERSON : c);
    }
    return o;
}

static bool party_fits(const struct party_pattern *patterns, size_t count, struct slice party)
{
    for (size_t i = 0; i < count; i++)
        if ((patterns[i].id.length == 0 || slice_equal(patterns[i].id, party)) &&
            (patterns[i].state.length == 0 || slice_equal(patterns[i].state, party_state(party))) &&
            (patterns[i].role.length == 0 || slice_equal(patterns[i].role, party_role(party))))
            return true;
    return count == 0;
}

static bool is_in(struct slices list, struct slice code)
{
    for (size_t i = 0; i < list.count; i++)
        if (slice_equal(list.at[i], code))
            return true;
    return false;
}

static bool agreed(const struct policy *policy, struct slice from, struct slice to)
{
    return policy->between.count == 0 ||
           (is_in(policy->between, from) && is_in(policy->between, to) && !slice_equal(from, to));
}

bool oracle_speaks(const struct oracle *o, const struct rule *rule)
{
    const struct claims *claims = o->facts->question->claims;
    uint64_t at_ms = o->facts->question->at_ms;
    return rule->from_ms <= at_ms && at_ms < rule->until_ms &&
           party_fits(rule->from, rule->from_count, claims->from) &&
           party_fits(rule->to, rule->to_count, claims->to) &&
           (rule->purposes.count == 0 || is_in(rule->purposes, claims->purpose)) &&
           agreed(&o->law->policies[rule->policy], party_state(claims->from),
                  party_state(claims->to));
}

enum truth oracle_truth(const struct oracle *o, const struct rule *rule, size_t person)
{
    return oracle_rule(rule,
                       o->atoms[person == NO_PERSON ? o->facts->document->person_count : person]);
}

static bool names(struct slice pattern, const struct document_item *item)
{
    static const char person[] = "person.", persons[] = "persons.";
    if (!slice_begins(pattern, slice_text(person)))
        return pattern_covers(pattern, item->rule->name);
    return item->person != NO_PERSON &&
           pattern_covers(slice_part(pattern, sizeof person - 1, SIZE_MAX),
                          slice_part(item->rule->name, sizeof persons - 1, SIZE_MAX));
}

bool oracle_covers(const struct oracle *o, const struct rule *rule,
                   const struct document_item *item)
{
    uint32_t own = item->doubtful ? ALL_CATEGORIES : 1U << item->category;
    if ((rule->categories & own) == own)
        return true;
    if (rule->uncarried && item->person != NO_PERSON && !item->rule->carried)
        return true;
    for (size_t i = 0; i < rule->pattern_count; i++)
        if (names(o->law->patterns[rule->patterns[i]], item))
            return true;
    return false;
}

/* What arrives has met at hop 1 what was required there. */
static bool is_met(const struct question *q, const char *name)
{
    return q->relayed != NULL ||
           (strcmp(name, "four-eyes") == 0        ? q->approved
            : strcmp(name, "case-reference") == 0 ? q->claims->case_ref.length > 0
                                                  : true);
}

bool oracle_permits(const struct oracle *o, const struct rule *rule, enum truth truth)
{
    const char *names[OBLIGATIONS_MAX];
    size_t count = obligation_names(names);
    bool permits = rule->kind == RULE_PERMIT && truth == TRUTH_TRUE;
    for (size_t i = 0; i < count; i++)
        if ((rule->obligations >> i & 1U) != 0)
            permits = permits && is_met(o->facts->question, names[i]);
    return permits;
}

struct tally oracle_item(const struct oracle *o, const struct document_item *item)
{
    struct tally t = {.grades = o->law->grades,
                      .order = grades_order(o->law->grades, item->rule),
                      .arrived = o->facts->relayed};
    const uint8_t *ranks = t.grades->rank[t.order];
    for (size_t r = 0; r < o->law->rule_count; r++) {
        const struct rule *rule = &o->law->rules[r];
        if (!oracle_speaks(o, rule) || !oracle_covers(o, rule, item))
            continue;
        enum truth truth = oracle_truth(o, rule, item->person);
        bool permits = oracle_permits(o, rule, truth);
        bool caps = (rule->kind == RULE_LIMIT || rule->kind == RULE_FORBID) &&
                    (o->facts->relayed ? truth == TRUTH_TRUE : truth != TRUTH_FALSE);
        if (permits || caps)
            t.obligations |= rule->obligations;
        if (permits && !t.arrived && ranks[rule->grade] > 0 &&
            (t.granting == NULL || ranks[rule->grade] > ranks[t.granting->grade]))
            t.granting = rule;
        if (caps && ranks[rule->grade] < ranks[GRADE_CLEAR] &&
            (t.capping == NULL || ranks[rule->grade] < ranks[t.capping->grade]))
            t.capping = rule;
    }
    return t;
}
