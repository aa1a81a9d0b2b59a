#include "policy/lane.h"

#include <stdlib.h>

#include "policy/list.h"
#include "policy/obligations.h"

/* Which rules a column is to have, and with which order of levels. */
struct wanted {
    const uint32_t *rules; /* ascending */
    size_t count;
    size_t order;
};

/* A rule by the rank of what it grants or leaves. */
struct ranked {
    int rank;
    uint32_t rule;
};

struct columns {
    struct lane *lane;
    struct arena *arena;
    const struct law *law;
    uint32_t *speaking; /* rules that speak and can hold, ascending */
    size_t speaking_count;
    uint32_t *chosen;      /* those for the column that is built */
    struct ranked *ranked; /* the same by rank */
    struct column draft;   /* what is built, with room for all entries */
    uint8_t *covering;     /* by pattern: whether it covers the field that is looked at */
    size_t room;
    bool starved;
};

static int rank_order(const void *a, const void *b)
{
    const struct ranked *one = a, *other = b;
    if (one->rank != other->rank)
        return one->rank < other->rank ? -1 : 1;
    return (one->rule > other->rule) - (one->rule < other->rule);
}

static bool always_applies(const struct lane_entry *entry)
{
    return entry->must == 0 && entry->never == 0;
}

/* Copies a rule's conjunctions to the end of a list. */
static void put_entries(const struct columns *c, uint32_t rule, struct lane_entry *at,
                        uint32_t *count)
{
    struct span span = c->lane->entries_of[rule];
    for (uint32_t i = 0; i < span.count; i++)
        at[(*count)++] = c->lane->entries[span.first + i];
}

/* Whether a message may meet the rule's condition and yet be granted nothing. */
static bool has_precondition(const struct rule *rule)
{
    for (size_t i = 0; i < OBLIGATIONS_MAX; i++)
        if ((rule->obligations >> i & 1U) != 0 && obligation_is_precondition(i))
            return true;
    return false;
}

/* What comes after a rule that always applies can decide nothing. */
static void put_ranked(const struct columns *c, size_t count, struct lane_entry *at,
                       uint32_t *ret_count)
{
    *ret_count = 0;
    if (count > 1)
        qsort(c->ranked, count, sizeof *c->ranked, rank_order);
    for (size_t i = 0; i < count; i++) {
        put_entries(c, c->ranked[i].rule, at, ret_count);
        if (always_applies(&at[*ret_count - 1]) &&
            !has_precondition(&c->law->rules[c->ranked[i].rule]))
            break;
    }
}

static void draft_caps(struct columns *c, const struct wanted *wanted)
{
    const uint8_t *ranks = c->law->grades->rank[wanted->order];
    size_t count = 0;
    for (size_t i = 0; i < wanted->count; i++) {
        const struct rule *rule = &c->law->rules[wanted->rules[i]];
        if (rule_restricts(rule) && ranks[rule->grade] < ranks[GRADE_CLEAR])
            c->ranked[count++] = (struct ranked){ranks[rule->grade], wanted->rules[i]};
    }
    put_ranked(c, count, c->draft.caps, &c->draft.cap_count);
}

static void draft_grants(struct columns *c, const struct wanted *wanted)
{
    const uint8_t *ranks = c->law->grades->rank[wanted->order];
    size_t count = 0;
    for (size_t i = 0; i < wanted->count; i++) {
        const struct rule *rule = &c->law->rules[wanted->rules[i]];
        if (rule->kind == RULE_PERMIT && ranks[rule->grade] > 0)
            c->ranked[count++] = (struct ranked){-ranks[rule->grade], wanted->rules[i]};
    }
    put_ranked(c, count, c->draft.grants, &c->draft.grant_count);
}

static void draft_duties(struct columns *c, const struct wanted *wanted)
{
    c->draft.duty_count = 0;
    for (size_t i = 0; i < wanted->count; i++) {
        const struct rule *rule = &c->law->rules[wanted->rules[i]];
        if (rule->obligations != 0 && (rule->kind == RULE_PERMIT || rule_restricts(rule)))
            put_entries(c, wanted->rules[i], c->draft.duties, &c->draft.duty_count);
    }
}

static bool same_entries(const struct lane_entry *a, uint32_t a_count, const struct lane_entry *b,
                         uint32_t b_count)
{
    return a_count == b_count && (a_count == 0 || memcmp(a, b, a_count * sizeof *a) == 0);
}

static bool same_column(const struct column *a, const struct column *b)
{
    return same_entries(a->caps, a->cap_count, b->caps, b->cap_count) &&
           same_entries(a->grants, a->grant_count, b->grants, b->grant_count) &&
           same_entries(a->duties, a->duty_count, b->duties, b->duty_count);
}

static struct lane_entry *keep(struct columns *c, const struct lane_entry *at, uint32_t count)
{
    struct lane_entry *kept = arena_array(c->arena, count + 1, sizeof *kept);
    c->starved = c->starved || kept == NULL;
    if (kept != NULL && count > 0)
        memcpy(kept, at, count * sizeof *kept);
    return kept;
}

/* Adds the draft. */
static uint16_t add_column(struct columns *c)
{
    struct lane *lane = c->lane;
    struct column *at =
        list_grow(c->arena, lane->columns, lane->column_count, &c->room, sizeof *at);
    struct column column = c->draft;
    column.caps = keep(c, column.caps, column.cap_count);
    column.grants = keep(c, column.grants, column.grant_count);
    column.duties = keep(c, column.duties, column.duty_count);
    c->starved = c->starved || at == NULL || lane->column_count == UINT16_MAX;
    if (c->starved)
        return 0;
    lane->columns = at;
    at[lane->column_count] = column;
    return (uint16_t)lane->column_count++;
}

/* The column of these rules; a new one unless there is such a one. */
static uint16_t intern_column(struct columns *c, const struct wanted *wanted)
{
    draft_caps(c, wanted);
    draft_grants(c, wanted);
    draft_duties(c, wanted);
    for (uint32_t i = 0; i < c->lane->column_count; i++)
        if (same_column(&c->lane->columns[i], &c->draft))
            return (uint16_t)i;
    return add_column(c);
}

/* Of a doubtful category only a rule for all of them is certain to cover it. */
static bool covers_category(const struct rule *rule, size_t category, bool declared)
{
    if (category == CATEGORY_NONE)
        return rule->categories == ALL_CATEGORIES;
    return ((declared ? rule->declared : rule->categories) >> category & 1U) != 0;
}

static uint16_t category_column(struct columns *c, size_t category, size_t order, bool declared)
{
    struct wanted wanted = {.rules = c->chosen, .order = order};
    for (size_t i = 0; i < c->speaking_count; i++)
        if (covers_category(&c->law->rules[c->speaking[i]], category, declared))
            c->chosen[wanted.count++] = c->speaking[i];
    return intern_column(c, &wanted);
}

static void build_categories(struct columns *c)
{
    struct lane *lane = c->lane;
    size_t orders = c->law->grades->order_count;
    lane->of_category = arena_array(c->arena, CATEGORY_COUNT * orders, sizeof *lane->of_category);
    lane->of_declared = arena_array(c->arena, CATEGORY_COUNT, sizeof *lane->of_declared);
    c->starved = c->starved || lane->of_category == NULL || lane->of_declared == NULL;
    for (size_t category = 0; category < CATEGORY_COUNT && !c->starved; category++) {
        for (size_t order = 0; order < orders; order++)
            if ((lane->type->orders_used >> order & 1U) != 0)
                lane->of_category[category * orders + order] =
                    category_column(c, category, order, false);
        if (category != CATEGORY_NONE)
            lane->of_declared[category] = category_column(c, category, 0, true);
    }
}

/* rule_names_field for the field that c->covering was filled for. */
static bool names_field(const struct columns *c, const struct rule *rule,
                        const struct field_rule *field)
{
    if (rule->uncarried && field->in_person && !field->carried)
        return true;
    for (size_t i = 0; i < rule->pattern_count; i++)
        if (c->covering[rule->patterns[i]] != 0)
            return true;
    return false;
}

static bool is_stop(const struct rule *rule)
{
    return rule->kind == RULE_HOLD || rule->kind == RULE_REFUSE;
}

static void name_stops(const struct columns *c, const struct field_rule *field)
{
    for (uint32_t s = 0; s < c->lane->stop_count; s++) {
        struct lane_stop *stop = &c->lane->stops[s];
        if (stop->names != NULL && names_field(c, &c->law->rules[stop->rule], field))
            stop->names[field->number / 8] |= (uint8_t)(1U << field->number % 8);
    }
}

static uint16_t name_column(struct columns *c, const struct field_rule *field, size_t order)
{
    struct wanted wanted = {.rules = c->chosen, .order = order};
    for (size_t p = 0; p < c->law->pattern_count; p++)
        c->covering[p] = pattern_covers_field(c->law->patterns[p], field);
    for (size_t r = 0; r < c->speaking_count; r++)
        if (names_field(c, &c->law->rules[c->speaking[r]], field))
            c->chosen[wanted.count++] = c->speaking[r];
    return wanted.count == 0 ? 0 : intern_column(c, &wanted);
}

static void build_names(struct columns *c)
{
    struct lane *lane = c->lane;
    lane->of_name = arena_array(c->arena, lane->type->count + 1, sizeof *lane->of_name);
    c->starved = c->starved || lane->of_name == NULL;
    for (size_t i = 0; i < lane->type->count && !c->starved; i++) {
        const struct field_rule *field = type_rule_at(lane->type->type, i);
        lane->of_name[i] = name_column(c, field, lane->type->orders[i]);
        name_stops(c, field);
    }
}

static int stop_order(const struct law *law, const struct lane_stop *a, const struct lane_stop *b)
{
    unsigned one = law->rules[a->rule].code, other = law->rules[b->rule].code;
    if (one != other)
        return one < other ? -1 : 1;
    return (a->rule > b->rule) - (a->rule < b->rule);
}

/* Keeps stops sorted; there are few. */
static void add_stop(struct columns *c, uint32_t r)
{
    struct lane *lane = c->lane;
    const struct rule *rule = &c->law->rules[r];
    struct lane_stop stop = {.rule = r, .entries = lane->entries_of[r]};
    if (rule->uncarried || rule->pattern_count > 0) {
        stop.names = arena_alloc(c->arena, lane->type->count / 8 + 1);
        c->starved = c->starved || stop.names == NULL;
    }
    uint32_t at = lane->stop_count++;
    for (; at > 0 && stop_order(c->law, &stop, &lane->stops[at - 1]) < 0; at--)
        lane->stops[at] = lane->stops[at - 1];
    lane->stops[at] = stop;
}

static void build_stops(struct columns *c)
{
    struct lane *lane = c->lane;
    size_t count = 0;
    for (size_t i = 0; i < c->speaking_count; i++)
        count += is_stop(&c->law->rules[c->speaking[i]]);
    lane->stops = arena_array(c->arena, count + 1, sizeof *lane->stops);
    c->starved = c->starved || lane->stops == NULL;
    for (size_t i = 0; i < c->speaking_count && !c->starved; i++)
        if (is_stop(&c->law->rules[c->speaking[i]]))
            add_stop(c, c->speaking[i]);
}

static size_t find_speaking(struct columns *c)
{
    size_t entries = 0;
    for (size_t r = 0; r < c->law->rule_count; r++) {
        size_t own = c->lane->speaks[r] ? c->lane->entries_of[r].count : 0;
        entries += own;
        if (own > 0)
            c->speaking[c->speaking_count++] = (uint32_t)r;
    }
    return entries;
}

static struct lane_entry *draft_room(struct columns *c, struct arena *scratch, size_t count)
{
    struct lane_entry *at = arena_array(scratch, count + 1, sizeof *at);
    c->starved = c->starved || at == NULL;
    return at;
}

bool columns_build(struct lane *lane, struct arena *arena, struct arena *scratch,
                   const struct law *law)
{
    size_t count = law->rule_count + 1;
    struct columns c = {
        .lane = lane,
        .arena = arena,
        .law = law,
        .speaking = arena_array(scratch, count, sizeof *c.speaking),
        .chosen = arena_array(scratch, count, sizeof *c.chosen),
        .ranked = arena_array(scratch, count, sizeof *c.ranked),
        .covering = arena_alloc(scratch, law->pattern_count + 1),
    };
    if (c.speaking == NULL || c.chosen == NULL || c.ranked == NULL || c.covering == NULL)
        return false;
    size_t entries = find_speaking(&c);
    c.draft.caps = draft_room(&c, scratch, entries);
    c.draft.grants = draft_room(&c, scratch, entries);
    c.draft.duties = draft_room(&c, scratch, entries);
    if (c.starved)
        return false;
    add_column(&c); /* of no rules */
    build_categories(&c);
    if (!c.starved)
        build_stops(&c);
    if (!c.starved)
        build_names(&c);
    return !c.starved;
}
