#ifndef FAULTS_HOSTILE_H
#define FAULTS_HOSTILE_H

/*
 * Octets that made decoders reserve gigabytes, read in squares of the length or run out of stack:
 * those that were seen to do so in msgpack-c 4.0 and libcbor 0.8, and the worst of their kind that
 * fit a frame.
 */

#include "base/reader.h"

struct hostile {
    const char *name;
    void (*write)(struct buffer *out);
    const char *sound_for; /* the only reader that may accept it; NULL: none may */
};

extern const struct hostile hostile_octets[];
extern const size_t hostile_count;

#endif
