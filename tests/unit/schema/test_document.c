#include "schema/document.h"

#include <stdio.h>
#include <string.h>

#include "law.h"
#include "support/check.h"
#include "wire/names.h"

#define ARENA_BYTES 67108864

static struct arena *arena;
static struct schema *schema;
static const struct message_type *request;

static void open_law(void)
{
    arena = arena_new(ARENA_BYTES);
    schema = law_load(arena);
    request = schema_newest(schema, slice_text("mla.request"));
}

static void close_law(void)
{
    schema_free(schema);
    arena_free(arena);
}

static const char *text_file(const char *relative)
{
    return arena_text(arena, file_octets(tests_path(relative)));
}

/* A path as the tables of cases/ write it: persons/~V1/docs/~1/number. */
static const char *short_path(const struct document *d, const struct document_item *item)
{
    struct slice rest = item->leaf.path, segment;
    struct buffer b = buffer_new(512);
    unsigned index = 0;
    for (; path_next(&rest, &segment); index++) {
        struct slice shown = segment;
        if (name_is_element(segment))
            for (shown = slice_part(segment, 1, SIZE_MAX); shown.length > 1 && *shown.at == '0';)
                shown = slice_part(shown, 1, SIZE_MAX);
        if (index == 1 && item->person != NO_PERSON)
            shown = d->persons[item->person].sid;
        buffer_text(&b, index > 0 ? "/" : "");
        buffer_text(&b, name_is_element(segment) ? "~" : "");
        buffer_put(&b, shown);
    }
    const char *path = arena_text(arena, buffer_slice(&b));
    buffer_done(&b);
    return path;
}

static const struct document *a3_document(void)
{
    const struct document *d = NULL;
    CHECK_TEXT(judged(arena, request, text_file("cases/a3-sent.json"), &d), "ok");
    return d;
}

/* The next column of a row; what is left of the row stays in *rest. */
static struct slice column(struct slice *rest)
{
    size_t end = slice_find(*rest, '\t');
    struct slice part = slice_part(*rest, 0, end);
    *rest = slice_part(*rest, end + 1, SIZE_MAX);
    return part;
}

static const struct document_item *item_at(const struct document *d, struct slice path)
{
    for (size_t i = 0; i < d->count; i++)
        if (slice_is(path, short_path(d, &d->items[i])))
            return &d->items[i];
    return NULL;
}

static void check_row(const struct document *d, struct slice row)
{
    struct slice path = column(&row), category = column(&row);
    const struct document_item *item = item_at(d, path);
    CHECK(item != NULL);
    if (item == NULL)
        return;
    CHECK_BYTES(slice_text(category_code(item->category)), category);
    CHECK_U64(item->rule->carried || !slice_is(row, "carried"), true);
    CHECK_U64(item->rule->carried && slice_is(row, "left"), false);
}

static void a3_has_exactly_the_fields_and_categories_of_its_table(void)
{
    open_law();
    const struct document *d = a3_document();
    struct slice rest = slice_text(text_file("cases/a3-fields.tsv"));
    size_t rows = 0;
    while (rest.length > 0) {
        size_t end = slice_find(rest, '\n');
        struct slice row = slice_part(rest, 0, end);
        rest = slice_part(rest, end + 1, SIZE_MAX);
        if (row.length == 0 || row.at[0] == '#')
            continue;
        rows++;
        check_row(d, row);
    }
    CHECK_U64(rows, 100);
    CHECK_U64(d->count, 100);
    close_law();
}

static void the_group_of_a_field_is_the_persons_member_or_the_top_of_the_case(void)
{
    static const struct {
        const char *path, *group;
    } rows[] = {
        {"persons/~V1/name/family", "persons/~0000000000000003/name"},
        {"persons/~V1/dob", "persons/~0000000000000003/dob"},
        {"persons/~V1/docs/~1/number", "persons/~0000000000000003/docs"},
        {"persons/~V1/exploitation", "persons/~0000000000000003/exploitation"},
        {"persons/~V1/consent/~1/scope/~2", "persons/~0000000000000003/consent"},
        {"items/~2/details/msisdn", "items"},
        {"proceeding/conducted_by/name", "proceeding"},
        {"urgency/reason", "urgency"},
        {"facts", "facts"},
    };
    open_law();
    const struct document *d = a3_document();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct document_item *item = item_at(d, slice_text(rows[i].path));
        if (CHECK(item != NULL))
            CHECK_BYTES(item->group, slice_text(rows[i].group));
    }
    close_law();
}

static void persons_are_found_with_their_category_and_members(void)
{
    static const struct {
        const char *sid, *cat, *dob;
    } rows[] = {{"S1", "ACCUSED", "1984-03-17"},
                {"S2", "LEGAL_PERSON", NULL},
                {"V1", "VICTIM", "2001-11-05"},
                {"W1", "WITNESS", "1990-01-30"}};
    open_law();
    const struct document *d = a3_document();
    CHECK_U64(d->person_count, 4);
    for (size_t i = 0; i < 4; i++) {
        size_t person = document_person_by_sid(d, slice_text(rows[i].sid));
        if (!CHECK(person != NO_PERSON))
            continue;
        CHECK_BYTES(d->persons[person].cat, slice_text(rows[i].cat));
        const struct document_item *dob = document_member(d, person, "dob");
        CHECK_U64(dob != NULL, rows[i].dob != NULL);
        if (dob != NULL)
            CHECK_BYTES(dob->leaf.value.octets, slice_text(rows[i].dob));
    }
    CHECK(document_person_by_sid(d, slice_text("X1")) == NO_PERSON);
    CHECK(document_member(d, NO_PERSON, "dob") == NULL);
    CHECK(document_find(d, slice_text("persons")) == NULL);
    CHECK_U64(document_find(d, slice_text("why"))->person, NO_PERSON);
    close_law();
}

static void a_category_may_depend_on_values(void)
{
    static const struct {
        const char *path, *value, *item, *category;
    } rows[] = {
        {"persons/2/gender", "\"Feminine\"", "persons/~V1/gender", "DEM"},
        {"persons/2/gender", "\"TransgenderFeminine\"", "persons/~V1/gender", "SPC"},
        {"persons/2/gender", "\"NonConforming\"", "persons/~V1/gender", "SPC"},
        {"persons/2/cat", "\"CONVICTED\"", "persons/~V1/cat", "CRM"},
        {"persons/0/flags", "[\"AGE_DISPUTED\"]", "persons/~S1/flags", "CRM"},
        {"persons/2/flags", "[\"AGE_DISPUTED\"]", "persons/~V1/flags", "MET"},
        {"persons/2/flags", "[\"DUAL_ROLE\"]", "persons/~V1/flags", "CRM"},
        {"persons/2/flags", "[\"ASYLUM\", \"DUAL_ROLE\"]", "persons/~V1/flags", "CRM"},
        {"persons/2/flags", "[\"PROTECTED_WITNESS\", \"ASYLUM\"]", "persons/~V1/flags", "WIT"},
        {"persons/2/docs/0/type", "\"CONVENTION_TRAVEL\"", "persons/~V1/docs/~1/number", "ASY"},
        {"persons/2/docs/0/type", "\"RESIDENCE_PERMIT\"", "persons/~V1/docs/~1/type", "ASY"},
        {"persons/2/docs/0/type", "\"ID_CARD\"", "persons/~V1/docs/~1/number", "ID"},
        {"persons/2/needs", "[\"LEGAL\", \"MEDICAL\"]", "persons/~V1/needs/~1", "VIC"},
        {"persons/2/needs", "[\"LEGAL\", \"MEDICAL\"]", "persons/~V1/needs/~2", "HLT"},
        {"persons/2/guardian", "{\"scope\": [\"RETURN\", \"ASYLUM\"]}",
         "persons/~V1/guardian/scope/~1", "CHD"},
        {"persons/2/guardian", "{\"scope\": [\"RETURN\", \"ASYLUM\"]}",
         "persons/~V1/guardian/scope/~2", "ASY"},
        {"persons/2/guardian", "{\"party\": \"XA-ASY-01\"}", "persons/~V1/guardian/party", "ASY"},
        {"persons/2/consent/0/scope/1", "\"ASYLUM\"", "persons/~V1/consent/~1/scope/~2", "ASY"},
        {"persons/2/consent/0/recipients/0", "\"XA:ASY\"", "persons/~V1/consent/~1/recipients",
         "ASY"},
        {"persons/2/loc", "{\"reach_via\": \"XA-NRM-01\"}", "persons/~V1/loc/reach_via", "MET"},
        {"persons/2/loc", "{\"reach_via\": \"XA-ASY-01\"}", "persons/~V1/loc/reach_via", "ASY"},
        {"persons/2/loc", "{}", "persons/~V1/loc", "LOC"},
        {"persons/2/residence_former", "[\"XD\"]", "persons/~V1/residence_former", "ASY"},
        {"persons/2/age_appeal_open", "true", "persons/~V1/age_appeal_open", "CHD"},
        {"items/1/measure", "\"PRESERVE\"", "items/~2/details/msisdn", "COM"},
        {"items/4", "{\"item\": 5, \"measure\": \"SERVICE\"}", "items/~5/item", "PLC"},
        {"items/4", "{\"item\": 5, \"measure\": \"OTHER\", \"details\": {\"description\": \"x\"}}",
         "items/~5/details/description", "EVD"},
    };
    open_law();
    const char *a3 = text_file("cases/a3-sent.json");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct document *d = NULL;
        CHECK_TEXT(judged(arena, request, changed(arena, a3, rows[i].path, rows[i].value), &d),
                   "ok");
        const struct document_item *item = d == NULL ? NULL : item_at(d, slice_text(rows[i].item));
        if (CHECK(item != NULL))
            CHECK_TEXT(category_code(item->category), rows[i].category);
    }
    close_law();
}

static void local_values_are_judged_by_the_person_object(void)
{
    static const struct {
        const char *path, *category;
    } rows[] = {
        {"asylum/status", "ASY"}, {"asylum/feared", "ASY"},       {"health/needs", "HLT"},
        {"health/note", "HLT"},   {"loc/shelter/street", "LOC"},  {"risk/level", "OPS"},
        {"risk/factors", "OPS"},  {"witness/protected", "WIT"},   {"risk/states", "OPS"},
        {"docs/~1/number", "ID"}, {"consent/~1/scope/~1", "MET"}, {"family/~1/suspected", "CHD"},
    };
    open_law();
    struct composed c = compose(arena, request, text_file("cases/a3-sent.json"));
    CHECK_U64(c.locals.count, 16);
    for (size_t i = 0; i < c.locals.count; i++)
        CHECK_OK(local_judge(request, &c.locals.at[i]));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct field_rule *rule = type_local(request, slice_text(rows[i].path));
        if (CHECK(rule != NULL) && rule != NULL) {
            CHECK_TEXT(category_code(rule->category), rows[i].category);
            CHECK(rule->in_person);
        }
    }
    CHECK_BYTES(type_local(request, slice_text("loc/shelter/name"))->name,
                slice_text("persons.loc.shelter.name"));
    CHECK(type_local(request, slice_text("asylm/status")) == NULL);

    struct leaf leaf = c.locals.at[0];
    leaf.path = slice_text("persons/~0000000000000003/asylm/status");
    CHECK_STATUS(local_judge(request, &leaf), REFUSE(TYPE_FIELD));
    leaf.path = slice_text("persons/~0000000000000003");
    CHECK_STATUS(local_judge(request, &leaf), REFUSE(TYPE_FIELD));
    leaf.path = slice_text("asylum/status");
    CHECK_STATUS(local_judge(request, &leaf), REFUSE(TYPE_FIELD));
    leaf.path = slice_text("persons/~0000000000000003/witness/protected");
    CHECK_STATUS(local_judge(request, &leaf), REFUSE(TYPE_VALUE));
    close_law();
}

static void an_acknowledgement_has_a_time_an_authority_and_clocks(void)
{
    static const char ack[] =
        "{\"received\": \"2026-09-07T13:05:00Z\", \"competent\": {\"name\": \"Corland "
        "Prosecutor General, Section 4\"}, \"clock\": [{\"deadline\": \"D-06\", \"due\": "
        "\"2026-09-21T16:00:00Z\"}]}";
    open_law();
    const struct document *d = NULL;
    const struct message_type *type = schema_newest(schema, slice_text("mla.ack"));
    CHECK_TEXT(judged(arena, type, ack, &d), "ok");
    for (size_t i = 0; i < d->count; i++)
        CHECK_U64(d->items[i].category, CATEGORY_MET);
    CHECK_TEXT(judged(arena, type, changed(arena, ack, "received", NULL), &d),
               "type.incomplete received");
    CHECK_TEXT(judged(arena, type, changed(arena, ack, "clock/0/due", NULL), &d),
               "type.incomplete clock/~0000000000000001/due");
    CHECK_TEXT(judged(arena, type, changed(arena, ack, "clock/0/deadline", "\"D-17\""), &d),
               "type.value clock/~0000000000000001/deadline");
    CHECK_TEXT(judged(arena, type, changed(arena, ack, "persons", "[{\"sid\": \"V1\"}]"), &d),
               "type.field persons/~0000000000000001/sid");
    close_law();
}
TESTS(schema_document,
      {"A.3 has exactly the fields and categories of its table",
       a3_has_exactly_the_fields_and_categories_of_its_table},
      {"the group of a field is the person's member, or the top of the case",
       the_group_of_a_field_is_the_persons_member_or_the_top_of_the_case},
      {"persons are found with their category and members",
       persons_are_found_with_their_category_and_members},
      {"a category may depend on values", a_category_may_depend_on_values},
      {"LOCAL values are judged by the person object",
       local_values_are_judged_by_the_person_object},
      {"an acknowledgement has a time, an authority and clocks",
       an_acknowledgement_has_a_time_an_authority_and_clocks})
