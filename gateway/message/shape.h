#ifndef MESSAGE_SHAPE_H
#define MESSAGE_SHAPE_H

/*
 * What the readers of claims, releases, records and receipts share: members of a map whose keys
 * stand in ascending order, each with one shape. A cursor at the end of the octets has seen every
 * key, so a key that no rule names is what keeps it from getting there.
 */

#include "base/arena.h"
#include "base/status.h"
#include "wire/cbor.h"

#define HASH_BYTES 32

/** Reads this key; fails if something else stands there. */
void shape_key(struct cbor_cursor *c, uint64_t key);

/** 16 octets that are a UUIDv4. */
struct slice shape_uuid(struct cbor_cursor *c);

/** 32 octets. */
struct slice shape_hash(struct cbor_cursor *c);

/** Unix milliseconds that take nine octets. */
uint64_t shape_time(struct cbor_cursor *c);

/** 0 to 2^53-1. */
uint64_t shape_count(struct cbor_cursor *c);

/** Text for which the pattern holds. */
struct slice shape_text(struct cbor_cursor *c, bool (*pattern)(struct slice));

/** Text for which the pattern holds; at == NULL where null stands instead. */
struct slice shape_text_or_null(struct cbor_cursor *c, bool (*pattern)(struct slice));

/** A list of min..max texts for which the pattern holds, in the writer's order. */
struct slices shape_texts(struct cbor_cursor *c, struct arena *a, uint64_t min, uint64_t max,
                          bool (*pattern)(struct slice));

/** A list of at most max times 32 octets, in the writer's order. */
struct slices shape_hashes(struct cbor_cursor *c, struct arena *a, uint64_t max);

/** count zeroed elements of size octets for a list; NULL makes the cursor fail unless count is 0.
 */
void *shape_room(struct cbor_cursor *c, struct arena *a, uint64_t count, size_t size);

/** OK at the end of what was read; the given reason otherwise, or MEMORY if an arena was full. */
struct status shape_end(const struct cbor_cursor *c, enum reason reason);

/** Whether the list is strictly ascending by octets. */
bool slices_ascending(struct slices list);

/** Whether no two of a short list are equal. */
bool slices_differ(struct slices list);

/** Null where at == NULL, else text. */
void shape_put_text_or_null(struct buffer *out, struct slice text);

/** An array of bstr. */
void shape_put_hashes(struct buffer *out, struct slices list);

/** An array of tstr. */
void shape_put_texts(struct buffer *out, struct slices list);

#endif
