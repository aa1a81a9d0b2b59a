#include "wire/msgpack.h"

#include "wire/msgpack_head.h"

struct mp_cursor mp_over(struct slice scanned)
{
    return (struct mp_cursor){.r = reader_over(scanned)};
}

enum value_kind mp_peek(const struct mp_cursor *c)
{
    struct mp_head h;
    return c->r.failed || failed(mp_head_read(c->r.left, &h)) ? VALUE_NONE : h.kind;
}

/* The next head if it is of this kind; otherwise all zero, and the cursor has failed. */
static struct mp_head take(struct mp_cursor *c, enum value_kind kind)
{
    struct mp_head h;
    if (c->r.failed || failed(mp_head_read(c->r.left, &h)) || h.kind != kind) {
        c->r.failed = true;
        return (struct mp_head){0};
    }
    reader_take(&c->r, h.length);
    return h;
}

uint32_t mp_array(struct mp_cursor *c, uint32_t max)
{
    struct mp_head h = take(c, VALUE_ARRAY);
    if (h.count > max) {
        c->r.failed = true;
        return 0;
    }
    return h.count;
}

void mp_array_of(struct mp_cursor *c, uint32_t count)
{
    if (mp_array(c, count) != count)
        c->r.failed = true;
}

uint64_t mp_uint(struct mp_cursor *c, uint64_t max)
{
    struct mp_head h = take(c, VALUE_INT);
    if (h.integer < 0 || (uint64_t)h.integer > max) {
        c->r.failed = true;
        return 0;
    }
    return (uint64_t)h.integer;
}

bool mp_bool(struct mp_cursor *c)
{
    return take(c, VALUE_BOOL).boolean;
}

static struct slice octets_between(struct mp_cursor *c, enum value_kind kind, size_t min_bytes,
                                   size_t max_bytes)
{
    struct slice from = c->r.left;
    struct mp_head h = take(c, kind);
    if (h.count < min_bytes || h.count > max_bytes)
        c->r.failed = true;
    reader_take(&c->r, h.count);
    /* never at == NULL on success, even for no octets at the very end: NULL means nil */
    return c->r.failed ? (struct slice){NULL, 0} : slice_over(from.at + h.length, h.count);
}

struct slice mp_text(struct mp_cursor *c, size_t max_bytes)
{
    return octets_between(c, VALUE_TEXT, 0, max_bytes);
}

struct slice mp_bytes(struct mp_cursor *c, size_t min_bytes, size_t max_bytes)
{
    return octets_between(c, VALUE_BYTES, min_bytes, max_bytes);
}

static bool nil_taken(struct mp_cursor *c)
{
    if (mp_peek(c) != VALUE_NIL)
        return false;
    take(c, VALUE_NIL);
    return true;
}

struct slice mp_text_or_nil(struct mp_cursor *c, size_t max_bytes)
{
    return nil_taken(c) ? (struct slice){NULL, 0} : mp_text(c, max_bytes);
}

struct slice mp_bytes_or_nil(struct mp_cursor *c, size_t min_bytes, size_t max_bytes)
{
    return nil_taken(c) ? (struct slice){NULL, 0} : mp_bytes(c, min_bytes, max_bytes);
}

struct slice mp_skip(struct mp_cursor *c)
{
    struct slice from = c->r.left;
    for (uint64_t missing = 1; missing > 0 && !c->r.failed; missing--) {
        size_t singles = mp_singles(c->r.left, missing - 1, true);
        reader_take(&c->r, singles);
        missing -= singles;
        struct mp_head h = take(c, mp_peek(c));
        if (h.kind == VALUE_ARRAY)
            missing += h.count;
        else
            reader_take(&c->r, h.count);
    }
    return c->r.failed ? (struct slice){NULL, 0}
                       : slice_part(from, 0, from.length - c->r.left.length);
}

struct value mp_value(struct mp_cursor *c)
{
    struct slice raw = mp_skip(c);
    struct mp_head h;
    if (c->r.failed || failed(mp_head_read(raw, &h)))
        return (struct value){0};
    struct value v = {.kind = h.kind, .boolean = h.boolean, .integer = h.integer, .raw = raw};
    if (h.kind == VALUE_TEXT || h.kind == VALUE_BYTES)
        v.octets = slice_over(raw.at + h.length, h.count);
    if (h.kind == VALUE_ARRAY)
        v.count = h.count;
    return v;
}

struct slices mp_bytes_list(struct mp_cursor *c, struct arena *a, uint32_t max_count,
                            size_t min_bytes, size_t max_bytes)
{
    struct slices list = {.count = mp_array(c, max_count)};
    if (list.count == 0)
        return list;
    list.at = arena_array(a, list.count, sizeof *list.at);
    if (list.at == NULL) {
        c->starved = true;
        c->r.failed = true;
        return (struct slices){NULL, 0};
    }
    for (size_t i = 0; i < list.count; i++)
        list.at[i] = mp_bytes(c, min_bytes, max_bytes);
    return list;
}

void mp_fail(struct mp_cursor *c)
{
    c->r.failed = true;
}

bool mp_ok(const struct mp_cursor *c)
{
    return !c->r.failed;
}

bool mp_end(const struct mp_cursor *c)
{
    return reader_end(&c->r);
}

struct value value_read(struct slice scanned)
{
    struct mp_cursor c = mp_over(scanned);
    struct value v = mp_value(&c);
    return mp_end(&c) ? v : (struct value){0};
}

static bool is_scalar(enum value_kind kind)
{
    return kind != VALUE_NONE && kind != VALUE_ARRAY && kind != VALUE_EMPTY_MAP;
}

bool value_is_leaf(const struct value *v)
{
    if (v->kind != VALUE_ARRAY)
        return v->kind != VALUE_NONE;
    struct mp_cursor c = mp_over(v->raw);
    mp_array_of(&c, v->count);
    for (uint32_t i = 0; i < v->count && mp_ok(&c); i++) {
        if (!is_scalar(mp_peek(&c)))
            return false;
        mp_skip(&c);
    }
    return mp_end(&c);
}
