#include "support/check.h"

#include "wire/names.h"

#include <stdio.h>

typedef bool pattern(struct slice);

struct row {
    pattern *is;
    const char *text;
    bool holds;
};

static void check_rows(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (rows[i].is(slice_text(rows[i].text)) != rows[i].holds)
            printf("\n    row %zu: \"%s\"", i, rows[i].text);
        CHECK(rows[i].is(slice_text(rows[i].text)) == rows[i].holds);
    }
}

#define X4  "xxxx"
#define X24 X4 X4 X4 X4 X4 X4
#define X40 X24 X4 X4 X4 X4
#define A24 "AAAAAAAAAAAAAAAAAAAAAAAA"
#define A64 A24 A24 "AAAAAAAAAAAAAAAA"

static void parties_and_identities_have_one_form(void)
{
    static const struct row rows[] = {
        {name_is_party, "XA-CA-01", true},
        {name_is_party, "XA-LABI-01", true},
        {name_is_party, "XA-GW-01", true},
        {name_is_party, "", false},
        {name_is_party, "XA-C-01", false},
        {name_is_party, "XA-ABCDE-01", false},
        {name_is_party, "XA-CA-1", false},
        {name_is_party, "XA-CA-001", false},
        {name_is_party, "XA-CA-01-", false},
        {name_is_party, "XAA-CA-01", false},
        {name_is_party, "X-CA-01", false},
        {name_is_party, "xa-CA-01", false},
        {name_is_party, "XA-Ca-01", false},
        {name_is_party, "XA-CA-0A", false},
        {name_is_party, "XA-CA", false},
        {name_is_party, "XA", false},
        {name_is_party, "XA-CA-01/2207", false},
        {name_is_gateway, "XA-GW-01", true},
        {name_is_gateway, "XA-CA-01", false},
        {name_is_gateway, "XA-GWX-01", false},
        {name_is_gateway, "XA-G-01", false},
        {name_is_identity, "XA-POL-01/2207", true},
        {name_is_identity, "XA-POL-01", true},
        {name_is_identity, "XA-GW-01", true},
        {name_is_identity, "XA-POL-01/", false},
        {name_is_identity, "XA-POL-01/2207/1", false},
        {name_is_identity, "XA-POL-01/22 07", false},
        {name_is_identity, "/2207", false},
        {name_is_state, "XA", true},
        {name_is_state, "X", false},
        {name_is_state, "XAB", false},
        {name_is_state, "X1", false},
    };
    check_rows(rows, sizeof rows / sizeof rows[0]);
    CHECK(!name_is_state(slice_over("X\0", 2)));
    CHECK(!name_is_ref(slice_over("A\0", 2)));
}

static void codes_and_references_have_one_form(void)
{
    static const struct row rows[] = {
        {name_is_code, "EVIDENCE", true},
        {name_is_code, "A", true},
        {name_is_code, "C51_TEMP", true},
        {name_is_code, A24, true},
        {name_is_code, A24 "A", false},
        {name_is_code, "", false},
        {name_is_code, "1A", false},
        {name_is_code, "_A", false},
        {name_is_code, "A-B", false},
        {name_is_code, "Aa", false},
        {name_is_ref, "PA-2026-0417", true},
        {name_is_ref, "12/3.A", true},
        {name_is_ref, A64, true},
        {name_is_ref, A64 "A", false},
        {name_is_ref, "", false},
        {name_is_ref, "A B", false},
        {name_is_ref, "a", false},
        {name_is_type, "mla.request", true},
        {name_is_type, "a.b.c.d.e", true},
        {name_is_type, "x24", true},
        {name_is_type, X24 "." X24, true},
        {name_is_type, X24 "x.a", false},
        {name_is_type, "a.b.c.d.e.f", false},
        {name_is_type, "a..b", false},
        {name_is_type, ".a", false},
        {name_is_type, "a.", false},
        {name_is_type, "A", false},
        {name_is_type, "", false},
        {name_is_language, "eng", true},
        {name_is_language, "en", false},
        {name_is_language, "engl", false},
        {name_is_language, "Eng", false},
    };
    check_rows(rows, sizeof rows / sizeof rows[0]);
}

static void bases_and_obligations_have_one_form(void)
{
    static const struct row rows[] = {
        {name_is_basis, "UNTOC18", true},
        {name_is_basis, "UNTOC18 para 3(e)(f)(g)", true},
        {name_is_basis, "A b c d e", true},
        {name_is_basis, "A b c d e f", false},
        {name_is_basis, "A 12345678901234567890", true},
        {name_is_basis, "A 123456789012345678901", false},
        {name_is_basis, "A  b", false},
        {name_is_basis, "A ", false},
        {name_is_basis, " A", false},
        {name_is_basis, "a b", false},
        {name_is_basis, "A b;c", false},
        {name_is_obligation, "no-onward-transfer", true},
        {name_is_obligation, "retain-until=2027-01-31", true},
        {name_is_obligation, "ab", true},
        {name_is_obligation, "a", false},
        {name_is_obligation, X24 X4 X4, true},
        {name_is_obligation, X24 X4 X4 "x", false},
        {name_is_obligation, "ab=", false},
        {name_is_obligation, "=ab", false},
        {name_is_obligation, "ab=" X24 X4 X4, true},
        {name_is_obligation, "ab=" X24 X4 X4 "x", false},
        {name_is_obligation, "ab=c=d", false},
        {name_is_obligation, "ab=c_d", false},
        {name_is_obligation, "1ab", false},
        {name_is_obligation, "Ab", false},
    };
    check_rows(rows, sizeof rows / sizeof rows[0]);
}

#define ELEMENT "~9f3c20aa17b04e55"

static void paths_have_one_form(void)
{
    static const struct row rows[] = {
        {name_is_path, "facts", true},
        {name_is_path, "persons/" ELEMENT "/name/family", true},
        {name_is_path, "a/" ELEMENT, true},
        {name_is_path, "a/" ELEMENT "/b/" ELEMENT, true},
        {name_is_path, "a1_b", true},
        {name_is_path, "", false},
        {name_is_path, "/", false},
        {name_is_path, "a/", false},
        {name_is_path, "/a", false},
        {name_is_path, "a//b", false},
        {name_is_path, ELEMENT, false},
        {name_is_path, ELEMENT "/a", false},
        {name_is_path, "a/" ELEMENT "/" ELEMENT, false},
        {name_is_path, "a/~9f3c20aa17b04e5", false},
        {name_is_path, "a/~9f3c20aa17b04e555", false},
        {name_is_path, "a/~9F3c20aa17b04e55", false},
        {name_is_path, "a/~9g3c20aa17b04e55", false},
        {name_is_path, "A", false},
        {name_is_path, "1a", false},
        {name_is_path, "_a", false},
        {name_is_path, "a-b", false},
        {name_is_path, "a.b", false},
        {name_is_path, X40, true},
        {name_is_path, X40 "x", false},
        {name_is_path, "a/b/c/d/e/f/g/h", true},
        {name_is_path, "a/b/c/d/e/f/g/h/i", false},
        {name_is_path, X40 "/" X40 "/" X40 "/" X24 X4 X4 X4 "x", true},
        {name_is_path, X40 "/" X40 "/" X40 "/" X24 X4 X4 X4 "xx", false},
        {name_is_element, ELEMENT, true},
        {name_is_element, "9f3c20aa17b04e55", false},
        {name_is_reserved, "digests", true},
        {name_is_reserved, "urgency/level", true},
        {name_is_reserved, "local", true},
        {name_is_reserved, "urgency/levels", false},
        {name_is_reserved, "persons", false},
        {name_is_reserved, "", false},
    };
    check_rows(rows, sizeof rows / sizeof rows[0]);
}

static void a_path_covers_what_lies_below_it(void)
{
    static const struct {
        const char *a, *b;
        bool covers;
    } rows[] = {
        {"persons", "persons", true},   {"persons", "persons/~x", true},
        {"persons", "persons2", false}, {"persons/x", "persons", false},
        {"person", "persons/x", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        CHECK(path_covers(slice_text(rows[i].a), slice_text(rows[i].b)) == rows[i].covers);
}

static void names_come_apart(void)
{
    struct slice rest = slice_text("persons/" ELEMENT "/name"), segment;
    CHECK(path_next(&rest, &segment));
    CHECK_BYTES(segment, slice_text("persons"));
    CHECK(path_next(&rest, &segment));
    CHECK_BYTES(segment, slice_text(ELEMENT));
    CHECK(path_next(&rest, &segment));
    CHECK_BYTES(segment, slice_text("name"));
    CHECK(!path_next(&rest, &segment));
    CHECK_BYTES(party_state(slice_text("XA-LABI-01")), slice_text("XA"));
    CHECK_BYTES(party_role(slice_text("XA-LABI-01")), slice_text("LABI"));
    CHECK_BYTES(party_role(slice_text("XA")), slice_text(""));
}

TESTS(wire_names, {"parties and identities have one form", parties_and_identities_have_one_form},
      {"codes and references have one form", codes_and_references_have_one_form},
      {"bases and obligations have one form", bases_and_obligations_have_one_form},
      {"paths have one form", paths_have_one_form},
      {"a path covers what lies below it", a_path_covers_what_lies_below_it},
      {"names come apart", names_come_apart})
