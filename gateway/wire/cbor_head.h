#ifndef WIRE_CBOR_HEAD_H
#define WIRE_CBOR_HEAD_H

/* One CBOR head (RFC 8949 3), shared by the scan and the cursor; for wire/ alone. */

#include "wire/cbor.h"

/** What stands before the payload of a string, or before the items of an array or map. */
struct cbor_head {
    enum cbor_kind kind;
    bool boolean;
    uint64_t argument; /* the number (n of -1-n for CBOR_NINT), the octets, the items or pairs */
    size_t length;     /* octets of the head itself */
};

/**
 * Reads the head at the beginning of in. Arguments are as claimed, not yet compared with what
 * follows.
 *
 * REFUSED  cbor.truncated, .form or .type
 */
struct status cbor_head_read(struct slice in, struct cbor_head *ret_head);

#endif
