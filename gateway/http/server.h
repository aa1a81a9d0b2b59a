#ifndef HTTP_SERVER_H
#define HTTP_SERVER_H

/*
 * An HTTP/1.1 server over mutual TLS, on a thread of its own. It is for other machines, not for
 * browsers: who has no certificate of a State's CA is told nothing. Each connection does one
 * request after the other, and every resource that a peer can make grow has a limit:
 *
 *   a request    whole within request_ms of its first octet, however busily it trickles
 *   an answer    taken within answer_ms, or the connection is cut: the peer then misses its end
 *   a connection at most so many, per source and per identity, so many requests and so long
 *
 * GET, HEAD and POST only; a body has a Content-Length; no chunks, no upgrades, no ranges, no
 * escapes that would make a path mean something else (http/head.h).
 */

#include "base/reader.h"
#include "base/status.h"
#include "crypto/key.h"
#include "http/listener.h"
#include "tls/context.h"

enum http_method { HTTP_GET, HTTP_HEAD, HTTP_POST, HTTP_METHODS };

/** As members of a set: HTTP_TAKES(HTTP_GET) | HTTP_TAKES(HTTP_HEAD). */
#define HTTP_TAKES(method) (1U << (method))
#define HTTP_READS         (HTTP_TAKES(HTTP_GET) | HTTP_TAKES(HTTP_HEAD))

/** Who asks, by the certificate of the connection. */
struct http_caller {
    struct identity identity;
    struct digest x5t;
};

struct http_request {
    enum http_method method;
    struct slice path;  /* decoded, without query; begins with "/" */
    struct slice query; /* what follows the first "?", as it came; visible ASCII */
    struct slice body;
    const struct http_caller *caller;
    uint64_t now_ms; /* Unix */
};

/** A status of 200 to 599 that has a body, so not 204 or 304. */
struct http_answer {
    unsigned status;   /* 200; left at 0: 500 */
    const char *type;  /* static storage; NULL: text/plain; charset=utf-8 */
    const char *cache; /* Cache-Control, static storage; NULL: no-store */
    struct buffer body;
    int file; /* -1; or a descriptor whose octets follow the body. The server closes it */
    uint64_t file_bytes; /* of it that are sent, from its beginning */
};

/** Answers a request, on the server's thread: it should not wait for anything. The answer is made
 * ready with file -1 and an empty body of the server's bound; to a HEAD no octets are sent. */
typedef void http_serve(void *owner, const struct http_request *request,
                        struct http_answer *answer);

struct http_route {
    const char *prefix; /* one that ends in "/" stands for all paths below it, else for itself */
    unsigned methods;   /* HTTP_TAKES; HEAD is answered where GET is only if it is named, too */
    size_t body_max;    /* of a request */
    http_serve *serve;
    void *owner;
};

/** What the operator may want to know. Times and names only, nothing that was asked for. */
enum http_event {
    HTTP_UNSHAKEN, /* a handshake came to nothing; text says why */
    HTTP_SHED,     /* a connection over a limit was closed */
    HTTP_REFUSED,  /* a request was answered with 4xx or 5xx by the server itself */
    HTTP_LATE,     /* a connection was cut at a deadline */
    HTTP_ENDED,    /* the peer of an open connection would be refused by the renewed context */
    HTTP_STOPPED,  /* it serves nobody any more, and was not stopped */
    HTTP_EVENTS
};

/** On the server's thread. who: the caller's name, or "" before the handshake; text: a sentence of
 * ours, valid during the call. */
typedef void http_said(void *owner, enum http_event event, const char *who, const char *text);

/** Zeroed members stand for the standard that is said. */
struct http_limits {
    unsigned connections;  /* 128; of them half in their handshake */
    unsigned per_source;   /* 16: of one address, or /64 of IPv6 */
    unsigned per_caller;   /* 16: of one identity */
    unsigned requests;     /* 1000 per connection */
    uint64_t handshake_ms; /* 10 s */
    uint64_t request_ms;   /* 10 s from its first octet to its last */
    uint64_t answer_ms;    /* 60 s from its first octet to its last */
    uint64_t idle_ms;      /* 30 s from an answer to the next request */
    uint64_t life_ms;      /* 10 min; the answer after that is the last one */
    size_t head_bytes;     /* 8 KiB of a request */
    size_t answer_bytes;   /* 4 MiB + 64 KiB of an answer's body; a file is not bounded */
};

struct http_settings {
    const char *const *listen; /* "127.0.0.1:9443"; port 0: any free one */
    size_t listen_count;
    const int *descriptors; /* or listeners that are open already; the server's once it runs */
    size_t descriptor_count;
    struct tls_context *context;     /* held */
    const struct http_route *routes; /* must outlive the server; the first that fits serves */
    size_t route_count;
    struct http_limits limits;
    http_said *said; /* may be NULL */
    void *said_owner;
};

#define HTTP_LISTENERS_MAX 16
#define HTTP_ERROR_BYTES   256

struct http_server;

/**
 * Listens and starts the thread. error: a sentence for the operator.
 *
 * CONFIG, NETWORK  an address that cannot be listened on: which and why is in error
 * MEMORY, STORE, CRYPTO
 */
struct status http_server_start(const struct http_settings *settings,
                                char error[static HTTP_ERROR_BYTES],
                                struct http_server **ret_server);

/** The address that the index-th listener is bound to. False past the last one. Any thread. */
bool http_server_address(const struct http_server *server, size_t index,
                         char text[static ADDRESS_TEXT_BYTES]);

/** Has every connection judged again by another context, at once; new ones are judged by it. The
 * context is held. Any thread. */
void http_server_renew(struct http_server *server, struct tls_context *context);

/** Closes every connection, ends the thread and frees. NULL does nothing. */
void http_server_stop(struct http_server *server);

#endif
