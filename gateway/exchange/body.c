#include "exchange/judge.h"

#define DERIVED_MAX 8192

struct status body_parse(struct arena *arena, struct slice octets, struct body *ret_body)
{
    struct status s = msgpack_scan(octets);
    if (failed(s))
        return FAIL(STORE);
    struct mp_cursor c = mp_over(octets);
    struct body body;
    mp_array_of(&c, 2);
    body.message = mp_skip(&c);
    body.derived = mp_bytes_list(&c, arena, DERIVED_MAX, 0, FRAME_MAX_BYTES);
    if (!mp_end(&c))
        return FAIL(STORE);
    *ret_body = body;
    return OK;
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
