/* Hop 2: of what another gateway has let go only what is certain takes away. */

#include "relayed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void a3_goes_on_as_it_came(void)
{
    struct relayed *r = relayed_a3();
    relayed_decide(r, shipped_rulebook());
    CHECK_U64(r->decision->outcome, OUTCOME_DELIVER);
    CHECK_U64(r->document->count, 69 + 3);
    CHECK_U64(relayed_released(r), 69 + 3);
    CHECK_U64(r->decision->derivation_count, 0);
    CHECK_U64(r->decision->silent_count, 0);
    if (CHECK_U64(r->decision->withheld_count, r->release.withheld_count))
        for (size_t i = 0; i < r->decision->withheld_count; i++) {
            CHECK_BYTES(r->decision->withheld[i].path, r->release.withheld[i].path);
            CHECK_BYTES(r->decision->withheld[i].code, r->release.withheld[i].code);
        }
    if (CHECK_U64(r->decision->obligations.count, 2))
        for (size_t i = 0; i < 2; i++)
            CHECK_BYTES(r->decision->obligations.at[i], r->release.obligations.at[i]);
    relayed_free(r);
}

/* Whether a restriction takes S1's phones away, or V1's sex: what decides it, and what it says. */
static void only_what_is_certain_restricts(void)
{
    static const struct {
        const char *condition, *field;
        bool applies;
    } rows[] = {
        /* claims and parties are never withheld */
        {"recipient.state is XC", "persons/~S1/contact/phones", true},
        {"recipient.state is not XC", "persons/~S1/contact/phones", false},
        {"message.transfer_basis is not known", "persons/~S1/contact/phones", false},
        {"message.handling is H3", "persons/~S1/contact/phones", false},
        /* a single field that is there is wholly known, for better and worse */
        {"person.citizenship is XC", "persons/~S1/contact/phones", true},
        {"person.citizenship is not XC", "persons/~S1/contact/phones", false},
        {"person.citizenship is not XB", "persons/~S1/contact/phones", true},
        {"person.risk_state is same as recipient.state", "persons/~S1/contact/phones", true},
        {"person.protected_class is OTHER", "persons/~S1/contact/phones", true},
        {"person.protected_class is PROTECTED", "persons/~V1/sex", true},
        /* of what is not there nothing is known: V1's citizenship was withheld */
        {"person.citizenship is XC", "persons/~V1/sex", false},
        {"person.citizenship is not XB", "persons/~V1/sex", false},
        {"person.citizenship is not known", "persons/~V1/sex", false},
        {"person.risk_state is same as recipient.state", "persons/~V1/sex", false},
        {"person.hidden_risk is same as recipient.state", "persons/~V1/sex", false},
        {"person.hidden_risk is not same as recipient.state", "persons/~V1/sex", false},
        {"person.officials is not XC", "persons/~V1/sex", false},
        {"person.asylum.status is not PENDING", "persons/~V1/sex", false},
        {"person.child is true", "persons/~V1/sex", false},
        {"person.child is not true", "persons/~V1/sex", false},
        {"person.child is not known", "persons/~V1/sex", false},
        {"person.necessity is not ID", "persons/~V1/sex", false},
        {"person.consented is ID", "persons/~V1/sex", false},
        {"person.consented is not ID", "persons/~V1/sex", false},
        {"person.consented is not known", "persons/~V1/sex", false},
        {"case.transfer.by is not known", "persons/~V1/sex", false},
        /* of a list some may have been withheld */
        {"person.docs.type is PASSPORT", "persons/~S1/contact/phones", true},
        {"person.docs.type is not PASSPORT", "persons/~S1/contact/phones", false},
        {"person.docs.type is not ID_CARD", "persons/~S1/contact/phones", false},
        /* what hop 1 derived is no fact of the sender's */
        {"person.age_group is \"18 years or over\"", "persons/~V1/sex", false},
        {"person.age_group is not \"18 years or over\"", "persons/~V1/sex", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char rules[400];
        struct rulebook *rulebook = NULL;
        snprintf(rules, sizeof rules, "forbid \"f\" fields * when %s basis \"b\"\n",
                 rows[i].condition);
        struct relayed *r = relayed_under(rules, &rulebook);
        const struct verdict *v = relayed_verdict(r, rows[i].field);
        if (!CHECK_TEXT(level_name(v->level), rows[i].applies ? "silent" : "clear") ||
            !CHECK(v->released == !rows[i].applies))
            printf("    when %s\n", rows[i].condition);
        relayed_free(r);
        rulebook_free(rulebook);
    }
}

static void holds_and_refusals_need_certainty(void)
{
    static const struct {
        const char *rule;
        enum outcome outcome;
        enum refusal code;
    } rows[] = {
        {"hold \"h\" when person.citizenship is XC code E_HELD", OUTCOME_HOLD, REFUSAL_HELD},
        {"hold \"h\" when person.citizenship is XB code E_HELD", OUTCOME_DELIVER, REFUSAL_NONE},
        {"hold \"h\" when person.officials is same as recipient.state code E_HELD", OUTCOME_DELIVER,
         REFUSAL_NONE},
        {"refuse \"r\" when case.transfer.by is not known code E_TRANSFER", OUTCOME_DELIVER,
         REFUSAL_NONE},
        {"refuse \"r\" when message.tier is T3 code E_TRANSFER", OUTCOME_REFUSE, REFUSAL_TRANSFER},
        {"refuse \"r\" fields tag.identity code E_CATEGORY", OUTCOME_REFUSE, REFUSAL_CATEGORY},
        {"refuse \"r\" fields tag.asylum code E_CATEGORY", OUTCOME_DELIVER, REFUSAL_NONE},
        {"refuse \"r\" fields person.docs.number unless person.docs.type is ID_CARD"
         " code E_CATEGORY",
         OUTCOME_DELIVER, REFUSAL_NONE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char rules[400];
        struct rulebook *rulebook = NULL;
        snprintf(rules, sizeof rules, "%s basis \"b\"\n", rows[i].rule);
        struct relayed *r = relayed_under(rules, &rulebook);
        if (!CHECK_U64(r->decision->outcome, rows[i].outcome) ||
            !CHECK_TEXT(refusal_name(r->decision->code), refusal_name(rows[i].code)))
            printf("    %s\n", rows[i].rule);
        relayed_free(r);
        rulebook_free(rulebook);
    }
}

/* Whatever a law permits, nothing is there that did not relayed_add, and nothing is derived. */
static void nothing_gets_wider(void)
{
    static const char *const laws[] = {
        "permit \"p\" fields * basis \"b\"\n",
        "permit \"p\" fields * release stated basis \"b\"\n",
        "permit \"p\" fields tag.metadata basis \"b\"\n",
        "limit \"l\" fields tag.demographic release at most generalise basis \"b\"\n",
        "limit \"l\" fields * release at most stated basis \"b\"\n",
        "forbid \"f\" fields person.* basis \"b\"\n",
    };
    for (size_t i = 0; i < sizeof laws / sizeof laws[0]; i++) {
        struct rulebook *rulebook = NULL;
        struct relayed *r = relayed_under(laws[i], &rulebook);
        CHECK_U64(r->document->count, r->count);
        CHECK_U64(r->decision->derivation_count, 0);
        CHECK(r->decision->withheld_count >= r->release.withheld_count);
        CHECK(r->decision->obligations.count >= r->release.obligations.count);
        for (size_t d = 0; d < r->document->count; d++)
            CHECK(r->decision->verdicts[d].level <= LEVEL_CLEAR);
        if (i < 3)
            CHECK_U64(relayed_released(r), r->count); /* a permit neither gives nor takes */
        relayed_free(r);
        rulebook_free(rulebook);
    }
}

static void generalising_keeps_what_was_derived_and_drops_the_rest(void)
{
    struct rulebook *rulebook = NULL;
    struct relayed *r = relayed_under(
        "limit \"l\" fields tag.demographic release at most generalise basis \"b\"\n", &rulebook);
    CHECK(relayed_verdict(r, "persons/~V1/age_group")->released);
    CHECK(relayed_verdict(r, "persons/~V1/sex")->released);
    CHECK(relayed_verdict(r, "persons/~S1/sex")->released);
    CHECK(!relayed_verdict(r, "persons/~S1/citizenship")->released);
    CHECK_U64(r->decision->derivation_count, 0); /* S1's birth date is there */
    relayed_free(r);
    rulebook_free(rulebook);
    r = relayed_under("forbid \"f\" fields tag.demographic basis \"b\"\n", &rulebook);
    CHECK(!relayed_verdict(r, "persons/~V1/age_group")->released);
    relayed_free(r);
    rulebook_free(rulebook);
}

/* S1 is a child here, and hop 2 knows it for certain; hop 1 alone makes age groups. */
static void what_could_be_derived_is_not(void)
{
    json_t *document = a3();
    struct rulebook *rulebook = NULL;
    struct text_error error;
    char *text = policy_of("limit \"l\" fields tag.demographic"
                           " release at most generalise basis \"b\"\n");
    patch(document, "S1", "{\"dob\":\"2015-03-17\"}");
    struct relayed *r = relayed_of(document);
    struct slice disputed = hex("a84449535055544544");
    char path[64];
    for (size_t i = 0; i < r->count; i++)
        if (strcmp(composed_label(r->first.composed, r->leaves[i].path), "persons/~S1/dob") == 0)
            snprintf(path, sizeof path, "%.*sage_status", (int)r->leaves[i].path.length - 3,
                     (const char *)r->leaves[i].path.at);
    relayed_add(r, slice_text(path), value_read(disputed), false);
    if (CHECK_OK(rulebook_with(text, &rulebook, &error))) {
        relayed_decide(r, rulebook);
        CHECK(!relayed_verdict(r, "persons/~S1/citizenship")->released);
        CHECK_U64(r->decision->derivation_count, 0);
    }
    free(text);
    json_decref(document);
    relayed_free(r);
    rulebook_free(rulebook);
}

/* The category of an item's field comes from its measure; without it no category is certain. */
static void a_category_that_hangs_on_something_withheld_decides_nothing(void)
{
    static const char *const laws[] = {"forbid \"f\" fields tag.evidence basis \"b\"\n",
                                       "forbid \"f\" fields * basis \"b\"\n",
                                       "forbid \"f\" fields items.target_sid basis \"b\"\n"};
    for (size_t i = 0; i < 3; i++) {
        struct rulebook *rulebook = NULL;
        struct relayed *r = relayed_under(laws[i], &rulebook);
        relayed_lose(r, "items/~1/measure");
        relayed_decide(r, rulebook);
        CHECK(relayed_verdict(r, "items/~1/target_sid")->released == (i == 0));
        relayed_free(r);
        rulebook_free(rulebook);
    }
}

/* Persons whose sid and cat are withheld are persons still; of their class nothing is known. */
static void a_person_without_a_name_for_it_is_decided(void)
{
    struct rulebook *rulebook = NULL;
    struct relayed *r = relayed_under(
        "forbid \"f\" fields tag.identity when person.protected_class is PROTECTED basis \"b\"\n"
        "forbid \"g\" fields tag.contact when person.protected_class is not known basis \"b\"\n",
        &rulebook);
    relayed_lose(r, "persons/~S1/sid");
    relayed_lose(r, "persons/~S1/cat");
    relayed_lose(r, "persons/~S2/sid");
    relayed_decide(r, rulebook);
    CHECK_U64(r->document->person_count, 4);
    CHECK(relayed_verdict(r, "persons/~S1/name/family")->released);
    CHECK(relayed_verdict(r, "persons/~S1/contact/phones")->released);
    relayed_free(r);
    rulebook_free(rulebook);
}

TESTS(policy_relayed, {"A.3 goes on as it came", a3_goes_on_as_it_came},
      {"only what is certain restricts", only_what_is_certain_restricts},
      {"holds and refusals need certainty", holds_and_refusals_need_certainty},
      {"nothing gets wider", nothing_gets_wider},
      {"generalising keeps what was derived and drops the rest",
       generalising_keeps_what_was_derived_and_drops_the_rest},
      {"what could be derived is not", what_could_be_derived_is_not},
      {"a category that hangs on something withheld decides nothing",
       a_category_that_hangs_on_something_withheld_decides_nothing},
      {"a person without a name for it is decided", a_person_without_a_name_for_it_is_decided})
