#ifndef BASE_READER_H
#define BASE_READER_H

/*
 * Sticky cursors. A reader walks borrowed octets, a buffer grows owned ones. The first failure
 * sticks: later reads give zero, later writes do nothing, and one question at the end suffices.
 */

#include "base/slice.h"

struct reader {
    struct slice left; /* what has not been read */
    bool failed;
};

/** A reader at the beginning of in, which must outlive it. */
static inline struct reader reader_over(struct slice in)
{
    return (struct reader){.left = in};
}

/** The next length octets, borrowed; the empty slice after a failure. */
static inline struct slice reader_take(struct reader *r, size_t length)
{
    if (r->failed || length > r->left.length) {
        r->failed = true;
        return (struct slice){NULL, 0};
    }
    struct slice taken = slice_over(r->left.at, length);
    r->left = slice_part(r->left, length, SIZE_MAX);
    return taken;
}

/** Big-endian numbers; 0 after a failure. */
static inline uint8_t reader_u8(struct reader *r)
{
    struct slice octet = reader_take(r, 1);
    return octet.length == 0 ? 0 : octet.at[0];
}

uint16_t reader_u16(struct reader *r);
uint32_t reader_u32(struct reader *r);
uint64_t reader_u64(struct reader *r);

/** Whether all was read and nothing failed: leftovers count as failure. */
static inline bool reader_end(const struct reader *r)
{
    return !r->failed && r->left.length == 0;
}

struct buffer {
    uint8_t *at;   /* owned; NULL while empty */
    size_t length; /* octets written */
    size_t room;   /* octets allocated */
    size_t max;    /* inclusive limit of length */
    bool failed;   /* over max or out of memory */
};

/** An empty buffer that never grows over max octets. Nothing is allocated yet. */
struct buffer buffer_new(size_t max);

/** Frees what the buffer owns and leaves it empty and usable. */
void buffer_done(struct buffer *b);

/** Forgets the content and the failure, keeps the memory. */
void buffer_clear(struct buffer *b);

/** Appends octets; sticky failure. */
void buffer_put(struct buffer *b, struct slice in);
void buffer_text(struct buffer *b, const char *text);
void buffer_u8(struct buffer *b, uint8_t value);
void buffer_u16(struct buffer *b, uint16_t value);
void buffer_u32(struct buffer *b, uint32_t value);
void buffer_u64(struct buffer *b, uint64_t value);
[[gnu::format(printf, 2, 3)]] void buffer_print(struct buffer *b, const char *format, ...);

/** Makes room for length more octets and gives their address, or NULL; length grows by as much. */
uint8_t *buffer_grow(struct buffer *b, size_t length);

/** Drops the first count octets, moving the rest to the front. */
void buffer_drop(struct buffer *b, size_t count);

/** What was written, borrowed until the next write. */
static inline struct slice buffer_slice(const struct buffer *b)
{
    return slice_over(b->at, b->length);
}

#endif
