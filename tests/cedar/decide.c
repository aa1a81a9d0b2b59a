/*
 * What Comity makes of a law and messages, for an oracle to judge. A line of JSON in, {"rules":
 * text, "messages": [{"from", "to", "document"}]}; a line out, for each message {"fields",
 * "derived"}: rows of {"label", "name", "category", "sid" or null, "group", "level", "released"},
 * and paths.
 */

#include <stdio.h>
#include <stdlib.h>

#include "unit/policy/fixture.h"

#define LINE_MAX_BYTES (4U << 20)

static _Noreturn void stop(const char *what)
{
    fprintf(stderr, "%s\n", what);
    exit(1);
}

static const char *text_of(const json_t *object, const char *member)
{
    const char *text = json_string_value(json_object_get(object, member));
    if (text == NULL)
        stop(member);
    return text;
}

static json_t *json_slice(struct slice text)
{
    return json_stringn((const char *)text.at, text.length);
}

static json_t *sid_of(const struct decided *d, const struct document_item *item)
{
    if (item->person == NO_PERSON)
        return json_null();
    const struct document_item *sid = document_member(d->document, item->person, "sid");
    return sid == NULL ? json_null() : json_slice(sid->leaf.value.octets);
}

static json_t *field_of(const struct decided *d, size_t index)
{
    const struct document_item *item = &d->document->items[index];
    const struct verdict *verdict = &d->decision->verdicts[index];
    json_t *field = json_object();
    json_object_set_new(field, "label", json_string(composed_label(d->composed, item->leaf.path)));
    json_object_set_new(field, "name", json_slice(item->rule->name));
    json_object_set_new(field, "category", json_string(category_code(item->category)));
    json_object_set_new(field, "sid", sid_of(d, item));
    json_object_set_new(field, "group", json_slice(item->group));
    json_object_set_new(field, "level", json_string(level_name(verdict->level)));
    json_object_set_new(field, "released", json_boolean(verdict->released));
    return field;
}

static json_t *message_of(const struct decided *d)
{
    json_t *message = json_object(), *fields = json_array(), *derived = json_array();
    for (size_t i = 0; i < d->document->count; i++)
        json_array_append_new(fields, field_of(d, i));
    for (size_t i = 0; i < d->decision->derivation_count; i++)
        json_array_append_new(derived, json_slice(d->decision->derivations[i].path));
    json_object_set_new(message, "fields", fields);
    json_object_set_new(message, "derived", derived);
    return message;
}

static json_t *decide_all(const struct rulebook *rulebook, const json_t *messages)
{
    size_t i;
    json_t *message, *decided = json_array();
    json_array_foreach((json_t *)(uintptr_t)messages, i, message)
    {
        struct decided d = decide(rulebook, json_object_get(message, "document"),
                                  text_of(message, "from"), text_of(message, "to"));
        json_array_append_new(decided, message_of(&d));
        decided_free(&d);
    }
    return decided;
}

static void answer(const char *line)
{
    struct text_error error = {.message = "memory"};
    struct rulebook *rulebook;
    json_t *question = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
    if (question == NULL)
        stop("not a line of JSON");
    char *policy = policy_of(text_of(question, "rules"));
    if (failed(rulebook_with(policy, &rulebook, &error))) {
        fprintf(stderr, "%u:%u: %s\n%s\n", error.line, error.column, error.message, policy);
        stop("the law is wrong");
    }
    json_t *decided = decide_all(rulebook, json_object_get(question, "messages"));
    char *text = json_dumps(decided, JSON_COMPACT);
    if (text == NULL)
        stop("no memory");
    puts(text);
    free(text);
    json_decref(decided);
    rulebook_free(rulebook);
    free(policy);
    json_decref(question);
}

int main(void)
{
    char *line = malloc(LINE_MAX_BYTES);
    if (line == NULL)
        stop("no memory");
    while (fgets(line, LINE_MAX_BYTES, stdin) != NULL)
        answer(line);
    free(line);
    return 0;
}
