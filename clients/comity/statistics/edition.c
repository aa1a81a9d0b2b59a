#include "comity/statistics/edition.h"

#include <stdio.h>
#include <string.h>

#include "comity/output.h"
#include "mirror/suppress.h"

#define ARENA_BYTES  (32U << 20)
#define PERIOD_BYTES 20

/* Months that stand together, the longest last; 0: all. */
static const unsigned spans[] = {1, 3, 12, 0};

#define SPANS (sizeof spans / sizeof spans[0])

/* What an edition has. Nothing of it says who or what fields; asylum is no dimension of any. */
static const struct {
    enum statistic statistic;
    const char *without; /* a row that is not counted: another table has it */
} tables[] = {
    {STATISTIC_STATES, NULL},     {STATISTIC_PURPOSE, NULL},        {STATISTIC_TYPE, NULL},
    {STATISTIC_INSTRUMENT, NULL}, {STATISTIC_TRANSFER, NULL},       {STATISTIC_BASIS, NULL},
    {STATISTIC_CATEGORY, NULL},   {STATISTIC_OUTCOME, "disclosed"},
};

#define TABLES (sizeof tables / sizeof tables[0])

struct publishing {
    const struct statistics *x;
    const struct edition_rules *rules;
    struct arena *arena;
    size_t table;
    struct slice keys[STATISTICS_ROWS_MAX];
    size_t rows, periods;
    char labels[STATISTICS_MONTHS_MAX][PERIOD_BYTES];
    struct grid grid;
};

/* ---- one table ---- */

/* The period of a month: from the calendar, so that those of two editions are the same. */
static unsigned period_of(const struct publishing *p, size_t month, unsigned span)
{
    return span == 0 ? 0 : (p->x->first + (unsigned)month) / span - p->x->first / span;
}

static void label_periods(struct publishing *p, unsigned span)
{
    char first[8], last[8];
    p->periods = 0;
    for (size_t m = 0; m < p->x->months; m++) {
        const unsigned period = period_of(p, m, span);
        month_write(p->x->first + (unsigned)m, last);
        if (period == p->periods) {
            memcpy(first, last, sizeof first);
            p->periods++;
        }
        if (strcmp(first, last) == 0)
            snprintf(p->labels[period], PERIOD_BYTES, "%s", first);
        else
            snprintf(p->labels[period], PERIOD_BYTES, "%s..%s", first, last);
    }
}

static uint64_t *counts_make(struct publishing *p, unsigned span)
{
    const struct tally *t = &p->x->tallies[tables[p->table].statistic];
    const char *without = tables[p->table].without;
    label_periods(p, span);
    uint64_t *counts = arena_array(p->arena, t->count * p->periods + 1, sizeof *counts);
    p->rows = 0;
    for (size_t i = 0; counts != NULL && i < t->count; i++) {
        if (without != NULL && slice_is(t->rows[i].key, without))
            continue;
        for (size_t m = 0; m < p->x->months; m++)
            counts[p->rows * p->periods + period_of(p, m, span)] += t->rows[i].counts[m];
        p->keys[p->rows++] = t->rows[i].key;
    }
    return counts;
}

/* ABSENT: not with any period. */
static struct status table_make(struct publishing *p)
{
    struct status s = FAIL(ABSENT);
    for (size_t i = 0; i < SPANS && s.code == CODE_ABSENT; i++) {
        const uint64_t *counts = counts_make(p, spans[i]);
        if (counts == NULL)
            return FAIL(MEMORY);
        s = p->rules->rounds
                ? round_down(p->arena, p->rows, p->periods, counts, p->rules->k, &p->grid)
                : suppress(p->arena, p->rows, p->periods, counts, p->rules->k, TOTALS_KNOWN,
                           &p->grid);
    }
    return s;
}

/* ---- as JSON ---- */

static json_t *cell_json(const struct publishing *p, size_t row, size_t column)
{
    const struct cell *c = grid_cell(&p->grid, row, column);
    if (c->mark == CELL_SHOWN)
        return json_integer((json_int_t)c->count);
    return c->mark == CELL_WITHHELD ? json_string("-")
                                    : json_sprintf("<%llu", (unsigned long long)p->rules->k);
}

static json_t *counts_json(const struct publishing *p, size_t row)
{
    json_t *counts = json_array();
    for (size_t c = 0; c < p->periods; c++)
        json_array_append_new(counts, cell_json(p, row, c));
    return counts;
}

static json_t *table_json(const struct publishing *p)
{
    const enum statistic statistic = tables[p->table].statistic;
    json_t *periods = json_array(), *rows = json_array();
    for (size_t c = 0; c < p->periods; c++)
        json_array_append_new(periods, json_string(p->labels[c]));
    for (size_t i = 0; i < p->rows; i++)
        json_array_append_new(rows,
                              json_pack("{s:o,s:o,s:o}", "key", slice_json(p->keys[i]), "counts",
                                        counts_json(p, i), "total", cell_json(p, i, p->periods)));
    return json_pack("{s:s,s:s,s:o,s:o,s:o,s:o}", "name", statistic_name(statistic), "unit",
                     tables[p->table].without == NULL ? statistic_unit(statistic)
                                                      : "refusals and holds",
                     "periods", periods, "rows", rows, "totals", counts_json(p, p->rows), "total",
                     cell_json(p, p->rows, p->periods));
}

static struct status tables_make(struct publishing *p, json_t *made, json_t *unpublished)
{
    struct status s = OK;
    for (p->table = 0; p->table < TABLES && !failed(s); p->table++) {
        s = table_make(p);
        if (!failed(s)) {
            json_array_append_new(made, table_json(p));
        } else if (s.code == CODE_ABSENT) {
            json_array_append_new(unpublished,
                                  json_string(statistic_name(tables[p->table].statistic)));
            s = OK;
        }
    }
    return s;
}

static json_t *head_json(const struct publishing *p, json_t *made, json_t *unpublished)
{
    char from[8] = "", last[8] = "";
    if (p->x->months > 0) {
        month_write(p->x->first, from);
        month_write(p->x->first + (unsigned)p->x->months - 1, last);
    }
    return json_pack("{s:s,s:s,s:s,s:I,s:b,s:o,s:o}", "mode", "published", "from", from, "last",
                     last, "k", (json_int_t)p->rules->k, "rounded", (int)p->rules->rounds, "tables",
                     made, "unpublished", unpublished);
}

struct status edition_make(const struct statistics *statistics, const struct edition_rules *rules,
                           json_t **ret_edition)
{
    json_t *made = json_array(), *unpublished = json_array();
    struct arena *arena = arena_new(ARENA_BYTES);
    struct publishing *p = arena == NULL ? NULL : arena_alloc(arena, sizeof *p);
    struct status s = p == NULL ? FAIL(MEMORY) : OK;
    if (!failed(s)) {
        p->x = statistics;
        p->rules = rules;
        p->arena = arena;
        s = tables_make(p, made, unpublished);
    }
    if (!failed(s)) {
        *ret_edition = head_json(p, json_incref(made), json_incref(unpublished));
        s = *ret_edition == NULL ? FAIL(MEMORY) : OK;
    }
    json_decref(made);
    json_decref(unpublished);
    arena_free(arena);
    return s;
}
