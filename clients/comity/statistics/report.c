#include "comity/statistics/report.h"

#include <string.h>

#include "comity/output.h"

#define UNUSUAL_LEAST 5 /* by so many at least, to be unusual */

/* What figures cannot say, for whoever reads them. */
static const char *const notes[] = {
    "\"not opened\": entries whose records are not here: confidential, not fetched or erased. What "
    "they say is in no other figure.",
    "requests: threads are not in the log, so that nobody can tell which message answers which. "
    "\"unanswered\" is the least there can be: requests after which fewer messages came back.",
    "A message that was decided again counts once, in the month of its first decision of that "
    "kind.",
    "unusual: more apart from the month before than three times what chance alone makes of it.",
};

static json_t *counts_json(const uint64_t *counts, size_t months, uint64_t *ret_total)
{
    json_t *list = json_array();
    *ret_total = 0;
    for (size_t m = 0; m < months; m++) {
        json_array_append_new(list, json_integer((json_int_t)counts[m]));
        *ret_total += counts[m];
    }
    return list;
}

static json_t *row_json(const struct statistics *x, const struct statistic_row *row)
{
    uint64_t total;
    json_t *counts = counts_json(row->counts, x->months, &total);
    return json_pack("{s:o,s:o,s:I}", "key", slice_json(row->key), "counts", counts, "total",
                     (json_int_t)total);
}

static json_t *months_json(const struct statistics *x)
{
    char text[8];
    json_t *list = json_array();
    for (size_t m = 0; m < x->months; m++) {
        month_write(x->first + (unsigned)m, text);
        json_array_append_new(list, json_string(text));
    }
    return list;
}

static uint64_t month_total(const struct tally *t, size_t month)
{
    uint64_t total = 0;
    for (size_t i = 0; i < t->count; i++)
        total += t->rows[i].counts[month];
    return total;
}

static json_t *table_json(const struct statistics *x, enum statistic statistic)
{
    const struct tally *t = &x->tallies[statistic];
    uint64_t total = 0;
    json_t *rows = json_array(), *totals = json_array();
    for (size_t i = 0; i < t->count; i++)
        json_array_append_new(rows, row_json(x, &t->rows[i]));
    for (size_t m = 0; m < x->months; m++) {
        const uint64_t of_month = month_total(t, m);
        json_array_append_new(totals, json_integer((json_int_t)of_month));
        total += of_month;
    }
    return json_pack("{s:s,s:s,s:o,s:o,s:o,s:I}", "name", statistic_name(statistic), "unit",
                     statistic_unit(statistic), "periods", months_json(x), "rows", rows, "totals",
                     totals, "total", (json_int_t)total);
}

/* ---- rates ---- */

static uint64_t count_at(const struct statistics *x, enum statistic statistic, const char *key,
                         size_t month)
{
    const struct tally *t = &x->tallies[statistic];
    for (size_t i = 0; i < t->count; i++)
        if (slice_is(t->rows[i].key, key))
            return t->rows[i].counts[month];
    return 0;
}

/* Null where there is nothing to take a part of. */
static json_t *part_json(uint64_t part, uint64_t whole)
{
    return whole == 0 ? json_null() : json_real((double)part / (double)whole);
}

static json_t *rate_json(const struct statistics *x, size_t month)
{
    char text[8];
    const uint64_t decided = month_total(&x->tallies[STATISTIC_OUTCOME], month);
    const uint64_t fields = month_total(&x->tallies[STATISTIC_LEVEL], month);
    const uint64_t clear = count_at(x, STATISTIC_LEVEL, "clear", month);
    const uint64_t withheld = count_at(x, STATISTIC_LEVEL, "stated", month) +
                              count_at(x, STATISTIC_LEVEL, "silent", month);
    month_write(x->first + (unsigned)month, text);
    return json_pack("{s:s,s:o,s:o,s:o,s:o}", "period", text, "refused",
                     part_json(count_at(x, STATISTIC_OUTCOME, "refused", month), decided), "held",
                     part_json(count_at(x, STATISTIC_OUTCOME, "held", month), decided), "masked",
                     part_json(fields - clear - withheld, fields), "withheld",
                     part_json(withheld, fields));
}

/* ---- what is unusual ---- */

/* Two counts of rare events are apart by more than three times their standard deviation. */
static bool is_unusual(uint64_t before, uint64_t now)
{
    const double apart = before < now ? (double)(now - before) : (double)(before - now);
    return apart >= UNUSUAL_LEAST && apart * apart > 9.0 * ((double)before + (double)now);
}

static void put_unusual(const struct statistics *x, enum statistic statistic, json_t *list)
{
    char text[8];
    const struct tally *t = &x->tallies[statistic];
    for (size_t i = 0; i < t->count; i++)
        for (size_t m = 1; m < x->months; m++) {
            const uint64_t before = t->rows[i].counts[m - 1], now = t->rows[i].counts[m];
            if (!is_unusual(before, now))
                continue;
            month_write(x->first + (unsigned)m, text);
            json_array_append_new(
                list, json_pack("{s:s,s:o,s:s,s:I,s:I}", "table", statistic_name(statistic), "key",
                                slice_json(t->rows[i].key), "period", text, "before",
                                (json_int_t)before, "now", (json_int_t)now));
        }
}

/* ---- all of it ---- */

static json_t *requests_json(const struct statistics *x)
{
    json_t *list = json_array();
    for (size_t i = 0; i < x->request_count; i++) {
        const struct request_row *r = &x->requests[i];
        if (r->sent > 0)
            json_array_append_new(list,
                                  json_pack("{s:o,s:I,s:I,s:I}", "key", slice_json(r->key), "sent",
                                            (json_int_t)r->sent, "back", (json_int_t)r->back,
                                            "unanswered", (json_int_t)r->open));
    }
    return list;
}

json_t *statistics_report(const struct statistics *x)
{
    json_t *tables = json_array(), *rates = json_array(), *unusual = json_array();
    json_t *said = json_array();
    for (unsigned i = 0; i < STATISTIC_COUNT; i++) {
        json_array_append_new(tables, table_json(x, (enum statistic)i));
        put_unusual(x, (enum statistic)i, unusual);
    }
    for (size_t m = 0; m < x->months; m++)
        json_array_append_new(rates, rate_json(x, m));
    for (size_t i = 0; i < sizeof notes / sizeof notes[0]; i++)
        json_array_append_new(said, json_string(notes[i]));
    uint64_t erased = 0;
    for (size_t m = 0; m < x->months; m++)
        erased += count_at(x, STATISTIC_KIND, "erasure", m);
    return json_pack("{s:s,s:o,s:o,s:o,s:I,s:I,s:o,s:o}", "mode", "internal", "tables", tables,
                     "rates", rates, "requests", requests_json(x), "erasures", (json_int_t)erased,
                     "unopened", (json_int_t)x->unopened, "unusual", unusual, "notes", said);
}
