#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One row of cases/messages.json: a message, what becomes of it, and of some of its fields. */
static bool check_fields(const struct decided *d, const json_t *labels, bool clear)
{
    bool held = true;
    for (size_t i = 0; i < json_array_size(labels); i++) {
        const char *label = json_string_value(json_array_get(labels, i));
        const struct verdict *v = verdict_at(d, label);
        held = CHECK(v->released == clear) && held;
        if (v->released != clear)
            printf("    %s: %s, by %.*s\n", label, level_name(v->level), (int)v->rule.length,
                   (const char *)v->rule.at);
    }
    return held;
}

static const char *text_of(const json_t *row, const char *key)
{
    const char *text = json_string_value(json_object_get(row, key));
    return CHECK(text != NULL) ? text : "";
}

static void check_row(const json_t *row)
{
    const struct rulebook *rulebook = shipped_rulebook();
    struct decided d = decide(rulebook, json_object_get(row, "document"), text_of(row, "from"),
                              text_of(row, "to"));
    const struct claims *claims = &d.composed->claims;
    bool held = CHECK(type_allows_route(d.composed->type, party_role(claims->from),
                                        party_role(claims->to), claims->instrument));
    held = CHECK(type_allows_purpose(d.composed->type, claims->purpose)) && held;
    held = CHECK_TEXT(refusal_name(d.decision->code), text_of(row, "code")) && held;
    held = CHECK(slice_begins(d.decision->rule, slice_text(text_of(row, "rule")))) && held;
    held = check_fields(&d, json_object_get(row, "clear"), true) && held;
    held = check_fields(&d, json_object_get(row, "hidden"), false) && held;
    if (!held)
        printf("    %s, by %.*s\n", text_of(row, "name"), (int)d.decision->rule.length,
               (const char *)d.decision->rule.at);
    decided_free(&d);
}

static void every_message_of_the_cases_is_decided_as_they_say(void)
{
    json_t *rows = json_file("cases/messages.json");
    CHECK(json_array_size(rows) > 50);
    for (size_t i = 0; i < json_array_size(rows); i++)
        check_row(json_array_get(rows, i));
    json_decref(rows);
}

TESTS(policy_cases, {"every message of the cases is decided as they say",
                     every_message_of_the_cases_is_decided_as_they_say})
