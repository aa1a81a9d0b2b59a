#include "law.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/check.h"
#include "wire/names.h"

#define LEAVES_MAX 8192

static _Noreturn void stop(const char *what)
{
    fprintf(stderr, "%s\n", what);
    exit(1);
}

struct schema *law_load(struct arena *arena)
{
    struct text_files files;
    struct text_error error = {.message = "memory"};
    struct schema *schema = NULL;
    if (failed(folder_read(arena, COMITY_SOURCE_DIR "/policies", 256, &files)))
        stop("cannot read policies");
    for (size_t i = 0; i < files.count; i++) {
        char *path = arena_print(arena, "law/%.*s", (int)files.at[i].path.length,
                                 (const char *)files.at[i].path.at);
        files.at[i].path = slice_text(path);
    }
    if (failed(schema_parse(&files, &schema, &error)))
        stop(arena_print(arena, "%s:%u:%u: %s", error.file, error.line, error.column,
                         error.message));
    return schema;
}

struct status law_of(struct schema **ret_schema, struct text_error *reterr, const char *path,
                     const char *text, ...)
{
    struct text_file at[8];
    struct text_files files = {.at = at};
    va_list args;
    va_start(args, text);
    for (; path != NULL;
         path = va_arg(args, const char *), text = path ? va_arg(args, const char *) : NULL)
        at[files.count++] = (struct text_file){slice_text(path), slice_text(text)};
    va_end(args);
    return schema_parse(&files, ret_schema, reterr);
}

struct composing {
    struct arena *arena;
    const struct message_type *type;
    struct leaves fields, locals;
    bool local;
};

static void put_json(struct buffer *b, const json_t *v)
{
    if (json_is_null(v)) {
        mp_put_nil(b);
    } else if (json_is_boolean(v)) {
        mp_put_bool(b, json_is_true(v));
    } else if (json_is_integer(v)) {
        mp_put_int(b, json_integer_value(v));
    } else if (json_is_string(v)) {
        mp_put_text(b, slice_text(json_string_value(v)));
    } else if (json_is_array(v)) {
        mp_put_array(b, json_array_size(v));
        for (size_t i = 0; i < json_array_size(v); i++)
            put_json(b, json_array_get(v, i));
    } else {
        mp_put_empty_map(b);
    }
}

static void add_leaf(struct composing *c, const char *path, const json_t *v)
{
    struct leaves *leaves = c->local ? &c->locals : &c->fields;
    struct buffer b = buffer_new(65536);
    put_json(&b, v);
    if (b.failed || leaves->count == LEAVES_MAX)
        stop("the test's document is too large");
    struct slice raw = arena_copy(c->arena, buffer_slice(&b));
    leaves->at[leaves->count++] = (struct leaf){slice_text(path), value_read(raw)};
    buffer_done(&b);
}

static void walk(struct composing *c, const char *path, json_t *v);

static void walk_object(struct composing *c, const char *path, json_t *v)
{
    const char *key;
    json_t *member;
    json_object_foreach(v, key, member)
    {
        bool outer = c->local;
        const char *below = arena_print(c->arena, "%s/%s", path, key);
        c->local = outer || strcmp(key, "LOCAL") == 0;
        walk(c, c->local && !outer ? path : below, member);
        c->local = outer;
    }
}

static bool is_below(const struct composing *c, const char *path)
{
    return c->local || !name_is_reserved(slice_text(path));
}

static void walk(struct composing *c, const char *path, json_t *v)
{
    bool elements = json_is_array(v) &&
                    (json_is_object(json_array_get(v, 0)) ||
                     (type_is_by_value(c->type, slice_text(path)) && json_array_size(v) > 0));
    if (json_is_object(v) && json_object_size(v) > 0) {
        walk_object(c, path, v);
        return;
    }
    if (!elements) {
        if (is_below(c, path))
            add_leaf(c, path, v);
        return;
    }
    for (size_t i = 0; i < json_array_size(v); i++)
        walk(c, arena_print(c->arena, "%s/~%016zx", path, i + 1), json_array_get(v, i));
}

static int leaf_order(const void *a, const void *b)
{
    return slice_compare(((const struct leaf *)a)->path, ((const struct leaf *)b)->path);
}

static struct slice claim(struct arena *arena, const json_t *document, const char *key,
                          const char *member)
{
    const json_t *v = json_object_get(document, key);
    if (member != NULL)
        v = json_object_get(v, member);
    return json_is_string(v) ? arena_copy(arena, slice_text(json_string_value(v))) : slice_text("");
}

struct composed compose(struct arena *arena, const struct message_type *type, const char *json)
{
    json_error_t error;
    json_t *document = json_loads(json, JSON_REJECT_DUPLICATES, &error);
    struct composing c = {.arena = arena, .type = type};
    c.fields.at = arena_array(arena, LEAVES_MAX, sizeof *c.fields.at);
    c.locals.at = arena_array(arena, LEAVES_MAX, sizeof *c.locals.at);
    if (document == NULL || c.fields.at == NULL || c.locals.at == NULL)
        stop(error.text);
    const char *key;
    json_t *member;
    json_object_foreach(document, key, member) walk(&c, arena_text(arena, slice_text(key)), member);
    qsort(c.fields.at, c.fields.count, sizeof *c.fields.at, leaf_order);
    qsort(c.locals.at, c.locals.count, sizeof *c.locals.at, leaf_order);
    struct composed composed = {
        .fields = c.fields,
        .locals = c.locals,
        .claims = {.purpose = claim(arena, document, "purpose", NULL),
                   .urgency = claim(arena, document, "urgency", "level"),
                   .instrument = claim(arena, document, "instrument", NULL)}};
    json_decref(document);
    return composed;
}

const char *judged(struct arena *arena, const struct message_type *type, const char *json,
                   const struct document **ret_document)
{
    struct composed c = compose(arena, type, json);
    struct slice path = {NULL, 0};
    struct status s =
        document_judge(arena, type, &c.claims, c.fields.at, c.fields.count, ret_document, &path);
    return failed(s) ? arena_print(arena, "%s %.*s", reason_name(s.reason), (int)path.length,
                                   (const char *)path.at)
                     : "ok";
}

static json_t *step(json_t *at, const char *key)
{
    if (json_is_array(at))
        return json_array_get(at, (size_t)strtoul(key, NULL, 10));
    if (json_object_get(at, key) == NULL)
        json_object_set_new(at, key, json_object());
    return json_object_get(at, key);
}

static void put(json_t *at, const char *key, json_t *value)
{
    size_t index = (size_t)strtoul(key, NULL, 10);
    if (json_is_array(at) && value == NULL)
        json_array_remove(at, index);
    else if (json_is_array(at) && index == json_array_size(at))
        json_array_append_new(at, value);
    else if (json_is_array(at))
        json_array_set_new(at, index, value);
    else if (value == NULL)
        json_object_del(at, key);
    else
        json_object_set_new(at, key, value);
}

const char *changed(struct arena *arena, const char *json, const char *path, const char *value)
{
    json_error_t error;
    json_t *document = json_loads(json, 0, &error), *at = document;
    char *key = arena_text(arena, slice_text(path));
    for (char *slash; (slash = strchr(key, '/')) != NULL; key = slash + 1) {
        *slash = '\0';
        at = step(at, key);
    }
    json_t *new = value == NULL ? NULL : json_loads(value, JSON_DECODE_ANY, &error);
    if (at == NULL || (value != NULL && new == NULL))
        stop(error.text);
    put(at, key, new);
    char *text = json_dumps(document, JSON_COMPACT);
    const char *kept = arena_text(arena, slice_text(text));
    free(text);
    json_decref(document);
    return kept;
}
