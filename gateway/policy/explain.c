#include "policy/explain.h"

#define BITS 64

struct explaining {
    struct facts *facts;
    const struct weighing *w;
    const struct document_item *item;
    const uint8_t *ranks; /* of the field's order of levels */
    struct explained_rule *rules;
    size_t count;
    bool *missing; /* by attribute: of some rule that matters */
};

/* Rules that have something to say of the field. */
static void find_rules(struct explaining *x)
{
    const struct law *law = x->w->law;
    for (size_t r = 0; r < law->rule_count; r++) {
        const struct rule *rule = &law->rules[r];
        if ((rule->kind != RULE_PERMIT && !rule_restricts(rule)) || !weigh_speaks(x->w, r) ||
            !weigh_covers(x->w, r, x->item))
            continue;
        enum truth truth = weigh_truth(x->w, r, x->item->person);
        if (truth != TRUTH_FALSE)
            x->rules[x->count++] = (struct explained_rule){
                .rule = rule, .truth = truth, .applied = weigh_applies(x->w, r, truth)};
    }
}

/* What is granted, and left, by the rules of which that is certain. */
struct certain {
    uint8_t granted, left;
};

static struct certain certain_of(const struct explaining *x)
{
    struct certain c = {x->facts->relayed ? x->ranks[GRADE_CLEAR] : 0, x->ranks[GRADE_CLEAR]};
    for (size_t i = 0; i < x->count; i++) {
        uint8_t rank = x->ranks[x->rules[i].rule->grade];
        if (x->rules[i].truth != TRUTH_TRUE || !x->rules[i].applied)
            continue;
        if (rule_restricts(x->rules[i].rule))
            c.left = rank < c.left ? rank : c.left;
        else
            c.granted = rank > c.granted ? rank : c.granted;
    }
    return c;
}

/* A permit matters if it would raise the level; a restriction, if it keeps it down or could. */
static bool matters(const struct explaining *x, const struct explained_rule *rule, uint8_t result,
                    struct certain certain)
{
    uint8_t rank = x->ranks[rule->rule->grade];
    if (rule->truth != TRUTH_UNKNOWN ||
        !weigh_applies(x->w, (size_t)(rule->rule - x->w->law->rules), TRUTH_TRUE))
        return false;
    if (!rule_restricts(rule->rule))
        return rank > result && certain.left > result;
    return rank < certain.granted && rank < certain.left;
}

/* Whether a conjunction of the rule asks for this test. */
static bool asks(const struct weighing *w, struct span entries, uint32_t bit)
{
    uint32_t word = bit / BITS;
    uint64_t own = UINT64_C(1) << bit % BITS;
    for (uint32_t i = entries.first; i < entries.first + entries.count; i++) {
        const struct lane_entry *entry = &w->lane->entries[i];
        if (entry->word == word && ((entry->must | entry->never) & own) != 0)
            return true;
        for (uint32_t t = entry->more.first; t < entry->more.first + entry->more.count; t++)
            if (w->lane->terms[t].word == word &&
                ((w->lane->terms[t].must | w->lane->terms[t].never) & own) != 0)
                return true;
    }
    return false;
}

static void mark(const struct explaining *x, size_t attribute, bool *missing)
{
    struct codes codes = codes_of_attribute(x->facts, attribute, x->item->person);
    missing[attribute] = missing[attribute] || !codes_are_whole(&codes);
}

/* The attributes of tests that the rule asks for and that are unknown. */
static void mark_missing(const struct explaining *x, size_t rule, bool *missing)
{
    const struct law *law = x->w->law;
    const struct truths *t = &x->w->truths[context_of(x->facts, x->item->person)];
    for (size_t a = 0; a < law->atom_count; a++) {
        uint32_t bit = law->engine->bits[a];
        bool unknown = ((t->possible[bit / BITS] & ~t->sure[bit / BITS]) >> bit % BITS & 1U) != 0;
        if (!unknown || !asks(x->w, x->w->lane->entries_of[rule], bit))
            continue;
        mark(x, law->atoms[a].attribute, missing);
        if (law->atoms[a].kind == ATOM_SAME)
            mark(x, law->atoms[a].other, missing);
    }
}

static struct slices names_of(const struct explaining *x, const bool *missing)
{
    const struct law *law = x->w->law;
    struct slices names = {arena_array(x->facts->arena, law->attribute_count + 1, sizeof *names.at),
                           0};
    x->facts->starved = x->facts->starved || names.at == NULL;
    for (size_t a = 0; a < law->attribute_count && names.at != NULL; a++)
        if (missing[a])
            names.at[names.count++] = law->attributes[a].name;
    return names;
}

static void explain_rule(struct explaining *x, struct explained_rule *rule)
{
    const struct law *law = x->w->law;
    bool *missing = arena_array(x->facts->arena, law->attribute_count + 1, sizeof *missing);
    x->facts->starved = x->facts->starved || missing == NULL;
    if (x->facts->starved)
        return;
    mark_missing(x, (size_t)(rule->rule - law->rules), missing);
    rule->missing = names_of(x, missing);
    for (size_t a = 0; a < law->attribute_count; a++)
        x->missing[a] = x->missing[a] || (rule->matters && missing[a]);
}

static const struct explained_rule *deciding_of(const struct explaining *x, const struct tally *t)
{
    const struct rule *rule = tally_rule(t);
    for (size_t i = 0; i < x->count; i++)
        if (x->rules[i].rule == rule)
            return &x->rules[i];
    return NULL;
}

static struct explanation explain_item(struct explaining *x)
{
    struct tally tally = weigh_item(x->w, x->item);
    struct explanation e = {.verdict = tally_verdict(&tally, x->item->category)};
    x->ranks = tally.grades->rank[tally.order];
    find_rules(x);
    struct certain certain = certain_of(x);
    for (size_t i = 0; i < x->count; i++) {
        struct explained_rule *rule = &x->rules[i];
        rule->matters = matters(x, rule, x->ranks[e.verdict.grade], certain);
        if (rule->truth == TRUTH_UNKNOWN)
            explain_rule(x, rule);
    }
    e.rules = x->rules;
    e.rule_count = x->count;
    e.deciding = deciding_of(x, &tally);
    e.missing = names_of(x, x->missing);
    return e;
}

static struct status explain_with(struct arena *arena, const struct weighing *w, size_t item,
                                  const struct explanation **ret_explanation)
{
    struct explanation *explanation = arena_alloc(arena, sizeof *explanation);
    struct explaining x = {
        .facts = w->facts,
        .w = w,
        .item = &w->facts->document->items[item],
        .rules = arena_array(arena, w->law->rule_count + 1, sizeof *x.rules),
        .missing = arena_array(arena, w->law->attribute_count + 1, sizeof *x.missing),
    };
    if (explanation == NULL || x.rules == NULL || x.missing == NULL)
        return FAIL(MEMORY);
    *explanation = explain_item(&x);
    if (w->facts->starved)
        return FAIL(MEMORY);
    *ret_explanation = explanation;
    return OK;
}

struct status policy_explain(struct arena *arena, const struct question *question, size_t item,
                             const struct explanation **ret_explanation)
{
    struct status s;
    struct facts facts;
    struct weighing w;
    if (failed(s = facts_gather(arena, question, true, &facts)) ||
        failed(s = weighing_start(&facts, &w)))
        return s;
    s = explain_with(arena, &w, item, ret_explanation);
    weighing_end(&w);
    return s;
}

struct status policy_explain_category(struct arena *arena, const struct question *question,
                                      size_t person, enum category category,
                                      struct verdict *ret_verdict, bool *ret_certain)
{
    struct status s;
    struct facts facts;
    struct weighing w;
    if (failed(s = facts_gather(arena, question, true, &facts)) ||
        failed(s = weighing_start(&facts, &w)))
        return s;
    const struct tally tally = weigh_declared(&w, person, category);
    const struct rule *rule = tally_rule(&tally);
    const struct verdict verdict = tally_verdict(&tally, category);
    const bool certain =
        rule != NULL && weigh_truth(&w, (size_t)(rule - w.law->rules), person) == TRUTH_TRUE;
    weighing_end(&w);
    if (facts.starved)
        return FAIL(MEMORY);
    *ret_verdict = verdict;
    *ret_certain = certain;
    return OK;
}
