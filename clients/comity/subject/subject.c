#include "comity/subject/subject.h"

#include <string.h>

#include "base/encoding.h"
#include "base/instant.h"
#include "comity/output.h"
#include "mirror/marks.h"
#include "mirror/search.h"
#include "wire/names.h"

#define ENTRY_BYTES_MAX (24U << 20)
#define PAGE_BYTES      (1U << 20)
#define HEX_BYTES       65

struct finding {
    const struct series *series;
    struct search_wanted wanted;
    struct series_place before;
    json_t *disclosures, *refusals; /* newest first */
    size_t count;
};

/* ---- what may be said ---- */

static bool is_withheld(struct slice level)
{
    return slice_is(level, "stated") || slice_is(level, "silent");
}

/* A refusal of what is closed is one, too. */
static bool may_be_said(const struct opened *e)
{
    const struct outer *o = &e->outer;
    return e->has_outer && e->has_inner && o->hop > 0 && !e->inner.confidential &&
           !slice_is(o->purpose, "ASYLUM") && !slice_is(party_role(o->from), "ASY") &&
           !slice_is(party_role(o->to), "ASY") && !slice_is(o->code, "E_CATEGORY");
}

static json_t *texts_json(struct slices texts)
{
    json_t *list = json_array();
    for (size_t i = 0; i < texts.count; i++)
        json_array_append_new(list, slice_json(texts.at[i]));
    return list;
}

static bool has_category(const json_t *list, struct slice category)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (slice_is(category, json_string_value(json_array_get(list, i))))
            return true;
    return false;
}

/* Those of which anything was shown; those that are closed are not in this record. */
static json_t *categories_json(const struct inner *inner)
{
    json_t *list = json_array();
    for (size_t i = 0; i < inner->field_count; i++)
        if (!is_withheld(inner->fields[i].level) && !has_category(list, inner->fields[i].category))
            json_array_append_new(list, slice_json(inner->fields[i].category));
    return list;
}

static json_t *head_json(const struct series_log *log, const struct mirror_entry *entry)
{
    const struct outer *o = &entry->opened.outer;
    char time[INSTANT_TEXT_BYTES];
    instant_write(entry->opened.time_ms - entry->opened.time_ms % MS_PER_SECOND, time);
    return json_pack("{s:s,s:I,s:s,s:o,s:o}", "log", log->name, "index", (json_int_t)entry->index,
                     "time", time, "from", slice_json(o->from), "to", slice_json(o->to));
}

static void put_entry(struct finding *f, const struct series_log *log,
                      const struct mirror_entry *entry)
{
    const struct opened *e = &entry->opened;
    const struct inner *i = &e->inner;
    if (!may_be_said(e) || (e->outer.kind != ENTRY_DISCLOSURE && e->outer.kind != ENTRY_REFUSAL))
        return;
    json_t *json = head_json(log, entry);
    if (e->outer.kind == ENTRY_REFUSAL) {
        json_object_set_new(json, "code", slice_json(e->outer.code));
        json_array_append_new(f->refusals, json);
        return;
    }
    json_object_set_new(json, "purpose", slice_json(e->outer.purpose));
    json_object_set_new(json, "instrument", slice_json(i->instrument));
    json_object_set_new(json, "legal_basis", texts_json(i->legal_basis));
    json_object_set_new(json, "tier", slice_json(i->tier));
    json_object_set_new(json, "transfer_basis", slice_json(i->transfer_basis));
    json_object_set_new(json, "categories", categories_json(i));
    json_object_set_new(json, "ground", slice_json(i->ground));
    json_array_append_new(f->disclosures, json);
}

/* ---- the search ---- */

static struct status put_place(struct finding *f, struct series_place place)
{
    struct mirror_entry entry;
    struct arena *arena = arena_new(ENTRY_BYTES_MAX);
    struct status s = arena == NULL ? FAIL(MEMORY) : series_entry(f->series, arena, place, &entry);
    if (!failed(s))
        put_entry(f, series_log(f->series, place.log), &entry);
    arena_free(arena);
    return s;
}

static struct status page_find(struct finding *f, size_t *ret_count)
{
    struct series_place *places = NULL;
    size_t count = 0;
    struct arena *arena = arena_new(PAGE_BYTES);
    struct status s = arena == NULL
                          ? FAIL(MEMORY)
                          : series_search(f->series, arena, &f->wanted, f->before, &places, &count);
    for (size_t i = 0; i < count && !failed(s); i++) {
        f->before = places[i];
        s = ++f->count > SUBJECT_EVENTS_MAX ? FAIL(FULL) : put_place(f, places[i]);
    }
    arena_free(arena);
    if (!failed(s))
        *ret_count = count;
    return s;
}

static json_t *reversed(const json_t *list)
{
    json_t *other = json_array();
    for (size_t i = json_array_size(list); i-- > 0;)
        json_array_append(other, json_array_get(list, i));
    return other;
}

struct status subject_find(const struct series *series, const struct subject_asked *asked,
                           json_t **ret_found)
{
    char hex[HEX_BYTES];
    struct slice mark;
    size_t count = SEARCH_LIMIT_MAX;
    struct arena *arena = arena_new(4096);
    struct finding f = {.series = series,
                        .wanted = {.limit = SEARCH_LIMIT_MAX},
                        .before = SERIES_NEWEST,
                        .disclosures = json_array(),
                        .refusals = json_array()};
    hex_write(asked->pseudonym, hex);
    struct status s = arena == NULL ? FAIL(MEMORY) : OK;
    if (!failed(s)) {
        mark = mark_make(arena, asked->sid.at == NULL ? "case" : "subject", slice_text(hex));
        f.wanted.marks = (struct slices){&mark, 1};
        s = mark.at == NULL ? FAIL(MEMORY) : OK;
    }
    while (!failed(s) && count == SEARCH_LIMIT_MAX)
        s = page_find(&f, &count);
    if (!failed(s))
        *ret_found = json_pack("{s:o,s:o}", "disclosures", reversed(f.disclosures), "refusals",
                               reversed(f.refusals));
    json_decref(f.disclosures);
    json_decref(f.refusals);
    arena_free(arena);
    return !failed(s) && *ret_found == NULL ? FAIL(MEMORY) : s;
}
