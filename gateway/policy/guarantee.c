#include "policy/guarantee.h"

#include "policy/probe.h"

/* One type of one day, in an arena of its own; what is found is copied into the results'. */
struct proving {
    struct arena *arena;
    struct symbolic *symbolic;
    struct field_groups groups;
    uint64_t at_ms;
    struct arena *kept;
    struct guarantee_result *results;
};

/* What a guarantee leaves: at least a statement, where the values have no such level. */
static size_t bound_of(const struct proving *p, const struct field_group *group,
                       const struct rule *guarantee)
{
    const struct grades *grades = p->symbolic->law->grades;
    const uint8_t *rank = grades->rank[group->order[0]];
    size_t bound = rank[guarantee->grade];
    if (bound == 0 && guarantee->grade != GRADE_SILENT)
        bound = rank[GRADE_STATED];
    if (group->discreet && bound < rank[GRADE_STATED])
        bound = rank[GRADE_STATED];
    return bound;
}

/* The field of a group by which a violation is told. */
static const struct group_field *field_of(const struct proving *p, size_t group)
{
    const struct group_field *field = p->groups.fields;
    while (field->group != group)
        field++;
    return field;
}

/* Everything that an example of a violation says, and the condition in any case. */
static struct status tell(struct proving *p, size_t index, size_t group, const struct probe *probe)
{
    struct symbolic *m = p->symbolic;
    struct context *c = m->context;
    struct guarantee_result *result = &p->results[index];
    result->at_ms = p->at_ms;
    result->type = c->question.lane.type;
    result->field = group_field_name(p->kept, field_of(p, group));
    result->example = "";
    if (result->answer == GUARANTEE_VIOLATED) {
        bool *always = arena_array(c->arena, c->slot_count, sizeof *always);
        if (always == NULL)
            return FAIL(MEMORY);
        symbolic_mark_rule(m, result->guarantee, always);
        always[SLOT_TYPE] = true;
        const char *example = context_print(c, probe->slots, always);
        size_t rank = probe_rank_found(probe);
        result->example = example == NULL ? NULL : arena_text(p->kept, slice_text(example));
        result->grade = probe_grade(probe, rank);
        result->rule = symbolic_granting(m, probe->group, rank);
    }
    return result->field == NULL || result->example == NULL ? FAIL(MEMORY) : OK;
}

/* Whether more than the level of the guarantee is not plainly out of reach: what follows from the
 * two questions without trying any values is enough for most groups. */
static bool is_open(struct symbolic *m, size_t index, const struct field_group *group, size_t bound)
{
    struct search *search = m->context->search;
    const uint8_t *rank = m->law->grades->rank[group->order[0]];
    uint32_t applies = symbolic_applies(&m->guarantees[index], group);
    if (applies == SEARCH_FALSE || bound >= rank[GRADE_CLEAR])
        return false;
    const uint32_t literals[] = {applies, symbolic_reaches(m, group, bound + 1)};
    const struct search_question plain = {
        .assumed = literals, .assumed_count = 2, .steps = PROBE_STEPS};
    return search_ask(search, &plain) != SEARCH_NONE;
}

static struct status prove(struct proving *p, size_t index, size_t group)
{
    struct symbolic *m = p->symbolic;
    struct probe probe;
    const struct field_group *g = &p->groups.groups[group];
    const struct rule *guarantee = &m->law->guarantees[index];
    size_t bound = bound_of(p, g, guarantee);
    if (!is_open(m, index, g, bound))
        return search_starved(m->context->search) ? FAIL(MEMORY) : OK;
    struct status s = probe_new(m, g, guarantee, &probe);
    if (failed(s))
        return s;
    const uint32_t literals[] = {symbolic_applies(&m->guarantees[index], g),
                                 probe.reaches[bound + 1]};
    enum search_answer answer = probe_ask(&probe, NULL, literals, 2);
    if (search_starved(m->context->search))
        return FAIL(MEMORY);
    if (answer == SEARCH_NONE)
        return OK;
    p->results[index].answer = answer == SEARCH_FOUND ? GUARANTEE_VIOLATED : GUARANTEE_UNDECIDED;
    return tell(p, index, group, &probe);
}

static struct status prove_all(struct proving *p)
{
    const struct law *law = p->symbolic->law;
    for (size_t i = 0; i < law->guarantee_count; i++)
        for (size_t g = 0; g < p->groups.group_count; g++) {
            bool covered = p->groups.groups[g].guaranteed[0][i];
            if (!covered || p->results[i].answer != GUARANTEE_HOLDS)
                continue;
            struct status s = prove(p, i, g);
            if (failed(s))
                return s;
        }
    return OK;
}

static struct status prove_type(const struct rulebook *rulebook, const struct message_type *type,
                                struct proving *p)
{
    struct status s = FAIL(MEMORY);
    struct context *context;
    const struct typed_law law = {type, rulebook->law};
    const struct context_question question = {
        .rulebook = rulebook,
        .laws = {rulebook->law},
        .law_count = 1,
        .lane = {.type = type, .at_ms = p->at_ms},
    };
    p->arena = arena_new(CONTEXT_MAX_BYTES);
    if (p->arena == NULL || failed(s = context_new(p->arena, &question, &context)) ||
        failed(s = symbolic_new(context, 0, &p->symbolic)) ||
        failed(s = field_groups_of(p->arena, &law, 1, &p->groups)))
        goto out;
    s = prove_all(p);
out:
    arena_free(p->arena);
    return s;
}

static struct status prove_day(const struct rulebook *rulebook, struct proving *p)
{
    const struct schema *schema = rulebook->schema;
    for (size_t t = 0; t < schema_type_count(schema); t++) {
        struct status s = prove_type(rulebook, schema_type_at(schema, t), p);
        if (failed(s))
            return s;
    }
    return OK;
}

/* When a rule begins to let more through, or a guarantee to ask for more: a permit and a guarantee
 * when they come into force, everything else when it goes out of it. */
static uint64_t loosens_at(const struct rule *rule)
{
    bool begins = rule->kind == RULE_PERMIT || rule->kind == RULE_GUARANTEE;
    return begins ? rule->from_ms : rule->until_ms;
}

/* The next time after this one at which one does; 0: never. */
static uint64_t next_change(const struct rule *rules, size_t count, uint64_t after, uint64_t next)
{
    for (size_t r = 0; r < count; r++) {
        uint64_t at_ms = loosens_at(&rules[r]);
        if (at_ms > after && (next == 0 || at_ms < next))
            next = at_ms;
    }
    return next;
}

static bool in_force(const struct rule *rules, size_t count, enum rule_kind kind, uint64_t at_ms)
{
    for (size_t r = 0; r < count; r++)
        if (rules[r].kind == kind && rule_in_force(&rules[r], at_ms))
            return true;
    return false;
}

/* Where nothing is permitted, or nothing guaranteed, there is nothing to prove. */
static bool has_work(const struct law *law, uint64_t at_ms)
{
    return in_force(law->rules, law->rule_count, RULE_PERMIT, at_ms) &&
           in_force(law->guarantees, law->guarantee_count, RULE_GUARANTEE, at_ms);
}

struct status guarantees_check(struct arena *arena, const struct rulebook *rulebook, uint64_t at_ms,
                               struct guarantee_result **ret_results)
{
    const struct law *law = rulebook->law;
    struct guarantee_result *results =
        arena_array(arena, law->guarantee_count + 1, sizeof *results);
    if (results == NULL)
        return FAIL(MEMORY);
    for (size_t i = 0; i < law->guarantee_count; i++)
        results[i] =
            (struct guarantee_result){.guarantee = &law->guarantees[i], .answer = GUARANTEE_HOLDS};
    do {
        struct proving p = {.at_ms = at_ms, .kept = arena, .results = results};
        struct status s = has_work(law, at_ms) ? prove_day(rulebook, &p) : OK;
        if (failed(s))
            return s;
        uint64_t next = next_change(law->rules, law->rule_count, at_ms, 0);
        at_ms = next_change(law->guarantees, law->guarantee_count, at_ms, next);
    } while (at_ms != 0);
    *ret_results = results;
    return OK;
}

const struct guarantee_result *guarantees_broken(const struct guarantee_result *results,
                                                 size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (results[i].answer != GUARANTEE_HOLDS)
            return &results[i];
    return NULL;
}
