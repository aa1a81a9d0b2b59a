#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Heads, agreements, guarantees, levels and obligations as they are read. */

#define HEAD  "version 1 authority \"a\" basis \"b\" in force 2026-01-01 until 2026-12-31\n"
#define FILES 300

/* The shipped rulebook with these texts of rules and of levels; levels NULL: without the file. */
static struct status read_with(const char *rules, const char *levels, struct rulebook **ret,
                               struct text_error *reterr)
{
    static struct text_file at[FILES];
    struct text_files files = {.at = at};
    const struct text_files *all = shipped_files();
    for (size_t i = 0; i < all->count; i++)
        if (!slice_begins(all->at[i].path, slice_text("law/rules/")) &&
            !slice_is(all->at[i].path, "law/levels"))
            at[files.count++] = all->at[i];
    at[files.count++] = (struct text_file){slice_text("law/rules/test"), slice_text(rules)};
    if (levels != NULL)
        at[files.count++] = (struct text_file){slice_text("law/levels"), slice_text(levels)};
    return rulebook_parse(&files, ret, reterr);
}

static struct rulebook *rulebook_of(const char *rules, const char *levels)
{
    struct rulebook *r = NULL;
    struct text_error error = {.message = "memory"};
    if (failed(read_with(rules, levels, &r, &error))) {
        fprintf(stderr, "%s:%u:%u: %s\n", error.file, error.line, error.column, error.message);
        exit(1);
    }
    return r;
}

static void a_head_says_who_made_it_and_on_what_basis(void)
{
    struct rulebook *r = rulebook_of("policy \"One\" version 7 authority \"A\" basis \"B 1\" "
                                     "checked \"C, Ministry\" 2026-11-01\n"
                                     "  in force 2026-01-01 until 2026-12-31\n"
                                     "  forbid \"f\" basis \"B 2\"\n"
                                     "  forbid \"g\" basis \"B 3\" checked \"D\" 2026-11-02\n"
                                     "end\n"
                                     "policy \"Two\" " HEAD "forbid \"e\" basis \"B\" end\n",
                                     NULL);
    const struct law *law = r->law;
    CHECK_U64(law->policy_count, 2);
    CHECK_BYTES(law->policies[0].title, slice_text("One"));
    CHECK_BYTES(law->policies[0].authority, slice_text("A"));
    CHECK_BYTES(law->policies[0].basis, slice_text("B 1"));
    CHECK_BYTES(law->policies[0].checked.by, slice_text("C, Ministry"));
    CHECK_U64(law->policies[0].checked.at_ms, 1793491200000);
    CHECK_BYTES(law->policies[0].file, slice_text("law/rules/test"));
    CHECK_U64(law->policies[0].version, 7);
    CHECK_U64(law->policies[1].checked.by.length, 0);
    CHECK_BYTES(law->rules[0].title, slice_text("e"));
    CHECK_U64(law->rules[0].policy, 1);
    CHECK_U64(law->rules[1].policy, 0);
    CHECK_U64(law->rules[1].line, 3);
    CHECK_U64(law->rules[1].checked.by.length, 0);
    CHECK_BYTES(law->rules[2].checked.by, slice_text("D"));
    rulebook_free(r);
}

static void an_agreement_names_its_states(void)
{
    struct rulebook *r =
        rulebook_of("agreement \"A\" between XA, XC " HEAD "forbid \"f\" basis \"b\" end\n"
                    "policy \"P\" " HEAD "end\n",
                    NULL);
    const struct policy *policies = r->law->policies;
    CHECK_U64(policies[0].between.count, 2);
    CHECK_BYTES(policies[0].between.at[0], slice_text("XA"));
    CHECK_BYTES(policies[0].between.at[1], slice_text("XC"));
    CHECK_U64(policies[1].between.count, 0);
    rulebook_free(r);
}

static void guarantees_stand_apart_from_rules(void)
{
    struct rulebook *r = rulebook_of(
        "policy \"P\" " HEAD "permit \"p\" fields * basis \"b\"\n"
        "guarantee \"h\" never from *.CA to XC.* purpose EVIDENCE fields person.dob\n"
        "  when person.cat is VICTIM unless person.sex is 2 release at most generalise to year\n"
        "  basis \"b\" checked \"c\" 2026-02-03\n"
        "guarantee \"g\" never fields tag.location basis \"b\" end\n",
        "order date, partial-date clear, generalise to year\n");
    const struct law *law = r->law;
    CHECK_U64(law->rule_count, 1);
    if (CHECK_U64(law->guarantee_count, 2)) {
        const struct rule *g = &law->guarantees[0], *h = &law->guarantees[1];
        CHECK_BYTES(g->title, slice_text("g"));
        CHECK_U64(g->kind, RULE_GUARANTEE);
        CHECK_U64(g->level, LEVEL_STATED);
        CHECK_U64(g->grade, GRADE_STATED);
        CHECK_U64(g->categories, 1U << CATEGORY_LOC);
        CHECK_U64(h->from_count + h->to_count + h->purposes.count, 3);
        CHECK_U64(h->level, LEVEL_GENERALISE);
        CHECK(h->grade >= GRADE_FIRST);
        CHECK(h->when.count == 1 && h->unless.count == 1 && h->pattern_count == 1);
        CHECK_BYTES(h->checked.by, slice_text("c"));
    }
    rulebook_free(r);
}

static uint8_t grade_of(const struct law *law, enum level level, const char *step)
{
    for (size_t i = 0; i < law->grades->count; i++)
        if (law->grades->at[i].level == level && slice_is(law->grades->at[i].step, step))
            return (uint8_t)i;
    return UINT8_MAX;
}

static const struct field_rule *dob_of(const struct rulebook *r)
{
    return type_field(schema_newest(r->schema, slice_text("mla.request")),
                      slice_text("persons/~9f3c20aa17b04e55/dob"));
}

static const struct field_rule *sex_of(const struct rulebook *r)
{
    return type_field(schema_newest(r->schema, slice_text("mla.request")),
                      slice_text("persons/~9f3c20aa17b04e55/sex"));
}

static void an_order_ranks_the_levels_of_its_types(void)
{
    struct rulebook *r = rulebook_of(
        "policy \"P\" " HEAD "permit \"p\" fields * release generalise to year basis \"b\"\n"
        "permit \"q\" fields tag.contact release mask 4 basis \"b\"\n"
        "permit \"r\" fields tag.contact release generalise basis \"b\" end\n",
        "order date, partial-date clear, generalise to month, generalise to year, pseudonym\n"
        "order phone clear, mask 4\n");
    const struct law *law = r->law;
    const struct grades *g = law->grades;
    size_t dates = grades_order(g, dob_of(r));
    CHECK_U64(g->order_count, 3);
    CHECK(dates != 0);
    CHECK_U64(grades_order(g, sex_of(r)), 0);
    const uint8_t chain[] = {GRADE_SILENT,
                             GRADE_STATED,
                             GRADE_GENERALISE,
                             grade_of(law, LEVEL_PSEUDONYM, ""),
                             grade_of(law, LEVEL_GENERALISE, "year"),
                             grade_of(law, LEVEL_GENERALISE, "month"),
                             GRADE_CLEAR};
    for (uint8_t rank = 0; rank < sizeof chain; rank++) {
        CHECK_U64(g->of_rank[dates][rank], chain[rank]);
        CHECK_U64(g->rank[dates][chain[rank]], rank);
    }
    CHECK_U64(g->rank[dates][grade_of(law, LEVEL_MASK, "")], 0);
    CHECK_U64(g->rank[0][grade_of(law, LEVEL_GENERALISE, "year")], 0);
    CHECK_U64(g->rank[0][GRADE_CLEAR], 3);
    CHECK_U64(g->at[grade_of(law, LEVEL_MASK, "")].characters, 4);
    CHECK_U64(law->rules[0].grade, grade_of(law, LEVEL_GENERALISE, "year"));
    CHECK_U64(law->rules[2].grade, GRADE_GENERALISE);
    rulebook_free(r);
}

static void without_orders_every_value_has_the_four_levels(void)
{
    struct rulebook *r = rulebook_of("policy \"P\" " HEAD "end", NULL);
    const struct grades *g = r->law->grades;
    CHECK_U64(g->count, GRADE_FIRST);
    CHECK_U64(g->order_count, 1);
    CHECK_U64(grades_order(g, dob_of(r)), 0);
    for (uint8_t grade = 0; grade < GRADE_FIRST; grade++) {
        CHECK_U64(g->rank[0][grade], grade);
        CHECK_U64(g->of_rank[0][grade], grade);
    }
    rulebook_free(r);
}

static void check_mistake(const struct mistake *m, const char *rules, const char *levels,
                          const char *file)
{
    struct rulebook *r = NULL;
    struct text_error error = {.message = "no error"};
    struct status s = read_with(rules, levels, &r, &error);
    mistake_check(m, s, &error, file);
    rulebook_free(r);
}

static void a_mistake_in_a_head_is_told_with_its_place(void)
{
    static const struct mistake cases[] = {
        {"policy \"p\" version 1 authority \"a\" in force", 1, 36, "expected \"basis\""},
        {"policy \"p\" version 1 authority \"a\" basis \"\" in", 1, 42, "the basis is empty"},
        {"policy \"p\" version 1 authority \"a\" basis \"b\" checked \"\"", 1, 54,
         "nobody is named"},
        {"policy \"p\" version 1 authority \"a\" basis \"b\" checked \"c\" in", 1, 58,
         "the day on which the basis was checked"},
        {"policy \"p\" version 1 authority \"a\" basis \"b\" checked 2026-01-01", 1, 54,
         "who has checked the basis"},
        {"agreement \"a\" version 1", 1, 15, "expected \"between\""},
        {"agreement \"a\" between XA version 1", 1, 23, "between two States or more"},
        {"agreement \"a\" between XA, XA version 1", 1, 27, "the State XA twice"},
        {"agreement \"a\" between XA, XQ version 1", 1, 27, "a State of the directory"},
        {"agreement \"a\" between XAA, XC version 1", 1, 23, "did you mean \"XA\"?"},
        {"agreement a between XA, XC", 1, 11, "the agreement's title"},
        {"agreemnt \"a\" between XA, XC", 1, 1, "did you mean \"agreement\"?"},
        {"polcy \"a\" version 1", 1, 1, "did you mean \"policy\"?"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        check_mistake(&cases[i], cases[i].text, NULL, "law/rules/test");
}

static const char orders[] = "order date, partial-date clear, generalise to year\n"
                             "order phone clear, mask 4\norder text clear, mask 4, pseudonym\n";

/* The head takes two lines. */
static void a_mistake_in_a_rule_is_told_with_its_place(void)
{
    static const struct mistake cases[] = {
        {"guarantee \"g\" fields * basis \"b\"", 3, 15, "expected \"never\""},
        {"guarantee \"g\" never basis \"b\"", 3, 11, "has no clause \"fields\""},
        {"guarantee \"g\" never fields *", 3, 11, "has no clause \"basis\""},
        {"guarantee \"g\" never fields * require four-eyes basis \"b\"", 3, 30,
         "a rule of the kind \"guarantee\" has no clause \"require\""},
        {"guarante \"g\" never fields * basis \"b\"", 3, 1, "did you mean \"guarantee\"?"},
        {"permit \"p\" fields * release mask basis \"b\"", 3, 34, "how many characters"},
        {"permit \"p\" fields * release mask 0 basis \"b\"", 3, 34, "leaves nothing"},
        {"permit \"p\" fields * release mask 9 basis \"b\"", 3, 34, "at most 8"},
        {"permit \"p\" fields * release generalise to yaer basis \"b\"", 3, 43, "\"year\"?"},
        {"permit \"p\" fields * release pseudonim basis \"b\"", 3, 29, "\"pseudonym\"?"},
        {"permit \"p\" fields person.dob release mask 4 basis \"b\"", 3, 19,
         "person.dob has no level \"mask\""},
        {"permit \"p\" fields tag.identity, person.dob release generalise to month basis \"b\"", 3,
         33, "no level \"generalise to month\""},
        {"permit \"p\" release mask 4 fields person.contact.*, facts, person.sex basis \"b\"", 3,
         59, "person.sex has no level"},
        {"permit \"p\" fields reason release mask 4 basis \"b\"", 3, 19, "reason has no level"},
        {"permit \"p\" release generalise to year fields person.contact.* basis \"b\"", 3, 46,
         "person.contact.* has no level"},
        {"limit \"a\" release clear require four-eye basis \"b\"", 3, 33, "\"four-eyes\"?"},
        {"limit \"a\" release clear require tlp-red, four-eyes basis \"b\"", 3, 42,
         "only a permit can require \"four-eyes\""},
        {"limit \"a\" release clear require justification basis \"b\"", 3, 33, "an obligation"},
        {"limit \"a\" release clear require handling-h4 basis \"b\"", 3, 33, "did you mean"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *text = policy_of(cases[i].text);
        check_mistake(&cases[i], text, orders, "law/rules/test");
        free(text);
    }
}

static void a_mistake_in_an_order_is_told_with_its_place(void)
{
    static const struct mistake cases[] = {
        {"oder date clear", 1, 1, "did you mean \"order\"?"},
        {"order dat clear", 1, 7, "did you mean \"date\"?"},
        {"order date, date clear", 1, 13, "the type date has an order already"},
        {"order date clear\norder instant, date clear", 2, 16, "has an order already"},
        {"order date generalise to year, clear", 1, 12, "the first level of every order"},
        {"order date clear, clear", 1, 19, "the order names the level twice"},
        {"order date clear, generalise to year, generalise to year", 1, 39, "the level twice"},
        {"order date clear, stated", 1, 19, "every order has the level \"stated\""},
        {"order date clear, generalise", 1, 19, "every order has the level \"generalise\""},
        {"order date clear, generalise to country", 1, 19,
         "a value of the type date cannot be shown so"},
        {"order phone, date clear, mask 4", 1, 26, "the type date cannot"},
        {"order text clear, generalise to degree", 1, 19, "the type text cannot"},
        {"order code clear, pseudonym", 1, 19, "the type code cannot"},
        {"order bool clear, pseudonym", 1, 19, "the type bool cannot"},
        {"order date clear, silent", 1, 19, "expected a level"},
        {"order date clear generalise", 1, 18, "expected \"order\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        check_mistake(&cases[i], "policy \"P\" " HEAD "end", cases[i].text, "law/levels");
}

static void a_law_has_so_many_orders_and_no_more(void)
{
    const struct mistake over = {"16 orders", 16, 1, "more than 15 orders"};
    struct buffer text = buffer_new(4096);
    for (size_t t = 0; t < 16; t++)
        buffer_print(&text, "order %s clear\n", value_type_name(t));
    buffer_put(&text, slice_over("", 1));
    check_mistake(&over, "policy \"P\" " HEAD "end", (const char *)text.at, "law/levels");
    buffer_done(&text);
}

TESTS(policy_language,
      {"a head says who made it and on what basis", &a_head_says_who_made_it_and_on_what_basis},
      {"an agreement names its States", &an_agreement_names_its_states},
      {"guarantees stand apart from rules", &guarantees_stand_apart_from_rules},
      {"an order ranks the levels of its types", &an_order_ranks_the_levels_of_its_types},
      {"without orders every value has the four levels",
       &without_orders_every_value_has_the_four_levels},
      {"a mistake in a head is told with its place", &a_mistake_in_a_head_is_told_with_its_place},
      {"a mistake in a rule is told with its place", &a_mistake_in_a_rule_is_told_with_its_place},
      {"a mistake in an order is told with its place",
       &a_mistake_in_an_order_is_told_with_its_place},
      {"a law has so many orders and no more", &a_law_has_so_many_orders_and_no_more})
