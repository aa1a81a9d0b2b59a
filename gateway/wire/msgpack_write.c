#include "wire/msgpack.h"

#include <msgpack.h>

static int append(void *to, const char *octets, size_t length)
{
    struct buffer *b = to;
    buffer_put(b, slice_over(octets, length));
    return b->failed ? -1 : 0;
}

static msgpack_packer packer_for(struct buffer *b)
{
    return (msgpack_packer){.data = b, .callback = append};
}

/* What the packer reports is what the buffer already remembers. */
static void noted(struct buffer *b, int result)
{
    if (result != 0)
        b->failed = true;
}

void mp_put_nil(struct buffer *b)
{
    msgpack_packer p = packer_for(b);
    noted(b, msgpack_pack_nil(&p));
}

void mp_put_bool(struct buffer *b, bool value)
{
    msgpack_packer p = packer_for(b);
    noted(b, value ? msgpack_pack_true(&p) : msgpack_pack_false(&p));
}

void mp_put_uint(struct buffer *b, uint64_t value)
{
    msgpack_packer p = packer_for(b);
    noted(b, value > INT64_MAX ? -1 : msgpack_pack_uint64(&p, value));
}

void mp_put_int(struct buffer *b, int64_t value)
{
    msgpack_packer p = packer_for(b);
    noted(b, msgpack_pack_int64(&p, value));
}

void mp_put_text(struct buffer *b, struct slice text)
{
    msgpack_packer p = packer_for(b);
    noted(b, msgpack_pack_str(&p, text.length));
    buffer_put(b, text);
}

void mp_put_bytes(struct buffer *b, struct slice octets)
{
    msgpack_packer p = packer_for(b);
    noted(b, msgpack_pack_bin(&p, octets.length));
    buffer_put(b, octets);
}

void mp_put_array(struct buffer *b, size_t count)
{
    msgpack_packer p = packer_for(b);
    noted(b, msgpack_pack_array(&p, count));
}

void mp_put_empty_map(struct buffer *b)
{
    msgpack_packer p = packer_for(b);
    noted(b, msgpack_pack_map(&p, 0));
}

void mp_put_raw(struct buffer *b, struct slice raw)
{
    if (raw.length == 0)
        b->failed = true;
    buffer_put(b, raw);
}

void mp_put_text_or_nil(struct buffer *b, struct slice text)
{
    if (text.at == NULL)
        mp_put_nil(b);
    else
        mp_put_text(b, text);
}

void mp_put_bytes_or_nil(struct buffer *b, struct slice octets)
{
    if (octets.at == NULL)
        mp_put_nil(b);
    else
        mp_put_bytes(b, octets);
}
