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

static const struct withholding *withholding_at(const struct decided *d, const char *label)
{
    for (size_t i = 0; i < d->decision->withheld_count; i++)
        if (strcmp(composed_label(d->composed, d->decision->withheld[i].path), label) == 0)
            return &d->decision->withheld[i];
    return NULL;
}

static void a_necessity_opens_a_category_but_never_the_overlay(void)
{
    json_t *document = a3();
    patch(document, NULL,
          "{\"necessity\":[{\"sid\":\"V1\",\"cats\":[\"ID\",\"VIC\",\"CON\"],\"text\":\"hearing\"}]"
          "}");
    struct decided d = decide_shipped(document, XB);
    CHECK_TEXT(level_at(&d, "persons/~V1/name/family"), "clear released");
    CHECK_TEXT(level_at(&d, "persons/~V1/means"), "clear released");
    CHECK_TEXT(level_at(&d, "persons/~V1/contact/phones"), "stated withheld");
    CHECK_TEXT(level_at(&d, "persons/~W1/name/family"), "stated withheld");
    CHECK(withholding_at(&d, "persons/~V1/name") == NULL);
    CHECK(withholding_at(&d, "persons/~V1/contact") != NULL);
    decided_free(&d);
    d = decide_shipped(document, XC);
    CHECK_TEXT(level_at(&d, "persons/~V1/name/family"), "stated withheld");
    CHECK_TEXT(level_at(&d, "persons/~V1/means"), "stated withheld");
    CHECK_TEXT(level_at(&d, "persons/~V1/contact/phones"), "silent withheld");
    json_decref(document);
    decided_free(&d);
}

/* J without its necessity, for each category of the matrix, to a State that is no risk. */
static void the_matrix_says_what_is_seen_of_what_is_withheld(void)
{
    static const struct {
        const char *person, *member, *v1, *s1;
    } rows[] = {
        {"{\"name\":{\"family\":\"X\"}}", "name/family", "stated withheld", "clear released"},
        {"{\"contact\":{\"phones\":[\"+999551200481\"]}}", "contact/phones", "stated withheld",
         "clear released"},
        {"{\"loc\":{\"current\":{\"city\":\"Xtown\"}}}", "loc/current/city", "silent withheld",
         "clear released"},
        {"{\"age_status\":\"UNDISPUTED\"}", "age_status", "silent withheld", "silent withheld"},
        {"{\"health\":{\"needs\":[\"MEDICAL\"]}}", "health/needs", "silent withheld",
         "stated withheld"},
        {"{\"special\":{\"religion\":\"x\"}}", "special/religion", "silent withheld",
         "stated withheld"},
        {"{\"photo\":\"EVD-00123\"}", "photo", "silent withheld", "stated withheld"},
        {"{\"crim\":{\"role\":[\"Exploiter\"]}}", "crim/role", "silent withheld", "clear released"},
        {"{\"exploitation\":[\"FL\"]}", "exploitation", "stated withheld", "silent withheld"},
        {"{\"risk\":{\"level\":\"LOW\"}}", "risk/level", "silent withheld", "silent withheld"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        json_t *document = a3();
        char label[80];
        patch(document, "V1", rows[i].person);
        patch(document, "S1", rows[i].person);
        struct decided d = decide_shipped(document, XB);
        snprintf(label, sizeof label, "persons/~V1/%s", rows[i].member);
        bool held = CHECK_TEXT(level_at(&d, label), rows[i].v1);
        snprintf(label, sizeof label, "persons/~S1/%s", rows[i].member);
        held = CHECK_TEXT(level_at(&d, label), rows[i].s1) && held;
        if (!held)
            printf("    %s\n", rows[i].member);
        json_decref(document);
        decided_free(&d);
    }
}

static void other_roles_and_purposes_get_nothing(void)
{
    json_t *document = a3();
    struct decided d = decide_shipped(document, "XC-NGO-01");
    CHECK_U64(d.decision->released, 0);
    CHECK_U64(d.decision->withheld_count, 0);
    CHECK_U64(d.decision->transformed, 0);
    decided_free(&d);
    patch(document, NULL, "{\"purpose\":\"RETURN\"}");
    d = decide_shipped(document, XC);
    CHECK_U64(d.decision->released, 0);
    CHECK_U64(d.decision->withheld_count, 0);
    json_decref(document);
    decided_free(&d);
}

/* Each shipped text alone, beside a policy that permits everything. */
static void each_text_of_the_law_holds_against_a_permit_of_everything(void)
{
    static const struct {
        const char *file, *sid, *change, *to, *label, *level, *rule;
    } rows[] = {
        {"location", "V1", "{\"loc\":{\"current\":{\"city\":\"Xtown\"}}}", XC,
         "persons/~V1/loc/current/city", "silent withheld", "R-LOC-01"},
        {"location", "S1", "{\"loc\":{\"current\":{\"city\":\"Xtown\"}}}", XC,
         "persons/~S1/loc/current/city", "clear released", "all"},
        {"location", "V1", "{\"loc\":{\"current\":{\"city\":\"Xtown\"}}}", XB,
         "persons/~V1/loc/current/city", "clear released", "all"},
        {"asylum", "S1", "{\"asylum\":{\"status\":\"NONE\"}}", XC, "persons/~S1/asylum/status",
         "silent withheld", "R-ASY-01"},
        {"asylum", "V1", "{\"asylum\":{\"status\":\"NONE\"}}", "XB-IGO-01",
         "persons/~V1/asylum/status", "silent withheld", "R-ASY-02"},
        {"witnesses", "S1", "{\"witness\":{\"protected\":true}}", "XA-CA-01",
         "persons/~S1/witness/protected", "silent withheld", "R-WIT-01"},
        {"victims", "V1", "{}", XB, "persons/~V1/name/family", "stated withheld", "R-VIC-01"},
        {"victims", "V1", "{}", XB, "persons/~V1/contact/phones", "stated withheld", "R-VIC-03"},
        {"victims", "V1", "{\"health\":{\"note\":\"x\"}}", XB, "persons/~V1/health/note",
         "stated withheld", "R-LED-08"},
        {"victims", "V1", "{}", "XB-NRM-01", "persons/~V1/contact/phones", "clear released", "all"},
        {"general", "V1", "{}", XB, "persons/~V1/sector", "silent withheld", "R-GEN-03"},
        {"overlay", "V1", "{}", XC, "persons/~V1/name/family", "stated withheld",
         "R-ASY-03 overlay ID"},
        {"overlay", "V1", "{}", XB, "persons/~V1/name/family", "clear released", "all"},
        {"overlay", "S1", "{\"loc\":{\"current\":{\"city\":\"Xtown\"}}}", XC,
         "persons/~S1/loc/current/city", "silent withheld", "R-ASY-03 overlay LOC"},
        {"overlay", "S1", "{\"photo\":\"EVD-00123\"}", XC, "persons/~S1/photo", "stated withheld",
         "R-ASY-03 overlay BIO"},
        {"overlay", "S1", "{\"risk\":{\"level\":\"LOW\"}}", XC, "persons/~S1/risk/level",
         "silent withheld", "R-ASY-03 overlay OPS"},
        {"overlay", "V1", "{\"crim\":{\"role\":[\"Other\"]}}", XC, "persons/~V1/crim/role",
         "silent withheld", "R-ASY-03 overlay CRM"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct rulebook *r = NULL;
        struct text_error error;
        char path[80], *all = policy_of("permit \"all\" fields * basis \"b\"\n");
        struct buffer text = buffer_new(1UL << 20);
        json_t *document = a3();
        snprintf(path, sizeof path, COMITY_SOURCE_DIR "/policies/rules/%s", rows[i].file);
        buffer_text(&text, all);
        CHECK_OK(file_read(path, &text));
        buffer_u8(&text, '\0');
        patch(document, rows[i].sid, rows[i].change);
        if (CHECK_OK(rulebook_with((const char *)text.at, &r, &error))) {
            struct decided d = decide(r, document, "XA-CA-01", rows[i].to);
            bool held = CHECK_TEXT(level_at(&d, rows[i].label), rows[i].level);
            held = CHECK(slice_begins(verdict_at(&d, rows[i].label)->rule,
                                      slice_text(rows[i].rule))) &&
                   held;
            if (!held)
                printf("    %s: %s to %s\n", rows[i].file, rows[i].label, rows[i].to);
            decided_free(&d);
        }
        json_decref(document);
        rulebook_free(r);
        buffer_done(&text);
        free(all);
    }
}

TESTS(policy_matrix,
      {"a necessity opens a category but never the overlay",
       &a_necessity_opens_a_category_but_never_the_overlay},
      {"the matrix says what is seen of what is withheld",
       &the_matrix_says_what_is_seen_of_what_is_withheld},
      {"other roles and purposes get nothing", &other_roles_and_purposes_get_nothing},
      {"each text of the law holds against a permit of everything",
       &each_text_of_the_law_holds_against_a_permit_of_everything})
