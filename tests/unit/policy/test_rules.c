#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A law of its own, asked about A.3 (which has no necessity) from XA-CA-01. */
struct row {
    const char *rules;
    const char *path;
    enum level wanted;
    const char *rule; /* that decided; NULL: not asked */
};

static void check_rows(const struct row *rows, size_t count)
{
    json_t *document = a3();
    for (size_t i = 0; i < count; i++) {
        struct rulebook *r = NULL;
        struct text_error error = {.message = ""};
        char *text = policy_of(rows[i].rules);
        bool held = CHECK_OK(rulebook_with(text, &r, &error));
        if (held) {
            struct decided d = decide(r, document, "XA-CA-01", "XC-CA-01");
            const struct verdict *v = verdict_at(&d, rows[i].path);
            held = CHECK_TEXT(level_name(v->level), level_name(rows[i].wanted));
            if (rows[i].rule != NULL)
                held = CHECK_BYTES(v->rule, slice_text(rows[i].rule)) && held;
            decided_free(&d);
        }
        if (!held)
            printf("    %s\n    at %s %u:%u %s\n", rows[i].rules, rows[i].path, error.line,
                   error.column, error.message);
        rulebook_free(r);
        free(text);
    }
    json_decref(document);
}

#define CHECK_ROWS(rows) check_rows(rows, sizeof rows / sizeof rows[0])

#define NAME "persons/~V1/name/family"
#define WHY  "why"
#define ALL  "permit \"all\" fields * basis \"b\"\n"

static void what_nobody_permits_is_withheld(void)
{
    static const struct row rows[] = {
        {"", WHY, LEVEL_SILENT, "default deny"},
        {"", NAME, LEVEL_SILENT, "default deny"},
        {"limit \"l\" release stated basis \"b\"", WHY, LEVEL_SILENT, "default deny"},
        {"forbid \"f\" notice stated basis \"b\"", WHY, LEVEL_SILENT, "default deny"},
        {"permit \"p\" fields tag.identity basis \"b\"", WHY, LEVEL_SILENT, "default deny"},
        {ALL, WHY, LEVEL_CLEAR, "all"},
    };
    CHECK_ROWS(rows);
}

static void a_pattern_covers_all_below_it(void)
{
    static const struct row rows[] = {
        {ALL "forbid \"f\" fields person.* basis \"b\"", NAME, LEVEL_SILENT, "f"},
        {ALL "forbid \"f\" fields person.* basis \"b\"", WHY, LEVEL_CLEAR, "all"},
        {ALL "forbid \"f\" fields person.name.* basis \"b\"", NAME, LEVEL_SILENT, "f"},
        {ALL "forbid \"f\" fields person.docs.* basis \"b\"", NAME, LEVEL_CLEAR, "all"},
    };
    CHECK_ROWS(rows);
}

static void permits_join_and_restrictions_meet(void)
{
    static const struct row rows[] = {
        {"permit \"p\" fields why release stated basis \"b\"\n" ALL, WHY, LEVEL_CLEAR, "all"},
        {"permit \"p\" fields why release stated basis \"b\"\n", WHY, LEVEL_STATED, "p"},
        {ALL "limit \"l\" release at most generalise basis \"b\"\n"
             "limit \"m\" release stated basis \"b\"\n",
         WHY, LEVEL_STATED, "m"},
        {ALL "forbid \"f\" notice stated basis \"b\"\nforbid \"g\" notice silent basis \"b\"\n",
         WHY, LEVEL_SILENT, "g"},
        {ALL "forbid \"f\" basis \"b\"\n", WHY, LEVEL_SILENT, "f"},
        {ALL "limit \"l\" release clear basis \"b\"\n", WHY, LEVEL_CLEAR, "all"},
        {"permit \"p\" fields * release stated basis \"b\"\nlimit \"l\" release stated basis "
         "\"b\"\n",
         WHY, LEVEL_STATED, "l"},
        /* of equal rules the first by title is named */
        {ALL "forbid \"z\" basis \"b\"\nforbid \"y\" basis \"b\"\n", WHY, LEVEL_SILENT, "y"},
    };
    CHECK_ROWS(rows);
}

static void parties_purpose_and_dates_say_when_a_rule_speaks(void)
{
    static const struct row rows[] = {
        {"permit \"p\" to XC-CA-01 fields * basis \"b\"", WHY, LEVEL_CLEAR, NULL},
        {"permit \"p\" to XC.* fields * basis \"b\"", WHY, LEVEL_CLEAR, NULL},
        {"permit \"p\" to *.CA fields * basis \"b\"", WHY, LEVEL_CLEAR, NULL},
        {"permit \"p\" to XC.CA fields * basis \"b\"", WHY, LEVEL_CLEAR, NULL},
        {"permit \"p\" to * fields * basis \"b\"", WHY, LEVEL_CLEAR, NULL},
        {"permit \"p\" to XB.*, *.CA fields * basis \"b\"", WHY, LEVEL_CLEAR, NULL},
        {"permit \"p\" to XA-CA-01 fields * basis \"b\"", WHY, LEVEL_SILENT, NULL},
        {"permit \"p\" to XB.* fields * basis \"b\"", WHY, LEVEL_SILENT, NULL},
        {"permit \"p\" to *.JUD fields * basis \"b\"", WHY, LEVEL_SILENT, NULL},
        {"permit \"p\" to XC.JUD fields * basis \"b\"", WHY, LEVEL_SILENT, NULL},
        {"permit \"p\" from XA.* fields * basis \"b\"", WHY, LEVEL_CLEAR, NULL},
        {"permit \"p\" from XC.* fields * basis \"b\"", WHY, LEVEL_SILENT, NULL},
        {"permit \"p\" purpose EVIDENCE fields * basis \"b\"", WHY, LEVEL_CLEAR, NULL},
        {"permit \"p\" purpose ASYLUM, EVIDENCE fields * basis \"b\"", WHY, LEVEL_CLEAR, NULL},
        {"permit \"p\" purpose PROSECUTION fields * basis \"b\"", WHY, LEVEL_SILENT, NULL},
        {"end policy \"q\" version 1 authority \"a\" basis \"b\" in force 2026-09-07 until "
         "2026-09-07 " ALL,
         WHY, LEVEL_CLEAR, NULL},
        {"end policy \"q\" version 1 authority \"a\" basis \"b\" in force 2026-09-08 until "
         "2026-09-30 " ALL,
         WHY, LEVEL_SILENT, NULL},
        {"end policy \"q\" version 1 authority \"a\" basis \"b\" in force 2026-01-01 until "
         "2026-09-06 " ALL,
         WHY, LEVEL_SILENT, NULL},
    };
    CHECK_ROWS(rows);
}

static void fields_are_named_by_tag_by_path_or_by_what_the_type_needs(void)
{
    static const struct row rows[] = {
        {"permit \"p\" fields tag.identity basis \"b\"", NAME, LEVEL_CLEAR, NULL},
        {"permit \"p\" fields tag.contact basis \"b\"", NAME, LEVEL_SILENT, NULL},
        {"permit \"p\" fields declared.identity basis \"b\"", NAME, LEVEL_SILENT, NULL},
        {"permit \"p\" fields why basis \"b\"", WHY, LEVEL_CLEAR, NULL},
        {"permit \"p\" fields person.name.family basis \"b\"", NAME, LEVEL_CLEAR, NULL},
        {"permit \"p\" fields persons.name.family basis \"b\"", NAME, LEVEL_CLEAR, NULL},
        {"permit \"p\" fields person.name.given basis \"b\"", NAME, LEVEL_SILENT, NULL},
        {"permit \"p\" fields person.name.* basis \"b\"", NAME, LEVEL_CLEAR, NULL},
        {"permit \"p\" fields persons.* basis \"b\"", NAME, LEVEL_CLEAR, NULL},
        {"permit \"p\" fields persons.* basis \"b\"", WHY, LEVEL_SILENT, NULL},
        {"permit \"p\" fields person.docs.type basis \"b\"", "persons/~V1/docs/~1/type",
         LEVEL_CLEAR, NULL},
        {"permit \"p\" fields items.details.* basis \"b\"", "items/~1/details/iban", LEVEL_CLEAR,
         NULL},
        {"permit \"p\" fields items.details.* basis \"b\"", "items/~1/measure", LEVEL_SILENT, NULL},
        {ALL "forbid \"f\" fields uncarried basis \"b\"", "persons/~V1/sector", LEVEL_SILENT, "f"},
        {ALL "forbid \"f\" fields uncarried basis \"b\"", "persons/~V1/means", LEVEL_CLEAR, NULL},
        {ALL "forbid \"f\" fields uncarried basis \"b\"", WHY, LEVEL_CLEAR, NULL},
    };
    CHECK_ROWS(rows);
}

/* V1 has sex 2 and citizenship XC, and no gender: person.gender is UNKNOWN. */
static void what_is_unknown_fails_permits_and_makes_restrictions_apply(void)
{
#define PERMIT_WHEN(condition)   "permit \"p\" fields tag.identity when " condition " basis \"b\""
#define PERMIT_UNLESS(condition) "permit \"p\" fields tag.identity unless " condition " basis \"b\""
#define FORBID_WHEN(condition)   ALL "forbid \"f\" fields tag.identity when " condition " basis \"b\""
#define FORBID_UNLESS(condition)                                                                   \
    ALL "forbid \"f\" fields tag.identity unless " condition " basis \"b\""
#define IS       "person.sex is 2"
#define IS_NOT   "person.sex is 1"
#define UNSAID   "person.gender is Feminine"
#define UNSAID_2 "person.lang is eng"
    static const struct row rows[] = {
        {PERMIT_WHEN(IS), NAME, LEVEL_CLEAR, NULL},
        {PERMIT_WHEN(IS_NOT), NAME, LEVEL_SILENT, NULL},
        {PERMIT_WHEN(UNSAID), NAME, LEVEL_SILENT, NULL},
        {PERMIT_WHEN("not " UNSAID), NAME, LEVEL_SILENT, NULL},
        {PERMIT_WHEN("person.gender is not Feminine"), NAME, LEVEL_SILENT, NULL},
        {PERMIT_WHEN(UNSAID " or not " UNSAID), NAME, LEVEL_SILENT, NULL},
        {PERMIT_WHEN(UNSAID " or " IS), NAME, LEVEL_CLEAR, NULL},
        {PERMIT_WHEN(UNSAID " and " IS_NOT), NAME, LEVEL_SILENT, NULL},
        {PERMIT_WHEN("not (" UNSAID " and " IS_NOT ")"), NAME, LEVEL_CLEAR, NULL},
        {PERMIT_WHEN(IS_NOT " and " IS " or " IS), NAME, LEVEL_CLEAR, NULL},
        {PERMIT_WHEN(IS_NOT " and (" IS " or " IS ")"), NAME, LEVEL_SILENT, NULL},
        {PERMIT_UNLESS(IS), NAME, LEVEL_SILENT, NULL},
        {PERMIT_UNLESS(IS_NOT), NAME, LEVEL_CLEAR, NULL},
        {PERMIT_UNLESS(UNSAID), NAME, LEVEL_SILENT, NULL},
        {FORBID_WHEN(IS), NAME, LEVEL_SILENT, NULL},
        {FORBID_WHEN(IS_NOT), NAME, LEVEL_CLEAR, NULL},
        {FORBID_WHEN(UNSAID), NAME, LEVEL_SILENT, NULL},
        {FORBID_WHEN("not " UNSAID), NAME, LEVEL_SILENT, NULL},
        {FORBID_WHEN(UNSAID " and " IS_NOT), NAME, LEVEL_CLEAR, NULL},
        {FORBID_WHEN(UNSAID " and " UNSAID_2), NAME, LEVEL_SILENT, NULL},
        {FORBID_UNLESS(IS), NAME, LEVEL_CLEAR, NULL},
        {FORBID_UNLESS(IS_NOT), NAME, LEVEL_SILENT, NULL},
        {FORBID_UNLESS(UNSAID), NAME, LEVEL_SILENT, NULL},
        /* recruitment.relation is Unaquainted; its code Unknown is what nobody knows */
        {PERMIT_WHEN("person.recruitment.relation is one of (Familial, Unaquainted)"), NAME,
         LEVEL_CLEAR, NULL},
        {PERMIT_WHEN("person.recruitment.relation is not one of (Familial, Unaquainted)"), NAME,
         LEVEL_SILENT, NULL},
        {PERMIT_WHEN("person.citizenship is same as recipient.state"), NAME, LEVEL_CLEAR, NULL},
        {PERMIT_WHEN("person.citizenship is same as sender.state"), NAME, LEVEL_SILENT, NULL},
        {PERMIT_WHEN("person.citizenship is not same as sender.state"), NAME, LEVEL_CLEAR, NULL},
        {PERMIT_WHEN("person.birth_place.cc is not same as sender.state"), NAME, LEVEL_SILENT,
         NULL},
        {PERMIT_WHEN("person.sex is known"), NAME, LEVEL_CLEAR, NULL},
        {PERMIT_WHEN("person.gender is known"), NAME, LEVEL_SILENT, NULL},
        {FORBID_WHEN("person.gender is not known"), NAME, LEVEL_SILENT, NULL},
        {FORBID_WHEN("person.sex is not known"), NAME, LEVEL_CLEAR, NULL},
        /* the protection record is closed: V1 has asylum.status PENDING, W1 none */
        {PERMIT_WHEN("person.risk.level is not EXTREME"), NAME, LEVEL_CLEAR, NULL},
        {PERMIT_WHEN("person.witness.protected is not true"), NAME, LEVEL_CLEAR, NULL},
    };
    CHECK_ROWS(rows);
}

static void the_code_unknown_is_not_known(void)
{
    json_t *document = a3();
    static const struct {
        const char *rules;
        enum level wanted;
    } rows[] = {
        {PERMIT_WHEN("person.recruitment.relation is Familial"), LEVEL_SILENT},
        {PERMIT_WHEN("person.recruitment.relation is not Familial"), LEVEL_SILENT},
        {PERMIT_WHEN("person.recruitment.relation is known"), LEVEL_SILENT},
        {FORBID_WHEN("person.recruitment.relation is Familial"), LEVEL_SILENT},
        {FORBID_WHEN("person.recruitment.relation is not Familial"), LEVEL_SILENT},
    };
    json_object_set_new(json_object_get(person_of(document, "V1"), "recruitment"), "relation",
                        json_string("Unknown"));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct rulebook *r = NULL;
        struct text_error error;
        char *text = policy_of(rows[i].rules);
        if (CHECK_OK(rulebook_with(text, &r, &error))) {
            struct decided d = decide(r, document, "XA-CA-01", "XC-CA-01");
            if (!CHECK_TEXT(level_name(verdict_at(&d, NAME)->level), level_name(rows[i].wanted)))
                printf("    %s\n", rows[i].rules);
            decided_free(&d);
        }
        rulebook_free(r);
        free(text);
    }
    json_decref(document);
}

static void conditions_on_persons_are_false_for_case_fields(void)
{
    static const struct row rows[] = {
        {"permit \"p\" fields * when person.sex is 2 basis \"b\"", WHY, LEVEL_SILENT, NULL},
        {"permit \"p\" fields * when person.sex is not 2 basis \"b\"", WHY, LEVEL_SILENT, NULL},
        {"permit \"p\" fields * unless person.sex is 2 basis \"b\"", WHY, LEVEL_CLEAR, NULL},
        {"permit \"p\" fields * when not person.sex is 2 basis \"b\"", WHY, LEVEL_CLEAR, NULL},
        {ALL "forbid \"f\" when person.gender is Feminine basis \"b\"", WHY, LEVEL_CLEAR, NULL},
        {ALL "forbid \"f\" when person.citizenship is same as recipient.state basis \"b\"", WHY,
         LEVEL_CLEAR, NULL},
        {ALL "forbid \"f\" when case.prior_ref is not known basis \"b\"", WHY, LEVEL_SILENT, "f"},
    };
    CHECK_ROWS(rows);
}

static void message_attributes_come_from_claims_and_directory(void)
{
    static const struct row rows[] = {
        {PERMIT_WHEN("sender is XA-CA-01 and sender.state is XA and sender.role is CA"), NAME,
         LEVEL_CLEAR, NULL},
        {PERMIT_WHEN("recipient is XC-CA-01 and recipient.state is XC and recipient.role is CA"),
         NAME, LEVEL_CLEAR, NULL},
        {PERMIT_WHEN("message.type is mla.request and message.purpose is EVIDENCE"), NAME,
         LEVEL_CLEAR, NULL},
        {PERMIT_WHEN("purpose is EVIDENCE and message.instrument is UNTOC18"), NAME, LEVEL_CLEAR,
         NULL},
        {PERMIT_WHEN("message.urgency is URGENT and message.confidential is true"), NAME,
         LEVEL_CLEAR, NULL},
        {PERMIT_WHEN("message.owner is XA and message.tier is T3"), NAME, LEVEL_CLEAR, NULL},
        {PERMIT_WHEN("message.transfer_basis is LED37_BINDING"), NAME, LEVEL_CLEAR, NULL},
        {PERMIT_WHEN("message.handling is not H1"), NAME, LEVEL_SILENT, NULL},
        {PERMIT_WHEN("case.urgency.reason is known and case.proceeding.type is PROSECUTION"), NAME,
         LEVEL_CLEAR, NULL},
        {PERMIT_WHEN("case.items.measure is BANK_RECORDS"), NAME, LEVEL_CLEAR, NULL},
        {PERMIT_WHEN("case.prior_ref is known"), NAME, LEVEL_SILENT, NULL},
    };
    CHECK_ROWS(rows);
}

TESTS(policy_rules, {"what nobody permits is withheld", &what_nobody_permits_is_withheld},
      {"a pattern covers all below it", &a_pattern_covers_all_below_it},
      {"permits join and restrictions meet", &permits_join_and_restrictions_meet},
      {"parties, purpose and dates say when a rule speaks",
       &parties_purpose_and_dates_say_when_a_rule_speaks},
      {"fields are named by tag, by path or by what the type needs",
       &fields_are_named_by_tag_by_path_or_by_what_the_type_needs},
      {"what is unknown fails permits and makes restrictions apply",
       &what_is_unknown_fails_permits_and_makes_restrictions_apply},
      {"the code unknown is not known", &the_code_unknown_is_not_known},
      {"conditions on persons are false for case fields",
       &conditions_on_persons_are_false_for_case_fields},
      {"message attributes come from claims and directory",
       &message_attributes_come_from_claims_and_directory})
