#include "schema/document.h"

#include <string.h>

#include "law.h"
#include "support/check.h"

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

/* A.3 with one change, and what is said of it. */
struct change {
    const char *path, *value, *said;
};

static void check_changes(const struct change *rows, size_t count)
{
    open_law();
    const char *a3 = text_file("cases/a3-sent.json");
    for (size_t i = 0; i < count; i++) {
        const struct document *d = NULL;
        CHECK_TEXT(judged(arena, request, changed(arena, a3, rows[i].path, rows[i].value), &d),
                   rows[i].said);
    }
    close_law();
}

#define V1 "persons/~0000000000000003"

static void a_path_that_the_type_does_not_know_is_refused(void)
{
    static const struct change rows[] = {
        {"fact", "\"x\"", "type.field fact"},
        {"persons/2/nmae", "\"x\"", "type.field " V1 "/nmae"},
        {"persons/2/child_effective", "true", "type.field " V1 "/child_effective"},
        {"persons/2/risk", "{\"states\": [\"XC\"]}", "type.field " V1 "/risk/states"},
        {"facts", "[{\"x\": 1}]", "type.field facts/~0000000000000001/x"},
        {"authority", "[{\"name\": \"x\"}]", "type.field authority/~0000000000000001/name"},
        {"items", "{\"measure\": \"SERVICE\"}", "type.field items/measure"},
        {"why", "{\"x\": 1}", "type.field why/x"},
        {"items/1/details/iban", "\"XC71CRLB0000000047110815\"",
         "type.field items/~0000000000000002/details/iban"},
        {"items/0/details/cell_site", "true",
         "type.field items/~0000000000000001/details/cell_site"},
    };
    check_changes(rows, sizeof rows / sizeof rows[0]);
}

static void a_value_that_does_not_fit_is_refused(void)
{
    static const struct change rows[] = {
        {"why", "null", "type.value why"},
        {"why", "7", "type.value why"},
        {"why", "[]", "type.value why"},
        {"why", "{}", "type.value why"},
        {"authority", "[]", "type.value authority"},
        {"authority", "\"x\"", "type.value authority"},
        {"items/0/item", "0", "type.value items/~0000000000000001/item"},
        {"items/0/item", "-1", "type.value items/~0000000000000001/item"},
        {"items/0/from", "\"2025-06\"", "type.value items/~0000000000000001/from"},
        {"items/0/details/iban", "\"XC72CRLB0000000047110815\"",
         "type.value items/~0000000000000001/details/iban"},
        {"items/0/details/bic", "\"CRLBXC\"", "type.value items/~0000000000000001/details/bic"},
        {"items/1/details/msisdn", "\"0550100234\"",
         "type.value items/~0000000000000002/details/msisdn"},
        {"items/1/details/imei", "\"350000001234563\"",
         "type.value items/~0000000000000002/details/imei"},
        {"persons/2/sid", "\"V 1\"", "type.value " V1 "/sid"},
        {"persons/2/cat", "\"VICTIMS\"", "type.value " V1 "/cat"},
        {"persons/2/sex", "3", "type.value " V1 "/sex"},
        {"persons/2/sex", "\"2\"", "type.value " V1 "/sex"},
        {"persons/2/dob", "\"2001-13\"", "type.value " V1 "/dob"},
        {"persons/2/citizenship", "[\"XXB\"]", "type.value " V1 "/citizenship"},
        {"persons/2/citizenship", "\"XC\"", "type.value " V1 "/citizenship"},
        {"persons/2/citizenship", "[[\"XC\"]]", "type.value " V1 "/citizenship"},
        {"persons/2/citizenship",
         "[\"XA\",\"XB\",\"XC\",\"XD\",\"XE\",\"XF\",\"XG\",\"XH\",\"XI\"]",
         "type.value " V1 "/citizenship"},
        {"persons/2/needs", "[\"FOOD\"]", "type.value " V1 "/needs/~0000000000000001"},
        {"persons/2/needs", "\"LEGAL\"", "type.value " V1 "/needs"},
        {"persons/2/contact/emails", "[\"ann at b\"]", "type.value " V1 "/contact/emails"},
        {"persons/2/consent/0/recipients", "[\"XA-CA\"]",
         "type.value " V1 "/consent/~0000000000000001/recipients"},
        {"persons/2/consent/0/withdrawn", "\"2026-09-02\"",
         "type.value " V1 "/consent/~0000000000000001/withdrawn"},
        {"persons/2/loc", "{\"reach_via\": \"XA-XXX-01\"}", "type.value " V1 "/loc/reach_via"},
        {"facts_cats", "[\"CRIME\"]", "type.value facts_cats"},
    };
    check_changes(rows, sizeof rows / sizeof rows[0]);
}

static void what_fits_is_accepted(void)
{
    static const struct change rows[] = {
        {"persons/2/dob", "\"2001\"", "ok"},
        {"persons/2/contact/emails", "[\"ann@b.example\"]", "ok"},
        {"persons/2/citizenship", "[]", "ok"},
        {"persons/2/needs", "[]", "ok"},
        {"persons/2/contact", "{}", "ok"},
        {"persons/2/docs", "[]", "ok"},
        {"persons", "[]", "ok"},
        {"persons", NULL, "ok"},
        {"persons/2/loc", "{\"current\": {\"lat\": -33123456, \"lon\": 151000000}}", "ok"},
        {"items/1/details/imei", "\"350000001234562\"", "ok"},
        {"persons/2/consent/0/recipients", "[\"XA-NGO-01\", \"XA:NRM\"]", "ok"},
        {"persons/2/consent/0/withdrawn", "\"2026-09-02T10:00:00.250Z\"", "ok"},
        {"necessity", "[{\"sid\": \"V1\", \"cats\": [\"ID\"], \"text\": \"court\"}]", "ok"},
        {"victim_interview", "{\"guardian\": true, \"language\": \"eng\"}", "ok"},
    };
    check_changes(rows, sizeof rows / sizeof rows[0]);
}

static void a_request_names_all_of_its_elements(void)
{
    static const struct change rows[] = {
        {"authority", NULL, "type.incomplete authority/name"},
        {"authority/function", "\" \"", "type.incomplete authority/function"},
        {"proceeding/subject", NULL, "type.incomplete proceeding/subject"},
        {"facts", NULL, "type.incomplete facts"},
        {"facts", "\"\"", "type.incomplete facts"},
        {"offences", NULL, "type.incomplete offences"},
        {"offences", "[{}]", "type.incomplete offences"},
        {"items", "[]", "type.incomplete items"},
        {"items/1/measure", NULL, "type.incomplete items/~0000000000000002/measure"},
        {"items/0/measure", "\"OTHER\"",
         "type.incomplete items/~0000000000000001/details/description"},
        {"items/4", "{\"item\": 5, \"measure\": \"OTHER\"}",
         "type.incomplete items/~0000000000000005/details/description"},
        {"purpose_text", NULL, "type.incomplete purpose_text"},
        {"persons/2/sid", NULL, "type.incomplete " V1 "/sid"},
        {"persons/2/cat", NULL, "type.incomplete " V1 "/cat"},
        {"persons/4", "{}", "type.incomplete persons/~0000000000000005/sid"},
        {"persons/2/docs/0/type", NULL, "type.incomplete " V1 "/docs/~0000000000000001/type"},
        {"necessity", "[{\"sid\": \"V1\", \"cats\": [], \"text\": \"court\"}]",
         "type.incomplete necessity/~0000000000000001/cats"},
        {"urgency/reason", NULL, "type.reason urgency/reason"},
        {"urgency/reason", "\"\"", "type.reason urgency/reason"},
        {"urgency", "{\"level\": \"ROUTINE\"}", "ok"},
        {"urgency", NULL, "ok"},
    };
    check_changes(rows, sizeof rows / sizeof rows[0]);
}

static void facts_are_not_required_where_only_documents_are_served(void)
{
    open_law();
    const struct document *d = NULL;
    const char *a3 = text_file("cases/a3-sent.json");
    const char *service = changed(arena, changed(arena, a3, "facts", NULL), "items",
                                  "[{\"item\": 1, \"measure\": \"SERVICE\"}]");
    CHECK_TEXT(judged(arena, request, service, &d), "ok");
    const char *more =
        changed(arena, service, "items/1", "{\"item\": 2, \"measure\": \"DOCUMENTS\"}");
    CHECK_TEXT(judged(arena, request, more, &d), "type.incomplete facts");
    close_law();
}

static void lists_have_limits(void)
{
    open_law();
    const struct document *d = NULL;
    const char *json = changed(arena, text_file("cases/a3-sent.json"), "persons", "[]");
    for (size_t i = 0; i < 64; i++)
        json = changed(arena, json, arena_print(arena, "persons/%zu", i),
                       "{\"sid\": \"P\", \"cat\": \"CONTACT\", \"consent\": [{\"scope\": "
                       "[\"EVIDENCE\"]}]}");
    CHECK_TEXT(judged(arena, request, json, &d), "ok");
    json = changed(arena, json, "persons/64", "{\"sid\": \"P\", \"cat\": \"CONTACT\"}");
    CHECK_TEXT(judged(arena, request, json, &d), "type.value persons");
    close_law();
}

static void without_any_one_field_a3_is_complete_or_says_what_is_missing(void)
{
    open_law();
    struct composed c = compose(arena, request, text_file("cases/a3-sent.json"));
    struct leaf *rest = arena_array(arena, c.fields.count, sizeof *rest);
    size_t incomplete = 0;
    for (size_t i = 0; i < c.fields.count; i++) {
        const struct document *d = NULL;
        struct slice path = {NULL, 0};
        memcpy(rest, c.fields.at, i * sizeof *rest);
        memcpy(rest + i, c.fields.at + i + 1, (c.fields.count - i - 1) * sizeof *rest);
        struct status s =
            document_judge(arena, request, &c.claims, rest, c.fields.count - 1, &d, &path);
        if (!failed(s))
            continue;
        incomplete++;
        CHECK(s.reason == REASON_TYPE_INCOMPLETE || s.reason == REASON_TYPE_REASON);
        CHECK_BYTES(path, c.fields.at[i].path);
    }
    /* authority 2, proceeding 4, facts, iccs, purpose_text, reason, 4 items of item and measure,
     * 4 persons of sid and cat, 2 types of documents, iccs of an alleged offence */
    CHECK_U64(incomplete, 2 + 4 + 1 + 1 + 1 + 1 + 8 + 8 + 2 + 1);
    close_law();
}

static void a_document_without_room_is_refused_for_want_of_memory(void)
{
    open_law();
    struct composed c = compose(arena, request, text_file("cases/a3-sent.json"));
    size_t refused = 0;
    struct status s = FAIL(MEMORY);
    for (size_t cap = 0; s.code == CODE_MEMORY; cap += 128) {
        const struct document *d = NULL;
        struct slice path = {NULL, 0};
        struct arena *small = arena_new(cap);
        s = document_judge(small, request, &c.claims, c.fields.at, c.fields.count, &d, &path);
        CHECK_U64(d != NULL, !failed(s));
        refused += failed(s);
        arena_free(small);
    }
    CHECK_OK(s);
    CHECK(refused > 10);
    close_law();
}

TESTS(schema_document_check,
      {"a path that the type does not know is refused",
       a_path_that_the_type_does_not_know_is_refused},
      {"a value that does not fit is refused", a_value_that_does_not_fit_is_refused},
      {"what fits is accepted", what_fits_is_accepted},
      {"a request names all of its elements", a_request_names_all_of_its_elements},
      {"facts are not required where only documents are served",
       facts_are_not_required_where_only_documents_are_served},
      {"lists have limits", lists_have_limits},
      {"without any one field A.3 is complete or says what is missing",
       without_any_one_field_a3_is_complete_or_says_what_is_missing},
      {"a document without room is refused for want of memory",
       a_document_without_room_is_refused_for_want_of_memory})
