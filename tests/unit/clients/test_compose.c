#include "fixture.h"

#include <string.h>

#include "base/instant.h"
#include "message/submission.h"
#include "wire/names.h"

static struct arena *arena;
static struct schema *schema;
static struct draft draft;
static struct comity_fault fault;

static struct status compose_text(const char *text)
{
    struct compose_question q = question_of(schema, slice_text(text));
    memset(&fault, 0, sizeof fault);
    return compose(arena, &q, &draft, &fault);
}

static void begin(void)
{
    arena = arena_new(64U << 20);
    schema = shipped_schema(arena);
    CHECK_OK(crypto_thread_start());
}

static void end(void)
{
    schema_free(schema);
    arena_free(arena);
}

static void compose_a3(void)
{
    struct compose_question q = question_of(schema, case_text("a3-sent.json"));
    CHECK_OK(compose(arena, &q, &draft, &fault));
}

static const struct leaf *leaf_at(const struct leaf *leaves, size_t count, const char *label)
{
    for (size_t i = 0; i < count; i++)
        if (slice_is(label_of(arena, &draft, leaves[i].path), label))
            return &leaves[i];
    return NULL;
}

static void text_is(const char *label, const char *text)
{
    const struct leaf *leaf = leaf_at(draft.fields, draft.field_count, label);
    if (CHECK(leaf != NULL))
        CHECK_BYTES(leaf->value.octets, slice_text(text));
}

/* Every path of the table is one field, and nothing else is. */
static void a3_is_a_hundred_fields(void)
{
    begin();
    compose_a3();
    CHECK_U64(draft.field_count, 100);
    size_t rows = 0;
    struct slice rest = case_text("a3-fields.tsv");
    while (rest.length > 0) {
        struct slice line = slice_part(rest, 0, slice_find(rest, '\n'));
        rest = slice_part(rest, line.length + 1, SIZE_MAX);
        if (line.length == 0 || line.at[0] == '#')
            continue;
        char label[256];
        CHECK(slice_copy_text(slice_part(line, 0, slice_find(line, '\t')), label, sizeof label));
        if (!CHECK(leaf_at(draft.fields, draft.field_count, label) != NULL))
            fprintf(stderr, "no field %s\n", label);
        rows++;
    }
    CHECK_U64(rows, 100);
    text_is("persons/~V1/name/family", "Dostan");
    text_is("items/~2/measure", "PHONE_SUBSCRIBER");
    text_is("urgency/reason", "accused in custody; detention hearing 2026-09-23");
    text_is("persons/~V1/consent/~1/scope/~2", "EVIDENCE");
    end();
}

static void a3_fields_are_sorted_and_named_as_they_must_be(void)
{
    begin();
    compose_a3();
    for (size_t i = 0; i < draft.field_count; i++) {
        CHECK(name_is_path(draft.fields[i].path));
        CHECK(!name_is_reserved(draft.fields[i].path));
        CHECK(i == 0 || slice_compare(draft.fields[i - 1].path, draft.fields[i].path) < 0);
    }
    struct slice before = leaf_at(draft.fields, draft.field_count, "persons/~V1/sid")->path;
    compose_a3(); /* for another recipient: the names are fresh */
    struct slice after = leaf_at(draft.fields, draft.field_count, "persons/~V1/sid")->path;
    CHECK(!slice_equal(before, after));
    end();
}

static void a3_local_values_have_the_names_of_their_persons(void)
{
    static const char *const labels[] = {
        "persons/~V1/asylum/country",     "persons/~V1/asylum/feared",
        "persons/~V1/asylum/lodged",      "persons/~V1/asylum/ref",
        "persons/~V1/asylum/status",      "persons/~V1/health/needs",
        "persons/~V1/health/note",        "persons/~V1/loc/shelter/cc",
        "persons/~V1/loc/shelter/city",   "persons/~V1/loc/shelter/name",
        "persons/~V1/loc/shelter/street", "persons/~V1/risk/factors",
        "persons/~V1/risk/level",         "persons/~V1/risk/officials_implicated",
        "persons/~W1/witness/programme",  "persons/~W1/witness/protected",
    };
    begin();
    compose_a3();
    CHECK_U64(draft.local_count, sizeof labels / sizeof labels[0]);
    for (size_t i = 0; i < sizeof labels / sizeof labels[0]; i++) {
        CHECK(leaf_at(draft.locals, draft.local_count, labels[i]) != NULL);
        CHECK(leaf_at(draft.fields, draft.field_count, labels[i]) == NULL);
    }
    const struct leaf *needs = leaf_at(draft.locals, draft.local_count, "persons/~V1/health/needs");
    if (CHECK(needs != NULL))
        CHECK_U64(needs->value.count, 2);
    end();
}

static void a3_claims_are_taken_and_filled(void)
{
    uint64_t deadline = 0;
    begin();
    compose_a3();
    const struct claims *c = &draft.claims;
    CHECK(instant_read(slice_text("2026-09-21T16:00:00Z"), &deadline));
    CHECK_BYTES(c->type, slice_text("mla.request"));
    CHECK_U64(c->schema, 1);
    CHECK_BYTES(c->from, slice_text("XA-CA-01"));
    CHECK_BYTES(c->to, slice_text("XC-CA-01"));
    CHECK_BYTES(c->case_ref, slice_text("PA-2026-0417"));
    CHECK_BYTES(c->legal_basis.at[0], slice_text("UNTOC18 para 3(e)(f)(g)"));
    CHECK_BYTES(c->urgency, slice_text("URGENT"));
    CHECK_U64(c->deadline_ms, deadline);
    CHECK_BYTES(c->tier, slice_text("T3"));
    CHECK_BYTES(c->transfer_basis, slice_text("LED37_BINDING"));
    CHECK(c->confidential);
    CHECK_U64(c->created_ms, CREATED_MS);
    CHECK_U64(c->expires_ms, CREATED_MS + 14 * MS_PER_DAY);
    CHECK_U64(c->retain_until_ms % MS_PER_DAY, 0);
    CHECK(c->retain_until_ms > c->created_ms);
    CHECK_U64(c->id.length, 16);
    CHECK_U64(c->thread.length, 16);
    CHECK(!claims_have(c, CLAIM_REPLY_TO));
    end();
}

/* As the gateway judges a submission: seal, fields, decoys, local values. */
static void a3_is_sealed_as_a_gateway_takes_it(void)
{
    struct submit submit;
    const struct envelope *envelope;
    const struct contents *contents;
    begin();
    compose_a3();
    CHECK_OK(seal_draft(arena, &draft, vector_sealer(), &submit, &fault));
    CHECK_OK(envelope_open(arena, submit.message.seal, submit.message.seal.length, &envelope));
    CHECK_U64(envelope->claims.digests.count, 128); /* 64, doubled until 100 fit */
    CHECK_U64(submit.decoys.count, 28);
    CHECK_OK(contents_parse(arena, &envelope->claims, submit.message.fields, (struct slices){0},
                            &contents));
    struct submission_extras extras = {submit.locals, submit.locals_count, submit.decoys};
    CHECK_OK(submission_check(arena, &envelope->claims, contents, &extras));
    CHECK_OK(cose_verify(&envelope->cose, certificate_key(vector_sealer()->certificate)));
    end();
}

static void what_cannot_be_sealed_is_refused_with_its_place(void)
{
    static const struct {
        const char *document, *code, *words;
    } rows[] = {
        {"{\"type\":\"mla.request\",\"type\":\"mla.ack\"}", "E_SCHEMA", "line"},
        {"[1]", "E_SCHEMA", "object"},
        {"{\"purpose\":\"EVIDENCE\"}", "E_INCOMPLETE", "type"},
        {"{\"type\":\"mla.request\"}", "E_INCOMPLETE", "purpose"},
        {"{\"type\":\"mla.request\",\"purpose\":\"EVIDENCE\",\"a\":{\"b\":[1,1.5]}}", "E_SCHEMA",
         "a.b"},
        {"{\"type\":\"mla.request\",\"purpose\":\"EVIDENCE\",\"a\":[{\"b\":0.5}]}", "E_SCHEMA",
         "a[0].b"},
        {"{\"type\":\"mla.request\",\"purpose\":\"EVIDENCE\",\"a\":[[1]]}", "E_SCHEMA", "a:"},
        {"{\"type\":\"mla.request\",\"purpose\":\"EVIDENCE\",\"a\":[1,{\"b\":1}]}", "E_SCHEMA",
         "a:"},
        {"{\"type\":\"mla.request\",\"purpose\":\"EVIDENCE\",\"a/b\":1}", "E_SCHEMA", "a/b"},
        {"{\"type\":\"mla.request\",\"purpose\":\"EVIDENCE\",\"~0123456789abcdef\":1}", "E_SCHEMA",
         "~0123456789abcdef"},
        {"{\"type\":\"mla.request\",\"purpose\":\"EVIDENCE\",\"Upper\":1}", "E_SCHEMA", "Upper"},
        {"{\"type\":\"mla.request\",\"purpose\":\"evidence\"}", "E_SCHEMA", "purpose"},
        {"{\"type\":\"mla.request\",\"purpose\":\"EVIDENCE\",\"urgency\":\"URGENT\"}", "E_SCHEMA",
         "urgency"},
        {"{\"type\":\"mla.request\",\"purpose\":\"EVIDENCE\",\"urgency\":{\"level\":\"SOON\"}}",
         "E_SCHEMA", "claims"},
        {"{\"type\":\"mla.request\",\"purpose\":\"EVIDENCE\",\"digests\":[]}", "E_SCHEMA",
         "digests"},
        {"{\"type\":\"mla.request\",\"purpose\":\"EVIDENCE\",\"local\":[]}", "E_SCHEMA", "local"},
        {"{\"type\":\"mla.request\",\"purpose\":\"EVIDENCE\",\"LOCAL\":{\"a\":1}}", "E_SCHEMA",
         "LOCAL"},
        {"{\"type\":\"mla.request\",\"purpose\":\"EVIDENCE\",\"a\":{\"LOCAL\":{\"p\":{\"q\":1}},"
         "\"p\":{\"LOCAL\":{\"q\":2}}}}",
         "E_SCHEMA", "a/p/q: two LOCAL blocks"},
        {"{\"type\":\"mla.request\",\"purpose\":\"EVIDENCE\",\"a\":{\"LOCAL\":{\"p\":[]},"
         "\"p\":{\"LOCAL\":{\"q\":2}}}}",
         "E_SCHEMA", "a/p: two LOCAL blocks"},
        {"{\"type\":\"mla.request\",\"purpose\":\"EVIDENCE\",\"from\":\"XB-CA-01\"}", "E_ROLE",
         "XB-CA-01"},
        {"{\"type\":\"mla.request\",\"purpose\":\"EVIDENCE\",\"to\":\"XB-CA-01\"}", "E_ROUTE",
         "XB-CA-01"},
        {"{\"type\":\"mla.request\",\"purpose\":\"EVIDENCE\",\"version\":2}", "E_SCHEMA",
         "version"},
        {"{\"type\":\"mla.request\",\"purpose\":\"EVIDENCE\",\"id\":\"7\"}", "E_SCHEMA", "id"},
        {"{\"type\":\"mla.request\",\"purpose\":\"EVIDENCE\","
         "\"expires\":\"2027-09-07T07:40:00Z\"}",
         "E_EXPIRED", "claims"},
        {"{\"type\":\"mla.request\",\"purpose\":\"EVIDENCE\",\"a\":{\"b\":{\"c\":{\"d\":{\"e\":{"
         "\"f\":{\"g\":{\"h\":{\"i\":1}}}}}}}}}",
         "E_SCHEMA", "a.b.c.d.e.f.g.h.i"},
    };
    begin();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CHECK_STATUS(compose_text(rows[i].document), FAIL(CONFIG));
        CHECK_TEXT(fault.code, rows[i].code);
        if (!CHECK(strstr(fault.message, rows[i].words) != NULL))
            fprintf(stderr, "%s: %s\n", rows[i].document, fault.message);
    }
    end();
}

static void empty_containers_and_nil_are_leaves(void)
{
    begin();
    CHECK_OK(compose_text("{\"type\":\"mla.request\",\"purpose\":\"EVIDENCE\",\"a\":{},\"b\":[],"
                          "\"c\":null,\"d\":-3,\"e\":{\"f\":true}}"));
    CHECK_U64(draft.field_count, 5);
    CHECK(draft.fields[0].value.kind == VALUE_EMPTY_MAP);
    CHECK(draft.fields[1].value.kind == VALUE_ARRAY && draft.fields[1].value.count == 0);
    CHECK(draft.fields[2].value.kind == VALUE_NIL);
    CHECK(draft.fields[3].value.integer == -3);
    CHECK_BYTES(draft.fields[4].path, slice_text("e/f"));
    end();
}

static void what_the_document_says_is_not_filled(void)
{
    begin();
    CHECK_OK(compose_text("{\"version\":1,\"type\":\"mla.request\",\"purpose\":\"EVIDENCE\","
                          "\"schema\":7,\"to\":\"XC-CA-01\",\"from\":\"XA-CA-01\","
                          "\"thread\":\"315236d8-8f13-4eea-bec7-2226d35db015\","
                          "\"created\":\"2026-09-07T07:41:00.250Z\","
                          "\"expires\":\"2026-09-08T00:00:00Z\",\"retain_until\":\"2027-01-31\"}"));
    CHECK(draft.type == NULL); /* there is no such version; the gateway will say so */
    CHECK_U64(draft.claims.schema, 7);
    CHECK_BYTES(draft.claims.thread, hex("315236d88f134eeabec72226d35db015"));
    CHECK_U64(draft.claims.created_ms, CREATED_MS + 60250);
    CHECK_U64(draft.claims.retain_until_ms, 1801353600000);
    CHECK_U64(draft.field_count, 0);
    end();
}

TESTS(clients_compose, {"A.3 is a hundred fields", a3_is_a_hundred_fields},
      {"A.3's fields are sorted and freshly named", a3_fields_are_sorted_and_named_as_they_must_be},
      {"LOCAL values have the names of their persons",
       a3_local_values_have_the_names_of_their_persons},
      {"claims are taken from the document and filled", a3_claims_are_taken_and_filled},
      {"A.3 is sealed as a gateway takes it", a3_is_sealed_as_a_gateway_takes_it},
      {"what cannot be sealed is refused with its place",
       what_cannot_be_sealed_is_refused_with_its_place},
      {"empty containers and null are leaves", empty_containers_and_nil_are_leaves},
      {"what the document says is not filled", what_the_document_says_is_not_filled})
