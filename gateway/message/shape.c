#include "message/shape.h"

#include "base/instant.h"
#include "wire/frame.h"

#define HASH_ITEM_BYTES (HASH_BYTES + 2) /* with its CBOR head */

void shape_key(struct cbor_cursor *c, uint64_t key)
{
    if (!cbor_key(c, key))
        cbor_fail(c);
}

struct slice shape_uuid(struct cbor_cursor *c)
{
    struct slice id = cbor_bytes(c, UUID_BYTES, UUID_BYTES);
    if (cbor_ok(c) && (id.at[6] >> 4 != 4 || id.at[8] >> 6 != 2))
        cbor_fail(c);
    return id;
}

struct slice shape_hash(struct cbor_cursor *c)
{
    return cbor_bytes(c, HASH_BYTES, HASH_BYTES);
}

uint64_t shape_time(struct cbor_cursor *c)
{
    return cbor_uint(c, INSTANT_MIN, INSTANT_MAX);
}

uint64_t shape_count(struct cbor_cursor *c)
{
    return cbor_uint(c, 0, COUNT_MAX);
}

struct slice shape_text(struct cbor_cursor *c, bool (*pattern)(struct slice))
{
    struct slice text = cbor_text(c, 0, SIZE_MAX);
    if (!cbor_ok(c) || !pattern(text))
        cbor_fail(c);
    return text;
}

struct slice shape_text_or_null(struct cbor_cursor *c, bool (*pattern)(struct slice))
{
    if (cbor_peek(c) != CBOR_NULL)
        return shape_text(c, pattern);
    cbor_null(c);
    return (struct slice){NULL, 0};
}

void *shape_room(struct cbor_cursor *c, struct arena *a, uint64_t count, size_t size)
{
    void *at = count == 0 || !cbor_ok(c) ? NULL : arena_array(a, count, size);
    if (at == NULL && count > 0) {
        c->starved = cbor_ok(c);
        cbor_fail(c);
    }
    return at;
}

struct slices shape_texts(struct cbor_cursor *c, struct arena *a, uint64_t min, uint64_t max,
                          bool (*pattern)(struct slice))
{
    struct slices list = {.count = cbor_array(c, min, max)};
    list.at = shape_room(c, a, list.count, sizeof *list.at);
    for (size_t i = 0; i < list.count && cbor_ok(c); i++)
        list.at[i] = shape_text(c, pattern);
    return list;
}

struct slices shape_hashes(struct cbor_cursor *c, struct arena *a, uint64_t max)
{
    struct slices list = {.count = cbor_array(c, 0, max)};
    if (list.count > c->r.left.length / HASH_ITEM_BYTES)
        cbor_fail(c); /* not all of them are hashes: nothing is reserved for them */
    list.at = shape_room(c, a, list.count, sizeof *list.at);
    for (size_t i = 0; i < list.count && cbor_ok(c); i++)
        list.at[i] = shape_hash(c);
    return list;
}

struct status shape_end(const struct cbor_cursor *c, enum reason reason)
{
    if (c->starved)
        return FAIL(MEMORY);
    return cbor_end(c) ? OK : (struct status){CODE_REFUSED, reason};
}

bool slices_ascending(struct slices list)
{
    for (size_t i = 1; i < list.count; i++)
        if (slice_compare(list.at[i - 1], list.at[i]) >= 0)
            return false;
    return true;
}

bool slices_differ(struct slices list)
{
    for (size_t i = 1; i < list.count; i++)
        for (size_t k = 0; k < i; k++)
            if (slice_equal(list.at[i], list.at[k]))
                return false;
    return true;
}

void shape_put_text_or_null(struct buffer *out, struct slice text)
{
    if (text.at == NULL)
        cbor_put_null(out);
    else
        cbor_put_text(out, text);
}

void shape_put_hashes(struct buffer *out, struct slices list)
{
    cbor_put_array(out, list.count);
    for (size_t i = 0; i < list.count; i++)
        cbor_put_bytes(out, list.at[i]);
}

void shape_put_texts(struct buffer *out, struct slices list)
{
    cbor_put_array(out, list.count);
    for (size_t i = 0; i < list.count; i++)
        cbor_put_text(out, list.at[i]);
}
