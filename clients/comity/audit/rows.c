#include "comity/audit/rows.h"

#include <stddef.h>
#include <string.h>

#include "base/instant.h"
#include "base/slices.h"
#include "comity/output.h"
#include "libcomity/uuid.h"

#define WIDTH_INDEX 8
#define WIDTH_PLACE 16 /* log and index */
#define WIDTH_KIND  22
#define WIDTH_ROUTE 24
#define WIDTH_TYPE  20

/* ---- what an entry says in a word ---- */

static bool is_withheld(struct slice level)
{
    return slice_is(level, "silent") || slice_is(level, "stated");
}

static void gather(const struct inner *i, bool withheld, struct slices *list)
{
    for (size_t k = 0; k < i->field_count; k++)
        if (is_withheld(i->fields[k].level) == withheld &&
            !slices_have(*list, i->fields[k].category))
            list->at[list->count++] = i->fields[k].category;
    for (size_t k = 0; withheld && k < i->silent_count; k++)
        if (!slices_have(*list, i->silent[k].category))
            list->at[list->count++] = i->silent[k].category;
}

struct status audit_categories(struct arena *arena, const struct opened *o, bool withheld,
                               struct slices *ret_categories)
{
    const size_t room = o->inner.field_count + o->inner.silent_count + o->closed.field_count +
                        o->closed.silent_count;
    struct slices list = {arena_array(arena, room + 1, sizeof *list.at), 0};
    if (list.at == NULL)
        return FAIL(MEMORY);
    if (o->has_inner)
        gather(&o->inner, withheld, &list);
    if (o->has_closed)
        gather(&o->closed, withheld, &list);
    slices_sort(list);
    *ret_categories = list;
    return OK;
}

const char *audit_unopened(const struct mirror_entry *entry)
{
    return entry->opened.has_outer
               ? NULL
               : "not shown: confidential, erased, or its opening was not fetched yet";
}

/* An entry in words, each as a line shows it; empty where it says nothing. */
struct row {
    char index[AUDIT_WORD_BYTES], time[AUDIT_WORD_BYTES], id[AUDIT_WORD_BYTES],
        related[AUDIT_WORD_BYTES];
    uint64_t related_index;
    const char *log, *related_log; /* related_log: "" where it says nothing of another entry */
    struct slice released, withheld, basis;
};

static struct status joined(struct arena *arena, struct slices list, const char *between,
                            struct slice *ret_text)
{
    struct buffer b = buffer_new(INNER_MAX_BYTES);
    for (size_t i = 0; i < list.count; i++) {
        buffer_text(&b, i == 0 ? "" : between);
        buffer_put(&b, list.at[i]);
    }
    struct slice text = arena_copy(arena, buffer_slice(&b));
    bool whole = !b.failed && (text.at != NULL || b.length == 0);
    buffer_done(&b);
    *ret_text = text;
    return whole ? OK : FAIL(MEMORY);
}

static struct status categories_joined(struct arena *arena, const struct opened *o, bool withheld,
                                       struct slice *ret_text)
{
    struct slices list = {NULL, 0};
    struct status s = audit_categories(arena, o, withheld, &list);
    return failed(s) ? s : joined(arena, list, " ", ret_text);
}

/* One of a log that the mirrors do not have stays what the record says. */
static struct status relate(const struct audit_line *line, struct row *row)
{
    const struct inner *i = &line->entry->opened.inner;
    struct series_place place;
    if (!i->has_related)
        return OK;
    struct status s = series_meant(line->series, line->position, i->related, &place);
    if (s.code == CODE_ABSENT)
        place = (struct series_place){line->position, i->related};
    else if (failed(s))
        return s;
    row->related_index = place.index;
    row->related_log = series_log(line->series, place.log)->name;
    if (place.log == line->position)
        snprintf(row->related, sizeof row->related, "%llu", (unsigned long long)place.index);
    else
        snprintf(row->related, sizeof row->related, "%.20s/%llu", row->related_log,
                 (unsigned long long)place.index);
    return OK;
}

static struct status row_make(struct arena *arena, const struct audit_line *line, struct row *row)
{
    const struct opened *o = &line->entry->opened;
    *row = (struct row){.log = series_log(line->series, line->position)->name, .related_log = ""};
    snprintf(row->index, sizeof row->index, "%llu", (unsigned long long)line->entry->index);
    instant_write(o->time_ms, row->time);
    uuid_write(o->outer.id, row->id);
    struct status s = relate(line, row);
    if (!failed(s))
        s = categories_joined(arena, o, false, &row->released);
    if (!failed(s))
        s = categories_joined(arena, o, true, &row->withheld);
    if (!failed(s))
        s = joined(arena, o->inner.legal_basis, "; ", &row->basis);
    return s;
}

static const char *kind_of(const struct opened *o)
{
    return o->has_outer ? entry_kind_name(o->outer.kind) : "";
}

static const char *stage_of(const struct opened *o)
{
    return o->outer.stage == STAGE_NONE ? "" : stage_name(o->outer.stage);
}

/* ---- JSON ---- */

static json_t *texts_json(struct slices list)
{
    json_t *array = json_array();
    for (size_t i = 0; i < list.count; i++)
        json_array_append_new(array, slice_json(list.at[i]));
    return array;
}

static void put(json_t *object, const char *key, struct slice text)
{
    if (text.length > 0)
        json_object_set_new(object, key, slice_json(text));
}

static void put_inner(json_t *object, const struct inner *i)
{
    put(object, "op", i->op);
    put(object, "actor", i->actor);
    put(object, "officer", i->officer);
    put(object, "instrument", i->instrument);
    put(object, "tier", i->tier);
    put(object, "transfer", i->transfer_basis);
    put(object, "ground", i->ground);
    json_object_set_new(object, "legal_basis", texts_json(i->legal_basis));
    json_object_set_new(object, "confidential", json_boolean(i->confidential));
}

static void put_related(json_t *object, const struct row *row)
{
    if (row->related_log[0] == '\0')
        return;
    json_object_set_new(object, "related", json_integer((json_int_t)row->related_index));
    if (strcmp(row->related_log, row->log) != 0)
        json_object_set_new(object, "related_log", json_string(row->related_log));
}

json_t *audit_row_json(struct arena *arena, const struct audit_line *line)
{
    const struct mirror_entry *entry = line->entry;
    struct row row;
    struct slices released = {NULL, 0}, withheld = {NULL, 0};
    const struct opened *o = &entry->opened;
    if (failed(row_make(arena, line, &row)) ||
        failed(audit_categories(arena, o, false, &released)) ||
        failed(audit_categories(arena, o, true, &withheld)))
        return NULL;
    json_t *object =
        json_pack("{s:s,s:I,s:s,s:b}", "log", row.log, "index", (json_int_t)entry->index, "time",
                  row.time, "opened", (int)o->has_outer);
    put(object, "kind", slice_text(kind_of(o)));
    put(object, "stage", slice_text(stage_of(o)));
    put(object, "id", slice_text(row.id));
    put(object, "from", o->outer.from);
    put(object, "to", o->outer.to);
    put(object, "type", o->outer.type);
    put(object, "purpose", o->outer.purpose);
    put(object, "code", o->outer.code);
    if (!o->has_inner)
        return object;
    put_inner(object, &o->inner);
    put_related(object, &row);
    json_object_set_new(object, "released", texts_json(released));
    json_object_set_new(object, "withheld", texts_json(withheld));
    return object;
}

/* ---- comma-separated values ---- */

/* What a spreadsheet would take for a formula, or for the end of a cell. */
static bool is_formula(struct slice value)
{
    return value.length > 0 && value.at[0] != '\0' && strchr("=+-@\t\r\n", value.at[0]) != NULL;
}

void audit_csv_value(FILE *out, struct slice value)
{
    fputs(is_formula(value) ? "\"'" : "\"", out);
    for (size_t i = 0; i < value.length; i++) {
        const uint8_t octet = value.at[i];
        if (octet == '"')
            fputc('"', out);
        fputc(octet < ' ' || octet == 0x7f ? ' ' : octet, out);
    }
    fputc('"', out);
}

static const char *const columns[] = {
    "index",    "time",   "kind",     "stage",    "id",      "from",       "to",          "type",
    "purpose",  "code",   "op",       "actor",    "officer", "instrument", "legal_basis", "tier",
    "transfer", "ground", "released", "withheld", "related", "log"};

static void put_values(FILE *out, const struct slice *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            fputc(',', out);
        audit_csv_value(out, values[i]);
    }
    fputc('\n', out);
}

void audit_head_csv(FILE *out)
{
    struct slice heads[sizeof columns / sizeof columns[0]];
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++)
        heads[i] = slice_text(columns[i]);
    put_values(out, heads, sizeof columns / sizeof columns[0]);
}

struct status audit_row_csv(FILE *out, struct arena *arena, const struct audit_line *line)
{
    struct row row;
    const struct opened *o = &line->entry->opened;
    const struct inner *i = &o->inner;
    struct status s = row_make(arena, line, &row);
    if (failed(s))
        return s;
    const struct slice values[sizeof columns / sizeof columns[0]] = {
        slice_text(row.index),
        slice_text(row.time),
        slice_text(kind_of(o)),
        slice_text(stage_of(o)),
        slice_text(row.id),
        o->outer.from,
        o->outer.to,
        o->outer.type,
        o->outer.purpose,
        o->outer.code,
        i->op,
        i->actor,
        i->officer,
        i->instrument,
        row.basis,
        i->tier,
        i->transfer_basis,
        i->ground,
        row.released,
        row.withheld,
        slice_text(row.related),
        slice_text(row.log),
    };
    put_values(out, values, sizeof values / sizeof values[0]);
    return OK;
}

/* ---- the table ---- */

static void put_cell(struct arena *arena, int width, struct slice text)
{
    const char *whole = arena_text(arena, text);
    put_text(stdout, whole == NULL ? "" : whole);
    if (width > 0)
        printf("%*s", text.length < (size_t)width ? width - (int)text.length : 1, "");
}

static void put_label(struct arena *arena, const char *label, struct slice text)
{
    if (text.length == 0)
        return;
    printf("    %-10s", label);
    put_cell(arena, 0, text);
    fputc('\n', stdout);
}

static bool are_several(const struct series *series)
{
    return series_count(series) > 1;
}

void audit_head_print(const struct invocation *inv, const struct series *series)
{
    char head[160];
    snprintf(head, sizeof head, "%-*s %-25s%-*s%-*s%-*s%s",
             are_several(series) ? WIDTH_PLACE : WIDTH_INDEX,
             are_several(series) ? "LOG/INDEX" : "INDEX", "TIME", WIDTH_KIND, "WHAT", WIDTH_ROUTE,
             "WHO", WIDTH_TYPE, "TYPE", "PURPOSE");
    put_painted(inv, PAINT_STRONG, head);
    fputc('\n', stdout);
}

static struct slice printed(struct arena *arena, const char *between, struct slice a,
                            struct slice b)
{
    if (a.length == 0 || b.length == 0)
        return a.length == 0 ? b : a;
    return slice_text(arena_print(arena, "%.*s%s%.*s", (int)a.length, (const char *)a.at, between,
                                  (int)b.length, (const char *)b.at));
}

struct status audit_row_print(const struct invocation *inv, struct arena *arena,
                              const struct audit_line *line)
{
    struct row row;
    const struct opened *o = &line->entry->opened;
    struct status s = row_make(arena, line, &row);
    if (failed(s))
        return s;
    const char *index =
        are_several(line->series) ? arena_print(arena, "%s/%s", row.log, row.index) : row.index;
    if (index == NULL)
        return FAIL(MEMORY);
    printf("%-*s %-25s", are_several(line->series) ? WIDTH_PLACE : WIDTH_INDEX, index, row.time);
    if (!o->has_outer) {
        put_painted(inv, PAINT_FAINT, audit_unopened(line->entry));
        fputc('\n', stdout);
        return OK;
    }
    const bool is_message = o->outer.from.length > 0;
    put_cell(arena, WIDTH_KIND,
             printed(arena, " ", slice_text(kind_of(o)), slice_text(stage_of(o))));
    put_cell(arena, WIDTH_ROUTE,
             is_message ? printed(arena, " > ", o->outer.from, o->outer.to)
                        : printed(arena, "/", o->inner.actor, o->inner.officer));
    put_cell(arena, WIDTH_TYPE, is_message ? o->outer.type : o->inner.op);
    put_cell(arena, 0, o->outer.purpose);
    fputc('\n', stdout);
    put_label(arena, "released", row.released);
    put_label(arena, "withheld", row.withheld);
    put_label(arena, "basis", row.basis);
    put_label(arena, "refused", o->outer.code);
    put_label(arena, "message", slice_text(row.id));
    return OK;
}
