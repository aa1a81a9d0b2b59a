#include <stdlib.h>

#include "base/slices.h"
#include "comity/audit/explained.h"
#include "comity/output.h"
#include "comity/policy/print.h"

#define SENTENCE_BYTES 16384

/* ---- in the order of the page ---- */

static unsigned place_of(struct slice level)
{
    static const char *const levels[] = {"clear",   "mask",    "generalise", "pseudonym",
                                         "compute", "summary", "stated",     "silent"};
    unsigned place = 0;
    while (place < sizeof levels / sizeof levels[0] && !slice_is(level, levels[place]))
        place++;
    return place;
}

static int same_decision(const struct inner_field *a, const struct inner_field *b)
{
    int order = (int)place_of(a->level) - (int)place_of(b->level);
    if (order == 0)
        order = slice_compare(a->rule, b->rule);
    return order == 0 ? slice_compare(a->basis, b->basis) : order;
}

static int by_decision(const void *a, const void *b)
{
    const struct inner_field *one = a, *other = b;
    int order = same_decision(one, other);
    if (order == 0)
        order = slice_compare(one->category, other->category);
    return order == 0 ? slice_compare(one->path, other->path) : order;
}

/* ---- the law's own words ---- */

static const struct rule *rule_of(const struct rulebook *rulebook, const struct inner_field *field)
{
    const struct law *law = rulebook == NULL ? NULL : rulebook->law;
    for (size_t i = 0; law != NULL && i < law->rule_count; i++)
        if (slice_equal(law->rules[i].title, field->rule) &&
            slice_equal(law->rules[i].basis, field->basis))
            return &law->rules[i];
    return NULL;
}

static json_t *sentence_json(const struct rulebook *rulebook, const struct inner_field *field)
{
    const struct rule *rule = rule_of(rulebook, field);
    struct buffer sentence = buffer_new(SENTENCE_BYTES);
    if (rule != NULL)
        print_rule(&sentence, rulebook->law, rule, LANGUAGE_ENGLISH);
    json_t *json =
        rule == NULL || sentence.failed ? json_null() : slice_json(buffer_slice(&sentence));
    buffer_done(&sentence);
    return json;
}

static json_t *decision_json(const struct inner_field *fields, size_t count,
                             const struct rulebook *rulebook)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, json_pack("{s:o,s:o}", "path", slice_json(fields[i].path),
                                              "category", slice_json(fields[i].category)));
    return json_pack("{s:o,s:o,s:o,s:o,s:o}", "level", slice_json(fields->level), "rule",
                     slice_json(fields->rule), "basis", slice_json(fields->basis), "sentence",
                     sentence_json(rulebook, fields), "fields", list);
}

json_t *audit_decisions_json(struct arena *arena, const struct opened *o,
                             const struct rulebook *rulebook)
{
    const size_t open = o->has_inner ? o->inner.field_count : 0;
    const size_t count = open + (o->has_closed ? o->closed.field_count : 0);
    struct inner_field *fields = arena_array(arena, count + 1, sizeof *fields);
    json_t *list = json_array();
    if (fields == NULL || list == NULL) {
        json_decref(list);
        return NULL;
    }
    for (size_t i = 0; i < count; i++)
        fields[i] = i < open ? o->inner.fields[i] : o->closed.fields[i - open];
    qsort(fields, count, sizeof *fields, by_decision);
    for (size_t from = 0, to = 0; from < count; from = to) {
        while (to < count && same_decision(&fields[from], &fields[to]) == 0)
            to++;
        json_array_append_new(list, decision_json(&fields[from], to - from, rulebook));
    }
    return list;
}

/* ---- what is not shown ---- */

json_t *audit_hidden_json(const struct opened *o)
{
    json_t *list = json_array();
    if (!o->has_outer)
        json_array_append_new(
            list, json_string("What was done and with which message: the entry is about a message "
                              "that claims to be confidential, was erased, or its opening was not "
                              "fetched yet."));
    else if (!o->has_inner)
        json_array_append_new(list, json_string("Why it was decided so: that record was erased."));
    else if (!o->has_closed)
        json_array_append_new(
            list, json_string("What concerns asylum and witnesses, if anything: that record is "
                              "always there, and open to the data-protection authority alone."));
    if (o->has_outer)
        json_array_append_new(list, json_string("What the fields held, and names: no entry has it. "
                                                "Persons and cases are in it as pseudonyms."));
    return list;
}
