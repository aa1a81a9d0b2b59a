/* What was published before: DIR/0001.json and so on. What it says is what everybody knows. */

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>

#include "base/encoding.h"
#include "base/file.h"
#include "comity/statistics/edition.h"

#define PATH_BYTES  1100
#define NUMBER_MAX  9999
#define PERIODS_MAX STATISTICS_MONTHS_MAX
#define LABEL_MIN   7 /* "2026-11" */
#define WHAT_BYTES  160

/* Months, the last one too. */
struct period {
    unsigned first, last;
};

/* A row of a table: what is shown of it, summed up from its beginning. */
struct row_shown {
    size_t count; /* of periods */
    struct period periods[PERIODS_MAX];
    bool shown[PERIODS_MAX];
    json_int_t counts[PERIODS_MAX];
    bool has_total;
    json_int_t total;
};

/* A row as it was written. */
struct cells {
    const json_t *periods, *counts, *total;
};

/* Where two editions differ by too few. */
struct differing {
    json_int_t k;
    char what[WHAT_BYTES];
};

static bool month_read(const char *text, unsigned *ret_month)
{
    uint64_t year, month;
    const struct slice s = slice_over(text, LABEL_MIN);
    if (!decimal_read(slice_part(s, 0, 4), NUMBER_MAX, &year) || s.at[4] != '-' ||
        !decimal_read(slice_part(s, s.at[5] == '0' ? 6 : 5, 2), 12, &month) || month == 0)
        return false;
    *ret_month = (unsigned)(year * 12 + month - 1);
    return true;
}

/* "2026-11", or "2026-10..2026-12". */
static bool period_read(const json_t *label, struct period *ret_period)
{
    struct period p;
    const char *text = json_string_value(label);
    const size_t length = json_string_length(label);
    if (text == NULL || (length != LABEL_MIN && length != 2 * LABEL_MIN + 2) ||
        !month_read(text, &p.first))
        return false;
    p.last = p.first;
    if (length > LABEL_MIN &&
        (memcmp(text + LABEL_MIN, "..", 2) != 0 || !month_read(text + LABEL_MIN + 2, &p.last)))
        return false;
    *ret_period = p;
    return p.first <= p.last;
}

static bool row_read(const struct cells *cells, struct row_shown *ret_row)
{
    struct row_shown *r = ret_row;
    r->count = json_array_size(cells->periods);
    if (r->count > PERIODS_MAX || json_array_size(cells->counts) != r->count)
        return false;
    for (size_t i = 0; i < r->count; i++) {
        const json_t *cell = json_array_get(cells->counts, i);
        if (!period_read(json_array_get(cells->periods, i), &r->periods[i]))
            return false;
        r->shown[i] = json_is_integer(cell);
        r->counts[i] = json_integer_value(cell);
    }
    r->has_total = json_is_integer(cells->total);
    r->total = json_integer_value(cells->total);
    return true;
}

/* ---- two rows ---- */

/* The next sum of periods that follow one another and are all shown, from those that begin at from;
 * the total last. False: there is no other. */
struct sums {
    const struct row_shown *row;
    size_t from, next;
    json_int_t sum;
    bool at_total;
};

static bool sums_next(struct sums *s, struct period *ret_period, json_int_t *ret_sum)
{
    const struct row_shown *r = s->row;
    while (s->from < r->count) {
        if (s->next < r->count && r->shown[s->next]) {
            s->sum += r->counts[s->next];
            *ret_period = (struct period){r->periods[s->from].first, r->periods[s->next++].last};
            *ret_sum = s->sum;
            return true;
        }
        s->next = ++s->from;
        s->sum = 0;
    }
    if (s->at_total || !r->has_total || r->count == 0)
        return false;
    s->at_total = true;
    *ret_period = (struct period){r->periods[0].first, r->periods[r->count - 1].last};
    *ret_sum = r->total;
    return true;
}

static bool is_within(const struct period *inner, const struct period *outer)
{
    return outer->first <= inner->first && inner->last <= outer->last;
}

/* Whether one sum less the other is a count that is too small to be known. */
static bool rows_differ(const struct row_shown *earlier, const struct row_shown *now, json_int_t k)
{
    struct period p, q;
    json_int_t a, b;
    for (struct sums x = {.row = earlier}; sums_next(&x, &p, &a);)
        for (struct sums y = {.row = now}; sums_next(&y, &q, &b);) {
            const json_int_t apart = a < b ? b - a : a - b;
            if (apart > 0 && apart < k && (is_within(&p, &q) || is_within(&q, &p)))
                return true;
        }
    return false;
}

/* ---- two editions ---- */

static const json_t *named(const json_t *list, const char *member, const char *name)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *one = json_array_get(list, i);
        const char *value = json_string_value(json_object_get(one, member));
        if (value != NULL && strcmp(value, name) == 0)
            return one;
    }
    return NULL;
}

static struct cells cells_of(const json_t *table, const json_t *row, const char *counts)
{
    return (struct cells){json_object_get(table, "periods"), json_object_get(row, counts),
                          json_object_get(row, "total")};
}

/* False: one of the two cannot be read. */
static bool compare_rows(const struct cells *earlier, const struct cells *now, const char *what,
                         struct differing *d)
{
    struct row_shown a, b;
    if (!row_read(earlier, &a) || !row_read(now, &b))
        return false;
    if (rows_differ(&a, &b, d->k))
        snprintf(d->what, sizeof d->what, "%s", what);
    return true;
}

static bool compare_tables(const json_t *before, const json_t *table, const char *name,
                           struct differing *d)
{
    char what[WHAT_BYTES];
    const json_t *rows = json_object_get(table, "rows"), *were = json_object_get(before, "rows");
    for (size_t i = 0; i < json_array_size(rows) && d->what[0] == '\0'; i++) {
        const json_t *row = json_array_get(rows, i);
        const char *key = json_string_value(json_object_get(row, "key"));
        const json_t *earlier = key == NULL ? NULL : named(were, "key", key);
        const struct cells a = cells_of(before, earlier, "counts");
        const struct cells b = cells_of(table, row, "counts");
        snprintf(what, sizeof what, "%s %s", name, key == NULL ? "" : key);
        if (key == NULL || (earlier != NULL && !compare_rows(&a, &b, what, d)))
            return false;
    }
    const struct cells a = cells_of(before, before, "totals");
    const struct cells b = cells_of(table, table, "totals");
    snprintf(what, sizeof what, "%s total", name);
    return d->what[0] != '\0' || compare_rows(&a, &b, what, d);
}

/* Rounded counts are apart by k or not at all; an exact one beside them tells what it tells alone.
 */
static bool compare(const json_t *earlier, const json_t *edition, struct differing *d)
{
    const json_t *tables = json_object_get(edition, "tables");
    const json_int_t k = json_integer_value(json_object_get(earlier, "k"));
    d->k = json_integer_value(json_object_get(edition, "k"));
    d->k = k > d->k ? k : d->k;
    if (k < EDITION_K)
        return false;
    if (json_is_true(json_object_get(earlier, "rounded")) !=
        json_is_true(json_object_get(edition, "rounded")))
        return true;
    for (size_t i = 0; i < json_array_size(tables) && d->what[0] == '\0'; i++) {
        const json_t *table = json_array_get(tables, i);
        const char *name = json_string_value(json_object_get(table, "name"));
        const json_t *before =
            name == NULL ? NULL : named(json_object_get(earlier, "tables"), "name", name);
        if (name == NULL || (before != NULL && !compare_tables(before, table, name, d)))
            return false;
    }
    return true;
}

/* ---- the folder ---- */

static enum comity_exit compare_file(const char *folder, unsigned number, const json_t *edition,
                                     struct comity_fault *reterr)
{
    char path[PATH_BYTES];
    struct differing d = {0};
    snprintf(path, sizeof path, "%s/%04u.json", folder, number);
    json_t *earlier = json_load_file(path, JSON_REJECT_DUPLICATES, NULL);
    const bool read = earlier != NULL && compare(earlier, edition, &d);
    json_decref(earlier);
    if (!read)
        return fail(reterr, COMITY_FAILED, "STORE",
                    "the earlier edition %s cannot be read, so nothing can be compared with it",
                    path);
    if (d.what[0] == '\0')
        return COMITY_DONE;
    fail(reterr, COMITY_REFUSED, "DIFFERS",
         "edition %04u differs from this one in \"%s\" by fewer than %" JSON_INTEGER_FORMAT
         ": whoever has both would know so small a count",
         number, d.what, d.k);
    return advise(reterr, "publish whole periods that no earlier edition shares in part, or a "
                          "larger --k, or --round");
}

/* The number of a file of the folder; 0: it is none of ours. */
static unsigned number_of(const char *name)
{
    uint64_t number;
    const struct slice s = slice_text(name);
    struct slice digits = slice_part(s, 0, 4);
    while (digits.length > 1 && digits.at[0] == '0')
        digits = slice_part(digits, 1, SIZE_MAX);
    return s.length == 9 && slice_is(slice_part(s, 4, SIZE_MAX), ".json") &&
                   decimal_read(digits, NUMBER_MAX, &number)
               ? (unsigned)number
               : 0;
}

static enum comity_exit compare_all(DIR *dir, const char *folder, const json_t *edition,
                                    unsigned *ret_last, struct comity_fault *reterr)
{
    unsigned last = 0;
    enum comity_exit exit = COMITY_DONE;
    for (const struct dirent *e; exit == COMITY_DONE && (e = readdir(dir)) != NULL;) {
        const unsigned number = number_of(e->d_name);
        last = number > last ? number : last;
        if (number > 0)
            exit = compare_file(folder, number, edition, reterr);
    }
    *ret_last = last;
    return exit;
}

static enum comity_exit write_edition(const char *folder, unsigned number, const json_t *edition,
                                      struct comity_fault *reterr)
{
    char path[PATH_BYTES];
    char *text = json_dumps(edition, JSON_INDENT(1));
    snprintf(path, sizeof path, "%s/%04u.json", folder, number);
    struct status s = text == NULL ? FAIL(MEMORY) : file_write(path, slice_text(text), 0600);
    free(text);
    return failed(s) ? fail(reterr, COMITY_FAILED, "STORE", "%s cannot be written", path)
                     : COMITY_DONE;
}

static enum comity_exit keep_in(DIR *dir, const char *folder, json_t *edition, bool keep,
                                struct comity_fault *reterr)
{
    unsigned last = 0;
    enum comity_exit exit = compare_all(dir, folder, edition, &last, reterr);
    if (exit == COMITY_DONE && last == NUMBER_MAX)
        exit = fail(reterr, COMITY_FAILED, "FULL", "%s has no number left", folder);
    if (exit != COMITY_DONE)
        return exit;
    json_object_set_new(edition, "edition", json_sprintf("%04u", last + 1));
    return keep ? write_edition(folder, last + 1, edition, reterr) : COMITY_DONE;
}

/* Who publishes at the same time waits. */
enum comity_exit edition_keep(const char *folder, json_t *edition, bool keep,
                              struct comity_fault *reterr)
{
    if (failed(folder_make(folder, 0700)))
        return fail(reterr, COMITY_FAILED, "STORE", "%s cannot be made", folder);
    DIR *dir = opendir(folder);
    enum comity_exit exit = dir == NULL || flock(dirfd(dir), LOCK_EX) != 0
                                ? fail_errno(reterr, "%s cannot be read", folder)
                                : keep_in(dir, folder, edition, keep, reterr);
    if (dir != NULL)
        closedir(dir);
    return exit;
}
