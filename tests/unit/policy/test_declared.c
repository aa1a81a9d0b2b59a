/* What free text declares: of every listing of a person, and with what the rules oblige to. */
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>

#define XA "XA-CA-01"
#define XC "XC-CA-01"

/* A law for one test; freed with rulebook_free. */
static struct rulebook *law_of(const char *rules)
{
    struct rulebook *rulebook = NULL;
    struct text_error error = {.message = "memory"};
    char *text = policy_of(rules);
    if (!CHECK_OK(rulebook_with(text, &rulebook, &error))) {
        printf("    %u:%u %s\n", error.line, error.column, error.message);
        exit(1);
    }
    free(text);
    return rulebook;
}

/* A.3 whose facts tell of V1 only. */
static json_t *facts_of_v1(void)
{
    json_t *document = a3();
    patch(document, NULL,
          "{\"facts\":\"V1 carried the bags.\",\"facts_subjects\":[\"V1\"],"
          "\"facts_cats\":[\"CRM\"]}");
    return document;
}

/* Lists V1 once more, with this cat, before all others or after them. */
static void list_again(json_t *document, const char *cat, bool first)
{
    json_t *persons = json_object_get(document, "persons");
    json_t *again = json_pack("{s:s,s:s}", "sid", "V1", "cat", cat);
    CHECK(first ? json_array_insert_new(persons, 0, again) == 0
                : json_array_append_new(persons, again) == 0);
}

static void facts_go_in_clear_only_if_every_listing_of_a_subject_does(void)
{
    static const struct {
        const char *cat;
        bool first, released;
    } rows[] = {
        {"SUSPECT", true, false},
        {"SUSPECT", false, false},
        {NULL, false, false},
    };
    struct rulebook *r = law_of("permit \"p\" fields * basis \"b\"\n"
                                "forbid \"f\" fields declared.allegation when person.cat is VICTIM"
                                " basis \"b\"\n");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        json_t *document = facts_of_v1();
        if (rows[i].cat != NULL)
            list_again(document, rows[i].cat, rows[i].first);
        struct decided d = decide(r, document, XA, XA);
        if (!CHECK(verdict_at(&d, "facts")->released == rows[i].released))
            printf("    row %zu\n", i);
        decided_free(&d);
        json_decref(document);
    }
    rulebook_free(r);
}

static void facts_of_a_subject_whose_listings_are_all_in_clear_go_in_clear(void)
{
    struct rulebook *r = law_of("permit \"p\" fields * basis \"b\"\n"
                                "forbid \"f\" fields declared.allegation when person.cat is WITNESS"
                                " basis \"b\"\n");
    json_t *document = facts_of_v1();
    list_again(document, "VICTIM", true);
    struct decided d = decide(r, document, XA, XA);
    CHECK(verdict_at(&d, "facts")->released);
    CHECK_U64(d.decision->outcome, OUTCOME_DELIVER);
    decided_free(&d);
    json_decref(document);
    rulebook_free(r);
}

static void a_message_that_gives_somebody_two_roles_is_held(void)
{
    static const struct {
        const char *cat;
        bool first;
        enum outcome outcome;
    } rows[] = {
        {"SUSPECT", true, OUTCOME_HOLD},    {"SUSPECT", false, OUTCOME_HOLD},
        {"WITNESS", false, OUTCOME_HOLD},   {"VICTIM", true, OUTCOME_DELIVER},
        {"VICTIM", false, OUTCOME_DELIVER},
    };
    struct rulebook *r = law_of("permit \"p\" fields * basis \"b\"\n");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        json_t *document = facts_of_v1();
        list_again(document, rows[i].cat, rows[i].first);
        struct decided d = decide(r, document, XA, XA);
        CHECK_U64(d.decision->outcome, rows[i].outcome);
        if (rows[i].outcome == OUTCOME_HOLD) {
            CHECK_TEXT(refusal_name(d.decision->code), "E_HELD");
            CHECK_BYTES(d.decision->rule, slice_text("R-NPP-04"));
        }
        decided_free(&d);
        json_decref(document);
    }
    rulebook_free(r);
}

static void two_roles_are_found_among_three_listings(void)
{
    struct rulebook *r = law_of("permit \"p\" fields * basis \"b\"\n");
    json_t *document = facts_of_v1();
    list_again(document, "VICTIM", true);
    list_again(document, "SUSPECT", false);
    struct decided d = decide(r, document, XA, XA);
    CHECK_BYTES(d.decision->rule, slice_text("R-NPP-04"));
    size_t dual = 0;
    for (size_t i = 0; i < d.document->person_count; i++)
        dual += d.document->persons[i].dual;
    CHECK_U64(dual, 3);
    decided_free(&d);
    json_decref(document);
    rulebook_free(r);
}

static void a_necessity_opens_nothing_for_somebody_with_two_roles(void)
{
    struct rulebook *r = law_of("permit \"p\" fields * basis \"b\"\n"
                                "forbid \"f\" fields tag.demographic, declared.demographic"
                                " unless person.necessity is DEM basis \"b\"\n");
    for (size_t listed = 1; listed <= 2; listed++) {
        json_t *document = facts_of_v1();
        patch(document, NULL,
              "{\"necessity\":[{\"sid\":\"V1\",\"cats\":[\"DEM\"],\"text\":\"to find them\"}]}");
        if (listed == 2)
            list_again(document, "SUSPECT", false);
        struct decided d = decide(r, document, XA, XA);
        const struct leaf *sex = composed_leaf(d.composed, "persons/~V1/sex");
        if (CHECK(sex != NULL))
            CHECK(verdict_at(&d, "persons/~V1/sex")->released == (listed == 1));
        decided_free(&d);
        json_decref(document);
    }
    rulebook_free(r);
}

/* Whether a decision obliges to this. */
static bool obliges(const struct decided *d, const char *obligation)
{
    bool found = false;
    for (size_t i = 0; i < d->decision->obligations.count; i++)
        found = found || slice_is(d->decision->obligations.at[i], obligation);
    return found;
}

static void facts_carry_the_obligations_of_what_they_declare(void)
{
    static const struct {
        const char *cats;
        bool obliged;
    } rows[] = {{"[\"CRM\"]", true}, {"[\"HLT\"]", false}};
    struct rulebook *r = law_of(
        "permit \"p\" fields * basis \"b\"\n"
        "limit \"o\" fields declared.allegation release at most clear require no-onward-transfer"
        " basis \"b\"\n");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        json_t *document = facts_of_v1();
        json_object_set_new(document, "facts_cats", json_loads(rows[i].cats, 0, NULL));
        struct decided d = decide(r, document, XA, XC);
        CHECK(verdict_at(&d, "facts")->released);
        CHECK(obliges(&d, "no-onward-transfer") == rows[i].obliged);
        decided_free(&d);
        json_decref(document);
    }
    rulebook_free(r);
}

static void facts_that_are_withheld_oblige_to_nothing(void)
{
    struct rulebook *r = law_of(
        "permit \"p\" fields * basis \"b\"\n"
        "forbid \"f\" fields facts basis \"b\"\n"
        "limit \"o\" fields declared.allegation release at most clear require no-onward-transfer"
        " basis \"b\"\n");
    json_t *document = facts_of_v1();
    struct decided d = decide(r, document, XA, XC);
    CHECK(!verdict_at(&d, "facts")->released);
    CHECK(!obliges(&d, "no-onward-transfer"));
    decided_free(&d);
    json_decref(document);
    rulebook_free(r);
}

TESTS(policy_declared,
      {"facts go in clear only if every listing of a subject does",
       &facts_go_in_clear_only_if_every_listing_of_a_subject_does},
      {"facts of a subject whose listings are all in clear go in clear",
       &facts_of_a_subject_whose_listings_are_all_in_clear_go_in_clear},
      {"a message that gives somebody two roles is held",
       &a_message_that_gives_somebody_two_roles_is_held},
      {"two roles are found among three listings", &two_roles_are_found_among_three_listings},
      {"a necessity opens nothing for somebody with two roles",
       &a_necessity_opens_nothing_for_somebody_with_two_roles},
      {"facts carry the obligations of what they declare",
       &facts_carry_the_obligations_of_what_they_declare},
      {"facts that are withheld oblige to nothing", &facts_that_are_withheld_oblige_to_nothing})
