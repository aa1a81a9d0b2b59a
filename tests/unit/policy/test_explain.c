#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>

#include "policy/coverage.h"
#include "policy/explain.h"

/* A.3 under a law of its own, and what is said of one field. */
struct row {
    const char *rules, *path, *deciding;
    const char *told;    /* of each rule that covers: its title, then + applied, ! matters */
    const char *missing; /* with blanks between them */
};

static void put_told(struct buffer *out, const struct explanation *e)
{
    for (size_t i = 0; i < e->rule_count; i++) {
        const struct explained_rule *r = &e->rules[i];
        buffer_print(out, "%s%.*s%s%s", i == 0 ? "" : " ", (int)r->rule->title.length,
                     (const char *)r->rule->title.at, r->applied ? "+" : "", r->matters ? "!" : "");
    }
}

static void put_missing(struct buffer *out, const struct explanation *e)
{
    for (size_t i = 0; i < e->missing.count; i++)
        buffer_print(out, "%s%.*s", i == 0 ? "" : " ", (int)e->missing.at[i].length,
                     (const char *)e->missing.at[i].at);
}

static bool is_told(const struct decided *d, const struct rulebook *r, const struct row *row)
{
    size_t item = (size_t)(verdict_at(d, row->path) - d->decision->verdicts);
    const struct question q = {
        .rulebook = r, .claims = &d->composed->claims, .document = d->document, .at_ms = IN_FORCE};
    const struct explanation *e = NULL;
    struct buffer told = buffer_new(4096), missing = buffer_new(4096);
    if (!CHECK_OK(policy_explain(d->composed->arena, &q, item, &e)))
        return false;
    put_told(&told, e);
    put_missing(&missing, e);
    bool held = CHECK_BYTES(buffer_slice(&told), slice_text(row->told));
    held = CHECK_BYTES(buffer_slice(&missing), slice_text(row->missing)) && held;
    held = CHECK_BYTES(e->deciding == NULL ? slice_text("") : e->deciding->rule->title,
                       slice_text(row->deciding)) &&
           held;
    buffer_done(&told);
    buffer_done(&missing);
    return held;
}

static void a_field_is_explained_by_its_rules_and_by_what_is_missing(void)
{
#define ALL "permit \"all\" fields * basis \"b\"\n"
    static const struct row rows[] = {
        {"", "why", "", "", ""},
        {ALL, "why", "all", "all+", ""},
        {ALL "permit \"less\" fields why release stated basis \"b\"\n", "why", "all", "all+ less+",
         ""},
        /* V1's flags are not there: what they might say matters */
        {ALL "forbid \"flagged\" fields tag.identity when person.flags is SEPARATED basis \"b\"\n",
         "persons/~V1/name/family", "flagged", "all+ flagged+!", "person.flags"},
        /* it does not where something certain says as much */
        {ALL "forbid \"f\" fields tag.identity when person.flags is SEPARATED basis \"b\"\n"
             "forbid \"always\" fields person.name.* basis \"b\"\n",
         "persons/~V1/name/family", "always", "all+ always+ f+", ""},
        /* what is known to be otherwise is not told of */
        {ALL "forbid \"f\" fields tag.identity when person.cat is ACCUSED basis \"b\"\n",
         "persons/~V1/name/family", "all", "all+", ""},
        /* a permit that may hold, and would raise the level */
        {"permit \"p\" fields why when case.prior_ref is not \"x\" and message.urgency is URGENT\n"
         "  basis \"b\"\n",
         "why", "", "p!", "case.prior_ref"},
        /* what two attributes have in common: only the one that is missing is named */
        {ALL "limit \"l\" fields tag.identity when person.birth_place.cc is same as "
             "recipient.state\n"
             "  release stated basis \"b\"\n",
         "persons/~V1/name/family", "l", "all+ l+!", "person.birth_place.cc"},
        /* V1's consent has no category and no end: there may be another */
        {ALL "forbid \"f\" fields tag.identity unless person.consented is ID basis \"b\"\n",
         "persons/~V1/name/family", "f", "all+ f+!", "person.consented"},
        {"permit \"p\" fields tag.identity when person.consented is ID basis \"b\"\n",
         "persons/~V1/name/family", "", "p!", "person.consented"},
        /* a permit whose precondition is not met grants nothing */
        {"permit \"approved\" fields why require four-eyes basis \"b\"\n", "why", "", "approved",
         ""},
        {"permit \"approved\" fields why require four-eyes basis \"b\"\n"
         "permit \"other\" fields why basis \"b\"\n",
         "why", "other", "approved other+", ""},
        /* nor would it, whatever else were known; and nothing is held back from it */
        {"permit \"p\" fields why when case.prior_ref is not \"x\" require four-eyes basis \"b\"\n",
         "why", "", "p", ""},
        {"permit \"approved\" fields tag.identity require four-eyes basis \"b\"\n"
         "limit \"l\" fields tag.identity when person.flags is SEPARATED release stated basis "
         "\"b\"\n",
         "persons/~V1/name/family", "", "approved l+", ""},
    };
    json_t *document = a3();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct rulebook *r = NULL;
        struct text_error error = {.message = ""};
        char *text = policy_of(rows[i].rules);
        if (CHECK_OK(rulebook_with(text, &r, &error))) {
            struct decided d = decide(r, document, "XA-CA-01", "XC-CA-01");
            if (!is_told(&d, r, &rows[i]))
                printf("    %s\n", rows[i].rules);
            decided_free(&d);
        } else {
            printf("    %u:%u %s\n", error.line, error.column, error.message);
        }
        rulebook_free(r);
        free(text);
    }
    json_decref(document);
}

/* A rule is seen at work where it counts for something. */
static void a_permit_without_what_it_requires_is_not_seen_at_work(void)
{
    struct rulebook *r = NULL;
    struct text_error error = {.message = ""};
    struct coverage coverage;
    json_t *document = a3();
    char *text = policy_of("permit \"approved\" fields why require four-eyes basis \"b\"\n");
    CHECK_OK(rulebook_with(text, &r, &error));
    struct decided d = decide(r, document, "XA-CA-01", "XC-CA-01");
    struct question q = {
        .rulebook = r, .claims = &d.composed->claims, .document = d.document, .at_ms = IN_FORCE};
    CHECK_OK(coverage_new(d.composed->arena, r->law, &coverage));
    CHECK_OK(coverage_add(&coverage, &q));
    CHECK(coverage.left[0] && !coverage.applied[0]);
    q.approved = true;
    CHECK_OK(coverage_add(&coverage, &q));
    CHECK(coverage.applied[0]);
    CHECK_U64(coverage_count(&coverage), 1);
    decided_free(&d);
    rulebook_free(r);
    free(text);
    json_decref(document);
}

static void a_condition_with_too_many_alternatives_is_an_error(void)
{
    struct buffer rule = buffer_new(8192);
    struct rulebook *r = NULL;
    struct text_error error = {.message = ""};
    buffer_text(&rule, "permit \"wide\" fields why\nwhen ");
    for (unsigned i = 0; i < 7; i++)
        buffer_print(&rule, "%s(case.why is \"%u\" or case.prior_ref is \"%u\")",
                     i == 0 ? "" : " and ", i, i);
    buffer_text(&rule, " basis \"b\"");
    buffer_u8(&rule, 0);
    char *text = policy_of((const char *)rule.at);
    struct status s = rulebook_with(text, &r, &error);
    CHECK_STATUS(s, FAIL(CONFIG));
    CHECK_TEXT(error.file, "law/rules/test");
    CHECK_U64(error.line, 3);
    CHECK(strstr(error.message, "split this rule") != NULL);
    rulebook_free(r);
    free(text);
    buffer_done(&rule);
}

TESTS(policy_explain,
      {"a field is explained by its rules and by what is missing",
       &a_field_is_explained_by_its_rules_and_by_what_is_missing},
      {"a permit without what it requires is not seen at work",
       &a_permit_without_what_it_requires_is_not_seen_at_work},
      {"a condition with too many alternatives is an error",
       &a_condition_with_too_many_alternatives_is_an_error})
