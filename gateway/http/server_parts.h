#ifndef HTTP_SERVER_PARTS_H
#define HTTP_SERVER_PARTS_H

/* A server as the files of http/ see it. All but what stands behind `lock` is its thread's. */

#include <pthread.h>
#include <semaphore.h>

#include "http/event.h"
#include "http/head.h"
#include "http/sources.h"
#include "tls/link.h"

struct web_connection;

struct http_server {
    const struct http_route *routes;
    size_t route_count;
    struct http_limits limits;
    http_said *said;
    void *said_owner;

    struct event_base *base;
    int listeners[HTTP_LISTENERS_MAX];
    struct event *accepting[HTTP_LISTENERS_MAX];
    unsigned listener_count;
    struct event *pause; /* after which it accepts again */

    struct tls_context *context;
    uint64_t generation; /* of the context */
    struct sources sources;
    struct web_connection *connections; /* doubly linked */
    unsigned connection_count;

    pthread_mutex_t lock;
    struct tls_context *renewed; /* to be taken; NULL: none */
    bool over;
    int wake; /* readable when something behind the lock has changed */
    struct event *woken;

    pthread_t thread;
    sem_t decided; /* whether the thread runs is known */
    bool runs;
};

/* ---- server.c ---- */

/** Tells the owner, if it wants to know. */
void server_say(const struct http_server *server, enum http_event event, const char *who,
                const char *text);

/** Takes what has been said to the server from outside, without judging by it: a renewed context,
 * and whether it is over, which then ends the loop. */
bool server_catch_up(struct http_server *server);

/* ---- accept.c ---- */

/** Makes the events of the listeners. MEMORY */
struct status accept_begin(struct http_server *server);

/** Ends them and closes the listeners. */
void accept_end(struct http_server *server);

/* ---- connection.c ---- */

/** Takes a connection in; closes the descriptor where memory is out. */
void web_connection_new(struct http_server *server, int descriptor, const struct source *source);

/** Handshakes are at most half of all connections: for another, the oldest of them is cut. */
void web_connections_make_room(struct http_server *server);

/** Judges all open connections by the server's context, and ends those that are refused. */
void web_connections_judge(struct http_server *server);

void web_connections_end(struct http_server *server);

/* ---- answer.c ---- */

/** Appends the head of an answer. allowed: methods, HTTP_TAKES, of a 405; else 0. */
void answer_head_write(struct buffer *out, const struct http_answer *answer, unsigned allowed,
                       bool is_last, uint64_t now_ms);

/** "Not Found"; "" where there is none. Static storage. */
const char *answer_reason(unsigned status);

#endif
