#include "policy/reach.h"

#include "policy/party_class.h"

/* The best so far for each class of recipients and each purpose. */
struct looking {
    struct arena *arena;
    const struct rulebook *rulebook;
    const struct sight *sight;
    uint64_t at_ms;
    struct party_classes classes;
    const char *const *purposes;
    size_t purpose_count;
    struct sighting *best; /* by class and purpose */
    struct arena *work;    /* of the type that is looked at */
};

static bool is_seen(const struct looking *l, const struct group_field *field)
{
    if (l->sight->category != CATEGORY_NONE)
        return field->category == l->sight->category;
    return field->field != NULL && pattern_covers_field(l->sight->pattern, field->field);
}

/* The rank from which on an answer would be better than what was found before, whatever the order
 * of levels was there. */
static size_t floor_of(const struct probe *probe, const struct sighting *before)
{
    const struct grades *grades = probe->symbolic->law->grades;
    size_t floor = probe->clear;
    if (before->answer == REACH_NEVER)
        return 0;
    while (floor > 0 &&
           grades->at[probe_grade(probe, floor)].level > grades->at[before->grade].level)
        floor--;
    return floor;
}

static struct status note(struct looking *l, struct probe *probe, const struct group_field *field,
                          struct sighting *s, size_t rank)
{
    struct symbolic *m = probe->symbolic;
    const char *example = context_print(m->context, probe->slots, NULL);
    s->answer = REACH_CAN;
    s->type = m->context->question.lane.type;
    s->field = group_field_name(l->arena, field);
    s->grade = probe_grade(probe, rank);
    s->rule = symbolic_granting(m, probe->group, rank);
    s->example = example == NULL ? NULL : arena_text(l->arena, slice_text(example));
    return s->field == NULL || s->example == NULL ? FAIL(MEMORY) : OK;
}

/* One class and one purpose, for one group of fields. */
static struct status look(struct looking *l, struct probe *probe, const struct group_field *field,
                          size_t at)
{
    struct context *c = probe->symbolic->context;
    struct sighting *before = &l->best[at];
    struct literals lane = {0};
    size_t rank = 0;
    uint32_t purpose = context_has(c, SLOT_PURPOSE, before->purpose);
    if (purpose == SEARCH_FALSE || before->answer == REACH_UNDECIDED)
        return OK;
    literals_add(c->search, &lane, purpose);
    context_add_party(c, SLOT_RECIPIENT, &l->classes.at[at / l->purpose_count].pattern, &lane);
    enum search_answer answer = probe_best(probe, &lane, floor_of(probe, before), &rank);
    if (search_starved(c->search))
        return FAIL(MEMORY);
    if (answer == SEARCH_UNDECIDED)
        before->answer = REACH_UNDECIDED;
    return answer == SEARCH_FOUND ? note(l, probe, field, before, rank) : OK;
}

static struct status look_group(struct looking *l, struct symbolic *m,
                                const struct field_group *group, const struct group_field *field)
{
    struct probe probe;
    size_t rank = 0;
    struct status s = probe_new(m, group, NULL, &probe);
    if (failed(s) || probe_best(&probe, NULL, 0, &rank) == SEARCH_NONE)
        return s;
    for (size_t i = 0; i < l->classes.count * l->purpose_count && !failed(s); i++)
        s = look(l, &probe, field, i);
    return s;
}

/* Each group of which a field is looked for. */
static struct status look_groups(struct looking *l, const struct field_groups *groups,
                                 struct symbolic *m)
{
    bool *done = arena_array(l->work, groups->group_count + 1, sizeof *done);
    struct status s = done == NULL ? FAIL(MEMORY) : OK;
    for (size_t i = 0; i < groups->field_count && !failed(s); i++) {
        const struct group_field *field = &groups->fields[i];
        if (done[field->group] || !is_seen(l, field))
            continue;
        done[field->group] = true;
        s = look_group(l, m, &groups->groups[field->group], field);
    }
    return s;
}

static struct status look_type(struct looking *l, const struct message_type *type)
{
    struct status s = FAIL(MEMORY);
    struct context *context;
    struct symbolic *symbolic;
    struct field_groups groups;
    const struct typed_law law = {type, l->rulebook->law};
    const struct context_question question = {
        .rulebook = l->rulebook,
        .laws = {l->rulebook->law},
        .law_count = 1,
        .lane = {.type = type, .at_ms = l->at_ms},
    };
    l->work = arena_new(CONTEXT_MAX_BYTES);
    if (l->work == NULL || failed(s = field_groups_of(l->work, &law, 1, &groups)) ||
        failed(s = context_new(l->work, &question, &context)) ||
        failed(s = symbolic_new(context, 0, &symbolic)))
        goto out;
    s = look_groups(l, &groups, symbolic);
out:
    arena_free(l->work);
    return s;
}

static struct status look_all(struct looking *l)
{
    size_t lanes = l->classes.count * l->purpose_count;
    l->best = arena_array(l->arena, lanes + 1, sizeof *l->best);
    if (l->best == NULL)
        return FAIL(MEMORY);
    for (size_t i = 0; i < lanes; i++)
        l->best[i] = (struct sighting){
            .parties = l->classes.at[i / l->purpose_count].parties,
            .party_count = l->classes.at[i / l->purpose_count].count,
            .purpose = slice_text(l->purposes[i % l->purpose_count]),
            .answer = REACH_NEVER,
        };
    for (size_t t = 0; t < schema_type_count(l->rulebook->schema); t++) {
        struct status s = look_type(l, schema_type_at(l->rulebook->schema, t));
        if (failed(s))
            return s;
    }
    return OK;
}

struct status who_sees(struct arena *arena, const struct rulebook *rulebook,
                       const struct sight *sight, uint64_t at_ms, sighting_visit *visit,
                       void *context)
{
    const struct law *law = rulebook->law;
    struct looking l = {.arena = arena, .rulebook = rulebook, .sight = sight, .at_ms = at_ms};
    l.purposes = schema_codes(rulebook->schema, "purpose", &l.purpose_count);
    struct status s = party_classes_of(arena, rulebook->directory, &law, 1, at_ms, &l.classes);
    if (failed(s) || l.purposes == NULL || failed(s = look_all(&l)))
        return s;
    for (size_t i = 0; i < l.classes.count * l.purpose_count; i++)
        if (l.best[i].answer != REACH_NEVER)
            visit(context, &l.best[i]);
    return OK;
}
