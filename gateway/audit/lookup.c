#include "audit/lookup.h"

#include "message/shape.h"
#include "wire/names.h"

static bool is_sid(struct slice text)
{
    return text.length > 0 && text.length <= LOOKUP_SID_BYTES;
}

static struct status lookup_begin(struct slice octets, uint64_t count,
                                  struct cbor_cursor *ret_cursor)
{
    struct status s = octets.length > LOOKUP_MAX_BYTES ? REFUSE(LOOKUP_SHAPE) : cbor_scan(octets);
    if (failed(s))
        return s;
    *ret_cursor = cbor_over(octets);
    cbor_array(ret_cursor, count, count);
    return OK;
}

void lookup_write(struct buffer *out, const struct lookup *lookup)
{
    cbor_put_array(out, 3);
    cbor_put_text(out, lookup->from);
    if (lookup->is_thread)
        cbor_put_bytes(out, lookup->frame);
    else
        cbor_put_text(out, lookup->frame);
    shape_put_text_or_null(out, lookup->sid);
}

struct status lookup_parse(struct slice octets, struct lookup *ret_lookup)
{
    struct cbor_cursor c;
    struct lookup l = {0};
    struct status s = lookup_begin(octets, 3, &c);
    if (failed(s))
        return s;
    l.from = shape_text(&c, name_is_party);
    l.is_thread = cbor_peek(&c) == CBOR_BYTES;
    l.frame = l.is_thread ? shape_uuid(&c) : shape_text(&c, name_is_ref);
    l.sid = shape_text_or_null(&c, is_sid);
    if (failed(s = shape_end(&c, REASON_LOOKUP_SHAPE)))
        return s;
    *ret_lookup = l;
    return OK;
}

static void put_hash_or_null(struct buffer *out, struct slice hash)
{
    if (hash.at == NULL)
        cbor_put_null(out);
    else
        cbor_put_bytes(out, hash);
}

static struct slice hash_or_null(struct cbor_cursor *c)
{
    if (cbor_peek(c) != CBOR_NULL)
        return shape_hash(c);
    cbor_null(c);
    return (struct slice){NULL, 0};
}

void looked_up_write(struct buffer *out, const struct looked_up *found)
{
    cbor_put_array(out, 2);
    put_hash_or_null(out, found->of_case);
    put_hash_or_null(out, found->of_subject);
}

struct status looked_up_parse(struct slice octets, struct looked_up *ret_found)
{
    struct cbor_cursor c;
    struct looked_up f = {0};
    struct status s = lookup_begin(octets, 2, &c);
    if (failed(s))
        return s;
    f.of_case = hash_or_null(&c);
    f.of_subject = hash_or_null(&c);
    if (failed(s = shape_end(&c, REASON_LOOKUP_SHAPE)))
        return s;
    *ret_found = f;
    return OK;
}
