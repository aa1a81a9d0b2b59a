/* person.consented: which consents are alive for a message, what they cover, and for whom. */

#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "message/release.h"
#include "policy/consent.h"

#define TO    "XC-CA-01"
#define TEXT  120
#define ADULT "\"cat\":\"VICTIM\",\"dob\":\"1990-01-30\""
#define CHILD "\"cat\":\"VICTIM\",\"dob\":\"2012-05-01\""

/* Alive for the request of 2026-09-07 from XA-CA-01, of an adult. */
#define SCOPE                         "\"scope\":[\"EVIDENCE\"],"
#define RECIPIENTS                    "\"recipients\":[\"XC:CA\"],"
#define CATS                          "\"cats\":[\"HLT\",\"VIC\"],"
#define BY_SELF                       "\"given_by\":\"SELF\","
#define DAYS                          "\"date\":\"2026-09-02\",\"until\":\"2026-12-31\""
#define ALIVE                         "{" SCOPE RECIPIENTS CATS BY_SELF DAYS "}"
#define GUARDED                       "{" SCOPE RECIPIENTS CATS "\"given_by\":\"GUARDIAN\"," DAYS "}"
#define ASKED(sid, members, consents) "{\"sid\":\"" sid "\"," members ",\"consent\":[" consents "]}"

/* A request about these persons. */
static json_t *request_about(const char *persons)
{
    json_error_t error;
    json_t *document = a3(), *list = json_loads(persons, 0, &error);
    if (list == NULL) {
        fprintf(stderr, "%s: %s\n", error.text, persons);
        exit(1);
    }
    json_object_set_new(document, "persons", list);
    return document;
}

/* "HLT VIC" and, as always, that there may be more. */
static void render(const struct codes *codes, char text[static TEXT])
{
    size_t length = 0;
    text[0] = '\0';
    for (size_t i = 0; i < codes->count && length < TEXT; i++)
        length += (size_t)snprintf(text + length, TEXT - length, "%.*s ", (int)codes->at[i].length,
                                   (const char *)codes->at[i].at);
    if (!codes->known && codes->count > 0)
        length += (size_t)snprintf(text + length, TEXT - length, "unknown ");
    if (length < TEXT)
        snprintf(text + length, TEXT - length, "%s", codes->open ? "?" : "!");
}

static struct question question_about(const struct decided *d)
{
    return (struct question){.rulebook = shipped_rulebook(),
                             .claims = &d->composed->claims,
                             .document = d->document,
                             .locals = d->composed->locals,
                             .local_count = d->composed->local_count,
                             .at_ms = IN_FORCE};
}

/* What the first person of a question has consented to. */
static void read_first(struct arena *arena, const struct question *q, bool with_locals,
                       char text[static TEXT])
{
    struct facts facts;
    struct codes codes = {0};
    text[0] = '\0';
    if (!CHECK_OK(facts_gather(arena, q, with_locals, &facts)))
        return;
    consent_read_consented(&facts, NULL, 0, &codes);
    render(&codes, text);
}

static bool check_persons(const char *persons, const char *wanted)
{
    char got[TEXT];
    json_t *document = request_about(persons);
    struct decided d = decide(shipped_rulebook(), document, "XA-CA-01", TO);
    const struct question q = question_about(&d);
    read_first(d.composed->arena, &q, true, got);
    bool same = CHECK_TEXT(got, wanted);
    if (!same)
        printf("    %s\n", persons);
    json_decref(document);
    decided_free(&d);
    return same;
}

/* A living consent with one member changed; NULL takes it away. */
struct row {
    const char *member, *value, *wanted;
};

static void check_row(const struct row *row, bool local)
{
    json_t *consent = json_loads(ALIVE, 0, NULL);
    if (row->value == NULL)
        json_object_del(consent, row->member);
    else
        json_object_set_new(consent, row->member, json_loads(row->value, JSON_DECODE_ANY, NULL));
    char *text = json_dumps(consent, JSON_COMPACT), persons[1000];
    snprintf(persons, sizeof persons,
             local ? "[{\"sid\":\"X1\"," ADULT ",\"LOCAL\":{\"consent\":[%s]}}]"
                   : "[{\"sid\":\"X1\"," ADULT ",\"consent\":[%s]}]",
             text);
    check_persons(persons, row->wanted);
    free(text);
    json_decref(consent);
}

static void a_consent_is_alive_if_every_part_of_it_fits_the_message(void)
{
    static const struct row rows[] = {
        {"ref", "\"CNS-0417-1\"", "HLT VIC ?"},
        {"scope", NULL, "?"},
        {"scope", "[]", "?"},
        {"scope", "[\"PROTECTION\"]", "?"},
        {"scope", "[\"PROTECTION\",\"EVIDENCE\"]", "HLT VIC ?"},
        {"recipients", NULL, "?"},
        {"recipients", "[]", "?"},
        {"recipients", "[\"XC:JUD\"]", "?"},
        {"recipients", "[\"XA:CA\",\"XC:NRM\"]", "?"},
        {"recipients", "[\"XC-CA-02\"]", "?"},
        {"recipients", "[\"XB:CA\",\"XC-CA-01\"]", "HLT VIC ?"},
        {"cats", NULL, "?"},
        {"cats", "[]", "?"},
        {"cats", "[\"ID\"]", "ID ?"},
        {"given_by", NULL, "?"},
        {"given_by", "\"GUARDIAN\"", "HLT VIC ?"},
        {"given_by", "\"AUTHORITY\"", "HLT VIC ?"},
        {"date", NULL, "?"},
        {"date", "\"2026-09-07\"", "HLT VIC ?"},
        {"date", "\"2026-09-08\"", "?"},
        {"until", NULL, "?"},
        {"until", "\"2026-09-07\"", "HLT VIC ?"},
        {"until", "\"2026-09-06\"", "?"},
        {"withdrawn", "\"2026-09-03T08:00:00Z\"", "?"},
        {"withdrawn", "\"2026-10-03T08:00:00Z\"", "?"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        check_row(&rows[i], false);
        check_row(&rows[i], true);
    }
}

/* No schema judges LOCAL values here. */
static void a_malformed_part_makes_a_consent_a_dead_one(void)
{
    static const struct row rows[] = {
        {"scope", "\"EVIDENCE\"", "HLT VIC ?"},
        {"scope", "[1]", "?"},
        {"recipients", "[\"XC\"]", "?"},
        {"recipients", "[\"CA\"]", "?"},
        {"recipients", "[\":\"]", "?"},
        {"recipients", "[\"\"]", "?"},
        {"recipients", "[\"XC:CA-01\"]", "?"},
        {"recipients", "true", "?"},
        {"given_by", "\"self\"", "?"},
        {"given_by", "[\"SELF\"]", "?"},
        {"date", "\"2026-09\"", "?"},
        {"date", "\"2026-09-31\"", "?"},
        {"date", "20260902", "?"},
        {"date", "[\"2026-09-02\"]", "?"},
        {"until", "\"unknown\"", "?"},
        {"until", "\"1969-12-31\"", "?"},
        {"withdrawn", "false", "?"},
        {"withdrawn", "\"unknown\"", "?"},
        {"withdrawn", "[]", "?"},
        {"cats", "[\"unknown\"]", "?"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        check_row(&rows[i], true);
}

static void a_child_does_not_consent_alone(void)
{
    static const struct {
        const char *members, *self, *guarded;
    } rows[] = {
        {ADULT, "HLT VIC ?", "HLT VIC ?"},
        {CHILD, "?", "HLT VIC ?"},
        {"\"cat\":\"VICTIM\"", "?", "HLT VIC ?"},
        {ADULT ",\"age_status\":\"DISPUTED\"", "?", "HLT VIC ?"},
        {CHILD ",\"age_status\":\"FINAL_ADULT\",\"age_appeal_open\":false", "HLT VIC ?",
         "HLT VIC ?"},
        {"\"cat\":\"SUSPECT\",\"dob\":\"2012-05-01\"", "?", "HLT VIC ?"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char persons[1000];
        snprintf(persons, sizeof persons, "[{\"sid\":\"X1\",%s,\"consent\":[%s]}]", rows[i].members,
                 ALIVE);
        check_persons(persons, rows[i].self);
        snprintf(persons, sizeof persons, "[{\"sid\":\"X1\",%s,\"consent\":[%s]}]", rows[i].members,
                 GUARDED);
        check_persons(persons, rows[i].guarded);
    }
}

static void parts_of_several_consents_do_not_add_up(void)
{
    static const struct {
        const char *persons, *wanted;
    } rows[] = {
        {"[" ASKED("X1", ADULT, "") "]", "?"},
        {"[" ASKED("X1", ADULT, "{}") "]", "?"},
        /* the purpose of one and the recipient of the other */
        {"[" ASKED("X1", ADULT,
                   "{" SCOPE "\"recipients\":[\"XA:JUD\"]," CATS BY_SELF DAYS
                   "},{\"scope\":[\"RETURN\"]," RECIPIENTS CATS BY_SELF DAYS "}") "]",
         "?"},
        /* all but the categories, and nothing but these */
        {"[" ASKED("X1", ADULT, "{" SCOPE RECIPIENTS BY_SELF DAYS "},{\"cats\":[\"HLT\"]}") "]",
         "?"},
        /* one alive and one dead: only what the living one covers */
        {"[" ASKED("X1", ADULT,
                   ALIVE ",{" SCOPE RECIPIENTS "\"cats\":[\"ID\",\"HLT\"]," BY_SELF
                         "\"date\":\"2026-09-08\",\"until\":\"2026-12-31\"}") "]",
         "HLT VIC ?"},
        {"[" ASKED("X1", ADULT,
                   ALIVE ",{" SCOPE RECIPIENTS "\"cats\":[\"ID\"]," BY_SELF DAYS
                         ",\"withdrawn\":\"2026-09-03T08:00:00Z\"}") "]",
         "HLT VIC ?"},
        /* both alive: what each covers */
        {"[" ASKED("X1", ADULT,
                   ALIVE ",{" SCOPE RECIPIENTS "\"cats\":[\"ID\",\"HLT\"]," BY_SELF DAYS "}") "]",
         "HLT VIC ID ?"},
        /* the consents of both persons, each of its own */
        {"[" ASKED("X1", ADULT,
                   "{" SCOPE RECIPIENTS "\"cats\":[\"ID\"]," BY_SELF DAYS
                   "}") "," ASKED("X2", ADULT, ALIVE) "]",
         "ID ?"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        check_persons(rows[i].persons, rows[i].wanted);
}

/* The value of the only LOCAL field moves into an element that the message has: beside the field of
 * this name, and under that one. */
static struct leaf moved_beside(const struct decided *d, const char *field, const char *name,
                                char path[static TEXT])
{
    for (size_t i = 0; i < d->document->count; i++) {
        const struct document_item *item = &d->document->items[i];
        struct slice segment = {NULL, 0}, rest = item->leaf.path;
        if (!slice_is(item->rule->name, field))
            continue;
        while (path_next(&rest, &segment))
            continue;
        snprintf(path, TEXT, "%.*s%s", (int)(item->leaf.path.length - segment.length),
                 (const char *)item->leaf.path.at, name);
    }
    CHECK_U64(d->composed->local_count, 1);
    return (struct leaf){slice_text(path), d->composed->locals[0].value};
}

#define OWN "[" ASKED("X1", ADULT, ALIVE) "]"
#define RELATIVE(suspected)                                                                        \
    "[{\"sid\":\"X1\",\"cat\":\"FAMILY\"}," ASKED(                                                 \
        "V1", CHILD ",\"family\":[{\"sid\":\"X1\",\"suspected\":" suspected "}]", GUARDED) "]"

/* LOCAL values speak of elements that the message has: they end a consent, and prolong none. */
static void a_local_value_can_end_a_consent_of_the_message(void)
{
    static const struct {
        const char *persons, *beside, *name, *value, *wanted, *deaf;
    } rows[] = {
        {OWN, "persons.consent.date", "withdrawn", "\"2026-09-03T08:00:00Z\"", "?", "HLT VIC ?"},
        {OWN, "persons.consent.date", "until", "\"2026-09-03\"", "?", "HLT VIC ?"},
        {OWN, "persons.consent.date", "until", "\"2027-09-03\"", "HLT VIC ?", "HLT VIC ?"},
        {OWN, "persons.consent.date", "given_by", "\"somebody\"", "?", "HLT VIC ?"},
        {RELATIVE("false"), "persons.family.sid", "suspected", "true", "?", "HLT VIC ?"},
        {RELATIVE("true"), "persons.family.sid", "suspected", "false", "?", "?"},
        {RELATIVE("false"), "persons.family.sid", "suspected", "false", "HLT VIC ?", "HLT VIC ?"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char local[TEXT], got[TEXT], path[TEXT] = "";
        json_t *document = request_about(rows[i].persons);
        snprintf(local, sizeof local, "{\"LOCAL\":{\"asylum\":{\"ref\":%s}}}", rows[i].value);
        patch(document, "X1", local);
        struct decided d = decide(shipped_rulebook(), document, "XA-CA-01", TO);
        struct question q = question_about(&d);
        const struct leaf moved = moved_beside(&d, rows[i].beside, rows[i].name, path);
        q.locals = &moved;
        read_first(d.composed->arena, &q, true, got);
        CHECK_TEXT(got, rows[i].wanted);
        read_first(d.composed->arena, &q, false, got);
        CHECK_TEXT(got, rows[i].deaf);
        json_decref(document);
        decided_free(&d);
    }
}

#define LISTED(members) "\"family\":[{\"sid\":\"R1\"" members "}]"

static void a_relative_has_the_consent_of_the_child_that_lists_it_unsuspected(void)
{
    static const struct {
        const char *child, *consent, *wanted;
    } rows[] = {
        {CHILD "," LISTED(",\"suspected\":false"), GUARDED, "HLT VIC ?"},
        {CHILD "," LISTED(",\"suspected\":true"), GUARDED, "?"},
        {CHILD "," LISTED(""), GUARDED, "?"},
        {CHILD, GUARDED, "?"},
        {CHILD ",\"family\":[{\"sid\":\"R2\",\"suspected\":false}]", GUARDED, "?"},
        /* listed twice */
        {CHILD ",\"family\":[{\"sid\":\"R1\",\"suspected\":false},"
               "{\"sid\":\"R1\",\"suspected\":true}]",
         GUARDED, "?"},
        {CHILD ",\"family\":[{\"sid\":\"R2\",\"suspected\":true},"
               "{\"sid\":\"R1\",\"suspected\":false}]",
         GUARDED, "HLT VIC ?"},
        /* the child's own word is no consent, and an adult's is not for relatives */
        {CHILD "," LISTED(",\"suspected\":false"), ALIVE, "?"},
        {ADULT "," LISTED(",\"suspected\":false"), GUARDED, "?"},
        {"\"cat\":\"VICTIM\"," LISTED(",\"suspected\":false"), GUARDED, "?"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char persons[1600];
        snprintf(persons, sizeof persons,
                 "[{\"sid\":\"R1\",\"cat\":\"FAMILY\"},{\"sid\":\"V1\",%s,\"consent\":[%s]}]",
                 rows[i].child, rows[i].consent);
        check_persons(persons, rows[i].wanted);
    }
}

static void of_what_another_gateway_let_go_no_consent_is_known(void)
{
    static const struct release hop1;
    json_t *document = request_about("[" ASKED("X1", ADULT, GUARDED) "]");
    struct decided d = decide(shipped_rulebook(), document, "XA-CA-01", TO);
    struct question q = question_about(&d);
    struct facts facts;
    struct codes codes = {0};
    q.relayed = &hop1;
    if (CHECK_OK(facts_gather(d.composed->arena, &q, true, &facts))) {
        consent_read_consented(&facts, NULL, 0, &codes);
        CHECK_U64(codes.count, 0);
        CHECK(codes.open && codes.partial && !codes.known);
    }
    json_decref(document);
    decided_free(&d);
}

#define ONLY "permit \"p\" fields * "
#define ALL  ONLY "basis \"b\" forbid \"f\" fields * "

/* Whatever a rule makes of it, a consent that is not there releases nothing more. */
static void a_consent_less_never_releases_more(void)
{
    static const struct {
        const char *rules;
        bool released; /* with the consent; never without */
    } rows[] = {
        {ONLY "when person.consented is HLT", true},
        {ONLY "when person.consented is not HLT", false},
        {ONLY "when person.consented is not ID", false},
        {ONLY "unless person.consented is not HLT", true},
        {ONLY "when person.consented is known", false},
        {ALL "unless person.consented is HLT", true},
        {ALL "when person.consented is ID", false},
        {ALL "when person.consented is not HLT", true},
    };
    const char *const persons[] = {"[{\"sid\":\"X1\"," ADULT "}]", OWN};
    for (size_t i = 0; i < 2 * sizeof rows / sizeof rows[0]; i++) {
        char rules[400];
        struct text_error error = {.message = ""};
        struct rulebook *r = NULL;
        json_t *document = request_about(persons[i % 2]);
        snprintf(rules, sizeof rules, "%s basis \"b\"", rows[i / 2].rules);
        char *text = policy_of(rules);
        if (CHECK_OK(rulebook_with(text, &r, &error))) {
            struct decided d = decide(r, document, "XA-CA-01", TO);
            bool released = verdict_at(&d, "persons/~X1/dob")->released;
            if (!CHECK(released == (rows[i / 2].released && i % 2 == 1)))
                printf("    %s\n", rules);
            decided_free(&d);
        }
        rulebook_free(r);
        free(text);
        json_decref(document);
    }
}

TESTS(policy_consent,
      {"a consent is alive if every part of it fits the message",
       a_consent_is_alive_if_every_part_of_it_fits_the_message},
      {"a malformed part makes a consent a dead one", a_malformed_part_makes_a_consent_a_dead_one},
      {"a child does not consent alone", a_child_does_not_consent_alone},
      {"parts of several consents do not add up", parts_of_several_consents_do_not_add_up},
      {"a LOCAL value can end a consent of the message",
       a_local_value_can_end_a_consent_of_the_message},
      {"a relative has the consent of the child that lists it unsuspected",
       a_relative_has_the_consent_of_the_child_that_lists_it_unsuspected},
      {"of what another gateway let go no consent is known",
       of_what_another_gateway_let_go_no_consent_is_known},
      {"a consent less never releases more", a_consent_less_never_releases_more})
