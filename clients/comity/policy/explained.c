#include "comity/policy/explained.h"

#include <stdio.h>

#include "comity/output.h"
#include "comity/policy/words.h"

#define INDENT 4

/* What has no rule or basis has an empty one. */
static json_t *text_json(struct slice text)
{
    return text.length == 0 ? json_string("") : slice_json(text);
}

static json_t *names_json(const struct slices *names)
{
    json_t *list = json_array();
    for (size_t i = 0; i < names->count; i++)
        json_array_append_new(list, slice_json(names->at[i]));
    return list;
}

static json_t *lost_json(const struct explanation *e)
{
    json_t *list = json_array();
    for (size_t i = 0; e != NULL && i < e->rule_count; i++) {
        const struct explained_rule *r = &e->rules[i];
        if (r != e->deciding)
            json_array_append_new(list,
                                  json_pack("{s:o,s:o,s:s,s:o}", "rule", slice_json(r->rule->title),
                                            "basis", slice_json(r->rule->basis), "condition",
                                            r->truth == TRUTH_TRUE ? "true" : "unknown", "missing",
                                            names_json(&r->missing)));
    }
    return list;
}

json_t *explained_json(const struct explained *field)
{
    static const struct slices none = {NULL, 0};
    const struct explanation *e = field->explanation;
    return json_pack("{s:s,s:s?,s:o,s:o,s:o,s:o}", "path", field->path, "level", field->level,
                     "rule", text_json(field->rule), "basis", text_json(field->basis), "missing",
                     names_json(e == NULL ? &none : &e->missing), "lost", lost_json(e));
}

/* ---- for people ---- */

static const char *text_at(const json_t *json, const char *key)
{
    return json_string_value(json_object_get(json, key));
}

static void put_names(struct buffer *out, const json_t *names)
{
    for (size_t i = 0; i < json_array_size(names); i++)
        buffer_print(out, "%s%s", i == 0 ? "" : ", ", json_string_value(json_array_get(names, i)));
}

static void put_line(struct buffer *line)
{
    put_wrapped(&(struct wrapping){.columns = ANSWER_COLUMNS, .indent = INDENT},
                buffer_slice(line));
    buffer_clear(line);
}

static void print_field(const struct invocation *inv, const json_t *field)
{
    struct buffer line = buffer_new(1UL << 20);
    const json_t *lost = json_object_get(field, "lost"),
                 *missing = json_object_get(field, "missing");
    put_text(stdout, text_at(field, "path"));
    fputs("  ", stdout);
    put_painted(inv, PAINT_STRONG, text_at(field, "level"));
    fputc('\n', stdout);
    if (text_at(field, "rule")[0] != '\0') {
        buffer_print(&line, "by \"%s\" %s", text_at(field, "rule"), text_at(field, "basis"));
        put_line(&line);
    }
    for (size_t i = 0; i < json_array_size(lost); i++) {
        const json_t *rule = json_array_get(lost, i);
        buffer_print(&line, "beside \"%s\" (%s)", text_at(rule, "rule"),
                     text_at(rule, "condition"));
        put_line(&line);
    }
    if (json_array_size(missing) > 0) {
        buffer_text(&line, "not known: ");
        put_names(&line, missing);
        put_line(&line);
    }
    buffer_done(&line);
}

void explained_print(const struct invocation *inv, const json_t *fields)
{
    for (size_t i = 0; i < json_array_size(fields); i++)
        print_field(inv, json_array_get(fields, i));
}
