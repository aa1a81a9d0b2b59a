#include "schema/schema.h"

#include <stdio.h>
#include <string.h>

#include "law.h"
#include "schema/identifier.h"
#include "support/check.h"
#include "wire/names.h"

#define VOCABULARY                                                                                 \
    "law number 7\n"                                                                               \
    "codes role CA, JUD, ASY as ASY\n"                                                             \
    "codes instrument UNTOC18, EIO\n"                                                              \
    "codes purpose EVIDENCE, ASYLUM as ASY\n"                                                      \
    "codes urgency ROUTINE, URGENT\n"                                                              \
    "codes kind GOOD, BAD as CRM, \"a b\", 02042\n"
#define PERSON                                                                                     \
    "object person\n"                                                                              \
    "field sid sid MET required\n"                                                                 \
    "field cat code kind MET or as cat required\n"                                                 \
    "field name.family text 10 ID leak words\n"                                                    \
    "field scope up to 3 code purpose MET or as scope value-by-value\n"                            \
    "list docs up to 2\n"                                                                          \
    "field docs.number text 9 ID leak number\n"                                                    \
    "field secret text 9 OPS local\n"
#define HEAD                                                                                       \
    "message a.b schema 3\nfrom CA to CA, JUD\nfrom JUD to JUD under EIO\npurpose EVIDENCE\n"

static struct schema *parsed(const char *message)
{
    struct schema *schema = NULL;
    struct text_error error;
    struct status s = law_of(&schema, &error, "law/vocabulary", VOCABULARY, "law/objects/person",
                             PERSON, "law/messages/a.b", message, "law/rules/x", "not ours", NULL);
    if (failed(s))
        printf("%s:%u:%u: %s\n", error.file, error.line, error.column, error.message);
    return CHECK(!failed(s)) ? schema : NULL;
}

static const struct field_rule *rule(const struct message_type *type, const char *path)
{
    return type_field(type, slice_text(path));
}

static void categories_have_codes_and_tags(void)
{
    for (unsigned c = CATEGORY_NONE + 1; c < CATEGORY_COUNT; c++) {
        enum category category = (enum category)c;
        CHECK_U64(category_by_code(slice_text(category_code(category))), c);
        CHECK_U64(category_by_tag(slice_text(category_tag(category))), c);
    }
    CHECK_U64(CATEGORY_COUNT - 1, 19);
    CHECK_U64(category_by_code(slice_text("")), CATEGORY_NONE);
    CHECK_U64(category_by_code(slice_text("id")), CATEGORY_NONE);
    CHECK_U64(category_by_tag(slice_text("ID")), CATEGORY_NONE);
    CHECK_TEXT(category_code(CATEGORY_COUNT), "");
}

static void a_vocabulary_has_its_number_and_codes(void)
{
    size_t count = 0;
    struct schema *schema = parsed(HEAD "field why text 9 MET\n");
    CHECK_U64(schema_number(schema), 7);
    CHECK(schema_has_code(schema, "kind", slice_text("a b")));
    CHECK(schema_has_code(schema, "kind", slice_text("02042")));
    CHECK(schema_has_code(schema, "category", slice_text("PRV")));
    CHECK(!schema_has_code(schema, "kind", slice_text("GOO")));
    CHECK(!schema_has_code(schema, "kinds", slice_text("GOOD")));
    const char *const *codes = schema_codes(schema, "kind", &count);
    CHECK_U64(count, 4);
    CHECK_TEXT(codes[0], "02042");
    CHECK_TEXT(codes[3], "a b");
    CHECK(schema_codes(schema, "kinds", &count) == NULL);
    schema_free(schema);
    schema_free(NULL);
}

static void a_type_has_routes_purposes_claims_and_pad(void)
{
    struct schema *schema = parsed(HEAD "pad 128\nclaims case_ref, owner\nfield why text 9 MET\n");
    const struct message_type *type = schema_type(schema, slice_text("a.b"), 3);
    CHECK(type != NULL);
    CHECK(schema_newest(schema, slice_text("a.b")) == type);
    CHECK(schema_type_at(schema, 0) == type && schema_type_count(schema) == 1);
    CHECK(schema_type_at(schema, 1) == NULL);
    CHECK(schema_type(schema, slice_text("a.b"), 2) == NULL);
    CHECK(schema_newest(schema, slice_text("a")) == NULL);
    CHECK_BYTES(type_name(type), slice_text("a.b"));
    CHECK_U64(type_version(type), 3);
    CHECK_U64(type_pad(type), 128);
    CHECK_U64(type_required_claims(type), 1U << 11 | 1U << 21);
    CHECK(type_allows_purpose(type, slice_text("EVIDENCE")));
    CHECK(!type_allows_purpose(type, slice_text("ASYLUM")));
    static const struct {
        const char *from, *to, *instrument;
        bool allowed;
    } rows[] = {
        {"CA", "CA", "UNTOC18", true},    {"CA", "JUD", "", true},   {"JUD", "JUD", "EIO", true},
        {"JUD", "JUD", "UNTOC18", false}, {"JUD", "JUD", "", false}, {"JUD", "CA", "EIO", false},
        {"ASY", "CA", "EIO", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        CHECK_U64(type_allows_route(type, slice_text(rows[i].from), slice_text(rows[i].to),
                                    slice_text(rows[i].instrument)),
                  rows[i].allowed);
    CHECK(type_together(type) == NULL);
    schema_free(schema);
}

static void a_field_is_found_by_its_path_and_says_what_it_is(void)
{
    struct schema *schema = parsed(HEAD "carries sid, cat, docs\n"
                                        "together facts, about, cats or instead\n"
                                        "field facts text 9 CRM free\nfield about text 9 MET\n"
                                        "field cats text 9 MET\nfield instead text 9 CRM\n"
                                        "list answers up to 4\npersons answers.persons up to 3\n"
                                        "person answers.person\npersons subjects up to 2\n");
    const struct message_type *type = schema_newest(schema, slice_text("a.b"));
    const struct field_rule *number =
        rule(type, "answers/~0123456789abcdef/persons/~0123456789abcdef/docs/~0123456789abcdef/"
                   "number");
    if (CHECK(number != NULL) && number != NULL) {
        CHECK_BYTES(number->name, slice_text("answers.persons.docs.number"));
        CHECK_U64(number->category, CATEGORY_ID);
        CHECK_U64(number->leak, LEAK_NUMBER);
        CHECK_U64(number->prose, PROSE_CODE);
        CHECK(number->in_person && number->carried && !number->by_value);
        CHECK_U64(number->group_segments, 5);
    }
    CHECK_U64(rule(type, "answers/~0123456789abcdef/person/name/family")->group_segments, 4);
    CHECK(!rule(type, "subjects/~0123456789abcdef/name/family")->carried);
    CHECK_U64(rule(type, "facts")->prose, PROSE_FREE);
    CHECK_U64(rule(type, "facts")->group_segments, 1);
    CHECK(!rule(type, "facts")->in_person && rule(type, "facts")->carried);
    CHECK(rule(type, "subjects/~0123456789abcdef/scope/~0123456789abcdef")->by_value);
    CHECK(type_is_by_value(type, slice_text("subjects/~0123456789abcdef/scope")));
    CHECK(!type_is_by_value(type, slice_text("facts")));
    CHECK(rule(type, "subjects/sid") == NULL && rule(type, "answers.person") == NULL);
    CHECK(rule(type, "subjects/~0123456789abcdef/secret") == NULL);
    CHECK(type_local(type, slice_text("secret")) != NULL);
    CHECK_BYTES(type_person(type, slice_text("answers/~0123456789abcdef/person/sid")),
                slice_text("answers/~0123456789abcdef/person"));
    CHECK_U64(type_person(type, slice_text("facts")).length, 0);
    CHECK_BYTES(type_together(type)->summary, slice_text("instead"));
    schema_free(schema);
}

static void all_rules_can_be_walked(void)
{
    struct schema *schema = parsed(HEAD "persons persons up to 9\nfield why text 9 MET\n");
    const struct message_type *type = schema_newest(schema, slice_text("a.b"));
    size_t secrets = 0, names = 0;
    for (size_t i = 0; i < type_rule_count(type); i++) {
        const struct field_rule *r = type_rule_at(type, i);
        CHECK_U64(r->category == CATEGORY_NONE, false);
        names += slice_is(r->name, "persons.name.family");
        secrets += slice_is(r->name, "persons.secret");
    }
    for (size_t i = 0; i < schema_local_count(schema); i++)
        secrets += slice_is(schema_local_at(schema, i)->name, "persons.secret");
    CHECK_U64(names, 1);
    CHECK_U64(secrets, 1);
    CHECK(type_rule_at(type, type_rule_count(type)) == NULL);
    CHECK(schema_local_at(schema, schema_local_count(schema)) == NULL);
    schema_free(schema);
}

/* One text with a fault, and the whole error. */
struct fault {
    const char *file, *text, *error;
};

static void check_faults(const struct fault *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char shown[512];
        struct text_error error = {.message = "none"};
        struct schema *schema = NULL;
        bool message = strcmp(rows[i].file, "law/messages/a.b") == 0;
        bool vocabulary = strcmp(rows[i].file, "law/vocabulary") == 0;
        struct status s = law_of(&schema, &error, "law/vocabulary",
                                 vocabulary ? rows[i].text : VOCABULARY, "law/objects/person",
                                 message || vocabulary ? PERSON : rows[i].text, "law/messages/a.b",
                                 message ? rows[i].text : HEAD "field why text 9 MET\n", NULL);
        CHECK_STATUS(s, FAIL(CONFIG));
        snprintf(shown, sizeof shown, "%s:%u:%u: %s", error.file, error.line, error.column,
                 error.message);
        CHECK_TEXT(shown, rows[i].error);
        schema_free(schema);
    }
}

static void a_fault_in_the_vocabulary_is_told_with_its_place(void)
{
#define FILE_NAME "law/vocabulary"
    static const struct fault rows[] = {
        {FILE_NAME, "", FILE_NAME ":1:1: expected \"law\", found the end of the text"},
        {FILE_NAME, "law number 0", FILE_NAME ":1:13: the law's number is 1 or more"},
        {FILE_NAME, "law number 1 list x A", FILE_NAME ":1:14: expected \"codes\", found \"list\""},
        {FILE_NAME, "law number 1\ncodes x A, A",
         FILE_NAME ":2:12: the list has the code \"A\" twice"},
        {FILE_NAME, "law number 1\ncodes x A,",
         FILE_NAME ":2:11: expected a code, found the end of "
                   "the text"},
        {FILE_NAME, "law number 1\ncodes x A as IDD",
         FILE_NAME ":2:14: expected a category, found \"IDD\"; did you mean \"ID\"?"},
        {FILE_NAME, "law number 1\ncodes x A\ncodes x B",
         FILE_NAME ":3:7: this list is there already, its name is too long, or there are too many "
                   "lists"},
    };
#undef FILE_NAME
    check_faults(rows, sizeof rows / sizeof rows[0]);
}

static void a_fault_in_a_message_type_is_told_with_its_place(void)
{
#define FILE_NAME "law/messages/a.b"
    static const struct fault rows[] = {
        {FILE_NAME, "message A.b schema 1",
         FILE_NAME ":1:9: no name of a type: lower-case words and "
                   "digits between dots"},
        {FILE_NAME, HEAD,
         FILE_NAME ":1:1: a message type has a schema of 1 or more, a route, a "
                   "purpose and a field"},
        {FILE_NAME, "message a.b schema 1\nfrom CA to CAA",
         FILE_NAME ":2:12: expected a code of the list role, found \"CAA\"; did you mean \"CA\"?"},
        {FILE_NAME, "message a.b schema 1\npurpos EVIDENCE",
         FILE_NAME ":2:1: expected a line of a message type, found \"purpos\"; did you mean "
                   "\"purpose\"?"},
        {FILE_NAME, HEAD "pad 63", FILE_NAME ":5:5: the pad is a power of two from 16 to 4096"},
        {FILE_NAME, HEAD "claims case_reff",
         FILE_NAME ":5:8: expected a claim, found \"case_reff\"; did you mean \"case_ref\"?"},
        {FILE_NAME, HEAD "field Why text 9 MET",
         FILE_NAME ":5:7: \"Why\" is no field name: lower-case letters, digits and _, with dots "
                   "between"},
        {FILE_NAME, HEAD "field why texts 9 MET",
         FILE_NAME ":5:11: expected a type of value, found \"texts\"; did you mean \"text\"?"},
        {FILE_NAME, HEAD "field why text 9 MTE",
         FILE_NAME ":5:18: expected a category, found \"MTE\"; did you mean \"MET\"?"},
        {FILE_NAME, HEAD "field why code kinds MET",
         FILE_NAME ":5:16: expected the name of a code list, found \"kinds\"; did you mean "
                   "\"kind\"?"},
        {FILE_NAME, HEAD "field why int 5 to 4 MET", FILE_NAME ":5:15: the limits are not a range"},
        {FILE_NAME, HEAD "field why text 9 MET\nfield why text 9 MET",
         FILE_NAME ":6:7: \"why\" is there already"},
        {FILE_NAME, HEAD "field why text 9 MET\nfield why.not text 9 MET",
         FILE_NAME ":6:7: \"why\" can have no fields of the message below it"},
        {FILE_NAME, HEAD "field why.not text 9 MET\nfield why text 9 MET",
         FILE_NAME ":6:7: \"why\" is an object already"},
        {FILE_NAME, HEAD "field lang language MET",
         FILE_NAME ":5:7: \"lang\" is a claim and cannot be a field"},
        {FILE_NAME, HEAD "field a.b.c.d.e.f.g.h.i text 9 MET",
         FILE_NAME ":5:7: \"a.b.c.d.e.f.g.h.i\" makes paths that are too long"},
        {FILE_NAME, HEAD "field why int 1 to 2 MET free",
         FILE_NAME ":5:30: only a text can be free text"},
        {FILE_NAME, HEAD "field why text 9 MET value-by-value",
         FILE_NAME ":5:36: only an array can be sealed value by value"},
        {FILE_NAME, HEAD "field kind code kind MET\nfield why text 9 MET or as kinds",
         FILE_NAME ":6:28: expected a field of this text, found \"kinds\"; did you mean \"kind\"?"},
        {FILE_NAME, HEAD "field why text 9 MET or as why",
         FILE_NAME ":5:28: \"why\" holds no code"},
        {FILE_NAME,
         HEAD "list a up to 2\nfield a.kind code kind MET\nfield why text 9 MET or as a.kind",
         FILE_NAME ":7:7: \"why\" takes its category from a field of other elements"},
        {FILE_NAME, HEAD "field why text 9 MET required when claim.urgency is URGEN",
         FILE_NAME
         ":5:36: expected a code of that field, found \"URGEN\"; did you mean \"URGENT\"?"},
        {FILE_NAME, HEAD "field why text 9 MET\ncarries sid, nme",
         FILE_NAME ":6:9: a person has no member \"nme\""},
        {FILE_NAME, HEAD "field why text 9 MET\ntogether why, why, why or wy",
         FILE_NAME ":6:10: expected a field of this text, found \"wy\"; did you mean \"why\"?"},
        {FILE_NAME, HEAD "field why text 9 MET\ntogether why or why",
         FILE_NAME ":6:10: together stand a text, its subjects and its categories"},
        {FILE_NAME,
         HEAD "field a.secret text 9 MET local\nfield b code kind MET local\n"
              "field c text 9 MET or as b",
         FILE_NAME ":7:7: \"c\" depends on a field that only LOCAL values have"},
    };
#undef FILE_NAME
    check_faults(rows, sizeof rows / sizeof rows[0]);
}

static void a_fault_in_the_person_object_is_told_with_its_place(void)
{
#define FILE_NAME "law/objects/person"
    static const struct fault rows[] = {
        {FILE_NAME, "object persons", FILE_NAME ":1:8: expected \"person\", found \"persons\""},
        {FILE_NAME, "object person\nfield sid sid MET required",
         FILE_NAME ":1:1: a person has a required sid and a required cat (R-LED-02)"},
        {FILE_NAME, "object person\npersons family up to 2",
         FILE_NAME ":2:1: expected a field or list of the person object, found \"persons\""},
        {FILE_NAME,
         "object person\nfield sid sid MET required\nfield cat code kind MET required\n"
         "field a code kind MET local\nfield b text 9 MET or as a",
         FILE_NAME ":5:7: \"b\" depends on a field that only LOCAL values have"},
    };
#undef FILE_NAME
    check_faults(rows, sizeof rows / sizeof rows[0]);
}

static void two_versions_of_a_type_live_side_by_side(void)
{
    struct schema *schema = NULL;
    struct text_error error;
    CHECK_OK(law_of(&schema, &error, "law/vocabulary", VOCABULARY, "law/messages/a.b-4",
                    "message a.b schema 4 from CA to CA purpose EVIDENCE field why text 9 MET",
                    "law/messages/a.b-3", HEAD "field why text 9 MET", NULL));
    CHECK_U64(type_version(schema_newest(schema, slice_text("a.b"))), 4);
    CHECK_U64(type_version(schema_type(schema, slice_text("a.b"), 3)), 3);
    schema_free(schema);
    CHECK_STATUS(law_of(&schema, &error, "law/vocabulary", VOCABULARY, "law/messages/x",
                        HEAD "field why text 9 MET", "law/messages/y", HEAD "field why text 9 MET",
                        NULL),
                 FAIL(CONFIG));
    CHECK_TEXT(error.message, "another text has this type with this schema");
    CHECK_STATUS(law_of(&schema, &error, "law/vocabulary", VOCABULARY, "law/messages/x",
                        HEAD "persons persons up to 2", NULL),
                 FAIL(CONFIG));
    CHECK_TEXT(error.message, "\"persons\" is a person, but the law has no objects/person");
}

static void identifying_numbers_have_patterns_and_check_digits(void)
{
    static const struct {
        bool (*is)(struct slice s);
        const char *text;
        bool good;
    } rows[] = {
        {identifier_is_iban, "XC71CRLB0000000047110815", true},
        {identifier_is_iban, "XB47ARVN0000123456789012", true},
        {identifier_is_iban, "XB74BSBK0001009988776655", true},
        {identifier_is_iban, "XC71CRLB0000000047110851", false},
        {identifier_is_iban, "xc71CRLB0000000047110815", false},
        {identifier_is_iban, "XC71", false},
        {identifier_is_bic, "CRLBXCA1", true},
        {identifier_is_bic, "CRLBXCA1XXX", true},
        {identifier_is_bic, "CRLBXCA1XX", false},
        {identifier_is_bic, "CRL1XCA1", false},
        {identifier_is_imei, "004402452438512", true},
        {identifier_is_imei, "001001122334458", true},
        {identifier_is_imei, "001001122334459", false},
        {identifier_is_imei, "35000000123456", false},
        {identifier_is_phone, "+999550100234", true},
        {identifier_is_phone, "+0999550100", false},
        {identifier_is_phone, "999550100234", false},
        {identifier_is_phone, "+1234567890123456", false},
        {identifier_is_email, "ann@b.example", true},
        {identifier_is_email, "ann@", false},
        {identifier_is_email, "@b", false},
        {identifier_is_email, "a@b@c", false},
        {identifier_is_ip, "198.51.100.7", true},
        {identifier_is_ip, "2001:db8::1", true},
        {identifier_is_ip, "20010db8", false},
        {identifier_is_ip, "198.51.100.7/24", false},
        {identifier_is_sid, "V1", true},
        {identifier_is_sid, "9f3c20aa-17b0-4e55-8000-000000000000", true},
        {identifier_is_sid, "V_1", false},
        {identifier_is_sid, "", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (!CHECK_U64(rows[i].is(slice_text(rows[i].text)), rows[i].good))
            printf("%s\n", rows[i].text);
}

TESTS(schema_schema, {"categories have codes and tags", categories_have_codes_and_tags},
      {"a vocabulary has its number and codes", a_vocabulary_has_its_number_and_codes},
      {"a type has routes, purposes, claims and pad", a_type_has_routes_purposes_claims_and_pad},
      {"a field is found by its path and says what it is",
       a_field_is_found_by_its_path_and_says_what_it_is},
      {"all rules can be walked", all_rules_can_be_walked},
      {"a fault in the vocabulary is told with its place",
       a_fault_in_the_vocabulary_is_told_with_its_place},
      {"a fault in a message type is told with its place",
       a_fault_in_a_message_type_is_told_with_its_place},
      {"a fault in the person object is told with its place",
       a_fault_in_the_person_object_is_told_with_its_place},
      {"two versions of a type live side by side", two_versions_of_a_type_live_side_by_side},
      {"identifying numbers have patterns and check digits",
       identifying_numbers_have_patterns_and_check_digits})
