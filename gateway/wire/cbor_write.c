#include "wire/cbor.h"

#include <cbor.h>

#define HEAD_MAX_BYTES 9

/* libcbor gives 0 where its head did not fit, which cannot be with nine octets. */
static void put_head(struct buffer *b, const unsigned char *octets, size_t length)
{
    if (length == 0)
        b->failed = true;
    buffer_put(b, slice_over(octets, length));
}

void cbor_put_uint(struct buffer *b, uint64_t value)
{
    unsigned char head[HEAD_MAX_BYTES];
    put_head(b, head, cbor_encode_uint(value, head, sizeof head));
}

void cbor_put_int(struct buffer *b, int64_t value)
{
    unsigned char head[HEAD_MAX_BYTES];
    if (value >= 0)
        cbor_put_uint(b, (uint64_t)value);
    else
        put_head(b, head, cbor_encode_negint((uint64_t)(-1 - value), head, sizeof head));
}

void cbor_put_bytes(struct buffer *b, struct slice octets)
{
    unsigned char head[HEAD_MAX_BYTES];
    put_head(b, head, cbor_encode_bytestring_start(octets.length, head, sizeof head));
    buffer_put(b, octets);
}

void cbor_put_text(struct buffer *b, struct slice text)
{
    unsigned char head[HEAD_MAX_BYTES];
    put_head(b, head, cbor_encode_string_start(text.length, head, sizeof head));
    buffer_put(b, text);
}

void cbor_put_bool(struct buffer *b, bool value)
{
    unsigned char head[HEAD_MAX_BYTES];
    put_head(b, head, cbor_encode_bool(value, head, sizeof head));
}

void cbor_put_null(struct buffer *b)
{
    unsigned char head[HEAD_MAX_BYTES];
    put_head(b, head, cbor_encode_null(head, sizeof head));
}

void cbor_put_array(struct buffer *b, uint64_t count)
{
    unsigned char head[HEAD_MAX_BYTES];
    put_head(b, head, cbor_encode_array_start((size_t)count, head, sizeof head));
}

void cbor_put_map(struct buffer *b, uint64_t pairs)
{
    unsigned char head[HEAD_MAX_BYTES];
    put_head(b, head, cbor_encode_map_start((size_t)pairs, head, sizeof head));
}

void cbor_put_tag(struct buffer *b, uint64_t tag)
{
    unsigned char head[HEAD_MAX_BYTES];
    put_head(b, head, cbor_encode_tag(tag, head, sizeof head));
}
