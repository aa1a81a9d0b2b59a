#include "policy/symbolic.h"

static struct judgement negate(struct judgement j)
{
    return (struct judgement){SEARCH_NOT(j.possibly), SEARCH_NOT(j.surely)};
}

static struct judgement both(struct search *s, struct judgement a, struct judgement b)
{
    return (struct judgement){search_both(s, a.surely, b.surely),
                              search_both(s, a.possibly, b.possibly)};
}

static struct judgement either(struct search *s, struct judgement a, struct judgement b)
{
    return (struct judgement){search_either(s, a.surely, b.surely),
                              search_either(s, a.possibly, b.possibly)};
}

/* Tests of a person are false for fields of the case, negated or not. */
static struct judgement judge_atom(struct symbolic *m, size_t atom, bool personal)
{
    const struct atom *a = &m->law->atoms[atom];
    if (atom_is_personal(m->law, a) && !personal)
        return (struct judgement){SEARCH_FALSE, SEARCH_FALSE};
    if (!m->judged[atom])
        m->atoms[atom] = context_judge(m->context, m->law, m->index, atom);
    m->judged[atom] = true;
    return m->atoms[atom];
}

static struct judgement judge_condition(struct symbolic *m, const struct condition *condition,
                                        bool personal)
{
    struct search *s = m->context->search;
    struct judgement stack[CONDITION_MAX_STEPS + 1] = {{SEARCH_TRUE, SEARCH_TRUE}};
    size_t top = 0;
    for (size_t i = 0; i < condition->count; i++) {
        const struct step *step = &condition->steps[i];
        switch (step->kind) {
        case STEP_ATOM:
            stack[++top] = judge_atom(m, step->test, personal);
            break;
        case STEP_NOT:
            stack[top] = negate(stack[top]);
            break;
        case STEP_AND:
            top--;
            stack[top] = both(s, stack[top], stack[top + 1]);
            break;
        case STEP_OR:
            top--;
            stack[top] = either(s, stack[top], stack[top + 1]);
            break;
        }
    }
    return stack[top];
}

static struct judgement judge_rule(struct symbolic *m, const struct rule *rule, bool personal)
{
    struct judgement j = judge_condition(m, &rule->when, personal);
    if (rule->unless.count > 0)
        j = both(m->context->search, j, negate(judge_condition(m, &rule->unless, personal)));
    return j;
}

static uint32_t fits_pattern(struct context *c, const struct party_pattern *pattern, size_t party)
{
    const struct slice parts[] = {pattern->id, pattern->state, pattern->role};
    uint32_t fits = SEARCH_TRUE;
    for (size_t i = 0; i < 3; i++)
        if (parts[i].length > 0)
            fits = search_both(c->search, fits, context_has(c, party + i, parts[i]));
    return fits;
}

static uint32_t fits_parties(struct context *c, const struct party_pattern *patterns, size_t count,
                             size_t party)
{
    struct literals any = {0};
    for (size_t i = 0; i < count; i++)
        literals_add(c->search, &any, fits_pattern(c, &patterns[i], party));
    return count == 0 ? SEARCH_TRUE : search_any(c->search, any.at, any.count);
}

static uint32_t fits_codes(struct context *c, struct slices codes, size_t slot)
{
    struct literals any = {0};
    for (size_t i = 0; i < codes.count; i++)
        literals_add(c->search, &any, context_has(c, slot, codes.at[i]));
    return search_any(c->search, any.at, any.count);
}

/* The rules of an agreement are for two different States of it. */
static uint32_t fits_agreement(struct symbolic *m, const struct rule *rule)
{
    struct context *c = m->context;
    struct slices between = m->law->policies[rule->policy].between;
    if (between.count == 0)
        return SEARCH_TRUE;
    const uint32_t all[] = {
        fits_codes(c, between, SLOT_SENDER_STATE),
        fits_codes(c, between, SLOT_RECIPIENT_STATE),
        SEARCH_NOT(context_domestic(c)),
    };
    return search_all(c->search, all, sizeof all / sizeof all[0]);
}

static uint32_t active_of(struct symbolic *m, const struct rule *rule)
{
    struct context *c = m->context;
    uint64_t at_ms = c->question.lane.at_ms;
    if (!rule_in_force(rule, at_ms))
        return SEARCH_FALSE;
    const uint32_t all[] = {
        fits_parties(c, rule->from, rule->from_count, SLOT_SENDER),
        fits_parties(c, rule->to, rule->to_count, SLOT_RECIPIENT),
        rule->purposes.count == 0 ? SEARCH_TRUE : fits_codes(c, rule->purposes, SLOT_PURPOSE),
        fits_agreement(m, rule),
    };
    return search_all(c->search, all, sizeof all / sizeof all[0]);
}

static struct symbolic_rule *judge_rules(struct symbolic *m, const struct rule *rules, size_t count)
{
    struct symbolic_rule *judged = arena_array(m->context->arena, count + 1, sizeof *judged);
    for (size_t r = 0; judged != NULL && r < count; r++) {
        const uint32_t active = judged[r].active = active_of(m, &rules[r]);
        const struct judgement so = {active, active};
        judged[r].person = judged[r].of_case = so;
        if (active == SEARCH_FALSE)
            continue;
        judged[r].person = both(m->context->search, so, judge_rule(m, &rules[r], true));
        judged[r].of_case = both(m->context->search, so, judge_rule(m, &rules[r], false));
    }
    return judged;
}

/* A refusal without fields asks the case, and the person of a field that is one's. */
static uint32_t unrefused(const struct symbolic *m, bool personal)
{
    struct search *s = m->context->search;
    struct literals all = {0};
    for (size_t r = 0; r < m->law->rule_count; r++) {
        if (m->law->rules[r].kind != RULE_REFUSE || !m->law->rules[r].whole)
            continue;
        literals_add(s, &all, SEARCH_NOT(m->rules[r].of_case.possibly));
        if (personal)
            literals_add(s, &all, SEARCH_NOT(m->rules[r].person.possibly));
    }
    return search_starved(s) ? SEARCH_FALSE : search_all(s, all.at, all.count);
}

struct status symbolic_new(struct context *context, size_t law_index,
                           struct symbolic **ret_symbolic)
{
    const struct law *law = context->question.laws[law_index];
    struct symbolic *m = arena_alloc(context->arena, sizeof *m);
    if (m == NULL)
        return FAIL(MEMORY);
    *m = (struct symbolic){
        .context = context,
        .law = law,
        .index = law_index,
        .atoms = arena_array(context->arena, law->atom_count + 1, sizeof *m->atoms),
        .judged = arena_array(context->arena, law->atom_count + 1, sizeof *m->judged),
    };
    if (m->atoms == NULL || m->judged == NULL)
        return FAIL(MEMORY);
    m->rules = judge_rules(m, law->rules, law->rule_count);
    m->guarantees = judge_rules(m, law->guarantees, law->guarantee_count);
    if (m->rules == NULL || m->guarantees == NULL)
        return FAIL(MEMORY);
    for (size_t personal = 0; personal < 2; personal++)
        m->unrefused[personal] = unrefused(m, personal == 1);
    if (search_starved(context->search))
        return FAIL(MEMORY);
    *ret_symbolic = m;
    return OK;
}

static const struct judgement *judged_for(const struct symbolic_rule *rule,
                                          const struct field_group *group)
{
    return group->personal ? &rule->person : &rule->of_case;
}

uint32_t symbolic_applies(const struct symbolic_rule *rule, const struct field_group *group)
{
    return judged_for(rule, group)->possibly;
}

static size_t rank_of(const struct symbolic *m, const struct field_group *group,
                      const struct rule *rule)
{
    return m->law->grades->rank[group->order[m->index]][rule->grade];
}

uint32_t symbolic_reaches(struct symbolic *m, const struct field_group *group, size_t rank)
{
    struct search *s = m->context->search;
    struct literals granted = {0}, all = {0};
    for (size_t r = 0; r < m->law->rule_count; r++) {
        const struct rule *rule = &m->law->rules[r];
        const struct judgement *j = judged_for(&m->rules[r], group);
        if (!group->covered[m->index][r])
            continue;
        if (rule->kind == RULE_PERMIT && rank_of(m, group, rule) >= rank)
            literals_add(s, &granted, j->surely);
        if ((rule->kind == RULE_REFUSE && !rule->whole) ||
            (rule_restricts(rule) && rank_of(m, group, rule) < rank))
            literals_add(s, &all, SEARCH_NOT(j->possibly));
    }
    literals_add(s, &all, m->unrefused[group->personal]);
    literals_add(s, &all, search_any(s, granted.at, granted.count));
    return search_starved(s) ? SEARCH_FALSE : search_all(s, all.at, all.count);
}

const struct rule *symbolic_granting(const struct symbolic *m, const struct field_group *group,
                                     size_t rank)
{
    for (size_t r = 0; r < m->law->rule_count; r++) {
        const struct rule *rule = &m->law->rules[r];
        if (rule->kind == RULE_PERMIT && group->covered[m->index][r] &&
            rank_of(m, group, rule) >= rank &&
            search_holds(m->context->search, judged_for(&m->rules[r], group)->surely))
            return rule;
    }
    return NULL;
}

static void mark_condition(const struct symbolic *m, const struct condition *condition, bool *slots)
{
    const size_t *slot_of = m->context->slot_of[m->index];
    for (size_t i = 0; i < condition->count; i++) {
        if (condition->steps[i].kind != STEP_ATOM)
            continue;
        const struct atom *a = &m->law->atoms[condition->steps[i].test];
        slots[slot_of[a->attribute]] = true;
        if (a->kind == ATOM_SAME)
            slots[slot_of[a->other]] = true;
    }
}

void symbolic_mark_rule(const struct symbolic *m, const struct rule *rule, bool *slots)
{
    mark_condition(m, &rule->when, slots);
    mark_condition(m, &rule->unless, slots);
}

void symbolic_mark(const struct symbolic *m, const struct field_group *group,
                   const struct rule *guarantee, bool *slots)
{
    for (size_t r = 0; r < m->law->rule_count; r++) {
        const struct rule *rule = &m->law->rules[r];
        bool matters = group->covered[m->index][r] || (rule->kind == RULE_REFUSE && rule->whole);
        if (matters && m->rules[r].active != SEARCH_FALSE)
            symbolic_mark_rule(m, rule, slots);
    }
    if (guarantee != NULL)
        symbolic_mark_rule(m, guarantee, slots);
    for (size_t i = 0; i < m->context->slot_count; i++)
        slots[i] = slots[i] && (group->personal || !m->context->slots[i].personal);
}
