#ifndef BENCH_MESSAGES_H
#define BENCH_MESSAGES_H

/*
 * Submissions that were sealed before anything is measured, in a file: for each one four octets of
 * length, big-endian, then a SUBMIT frame from the octet after its number on, so that who sends it
 * has only the frame's head and number to write.
 */

#include "base/reader.h"
#include "base/status.h"

struct messages {
    struct slice *at; /* the tail of a SUBMIT frame each, borrowed from octets */
    size_t count;
    struct buffer octets; /* the whole file */
};

/** Appends one submission to a file's octets; frame is what frame_write made with number 1. */
void messages_put(struct buffer *file, struct slice frame);

/** Reads a file, at most max messages of it. Stops the program where it cannot. */
void messages_read(const char *path, size_t max, struct messages *ret_messages);

void messages_done(struct messages *messages);

/** Appends the frame with this number. */
void messages_frame(struct buffer *out, struct slice message, uint64_t number);

#endif
