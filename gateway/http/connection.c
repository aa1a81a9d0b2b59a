#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/connection_parts.h"

#define READ_BYTES   4096
#define LINGER_MS    2000U      /* for the peer to have read our last answer */
#define LINGER_BYTES (1U << 20) /* what it may still send meanwhile */

void connection_arm(struct web_connection *c, uint64_t ms)
{
    const struct timeval wait = time_of_ms(ms);
    event_add(c->timer, &wait);
}

/* ---- the handshake ---- */

static bool is_one_too_many(const struct web_connection *c)
{
    unsigned count = 0;
    for (const struct web_connection *o = c->server->connections; o != NULL; o = o->next)
        count += strcmp(o->name, c->name) == 0;
    return count > c->server->limits.per_caller;
}

/* The context may have been exchanged since the handshake began. */
bool connection_is_welcome(struct web_connection *c)
{
    if (c->generation == c->server->generation)
        return true;
    c->generation = c->server->generation;
    return tls_link_recheck(c->tls, c->server->context) == TLS_FAILURE_NONE;
}

static enum turn greet(struct web_connection *c)
{
    if (!tls_peer(c->tls, &c->caller.identity) || !connection_is_welcome(c)) {
        server_say(c->server, HTTP_UNSHAKEN, "", tls_failure_text(c->tls));
        return TURN_OVER;
    }
    c->caller.x5t = *tls_peer_x5t(c->tls);
    identity_name(&c->caller.identity, c->name);
    if (is_one_too_many(c)) {
        server_say(c->server, HTTP_SHED, c->name, "too many connections of this caller");
        return TURN_OVER;
    }
    c->phase = PHASE_HEAD;
    connection_arm(c, c->server->limits.idle_ms);
    return TURN_ON;
}

/* TLS begins with the first octets: who says nothing costs no more than a descriptor. */
static enum turn shake(struct web_connection *c)
{
    if (c->tls == NULL) {
        c->generation = c->server->generation;
        if (failed(tls_link_accept(c->server->context, c->fd, &c->tls)) ||
            failed(tls_link_speak(c->tls, TLS_HTTP)))
            return TURN_OVER;
    }
    enum tls_step step = tls_handshake(c->tls);
    if (step == TLS_DONE)
        return greet(c);
    if (step == TLS_WANT_READ)
        return TURN_READ;
    if (step == TLS_WANT_WRITE)
        return TURN_WRITE;
    server_say(c->server, HTTP_UNSHAKEN, "", tls_failure_text(c->tls));
    return TURN_OVER;
}

/* ---- the end ---- */

static enum turn say_goodbye(struct web_connection *c)
{
    if (tls_close(c->tls) == TLS_WANT_WRITE)
        return TURN_WRITE;
    shutdown(c->fd, SHUT_WR);
    c->phase = PHASE_LINGER;
    c->lingered = 0;
    connection_arm(c, LINGER_MS);
    return TURN_ON;
}

/* Closing with something unread would reset the connection, and the peer might lose our answer. */
static enum turn linger(struct web_connection *c)
{
    uint8_t octets[READ_BYTES];
    ssize_t got = recv(c->fd, octets, sizeof octets, MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return TURN_READ;
    c->lingered += got > 0 ? (size_t)got : 0;
    return got > 0 && c->lingered < LINGER_BYTES ? TURN_LATER : TURN_OVER;
}

/* ---- turns ---- */

static void connection_free(struct web_connection *c)
{
    *c->slot = c->next;
    if (c->next != NULL)
        c->next->slot = c->slot;
    c->server->connection_count--;
    source_leave(&c->source);
    event_drop(c->readable);
    event_drop(c->writable);
    event_drop(c->timer);
    connection_drop_answer(c);
    tls_link_free(c->tls);
    close(c->fd);
    buffer_done(&c->in);
    buffer_done(&c->out);
    free(c);
}

static void run(struct web_connection *c)
{
    static enum turn (*const steps[PHASES])(struct web_connection *) = {
        [PHASE_SHAKE] = shake,
        [PHASE_HEAD] = connection_read_head,
        [PHASE_BODY] = connection_read_body,
        [PHASE_SEND] = connection_write_some,
        [PHASE_CLOSE] = say_goodbye,
        [PHASE_LINGER] = linger,
    };
    static const struct timeval at_once = {0};
    enum turn turn;
    do
        turn = steps[c->phase](c);
    while (turn == TURN_ON);
    if (turn == TURN_OVER)
        connection_free(c);
    else
        event_add(turn == TURN_WRITE ? c->writable : c->readable,
                  turn == TURN_LATER ? &at_once : NULL);
}

static void on_ready(evutil_socket_t fd, short what, void *owner)
{
    (void)fd, (void)what;
    run(owner);
}

static void on_deadline(evutil_socket_t fd, short what, void *owner)
{
    (void)fd, (void)what;
    static const char *const texts[PHASES] = {
        [PHASE_SHAKE] = "the handshake took too long",
        [PHASE_HEAD] = "a request took too long",
        [PHASE_BODY] = "a request took too long",
        [PHASE_SEND] = "an answer was not taken in time",
        [PHASE_CLOSE] = "an answer was not taken in time",
    };
    struct web_connection *c = owner;
    bool is_usual = c->phase == PHASE_LINGER || (c->phase == PHASE_HEAD && !c->has_begun);
    if (!is_usual)
        server_say(c->server, HTTP_LATE, c->name, texts[c->phase]);
    connection_free(c);
}

static bool make_events(struct web_connection *c)
{
    struct event_base *base = c->server->base;
    c->readable = event_new(base, c->fd, EV_READ, on_ready, c);
    c->writable = event_new(base, c->fd, EV_WRITE, on_ready, c);
    c->timer = event_new(base, -1, 0, on_deadline, c);
    return c->readable != NULL && c->writable != NULL && c->timer != NULL;
}

static void enter(struct web_connection *c)
{
    struct http_server *s = c->server;
    c->next = s->connections;
    c->slot = &s->connections;
    if (c->next != NULL)
        c->next->slot = &c->next;
    s->connections = c;
    s->connection_count++;
    sources_enter(&s->sources, &c->source);
}

void web_connection_new(struct http_server *s, int descriptor, const struct source *source)
{
    struct web_connection *c = calloc(1, sizeof *c);
    if (c == NULL) {
        close(descriptor);
        return;
    }
    c->server = s;
    c->fd = descriptor;
    c->file = -1;
    c->source = *source;
    c->in = buffer_new(s->limits.head_bytes);
    c->out = buffer_new(HEAD_OUT_BYTES);
    c->life_ends_ms = http_mono_ms() + s->limits.life_ms;
    enter(c);
    if (!make_events(c) || event_add(c->readable, NULL) != 0) {
        connection_free(c);
        return;
    }
    connection_arm(c, s->limits.handshake_ms);
}

void web_connections_make_room(struct http_server *s)
{
    const unsigned most = s->limits.connections > 1 ? s->limits.connections / 2 : 1;
    struct web_connection *oldest = NULL;
    unsigned count = 0;
    for (struct web_connection *c = s->connections; c != NULL; c = c->next)
        if (c->phase == PHASE_SHAKE) {
            oldest = c; /* the newest come first */
            count++;
        }
    if (oldest == NULL || count < most)
        return;
    server_say(s, HTTP_SHED, "", "too many handshakes at once");
    connection_free(oldest);
}

void web_connections_judge(struct http_server *s)
{
    for (struct web_connection *c = s->connections, *next; c != NULL; c = next) {
        next = c->next;
        if (c->phase == PHASE_SHAKE || connection_is_welcome(c))
            continue;
        server_say(s, HTTP_ENDED, c->name, tls_failure_text(c->tls));
        connection_free(c);
    }
}

void web_connections_end(struct http_server *s)
{
    for (struct web_connection *c = s->connections, *next; c != NULL; c = next) {
        next = c->next;
        connection_free(c);
    }
}
