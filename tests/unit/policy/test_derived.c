/* What is made of withheld fields: age groups as the rules leave them, and at hop 2 no form that
 * says more than the law leaves there. */

#include "relayed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/derive.h"
#include "policy/guarantee.h"

#define ARENA_BYTES (256UL << 20)
#define TEXT_BYTES  1000

#define ALL   "permit \"all\" fields * basis \"b\"\n"
#define GROUP "limit \"l\" fields tag.demographic release at most generalise basis \"b\"\n"
#define NEVER "guarantee \"g\" never fields person.age_group release at most stated basis \"b\"\n"

static struct rulebook *rulebook_of(const char *rules, const char *more)
{
    char body[TEXT_BYTES];
    struct text_error error = {.message = "memory"};
    struct rulebook *r = NULL;
    snprintf(body, sizeof body, "%s%s", rules, more);
    char *text = policy_of(body);
    if (failed(rulebook_with(text, &r, &error))) {
        fprintf(stderr, "%u: %s\n%s\n", error.line, error.message, body);
        exit(1);
    }
    free(text);
    return r;
}

static bool is_made(const struct decided *d, const char *label)
{
    bool made = false;
    for (size_t i = 0; i < d->decision->derivation_count; i++)
        made = made ||
               strcmp(composed_label(d->composed, d->decision->derivations[i].path), label) == 0;
    return made;
}

static enum guarantee_answer answer_of(const struct rulebook *r)
{
    struct guarantee_result *results;
    struct arena *arena = arena_new(ARENA_BYTES);
    enum guarantee_answer answer = GUARANTEE_UNDECIDED;
    if (CHECK_OK(guarantees_check(arena, r, IN_FORCE, &results)) &&
        CHECK_U64(r->law->guarantee_count, 1))
        answer = results[0].answer;
    arena_free(arena);
    return answer;
}

/* What a guarantee about the field promises is promised of the gateway's word too. */
static void an_age_group_is_derived_only_where_rules_leave_one(void)
{
    static const struct {
        const char *rules;
        bool made, holds;
    } rows[] = {
        {GROUP, true, false},
        {GROUP "forbid \"f\" fields person.age_group, person.dob basis \"b\" notice silent\n",
         false, true},
        {GROUP "forbid \"f\" fields person.age_group basis \"b\"\n", false, true},
        {GROUP "limit \"m\" fields person.age_group release at most stated basis \"b\"\n", false,
         true},
        {GROUP "forbid \"f\" fields person.dob basis \"b\"\n", false, false},
        {GROUP "limit \"m\" fields person.dob release generalise to year basis \"b\"\n", true,
         false},
        {GROUP "limit \"m\" fields tag.identity release at most stated basis \"b\"\n", true, false},
        {GROUP "forbid \"f\" fields tag.identity basis \"b\" notice silent\n", false, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        json_t *document = a3();
        struct rulebook *r = rulebook_of(ALL NEVER, rows[i].rules);
        struct decided d = decide(r, document, "XA-CA-01", "XB-CA-01");
        bool held = CHECK(is_made(&d, "persons/~V1/age_group") == rows[i].made);
        held =
            CHECK_U64(answer_of(r), rows[i].holds ? GUARANTEE_HOLDS : GUARANTEE_VIOLATED) && held;
        if (!held)
            printf("    %s\n", rows[i].rules);
        decided_free(&d);
        rulebook_free(r);
        json_decref(document);
    }
}

/* Where nobody permits the field there is no age group, whoever permits other such data. */
static void an_age_group_needs_a_permit_of_its_own(void)
{
    static const struct {
        const char *rules;
        bool made;
    } rows[] = {
        {"permit \"p\" fields tag.demographic release generalise basis \"b\"\n", true},
        {"permit \"p\" fields person.sex release generalise basis \"b\"\n", false},
    };
    for (size_t i = 0; i < 2; i++) {
        json_t *document = a3();
        struct rulebook *r = rulebook_of(rows[i].rules, "");
        struct decided d = decide(r, document, "XA-CA-01", "XB-CA-01");
        CHECK(is_made(&d, "persons/~V1/age_group") == rows[i].made);
        decided_free(&d);
        rulebook_free(r);
        json_decref(document);
    }
}

static void what_a_rule_obliges_to_for_an_age_group_goes_with_it(void)
{
    json_t *document = a3();
    struct rulebook *r = rulebook_of(
        ALL GROUP, "permit \"p\" fields person.age_group require tlp-red basis \"b\"\n");
    struct decided d = decide(r, document, "XA-CA-01", "XB-CA-01");
    if (CHECK_U64(d.decision->obligations.count, 1))
        CHECK_BYTES(d.decision->obligations.at[0], slice_text("tlp-red"));
    decided_free(&d);
    rulebook_free(r);
    json_decref(document);
}

static uint64_t silent_of(const struct decision *d, enum category category)
{
    for (size_t i = 0; i < d->silent_count; i++)
        if (d->silent[i].category == category)
            return d->silent[i].count;
    return 0;
}

static void what_is_shown_in_another_form_is_no_silent_removal(void)
{
    json_t *document = a3();
    struct rulebook *r =
        rulebook_of(ALL, "limit \"l\" fields person.dob release generalise to month basis \"b\"\n");
    struct decided d = decide(r, document, "XA-CA-01", "XB-CA-01");
    CHECK(is_made(&d, "persons/~V1/dob"));
    CHECK_U64(silent_of(d.decision, CATEGORY_ID), 0);
    decided_free(&d);
    rulebook_free(r);
    json_decref(document);
}

static void put_derived(struct relayed *r, const char *label, struct value value)
{
    for (size_t i = 0; i < r->count; i++)
        if (strcmp(composed_label(r->first.composed, r->leaves[i].path), label) == 0) {
            r->leaves[i].value = value;
            r->derived[i] = true;
            return;
        }
    fprintf(stderr, "%s is not there\n", label);
    exit(1);
}

#define DOB    "persons/~S1/dob"
#define FAMILY "persons/~S1/name/family"
#define NUMBER "persons/~S1/docs/~1/number"
#define GROUPS "persons/~V1/age_group"

static void a_derived_value_goes_on_only_in_a_form_that_hop_2_leaves(void)
{
    static const struct {
        const char *level, *field, *value;
        bool goes;
    } rows[] = {
        {"clear", DOB, "1980-03", true},
        {"generalise to month", DOB, "1980-03", true},
        {"generalise to month", DOB, "1980", true},
        {"generalise to month", DOB, "1980-03-17", false},
        {"generalise to year", DOB, "1980-03", false},
        {"generalise to year", DOB, "1980", true},
        {"generalise to year", DOB, "1980s", true},
        {"generalise to decade", DOB, "1980", false},
        {"generalise to decade", DOB, "1980s", true},
        {"generalise to decade", DOB, "0123456789abcdef0123456789abcdef", true},
        {"pseudonym", DOB, "0123456789abcdef0123456789abcdef", true},
        {"pseudonym", DOB, "0123456789ABCDEF0123456789abcdef", false},
        {"pseudonym", DOB, "1980s", false},
        {"generalise", DOB, "1980s", false},
        {"generalise to initials", FAMILY, "H.", true},
        {"generalise to initials", FAMILY, "Halmar", false},
        {"mask 4", NUMBER, "****1902", true},
        {"mask 4", NUMBER, "****02", true},
        {"mask 2", NUMBER, "****1902", false},
        {"mask 2", NUMBER, "****02", true},
        {"mask 4", NUMBER, "P4471902", false},
        {"generalise", GROUPS, "18 years or over", true},
        {"generalise", GROUPS, "21--23", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char rule[TEXT_BYTES], member[64];
        struct buffer packed = buffer_new(64);
        struct relayed *r = relayed_a3();
        snprintf(member, sizeof member, "person.%s",
                 rows[i].field[9] == 'V'              ? "age_group"
                 : strcmp(rows[i].field, DOB) == 0    ? "dob"
                 : strcmp(rows[i].field, FAMILY) == 0 ? "name.family"
                                                      : "docs.number");
        snprintf(rule, sizeof rule, "limit \"l\" fields %s release at most %s basis \"b\"\n",
                 member, rows[i].level);
        mp_put_text(&packed, slice_text(rows[i].value));
        put_derived(r, rows[i].field, value_read(buffer_slice(&packed)));
        struct rulebook *rulebook = rulebook_of(rule, "");
        relayed_decide(r, rulebook);
        if (!CHECK(relayed_verdict(r, rows[i].field)->released == rows[i].goes))
            printf("    %s: %s\n", rows[i].level, rows[i].value);
        CHECK_U64(r->decision->withheld_count, r->release.withheld_count);
        relayed_free(r);
        rulebook_free(rulebook);
        buffer_done(&packed);
    }
}

static void what_is_made_is_found_at_below_and_above_a_path(void)
{
    static const struct {
        const char *path;
        bool touched;
    } rows[] = {
        {"facts", true},
        {"fact", false},
        {"facts_cats", false},
        {"persons", true},
        {"persons/b", true},
        {"persons/a", false},
        {"persons/b/dob", true},
        {"persons/b/dob/x/y", true},
        {"persons/b/dobs", false},
        {"persons/b/name", true},
        {"persons/b/name_x", false},
        {"a", false},
        {"z", false},
    };
    struct derivation at[] = {{.path = slice_text("persons/b/name/family")},
                              {.path = slice_text("facts")},
                              {.path = slice_text("persons/b/dob")}};
    struct derivations d = {at, sizeof at / sizeof at[0]};
    const struct derivations none = {at, 0};
    derivations_sort(&d);
    CHECK_BYTES(at[0].path, slice_text("facts"));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (!CHECK(derivations_touch(&d, slice_text(rows[i].path)) == rows[i].touched))
            printf("    %s\n", rows[i].path);
        CHECK(!derivations_touch(&none, slice_text(rows[i].path)));
    }
}

TESTS(policy_derived,
      {"an age group is derived only where rules leave one",
       an_age_group_is_derived_only_where_rules_leave_one},
      {"an age group needs a permit of its own", an_age_group_needs_a_permit_of_its_own},
      {"what a rule obliges to for an age group goes with it",
       what_a_rule_obliges_to_for_an_age_group_goes_with_it},
      {"what is shown in another form is no silent removal",
       what_is_shown_in_another_form_is_no_silent_removal},
      {"a derived value goes on only in a form that hop 2 leaves",
       a_derived_value_goes_on_only_in_a_form_that_hop_2_leaves},
      {"what is made is found at, below and above a path",
       what_is_made_is_found_at_below_and_above_a_path})
