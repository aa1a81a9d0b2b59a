#ifndef BASE_SLICE_H
#define BASE_SLICE_H

/* Borrowed octets. A slice never owns what it points to and is passed by value. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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
struct slice slice_text(const char *text);

/** Whether both hold the same octets. Not constant time. */
bool slice_equal(struct slice a, struct slice b);

/** Whether the slice holds exactly this text. */
bool slice_is(struct slice a, const char *text);

/** Octet order; a prefix stands before what it begins. <0, 0, >0. */
int slice_compare(struct slice a, struct slice b);

/** Whether a begins with prefix. */
bool slice_begins(struct slice a, struct slice prefix);

/** The part from offset on, at most length octets; clamped to what there is. */
struct slice slice_part(struct slice a, size_t offset, size_t length);

/** First index of octet in a, or a.length. */
size_t slice_find(struct slice a, uint8_t octet);

/** Compares secrets and digests in constant time. */
bool bytes_equal(const void *a, const void *b, size_t length);

/** Copies at most room-1 octets as a C string and terminates it; false if it was cut or holds a
 * NUL. */
bool slice_copy_text(struct slice a, char *text, size_t room);

#endif
