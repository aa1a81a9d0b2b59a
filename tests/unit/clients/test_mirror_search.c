#include "made_mirror.h"
#include "searched.h"
#include "support/check.h"
#include "support/folder.h"

#include "base/slices.h"
#include "mirror/bits.h"
#include "mirror/marks.h"
#include "mirror/search.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARENA_BYTES (64U << 20)
#define DAY_MS      86400000ULL

static const uint8_t id[16] = {0x7d, 0x0e, 1, 2, 3, 4, 0x45, 6, 0x87}, seal[32] = {5},
                     rulebook[32] = {6}, subjects[2][32] = {{7}, {8}}, of_case[32] = {9};

/* An entry that says everything there is to say. */
struct rich {
    struct inner_field fields[3];
    struct inner_count silent[2];
    struct slice subjects[2], bases[2];
    struct outer outer;
    struct inner inner;
};

static void rich_make(struct rich *r)
{
    *r = (struct rich){
        .fields = {{slice_text("persons/~9f3c20aa17b04e55/asylum/status"), slice_text("ASY"),
                    slice_text("silent"), slice_text("R-ASY-01"), slice_text("default deny")},
                   {slice_text("persons/~9f3c20aa17b04e55/name/family"), slice_text("ID"),
                    slice_text("clear"), slice_text("Names go"), slice_text("LED 8")},
                   {slice_text("persons/~9f3c20aa17b04e55/name/given"), slice_text("ID"),
                    slice_text("mask"), slice_text("R-ID-02"), slice_text("LED 4")}},
        .silent = {{slice_text("HLT"), 2}, {slice_text("WIT"), 1}},
        .subjects = {slice_over(subjects[0], 32), slice_over(subjects[1], 32)},
        .bases = {slice_text("UNTOC18 para 3(e)"), slice_text("PALERMO6")},
        .outer = {.kind = ENTRY_DISCLOSURE,
                  .stage = STAGE_ACCEPTED,
                  .hop = 1,
                  .gateway = slice_text(MADE_GATEWAY),
                  .id = slice_over(id, 16),
                  .from = slice_text("XC-CA-01"),
                  .to = slice_text("XA-CA-01"),
                  .type = slice_text("mla.request"),
                  .purpose = slice_text("EVIDENCE"),
                  .seal = slice_over(seal, 32),
                  .rulebook = slice_over(rulebook, 32),
                  .code = slice_text("E_HELD")},
        .inner = {.op = slice_text("DISCLOSE"),
                  .actor = slice_text("XA-CA-02"),
                  .officer = slice_text("2207"),
                  .justification = slice_text("Geständnis of the co-accused"),
                  .closed_justification = slice_text("sheltered"),
                  .instrument = slice_text("UNTOC18"),
                  .tier = slice_text("T3"),
                  .transfer_basis = slice_text("LED37_BINDING"),
                  .ground = slice_text("ORDRE_PUBLIC"),
                  .case_pseudonym = slice_over(of_case, 32),
                  .has_related = true,
                  .related = 1}};
    r->inner.fields = r->fields;
    r->inner.field_count = 3;
    r->inner.silent = r->silent;
    r->inner.silent_count = 2;
    r->inner.subjects = (struct slices){r->subjects, 2};
    r->inner.legal_basis = (struct slices){r->bases, 2};
}

/* What it has to be found by. */
static const struct {
    const char *word, *value;
} said[] = {
    {"from", "XC-CA-01"},
    {"to", "XA-CA-01"},
    {"pair", "XA-CA-01,XC-CA-01"},
    {"from", "XC"},
    {"to", "XA"},
    {"pair", "XA,XC"},
    {"type", "mla.request"},
    {"purpose", "EVIDENCE"},
    {"code", "E_HELD"},
    {"rulebook", "0600000000000000000000000000000000000000000000000000000000000000"},
    {"id", "7d0e0102030445068700000000000000"},
    {"kind", "disclosure"},
    {"stage", "accepted"},
    {"op", "DISCLOSE"},
    {"actor", "XA-CA-02"},
    {"officer", "2207"},
    {"instrument", "UNTOC18"},
    {"tier", "T3"},
    {"transfer", "LED37_BINDING"},
    {"ground", "ORDRE_PUBLIC"},
    {"case", "0900000000000000000000000000000000000000000000000000000000000000"},
    {"subject", "0700000000000000000000000000000000000000000000000000000000000000"},
    {"subject", "0800000000000000000000000000000000000000000000000000000000000000"},
    {"related", "1"},
    {"basis", "UNTOC18 para 3(e)"},
    {"basis", "UNTOC18"},
    {"basis", "PALERMO6"},
    {"field", "persons"},
    {"field", "persons/name"},
    {"field", "persons/name/family"},
    {"field", "persons/name/given"},
    {"field", "persons/asylum"},
    {"field", "persons/asylum/status"},
    {"category", "ID"},
    {"category", "ASY"},
    {"category", "HLT"},
    {"category", "WIT"},
    {"level", "clear"},
    {"level", "mask"},
    {"level", "silent"},
    {"rule", "Names go"},
    {"rule", "R-ASY-01"},
    {"rule", "R-ID-02"},
    {"month", "2026-10"},
    {"opened", "closed"},
};

static void every_mark_finds_its_entry_and_no_other(void)
{
    enum { COUNT = sizeof said / sizeof said[0] };
    struct mirror *m = made_mirror(fresh_folder());
    struct arena *a = arena_new(ARENA_BYTES);
    struct mirror_entry entry;
    struct slices marks;
    struct rich rich;
    rich_make(&rich);
    made_starts(m, 3);
    made_put(m, MADE_BEGAN_MS + 20 * DAY_MS, &rich.outer, &rich.inner);
    made_keep(m);
    CHECK_OK(mirror_entry(m, a, 3, &entry));
    CHECK_OK(marks_of(a, &entry, &marks));
    CHECK_U64(marks.count, COUNT);
    for (size_t i = 0; i < COUNT; i++) {
        const struct slice value = slice_text(said[i].value);
        const bool is_all = strcmp(said[i].word, "opened") == 0;
        CHECK(slices_have(marks, mark_make(a, said[i].word, value)));
        if (!CHECK_TEXT(by_mark(m, said[i].word, value), is_all ? "3,2,1,0," : "3,"))
            fprintf(stderr, "%s:%s\n", said[i].word, said[i].value);
        CHECK_TEXT(by_mark(m, said[i].word, slice_part(value, 0, value.length - 1)),
                   strcmp(said[i].word, "field") == 0 ? by_mark(m, "no", value) : "");
        CHECK_TEXT(by_mark(m, "x", value), "");
    }
    CHECK_TEXT(by_text(m, "sheltered"), "3,");
    CHECK_TEXT(by_text(m, "GESTANDNIS accused"), "3,");
    arena_free(a);
    mirror_close(m);
}

static void all_that_is_asked_for_has_to_hold(void)
{
    struct mirror *m = made_mirror(fresh_folder());
    struct arena *a = arena_new(ARENA_BYTES);
    for (unsigned i = 0; i < 12; i++)
        titled_put(m, MADE_BEGAN_MS + i, i % 2 == 0 ? "even" : "odd",
                   i % 3 == 0 ? "a third" : "no");
    made_keep(m);
    struct slice marks[] = {mark_make(a, "rule", slice_text("even")),
                            mark_make(a, "kind", slice_text("start-stop"))};
    struct search_wanted w = {.marks = {marks, 2}, .before = SEARCH_NEWEST, .limit = 50};
    CHECK_TEXT(found(m, &w), "10,8,6,4,2,0,");
    w.text = slice_text("third");
    CHECK_TEXT(found(m, &w), "6,0,");
    w.text = slice_text("third no");
    CHECK_TEXT(found(m, &w), "");
    w.text = (struct slice){NULL, 0};
    w.from_ms = MADE_BEGAN_MS + 3;
    w.until_ms = MADE_BEGAN_MS + 8;
    CHECK_TEXT(found(m, &w), "6,4,");
    w.text = slice_text("third");
    CHECK_TEXT(found(m, &w), "6,");
    w.text = (struct slice){NULL, 0};
    w.until_ms = MADE_BEGAN_MS + 9;
    CHECK_TEXT(found(m, &w), "8,6,4,");
    w.limit = 2;
    CHECK_TEXT(found(m, &w), "8,6,");
    w.before = 6;
    CHECK_TEXT(found(m, &w), "4,");
    marks[1] = mark_make(a, "rule", slice_text("odd"));
    w.before = SEARCH_NEWEST;
    CHECK_TEXT(found(m, &w), "");
    arena_free(a);
    mirror_close(m);
}

static void whatever_a_value_holds_it_is_one_mark(void)
{
    static char longer[2][600];
    memset(longer[0], 'x', sizeof longer[0] - 1);
    memset(longer[1], 'x', sizeof longer[1] - 1);
    longer[1][sizeof longer[1] - 2] = 'y';
    static const char *const titles[] = {
        "a",    "a b",     "b a",     "a:b", "rule:a", "\"a\"",    "a\" OR \"b", "a' OR '1'='1",
        "a*",   "NOT a",   "%61",     "a\n", "A",      "\xc3\xa4", "a%",         "_",
        "\x01", longer[0], longer[1], " ",
    };
    enum { COUNT = sizeof titles / sizeof titles[0] };
    struct mirror *m = made_mirror(fresh_folder());
    for (size_t i = 0; i < COUNT; i++)
        titled_put(m, MADE_BEGAN_MS, titles[i], "");
    made_keep(m);
    for (size_t i = 0; i < COUNT; i++) {
        char wanted[24];
        snprintf(wanted, sizeof wanted, "%zu,", i);
        CHECK_TEXT(by_mark(m, "rule", slice_text(titles[i])), wanted);
    }
    CHECK_TEXT(by_mark(m, "rule", slice_text("")), "");
    CHECK_TEXT(by_mark(m, "rul", slice_text("e:a")), "");
    mirror_close(m);
}

static void words_are_never_operators(void)
{
    struct mirror *m = made_mirror(fresh_folder());
    titled_put(m, MADE_BEGAN_MS, "a", "bread AND butter");
    titled_put(m, MADE_BEGAN_MS, "a", "bread not water");
    titled_put(m, MADE_BEGAN_MS, "a", "co-accused (text) near here: 12*3");
    made_keep(m);
    CHECK_TEXT(by_text(m, "bread"), "1,0,");
    CHECK_TEXT(by_text(m, "bread AND butter"), "0,");
    CHECK_TEXT(by_text(m, "  butter\tbread\n"), "0,");
    CHECK_TEXT(by_text(m, "bread OR near"), "");
    CHECK_TEXT(by_text(m, "bread NOT butter"), "");
    CHECK_TEXT(by_text(m, "NOT water"), "1,");
    CHECK_TEXT(by_text(m, "co-accused"), "2,");
    CHECK_TEXT(by_text(m, "accused-co"), "");
    CHECK_TEXT(by_text(m, "text:bread"), "");
    CHECK_TEXT(by_text(m, "(text)"), "2,");
    CHECK_TEXT(by_text(m, "NEAR(here"), "2,");
    CHECK_TEXT(by_text(m, "bre*"), "");
    CHECK_TEXT(by_text(m, "\"bread"), "1,0,");
    CHECK_TEXT(by_text(m, "bread\"\" \"butter\""), "0,");
    CHECK_TEXT(by_text(m, "^bread"), "1,0,");
    CHECK_TEXT(by_text(m, "***"), "");
    CHECK_TEXT(by_text(m, " "), "");
    CHECK_TEXT(by_text(m, "'; DROP TABLE entry; --"), "");
    CHECK_TEXT(by_text(m, "bread"), "1,0,");
    CHECK(by_text(m, "\xff") == NULL);
    char longer[SEARCH_TEXT_MAX + 2];
    memset(longer, '"', sizeof longer);
    longer[SEARCH_TEXT_MAX + 1] = '\0';
    CHECK(by_text(m, longer) == NULL);
    longer[SEARCH_TEXT_MAX] = '\0';
    CHECK_TEXT(by_text(m, longer), "");
    mirror_close(m);
}

static void pages_stay_what_they_were_while_entries_are_added(void)
{
    const char *dir = fresh_folder();
    char error[MIRROR_ERROR_BYTES];
    struct mirror *writer = made_mirror(dir), *reader = NULL;
    struct slice mark = {(const uint8_t *)"rule:even", 9};
    struct search_wanted w = {.marks = {&mark, 1}, .before = SEARCH_NEWEST, .limit = 3};
    for (unsigned i = 0; i < 13; i++)
        titled_put(writer, MADE_BEGAN_MS, i % 2 == 0 ? "even" : "odd", "");
    made_keep(writer);
    CHECK_OK(mirror_open(dir, error, &reader));
    CHECK_TEXT(found(reader, &w), "12,10,8,");
    mirror_close(reader);
    for (unsigned i = 0; i < 4; i++)
        titled_put(writer, MADE_BEGAN_MS, "even", "");
    made_keep(writer);
    CHECK_OK(mirror_open(dir, error, &reader));
    w.before = 8;
    CHECK_TEXT(found(reader, &w), "6,4,2,");
    w.before = 2;
    CHECK_TEXT(found(reader, &w), "0,");
    w.before = 0;
    CHECK_TEXT(found(reader, &w), "");
    w.before = SEARCH_NEWEST;
    CHECK_TEXT(found(reader, &w), "16,15,14,");
    mirror_close(reader);
    mirror_close(writer);
}

static void searches_cross_blocks(void)
{
    enum { STARTS = BITS_BLOCK + 5 };
    struct mirror *m = made_mirror(fresh_folder());
    titled_put(m, MADE_BEGAN_MS, "rare", "bread");
    made_starts(m, STARTS);
    titled_put(m, MADE_BEGAN_MS + DAY_MS, "rare", "bread");
    made_keep(m);
    struct slice mark = slice_text("rule:rare");
    struct search_wanted w = {.marks = {&mark, 1}, .before = SEARCH_NEWEST, .limit = 9};
    CHECK_TEXT(found(m, &w), "4102,0,");
    w.text = slice_text("bread");
    CHECK_TEXT(found(m, &w), "4102,0,");
    mark = slice_text("kind:start-stop");
    w.text = (struct slice){NULL, 0};
    w.before = BITS_BLOCK + 1;
    w.limit = 2;
    CHECK_TEXT(found(m, &w), "4096,4095,");
    uint64_t count = 0;
    CHECK_OK(search_count(m, &w, &count));
    CHECK_U64(count, BITS_BLOCK + 1);
    mirror_close(m);
}

TESTS(mirror_search,
      {"every mark finds its entry and no other", every_mark_finds_its_entry_and_no_other},
      {"all that is asked for has to hold", all_that_is_asked_for_has_to_hold},
      {"whatever a value holds, it is one mark", whatever_a_value_holds_it_is_one_mark},
      {"words are never operators", words_are_never_operators},
      {"pages stay what they were while entries are added",
       pages_stay_what_they_were_while_entries_are_added},
      {"searches cross blocks", searches_cross_blocks})
