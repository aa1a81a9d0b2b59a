#include "libcomity/document.h"

#include <stdlib.h>
#include <string.h>

#include "fixture.h"

#define FIELDS_ROOM 128

static struct arena *arena;
static struct schema *schema;
static struct draft draft;

/* A delivery as chain_verify gives it, with what a gateway lets through. */
struct delivered {
    struct submit submit;
    struct slice fields[FIELDS_ROOM], derived[4];
    size_t field_count, derived_count;
    struct withholding withheld[8];
    struct release release;
    struct proved receipt;
    struct delivery_verified verified;
};

static void begin(struct delivered *d)
{
    struct comity_fault fault;
    arena = arena_new(64U << 20);
    schema = shipped_schema(arena);
    memset(d, 0, sizeof *d);
    const struct sealer *sealer = vector_sealer();
    struct compose_question q = question_of(schema, case_text("a3-sent.json"));
    CHECK_OK(compose(arena, &q, &draft, &fault));
    CHECK_OK(seal_draft(arena, &draft, sealer, &d->submit, &fault));
    d->release.gateway = slice_text("XA-GW-01");
    d->receipt.note.origin = slice_text("xa-gw-01.comity.example/audit/2026");
    d->receipt.note.size = 6;
}

static void end(void)
{
    schema_free(schema);
    arena_free(arena);
}

static void finish(struct delivered *d)
{
    const struct envelope *envelope;
    CHECK_OK(
        envelope_open(arena, d->submit.message.seal, d->submit.message.seal.length, &envelope));
    struct slices fields = {d->fields, d->field_count}, derived = {d->derived, d->derived_count};
    d->verified.envelope = envelope;
    CHECK_OK(contents_parse(arena, &envelope->claims, fields, derived, &d->verified.contents));
    d->release.withheld = d->withheld;
    d->verified.releases = &d->release;
    d->verified.receipts = &d->receipt;
    d->verified.hops = 1;
}

static json_t *json_of_case(const char *name)
{
    struct slice text = case_text(name);
    json_t *json = json_loadb((const char *)text.at, text.length, 0, NULL);
    CHECK(json != NULL);
    return json;
}

static void json_same(const json_t *got, const json_t *want)
{
    if (CHECK(json_equal(got, want)))
        return;
    json_dumpf(got, stderr, JSON_INDENT(1) | JSON_SORT_KEYS);
}

static json_t *document_of(const struct delivered *d)
{
    const struct comity_value *values;
    size_t count;
    json_t *json = NULL;
    CHECK_OK(document_values(arena, &d->verified, &values, &count));
    CHECK_OK(document_json(&d->verified.envelope->claims, values, count, &json));
    return json;
}

/* The document as it was written, less what the client kept apart. */
static void what_was_composed_comes_back(void)
{
    struct delivered d;
    begin(&d);
    for (size_t i = 0; i < d.submit.message.fields.count; i++)
        d.fields[d.field_count++] = d.submit.message.fields.at[i];
    finish(&d);
    json_t *got = document_of(&d), *want = json_of_case("a3-sent.json");
    for (size_t i = 0; i < json_array_size(json_object_get(want, "persons")); i++)
        json_object_del(json_array_get(json_object_get(want, "persons"), i), "LOCAL");
    json_same(got, want);
    json_decref(got);
    json_decref(want);
    end();
}

/* Whether the table of A.3 lets the field with this label through. */
static bool is_released(struct slice label)
{
    struct slice rest = case_text("a3-decision.tsv");
    while (rest.length > 0) {
        struct slice line = slice_part(rest, 0, slice_find(rest, '\n'));
        rest = slice_part(rest, line.length + 1, SIZE_MAX);
        struct slice path = slice_part(line, 0, slice_find(line, '\t'));
        if (!slice_equal(path, label))
            continue;
        char text[512];
        CHECK(slice_copy_text(line, text, sizeof text));
        return strstr(text, "\treleased\t") != NULL;
    }
    CHECK(false);
    return false;
}

static struct slice path_labelled(const char *label)
{
    for (size_t i = 0; i < draft.field_count; i++)
        if (slice_is(label_of(arena, &draft, draft.fields[i].path), label))
            return draft.fields[i].path;
    CHECK_TEXT(label, "a field");
    return (struct slice){0};
}

static struct digest digest_at(const struct delivered *d, struct slice path)
{
    for (size_t i = 0; i < draft.field_count; i++)
        if (slice_equal(draft.fields[i].path, path))
            return digest_of(SEPARATION_FIELD, d->submit.message.fields.at[i]);
    return (struct digest){{0}};
}

static void derive(struct delivered *d, struct slice path, const char *text,
                   enum transform transform, struct slice source)
{
    uint8_t salt[SALT_BYTES] = {(uint8_t)(d->derived_count + 1)};
    struct buffer value = buffer_new(1024), octets = buffer_new(4096);
    struct digest from = digest_at(d, source);
    if (text == NULL)
        mp_put_nil(&value);
    else
        mp_put_text(&value, slice_text(text));
    const struct field_parts parts = {slice_over(salt, sizeof salt), path, buffer_slice(&value)};
    derived_write(&octets, &parts, transform, &from);
    d->derived[d->derived_count++] = arena_copy(arena, buffer_slice(&octets));
    buffer_done(&value);
    buffer_done(&octets);
}

/* "persons/~x/dob" of a person as "persons/~x/<member>". */
static struct slice sibling(const char *label, const char *member)
{
    struct slice path = path_labelled(label);
    return slice_text(arena_print(arena, "%.*s/%s", 25, (const char *)path.at, member));
}

static void withhold(struct delivered *d, const char *sid, const char *member, const char *code)
{
    char label[64];
    snprintf(label, sizeof label, "persons/~%s/sid", sid);
    d->withheld[d->release.withheld_count++] =
        (struct withholding){sibling(label, member), slice_text(code)};
}

static int by_octets(const void *a, const void *b)
{
    /* behind the heads and the salt stands the path */
    return slice_compare(slice_part(*(const struct slice *)a, 19, SIZE_MAX),
                         slice_part(*(const struct slice *)b, 19, SIZE_MAX));
}

static void let_through(struct delivered *d)
{
    static const char *const persons[] = {"V1", "W1"};
    static const char *const members[][2] = {
        {"dob", "ID"}, {"docs", "ID"}, {"exploitation", "VIC"}, {"means", "VIC"}, {"name", "ID"}};
    for (size_t i = 0; i < draft.field_count; i++)
        if (is_released(label_of(arena, &draft, draft.fields[i].path)))
            d->fields[d->field_count++] = d->submit.message.fields.at[i];
    derive(d, slice_text("facts"), NULL, TRANSFORM_SUMMARY, path_labelled("releasable_summary"));
    derive(d, sibling("persons/~V1/sid", "age_group"), "18 years or over", TRANSFORM_GENERALISE,
           path_labelled("persons/~V1/dob"));
    derive(d, sibling("persons/~W1/sid", "age_group"), "18 years or over", TRANSFORM_GENERALISE,
           path_labelled("persons/~W1/dob"));
    qsort(d->derived, d->derived_count, sizeof d->derived[0], by_octets);
    for (size_t p = 0; p < 2; p++)
        for (size_t i = 0; i < sizeof members / sizeof members[0]; i++)
            if (p == 0 || members[i][0][0] == 'n' || strcmp(members[i][0], "dob") == 0)
                withhold(d, persons[p], members[i][0], members[i][1]);
}

static void a3_is_shown_as_delivered(void)
{
    struct delivered d;
    begin(&d);
    let_through(&d);
    finish(&d);
    CHECK_U64(d.field_count, 69);
    json_t *got = document_of(&d), *want = json_of_case("a3-delivered.json");
    json_same(got, want);
    json_decref(got);
    json_decref(want);
    end();
}

static size_t count_kind(const struct comity_value *values, size_t count,
                         enum comity_value_kind kind)
{
    size_t found = 0;
    for (size_t i = 0; i < count; i++)
        found += values[i].kind == kind;
    return found;
}

static void three_kinds_of_values_stay_three(void)
{
    struct delivered d;
    const struct comity_value *values;
    size_t count;
    begin(&d);
    let_through(&d);
    finish(&d);
    CHECK_OK(document_values(arena, &d.verified, &values, &count));
    CHECK_U64(count_kind(values, count, COMITY_SEALED), 69);
    CHECK_U64(count_kind(values, count, COMITY_DERIVED), 3);
    CHECK_U64(count_kind(values, count, COMITY_WITHHELD), 7);
    for (size_t i = 0; i < count; i++) {
        const struct comity_value *v = &values[i];
        CHECK((v->value == NULL) == (v->kind == COMITY_WITHHELD));
        CHECK((v->code != NULL) == (v->kind == COMITY_WITHHELD));
        CHECK((v->transform != NULL) == (v->kind == COMITY_DERIVED));
    }
    end();
}

static void what_is_shown_names_who_made_each_value(void)
{
    struct delivered d;
    const struct comity_value *values;
    size_t count;
    json_t *json = NULL;
    begin(&d);
    let_through(&d);
    finish(&d);
    CHECK_OK(document_values(arena, &d.verified, &values, &count));
    CHECK_OK(document_show(&d.verified, values, count, &json));
    const json_t *fields = json_object_get(json, "fields"), *row;
    size_t gateway = 0, i;
    json_array_foreach(fields, i, row)
    {
        bool derived = strcmp(json_string_value(json_object_get(row, "origin")), "gateway") == 0;
        gateway += derived;
        CHECK(json_is_string(json_object_get(row, "transform")) == derived);
        CHECK(json_object_get(row, "value") != NULL);
    }
    CHECK_U64(json_array_size(fields), 72);
    CHECK_U64(gateway, 3);
    CHECK_U64(json_array_size(json_object_get(json, "withheld")), 7);
    const json_t *claims = json_object_get(json, "claims");
    CHECK_TEXT(json_string_value(json_object_get(claims, "from")), "XA-CA-01");
    CHECK_TEXT(json_string_value(json_object_get(claims, "created")), "2026-09-07T07:40:00Z");
    CHECK(json_object_get(json_object_get(json, "document"), "created") == NULL);
    const json_t *hop =
        json_array_get(json_object_get(json_object_get(json, "verified"), "chain"), 0);
    CHECK_TEXT(json_string_value(json_object_get(hop, "gateway")), "XA-GW-01");
    CHECK_U64((uint64_t)json_integer_value(json_object_get(hop, "size")), 6);
    json_decref(json);
    end();
}

TESTS(clients_document, {"what was composed comes back", what_was_composed_comes_back},
      {"A.3 is shown as delivered", a3_is_shown_as_delivered},
      {"three kinds of values stay three", three_kinds_of_values_stay_three},
      {"what is shown names who made each value", what_is_shown_names_who_made_each_value})
