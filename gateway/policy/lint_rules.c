#include "policy/lint.h"

/* What has been seen of a rule in some message type. */
struct seen {
    bool applies;   /* some message makes it apply */
    bool alone;     /* of a permit: some where no other one grants as much */
    bool counts;    /* ... and nothing takes it back */
    bool same;      /* of a restriction: none has told it from its twin yet */
    size_t twin;    /* an earlier restriction of the same scope; its own index: none */
    bool undecided; /* some search took too long: nothing is said */
};

struct watching {
    const struct rulebook *rulebook;
    uint64_t at_ms;
    struct seen *seen;
    struct arena *arena; /* of the type that is looked at */
    struct symbolic *symbolic;
    struct field_groups groups;
    struct literals wishes; /* all slots */
};

static bool can_hold(struct watching *w, struct seen *seen, const uint32_t *literals, size_t count)
{
    enum search_answer answer = search_ask(
        w->symbolic->context->search,
        &(struct search_question){literals, count, w->wishes.at, w->wishes.count, PROBE_STEPS});
    seen->undecided = seen->undecided || answer == SEARCH_UNDECIDED;
    return answer == SEARCH_FOUND;
}

/* The literal of a rule doing what it does, for a person's fields or those of the case. */
static uint32_t effect(const struct watching *w, size_t r, bool personal)
{
    const struct symbolic_rule *judged = &w->symbolic->rules[r];
    struct judgement j = personal ? judged->person : judged->of_case;
    return w->symbolic->law->rules[r].kind == RULE_PERMIT ? j.surely : j.possibly;
}

static size_t rank_in(const struct watching *w, size_t r, const struct field_group *group)
{
    const struct law *law = w->symbolic->law;
    return law->grades->rank[group->order[0]][law->rules[r].grade];
}

/* A permit that grants where no other grants as much; that it is not taken back, too. */
static void watch_permit(struct watching *w, size_t r, const struct field_group *group)
{
    struct search *s = w->symbolic->context->search;
    struct seen *seen = &w->seen[r];
    struct literals all = {0};
    size_t rank = rank_in(w, r, group);
    literals_add(s, &all, effect(w, r, group->personal));
    for (size_t q = 0; q < w->symbolic->law->rule_count; q++)
        if (q != r && w->symbolic->law->rules[q].kind == RULE_PERMIT && group->covered[0][q] &&
            rank_in(w, q, group) >= rank)
            literals_add(s, &all, SEARCH_NOT(effect(w, q, group->personal)));
    if (search_starved(s) || rank == 0 || seen->counts)
        return;
    if (!seen->alone)
        seen->alone = can_hold(w, seen, all.at, all.count);
    literals_add(s, &all, symbolic_reaches(w->symbolic, group, rank));
    if (seen->alone && !search_starved(s))
        seen->counts = can_hold(w, seen, all.at, all.count);
}

static void watch_applying(struct watching *w, size_t r, bool personal)
{
    uint32_t literal = effect(w, r, personal);
    if (!w->seen[r].applies && literal != SEARCH_FALSE)
        w->seen[r].applies = can_hold(w, &w->seen[r], &literal, 1);
}

/* Whether one of two restrictions applies where the other does not. */
static void watch_twins(struct watching *w, size_t r, bool personal)
{
    struct seen *seen = &w->seen[r];
    if (!seen->same)
        return;
    uint32_t one = effect(w, r, personal), other = effect(w, seen->twin, personal);
    const uint32_t only_one[] = {one, SEARCH_NOT(other)};
    const uint32_t only_other[] = {SEARCH_NOT(one), other};
    seen->same = !can_hold(w, seen, only_one, 2) && !can_hold(w, seen, only_other, 2);
}

static void watch_rule(struct watching *w, size_t r)
{
    const struct rule *rule = &w->symbolic->law->rules[r];
    bool persons = false;
    for (size_t g = 0; g < w->groups.group_count; g++) {
        const struct field_group *group = &w->groups.groups[g];
        persons = persons || group->personal;
        if (rule->whole || !group->covered[0][r])
            continue;
        watch_applying(w, r, group->personal);
        watch_twins(w, r, group->personal);
        if (rule->kind == RULE_PERMIT)
            watch_permit(w, r, group);
    }
    for (unsigned personal = 0; rule->whole && personal <= persons; personal++) {
        watch_applying(w, r, personal == 1);
        watch_twins(w, r, personal == 1);
    }
}

static struct status watch_type(struct watching *w, const struct message_type *type)
{
    struct status s;
    struct context *c;
    const struct law *law = w->rulebook->law;
    const struct typed_law typed = {type, law};
    const struct context_question question = {
        .rulebook = w->rulebook,
        .laws = {law},
        .law_count = 1,
        .lane = {.type = type, .at_ms = w->at_ms},
        .any_route = true, /* a rule may well stand where the types let nothing pass either */
    };
    if (failed(s = context_new(w->arena, &question, &c)) ||
        failed(s = symbolic_new(c, 0, &w->symbolic)) ||
        failed(s = field_groups_of(w->arena, &typed, 1, &w->groups)))
        return s;
    bool *slots = arena_array(w->arena, c->slot_count, sizeof *slots);
    if (slots == NULL)
        return FAIL(MEMORY);
    for (size_t i = 0; i < c->slot_count; i++)
        slots[i] = true;
    w->wishes = context_wishes(c, slots);
    for (size_t r = 0; r < law->rule_count; r++)
        if (w->symbolic->rules[r].active != SEARCH_FALSE)
            watch_rule(w, r);
    return search_starved(c->search) ? FAIL(MEMORY) : OK;
}

/* The scope of both is written alike: what is left to compare is when they apply. */
static bool same_scope(const struct rule *a, const struct rule *b)
{
    return a->kind == b->kind && a->grade == b->grade && a->code == b->code &&
           a->obligations == b->obligations && a->whole == b->whole &&
           a->categories == b->categories && a->declared == b->declared &&
           a->uncarried == b->uncarried && a->pattern_count == b->pattern_count &&
           (a->pattern_count == 0 ||
            memcmp(a->patterns, b->patterns, a->pattern_count * sizeof *a->patterns) == 0) &&
           a->from_ms == b->from_ms && a->until_ms == b->until_ms;
}

static void find_twins(const struct law *law, struct seen *seen)
{
    for (size_t r = 0; r < law->rule_count; r++) {
        seen[r].twin = r;
        for (size_t q = 0; q < r && seen[r].twin == r && rule_restricts(&law->rules[r]); q++)
            if (same_scope(&law->rules[q], &law->rules[r]))
                seen[r].twin = q;
        seen[r].same = seen[r].twin != r;
    }
}

static bool add(struct arena *arena, struct lint_findings *findings, const struct rule *rule,
                const char *code, const char *sentence)
{
    return lint_add(arena, findings, &(struct lint_finding){code, rule, rule->title, sentence});
}

/* Obligations travel with a permit even where another one grants as much. */
static bool tell(struct arena *arena, const struct law *law, size_t r, const struct seen *seen,
                 struct lint_findings *findings)
{
    const struct rule *rule = &law->rules[r];
    bool permit = rule->kind == RULE_PERMIT && rule->obligations == 0;
    if (!seen->applies)
        return add(arena, findings, rule, "vacuous",
                   "its conditions contradict each other in every message");
    if (permit && !seen->alone)
        return add(arena, findings, rule, "shadowed",
                   "wherever it grants something, other permits grant as much");
    if (permit && !seen->counts)
        return add(arena, findings, rule, "overridden",
                   "whatever it grants beyond other permits, restrictions take back");
    if (!seen->same)
        return true;
    struct slice twin = law->rules[seen->twin].title;
    return add(
        arena, findings, rule, "redundant",
        arena_print(arena, "says the same as \"%.*s\"", (int)twin.length, (const char *)twin.at));
}

struct status lint_rules(struct arena *arena, const struct rulebook *rulebook, uint64_t at_ms,
                         struct lint_findings *findings)
{
    const struct law *law = rulebook->law;
    struct watching w = {.rulebook = rulebook, .at_ms = at_ms};
    struct status s = OK;
    w.seen = arena_array(arena, law->rule_count + 1, sizeof *w.seen);
    if (w.seen == NULL)
        return FAIL(MEMORY);
    find_twins(law, w.seen);
    for (size_t t = 0; t < schema_type_count(rulebook->schema) && !failed(s); t++) {
        w.arena = arena_new(CONTEXT_MAX_BYTES);
        s = w.arena == NULL ? FAIL(MEMORY) : watch_type(&w, schema_type_at(rulebook->schema, t));
        arena_free(w.arena);
    }
    for (size_t r = 0; r < law->rule_count && !failed(s); r++) {
        bool in_force = rule_in_force(&law->rules[r], at_ms);
        if (in_force && !w.seen[r].undecided && !tell(arena, law, r, &w.seen[r], findings))
            s = FAIL(MEMORY);
    }
    return s;
}
