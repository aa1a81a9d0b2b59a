#include "exchange/judge.h"

#define DERIVED_MAX   8192
#define ONE_HOP_PARTS 2U
#define TWO_HOP_PARTS 4U

struct status body_parse(struct arena *arena, struct slice octets, struct body *ret_body)
{
    struct status s = msgpack_scan(octets);
    if (failed(s))
        return FAIL(STORE);
    struct mp_cursor c = mp_over(octets);
    struct body body = {0};
    uint32_t parts = mp_array(&c, TWO_HOP_PARTS);
    body.message = mp_skip(&c);
    body.derived = mp_bytes_list(&c, arena, DERIVED_MAX, 0, FRAME_MAX_BYTES);
    if (parts == TWO_HOP_PARTS) {
        body.releases = mp_bytes_list(&c, arena, 1, 0, FRAME_MAX_BYTES);
        body.receipts = mp_bytes_list(&c, arena, 1, 0, FRAME_MAX_BYTES);
    }
    if (c.starved)
        return FAIL(MEMORY);
    bool whole = mp_end(&c) && (parts == ONE_HOP_PARTS || parts == TWO_HOP_PARTS);
    if (!whole || body.releases.count != parts / TWO_HOP_PARTS ||
        body.receipts.count != body.releases.count)
        return FAIL(STORE);
    *ret_body = body;
    return OK;
}

static void put_list(struct buffer *out, struct slices list)
{
    mp_put_array(out, list.count);
    for (size_t i = 0; i < list.count; i++)
        mp_put_bytes(out, list.at[i]);
}

void body_write(struct buffer *out, const struct body *body)
{
    mp_put_array(out, body->releases.count == 0 ? ONE_HOP_PARTS : TWO_HOP_PARTS);
    mp_put_raw(out, body->message);
    put_list(out, body->derived);
    if (body->releases.count == 0)
        return;
    put_list(out, body->releases);
    put_list(out, body->receipts);
}

struct status inbox_ends_parse(struct slice octets, struct inbox_ends *ret_ends)
{
    struct status s = msgpack_scan(octets);
    if (failed(s))
        return FAIL(STORE);
    struct mp_cursor c = mp_over(octets);
    struct inbox_ends ends = {0};
    mp_array_of(&c, 4);
    ends.urgency = mp_text_or_nil(&c, 16);
    if (mp_peek(&c) == VALUE_NIL)
        mp_skip(&c);
    else
        ends.deadline_ms = mp_uint(&c, UINT64_MAX);
    ends.handling = mp_skip(&c);
    ends.case_ref = mp_text_or_nil(&c, 64);
    if (!mp_end(&c))
        return FAIL(STORE);
    *ret_ends = ends;
    return OK;
}
