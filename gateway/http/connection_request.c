#include <unistd.h>

#include "http/connection_parts.h"

#define READ_BYTES 4096

/* Reads some of at most so many octets. A request's time begins with its first octet. */
static enum turn read_some(struct web_connection *c, size_t most)
{
    uint8_t octets[READ_BYTES];
    size_t length = 0;
    enum tls_step step =
        tls_read(c->tls, octets, most < sizeof octets ? most : sizeof octets, &length);
    if (step == TLS_WANT_READ)
        return TURN_READ;
    if (step == TLS_WANT_WRITE)
        return TURN_WRITE;
    if (step != TLS_DONE)
        return TURN_OVER;
    buffer_put(&c->in, slice_over(octets, length));
    return c->in.failed ? TURN_OVER : TURN_ON;
}

static void begin_request(struct web_connection *c)
{
    if (c->in.length == 0 || c->has_begun)
        return;
    c->has_begun = true;
    connection_arm(c, c->server->limits.request_ms);
}

/* The server's own answers say nothing but their status. */
static enum turn refuse(struct web_connection *c, unsigned status, unsigned allowed)
{
    struct http_answer a = {.status = status, .body = buffer_new(HEAD_OUT_BYTES), .file = -1};
    buffer_print(&a.body, "%u %s\n", status, answer_reason(status));
    server_say(c->server, HTTP_REFUSED, c->name, answer_reason(status));
    connection_answer(c, &a, allowed);
    buffer_drop(&c->in, c->head.bytes);
    return TURN_ON;
}

static enum turn refuse_last(struct web_connection *c, unsigned status)
{
    c->is_last = true;
    return refuse(c, status, 0);
}

static bool route_fits(const struct http_route *route, struct slice path)
{
    struct slice prefix = slice_text(route->prefix);
    return prefix.length > 0 && prefix.at[prefix.length - 1] == '/' ? slice_begins(path, prefix)
                                                                    : slice_equal(path, prefix);
}

static const struct http_route *route_of(const struct http_server *s, struct slice path)
{
    for (size_t i = 0; i < s->route_count; i++)
        if (route_fits(&s->routes[i], path))
            return &s->routes[i];
    return NULL;
}

/* The octets of the head move when those of a body come: of them, places are kept. */
static bool take_target(struct web_connection *c)
{
    struct slice query;
    if (!http_target_read(c->head.target, c->room, &c->path, &query))
        return false;
    c->query_bytes = query.length;
    c->query_at = query.length == 0 ? 0 : (size_t)(query.at - buffer_slice(&c->in).at);
    c->head.target = (struct slice){0};
    return true;
}

/* A body that nobody takes is in the way of the next request. */
static enum turn take_head(struct web_connection *c)
{
    if (!take_target(c))
        return refuse_last(c, 400);
    c->route = route_of(c->server, c->path);
    unsigned methods = c->route == NULL ? 0 : c->route->methods;
    if ((methods & HTTP_TAKES(c->head.method)) == 0) {
        c->is_last = c->is_last || c->head.length > 0;
        return refuse(c, c->route == NULL ? 404 : 405, methods);
    }
    if (c->head.length > c->route->body_max)
        return refuse_last(c, 413);
    c->in.max = c->server->limits.head_bytes + (size_t)c->head.length;
    c->phase = PHASE_BODY;
    if (c->head.expects && c->in.length < c->head.bytes + c->head.length) {
        buffer_clear(&c->out);
        c->sent = 0;
        buffer_text(&c->out, "HTTP/1.1 100 Continue\r\n\r\n");
        c->phase = PHASE_SEND;
        c->after = PHASE_BODY;
    }
    return TURN_ON;
}

enum turn connection_read_head(struct web_connection *c)
{
    size_t max = c->server->limits.head_bytes;
    begin_request(c);
    unsigned status = http_request_head(buffer_slice(&c->in), max, &c->head);
    if (status == 200)
        return take_head(c);
    return status == 0 ? read_some(c, max - c->in.length) : refuse_last(c, status);
}

static void check_answer(struct http_answer *a)
{
    if (a->status >= 200 && a->status <= 599 && !a->body.failed)
        return;
    buffer_done(&a->body);
    if (a->file >= 0)
        close(a->file);
    *a = (struct http_answer){.status = 500, .file = -1};
}

static enum turn end_refused(struct web_connection *c)
{
    server_say(c->server, HTTP_ENDED, c->name, tls_failure_text(c->tls));
    return TURN_OVER;
}

/* Another request may have been long in being served: who may not be served now is not. */
static enum turn serve(struct web_connection *c)
{
    if (server_catch_up(c->server))
        return TURN_OVER;
    if (!connection_is_welcome(c))
        return end_refused(c);
    const struct slice in = buffer_slice(&c->in);
    const struct http_request request = {
        .method = c->head.method,
        .path = c->path,
        .query = slice_part(in, c->query_at, c->query_bytes),
        .body = slice_part(in, c->head.bytes, (size_t)c->head.length),
        .caller = &c->caller,
        .now_ms = http_wall_ms(),
    };
    struct http_answer answer = {.body = buffer_new(c->server->limits.answer_bytes), .file = -1};
    c->route->serve(c->route->owner, &request, &answer);
    check_answer(&answer);
    connection_answer(c, &answer, 0);
    buffer_drop(&c->in, c->head.bytes + (size_t)c->head.length);
    return TURN_ON;
}

enum turn connection_read_body(struct web_connection *c)
{
    size_t all = c->head.bytes + (size_t)c->head.length;
    return c->in.length >= all ? serve(c) : read_some(c, all - c->in.length);
}
