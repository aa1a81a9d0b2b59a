#include "policy/weigh.h"

#include "policy/lanes.h"
#include "policy/obligations.h"

#define DEFAULT_RULE  "default deny"
#define DEFAULT_BASIS "LED art. 4(1)(c), 20"
#define ARRIVED_RULE  "let go at hop 1"
#define ARRIVED_BASIS "LED art. 9(3)"

#define NO_RULE UINT32_MAX

/* What the rules of one column make of what they cover. */
struct weighed {
    bool done;
    uint32_t granting, capping, obligations;
};

/* Whether a conjunction holds for sure, or may hold. */
static bool entry_holds(const struct weighing *w, const struct lane_entry *entry,
                        const uint64_t *yes, const uint64_t *no)
{
    if (!masks_hold(entry->must, entry->never, yes[entry->word], no[entry->word]))
        return false;
    for (uint32_t i = 0; i < entry->more.count; i++) {
        const struct term *term = &w->lane->terms[entry->more.first + i];
        if (!masks_hold(term->must, term->never, yes[term->word], no[term->word]))
            return false;
    }
    return true;
}

static bool is_sure(const struct weighing *w, const struct lane_entry *entry,
                    const struct truths *t)
{
    return entry_holds(w, entry, t->sure, t->possible);
}

/* What is not known restricts where the sender is at home; hop 2 needs certainty. */
static bool entry_restricts(const struct weighing *w, const struct lane_entry *entry,
                            const struct truths *t)
{
    return w->facts->relayed ? is_sure(w, entry, t) : entry_holds(w, entry, t->possible, t->sure);
}

bool weigh_restricts(const struct weighing *w, enum truth truth)
{
    return w->facts->relayed ? truth == TRUTH_TRUE : truth != TRUTH_FALSE;
}

static uint32_t first_cap(const struct weighing *w, const struct column *column,
                          const struct truths *t)
{
    for (uint32_t i = 0; i < column->cap_count; i++)
        if (entry_restricts(w, &column->caps[i], t))
            return column->caps[i].rule;
    return NO_RULE;
}

/* Whether the message is what the permit requires it to be. */
static bool is_met(const struct weighing *w, uint32_t rule)
{
    return (w->law->rules[rule].obligations & w->missing) == 0;
}

bool weigh_applies(const struct weighing *w, size_t rule, enum truth truth)
{
    return w->law->rules[rule].kind == RULE_PERMIT
               ? truth == TRUTH_TRUE && is_met(w, (uint32_t)rule)
               : weigh_restricts(w, truth);
}

/* What has arrived was granted at hop 1. */
static uint32_t first_grant(const struct weighing *w, const struct column *column,
                            const struct truths *t)
{
    for (uint32_t i = 0; i < column->grant_count && !w->facts->relayed; i++)
        if (is_sure(w, &column->grants[i], t) && is_met(w, column->grants[i].rule))
            return column->grants[i].rule;
    return NO_RULE;
}

/* Those of every rule that contributes, however early the level was clear. */
static uint32_t duties_of(const struct weighing *w, const struct column *column,
                          const struct truths *t)
{
    uint32_t obligations = 0;
    for (uint32_t i = 0; i < column->duty_count; i++) {
        const struct lane_entry *entry = &column->duties[i];
        const struct rule *rule = &w->law->rules[entry->rule];
        if (rule->kind == RULE_PERMIT ? is_sure(w, entry, t) && is_met(w, entry->rule)
                                      : entry_restricts(w, entry, t))
            obligations |= rule->obligations;
    }
    return obligations;
}

static const struct weighed *weigh_column(const struct weighing *w, size_t context, uint16_t at)
{
    struct weighed *weighed = &w->weighed[context * w->lane->column_count + at];
    if (weighed->done)
        return weighed;
    const struct column *column = &w->lane->columns[at];
    const struct truths *t = &w->truths[context];
    *weighed = (struct weighed){
        .done = true,
        .granting = first_grant(w, column, t),
        .capping = first_cap(w, column, t),
        .obligations = duties_of(w, column, t),
    };
    return weighed;
}

/* Of two rules the one that grants more (sign 1) or leaves less (-1); of equals the first. */
static uint32_t stronger(const struct weighing *w, size_t order, int sign, uint32_t a, uint32_t b)
{
    if (a == NO_RULE || b == NO_RULE)
        return a == NO_RULE ? b : a;
    const uint8_t *ranks = w->law->grades->rank[order];
    int difference = sign * (ranks[w->law->rules[a].grade] - ranks[w->law->rules[b].grade]);
    return difference > 0 || (difference == 0 && a < b) ? a : b;
}

static const struct rule *rule_at(const struct weighing *w, uint32_t rule)
{
    return rule == NO_RULE ? NULL : &w->law->rules[rule];
}

static struct tally tally_of(const struct weighing *w, size_t order, const struct weighed *a,
                             const struct weighed *b)
{
    return (struct tally){
        .grades = w->law->grades,
        .order = order,
        .granting = rule_at(w, stronger(w, order, 1, a->granting, b->granting)),
        .capping = rule_at(w, stronger(w, order, -1, a->capping, b->capping)),
        .obligations = a->obligations | b->obligations,
        .arrived = w->facts->relayed,
    };
}

struct tally weigh_field(const struct weighing *w, size_t person, const struct field_rule *field,
                         enum category category)
{
    const struct lane *lane = w->lane;
    size_t context = context_of(w->facts, person), order = lane->type->orders[field->number];
    size_t column = category * w->law->grades->order_count + order;
    const struct weighed *by_category = weigh_column(w, context, lane->of_category[column]);
    const struct weighed *by_name = weigh_column(w, context, lane->of_name[field->number]);
    return tally_of(w, order, by_category, by_name);
}

struct tally weigh_item(const struct weighing *w, const struct document_item *item)
{
    return weigh_field(w, item->person, item->rule,
                       item->doubtful ? CATEGORY_NONE : item->category);
}

enum level weigh_named(const struct weighing *w, size_t person, const struct field_rule *field)
{
    const struct grades *grades = w->law->grades;
    size_t context = context_of(w->facts, person), order = w->lane->type->orders[field->number];
    uint32_t capping = weigh_column(w, context, w->lane->of_name[field->number])->capping;
    if (capping == NO_RULE)
        return LEVEL_CLEAR;
    uint8_t rank = grades->rank[order][w->law->rules[capping].grade];
    return grades->at[grades->of_rank[order][rank]].level;
}

/* The grade that a tally comes to: the lower one of what is granted and what is left. */
static uint8_t tally_grade(const struct tally *t, bool *ret_capped)
{
    const uint8_t *ranks = t->grades->rank[t->order];
    uint8_t grant = t->arrived            ? ranks[GRADE_CLEAR]
                    : t->granting != NULL ? ranks[t->granting->grade]
                                          : 0;
    uint8_t left = t->capping != NULL ? ranks[t->capping->grade] : ranks[GRADE_CLEAR];
    *ret_capped = t->capping != NULL && left <= grant;
    return t->grades->of_rank[t->order][*ret_capped ? left : grant];
}

struct tally weigh_declared(const struct weighing *w, size_t person, enum category category)
{
    const struct weighed *weighed =
        weigh_column(w, context_of(w->facts, person), w->lane->of_declared[category]);
    return tally_of(w, 0, weighed, weighed);
}

/* Who knows that an asylum or witness entry exists knows what it says. */
static bool is_never_stated(enum category category)
{
    return category == CATEGORY_ASY || category == CATEGORY_WIT;
}

const struct rule *tally_rule(const struct tally *tally)
{
    bool capped;
    tally_grade(tally, &capped);
    return capped ? tally->capping : tally->granting;
}

struct verdict tally_verdict(const struct tally *tally, enum category category)
{
    bool capped;
    uint8_t grade = tally_grade(tally, &capped);
    const struct rule *rule = capped ? tally->capping : tally->granting;
    struct verdict v = {
        .level = tally->grades->at[grade].level,
        .grade = grade,
        .rule = slice_text(tally->arrived ? ARRIVED_RULE : DEFAULT_RULE),
        .basis = slice_text(tally->arrived ? ARRIVED_BASIS : DEFAULT_BASIS),
    };
    if (rule != NULL) {
        v.rule = rule->title;
        v.basis = rule->basis;
    }
    if (v.level == LEVEL_STATED && is_never_stated(category)) {
        v.level = LEVEL_SILENT;
        v.grade = GRADE_SILENT;
    }
    v.released = v.level == LEVEL_CLEAR;
    return v;
}

bool weigh_speaks(const struct weighing *w, size_t rule)
{
    return w->lane->speaks[rule] != 0;
}

enum truth weigh_truth(const struct weighing *w, size_t rule, size_t person)
{
    const struct truths *t = &w->truths[context_of(w->facts, person)];
    struct span span = w->lane->entries_of[rule];
    enum truth truth = TRUTH_FALSE;
    for (uint32_t i = span.first; i < span.first + span.count && truth != TRUTH_TRUE; i++)
        if (is_sure(w, &w->lane->entries[i], t))
            truth = TRUTH_TRUE;
        else if (entry_holds(w, &w->lane->entries[i], t->possible, t->sure))
            truth = TRUTH_UNKNOWN;
    return truth;
}

/* Whatever a doubtful category is, only a rule for all of them certainly covers it. */
static bool covers_category(const struct rule *rule, const struct document_item *item)
{
    return item->doubtful ? rule->categories == ALL_CATEGORIES
                          : (rule->categories >> item->category & 1U) != 0;
}

bool weigh_covers(const struct weighing *w, size_t r, const struct document_item *item)
{
    const struct rule *rule = &w->law->rules[r];
    return covers_category(rule, item) || rule_names_field(w->law, rule, item->rule);
}

static bool stop_covers(const struct weighing *w, const struct lane_stop *stop,
                        const struct document_item *item)
{
    size_t field = item->rule->number;
    return covers_category(&w->law->rules[stop->rule], item) ||
           (stop->names != NULL && (stop->names[field / 8] >> field % 8 & 1U) != 0);
}

static bool stops_context(const struct weighing *w, const struct lane_stop *stop, size_t context)
{
    const struct lane_entry *entries = &w->lane->entries[stop->entries.first];
    for (uint32_t i = 0; i < stop->entries.count; i++)
        if (entry_restricts(w, &entries[i], &w->truths[context]))
            return true;
    return false;
}

/* A rule without fields stops for any person or the case; one with fields only for what it covers.
 */
static bool stops(const struct weighing *w, const struct lane_stop *stop)
{
    const struct document *d = w->facts->document;
    bool whole = w->law->rules[stop->rule].whole;
    for (size_t c = 0; c <= d->person_count; c++) {
        if (!stops_context(w, stop, c))
            continue;
        if (whole)
            return true;
        for (size_t i = 0; i < d->count; i++)
            if (context_of(w->facts, d->items[i].person) == c && stop_covers(w, stop, &d->items[i]))
                return true;
    }
    return false;
}

struct stop weigh_stop(const struct weighing *w, enum rule_kind kind)
{
    for (uint32_t s = 0; s < w->lane->stop_count; s++) {
        const struct rule *rule = &w->law->rules[w->lane->stops[s].rule];
        if (rule->kind == kind && stops(w, &w->lane->stops[s]))
            return (struct stop){rule->code, rule->title};
    }
    return (struct stop){REFUSAL_NONE, {NULL, 0}};
}

struct status weighing_on(struct facts *f, const struct lane *lane, struct weighing *ret_weighing)
{
    const struct truths *truths = truths_of(f, lane);
    if (truths == NULL || f->starved)
        return FAIL(MEMORY);
    struct weighing w = {
        .facts = f, .law = f->question->rulebook->law, .lane = lane, .truths = truths};
    w.weighed = arena_array(f->arena, (f->document->person_count + 1) * lane->column_count,
                            sizeof *w.weighed);
    if (w.weighed == NULL)
        return FAIL(MEMORY);
    w.missing = obligations_missing(f->question);
    *ret_weighing = w;
    return OK;
}

struct status weighing_start(struct facts *f, struct weighing *ret_weighing)
{
    const struct lane *lane = lanes_take(f);
    struct status s = lane == NULL ? FAIL(MEMORY) : weighing_on(f, lane, ret_weighing);
    if (failed(s))
        lanes_give_back(f->question->rulebook->law->engine->lanes, lane);
    return s;
}

void weighing_end(const struct weighing *w)
{
    lanes_give_back(w->law->engine->lanes, w->lane);
}
