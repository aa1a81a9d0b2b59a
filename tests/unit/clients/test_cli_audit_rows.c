/* What comity audit search prints of an entry, whatever stands in it. */

#include "support/check.h"

#include "comity/audit/rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARENA_BYTES (1U << 20)

static const char *cell(const char *value)
{
    static char text[256];
    char *octets = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&octets, &length);
    audit_csv_value(out, slice_text(value));
    (void)fclose(out);
    (void)slice_copy_text(slice_over(octets, length), text, sizeof text);
    free(octets);
    return text;
}

static void a_cell_is_never_a_formula(void)
{
    static const struct {
        const char *value, *cell;
    } cells[] = {
        {"", "\"\""},
        {"XA-CA-01", "\"XA-CA-01\""},
        {"a, b", "\"a, b\""},
        {"say \"no\"", "\"say \"\"no\"\"\""},
        {"=1+1", "\"'=1+1\""},
        {"+1", "\"'+1\""},
        {"-1", "\"'-1\""},
        {"@SUM(A1)", "\"'@SUM(A1)\""},
        {"\t=1", "\"' =1\""},
        {"\r=1", "\"' =1\""},
        {"\"=1", "\"\"\"=1\""},
        {"1=1", "\"1=1\""},
        {"a\nb\x01", "\"a b \""},
        {"Besch\xc3\xa4"
         "digte",
         "\"Besch\xc3\xa4"
         "digte\""},
    };
    for (size_t i = 0; i < sizeof cells / sizeof cells[0]; i++)
        CHECK_TEXT(cell(cells[i].value), cells[i].cell);
}

static void what_went_and_what_was_withheld_are_told_apart(void)
{
    const struct slice none = {NULL, 0};
    const struct inner_field open[] = {
        {slice_text("a"), slice_text("ID"), slice_text("clear"), none, none},
        {slice_text("b"), slice_text("CON"), slice_text("mask"), none, none},
        {slice_text("c"), slice_text("ID"), slice_text("stated"), none, none},
        {slice_text("d"), slice_text("ID"), slice_text("generalise"), none, none},
    };
    const struct inner_field closed[] = {
        {slice_text("e"), slice_text("ASY"), slice_text("silent"), none, none}};
    const struct inner_count silent[] = {{slice_text("HLT"), 2}};
    struct opened o = {
        .has_outer = true,
        .has_inner = true,
        .inner = {.fields = open, .field_count = 4, .silent = silent, .silent_count = 1},
        .closed = {.fields = closed, .field_count = 1},
    };
    struct arena *a = arena_new(ARENA_BYTES);
    struct slices list;
    CHECK_OK(audit_categories(a, &o, false, &list));
    if (CHECK_U64(list.count, 2)) {
        CHECK_BYTES(list.at[0], slice_text("CON"));
        CHECK_BYTES(list.at[1], slice_text("ID"));
    }
    CHECK_OK(audit_categories(a, &o, true, &list));
    if (CHECK_U64(list.count, 2)) {
        CHECK_BYTES(list.at[0], slice_text("HLT"));
        CHECK_BYTES(list.at[1], slice_text("ID"));
    }
    o.has_closed = true;
    CHECK_OK(audit_categories(a, &o, true, &list));
    if (CHECK_U64(list.count, 3))
        CHECK_BYTES(list.at[0], slice_text("ASY"));
    o.has_inner = o.has_closed = false;
    CHECK_OK(audit_categories(a, &o, true, &list));
    CHECK_U64(list.count, 0);
    arena_free(a);
}

TESTS(cli_audit_rows, {"a cell is never a formula", a_cell_is_never_a_formula},
      {"what went and what was withheld are told apart",
       what_went_and_what_was_withheld_are_told_apart})
