#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/attribute.h"

/* What a computed attribute says, as "XA XC", "" for none, with "?" where there may be more. */
static void render(const struct codes *codes, char *text, size_t room)
{
    size_t length = 0;
    text[0] = '\0';
    for (size_t i = 0; i < codes->count && length < room; i++)
        length += (size_t)snprintf(text + length, room - length, "%s%.*s", i > 0 ? " " : "",
                                   (int)codes->at[i].length, (const char *)codes->at[i].at);
    if (!codes->known || codes->open)
        snprintf(text + length, room - length, "?");
}

struct row {
    const char *person; /* members of X1 as JSON, without sid */
    const char *wanted;
};

/* Reads one attribute of the person X1 of a request to XC, for every row. */
static void check_rows(const char *name, const char *to, const struct row *rows, size_t count)
{
    const struct attribute_kind *kind = attribute_kind_of(slice_text(name));
    if (!CHECK(kind != NULL))
        return;
    for (size_t i = 0; i < count; i++) {
        json_t *document = a3(), *persons = json_array();
        char text[400];
        snprintf(text, sizeof text, "{\"sid\":\"X1\",%s}", rows[i].person);
        json_t *person = json_loads(text, 0, NULL);
        CHECK(person != NULL);
        json_array_append_new(persons, person);
        json_object_set_new(document, "persons", persons);
        struct decided d = decide(shipped_rulebook(), document, "XA-CA-01", to);
        const struct question q = {.rulebook = shipped_rulebook(),
                                   .claims = &d.composed->claims,
                                   .document = d.document,
                                   .locals = d.composed->locals,
                                   .local_count = d.composed->local_count,
                                   .at_ms = IN_FORCE};
        struct facts facts;
        struct codes codes = {0};
        char got[80];
        CHECK_OK(facts_gather(d.composed->arena, &q, true, &facts));
        kind->read(&facts, NULL, 0, &codes);
        render(&codes, got, sizeof got);
        if (!CHECK_TEXT(got, rows[i].wanted))
            printf("    %s of %s\n", name, rows[i].person);
        json_decref(document);
        decided_free(&d);
    }
}

#define CHECK_ROWS(name, to, rows) check_rows(name, to, rows, sizeof rows / sizeof rows[0])

static void risk_states_are_the_citizenships(void)
{
    static const struct row abroad[] = {
        {"\"cat\":\"VICTIM\",\"citizenship\":[\"XC\"]", "XC"},
        {"\"cat\":\"ACCUSED\",\"citizenship\":[\"XC\",\"XB\"]", "XC XB"},
        {"\"cat\":\"VICTIM\"", "?"},
        {"\"cat\":\"VICTIM\",\"citizenship\":[]", "?"},
        {"\"cat\":\"VICTIM\",\"stateless\":true", "?"},
        {"\"cat\":\"VICTIM\",\"citizenship\":[\"XB\"],"
         "\"LOCAL\":{\"asylum\":{\"status\":\"PENDING\",\"feared\":[\"XC\"]}}",
         "XB"},
    };
    static const struct row home[] = {
        {"\"cat\":\"VICTIM\",\"citizenship\":[\"XA\"]", ""},
        {"\"cat\":\"VICTIM\"", ""},
    };
    CHECK_ROWS("person.risk_state", "XC-CA-01", abroad);
    CHECK_ROWS("person.risk_state", "XA-CA-01", home);
}

static void hidden_risks_are_those_that_citizenship_does_not_show(void)
{
    static const struct row abroad[] = {
        {"\"cat\":\"VICTIM\",\"citizenship\":[\"XC\"]", ""},
        {"\"cat\":\"VICTIM\",\"citizenship\":[\"XC\"],\"LOCAL\":{\"asylum\":{\"feared\":[\"XC\"]}}",
         ""},
        {"\"cat\":\"VICTIM\",\"citizenship\":[\"XC\"],"
         "\"LOCAL\":{\"asylum\":{\"feared\":[\"XC\",\"XB\"]}}",
         "XB"},
        {"\"cat\":\"VICTIM\",\"LOCAL\":{\"asylum\":{\"feared\":[\"XB\"]}}", "XB"},
        {"\"cat\":\"VICTIM\",\"stateless\":true,\"LOCAL\":{\"residence_former\":[\"XD\"]}", "XD"},
        {"\"cat\":\"VICTIM\",\"LOCAL\":{\"residence_former\":[\"XD\"]}", "XD"},
        {"\"cat\":\"VICTIM\",\"stateless\":false,\"LOCAL\":{\"residence_former\":[\"XD\"]}", ""},
        {"\"cat\":\"VICTIM\",\"citizenship\":[\"XC\"],\"LOCAL\":{\"risk\":{\"states\":[\"XB\"]}}",
         "XB"},
        {"\"cat\":\"VICTIM\",\"citizenship\":[\"XC\"],"
         "\"LOCAL\":{\"risk\":{\"factors\":[\"SUSPECT_FAMILY_IN_XB\",\"OTHER\",\"_IN_XD\"]}}",
         "XB"},
    };
    static const struct row home[] = {
        {"\"cat\":\"VICTIM\",\"LOCAL\":{\"asylum\":{\"feared\":[\"XA\"]}}", ""},
    };
    CHECK_ROWS("person.hidden_risk", "XB-CA-01", abroad);
    CHECK_ROWS("person.hidden_risk", "XA-CA-01", home);
}

static void officials_are_those_implicated(void)
{
    static const struct row rows[] = {
        {"\"cat\":\"VICTIM\"", ""},
        {"\"cat\":\"VICTIM\",\"LOCAL\":{\"risk\":{\"officials_implicated\":[]}}", ""},
        {"\"cat\":\"VICTIM\",\"LOCAL\":{\"risk\":{\"officials_implicated\":[\"XC\",\"XA\"]}}",
         "XC XA"},
    };
    CHECK_ROWS("person.officials", "XC-CA-01", rows);
    CHECK_ROWS("person.officials", "XA-CA-01", rows);
}

static void childhood_is_presumed_until_it_is_ruled_out(void)
{
    static const struct row rows[] = {
        {"\"cat\":\"VICTIM\",\"dob\":\"2008-09-08\"", "true"},
        {"\"cat\":\"VICTIM\",\"dob\":\"2008-09-07\"", "false"},
        {"\"cat\":\"VICTIM\",\"dob\":\"2008\"", "true"},
        {"\"cat\":\"VICTIM\",\"dob\":\"1990-01-30\"", "false"},
        {"\"cat\":\"VICTIM\",\"dob\":\"1990\",\"age_status\":\"DISPUTED\"", "true"},
        {"\"cat\":\"VICTIM\",\"dob\":\"1990\",\"age_status\":\"UNDER_ASSESSMENT\"", "true"},
        {"\"cat\":\"VICTIM\",\"dob\":\"1990\",\"flags\":[\"AGE_DISPUTED\"]", "true"},
        {"\"cat\":\"VICTIM\",\"dob\":\"1990\",\"age_status\":\"FINAL_CHILD\"", "true"},
        {"\"cat\":\"VICTIM\",\"dob\":\"2009\",\"age_status\":\"FINAL_ADULT\"", "true"},
        {"\"cat\":\"VICTIM\",\"dob\":\"2009\",\"age_status\":\"FINAL_ADULT\","
         "\"age_appeal_open\":true",
         "true"},
        {"\"cat\":\"VICTIM\",\"dob\":\"2009\",\"age_status\":\"FINAL_ADULT\","
         "\"age_appeal_open\":false",
         "false"},
        {"\"cat\":\"VICTIM\",\"dob\":\"2009\",\"age_status\":\"UNDISPUTED\"", "true"},
        {"\"cat\":\"VICTIM\"", "?"},
        {"\"cat\":\"VICTIM\",\"flags\":[\"UNACCOMPANIED\"]", "true"},
        {"\"cat\":\"VICTIM\",\"age_group\":\"9--17\"", "true"},
        {"\"cat\":\"VICTIM\",\"age_group\":\"18--20\"", "?"},
        /* a document: the younger date counts, adulthood only from a verified one */
        {"\"cat\":\"VICTIM\",\"dob\":\"1990\","
         "\"docs\":[{\"type\":\"PASSPORT\",\"dob_in_doc\":\"2010\",\"genuine\":\"DOUBTFUL\"}]",
         "true"},
        {"\"cat\":\"VICTIM\","
         "\"docs\":[{\"type\":\"PASSPORT\",\"dob_in_doc\":\"1990\",\"genuine\":\"DOUBTFUL\"}]",
         "?"},
        {"\"cat\":\"VICTIM\","
         "\"docs\":[{\"type\":\"PASSPORT\",\"dob_in_doc\":\"1990\",\"genuine\":\"VERIFIED\"}]",
         "false"},
        {"\"cat\":\"VICTIM\",\"docs\":["
         "{\"type\":\"PASSPORT\",\"dob_in_doc\":\"1990\",\"genuine\":\"VERIFIED\"},"
         "{\"type\":\"ID_CARD\",\"genuine\":\"FALSE\"}]",
         "?"},
    };
    CHECK_ROWS("person.child", "XC-CA-01", rows);
}

static void the_matrix_decides_who_is_protected(void)
{
    static const struct row rows[] = {
        {"\"cat\":\"VICTIM\"", "PROTECTED"},    {"\"cat\":\"PRESUMED_VICTIM\"", "PROTECTED"},
        {"\"cat\":\"WITNESS\"", "PROTECTED"},   {"\"cat\":\"FAMILY\"", "PROTECTED"},
        {"\"cat\":\"INFORMANT\"", "PROTECTED"}, {"\"cat\":\"CONTACT\"", "PROTECTED"},
        {"\"cat\":\"ASSOCIATE\"", "PROTECTED"}, {"\"cat\":\"GUARDIAN\"", "PROTECTED"},
        {"\"cat\":\"MISSING\"", "PROTECTED"},   {"\"cat\":\"PROFESSIONAL\"", "PROTECTED"},
        {"\"cat\":\"SUSPECT\"", "OTHER"},       {"\"cat\":\"ACCUSED\"", "OTHER"},
        {"\"cat\":\"CONVICTED\"", "OTHER"},     {"\"cat\":\"LEGAL_PERSON\"", "OTHER"},
    };
    CHECK_ROWS("person.protected_class", "XC-CA-01", rows);
}

static void a_contact_is_asked_about_in_police_messages(void)
{
    static const struct document_person persons[] = {
        {.cat = {(const uint8_t *)"CONTACT", 7}},
        {.cat = {(const uint8_t *)"ASSOCIATE", 9}},
        {.cat = {(const uint8_t *)"WITNESS", 7}},
    };
    const struct document document = {.persons = persons, .person_count = 3};
    struct claims claims = {.type = slice_text("pol.request")};
    const struct question q = {.claims = &claims, .document = &document};
    const struct facts facts = {.question = &q, .document = &document};
    CHECK(!person_is_protected(&facts, 0));
    CHECK(!person_is_protected(&facts, 1));
    CHECK(person_is_protected(&facts, 2));
    claims.type = slice_text("mla.request");
    CHECK(person_is_protected(&facts, 0));
    CHECK(person_is_protected(&facts, 1));
}

/* Necessities are case fields; here those of A.3 with persons V1 and W1. */
static void a_necessity_opens_the_named_categories_of_the_named_person(void)
{
    static const struct {
        const char *necessity, *v1, *w1;
    } rows[] = {
        {"[]", "", ""},
        {"[{\"sid\":\"V1\",\"cats\":[\"ID\"],\"text\":\"hearing\"}]", "ID", ""},
        {"[{\"sid\":\"V1\",\"cats\":[\"ID\",\"VIC\"],\"text\":\"hearing\"},"
         "{\"sid\":\"W1\",\"cats\":[\"ID\"],\"text\":\"hearing\"},"
         "{\"sid\":\"V1\",\"cats\":[\"HLT\",\"ID\"],\"text\":\"injury\"}]",
         "ID VIC HLT", "ID"},
        {"[{\"sid\":\"S9\",\"cats\":[\"ID\"],\"text\":\"nobody\"}]", "", ""},
    };
    const struct attribute_kind *kind = attribute_kind_of(slice_text("person.necessity"));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        json_t *document = a3();
        json_object_set_new(document, "necessity", json_loads(rows[i].necessity, 0, NULL));
        struct decided d = decide(shipped_rulebook(), document, "XA-CA-01", "XA-CA-01");
        const struct question q = {.rulebook = shipped_rulebook(),
                                   .claims = &d.composed->claims,
                                   .document = d.document,
                                   .at_ms = IN_FORCE};
        struct facts facts;
        CHECK_OK(facts_gather(d.composed->arena, &q, true, &facts));
        const char *const sids[] = {"V1", "W1"};
        const char *const wanted[] = {rows[i].v1, rows[i].w1};
        for (size_t p = 0; p < 2; p++) {
            struct codes codes = {0};
            char got[80];
            kind->read(&facts, NULL, document_person_by_sid(d.document, slice_text(sids[p])),
                       &codes);
            render(&codes, got, sizeof got);
            CHECK_TEXT(got, wanted[p]);
        }
        json_decref(document);
        decided_free(&d);
    }
}

TESTS(policy_persons, {"risk States are the citizenships", &risk_states_are_the_citizenships},
      {"hidden risks are those that citizenship does not show",
       &hidden_risks_are_those_that_citizenship_does_not_show},
      {"officials are those implicated", &officials_are_those_implicated},
      {"childhood is presumed until it is ruled out", &childhood_is_presumed_until_it_is_ruled_out},
      {"the matrix decides who is protected", &the_matrix_decides_who_is_protected},
      {"a contact is asked about in police messages", &a_contact_is_asked_about_in_police_messages},
      {"a necessity opens the named categories of the named person",
       &a_necessity_opens_the_named_categories_of_the_named_person})
