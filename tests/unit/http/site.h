#ifndef HTTP_SITE_H
#define HTTP_SITE_H

/* A server on loopback with a few pages, and clients that send whatever they like. */

#include "http/client.h"
#include "support/check.h"
#include "tls/link.h"

#define GATEWAY "XA/gateways/XA-GW-01/tls"
#define PARTY   "XA/parties/XA-CA-01/tls"
#define POLICE  "XA/parties/XA-POL-01/tls"
#define PEER    "XC/parties/XC-CA-01/tls"

#define ECHO_MAX 1024

/**
 * The context of a certificate of the test PKI. revoking: by the list of XA on which XA-POL-01 is.
 */
struct tls_context *context_of(const char *name, bool revoking);

/*
 * /who          who asks, by name
 * /echo         POST: the query, a line feed, the body
 * /file/        a file of site.file_bytes octets, each the low octet of its place
 * /cut/         the same, and an octet more is promised
 * /page         a page of site.page_bytes octets "p"
 * /gate         waits until the gate is opened for it
 * /nothing      leaves the answer as it was
 */
struct site {
    struct http_server *server;
    char address[ADDRESS_TEXT_BYTES];
    size_t page_bytes;
    int file;
    uint64_t file_bytes;
};

/** Starts it with these limits; stops the program where it cannot. */
void site_start(struct site *site, const struct http_limits *limits);
void site_stop(struct site *site);

/** How often the server has said this so far. */
unsigned site_said(enum http_event event);

/** Waits until it has said it so often; false where it does not. */
bool site_says(enum http_event event, unsigned times);

/** Waits until a request stands at the gate; lets one go on; how many have come there. */
void site_gate_reached(void);
void site_gate_open(void);
unsigned site_gate_count(void);

/** One GET by http_calls. */
struct http_reply site_get(const struct site *site, const char *path);

/* ---- a client by hand ---- */

struct hand {
    int fd;
    struct tls_link *tls;
    struct buffer in; /* what has come */
    bool is_closed;   /* the server has ended it, with close_notify; */
    bool is_broken;   /* or without */
};

/** TCP only. */
struct hand hand_connect(const struct site *site);

/** Shakes hands as this context's party; false where that fails. protocol: TLS_HTTP */
bool hand_shake(struct hand *hand, struct tls_context *context, const char *protocol);

/** Both, as XA-CA-01; stops the program where that fails. */
struct hand hand_open(const struct site *site);
struct hand hand_open_as(const struct site *site, const char *name);

/** Writes as much as the server takes within AWAIT_SECONDS. */
bool hand_send(struct hand *hand, const char *text);

/** Reads until so many octets have come or the connection is over; false where neither is. */
bool hand_read(struct hand *hand, size_t octets);

/** Reads to the end of the connection. */
bool hand_read_all(struct hand *hand);

/** Whether what has come holds this text. */
bool hand_has(const struct hand *hand, const char *text);

void hand_drop(struct hand *hand);

#endif
