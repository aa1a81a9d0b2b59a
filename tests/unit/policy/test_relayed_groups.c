/* Hop 2: markers and obligations of both hops, and what stands or falls together. */

#include "relayed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RULE_TEXT "R-GEN-07"

static const struct withholding *withheld_at(const struct relayed *r, const char *label)
{
    for (size_t i = 0; i < r->decision->withheld_count; i++)
        if (strcmp(composed_label(r->first.composed, r->decision->withheld[i].path), label) == 0)
            return &r->decision->withheld[i];
    return NULL;
}

static void own_withholdings_join_those_of_hop_1(void)
{
    struct rulebook *rulebook = NULL;
    struct relayed *r =
        relayed_under("forbid \"f\" fields tag.identity notice stated basis \"b\"\n", &rulebook);
    CHECK(r->release.withheld_count > 0);
    for (size_t i = 1; i < r->decision->withheld_count; i++)
        CHECK(slice_compare(r->decision->withheld[i - 1].path, r->decision->withheld[i].path) < 0);
    const struct withholding *own = withheld_at(r, "persons/~S1/name");
    const struct withholding *first = withheld_at(r, "persons/~V1/name");
    if (CHECK(own != NULL && first != NULL)) {
        CHECK_BYTES(own->code, slice_text("ID"));
        CHECK_BYTES(first->code, slice_text("ID"));
    }
    CHECK(withheld_at(r, "persons/~V1/exploitation") != NULL);
    relayed_free(r);
    rulebook_free(rulebook);
}

/* Where both state one path, hop 1's code stays: the recipient compares. */
static void a_marker_of_hop_1_is_never_changed(void)
{
    struct rulebook *rulebook = NULL;
    struct relayed *r =
        relayed_under("forbid \"f\" fields tag.identity notice stated basis \"b\"\n", &rulebook);
    const struct withholding *own = withheld_at(r, "persons/~S1/name");
    struct withholding marker = {own == NULL ? slice_text("x") : own->path, slice_text("OPS")};
    r->release.withheld = &marker;
    r->release.withheld_count = 1;
    relayed_decide(r, rulebook);
    const struct withholding *kept = withheld_at(r, "persons/~S1/name");
    if (CHECK(kept != NULL))
        CHECK_BYTES(kept->code, slice_text("OPS"));
    relayed_free(r);
    rulebook_free(rulebook);
}

static void obligations_of_hop_1_are_carried_on_known_or_not(void)
{
    static struct slice given[3];
    struct rulebook *rulebook = NULL;
    struct relayed *r = relayed_under("limit \"l\" fields * release at most clear"
                                      " require no-onward-transfer basis \"b\"\n",
                                      &rulebook);
    given[0] = slice_text("ask-first");
    given[1] = slice_text("no-onward-transfer");
    given[2] = slice_text("retain-until=2026-12-31");
    r->release.obligations = (struct slices){given, 3};
    relayed_decide(r, rulebook);
    if (CHECK_U64(r->decision->obligations.count, 3))
        for (size_t i = 0; i < 3; i++)
            CHECK_BYTES(r->decision->obligations.at[i], given[i]);
    r->release.obligations.count = 0; /* a peer that drops them gets ours */
    relayed_decide(r, rulebook);
    if (CHECK_U64(r->decision->obligations.count, 1))
        CHECK_BYTES(r->decision->obligations.at[0], given[1]);
    relayed_free(r);
    rulebook_free(rulebook);
}

static void more_than_a_release_holds_is_refused(void)
{
    static struct slice given[RELEASE_MAX_OBLIGATIONS];
    static char texts[RELEASE_MAX_OBLIGATIONS][8];
    struct rulebook *rulebook = NULL;
    struct relayed *r = relayed_under("limit \"l\" fields * release at most clear"
                                      " require no-onward-transfer basis \"b\"\n",
                                      &rulebook);
    for (size_t i = 0; i < RELEASE_MAX_OBLIGATIONS; i++) {
        snprintf(texts[i], sizeof texts[i], "ask-%02zu", i);
        given[i] = slice_text(texts[i]);
    }
    r->release.obligations = (struct slices){given, RELEASE_MAX_OBLIGATIONS - 1};
    relayed_decide(r, rulebook);
    CHECK_U64(r->decision->outcome, OUTCOME_DELIVER);
    r->release.obligations.count = RELEASE_MAX_OBLIGATIONS;
    relayed_decide(r, rulebook);
    CHECK_U64(r->decision->outcome, OUTCOME_REFUSE);
    CHECK_U64(r->decision->code, REFUSAL_SIZE);
    relayed_free(r);
    rulebook_free(rulebook);
}

/* A.3 whose facts go as they are: nobody is declared of whom something would be withheld. */
static struct relayed *let_facts_go(void)
{
    json_t *document = a3();
    patch(document, NULL,
          "{\"facts\":\"S1 opened the account.\",\"facts_subjects\":[\"S1\"],"
          "\"facts_cats\":[\"CRM\"]}");
    struct relayed *r = relayed_of(document);
    json_decref(document);
    return r;
}

static void facts_stand_or_fall_together(void)
{
    static const struct {
        const char *rules;
        bool stands;
    } rows[] = {
        {"", true},
        {"forbid \"f\" fields declared.allegation when person.citizenship is XC basis \"b\"\n",
         false},
        {"forbid \"f\" fields declared.allegation when person.stateless is true basis \"b\"\n",
         true},
        {"forbid \"f\" fields declared.health basis \"b\"\n", true},
        {"forbid \"f\" fields facts basis \"b\"\n", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char rules[400];
        struct text_error error;
        struct rulebook *rulebook = NULL;
        snprintf(rules, sizeof rules, "permit \"p\" fields * basis \"b\"\n%s", rows[i].rules);
        char *text = policy_of(rules);
        struct relayed *r = let_facts_go();
        if (CHECK_OK(rulebook_with(text, &rulebook, &error))) {
            relayed_decide(r, rulebook);
            CHECK(relayed_verdict(r, "facts")->released == rows[i].stands);
            CHECK(relayed_verdict(r, "facts_subjects")->released == rows[i].stands);
            CHECK(relayed_verdict(r, "facts_cats")->released == rows[i].stands);
            CHECK(relayed_verdict(r, "releasable_summary")->released);
            CHECK_U64(r->decision->derivation_count, 0);
        }
        free(text);
        relayed_free(r);
        rulebook_free(rulebook);
    }
}

/* Hop 1 would hold such a message, so the second listing gets its sid on the way. */
static void facts_fall_with_any_listing_of_a_subject(void)
{
    struct rulebook *rulebook = NULL;
    struct text_error error;
    char *text = policy_of("forbid \"f\" fields declared.allegation when person.cat is CONVICTED"
                           " basis \"b\"\n");
    json_t *document = a3();
    patch(document, NULL,
          "{\"facts\":\"S1 opened the account.\",\"facts_subjects\":[\"S1\"],"
          "\"facts_cats\":[\"CRM\"]}");
    json_array_append_new(json_object_get(document, "persons"),
                          json_pack("{s:s,s:s}", "sid", "S9", "cat", "CONVICTED"));
    struct relayed *r = relayed_of(document);
    const struct leaf *sid = composed_leaf(r->first.composed, "persons/~S9/sid");
    for (size_t i = 0; CHECK(sid != NULL) && i < r->count; i++)
        if (slice_equal(r->leaves[i].path, sid->path))
            r->leaves[i].value.octets = slice_text("S1");
    if (CHECK_OK(rulebook_with(text, &rulebook, &error))) {
        relayed_decide(r, rulebook);
        CHECK(!relayed_verdict(r, "facts")->released);
        CHECK_U64(r->decision->outcome, OUTCOME_HOLD);
        CHECK_BYTES(r->decision->rule, slice_text("R-NPP-04"));
    }
    free(text);
    json_decref(document);
    relayed_free(r);
    rulebook_free(rulebook);
}

static void facts_that_go_on_carry_the_obligations_of_what_they_declare(void)
{
    struct rulebook *rulebook = NULL;
    struct text_error error;
    char *text = policy_of("limit \"o\" fields declared.allegation release at most clear"
                           " require tlp-amber basis \"b\"\n");
    struct relayed *r = let_facts_go();
    if (CHECK_OK(rulebook_with(text, &rulebook, &error))) {
        bool found = false;
        relayed_decide(r, rulebook);
        CHECK(relayed_verdict(r, "facts")->released);
        for (size_t i = 0; i < r->decision->obligations.count; i++)
            found = found || slice_is(r->decision->obligations.at[i], "tlp-amber");
        CHECK(found);
    }
    free(text);
    relayed_free(r);
    rulebook_free(rulebook);
}

static void a_pointer_goes_with_the_summary_that_it_points_to(void)
{
    struct rulebook *rulebook = NULL;
    struct relayed *r =
        relayed_under("forbid \"f\" fields releasable_summary basis \"b\"\n", &rulebook);
    CHECK(!relayed_verdict(r, "releasable_summary")->released);
    CHECK(!relayed_verdict(r, "facts")->released);
    CHECK(slice_begins(relayed_verdict(r, "facts")->rule, slice_text(RULE_TEXT)));
    relayed_free(r);
    rulebook_free(rulebook);
}

static void what_is_withheld_at_hop_2_holds_the_text_that_says_it(void)
{
    json_t *document = a3();
    struct rulebook *rulebook = NULL;
    struct text_error error;
    char *text = policy_of("forbid \"f\" fields tag.identity basis \"b\"\n");
    patch(document, NULL, "{\"why\":\"Halmar must not know\"}");
    struct relayed *r = relayed_of(document);
    if (CHECK_OK(rulebook_with(text, &rulebook, &error))) {
        relayed_decide(r, rulebook);
        CHECK_U64(r->decision->outcome, OUTCOME_HOLD);
        CHECK(slice_begins(r->decision->rule, slice_text(RULE_TEXT)));
    }
    free(text);
    json_decref(document);
    relayed_free(r);
    rulebook_free(rulebook);
}

TESTS(policy_relayed_groups,
      {"own withholdings join those of hop 1", own_withholdings_join_those_of_hop_1},
      {"a marker of hop 1 is never changed", a_marker_of_hop_1_is_never_changed},
      {"obligations of hop 1 are carried on, known or not",
       obligations_of_hop_1_are_carried_on_known_or_not},
      {"more than a release holds is refused", more_than_a_release_holds_is_refused},
      {"facts stand or fall together", facts_stand_or_fall_together},
      {"facts fall with any listing of a subject", facts_fall_with_any_listing_of_a_subject},
      {"facts that go on carry the obligations of what they declare",
       facts_that_go_on_carry_the_obligations_of_what_they_declare},
      {"a pointer goes with the summary that it points to",
       a_pointer_goes_with_the_summary_that_it_points_to},
      {"what is withheld at hop 2 holds the text that says it",
       what_is_withheld_at_hop_2_holds_the_text_that_says_it})
