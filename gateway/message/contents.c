#include "message/field.h"

#include "message/release.h"
#include "wire/names.h"

#include <stdlib.h>

/* What the sender's and the gateway's fields have in common. */
struct leaf_octets {
    struct slice octets, salt, path;
    struct value value;
};

/* The leaf at the beginning of [salt, path, value, ...] of count elements; *ret_c is behind it. */
static struct status leaf_open(struct slice octets, uint32_t count, struct leaf_octets *ret_leaf,
                               struct mp_cursor *ret_c)
{
    if (octets.length > FIELD_MAX_BYTES)
        return REFUSE(FIELD_SIZE);
    struct status s = msgpack_scan(octets);
    if (failed(s))
        return s;
    struct mp_cursor c = mp_over(octets);
    mp_array_of(&c, count);
    ret_leaf->octets = octets;
    ret_leaf->salt = mp_bytes(&c, SALT_BYTES, SALT_BYTES);
    ret_leaf->path = mp_text(&c, SIZE_MAX);
    ret_leaf->value = mp_value(&c);
    *ret_c = c;
    return OK;
}

static struct status leaf_judge(const struct leaf_octets *leaf)
{
    if (!name_is_path(leaf->path))
        return REFUSE(FIELD_PATH);
    if (!value_is_leaf(&leaf->value))
        return REFUSE(FIELD_VALUE);
    return name_is_reserved(leaf->path) ? REFUSE(FIELD_RESERVED) : OK;
}

static struct status field_parse(struct slice octets, struct field *ret_field)
{
    struct leaf_octets leaf;
    struct mp_cursor c;
    struct status s = leaf_open(octets, 3, &leaf, &c);
    if (failed(s))
        return s;
    if (!mp_end(&c))
        return REFUSE(FIELD_SHAPE);
    if (failed(s = leaf_judge(&leaf)))
        return s;
    *ret_field = (struct field){
        .octets = leaf.octets,
        .salt = leaf.salt,
        .path = leaf.path,
        .value = leaf.value,
        .digest = digest_of(SEPARATION_FIELD, leaf.octets),
    };
    return OK;
}

static struct status derived_parse(struct slice octets, struct derived *ret_derived)
{
    struct leaf_octets leaf;
    struct mp_cursor c;
    struct status s = leaf_open(octets, 5, &leaf, &c);
    if (failed(s))
        return s;
    struct slice transform = mp_text(&c, SIZE_MAX);
    struct slice source = mp_bytes(&c, sizeof(struct digest), sizeof(struct digest));
    if (!mp_end(&c))
        return REFUSE(DERIVED_SHAPE);
    if (failed(s = leaf_judge(&leaf)))
        return s;
    *ret_derived = (struct derived){
        .octets = leaf.octets,
        .salt = leaf.salt,
        .path = leaf.path,
        .value = leaf.value,
        .transform = transform_find(transform),
        .source = source,
        .digest = digest_of(SEPARATION_DERIVED, leaf.octets),
    };
    return OK;
}

static struct status fields_parse(struct arena *arena, struct slices list,
                                  struct contents *contents)
{
    struct field *fields = arena_array(arena, list.count, sizeof *fields);
    struct status s;
    if (fields == NULL)
        return FAIL(MEMORY);
    for (size_t i = 0; i < list.count; i++)
        if (failed(s = field_parse(list.at[i], &fields[i])))
            return s;
    for (size_t i = 1; i < list.count; i++)
        if (slice_compare(fields[i - 1].path, fields[i].path) >= 0)
            return REFUSE(FIELD_ORDER);
    contents->fields = fields;
    contents->field_count = list.count;
    return OK;
}

/* A summary points to the sender's own text and has no value of its own. */
static bool transform_fits(const struct derived *d)
{
    return d->transform != TRANSFORM_NONE &&
           (d->transform != TRANSFORM_SUMMARY || d->value.kind == VALUE_NIL);
}

static struct status deriveds_parse(struct arena *arena, struct slices list,
                                    struct contents *contents)
{
    struct derived *derived = arena_array(arena, list.count, sizeof *derived);
    struct status s;
    if (derived == NULL)
        return FAIL(MEMORY);
    for (size_t i = 0; i < list.count; i++)
        if (failed(s = derived_parse(list.at[i], &derived[i])))
            return s;
    for (size_t i = 1; i < list.count; i++)
        if (slice_compare(derived[i - 1].path, derived[i].path) >= 0)
            return REFUSE(FIELD_ORDER);
    for (size_t i = 0; i < list.count; i++)
        if (!transform_fits(&derived[i]))
            return REFUSE(DERIVED_TRANSFORM);
    contents->derived = derived;
    contents->derived_count = list.count;
    return OK;
}

/*
 * No path covers another, over both lists. "/" stands before every other character of a path, so
 * what lies below a path follows it at once, and neighbours of the merged list are enough.
 */
static bool paths_stand_apart(const struct contents *c)
{
    struct slice before = {NULL, 0};
    for (size_t f = 0, d = 0; f < c->field_count || d < c->derived_count;) {
        bool field_next =
            d == c->derived_count ||
            (f < c->field_count && slice_compare(c->fields[f].path, c->derived[d].path) < 0);
        struct slice path = field_next ? c->fields[f++].path : c->derived[d++].path;
        if (before.at != NULL && path_covers(before, path))
            return false;
        before = path;
    }
    return true;
}

static int salt_order(const void *a, const void *b)
{
    return slice_compare(*(const struct slice *)a, *(const struct slice *)b);
}

static struct status salts_differ(struct arena *arena, const struct contents *c)
{
    size_t count = c->field_count + c->derived_count;
    struct slice *salts = arena_array(arena, count, sizeof *salts);
    if (salts == NULL)
        return FAIL(MEMORY);
    for (size_t i = 0; i < c->field_count; i++)
        salts[i] = c->fields[i].salt;
    for (size_t i = 0; i < c->derived_count; i++)
        salts[c->field_count + i] = c->derived[i].salt;
    qsort(salts, count, sizeof *salts, salt_order);
    for (size_t i = 1; i < count; i++)
        if (slice_equal(salts[i - 1], salts[i]))
            return REFUSE(FIELD_SALT);
    return OK;
}

static struct status digests_fit(const struct claims *claims, const struct contents *c)
{
    for (size_t i = 0; i < c->field_count; i++)
        if (!digests_have(claims->digests, &c->fields[i].digest))
            return REFUSE(FIELD_DIGEST);
    for (size_t i = 0; i < c->derived_count; i++) {
        struct digest source = digest_read(c->derived[i].source);
        if (!digests_have(claims->digests, &source))
            return REFUSE(DERIVED_SOURCE);
    }
    return OK;
}

struct status contents_parse(struct arena *arena, const struct claims *claims, struct slices fields,
                             struct slices derived, const struct contents **ret_contents)
{
    struct contents *contents = arena_alloc(arena, sizeof *contents);
    struct status s;
    if (contents == NULL)
        return FAIL(MEMORY);
    if (failed(s = fields_parse(arena, fields, contents)))
        return s;
    if (failed(s = deriveds_parse(arena, derived, contents)))
        return s;
    if (!paths_stand_apart(contents))
        return REFUSE(FIELD_PREFIX);
    if (failed(s = salts_differ(arena, contents)))
        return s;
    if (failed(s = digests_fit(claims, contents)))
        return s;
    *ret_contents = contents;
    return OK;
}
