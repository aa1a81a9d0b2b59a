#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define XC "XC-CA-01"

/* What is neither in clear nor withheld, as whole messages: A.3 under laws made for the test. */

static const uint8_t key[32] = {1, 2, 3};

struct asked {
    const char *rules;  /* the body of a policy */
    const char *change; /* of the document; NULL: none */
    bool approved;
    const uint8_t *pseudonym_key;
};

struct answered {
    struct rulebook *rulebook;
    struct decided decided;
};

static struct answered ask(const struct asked *asked)
{
    struct answered a = {0};
    struct text_error error = {.message = ""};
    struct slice path;
    char *text = policy_of(asked->rules);
    json_t *document = a3();
    if (asked->change != NULL)
        patch(document, NULL, asked->change);
    if (!CHECK_OK(rulebook_with(text, &a.rulebook, &error))) {
        printf("    %u:%u: %s\n", error.line, error.column, error.message);
        exit(1);
    }
    struct composed *c = compose(a.rulebook->schema, document, "XA-CA-01", XC);
    a.decided.composed = c;
    CHECK_OK(document_judge(c->arena, c->type, &c->facts, c->leaves, c->count, &a.decided.document,
                            &path));
    const struct question question = {.rulebook = a.rulebook,
                                      .claims = &c->claims,
                                      .document = a.decided.document,
                                      .at_ms = IN_FORCE,
                                      .approved = asked->approved,
                                      .pseudonym_key = asked->pseudonym_key};
    CHECK_OK(policy_decide(c->arena, &question, &a.decided.decision));
    json_decref(document);
    free(text);
    return a;
}

static void answered_free(struct answered *a)
{
    decided_free(&a->decided);
    rulebook_free(a->rulebook);
}

/* The derived value at a labelled path as text, its transform before it; "" if there is none. */
static const char *derived_at(const struct answered *a, const char *label)
{
    static char text[200];
    const struct decision *d = a->decided.decision;
    text[0] = '\0';
    for (size_t i = 0; i < d->derivation_count; i++) {
        const struct derivation *v = &d->derivations[i];
        struct value value = value_read(v->value);
        if (strcmp(composed_label(a->decided.composed, v->path), label) == 0)
            snprintf(text, sizeof text, "%.*s %.*s", (int)v->transform.length,
                     (const char *)v->transform.at, (int)value.octets.length,
                     (const char *)value.octets.at);
        CHECK(v->source < a->decided.document->count);
    }
    return text;
}

#define ALL "permit \"all\" fields * basis \"b\"\n"

static void a_field_is_shown_at_the_level_that_rules_leave(void)
{
    static const struct {
        const char *rules, *level, *derived;
    } rows[] = {
        {"permit \"p\" fields * release at most generalise to year basis \"b\"",
         "generalise withheld", "generalise 2001"},
        {ALL "limit \"l\" fields tag.identity release at most generalise to month basis \"b\"",
         "generalise withheld", "generalise 2001-11"},
        {ALL "limit \"l\" fields person.dob release at most generalise to month basis \"b\"\n"
             "limit \"m\" fields person.dob release at most generalise to decade basis \"b\"",
         "generalise withheld", "generalise 2000s"},
        {"permit \"p\" fields person.dob release generalise to decade basis \"b\"\n"
         "permit \"q\" fields person.dob release generalise to year basis \"b\"\n",
         "generalise withheld", "generalise 2001"},
        {ALL "limit \"l\" fields person.dob release at most stated basis \"b\"\n"
             "limit \"m\" fields person.dob release at most generalise to year basis \"b\"",
         "stated withheld", ""},
        {ALL "limit \"l\" fields person.dob release at most generalise to year basis \"b\"\n"
             "forbid \"f\" fields person.dob basis \"b\"",
         "silent withheld", ""},
        {ALL "limit \"l\" fields tag.identity release at most generalise to degree basis \"b\"",
         "silent withheld", ""},
        {ALL "limit \"l\" fields person.dob release at most clear basis \"b\"", "clear released",
         ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct answered a = ask(&(struct asked){.rules = rows[i].rules});
        bool held = CHECK_TEXT(level_at(&a.decided, "persons/~V1/dob"), rows[i].level);
        held = CHECK_TEXT(derived_at(&a, "persons/~V1/dob"), rows[i].derived) && held;
        if (!held)
            printf("    %s\n", rows[i].rules);
        answered_free(&a);
    }
}

static void without_a_key_what_would_be_a_pseudonym_is_withheld(void)
{
    static const char rules[] =
        ALL "limit \"l\" fields tag.identity release at most pseudonym basis \"b\"";
    struct answered with = ask(&(struct asked){.rules = rules, .pseudonym_key = key});
    struct answered without = ask(&(struct asked){.rules = rules});
    CHECK_TEXT(level_at(&with.decided, "persons/~V1/name/family"), "pseudonym withheld");
    CHECK_U64(strlen(derived_at(&with, "persons/~V1/name/family")), strlen("pseudonym ") + 32);
    CHECK_TEXT(level_at(&without.decided, "persons/~V1/name/family"), "silent withheld");
    CHECK_TEXT(derived_at(&without, "persons/~V1/name/family"), "");
    answered_free(&with);
    answered_free(&without);
}

/* The value itself is withheld: text that has it is held as if nothing of it were shown. */
static void a_name_that_is_shown_as_initials_is_looked_for_in_texts(void)
{
    static const char rules[] =
        ALL "limit \"l\" fields person.name.family release generalise to initials basis \"b\"";
    struct answered a =
        ask(&(struct asked){.rules = rules, .change = "{\"facts\":\"She is called Dostan.\"}"});
    CHECK_U64(a.decided.decision->outcome, OUTCOME_HOLD);
    CHECK(slice_begins(a.decided.decision->rule, slice_text("R-GEN-07")));
    answered_free(&a);
}

/* Subjects under a pseudonym would tell who is meant no more, but the text still would. */
static void what_stands_together_falls_where_a_part_would_be_transformed(void)
{
    static const struct {
        const char *rules, *facts;
    } rows[] = {
        {ALL, "clear released"},
        {ALL "limit \"l\" fields facts_subjects release pseudonym basis \"b\"", "silent withheld"},
        {ALL "limit \"l\" fields facts release pseudonym basis \"b\"", "silent withheld"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct answered a = ask(&(struct asked){
            .rules = rows[i].rules, .change = "{\"facts\":\"Workers.\"}", .pseudonym_key = key});
        CHECK_TEXT(level_at(&a.decided, "facts"), rows[i].facts);
        CHECK_TEXT(derived_at(&a, "facts"), i == 0 ? "" : "summary ");
        if (i > 0)
            CHECK_TEXT(level_at(&a.decided, "facts_subjects"), "silent withheld");
        CHECK_TEXT(derived_at(&a, "facts_subjects"), "");
        answered_free(&a);
    }
}

/* A permit that asks for more than the message has grants nothing; it takes nothing away. */
static void what_a_message_does_not_meet_is_not_released(void)
{
    static const struct {
        const char *rules;
        bool approved;
        const char *level;
    } rows[] = {
        {"permit \"p\" fields * require four-eyes basis \"b\"", true, "clear released"},
        {"permit \"p\" fields * require four-eyes basis \"b\"", false, "silent withheld"},
        {"permit \"p\" fields * require four-eyes basis \"b\"\n" ALL, false, "clear released"},
        {"permit \"p\" fields * require case-reference basis \"b\"", false, "clear released"},
        {"permit \"p\" fields * require case-reference, four-eyes basis \"b\"", false,
         "silent withheld"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct answered a =
            ask(&(struct asked){.rules = rows[i].rules, .approved = rows[i].approved});
        if (!CHECK_TEXT(level_at(&a.decided, "persons/~V1/dob"), rows[i].level))
            printf("    %s\n", rows[i].rules);
        CHECK_U64(a.decided.decision->obligations.count, 0);
        answered_free(&a);
    }
}

static void what_binds_the_recipient_goes_with_the_release(void)
{
    static const char rules[] =
        "permit \"p\" fields * require tlp-red, handling-h2, four-eyes, retain-until basis \"b\"";
    struct answered a = ask(&(struct asked){.rules = rules, .approved = true});
    const struct slices *o = &a.decided.decision->obligations;
    if (CHECK_U64(o->count, 3)) {
        CHECK_BYTES(o->at[0], slice_text("handling-h2"));
        CHECK(slice_begins(o->at[1], slice_text("retain-until=")));
        CHECK_BYTES(o->at[2], slice_text("tlp-red"));
    }
    answered_free(&a);
}

TESTS(policy_shown,
      {"a field is shown at the level that rules leave",
       &a_field_is_shown_at_the_level_that_rules_leave},
      {"without a key what would be a pseudonym is withheld",
       &without_a_key_what_would_be_a_pseudonym_is_withheld},
      {"a name that is shown as initials is looked for in texts",
       &a_name_that_is_shown_as_initials_is_looked_for_in_texts},
      {"what stands together falls where a part would be transformed",
       &what_stands_together_falls_where_a_part_would_be_transformed},
      {"what a message does not meet is not released",
       &what_a_message_does_not_meet_is_not_released},
      {"what binds the recipient goes with the release",
       &what_binds_the_recipient_goes_with_the_release})
