#ifndef LIBCOMITY_STREAM_H
#define LIBCOMITY_STREAM_H

/* Octets over TLS to one gateway, with deadlines in monotonic milliseconds; for connection.c. */

#include "base/reader.h"
#include "libcomity/fault.h"
#include "tls/link.h"

struct stream {
    int descriptor; /* -1: none */
    struct tls_link *tls;
    const char *gateway; /* for faults; the caller's */
    struct buffer in, out;
    bool over;                         /* nothing more comes or goes */
    uint64_t connected_us, secured_us; /* when TCP and then TLS was up, monotonic; 0: not yet */
};

/** Nothing yet; buffers of at most these octets. */
struct stream stream_new(const char *gateway, size_t in_max, size_t out_max);

/**
 * Connects and shakes hands; only the gateway's identity is accepted.
 *
 * FULL  it closed the connection instead of shaking hands;  NETWORK, CONFIG, MEMORY
 */
struct status stream_open(struct stream *s, struct tls_context *tls, const char *address,
                          uint64_t deadline_ms, struct comity_fault *reterr);

/** Sends close_notify and frees. */
void stream_done(struct stream *s);

/** Ends the stream with this reason. NETWORK */
struct status stream_break(struct stream *s, const char *why, struct comity_fault *reterr);

/** Moves octets once in both directions; where nothing came, waits at most until wait_ms. */
struct status stream_move(struct stream *s, uint64_t wait_ms, struct comity_fault *reterr);

/** Writes all of the output, taking what comes meanwhile. NETWORK */
struct status stream_flush(struct stream *s, uint64_t deadline_ms, struct comity_fault *reterr);

#endif
