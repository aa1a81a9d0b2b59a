#include "policy/law_diff.h"

enum { NEW, OLD };

/* One message type, in an arena of its own. */
struct comparing {
    struct arena *arena;
    const struct rulebook *rulebooks[2];
    uint64_t at_ms;
    struct party_classes classes;
    const char *const *purposes;
    size_t purpose_count;
    law_difference_visit *visit;
    void *visit_context;
    struct context *context;
    struct symbolic *laws[2];
    struct field_groups groups;
};

/* One group of fields: whether it reaches more under the new law, or less. */
struct comparison {
    struct probe probes[2];
    size_t group;
    bool *slots;
    uint32_t wider, narrower;
    const struct group_field **fields;
    size_t field_count;
};

/* The rank that a grade of the old law has among those of the new one. */
static size_t rank_in_new(const struct comparison *p, uint8_t old_grade)
{
    const struct grade *grade = &p->probes[OLD].symbolic->law->grades->at[old_grade];
    const struct grades *grades = p->probes[NEW].symbolic->law->grades;
    size_t rank = p->probes[NEW].clear;
    for (size_t r = 0; r <= p->probes[NEW].clear; r++)
        if (grade_equal(&grades->at[probe_grade(&p->probes[NEW], r)], grade))
            return r;
    while (rank > 0 && grades->at[probe_grade(&p->probes[NEW], rank)].level > grade->level)
        rank--;
    return rank;
}

/* The literal of the old law letting the field reach at least a rank of the new one. */
static uint32_t old_reaches(const struct comparison *p, size_t rank)
{
    const struct probe *old = &p->probes[OLD];
    for (size_t r = 0; r <= old->clear; r++)
        if (rank_in_new(p, probe_grade(old, r)) >= rank)
            return r < old->telling ? old->reaches[old->telling] : old->reaches[r];
    return SEARCH_FALSE;
}

static void compare_ranks(struct comparing *c, struct comparison *p)
{
    struct search *s = c->context->search;
    struct literals wider = {0}, narrower = {0};
    for (size_t rank = p->probes[NEW].telling; rank <= p->probes[NEW].clear; rank++) {
        uint32_t before = old_reaches(p, rank), now = p->probes[NEW].reaches[rank];
        literals_add(s, &wider, search_both(s, now, SEARCH_NOT(before)));
        literals_add(s, &narrower, search_both(s, before, SEARCH_NOT(now)));
    }
    p->wider = search_any(s, wider.at, wider.count);
    p->narrower = search_any(s, narrower.at, narrower.count);
}

static struct status comparison_new(struct comparing *c, size_t group, struct comparison *p)
{
    struct status s;
    p->group = group;
    p->fields = arena_array(c->arena, c->groups.field_count + 1, sizeof(void *));
    p->slots = arena_array(c->arena, c->context->slot_count, sizeof *p->slots);
    if (p->fields == NULL || p->slots == NULL)
        return FAIL(MEMORY);
    for (size_t i = 0; i < c->groups.field_count; i++)
        if (c->groups.fields[i].group == group)
            p->fields[p->field_count++] = &c->groups.fields[i];
    for (size_t l = 0; l < 2; l++)
        if (failed(s = probe_new(c->laws[l], &c->groups.groups[group], NULL, &p->probes[l])))
            return s;
    for (size_t i = 0; i < c->context->slot_count; i++)
        p->slots[i] = p->probes[NEW].slots[i] || p->probes[OLD].slots[i];
    p->probes[NEW].wishes = context_wishes(c->context, p->slots);
    compare_ranks(c, p);
    return search_starved(c->context->search) ? FAIL(MEMORY) : OK;
}

/* One direction in one lane: the example, or NULL where there is none. */
static struct status ask(struct comparing *c, struct comparison *p, const struct literals *lane,
                         uint32_t literal, enum search_answer *ret_answer, const char **ret_example)
{
    *ret_example = NULL;
    *ret_answer = SEARCH_NONE;
    if (literal != SEARCH_FALSE)
        *ret_answer = probe_ask(&p->probes[NEW], lane, &literal, 1);
    if (search_starved(c->context->search))
        return FAIL(MEMORY);
    if (*ret_answer != SEARCH_FOUND)
        return OK;
    *ret_example = context_print(c->context, p->slots, NULL);
    return *ret_example == NULL ? FAIL(MEMORY) : OK;
}

static enum law_change change_of(enum search_answer wider, enum search_answer narrower)
{
    if (wider == SEARCH_UNDECIDED || narrower == SEARCH_UNDECIDED)
        return CHANGE_UNDECIDED;
    if (wider == SEARCH_FOUND)
        return narrower == SEARCH_FOUND ? CHANGE_INCOMPARABLE : CHANGE_WIDER;
    return CHANGE_NARROWER;
}

static struct status compare_lane(struct comparing *c, struct comparison *p,
                                  const struct literals *lane, struct law_difference *difference)
{
    struct status s;
    enum search_answer wider, narrower;
    if (failed(s = ask(c, p, lane, p->wider, &wider, &difference->wider)) ||
        failed(s = ask(c, p, lane, p->narrower, &narrower, &difference->narrower)))
        return s;
    if (wider == SEARCH_NONE && narrower == SEARCH_NONE)
        return OK;
    difference->change = change_of(wider, narrower);
    difference->fields = p->fields;
    difference->field_count = p->field_count;
    c->visit(c->visit_context, difference);
    return OK;
}

static struct status compare_purposes(struct comparing *c, struct comparison *p,
                                      struct literals *lane, struct law_difference *difference)
{
    struct status s = OK;
    size_t parties = lane->count;
    for (size_t i = 0; i < c->purpose_count && !failed(s); i++) {
        difference->purpose = slice_text(c->purposes[i]);
        uint32_t purpose = context_has(c->context, SLOT_PURPOSE, difference->purpose);
        lane->count = parties;
        literals_add(c->context->search, lane, purpose);
        if (purpose != SEARCH_FALSE)
            s = compare_lane(c, p, lane, difference);
    }
    lane->count = parties;
    return s;
}

/* Whether anything differs where no more than this is said of the lane. */
static bool differs(struct comparison *p, const struct literals *lane)
{
    return probe_ask(&p->probes[NEW], lane, &p->wider, 1) != SEARCH_NONE ||
           probe_ask(&p->probes[NEW], lane, &p->narrower, 1) != SEARCH_NONE;
}

static struct status compare_recipients(struct comparing *c, struct comparison *p,
                                        struct literals *lane, struct law_difference *difference)
{
    struct status s = OK;
    size_t sender = lane->count;
    for (size_t i = 0; i < c->classes.count && !failed(s); i++) {
        difference->to = &c->classes.at[i];
        lane->count = sender;
        context_add_party(c->context, SLOT_RECIPIENT, &difference->to->pattern, lane);
        if (differs(p, lane))
            s = compare_purposes(c, p, lane, difference);
    }
    return s;
}

static struct status compare_group(struct comparing *c, size_t group)
{
    struct comparison p = {0};
    struct literals lane = {0};
    struct law_difference difference = {.type = c->context->question.lane.type};
    struct status s = comparison_new(c, group, &p);
    if (failed(s) || !differs(&p, NULL))
        return s;
    for (size_t i = 0; i < c->classes.count && !failed(s); i++) {
        difference.from = &c->classes.at[i];
        lane.count = 0;
        context_add_party(c->context, SLOT_SENDER, &difference.from->pattern, &lane);
        if (differs(&p, &lane))
            s = compare_recipients(c, &p, &lane, &difference);
    }
    return s;
}

static struct status compare_type(struct comparing *c, const struct message_type *type)
{
    struct status s;
    const struct schema *before = c->rulebooks[OLD]->schema;
    const struct typed_law laws[] = {
        {type, c->rulebooks[NEW]->law},
        {schema_type(before, type_name(type), type_version(type)), c->rulebooks[OLD]->law},
    };
    const struct context_question question = {
        .rulebook = c->rulebooks[NEW],
        .laws = {laws[NEW].law, laws[OLD].law},
        .law_count = 2,
        .lane = {.type = type, .at_ms = c->at_ms},
    };
    if (failed(s = field_groups_of(c->arena, laws, 2, &c->groups)) ||
        failed(s = context_new(c->arena, &question, &c->context)) ||
        failed(s = symbolic_new(c->context, NEW, &c->laws[NEW])) ||
        failed(s = symbolic_new(c->context, OLD, &c->laws[OLD])))
        return s;
    for (size_t g = 0; g < c->groups.group_count && !failed(s); g++)
        s = compare_group(c, g);
    return s;
}

struct status law_diff(struct arena *arena, const struct rulebook *old_rulebook,
                       const struct rulebook *new_rulebook, uint64_t at_ms,
                       law_difference_visit *visit, void *context)
{
    const struct law *laws[] = {new_rulebook->law, old_rulebook->law};
    struct comparing c = {
        .arena = arena,
        .rulebooks = {new_rulebook, old_rulebook},
        .at_ms = at_ms,
        .visit = visit,
        .visit_context = context,
    };
    c.purposes = schema_codes(new_rulebook->schema, "purpose", &c.purpose_count);
    struct status s = party_classes_of(arena, new_rulebook->directory, laws, 2, at_ms, &c.classes);
    for (size_t t = 0; t < schema_type_count(new_rulebook->schema) && !failed(s); t++) {
        c.arena = arena_new(CONTEXT_MAX_BYTES);
        s = c.arena == NULL ? FAIL(MEMORY)
                            : compare_type(&c, schema_type_at(new_rulebook->schema, t));
        arena_free(c.arena);
    }
    return s;
}
