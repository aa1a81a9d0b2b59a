#ifndef HTTP_CLIENT_H
#define HTTP_CLIENT_H

/*
 * Calls to HTTP servers of gateways and ministries, over mutual TLS. The server is known by its
 * certificate's identity, never by its host name. A call makes one connection and one request.
 *
 * A plain call goes over TCP alone. It is for an authority of timestamps, which nobody's directory
 * knows: what it is asked is a digest and a random number, what it answers it has signed. That a
 * call is plain must be said, so that no missing context can make one so.
 */

#include "http/server.h"

struct http_call {
    const char *address;  /* "host:port", "[::1]:9443" */
    const char *expected; /* the identity that must answer: "XA-GW-01", "XB-MIN-01" */
    bool plain;           /* without TLS; expected is not looked at */
    enum http_method method;
    const char *path; /* with query, as it is sent: visible ASCII, begins with "/" */
    const char *type; /* of the body; NULL: text/plain; charset=utf-8 */
    struct slice body;
    size_t answer_max; /* octets of the answer's body that are taken */
};

struct http_reply {
    struct status status; /* of the call; what the server says is code */
    unsigned code;        /* 200; 0 unless status is OK */
    struct buffer body;   /* to be done with buffer_done, always */
    char why[160];        /* of a failure, for people; else "" */
};

/**
 * Makes all calls in parallel and returns when every one has ended, at deadline_ms from now at the
 * latest: what has not ended by then has failed with NETWORK. Blocks; raises no signal. Replies
 * are written for every call, also where the whole fails.
 *
 * context  may be NULL where all calls are plain
 *
 * status of a reply: CONFIG (no address or path, no context); NETWORK; CRYPTO (the peer is not who
 * was expected, one of the two does not trust the other); FULL (the answer is over its limit);
 * MEMORY
 *
 * MEMORY, STORE  nothing was called
 */
struct status http_calls(struct tls_context *context, const struct http_call *calls, size_t count,
                         uint64_t deadline_ms, struct http_reply *replies);

#endif
