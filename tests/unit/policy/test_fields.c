#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define XC "XC-CA-01"
#define XB "XB-CA-01"

static struct decided decide_shipped(json_t *document, const char *to)
{
    return decide(shipped_rulebook(), document, "XA-CA-01", to);
}

static const struct derivation *derivation_at(const struct decided *d, const char *label)
{
    for (size_t i = 0; i < d->decision->derivation_count; i++)
        if (strcmp(composed_label(d->composed, d->decision->derivations[i].path), label) == 0)
            return &d->decision->derivations[i];
    return NULL;
}

static const struct withholding *withholding_at(const struct decided *d, const char *label)
{
    for (size_t i = 0; i < d->decision->withheld_count; i++)
        if (strcmp(composed_label(d->composed, d->decision->withheld[i].path), label) == 0)
            return &d->decision->withheld[i];
    return NULL;
}

/* R-GEN-07: the text stands only if every category is in clear for every subject. */
static void facts_stand_or_fall_with_what_they_declare(void)
{
    static const struct {
        const char *change;
        bool stands;
    } rows[] = {
        {"{\"facts_subjects\":[\"S1\"],\"facts_cats\":[\"CRM\"]}", true},
        {"{\"facts_subjects\":[\"S1\",\"S2\"],\"facts_cats\":[\"CRM\",\"FIN\",\"PLC\"]}", false},
        {"{\"facts_subjects\":[\"S1\",\"S2\"],\"facts_cats\":[\"CRM\",\"PLC\"]}", true},
        {"{\"facts_subjects\":[\"S1\"],\"facts_cats\":[\"CRM\",\"VIC\"]}", true},
        {"{\"facts_subjects\":[\"S1\"],\"facts_cats\":[\"CRM\",\"CHD\"]}", false},
        {"{\"facts_subjects\":[\"S1\",\"V1\"],\"facts_cats\":[\"CRM\"]}", false},
        {"{\"facts_subjects\":[\"V1\"],\"facts_cats\":[\"PLC\"]}", true},
        {"{\"facts_subjects\":[\"V1\"],\"facts_cats\":[\"DEM\"]}", false},
        {"{\"facts_subjects\":[\"S1\",\"S9\"],\"facts_cats\":[\"CRM\"]}", false},
        {"{\"facts_subjects\":[],\"facts_cats\":[\"CRM\"]}", false},
        {"{\"facts_subjects\":[\"S1\"],\"facts_cats\":[]}", false},
        {"{\"facts_subjects\":null,\"facts_cats\":[\"CRM\"]}", false},
        {"{\"facts_subjects\":[\"S1\"],\"facts_cats\":null}", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        json_t *document = a3();
        patch(document, NULL, "{\"facts\":\"Workers were recruited.\"}");
        patch(document, NULL, rows[i].change);
        struct decided d = decide_shipped(document, XC);
        bool held = CHECK_TEXT(level_at(&d, "facts"),
                               rows[i].stands ? "clear released" : "silent withheld");
        held = CHECK((derivation_at(&d, "facts") == NULL) == rows[i].stands) && held;
        held = CHECK_TEXT(level_at(&d, "releasable_summary"), "clear released") && held;
        if (json_object_get(document, "facts_subjects") != NULL)
            held = CHECK(verdict_at(&d, "facts_subjects")->released == rows[i].stands) && held;
        if (!held)
            printf("    %s\n", rows[i].change);
        json_decref(document);
        decided_free(&d);
    }
}

static void facts_fall_without_a_summary_and_nothing_is_derived(void)
{
    json_t *document = a3();
    patch(document, NULL, "{\"releasable_summary\":null}");
    struct decided d = decide_shipped(document, XC);
    CHECK_TEXT(level_at(&d, "facts"), "silent withheld");
    CHECK(derivation_at(&d, "facts") == NULL);
    CHECK_U64(d.decision->transformed, 2);
    json_decref(document);
    decided_free(&d);
}

static void an_age_group_is_derived_of_a_birth_date(void)
{
    static const struct {
        const char *change, *text; /* NULL: none is derived */
    } rows[] = {
        {"{}", "18 years or over"},
        {"{\"dob\":\"2010-01-01\"}", "0 to 17 years"},
        {"{\"dob\":\"2008\"}", "0 to 17 years"},
        {"{\"dob\":\"2001\",\"age_status\":\"DISPUTED\"}", "0 to 17 years"},
        {"{\"dob\":null}", NULL},
        {"{\"dob\":null,\"age_group\":\"9--17\"}", NULL},
        {"{\"age_group\":\"21--23\"}", "18 years or over"},
        {"{\"citizenship\":null}", "18 years or over"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        json_t *document = a3();
        patch(document, "V1", "{\"LOCAL\":null}");
        patch(document, "V1", rows[i].change);
        struct decided d = decide_shipped(document, XC);
        const struct derivation *made = derivation_at(&d, "persons/~V1/age_group");
        bool held = CHECK((made != NULL) == (rows[i].text != NULL));
        if (made != NULL && rows[i].text != NULL)
            held = CHECK_BYTES(value_read(made->value).octets, slice_text(rows[i].text)) && held;
        if (json_object_get(person_of(document, "V1"), "age_group") != NULL)
            held = CHECK_TEXT(level_at(&d, "persons/~V1/age_group"), "generalise withheld") && held;
        held = CHECK_U64(d.decision->outcome, OUTCOME_DELIVER) && held;
        if (!held)
            printf("    %s\n", rows[i].change);
        json_decref(document);
        decided_free(&d);
    }
}

static void nothing_is_generalised_where_no_risk_state_asks(void)
{
    json_t *document = a3();
    struct decided d = decide_shipped(document, XB);
    CHECK_TEXT(level_at(&d, "persons/~V1/citizenship"), "clear released");
    CHECK_TEXT(level_at(&d, "persons/~V1/dob"), "stated withheld");
    CHECK(derivation_at(&d, "persons/~V1/age_group") == NULL);
    json_decref(document);
    decided_free(&d);
}

/* What the sender says of the age goes, or the gateway's word, never both. */
static void an_age_group_of_the_sender_is_not_derived_again(void)
{
    struct rulebook *r = NULL;
    struct text_error error;
    char *text =
        policy_of("permit \"all\" fields * basis \"b\"\n"
                  "limit \"l\" fields person.citizenship release generalise basis \"b\"\n");
    json_t *document = a3();
    patch(document, "V1", "{\"age_group\":\"21--23\"}");
    if (CHECK_OK(rulebook_with(text, &r, &error))) {
        struct decided d = decide(r, document, "XA-CA-01", XB);
        CHECK_TEXT(level_at(&d, "persons/~V1/age_group"), "clear released");
        CHECK(derivation_at(&d, "persons/~V1/age_group") == NULL);
        CHECK(derivation_at(&d, "persons/~W1/age_group") != NULL);
        decided_free(&d);
    }
    json_decref(document);
    rulebook_free(r);
    free(text);
}

/* The shipped rulebook with one text changed at one place. */
static struct rulebook *rulebook_less(const char *path, const char *without)
{
    struct text_file at[300];
    struct text_files files = {.at = at};
    struct text_error error = {.message = ""};
    struct rulebook *r = NULL;
    char *changed = NULL;
    for (; files.count < shipped_files()->count; files.count++) {
        at[files.count] = shipped_files()->at[files.count];
        if (!slice_is(at[files.count].path, path))
            continue;
        size_t length = at[files.count].text.length;
        changed = malloc(length + 1);
        slice_copy_text(at[files.count].text, changed, length + 1);
        char *hit = strstr(changed, without);
        if (CHECK(hit != NULL))
            memmove(hit, hit + strlen(without), strlen(hit + strlen(without)) + 1);
        at[files.count].text = slice_text(changed);
    }
    CHECK_OK(rulebook_parse(&files, &r, &error));
    free(changed);
    return r;
}

/* R-GEN-03: of protected persons only what the type carries, derived or not. */
static void an_age_group_that_the_type_does_not_carry_is_not_derived(void)
{
    struct rulebook *r = rulebook_less("law/messages/mla.request", " age_group,");
    json_t *document = a3();
    if (CHECK(r != NULL)) {
        struct decided d = decide(r, document, "XA-CA-01", XC);
        CHECK(derivation_at(&d, "persons/~V1/age_group") == NULL);
        CHECK_U64(d.decision->derivation_count, 1);
        decided_free(&d);
    }
    json_decref(document);
    rulebook_free(r);
}

/* Only DEM has a coarser form. */
static void what_has_no_coarser_form_is_withheld(void)
{
    struct rulebook *r = NULL;
    struct text_error error;
    char *text = policy_of("permit \"all\" fields * basis \"b\"\n"
                           "limit \"l\" fields tag.identity release generalise basis \"b\"\n");
    json_t *document = a3();
    if (CHECK_OK(rulebook_with(text, &r, &error))) {
        struct decided d = decide(r, document, "XA-CA-01", XC);
        CHECK_TEXT(level_at(&d, "persons/~V1/name/family"), "generalise withheld");
        CHECK_U64(d.decision->withheld_count, 0);
        decided_free(&d);
    }
    json_decref(document);
    rulebook_free(r);
    free(text);
}

static void the_empty_law_denies_everything(void)
{
    struct rulebook *r = NULL;
    struct text_error error;
    json_t *document = a3();
    if (CHECK_OK(rulebook_with("", &r, &error))) {
        struct decided d = decide(r, document, "XA-CA-01", XC);
        CHECK_U64(d.decision->released, 0);
        CHECK_U64(d.decision->withheld_total, 100);
        CHECK_U64(d.decision->withheld_count, 0);
        CHECK_U64(d.decision->derivation_count, 0);
        for (size_t i = 0; i < d.document->count; i++)
            CHECK_U64(d.decision->verdicts[i].level, LEVEL_SILENT);
        decided_free(&d);
    }
    json_decref(document);
    rulebook_free(r);
}

struct group_row {
    const char *rules;
    const char *group, *code; /* NULL: no marker */
    const char *member, *level;
};

/* Where something of a group is delivered, what else is in it goes without a trace. */
static void a_marker_stands_only_where_nothing_of_its_group_is_delivered(void)
{
#define ALL "permit \"all\" fields * basis \"b\"\n"
    static const struct group_row rows[] = {
        {ALL "forbid \"f\" fields person.name.* notice stated basis \"b\"\n", "persons/~V1/name",
         "ID", "persons/~V1/name/family", "stated withheld"},
        {ALL "forbid \"f\" fields person.name.family notice stated basis \"b\"\n",
         "persons/~V1/name", NULL, "persons/~V1/name/family", "silent withheld"},
        {ALL "forbid \"f\" fields person.name.family notice stated basis \"b\"\n"
             "forbid \"g\" fields person.name.given notice silent basis \"b\"\n",
         "persons/~V1/name", "ID", "persons/~V1/name/given", "silent withheld"},
        {ALL "forbid \"f\" fields person.name.* notice silent basis \"b\"\n", "persons/~V1/name",
         NULL, "persons/~V1/name/family", "silent withheld"},
        {ALL "forbid \"f\" fields items.* notice stated basis \"b\"\n", "items", "FIN",
         "items/~4/measure", "stated withheld"}, /* FIN and COM: the first in the order */
        {ALL "forbid \"f\" fields facts notice stated basis \"b\"\n", "facts", NULL, "facts",
         "silent withheld"}, /* its place is taken by the summary */
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct rulebook *r = NULL;
        struct text_error error;
        char *text = policy_of(rows[i].rules);
        json_t *document = a3();
        if (CHECK_OK(rulebook_with(text, &r, &error))) {
            struct decided d = decide(r, document, "XA-CA-01", XC);
            const struct withholding *w = withholding_at(&d, rows[i].group);
            bool held = CHECK((w != NULL) == (rows[i].code != NULL));
            if (w != NULL && rows[i].code != NULL)
                held = CHECK_BYTES(w->code, slice_text(rows[i].code)) && held;
            held = CHECK_TEXT(level_at(&d, rows[i].member), rows[i].level) && held;
            if (!held)
                printf("    %s\n", rows[i].rules);
            decided_free(&d);
        }
        json_decref(document);
        rulebook_free(r);
        free(text);
    }
}

/* A residence permit among the documents (ASY) is never told of, not even by its code. */
static void asylum_is_never_stated(void)
{
    struct rulebook *r = NULL;
    struct text_error error;
    char *text = policy_of("permit \"all\" fields * release stated basis \"b\"\n");
    json_t *document = a3();
    patch(document, "V1",
          "{\"docs\":[{\"type\":\"CONVENTION_TRAVEL\",\"number\":\"K1122334\"}],"
          "\"asylum\":{\"status\":\"PENDING\"}}");
    patch(document, "W1", "{\"witness\":{\"protected\":true}}");
    if (CHECK_OK(rulebook_with(text, &r, &error))) {
        struct decided d = decide(r, document, "XA-CA-01", "XA-CA-01");
        CHECK_TEXT(level_at(&d, "persons/~V1/asylum/status"), "silent withheld");
        CHECK_TEXT(level_at(&d, "persons/~V1/docs/~1/type"), "silent withheld");
        CHECK_TEXT(level_at(&d, "persons/~W1/witness/protected"), "silent withheld");
        CHECK(withholding_at(&d, "persons/~V1/docs") == NULL);
        CHECK(withholding_at(&d, "persons/~V1/asylum") == NULL);
        CHECK(withholding_at(&d, "persons/~W1/witness") == NULL);
        CHECK(withholding_at(&d, "persons/~V1/name") != NULL);
        decided_free(&d);
    }
    json_decref(document);
    rulebook_free(r);
    free(text);
}

/* More markers than a release can hold: the sender is told, nothing is cut off. */
static void too_many_markers_refuse_the_message(void)
{
    json_t *document = a3(), *persons = json_object_get(document, "persons");
    for (int i = 0; i < 60; i++) {
        char text[160];
        snprintf(text, sizeof text,
                 "{\"sid\":\"V%d\",\"cat\":\"VICTIM\",\"dob\":\"1990-01-01\","
                 "\"name\":{\"family\":\"Person%d\"},\"means\":[\"FORCE\"]}",
                 i + 2, i);
        json_array_append_new(persons, json_loads(text, 0, NULL));
    }
    struct decided d = decide_shipped(document, XB);
    CHECK_U64(d.decision->outcome, OUTCOME_REFUSE);
    CHECK_U64(d.decision->code, REFUSAL_SIZE);
    json_decref(document);
    decided_free(&d);
}

static void a_full_arena_decides_nothing(void)
{
    json_t *document = a3();
    struct composed *c = compose(shipped_rulebook()->schema, document, "XA-CA-01", XC);
    struct decided d = decide_composed(shipped_rulebook(), c, true);
    const struct question q = {.rulebook = shipped_rulebook(),
                               .claims = &c->claims,
                               .document = d.document,
                               .locals = c->locals,
                               .local_count = c->local_count,
                               .at_ms = IN_FORCE};
    size_t cap = 64;
    for (bool decided = false; !decided; cap += cap / 2) {
        const struct decision *decision = NULL;
        struct arena *small = arena_new(cap);
        struct status s = policy_decide(small, &q, &decision);
        decided = !failed(s);
        CHECK(decided ? decision->released == 69 : s.code == CODE_MEMORY && decision == NULL);
        arena_free(small);
    }
    CHECK(cap > 4096 && cap < 4UL << 20);
    json_decref(document);
    decided_free(&d);
}

TESTS(policy_fields,
      {"facts stand or fall with what they declare", &facts_stand_or_fall_with_what_they_declare},
      {"facts fall without a summary and nothing is derived",
       &facts_fall_without_a_summary_and_nothing_is_derived},
      {"an age group is derived of a birth date", &an_age_group_is_derived_of_a_birth_date},
      {"nothing is generalised where no risk State asks",
       &nothing_is_generalised_where_no_risk_state_asks},
      {"an age group of the sender is not derived again",
       &an_age_group_of_the_sender_is_not_derived_again},
      {"an age group that the type does not carry is not derived",
       &an_age_group_that_the_type_does_not_carry_is_not_derived},
      {"what has no coarser form is withheld", &what_has_no_coarser_form_is_withheld},
      {"the empty law denies everything", &the_empty_law_denies_everything},
      {"a marker stands only where nothing of its group is delivered",
       &a_marker_stands_only_where_nothing_of_its_group_is_delivered},
      {"asylum is never stated", &asylum_is_never_stated},
      {"too many markers refuse the message", &too_many_markers_refuse_the_message},
      {"a full arena decides nothing", &a_full_arena_decides_nothing})
