#include "wire/cbor.h"

#include "wire/cbor_head.h"

struct cbor_cursor cbor_over(struct slice scanned)
{
    return (struct cbor_cursor){.r = reader_over(scanned)};
}

enum cbor_kind cbor_peek(const struct cbor_cursor *c)
{
    struct cbor_head h;
    return c->r.failed || failed(cbor_head_read(c->r.left, &h)) ? CBOR_NONE : h.kind;
}

/* The next head if it is of this kind; otherwise all zero, and the cursor has failed. */
static struct cbor_head take(struct cbor_cursor *c, enum cbor_kind kind)
{
    struct cbor_head h;
    if (c->r.failed || failed(cbor_head_read(c->r.left, &h)) || h.kind != kind) {
        c->r.failed = true;
        return (struct cbor_head){0};
    }
    reader_take(&c->r, h.length);
    return h;
}

static uint64_t argument_between(struct cbor_cursor *c, enum cbor_kind kind, uint64_t min,
                                 uint64_t max)
{
    struct cbor_head h = take(c, kind);
    if (c->r.failed || h.argument < min || h.argument > max) {
        c->r.failed = true;
        return 0;
    }
    return h.argument;
}

uint64_t cbor_uint(struct cbor_cursor *c, uint64_t min, uint64_t max)
{
    return argument_between(c, CBOR_UINT, min, max);
}

int64_t cbor_int(struct cbor_cursor *c)
{
    if (cbor_peek(c) == CBOR_NINT)
        return -1 - (int64_t)argument_between(c, CBOR_NINT, 0, INT64_MAX);
    return (int64_t)argument_between(c, CBOR_UINT, 0, INT64_MAX);
}

static struct slice string_between(struct cbor_cursor *c, enum cbor_kind kind, size_t min_bytes,
                                   size_t max_bytes)
{
    const uint8_t *from = c->r.left.at;
    struct cbor_head h = take(c, kind);
    if (h.argument < min_bytes || h.argument > max_bytes)
        c->r.failed = true;
    reader_take(&c->r, (size_t)h.argument);
    /* never at == NULL on success, so that an empty string differs from an absent one */
    return c->r.failed ? (struct slice){NULL, 0} : slice_over(from + h.length, (size_t)h.argument);
}

struct slice cbor_bytes(struct cbor_cursor *c, size_t min_bytes, size_t max_bytes)
{
    return string_between(c, CBOR_BYTES, min_bytes, max_bytes);
}

struct slice cbor_text(struct cbor_cursor *c, size_t min_bytes, size_t max_bytes)
{
    return string_between(c, CBOR_TEXT, min_bytes, max_bytes);
}

bool cbor_bool(struct cbor_cursor *c)
{
    return take(c, CBOR_BOOL).boolean;
}

void cbor_null(struct cbor_cursor *c)
{
    take(c, CBOR_NULL);
}

uint64_t cbor_array(struct cbor_cursor *c, uint64_t min, uint64_t max)
{
    return argument_between(c, CBOR_ARRAY, min, max);
}

uint64_t cbor_map(struct cbor_cursor *c, uint64_t max)
{
    return argument_between(c, CBOR_MAP, 0, max);
}

bool cbor_key(struct cbor_cursor *c, uint64_t key)
{
    struct cbor_head h;
    if (c->r.failed || failed(cbor_head_read(c->r.left, &h)) || h.kind != CBOR_UINT ||
        h.argument != key)
        return false;
    reader_take(&c->r, h.length);
    return true;
}

/* Moves behind one head and its string, and gives how many items it opens. */
static uint64_t head_passed(struct cbor_cursor *c)
{
    struct cbor_head h = take(c, cbor_peek(c));
    size_t left = c->r.left.length;
    switch (h.kind) {
    case CBOR_BYTES:
    case CBOR_TEXT:
        reader_take(&c->r, h.argument > left ? SIZE_MAX : (size_t)h.argument);
        return 0;
    case CBOR_ARRAY:
    case CBOR_MAP:
        if (h.argument > left) /* only possible in octets that were never scanned */
            c->r.failed = true;
        return h.kind == CBOR_MAP ? 2 * h.argument : h.argument;
    case CBOR_NONE:
    case CBOR_UINT:
    case CBOR_NINT:
    case CBOR_BOOL:
    case CBOR_NULL:
        break;
    }
    return 0;
}

struct slice cbor_skip(struct cbor_cursor *c)
{
    struct slice from = c->r.left;
    for (uint64_t missing = 1; missing > 0 && !c->r.failed; missing--)
        missing += head_passed(c);
    return c->r.failed ? (struct slice){NULL, 0}
                       : slice_part(from, 0, from.length - c->r.left.length);
}

void cbor_fail(struct cbor_cursor *c)
{
    c->r.failed = true;
}

bool cbor_ok(const struct cbor_cursor *c)
{
    return !c->r.failed;
}

bool cbor_end(const struct cbor_cursor *c)
{
    return reader_end(&c->r);
}
