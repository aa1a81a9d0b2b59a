#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A.3 with changes: of the document, of V1, of W1. NULL changes nothing. */
struct row {
    const char *document, *v1, *w1;
    const char *to;
    enum outcome outcome;
    enum refusal code;
    const char *rule; /* the beginning of its title */
};

static struct decided decide_row(const struct row *row)
{
    json_t *document = a3();
    if (row->document != NULL)
        patch(document, NULL, row->document);
    if (row->v1 != NULL)
        patch(document, "V1", row->v1);
    if (row->w1 != NULL)
        patch(document, "W1", row->w1);
    struct decided d = decide(shipped_rulebook(), document, "XA-CA-01", row->to);
    json_decref(document);
    return d;
}

static void check_rows(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct decided d = decide_row(&rows[i]);
        bool held = CHECK_U64(d.decision->outcome, rows[i].outcome);
        held = CHECK_TEXT(refusal_name(d.decision->code), refusal_name(rows[i].code)) && held;
        held = CHECK(slice_begins(d.decision->rule, slice_text(rows[i].rule))) && held;
        held = CHECK((d.decision->rule.length == 0) == (rows[i].rule[0] == '\0')) && held;
        if (!held)
            printf("    row %zu: %s, by %.*s\n", i, refusal_name(d.decision->code),
                   (int)d.decision->rule.length, (const char *)d.decision->rule.at);
        decided_free(&d);
    }
}

#define CHECK_ROWS(rows) check_rows(rows, sizeof rows / sizeof rows[0])

#define XC        "XC-CA-01"
#define XB        "XB-CA-01"
#define DELIVERED OUTCOME_DELIVER, REFUSAL_NONE, ""
#define HELD(by)  OUTCOME_HOLD, REFUSAL_HELD, by

static void a_message_is_held_from_implicated_officials(void)
{
    static const struct row rows[] = {
        {NULL, "{\"LOCAL\":{\"risk\":{\"officials_implicated\":[\"XC\"]}}}", NULL, XC,
         HELD("R-SAFE-01")},
        {NULL, "{\"LOCAL\":{\"risk\":{\"officials_implicated\":[\"XB\"]}}}", NULL, XC, DELIVERED},
        {NULL, "{\"LOCAL\":{\"risk\":{\"officials_implicated\":[\"XB\",\"XC\"]}}}", NULL, XC,
         HELD("R-SAFE-01")},
        {NULL, NULL, "{\"LOCAL\":{\"risk\":{\"officials_implicated\":[\"XC\"]}}}", XC,
         HELD("R-SAFE-01")},
        {NULL, "{\"LOCAL\":{\"risk\":{\"officials_implicated\":[\"XA\"]}}}", NULL, "XA-CA-01",
         HELD("R-SAFE-01")},
    };
    CHECK_ROWS(rows);
}

static void a_message_is_held_from_a_state_that_is_a_hidden_risk(void)
{
    static const struct row rows[] = {
        {NULL, "{\"LOCAL\":{\"asylum\":{\"feared\":[\"XC\"]}}}", NULL, XC, DELIVERED},
        {NULL, "{\"LOCAL\":{\"asylum\":{\"feared\":[\"XC\",\"XB\"]}}}", NULL, XC, DELIVERED},
        {NULL, "{\"LOCAL\":{\"asylum\":{\"feared\":[\"XC\",\"XB\"]}}}", NULL, XB, HELD("R-ASY-03")},
        {NULL, "{\"citizenship\":[\"XB\"]}", NULL, XC, HELD("R-ASY-03")},
        {NULL, "{\"citizenship\":null}", NULL, XC, HELD("R-ASY-03")},
        {NULL, "{\"citizenship\":null,\"LOCAL\":null}", NULL, XC, DELIVERED},
        {NULL, "{\"citizenship\":[\"XB\"],\"LOCAL\":{\"asylum\":null,\"risk\":{\"factors\":[]}}}",
         NULL, XC, DELIVERED},
        {NULL, "{\"LOCAL\":{\"risk\":{\"states\":[\"XB\"]}}}", NULL, XB, HELD("R-ASY-03")},
        {NULL, NULL, "{\"LOCAL\":{\"residence_former\":[\"XB\"]}}", XB, HELD("R-ASY-03")},
        {NULL, NULL, "{\"stateless\":false,\"LOCAL\":{\"residence_former\":[\"XB\"]}}", XB,
         DELIVERED},
        {NULL, NULL, NULL, XB, DELIVERED},
    };
    CHECK_ROWS(rows);
}

static void asylum_and_witness_values_never_go_abroad(void)
{
#define CATEGORY(by) OUTCOME_REFUSE, REFUSAL_CATEGORY, by
    static const struct row rows[] = {
        {NULL, "{\"asylum\":{\"status\":\"PENDING\"}}", NULL, XC, CATEGORY("R-ASY-01")},
        {NULL, "{\"asylum\":{\"status\":\"PENDING\"}}", NULL, XB, CATEGORY("R-ASY-01")},
        {NULL, "{\"migration\":{\"type\":\"LABOUR\"}}", NULL, XB, CATEGORY("R-ASY-01")},
        {NULL, "{\"docs\":[{\"type\":\"CONVENTION_TRAVEL\",\"number\":\"C3390174\"}]}", NULL, XC,
         CATEGORY("R-ASY-01")},
        {NULL,
         "{\"consent\":[{\"scope\":[\"ASYLUM\"],\"given_by\":\"SELF\",\"date\":\"2026-09-02\"}]}",
         NULL, XC, CATEGORY("R-ASY-01")},
        {NULL, NULL, "{\"witness\":{\"protected\":true}}", XC, CATEGORY("R-WIT-01")},
        {NULL, NULL, "{\"witness\":{\"protected\":true}}", "XA-CA-01", DELIVERED},
        {NULL, "{\"asylum\":{\"status\":\"PENDING\"}}", NULL, "XA-CA-01", DELIVERED},
    };
    CHECK_ROWS(rows);
}

static void a_transfer_needs_a_basis(void)
{
#define TRANSFER OUTCOME_REFUSE, REFUSAL_TRANSFER, "R-LED-07"
    static const struct row rows[] = {
        {"{\"transfer\":{\"basis\":null}}", NULL, NULL, XC, TRANSFER},
        {"{\"transfer\":null}", NULL, NULL, XC, TRANSFER},
        /* the registry says T3, whatever the sender claims */
        {"{\"transfer\":{\"tier\":\"T1\",\"basis\":null}}", NULL, NULL, XC, TRANSFER},
        {"{\"transfer\":{\"tier\":\"T1\",\"basis\":null}}", NULL, NULL, XB, DELIVERED},
        {"{\"transfer\":{\"tier\":\"T3\",\"basis\":null}}", NULL, NULL, XB, TRANSFER},
        {"{\"transfer\":null}", NULL, NULL, "XA-CA-01", DELIVERED},
        {NULL, NULL, NULL, "XD-CA-01", TRANSFER},
        {"{\"transfer\":{\"by\":\"M. Ost, deputy director\"}}", NULL, NULL, "XD-CA-01", TRANSFER},
        {"{\"transfer\":{\"basis\":\"LED38_CASE\"}}", NULL, NULL, "XD-CA-01", TRANSFER},
        {"{\"transfer\":{\"basis\":\"LED38_CASE\",\"by\":\"M. Ost, deputy director\"}}", NULL, NULL,
         "XD-CA-01", DELIVERED},
        {"{\"transfer\":{\"tier\":\"T3\",\"basis\":\"LED36_ADEQUACY\"}}", NULL, NULL, XC, TRANSFER},
    };
    CHECK_ROWS(rows);
}

static void a_claim_holds_nothing_personal(void)
{
#define PERSONAL OUTCOME_REFUSE, REFUSAL_SCHEMA, "R-GEN-05"
    static const struct row rows[] = {
        {"{\"case_ref\":\"DOSTAN-2026\"}", NULL, NULL, XC, PERSONAL},
        {"{\"case_ref\":\"PA/C3390174\"}", NULL, NULL, XC, PERSONAL},
        {"{\"their_ref\":\"REDIK\"}", NULL, NULL, XC, PERSONAL},
        {"{\"case_ref\":\"2001-11-05\"}", NULL, NULL, XC, PERSONAL},
        {"{\"case_ref\":\"HALMAR.1\"}", NULL, NULL, XC, PERSONAL},
        {"{\"case_ref\":\"XC71CRLB0000000047110815\"}", NULL, NULL, XC, PERSONAL},
        {"{\"case_ref\":\"DOSTANOV-2026\"}", NULL, NULL, XC, DELIVERED},
        {"{\"case_ref\":\"PA-2026-0417\"}", NULL, NULL, XC, DELIVERED},
        /* a LOCAL value in a claim only holds: the sender learns nothing of the register */
        {"{\"case_ref\":\"XA-INT-2026-118204\"}", NULL, NULL, XC, HELD("R-GEN-07")},
    };
    CHECK_ROWS(rows);
}

static void refusals_precede_holds_and_codes_have_an_order(void)
{
    static const struct row rows[] = {
        {"{\"transfer\":null}", "{\"LOCAL\":{\"risk\":{\"officials_implicated\":[\"XC\"]}}}", NULL,
         XC, TRANSFER},
        {"{\"transfer\":null,\"case_ref\":\"DOSTAN\"}", NULL, NULL, XC, PERSONAL},
        {"{\"transfer\":null}", "{\"asylum\":{\"status\":\"PENDING\"}}", NULL, XC, TRANSFER},
        {"{\"case_ref\":\"DOSTAN\"}", "{\"asylum\":{\"status\":\"PENDING\"}}", NULL, XC, PERSONAL},
    };
    CHECK_ROWS(rows);
}

/* R-MLA-06 is also the type's route; the law says it to whoever reads only the law. */
static void a_request_outside_the_eio_goes_between_central_authorities(void)
{
    static const struct {
        const char *from, *to, *instrument;
        enum refusal code;
    } rows[] = {
        {"XA-CA-01", "XC-CA-01", "UNTOC18", REFUSAL_NONE},
        {"XA-JUD-01", "XC-CA-01", "UNTOC18", REFUSAL_ROLE},
        {"XA-CA-01", "XC-JUD-01", "UNTOC18", REFUSAL_ROLE},
        {"XA-JUD-01", "XB-JUD-01", "EIO", REFUSAL_NONE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        json_t *document = a3();
        json_object_set_new(document, "instrument", json_string(rows[i].instrument));
        struct decided d = decide(shipped_rulebook(), document, rows[i].from, rows[i].to);
        CHECK_TEXT(refusal_name(d.decision->code), refusal_name(rows[i].code));
        json_decref(document);
        decided_free(&d);
    }
}

static void withheld_words_in_free_text_hold_the_message(void)
{
#define LEAK              HELD("R-GEN-07")
#define SAYS(field, text) "{\"" field "\":\"" text "\"}", NULL, NULL, XC
    static const struct row rows[] = {
        {SAYS("releasable_summary", "They lived in Lindfjord."), LEAK},
        {SAYS("releasable_summary", "They lived in LÍNDFJORD"), LEAK},
        {SAYS("releasable_summary", "The Lindfjorders said nothing."), DELIVERED},
        {SAYS("why", "associates look for Dostan"), LEAK},
        {SAYS("why", "associates look for M. DOSTÁN's family"), LEAK},
        {SAYS("why", "associates look for Mirela"), LEAK},
        {SAYS("why", "Tomas Redik is afraid"), LEAK},
        {SAYS("why", "Dostanova is somebody else"), DELIVERED},
        {SAYS("why", "born 2001-11-05"), LEAK},
        {SAYS("why", "born 05/11/2001"), LEAK},
        {SAYS("why", "born 5.11.2001"), LEAK},
        {SAYS("why", "born on 5 November 2001"), LEAK},
        {SAYS("why", "born on Nov. 5, 2001"), LEAK},
        {SAYS("why", "in November 2001"), DELIVERED},
        {SAYS("why", "on 15 November 2001"), DELIVERED},
        {SAYS("purpose_text", "see Blue Lantern House, Saltgate 14"), LEAK},
        {SAYS("procedure", "untreated hand injury, sleep disorder"), LEAK},
        {SAYS("why", "S1 and V1 met; sector C; XC; FL"), DELIVERED},
        {SAYS("why", "Viktor Halmar, born 1984-03-17"), DELIVERED},
        /* the name of an office is no free text */
        {"{\"authority\":{\"name\":\"Prosecutor's Office Lindfjord\"}}", NULL, NULL, XC, DELIVERED},
        {"{\"urgency\":{\"reason\":\"Dostan must be heard\"}}", NULL, NULL, XC, LEAK},
        {"{\"proceeding\":{\"subject\":\"the case of Redik\"}}", NULL, NULL, XC, LEAK},
    };
    CHECK_ROWS(rows);
}

static void withheld_names_are_found_however_they_are_written(void)
{
#define NAMED(family)        "{\"name\":{\"family\":\"" family "\"}}"
#define WRITES(text, family) "{\"why\":\"" text "\"}", NAMED(family), NULL, XC
    static const struct row rows[] = {
        {WRITES("Nguyen is afraid", "Nguyễn"), LEAK},
        {WRITES("Γιωργος is afraid", "ΓΙΏΡΓΟΣ"), LEAK},
        {WRITES("Андреи is afraid", "Андрей"), LEAK},
        {WRITES("Արամ is afraid", "ԱՐԱՄ"), LEAK},
        {WRITES("OBrien is afraid", "O\xe2\x80\x99"
                                    "Brien"),
         LEAK},
        {WRITES("O Brien is afraid", "O\xca\xbc"
                                     "Brien"),
         LEAK},
        {WRITES("O'Brien is afraid", "OBrien"), LEAK},
        {WRITES("Halim\xe2\x80\x99"
                "s family",
                "Halim"),
         LEAK},
        {WRITES("被害者山田太郎は", "山田 太郎"), LEAK},
        {WRITES("นายสมชายไปแล้ว", "สมชาย"), LEAK},
        {WRITES("山は高い", "山"), DELIVERED},
        {WRITES("被害者山本太郎は", "山田 太郎"), DELIVERED},
        {WRITES("Obriens is a firm", "O'Brien"), DELIVERED},
    };
    CHECK_ROWS(rows);
}

static void withheld_numbers_in_any_string_hold_the_message(void)
{
    static const struct row rows[] = {
        {SAYS("procedure", "passport C 3390174 is at the bank"), LEAK},
        {SAYS("procedure", "call +999 551 200-481"), LEAK},
        {SAYS("purpose_text", "see XA/INT/2026/118204"), LEAK},
        {SAYS("purpose_text", "see CNS 0417 1"), LEAK},
        {SAYS("why", "programme WPU 31"), LEAK},
        {"{\"authority\":{\"function\":\"desk 999551200481\"}}", NULL, NULL, XC, LEAK},
        {SAYS("procedure", "passport C 3390175 is at the bank"), DELIVERED},
        {SAYS("procedure", "call +999 550 100 234"), DELIVERED}, /* S1's, and shown */
        {NULL, "{\"contact\":{\"phones\":[\"+999550100234\"]}}", NULL, XC, LEAK},
    };
    CHECK_ROWS(rows);
}

static void a_name_that_is_shown_for_somebody_else_is_no_leak(void)
{
    json_t *document = a3();
    patch(document, NULL, "{\"why\":\"the firm Dostan, and Mirela\"}");
    patch(document, "S2", "{\"name\":{\"family\":\"Dostan\"}}");
    patch(document, "S1", "{\"name\":{\"alias\":[\"mirela\",\"Vito\"]}}");
    struct decided d = decide(shipped_rulebook(), document, "XA-CA-01", XC);
    CHECK_U64(d.decision->outcome, OUTCOME_DELIVER);
    decided_free(&d);
    patch(document, "S1", "{\"name\":{\"alias\":[\"Vito\"]}}");
    d = decide(shipped_rulebook(), document, "XA-CA-01", XC);
    CHECK_U64(d.decision->outcome, OUTCOME_HOLD);
    decided_free(&d);
    json_decref(document);
}

/* A held message tells the sender's counts as if there were no LOCAL values. */
static void reports_are_deaf_to_local_values(void)
{
    static const struct row held = {
        NULL, "{\"LOCAL\":{\"risk\":{\"officials_implicated\":[\"XC\"]}}}", NULL, XC, HELD("")};
    struct decided d = decide_row(&held);
    CHECK_U64(d.decision->released, 69);
    CHECK_U64(d.decision->transformed, 3);
    CHECK_U64(d.decision->withheld_total, 31);
    decided_free(&d);
}

/* A rule that makes LOCAL values change a field's level holds the message, whatever it says. */
static void a_level_that_depends_on_local_values_holds_the_message(void)
{
    static const char rules[] =
        "permit \"all\" fields * basis \"b\"\n"
        "forbid \"f\" fields tag.demographic when person.asylum.status is PENDING basis \"b\"\n";
    struct rulebook *r = NULL;
    struct text_error error;
    char *text = policy_of(rules);
    json_t *document = a3();
    patch(document, "V1", "{\"name\":null,\"LOCAL\":{\"loc\":null,\"health\":null}}");
    patch(document, NULL, "{\"facts\":\"short\"}");
    if (CHECK_OK(rulebook_with(text, &r, &error))) {
        struct decided abroad = decide(r, document, "XA-CA-01", XC);
        CHECK_U64(abroad.decision->outcome, OUTCOME_HOLD);
        CHECK_U64(abroad.decision->code, REFUSAL_HELD);
        CHECK_BYTES(abroad.decision->rule, slice_text("R-ASY-03"));
        decided_free(&abroad);
        struct decided home = decide(r, document, "XA-CA-01", "XA-CA-01");
        CHECK_U64(home.decision->outcome, OUTCOME_DELIVER);
        CHECK_TEXT(level_at(&home, "persons/~V1/sex"), "silent withheld");
        CHECK_U64(home.decision->released, home.document->count);
        decided_free(&home);
    }
    json_decref(document);
    rulebook_free(r);
    free(text);
}

/* Two refusals of which one asks LOCAL values: the sender is told the other, or just E_HELD. */
static void a_refusal_never_tells_of_local_values(void)
{
    static const struct {
        const char *rules;
        enum outcome outcome;
        enum refusal code;
    } rows[] = {
        {"refuse \"l\" when person.asylum.status is PENDING code E_ROLE basis \"b\"\n"
         "refuse \"o\" when message.tier is T3 code E_TRANSFER basis \"b\"\n",
         OUTCOME_REFUSE, REFUSAL_TRANSFER},
        {"refuse \"l\" when person.asylum.status is PENDING code E_ROLE basis \"b\"\n",
         OUTCOME_HOLD, REFUSAL_HELD},
        {"hold \"l\" when person.asylum.status is PENDING code E_CONSENT basis \"b\"\n",
         OUTCOME_HOLD, REFUSAL_HELD},
        {"hold \"o\" when message.tier is T3 code E_CONSENT basis \"b\"\n", OUTCOME_HOLD,
         REFUSAL_CONSENT},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct rulebook *r = NULL;
        struct text_error error;
        char *text = policy_of(rows[i].rules);
        json_t *document = a3();
        if (CHECK_OK(rulebook_with(text, &r, &error))) {
            struct decided d = decide(r, document, "XA-CA-01", XC);
            CHECK_U64(d.decision->outcome, rows[i].outcome);
            CHECK_TEXT(refusal_name(d.decision->code), refusal_name(rows[i].code));
            decided_free(&d);
        }
        json_decref(document);
        rulebook_free(r);
        free(text);
    }
}

TESTS(policy_stops,
      {"a message is held from implicated officials", &a_message_is_held_from_implicated_officials},
      {"a message is held from a State that is a hidden risk",
       &a_message_is_held_from_a_state_that_is_a_hidden_risk},
      {"asylum and witness values never go abroad", &asylum_and_witness_values_never_go_abroad},
      {"a transfer needs a basis", &a_transfer_needs_a_basis},
      {"a claim holds nothing personal", &a_claim_holds_nothing_personal},
      {"refusals precede holds and codes have an order",
       &refusals_precede_holds_and_codes_have_an_order},
      {"a request outside the EIO goes between central authorities",
       &a_request_outside_the_eio_goes_between_central_authorities},
      {"withheld words in free text hold the message",
       &withheld_words_in_free_text_hold_the_message},
      {"withheld names are found however they are written",
       &withheld_names_are_found_however_they_are_written},
      {"withheld numbers in any string hold the message",
       &withheld_numbers_in_any_string_hold_the_message},
      {"a name that is shown for somebody else is no leak",
       &a_name_that_is_shown_for_somebody_else_is_no_leak},
      {"a refusal never tells of local values", &a_refusal_never_tells_of_local_values},
      {"reports are deaf to local values", &reports_are_deaf_to_local_values},
      {"a level that depends on local values holds the message",
       &a_level_that_depends_on_local_values_holds_the_message})
