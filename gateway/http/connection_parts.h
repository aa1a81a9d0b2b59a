#ifndef HTTP_CONNECTION_PARTS_H
#define HTTP_CONNECTION_PARTS_H

/* One connection of a server. It is always in one phase, and each phase has one step. */

#include "http/clock.h"
#include "http/server_parts.h"

enum phase {
    PHASE_SHAKE,
    PHASE_HEAD, /* of a request; also while there is none */
    PHASE_BODY,
    PHASE_SEND,   /* what is in `out` and behind it, then `after` */
    PHASE_CLOSE,  /* close_notify */
    PHASE_LINGER, /* until the peer has closed its end, too */
    PHASES
};

/** What a step comes to. */
enum turn {
    TURN_ON,    /* the next step at once */
    TURN_READ,  /* when there is something to read */
    TURN_WRITE, /* when something can be written */
    TURN_LATER, /* after the others had their turn */
    TURN_OVER   /* the connection is freed */
};

struct web_connection {
    struct http_server *server;
    struct web_connection *next, **slot;
    struct source source;
    int fd;
    struct tls_link *tls; /* NULL before the first octets */
    uint64_t generation;  /* of the context that it was judged by */
    struct http_caller caller;
    char name[64]; /* the caller's; "" before the handshake */
    struct event *readable, *writable, *timer;
    enum phase phase, after;

    unsigned requests;
    uint64_t life_ends_ms; /* monotonic */
    bool has_begun;        /* an octet of the next request has come */
    bool is_last;          /* the answer closes the connection */
    struct buffer in;
    struct http_head head;
    uint8_t room[TARGET_PATH_BYTES];
    struct slice path;            /* in the room */
    size_t query_at, query_bytes; /* in `in`, whose octets move when a body comes */
    const struct http_route *route;

    struct buffer out; /* being written */
    size_t sent;       /* of it */
    struct buffer body;
    int file; /* -1: none */
    uint64_t file_at, file_end;
    size_t lingered;
};

#define HEAD_OUT_BYTES 1024U /* of the head of an answer */

/** Ends the connection so many milliseconds from now, whatever happens until then. */
void connection_arm(struct web_connection *connection, uint64_t ms);

/** Whether the server's context, which may have been exchanged meanwhile, lets the peer stay. */
bool connection_is_welcome(struct web_connection *connection);

/** The steps of their phases. */
enum turn connection_read_head(struct web_connection *connection);
enum turn connection_read_body(struct web_connection *connection);
enum turn connection_write_some(struct web_connection *connection);

/** Takes the answer over and begins to send it. allowed: as answer_head_write. */
void connection_answer(struct web_connection *connection, struct http_answer *answer,
                       unsigned allowed);

/** Frees what is left of an answer. */
void connection_drop_answer(struct web_connection *connection);

#endif
