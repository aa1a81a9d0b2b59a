#include "seen.h"

#include "fixture.h"
#include "policy/levels.h"
#include "policy/scalars.h"
#include "policy/weigh.h"

#define RULES_MAX 1024

/* Which rules some message was seen to be judged by, and which ones not. */
static bool seen_applied[RULES_MAX], seen_spared[RULES_MAX];

static bool covers_name(const struct law *law, const struct rule *rule,
                        const struct document_item *item)
{
    static const char person[] = "person.", persons[] = "persons.";
    for (size_t i = 0; i < rule->pattern_count; i++) {
        struct slice pattern = law->patterns[rule->patterns[i]], name = item->rule->name;
        if (slice_begins(pattern, slice_text(person))) {
            pattern = slice_part(pattern, sizeof person - 1, SIZE_MAX);
            name = slice_begins(name, slice_text(persons))
                       ? slice_part(name, sizeof persons - 1, SIZE_MAX)
                       : slice_text("");
        }
        if (pattern_covers(pattern, name))
            return true;
    }
    return rule->uncarried && item->person != NO_PERSON && !item->rule->carried;
}

/* The categories that the text of a message declares. */
static uint32_t declared_of(const struct document *d)
{
    const struct together *t = type_together(d->type);
    const struct document_item *cats = t == NULL ? NULL : document_find(d, t->cats);
    uint32_t declared = 0;
    if (cats == NULL)
        return 0;
    struct scalar_walk walk = scalars_of(&cats->leaf.value);
    for (struct value code; scalars_next(&walk, &code);)
        declared |= 1U << category_by_code(code.octets);
    return declared;
}

static bool covers(const struct law *law, const struct rule *rule, const struct document_item *item)
{
    return rule->whole || (rule->categories >> item->category & 1U) != 0 ||
           covers_name(law, rule, item);
}

/* A rule applies where it covers a field, or what a text declares of a person, and its condition
 * holds, or for a restriction may hold. */
static void see_rule(const struct sample *s, const struct weighing *w, size_t r)
{
    const struct rule *rule = &w->law->rules[r];
    bool conditional = rule->when.count > 0 || rule->unless.count > 0;
    uint32_t declared = declared_of(s->document);
    if (!weigh_speaks(w, r)) {
        seen_spared[r] = seen_spared[r] || !conditional;
        return;
    }
    bool applied = false;
    for (size_t i = 0; i < s->document->count; i++) {
        const struct document_item *item = &s->document->items[i];
        enum truth truth = weigh_truth(w, r, item->person);
        bool holds = rule->kind == RULE_PERMIT ? truth == TRUTH_TRUE : truth != TRUTH_FALSE;
        bool covered = covers(w->law, rule, item) ||
                       (item->person != NO_PERSON && (rule->declared & declared) != 0);
        seen_spared[r] = seen_spared[r] || !holds;
        applied = applied || (holds && covered);
    }
    seen_applied[r] = seen_applied[r] || applied;
    seen_spared[r] = seen_spared[r] || !applied;
}

void seen_note(const struct sample *s)
{
    struct facts facts;
    struct weighing w;
    if (!CHECK_OK(facts_gather(s->arena, &s->question, true, &facts)) ||
        !CHECK_OK(weighing_start(&facts, &w)))
        return;
    CHECK(w.law->rule_count <= RULES_MAX);
    for (size_t r = 0; r < w.law->rule_count && r < RULES_MAX; r++)
        see_rule(s, &w, r);
    weighing_end(&w);
}

void seen_write(struct buffer *out)
{
    const struct law *law = shipped_rulebook()->law;
    buffer_text(out,
                "\n# The rules: + some message here was judged by it, - another one was not\n");
    for (size_t r = 0; r < law->rule_count; r++)
        buffer_print(out, "%c%c %.*s\n", seen_applied[r] ? '+' : ' ', seen_spared[r] ? '-' : ' ',
                     (int)law->rules[r].title.length, (const char *)law->rules[r].title.at);
    buffer_text(out, "\n# Not seen yet to be judged by, or not to be\n");
    for (size_t r = 0; r < law->rule_count; r++)
        if (!seen_applied[r] || !seen_spared[r])
            buffer_print(out, "%.*s\n", (int)law->rules[r].title.length,
                         (const char *)law->rules[r].title.at);
}
