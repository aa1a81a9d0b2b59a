#include "libcomity/compose_walk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/secret.h"
#include "libcomity/claim_rows.h"
#include "libcomity/leaf.h"
#include "message/field.h"
#include "wire/names.h"

#define NAME_BYTES  18  /* "~9f3c20aa17b04e55" and its terminator */
#define PLACE_BYTES 256 /* "persons[2].name.family", for people */
#define LEVELS_MAX  PATH_MAX_SEGMENTS

struct walk {
    struct arena *arena;
    struct draft *draft;
    struct comity_fault *fault;
    char path[PATH_MAX_BYTES + 1];
    size_t path_length;
    char place[PLACE_BYTES];
    size_t place_length;
    unsigned level;
    bool local; /* inside of a LOCAL block */
};

/* Where a walk stands, to go back to. */
struct mark {
    size_t path_length, place_length;
};

static struct status walk_value(struct walk *w, json_t *json);

static struct slice path_slice(const struct walk *w)
{
    return slice_over(w->path, w->path_length);
}

static struct status wrong(struct walk *w, const char *what)
{
    return fault_input(w->fault, REFUSAL_SCHEMA, "%s: %s", w->place, what);
}

static void put(char *text, size_t room, size_t *length, const char *piece)
{
    int made = snprintf(text + *length, room - *length, "%s", piece);
    *length += made < 0 ? 0 : (size_t)made;
    if (*length >= room)
        *length = room - 1; /* cut: only an error message is shorter then */
}

static struct mark place_put(struct walk *w, const char *separator, const char *piece)
{
    struct mark before = {w->path_length, w->place_length};
    if (w->place_length > 0)
        put(w->place, sizeof w->place, &w->place_length, separator);
    put(w->place, sizeof w->place, &w->place_length, piece);
    return before;
}

static bool path_put(struct walk *w, const char *segment)
{
    size_t length = strlen(segment), slash = w->path_length > 0;
    if (w->path_length + slash + length > PATH_MAX_BYTES || w->level >= LEVELS_MAX)
        return false;
    if (slash)
        w->path[w->path_length++] = '/';
    memcpy(w->path + w->path_length, segment, length + 1);
    w->path_length += length;
    w->level++;
    return true;
}

static void back(struct walk *w, struct mark to)
{
    if (w->path_length != to.path_length)
        w->level--;
    w->path_length = to.path_length;
    w->path[w->path_length] = '\0';
    w->place_length = to.place_length;
    w->place[w->place_length] = '\0';
}

static struct status keep_leaf(struct walk *w, const json_t *json)
{
    struct draft *d = w->draft;
    struct leaf *leaf = w->local ? &d->locals[d->local_count] : &d->fields[d->field_count];
    if (w->local ? d->local_count == LOCAL_MAX : d->field_count == DIGESTS_MAX)
        return fault_input(w->fault, REFUSAL_SIZE, "%s: more values than a message can hold",
                           w->place);
    struct buffer b = buffer_new(FIELD_MAX_BYTES);
    leaf_write(&b, json);
    struct slice raw = arena_copy(w->arena, buffer_slice(&b));
    bool large = b.failed;
    buffer_done(&b);
    if (large)
        return fault_input(w->fault, REFUSAL_SIZE, "%s: longer than a field can be", w->place);
    leaf->path = arena_copy(w->arena, path_slice(w));
    if (raw.at == NULL || leaf->path.at == NULL)
        return FAIL(MEMORY);
    struct status s = msgpack_scan(raw);
    if (failed(s))
        return wrong(w, "text that cannot be sent");
    leaf->value = value_read(raw);
    *(w->local ? &d->local_count : &d->field_count) += 1;
    return OK;
}

static struct status walk_leaf(struct walk *w, const json_t *json)
{
    if (json_is_real(json))
        return wrong(w, "a number with a fraction; write it as text or in its smallest unit");
    if (!leaf_is_json(json))
        return wrong(w, "a list holds either objects only or plain values only, without fractions");
    return keep_leaf(w, json);
}

static int by_number(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* Random names in ascending order, so that the order of the list survives and nothing else. */
static struct status draw_names(struct walk *w, size_t count, uint64_t **ret_names)
{
    uint64_t *names = arena_array(w->arena, count, sizeof *names);
    if (names == NULL)
        return FAIL(MEMORY);
    bool distinct = false;
    while (!distinct) {
        struct status s = entropy_fill(names, count * sizeof *names);
        if (failed(s))
            return s;
        qsort(names, count, sizeof *names, by_number);
        distinct = true;
        for (size_t i = 1; i < count; i++)
            distinct = distinct && names[i - 1] != names[i];
    }
    *ret_names = names;
    return OK;
}

static struct status walk_list(struct walk *w, const json_t *list)
{
    uint64_t *names = NULL;
    size_t count = json_array_size(list);
    struct status s = draw_names(w, count, &names);
    for (size_t i = 0; i < count && !failed(s); i++) {
        char name[NAME_BYTES], index[24];
        snprintf(name, sizeof name, "~%016llx", (unsigned long long)names[i]);
        snprintf(index, sizeof index, "[%zu]", i);
        struct mark here = place_put(w, "", index);
        s = path_put(w, name) ? walk_value(w, json_array_get(list, i))
                              : wrong(w, "nested deeper than a message can be");
        back(w, here);
    }
    return s;
}

static bool all_objects(const json_t *list)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (!json_is_object(json_array_get(list, i)))
            return false;
    return json_array_size(list) > 0;
}

static struct status walk_array(struct walk *w, json_t *json)
{
    bool objects = all_objects(json);
    if (w->local && objects)
        return wrong(w, "LOCAL holds no lists of objects");
    bool by_value = !w->local && w->draft->type != NULL && json_array_size(json) > 0 &&
                    leaf_is_json(json) && type_is_by_value(w->draft->type, path_slice(w));
    return objects || by_value ? walk_list(w, json) : walk_leaf(w, json);
}

static bool is_segment(const char *key)
{
    struct slice text = slice_text(key);
    return name_is_path(text) && slice_find(text, '/') == text.length;
}

static struct status walk_local(struct walk *w, json_t *json);

static struct status walk_key(struct walk *w, const char *key, json_t *value)
{
    struct status s;
    struct mark here = place_put(w, ".", key);
    if (strcmp(key, "LOCAL") == 0)
        s = walk_local(w, value);
    else if (!is_segment(key))
        s = wrong(w, "a key is lower-case letters, digits and _");
    else
        s = path_put(w, key) ? walk_value(w, value)
                             : wrong(w, "nested deeper than a message can be");
    back(w, here);
    return s;
}

static struct status walk_object(struct walk *w, json_t *json)
{
    struct status s = OK;
    const char *key;
    json_t *value;
    json_object_foreach(json, key, value) if (!failed(s)) s = walk_key(w, key, value);
    return s;
}

static struct status walk_local(struct walk *w, json_t *json)
{
    if (w->local || w->path_length == 0 || !json_is_object(json))
        return wrong(w, "LOCAL is an object inside of a person");
    w->local = true;
    struct status s = walk_object(w, json);
    w->local = false;
    return s;
}

static struct status walk_value(struct walk *w, json_t *json)
{
    const struct claim_row *claim = w->local ? NULL : claim_row_at(path_slice(w));
    if (claim != NULL)
        return claim_row_read(claim, json, w->arena, &w->draft->claims, w->fault);
    if (json_is_object(json) && json_object_size(json) > 0)
        return walk_object(w, json);
    if (!w->local && slice_is(path_slice(w), "version"))
        return json_is_integer(json) && json_integer_value(json) == 1 ? OK : wrong(w, "expected 1");
    if (!w->local && name_is_reserved(path_slice(w)))
        return wrong(w, "this name is not for a value of its own");
    return json_is_array(json) ? walk_array(w, json) : walk_leaf(w, json);
}

static int by_path(const void *a, const void *b)
{
    return slice_compare(((const struct leaf *)a)->path, ((const struct leaf *)b)->path);
}

/* An object and one inside of it may each have a LOCAL block, and the two may speak of one place.
 */
static struct status check_locals(const struct draft *d, struct comity_fault *reterr)
{
    for (size_t i = 1; i < d->local_count; i++) {
        struct slice before = d->locals[i - 1].path, path = d->locals[i].path;
        if (slice_equal(before, path) || path_covers(before, path))
            return fault_input(reterr, REFUSAL_SCHEMA, "%.*s: two LOCAL blocks speak of it",
                               (int)before.length, (const char *)before.at);
    }
    return OK;
}

struct status compose_walk(struct arena *arena, json_t *document, struct draft *draft,
                           struct comity_fault *reterr)
{
    struct walk w = {.arena = arena, .draft = draft, .fault = reterr};
    draft->fields = arena_array(arena, DIGESTS_MAX, sizeof *draft->fields);
    draft->locals = arena_array(arena, LOCAL_MAX, sizeof *draft->locals);
    if (draft->fields == NULL || draft->locals == NULL)
        return FAIL(MEMORY);
    struct status s = walk_object(&w, document);
    if (failed(s))
        return s;
    qsort(draft->fields, draft->field_count, sizeof *draft->fields, by_path);
    qsort(draft->locals, draft->local_count, sizeof *draft->locals, by_path);
    return check_locals(draft, reterr);
}
