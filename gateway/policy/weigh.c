#include "policy/weigh.h"

#define DEFAULT_RULE  "default deny"
#define DEFAULT_BASIS "LED art. 4(1)(c), 20"
#define ARRIVED_RULE  "let go at hop 1"
#define ARRIVED_BASIS "LED art. 9(3)"

static bool pattern_fits(const struct party_pattern *pattern, struct slice party)
{
    return (pattern->id.length == 0 || slice_equal(pattern->id, party)) &&
           (pattern->state.length == 0 || slice_equal(pattern->state, party_state(party))) &&
           (pattern->role.length == 0 || slice_equal(pattern->role, party_role(party)));
}

static bool fits_any(const struct party_pattern *patterns, size_t count, struct slice party)
{
    for (size_t i = 0; i < count; i++)
        if (pattern_fits(&patterns[i], party))
            return true;
    return count == 0;
}

static bool holds(struct slices list, struct slice code)
{
    for (size_t i = 0; i < list.count; i++)
        if (slice_equal(list.at[i], code))
            return true;
    return list.count == 0;
}

static bool is_active(const struct rule *rule, const struct question *question)
{
    const struct claims *claims = question->claims;
    return question->at_ms >= rule->from_ms && question->at_ms < rule->until_ms &&
           fits_any(rule->from, rule->from_count, claims->from) &&
           fits_any(rule->to, rule->to_count, claims->to) && holds(rule->purposes, claims->purpose);
}

/* What is not known restricts where the sender is at home; hop 2 needs certainty. */
static bool restricts(const struct weighing *w, enum truth truth)
{
    return w->facts->relayed ? truth == TRUTH_TRUE : truth != TRUTH_FALSE;
}

/* Nothing is granted yet; what has arrived was granted at hop 1. */
static struct tally tally_begin(const struct weighing *w)
{
    return (struct tally){
        .done = true,
        .grant = w->facts->relayed ? LEVEL_CLEAR : LEVEL_SILENT,
        .ceiling = LEVEL_CLEAR,
    };
}

/* Rules stand in an order of their own; of equals the first is named, whatever file it is in. */
static void count_rule(const struct weighing *w, struct tally *tally, const struct rule *rule,
                       enum truth truth)
{
    if (rule->kind == RULE_PERMIT && truth == TRUTH_TRUE) {
        if (!w->facts->relayed && (tally->granting == NULL || rule->level > tally->grant)) {
            tally->grant = rule->level;
            tally->granting = rule;
        }
        tally->obligations |= rule->obligations;
    }
    if ((rule->kind == RULE_LIMIT || rule->kind == RULE_FORBID) && restricts(w, truth)) {
        if (rule->level < tally->ceiling) {
            tally->ceiling = rule->level;
            tally->capping = rule;
        }
        tally->obligations |= rule->obligations;
    }
}

static size_t context_of(const struct weighing *w, size_t person)
{
    return person == NO_PERSON ? w->facts->document->person_count : person;
}

static enum truth truth_of(const struct weighing *w, size_t rule, size_t context)
{
    return (enum truth)w->truths[context].of_rule[rule];
}

/* The tally of all rules that cover a category as such. */
static struct tally *category_tally(const struct weighing *w, size_t context,
                                    enum category category, bool declared)
{
    struct tally *tallies = declared ? w->of_declared : w->of_fields;
    struct tally *tally = &tallies[context * CATEGORY_COUNT + category];
    if (tally->done)
        return tally;
    *tally = tally_begin(w);
    for (size_t r = 0; r < w->law->rule_count; r++) {
        const struct rule *rule = &w->law->rules[r];
        uint32_t covered = declared ? rule->declared : rule->categories;
        if (w->active[r] && (covered >> category & 1U) != 0)
            count_rule(w, tally, rule, truth_of(w, r, context));
    }
    return tally;
}

static bool pattern_covers_item(const struct weighing *w, struct slice pattern,
                                const struct document_item *item)
{
    static const char person[] = "person.";
    if (!slice_begins(pattern, slice_text(person)))
        return pattern_covers(pattern, item->rule->name);
    return item->person != NO_PERSON &&
           pattern_covers(slice_part(pattern, sizeof person - 1, SIZE_MAX),
                          item_member(w->facts, item));
}

/* Whether a rule covers a field by something else than its category. */
static bool names_item(const struct weighing *w, const struct rule *rule,
                       const struct document_item *item)
{
    if (rule->uncarried && item->person != NO_PERSON && !item->rule->carried)
        return true;
    for (size_t i = 0; i < rule->pattern_count; i++)
        if (pattern_covers_item(w, w->law->patterns[rule->patterns[i]], item))
            return true;
    return false;
}

/* Whatever a doubtful category is, only a rule for all of them certainly covers it. */
static bool covers_category(const struct rule *rule, const struct document_item *item)
{
    return item->doubtful ? rule->categories == ALL_CATEGORIES
                          : (rule->categories >> item->category & 1U) != 0;
}

static bool covers_item(const struct weighing *w, const struct rule *rule,
                        const struct document_item *item)
{
    return covers_category(rule, item) || names_item(w, rule, item);
}

/* The tally of a field whose category is doubtful, by its category as such. */
static struct tally doubtful_tally(const struct weighing *w, size_t context,
                                   const struct document_item *item)
{
    struct tally tally = tally_begin(w);
    for (size_t r = 0; r < w->law->rule_count; r++)
        if (w->active[r] && covers_category(&w->law->rules[r], item))
            count_rule(w, &tally, &w->law->rules[r], truth_of(w, r, context));
    return tally;
}

struct tally weigh_item(const struct weighing *w, const struct document_item *item)
{
    size_t context = context_of(w, item->person);
    struct tally tally = item->doubtful ? doubtful_tally(w, context, item)
                                        : *category_tally(w, context, item->category, false);
    for (size_t i = 0; i < w->naming_count; i++) {
        size_t r = w->naming[i];
        if (names_item(w, &w->law->rules[r], item))
            count_rule(w, &tally, &w->law->rules[r], truth_of(w, r, context));
    }
    return tally;
}

enum level weigh_declared(const struct weighing *w, size_t person, enum category category)
{
    const struct tally *tally = category_tally(w, context_of(w, person), category, true);
    return tally->grant < tally->ceiling ? tally->grant : tally->ceiling;
}

/* Who knows that an asylum or witness entry exists knows what it says. */
static bool is_never_stated(enum category category)
{
    return category == CATEGORY_ASY || category == CATEGORY_WIT;
}

struct verdict tally_verdict(const struct tally *tally, enum category category)
{
    bool capped = tally->capping != NULL && tally->ceiling <= tally->grant;
    bool arrived = tally->granting == NULL && tally->grant == LEVEL_CLEAR;
    const struct rule *rule = capped ? tally->capping : tally->granting;
    struct verdict v = {
        .level = capped ? tally->ceiling : tally->grant,
        .rule = slice_text(arrived ? ARRIVED_RULE : DEFAULT_RULE),
        .basis = slice_text(arrived ? ARRIVED_BASIS : DEFAULT_BASIS),
    };
    if (rule != NULL) {
        v.rule = rule->title;
        v.basis = rule->basis;
    }
    if (v.level == LEVEL_STATED && is_never_stated(category))
        v.level = LEVEL_SILENT;
    v.released = v.level == LEVEL_CLEAR;
    return v;
}

/* A rule without fields stops for any person or the case; one with fields only for what it covers.
 */
static bool stops(const struct weighing *w, size_t r)
{
    const struct rule *rule = &w->law->rules[r];
    const struct document *d = w->facts->document;
    for (size_t c = 0; rule->whole && c <= d->person_count; c++)
        if (restricts(w, truth_of(w, r, c)))
            return true;
    for (size_t i = 0; !rule->whole && i < d->count; i++)
        if (restricts(w, truth_of(w, r, context_of(w, d->items[i].person))) &&
            covers_item(w, rule, &d->items[i]))
            return true;
    return false;
}

struct stop weigh_stop(const struct weighing *w, enum rule_kind kind)
{
    struct stop stop = {REFUSAL_NONE, {NULL, 0}};
    for (size_t r = 0; r < w->law->rule_count; r++) {
        const struct rule *rule = &w->law->rules[r];
        if (rule->kind != kind || !w->active[r] ||
            (stop.code != REFUSAL_NONE && rule->code >= stop.code))
            continue;
        if (stops(w, r))
            stop = (struct stop){rule->code, rule->title};
    }
    return stop;
}

struct status weighing_start(struct facts *f, struct weighing *ret_weighing)
{
    const struct law *law = f->question->rulebook->law;
    size_t contexts = f->document->person_count + 1;
    bool *active = arena_array(f->arena, law->rule_count + 1, sizeof *active);
    size_t *naming = arena_array(f->arena, law->rule_count + 1, sizeof *naming);
    size_t naming_count = 0;
    struct truths *truths = arena_array(f->arena, contexts, sizeof *truths);
    struct tally *tallies = arena_array(f->arena, 2 * contexts * CATEGORY_COUNT, sizeof *tallies);
    if (active == NULL || naming == NULL || truths == NULL || tallies == NULL)
        return FAIL(MEMORY);
    for (size_t r = 0; r < law->rule_count; r++)
        active[r] = is_active(&law->rules[r], f->question);
    for (size_t r = 0; r < law->rule_count; r++)
        if (active[r] && (law->rules[r].uncarried || law->rules[r].pattern_count > 0))
            naming[naming_count++] = r;
    for (size_t c = 0; c < contexts; c++)
        truths[c] = truths_of(f, law, c + 1 == contexts ? NO_PERSON : c);
    if (f->starved)
        return FAIL(MEMORY);
    *ret_weighing = (struct weighing){
        .facts = f,
        .law = law,
        .active = active,
        .naming = naming,
        .naming_count = naming_count,
        .truths = truths,
        .of_fields = tallies,
        .of_declared = tallies + contexts * CATEGORY_COUNT,
    };
    return OK;
}
