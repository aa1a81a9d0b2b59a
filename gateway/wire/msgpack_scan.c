#include "wire/msgpack_head.h"

#include <assert.h>

#include "base/encoding.h"

#define WIDE_FIRST 0xc0
#define WIDE_LAST  0xdf

/* The heads that are not folded into their first octet; VALUE_NONE: not allowed. */
static const struct form {
    enum value_kind kind;
    uint8_t width;  /* octets of the number behind the first octet */
    bool is_signed; /* only negative numbers may use it */
    uint64_t least; /* anything smaller has a shorter head; of a negative number its complement */
} forms[WIDE_LAST - WIDE_FIRST + 1] = {
    [0x00] = {.kind = VALUE_NIL},
    [0x02] = {.kind = VALUE_BOOL},
    [0x03] = {.kind = VALUE_BOOL},
    [0x04] = {.kind = VALUE_BYTES, .width = 1},
    [0x05] = {.kind = VALUE_BYTES, .width = 2, .least = 0x100},
    [0x06] = {.kind = VALUE_BYTES, .width = 4, .least = 0x10000},
    [0x0c] = {.kind = VALUE_INT, .width = 1, .least = 0x80},
    [0x0d] = {.kind = VALUE_INT, .width = 2, .least = 0x100},
    [0x0e] = {.kind = VALUE_INT, .width = 4, .least = 0x10000},
    [0x0f] = {.kind = VALUE_INT, .width = 8, .least = 0x100000000},
    [0x10] = {.kind = VALUE_INT, .width = 1, .is_signed = true, .least = 0x20},
    [0x11] = {.kind = VALUE_INT, .width = 2, .is_signed = true, .least = 0x80},
    [0x12] = {.kind = VALUE_INT, .width = 4, .is_signed = true, .least = 0x8000},
    [0x13] = {.kind = VALUE_INT, .width = 8, .is_signed = true, .least = 0x80000000},
    [0x19] = {.kind = VALUE_TEXT, .width = 1, .least = 0x20},
    [0x1a] = {.kind = VALUE_TEXT, .width = 2, .least = 0x100},
    [0x1b] = {.kind = VALUE_TEXT, .width = 4, .least = 0x10000},
    [0x1c] = {.kind = VALUE_ARRAY, .width = 2, .least = 0x10},
    [0x1d] = {.kind = VALUE_ARRAY, .width = 4, .least = 0x10000},
    [0x1e] = {.kind = VALUE_EMPTY_MAP, .width = 2, .least = 1},
    [0x1f] = {.kind = VALUE_EMPTY_MAP, .width = 4, .least = 1},
};

static uint64_t number_at(const uint8_t *octets, size_t width)
{
    uint64_t n = 0;
    for (size_t i = 0; i < width; i++)
        n = n << 8 | octets[i];
    return n;
}

static struct status wide_head(struct slice in, struct mp_head *h)
{
    uint8_t first = in.at[0];
    const struct form *f = &forms[first - WIDE_FIRST];
    if (f->kind == VALUE_NONE)
        return REFUSE(MSGPACK_TYPE);
    if (in.length <= f->width)
        return REFUSE(MSGPACK_TRUNCATED);

    uint64_t n = number_at(in.at + 1, f->width);
    assert(!f->is_signed || f->width > 0);
    bool negative = f->is_signed && n >> (8 * f->width - 1) == 1;
    uint64_t size = negative ? ~n & UINT64_MAX >> (64 - 8 * f->width) : n;
    if (f->is_signed != negative || size < f->least)
        return REFUSE(MSGPACK_FORM);
    if (size > INT64_MAX || f->kind == VALUE_EMPTY_MAP) /* a map that is not empty */
        return REFUSE(MSGPACK_TYPE);
    *h = (struct mp_head){.kind = f->kind, .length = (size_t)f->width + 1};
    if (f->kind == VALUE_INT)
        h->integer = negative ? -1 - (int64_t)size : (int64_t)size;
    else
        h->count = (uint32_t)size;
    h->boolean = first == 0xc3;
    return OK;
}

struct status mp_head_read(struct slice in, struct mp_head *ret_head)
{
    if (in.length == 0)
        return REFUSE(MSGPACK_TRUNCATED);
    uint8_t first = in.at[0];
    if (first >= WIDE_FIRST && first <= WIDE_LAST)
        return wide_head(in, ret_head);

    struct mp_head h = {.length = 1};
    if (first < 0x80 || first >= 0xe0) {
        h.kind = VALUE_INT;
        h.integer = first < 0x80 ? first : first - 0x100;
    } else if (first >= 0xa0) {
        h.kind = VALUE_TEXT;
        h.count = first & 0x1f;
    } else if (first >= 0x90) {
        h.kind = VALUE_ARRAY;
        h.count = first & 0x0f;
    } else if (first == 0x80) {
        h.kind = VALUE_EMPTY_MAP;
    } else {
        return REFUSE(MSGPACK_TYPE);
    }
    *ret_head = h;
    return OK;
}

static bool is_single(uint8_t octet)
{
    return octet <= 0x80 || octet == 0xa0 || octet == 0xc0 || octet == 0xc2 || octet == 0xc3 ||
           octet >= 0xe0;
}

size_t mp_singles(struct slice in, size_t max, bool arrays)
{
    size_t count = 0, most = max < in.length ? max : in.length;
    while (count < most && (is_single(in.at[count]) || (arrays && in.at[count] == 0x90)))
        count++;
    return count;
}

/* What a head claims of the octets behind it; they are not touched unless they are there. */
static struct status claim_checked(const struct mp_head *h, struct slice behind)
{
    bool text = h->kind == VALUE_TEXT;
    if ((text || h->kind == VALUE_BYTES) && h->count > behind.length)
        return REFUSE(MSGPACK_TRUNCATED);
    if (text && !utf8_valid(slice_part(behind, 0, h->count)))
        return REFUSE(MSGPACK_UTF8);
    if (h->kind == VALUE_ARRAY && h->count > behind.length)
        return REFUSE(MSGPACK_COUNT);
    return OK;
}

struct status msgpack_scan_first(struct slice in, size_t *ret_length)
{
    uint32_t missing[MSGPACK_MAX_DEPTH]; /* elements still to come of each open array */
    size_t depth = 0;
    struct slice left = in;
    do {
        struct mp_head h;
        struct status s = mp_head_read(left, &h);
        if (failed(s))
            return s;
        left = slice_part(left, h.length, SIZE_MAX);
        s = claim_checked(&h, left);
        if (failed(s))
            return s;
        if (depth > 0)
            missing[depth - 1]--;
        if (h.kind == VALUE_ARRAY) {
            if (depth == MSGPACK_MAX_DEPTH)
                return REFUSE(MSGPACK_DEPTH);
            missing[depth++] = h.count;
        } else {
            left = slice_part(left, h.count, SIZE_MAX);
        }
        if (depth > 0) {
            bool arrays = depth < MSGPACK_MAX_DEPTH; /* an empty one counts as a level, too */
            size_t singles = mp_singles(left, missing[depth - 1], arrays);
            left = slice_part(left, singles, SIZE_MAX);
            missing[depth - 1] -= (uint32_t)singles;
        }
        while (depth > 0 && missing[depth - 1] == 0)
            depth--;
    } while (depth > 0);
    *ret_length = in.length - left.length;
    return OK;
}

struct status msgpack_scan(struct slice in)
{
    size_t length;
    struct status s = msgpack_scan_first(in, &length);
    if (failed(s))
        return s;
    return length == in.length ? OK : REFUSE(MSGPACK_TRAILING);
}
