#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/coarser.h"
#include "policy/transform.h"

#define TEXTS 16384

static const char words[] = "law number 1\n"
                            "codes role CA\ncodes instrument EIO\ncodes urgency ROUTINE\n"
                            "codes purpose EVIDENCE\ncodes handling H0\n"
                            "codes transfer_tier T0, T1, T2, T3, T4\n"
                            "codes transfer_basis LED37_BINDING\n"
                            "codes person_category VICTIM\ncodes sex 0, 1\n";

static const char person[] = "object person\n  field sid sid MET required\n"
                             "  field cat code person_category MET required\n";

/* One field of each type that has a coarser form, and some that have none. */
static const char types[] = "message t schema 1\n  from CA to CA\n  purpose EVIDENCE\n"
                            "  field date date ID\n  field partial partial-date ID\n"
                            "  field instant instant ID\n  field degrees degrees LOC\n"
                            "  field name text 200 ID leak words\n"
                            "  field number text 200 ID leak number\n"
                            "  field plain text 200 ID\n  field free text 200 ID free\n"
                            "  field ref ref ID\n  field digits digits 4 to 12 ID\n"
                            "  field phone phone CON\n  field iban iban FIN\n"
                            "  field bic bic FIN\n  field ip ip COM\n  field party party ID\n"
                            "  field flag bool ID\n  field count int ID\n"
                            "  field phones up to 5 phone CON\n";

static struct schema *small_schema(void)
{
    struct text_file at[] = {
        {slice_text("law/messages/t"), slice_text(types)},
        {slice_text("law/objects/person"), slice_text(person)},
        {slice_text("law/vocabulary"), slice_text(words)},
    };
    const struct text_files files = {at, sizeof at / sizeof at[0]};
    struct schema *schema = NULL;
    struct text_error error = {.message = "memory"};
    if (failed(schema_parse(&files, &schema, &error))) {
        fprintf(stderr, "%s:%u: %s\n", error.file, error.line, error.message);
        exit(1);
    }
    return schema;
}

static const uint8_t key[32] = {7, 7, 7}, other_key[32] = {7, 7, 8};

/* What a value, MessagePack, becomes: "" where it cannot be shown so. Static buffer. */
static const char *shown(const char *field, const struct grade *grade, struct slice packed,
                         const uint8_t *pseudonym_key)
{
    static char text[TEXTS];
    struct arena *arena = arena_new(1UL << 20);
    struct schema *schema = small_schema();
    const struct message_type *type = schema_newest(schema, slice_text("t"));
    const struct transforming how = {arena, grade, pseudonym_key};
    struct value value = value_read(packed);
    struct slice out = {NULL, 0};
    CHECK_OK(transform_value(&how, type_field(type, slice_text(field)), &value, &out));
    struct value made = value_read(out);
    text[0] = '\0';
    if (made.kind == VALUE_TEXT)
        slice_copy_text(made.octets, text, sizeof text);
    else if (made.kind == VALUE_INT)
        snprintf(text, sizeof text, "%lld", (long long)made.integer);
    else if (out.at != NULL)
        snprintf(text, sizeof text, "%u elements", made.count);
    schema_free(schema);
    arena_free(arena);
    return text;
}

static const char *shown_text(const char *field, const struct grade *grade, const char *in)
{
    struct buffer packed = buffer_new(4096);
    mp_put_text(&packed, slice_text(in));
    const char *text = shown(field, grade, buffer_slice(&packed), key);
    buffer_done(&packed);
    return text;
}

static void values_are_generalised_step_by_step(void)
{
    static const struct {
        const char *field, *step, *in, *out;
    } rows[] = {
        {"date", "month", "1999-05-17", "1999-05"},
        {"date", "year", "1999-05-17", "1999"},
        {"date", "decade", "1999-05-17", "1990s"},
        {"date", "decade", "2000-01-01", "2000s"},
        {"date", "day", "1999-05-17", ""},
        {"date", "country", "1999-05-17", ""},
        {"date", "year", "unknown", ""},
        {"date", "year", "199", ""},
        {"partial", "month", "1999-05", "1999-05"},
        {"partial", "month", "1999", "1999"},
        {"partial", "decade", "1999", "1990s"},
        {"instant", "day", "2026-09-07T23:59:59Z", "2026-09-07"},
        {"instant", "month", "2026-09-07T23:59:59.123Z", "2026-09"},
        {"instant", "year", "2026-09-07 23:59", ""},
        {"party", "country", "XA-CA-01", "XA"},
        {"iban", "country", "DE89370400440532013000", "DE"},
        {"bic", "country", "DEUTDEFF500", "DE"},
        {"bic", "country", "DEUT", ""},
        {"phone", "country", "+40712345678", "+40"},
        {"phone", "country", "+12025550123", "+1"},
        {"phone", "country", "+77012345678", "+7"},
        {"phone", "country", "+35312345678", "+353"},
        {"phone", "country", "0712345678", ""},
        {"ip", "prefix", "192.0.2.17", "192.0.2.0/24"},
        {"ip", "prefix", "192.0.2", ""},
        {"ip", "prefix", "192.0.2.256", ""},
        {"ip", "prefix", "192.0.2.1.5", ""},
        {"ip", "prefix", "192.0..1", ""},
        {"ip", "prefix", "2001:db8:1:2:3:4:5:6", "2001:db8:1::/48"},
        {"ip", "prefix", "2001:DB8::1", "2001:db8:0::/48"},
        {"ip", "prefix", "::1", "0:0:0::/48"},
        {"ip", "prefix", "2001:db8::", "2001:db8:0::/48"},
        {"ip", "prefix", "1::2:3:4:5:6:7", "1:0:2::/48"},
        {"ip", "prefix", "1::2::3", ""},
        {"ip", "prefix", "1:2:3:4:5:6:7:8:9", ""},
        {"ip", "prefix", "1:2:3:4:5:6:7::8", ""},
        {"ip", "prefix", "1:2:3:4::5:6:7:8", ""},
        {"ip", "prefix", "::ffff:192.0.2.1", ""},
        {"name", "initials", "Ana-Maria O'Brien", "A. M. O."},
        {"name", "initials", "Ana Li", "A. L."},
        {"name", "initials", "Ana X", ""},
        {"name", "initials", "O'", ""},
        {"name", "initials", "\xe7\x8e\x8b \xe4\xbc\x9f", ""},
        {"name", "initials", "\xe7\x8e\x8b\xe4\xbc\x9f", "\xe7\x8e\x8b."},
        {"name", "initials", "\xc5\x9etefan \xc3\x89va 2", "\xc5\x9e. \xc3\x89."},
        {"name", "initials", "  ", ""},
        {"name", "initials", "1999", ""},
        {"number", "initials", "AB 1234567", ""},
        {"plain", "initials", "Ana", ""},
        {"free", "initials", "Ana", ""},
        {"flag", "year", "true", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct grade grade = {.level = LEVEL_GENERALISE, .step = slice_text(rows[i].step)};
        if (!CHECK_TEXT(shown_text(rows[i].field, &grade, rows[i].in), rows[i].out))
            printf("    %s to %s: %s\n", rows[i].field, rows[i].step, rows[i].in);
    }
}

static void places_are_rounded_to_a_grid(void)
{
    static const struct {
        const char *step;
        int64_t in;
        const char *out;
    } rows[] = {
        {"degree", 52519999, "53000000"},         {"degree", 52499999, "52000000"},
        {"degree", -52519999, "-53000000"},       {"degree", 0, "0"},
        {"degree", 179999999, "180000000"},       {"tenth-degree", 52519999, "52500000"},
        {"tenth-degree", -13449999, "-13400000"}, {"tenth-degree", 13450000, "13500000"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct grade grade = {.level = LEVEL_GENERALISE, .step = slice_text(rows[i].step)};
        struct buffer packed = buffer_new(64);
        mp_put_int(&packed, rows[i].in);
        CHECK_TEXT(shown("degrees", &grade, buffer_slice(&packed), key), rows[i].out);
        buffer_done(&packed);
    }
}

/* At least as much stays hidden as is shown, and the length does not show. */
static void of_a_number_a_mask_leaves_the_end(void)
{
    static const struct {
        const char *field;
        unsigned characters;
        const char *in, *out;
    } rows[] = {
        {"digits", 4, "123456789", "****6789"},
        {"digits", 4, "12345678", "****5678"},
        {"digits", 4, "1234567", ""},
        {"ref", 2, "JUD/2026-17", "****17"},
        {"ref", 4, "1-2-3-4-5-6-7", ""},
        {"phone", 4, "+40712345678", "****5678"},
        {"iban", 8, "DE89370400440532013000", "****32013000"},
        {"number", 4, "XC 12 34 56", "****3456"},
        {"number", 2,
         "\xc3\x89"
         "12345",
         ""},
        {"name", 2, "Dostan", ""},
        {"plain", 2, "Dostan", ""},
        {"free", 2, "Dostan 123456", ""},
        {"date", 2, "1999-05-17", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct grade grade = {.level = LEVEL_MASK, .characters = rows[i].characters};
        if (!CHECK_TEXT(shown_text(rows[i].field, &grade, rows[i].in), rows[i].out))
            printf("    %s %u: %s\n", rows[i].field, rows[i].characters, rows[i].in);
    }
}

static void a_pseudonym_is_the_same_for_equal_values_under_one_key(void)
{
    const struct grade grade = {.level = LEVEL_PSEUDONYM};
    char first[64];
    snprintf(first, sizeof first, "%s", shown_text("name", &grade, "Dostan"));
    CHECK_U64(strlen(first), 32);
    CHECK(strspn(first, "0123456789abcdef") == 32);
    CHECK_TEXT(shown_text("number", &grade, "Dostan"), first);
    CHECK(strcmp(shown_text("name", &grade, "Dostam"), first) != 0);
    CHECK_TEXT(shown_text("free", &grade, "Dostan"), "");
    CHECK_TEXT(shown_text("name", &grade, ""), "");
    struct buffer packed = buffer_new(64);
    mp_put_text(&packed, slice_text("Dostan"));
    CHECK(strcmp(shown("name", &grade, buffer_slice(&packed), other_key), first) != 0);
    CHECK_TEXT(shown("name", &grade, buffer_slice(&packed), NULL), "");
    buffer_clear(&packed);
    mp_put_nil(&packed);
    CHECK_TEXT(shown("name", &grade, buffer_slice(&packed), key), "");
    buffer_clear(&packed);
    mp_put_int(&packed, 1234);
    snprintf(first, sizeof first, "%s", shown("count", &grade, buffer_slice(&packed), key));
    CHECK_TEXT(shown_text("number", &grade, "1234"), first);
    buffer_done(&packed);
}

/* An array is shown element by element, or not at all. */
static void of_an_array_each_element_is_shown_or_none(void)
{
    const struct grade country = {.level = LEVEL_GENERALISE, .step = slice_text("country")};
    struct buffer packed = buffer_new(256);
    mp_put_array(&packed, 2);
    mp_put_text(&packed, slice_text("+40712345678"));
    mp_put_text(&packed, slice_text("+35312345678"));
    CHECK_TEXT(shown("phones", &country, buffer_slice(&packed), key), "2 elements");
    buffer_clear(&packed);
    mp_put_array(&packed, 2);
    mp_put_text(&packed, slice_text("+40712345678"));
    mp_put_text(&packed, slice_text("0712345678"));
    CHECK_TEXT(shown("phones", &country, buffer_slice(&packed), key), "");
    buffer_clear(&packed);
    mp_put_array(&packed, 0);
    CHECK_TEXT(shown("phones", &country, buffer_slice(&packed), key), "");
    buffer_done(&packed);
}

/* By its form hop 2 tells what a step has made from a value that says more. */
static void what_a_step_makes_has_its_form_and_nothing_finer_has(void)
{
    static const struct {
        const char *step, *type, *text;
        bool fits;
    } rows[] = {
        {"day", "instant", "2026-09-07", true},
        {"day", "instant", "2026-09", true},
        {"day", "instant", "2026-09-07T23:59:59Z", false},
        {"month", "date", "1999-05", true},
        {"month", "date", "1999", true},
        {"month", "date", "1999-05-17", false},
        {"year", "instant", "1999", true},
        {"year", "instant", "1999-05", false},
        {"year", "date", "199x", false},
        {"decade", "date", "1990s", true},
        {"decade", "date", "1995s", false},
        {"decade", "date", "1995", false},
        {"country", "party", "XA", true},
        {"country", "party", "XA-CA-01", false},
        {"country", "iban", "D8", false},
        {"country", "bic", "DE", true},
        {"country", "bic", "DEUTDEFF", false},
        {"country", "phone", "+40", true},
        {"country", "phone", "+1", true},
        {"country", "phone", "+353", true},
        {"country", "phone", "+407", false},
        {"country", "phone", "+12", false},
        {"country", "phone", "+", false},
        {"country", "phone", "40", false},
        {"prefix", "ip", "192.0.2.0/24", true},
        {"prefix", "ip", "192.0.2.17/24", false},
        {"prefix", "ip", "192.0.2.17", false},
        {"prefix", "ip", "2001:db8:1::/48", true},
        {"prefix", "ip", "2001:db8:1:2::/64", false},
        {"prefix", "ip", "2001:db8:1:2::/48", false},
        {"initials", "text", "A. \xc3\x89.", true},
        {"initials", "text", "A. M", false},
        {"initials", "text", "Ana", false},
        {"initials", "text", "A.B.", false},
        {"initials", "text", "A.-B.", false},
        {"initials", "text", "", false},
    };
    static const struct {
        const char *step;
        int64_t number;
        bool fits;
    } places[] = {{"degree", 53000000, true},
                  {"degree", 52500000, false},
                  {"tenth-degree", -52500000, true},
                  {"tenth-degree", 52510000, false},
                  {"degree", 0, true}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct coarser *coarser = coarser_of(slice_text(rows[i].step), rows[i].type);
        const struct value value = {.kind = VALUE_TEXT, .octets = slice_text(rows[i].text)};
        if (!CHECK(coarser->is_made(&value) == rows[i].fits))
            printf("    %s: %s\n", rows[i].step, rows[i].text);
    }
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        const struct coarser *coarser = coarser_of(slice_text(places[i].step), "degrees");
        const struct value value = {.kind = VALUE_INT, .integer = places[i].number};
        CHECK(coarser->is_made(&value) == places[i].fits);
    }
}

TESTS(policy_transforms,
      {"values are generalised step by step", &values_are_generalised_step_by_step},
      {"places are rounded to a grid", &places_are_rounded_to_a_grid},
      {"what a step makes has its form, and nothing finer has",
       &what_a_step_makes_has_its_form_and_nothing_finer_has},
      {"of a number a mask leaves the end", &of_a_number_a_mask_leaves_the_end},
      {"a pseudonym is the same for equal values under one key",
       &a_pseudonym_is_the_same_for_equal_values_under_one_key},
      {"of an array each element is shown or none", &of_an_array_each_element_is_shown_or_none})
