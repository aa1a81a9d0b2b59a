#ifndef BASE_SLICE_H
#define BASE_SLICE_H

/* Borrowed octets. A slice never owns what it points to and is passed by value. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct slice {
    const uint8_t *at; /* may be NULL when length is 0 */
    size_t length;     /* octets */
};

/** A list of slices; who made it says who owns the array. */
struct slices {
    struct slice *at;
    size_t count;
};

/** A slice over length octets at at. */
static inline struct slice slice_over(const void *at, size_t length)
{
    return (struct slice){(const uint8_t *)at, length};
}

/** A slice over a C string without its terminator; the empty slice for NULL. */
static inline struct slice slice_text(const char *text)
{
    return slice_over(text, text == NULL ? 0 : strlen(text));
}

/** Whether both hold the same octets. Not constant time. */
static inline bool slice_equal(struct slice a, struct slice b)
{
    return a.length == b.length && (a.length == 0 || memcmp(a.at, b.at, a.length) == 0);
}

/** Whether the slice holds exactly this text. */
static inline bool slice_is(struct slice a, const char *text)
{
    return slice_equal(a, slice_text(text));
}

/** Octet order; a prefix stands before what it begins. <0, 0, >0. */
static inline int slice_compare(struct slice a, struct slice b)
{
    size_t shorter = a.length < b.length ? a.length : b.length;
    int order = shorter == 0 ? 0 : memcmp(a.at, b.at, shorter);
    return order != 0 ? order : (a.length > b.length) - (a.length < b.length);
}

/** Whether a begins with prefix. */
bool slice_begins(struct slice a, struct slice prefix);

/** The part from offset on, at most length octets; clamped to what there is. */
static inline struct slice slice_part(struct slice a, size_t offset, size_t length)
{
    if (offset >= a.length)
        return (struct slice){NULL, 0};
    size_t left = a.length - offset;
    return slice_over(a.at + offset, length < left ? length : left);
}

/** First index of octet in a, or a.length. */
size_t slice_find(struct slice a, uint8_t octet);

/** Takes what stands before the next line feed off *rest, the line feed too, which is dropped;
 * false where there is none. */
bool slice_line(struct slice *rest, struct slice *ret_line);

/** Compares secrets and digests in constant time. */
bool bytes_equal(const void *a, const void *b, size_t length);

/** Copies at most room-1 octets as a C string and terminates it; false if it was cut or holds a
 * NUL. */
bool slice_copy_text(struct slice a, char *text, size_t room);

#endif
