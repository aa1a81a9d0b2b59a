#include "message/field.h"

#include "base/slices.h"

static const char *const transforms[] = {
    [TRANSFORM_MASK] = "mask",           [TRANSFORM_GENERALISE] = "generalise",
    [TRANSFORM_PSEUDONYM] = "pseudonym", [TRANSFORM_SUMMARY] = "summary",
    [TRANSFORM_COMPUTE] = "compute",
};

#define TRANSFORMS (sizeof transforms / sizeof transforms[0])

const char *transform_name(enum transform transform)
{
    return transform == TRANSFORM_NONE || transform >= TRANSFORMS ? "none" : transforms[transform];
}

enum transform transform_find(struct slice name)
{
    for (size_t i = TRANSFORM_NONE + 1; i < TRANSFORMS; i++)
        if (slice_is(name, transforms[i]))
            return (enum transform)i;
    return TRANSFORM_NONE;
}

static void parts_write(struct buffer *out, const struct field_parts *parts)
{
    mp_put_bytes(out, parts->salt);
    mp_put_text(out, parts->path);
    mp_put_raw(out, parts->value);
}

void field_write(struct buffer *out, const struct field_parts *parts)
{
    mp_put_array(out, 3);
    parts_write(out, parts);
}

void derived_write(struct buffer *out, const struct field_parts *parts, enum transform transform,
                   const struct digest *source)
{
    mp_put_array(out, 5);
    parts_write(out, parts);
    mp_put_text(out, slice_text(transform_name(transform)));
    mp_put_bytes(out, digest_slice(source));
}

struct digest field_released_digest(const struct field *field)
{
    return digest_of(SEPARATION_RELEASED, field->octets);
}

struct digest decoy_digest(struct slice random)
{
    return digest_of(SEPARATION_DECOY, random);
}

const struct field *contents_field(const struct contents *contents, struct slice path)
{
    return rows_find(contents->fields, contents->field_count, sizeof *contents->fields, path);
}
