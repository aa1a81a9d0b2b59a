#ifndef WIRE_CBOR_H
#define WIRE_CBOR_H

/*
 * CBOR as Comity allows it (PROTOCOL.md 1; RFC 8949 4.2.1): uint, nint, bstr, tstr, array, map with
 * ascending integer keys, true, false, null; tag 18 only where asked for; depth <= 6; nothing
 * trailing. Our own strict reader decodes: libcbor 0.8 refuses tag 18 and reserves memory by what
 * is claimed. libcbor's streaming encoders write, always in the shortest form.
 */

#include "base/reader.h"
#include "base/status.h"

#define CBOR_MAX_DEPTH 6

/**
 * Checks that in is exactly one allowed item without any tag.
 *
 * REFUSED  cbor.truncated, .trailing, .form, .type, .utf8, .depth, .count or .order
 */
struct status cbor_scan(struct slice in);

/**
 * The same for the headers of COSE (RFC 9052 1.4), where texts are labels too: keys of maps may be
 * texts, which stand behind the integers.
 */
struct status cbor_scan_labels(struct slice in);

enum cbor_kind {
    CBOR_NONE, /* at the end, or after a failure */
    CBOR_UINT,
    CBOR_NINT,
    CBOR_BYTES,
    CBOR_TEXT,
    CBOR_ARRAY,
    CBOR_MAP,
    CBOR_BOOL,
    CBOR_NULL,
};

/** A sticky cursor over octets that cbor_scan accepted. */
struct cbor_cursor {
    struct reader r;
    bool starved; /* the failure is ours: an arena had no room */
};

struct cbor_cursor cbor_over(struct slice scanned);
enum cbor_kind cbor_peek(const struct cbor_cursor *c);
uint64_t cbor_uint(struct cbor_cursor *c, uint64_t min, uint64_t max);
int64_t cbor_int(struct cbor_cursor *c);
struct slice cbor_bytes(struct cbor_cursor *c, size_t min_bytes, size_t max_bytes);
struct slice cbor_text(struct cbor_cursor *c, size_t min_bytes, size_t max_bytes);
bool cbor_bool(struct cbor_cursor *c);
void cbor_null(struct cbor_cursor *c);
/** Enters an array of min..max elements and gives their number. */
uint64_t cbor_array(struct cbor_cursor *c, uint64_t min, uint64_t max);
/** Enters a map and gives its number of pairs, at most max. */
uint64_t cbor_map(struct cbor_cursor *c, uint64_t max);
/** Whether the next key of a map is key; if so it is read. For maps: pairs are counted by the
 * caller. */
bool cbor_key(struct cbor_cursor *c, uint64_t key);
/** The raw octets of the next item, whatever it is. */
struct slice cbor_skip(struct cbor_cursor *c);
/** Makes the cursor fail: for rules that the caller checks. */
void cbor_fail(struct cbor_cursor *c);
bool cbor_ok(const struct cbor_cursor *c);
bool cbor_end(const struct cbor_cursor *c);

void cbor_put_uint(struct buffer *b, uint64_t value);
void cbor_put_int(struct buffer *b, int64_t value);
void cbor_put_bytes(struct buffer *b, struct slice octets);
void cbor_put_text(struct buffer *b, struct slice text);
void cbor_put_bool(struct buffer *b, bool value);
void cbor_put_null(struct buffer *b);
void cbor_put_array(struct buffer *b, uint64_t count);
void cbor_put_map(struct buffer *b, uint64_t pairs);
void cbor_put_tag(struct buffer *b, uint64_t tag);

#endif
