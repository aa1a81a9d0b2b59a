#ifndef WIRE_MSGPACK_HEAD_H
#define WIRE_MSGPACK_HEAD_H

/* One MessagePack head, shared by the scan and the cursor; for wire/ alone. */

#include "wire/msgpack.h"

/** What stands before the payload of text and octets, or before the elements of an array. */
struct mp_head {
    enum value_kind kind;
    bool boolean;
    int64_t integer;
    uint32_t count; /* octets of text or bytes, elements of an array */
    size_t length;  /* octets of the head itself */
};

/**
 * Reads the head at the beginning of in. Counts are as claimed, not yet compared with what follows.
 *
 * REFUSED  msgpack.truncated, .form or .type
 */
struct status mp_head_read(struct slice in, struct mp_head *ret_head);

/**
 * How many octets at the beginning of in are whole values by themselves (small numbers, nil, bool,
 * empty text, the empty map and, where one may stand, the empty array), at most max. Long runs of
 * them cost a comparison or two each.
 */
size_t mp_singles(struct slice in, size_t max, bool arrays);

#endif
