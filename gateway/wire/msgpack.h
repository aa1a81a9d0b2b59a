#ifndef WIRE_MSGPACK_H
#define WIRE_MSGPACK_H

/*
 * MessagePack as Comity allows it (PROTOCOL.md 1): nil, bool, int in -2^63..2^63-1, str, bin, array
 * and the empty map; shortest heads; strict UTF-8 without U+0000; depth <= 6; exactly one object.
 *
 * Octets of a peer go through msgpack_scan first: it allocates nothing and reads each octet once.
 * Only then are they walked with a cursor, which can therefore never run past its end. Writing is
 * done with msgpack-c, which makes the shortest heads.
 */

#include "base/arena.h"
#include "base/reader.h"
#include "base/status.h"

#define MSGPACK_MAX_DEPTH 6

/**
 * Checks that in is exactly one allowed object.
 *
 * REFUSED  msgpack.truncated, .trailing, .form, .type, .utf8, .depth or .count
 */
struct status msgpack_scan(struct slice in);

/** Like msgpack_scan, for the first object of in; ret_length is how many octets it takes. */
struct status msgpack_scan_first(struct slice in, size_t *ret_length);

enum value_kind {
    VALUE_NONE, /* nothing could be read */
    VALUE_NIL,
    VALUE_BOOL,
    VALUE_INT,
    VALUE_TEXT,
    VALUE_BYTES,
    VALUE_ARRAY,
    VALUE_EMPTY_MAP,
};

/** One value. Text and octets are borrowed from what was scanned. */
struct value {
    enum value_kind kind;
    bool boolean;
    int64_t integer;
    struct slice octets; /* of text or bytes */
    uint32_t count;      /* elements of an array */
    struct slice raw;    /* the value's own octets, elements included */
};

/** A sticky cursor over scanned octets. Reading something of another kind makes it fail. */
struct mp_cursor {
    struct reader r;
    bool starved; /* the failure is ours: an arena had no room */
};

/** A cursor over octets that msgpack_scan accepted. */
struct mp_cursor mp_over(struct slice scanned);

/** The kind of what comes next, VALUE_NONE at the end or after a failure. */
enum value_kind mp_peek(const struct mp_cursor *c);

/** Enters an array and gives its count; fails if there is none or it is over max. */
uint32_t mp_array(struct mp_cursor *c, uint32_t max);

/** Enters an array that must have exactly count elements. */
void mp_array_of(struct mp_cursor *c, uint32_t count);

uint64_t mp_uint(struct mp_cursor *c, uint64_t max); /* fails when negative or over max */
bool mp_bool(struct mp_cursor *c);
struct slice mp_text(struct mp_cursor *c, size_t max_bytes);
struct slice mp_bytes(struct mp_cursor *c, size_t min_bytes, size_t max_bytes);
/** Text or nil; nil gives the empty slice with at == NULL. */
struct slice mp_text_or_nil(struct mp_cursor *c, size_t max_bytes);
/** Octets or nil; nil gives the empty slice with at == NULL. */
struct slice mp_bytes_or_nil(struct mp_cursor *c, size_t min_bytes, size_t max_bytes);
/** Any value, arrays taken whole (walk them with mp_over(value.raw)). */
struct value mp_value(struct mp_cursor *c);
/** The raw octets of the next object, whatever it is. */
struct slice mp_skip(struct mp_cursor *c);
/** A list of bin, each of min..max octets, at most max_count; the array lives in the arena. */
struct slices mp_bytes_list(struct mp_cursor *c, struct arena *a, uint32_t max_count,
                            size_t min_bytes, size_t max_bytes);
/** Makes the cursor fail: for rules that the caller checks. */
void mp_fail(struct mp_cursor *c);
/** Whether nothing failed so far. */
bool mp_ok(const struct mp_cursor *c);
/** Whether all was read and nothing failed. */
bool mp_end(const struct mp_cursor *c);

/** Reads a scanned value; kind VALUE_NONE if it is not exactly one value. */
struct value value_read(struct slice scanned);

/**
 * Whether the value may stand in a field: a scalar, an array of scalars (no array in it, the empty
 * map neither), or the empty map (PROTOCOL.md 2).
 */
bool value_is_leaf(const struct value *v);

/* Writers: append one head or scalar to the buffer; sticky failure as in buffer. */
void mp_put_nil(struct buffer *b);
void mp_put_bool(struct buffer *b, bool value);
/** Fails over 2^63-1, which nobody would read. */
void mp_put_uint(struct buffer *b, uint64_t value);
void mp_put_int(struct buffer *b, int64_t value);
void mp_put_text(struct buffer *b, struct slice text);
void mp_put_bytes(struct buffer *b, struct slice octets);
void mp_put_array(struct buffer *b, size_t count);
void mp_put_empty_map(struct buffer *b);
/** Octets that already are one object (a value read before); no octets fail. */
void mp_put_raw(struct buffer *b, struct slice raw);
/** nil when at == NULL, else text. */
void mp_put_text_or_nil(struct buffer *b, struct slice text);
/** nil when at == NULL, else bin. */
void mp_put_bytes_or_nil(struct buffer *b, struct slice octets);

#endif
