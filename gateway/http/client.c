#include "http/client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/clock.h"
#include "http/event.h"
#include "http/head.h"
#include "http/lookup.h"
#include "http/plain.h"
#include "tls/link.h"

#define ADDRESSES_MAX  8U
#define READ_BYTES     16384
#define HEAD_IN_BYTES  16384U
#define HEAD_OUT_BYTES 4096U

/* All calls of one http_calls. */
struct round {
    struct event_base *base;
    struct tls_context *context;
    struct lookups *lookups;
    size_t pending;
};

struct calling {
    struct round *round;
    const struct http_call *call;
    struct http_reply *reply;
    struct lookup *lookup; /* while the address is looked up */
    struct sockaddr_storage addresses[ADDRESSES_MAX];
    socklen_t lengths[ADDRESSES_MAX];
    unsigned address_count, next_address;
    int fd;               /* -1: none */
    struct tls_link *tls; /* NULL: plain */
    struct event *readable, *writable;
    enum step { STEP_CONNECT, STEP_SHAKE, STEP_SEND, STEP_RECEIVE, STEPS } step;
    struct buffer out, in;
    size_t sent;
    bool is_over;
};

/* What a step comes to: it has ended, or waits. */
enum outcome { OUTCOME_ON, OUTCOME_READ, OUTCOME_WRITE, OUTCOME_OVER };

static void drop_connection(struct calling *c)
{
    event_drop(c->readable);
    event_drop(c->writable);
    c->readable = c->writable = NULL;
    tls_link_free(c->tls);
    c->tls = NULL;
    if (c->fd >= 0)
        close(c->fd);
    c->fd = -1;
}

static enum outcome end(struct calling *c, struct status s, const char *why)
{
    if (c->is_over)
        return OUTCOME_OVER;
    c->is_over = true;
    c->reply->status = s;
    snprintf(c->reply->why, sizeof c->reply->why, "%s", why);
    if (--c->round->pending == 0)
        event_base_loopbreak(c->round->base);
    return OUTCOME_OVER;
}

static enum outcome end_with_link(struct calling *c)
{
    if (c->call->plain)
        return end(c, FAIL(NETWORK), strerror(errno));
    bool judged = tls_failure_is_certificate(tls_failure(c->tls));
    return end(c, judged ? FAIL(CRYPTO) : FAIL(NETWORK), tls_failure_text(c->tls));
}

static enum outcome wait_for(struct calling *c, enum tls_step step)
{
    if (step == TLS_WANT_READ)
        return OUTCOME_READ;
    if (step == TLS_WANT_WRITE)
        return OUTCOME_WRITE;
    return step == TLS_CLOSED ? end(c, FAIL(NETWORK), "the server ended the connection")
                              : end_with_link(c);
}

/* ---- the steps ---- */

static enum outcome next_address(struct calling *c, int why);

static enum outcome finish_connect(struct calling *c)
{
    int error = 0;
    socklen_t length = sizeof error;
    if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &length) != 0)
        error = errno;
    if (error != 0)
        return next_address(c, error);
    if (c->call->plain) {
        c->step = STEP_SEND;
        return OUTCOME_ON;
    }
    if (failed(tls_link_connect(c->round->context, c->fd, c->call->expected, &c->tls)) ||
        failed(tls_link_speak(c->tls, TLS_HTTP)))
        return end(c, FAIL(MEMORY), "out of memory");
    c->step = STEP_SHAKE;
    return OUTCOME_ON;
}

static enum outcome shake(struct calling *c)
{
    enum tls_step step = tls_handshake(c->tls);
    if (step != TLS_DONE)
        return wait_for(c, step);
    c->step = STEP_SEND;
    return OUTCOME_ON;
}

static enum outcome send_some(struct calling *c)
{
    size_t length = 0;
    struct slice rest = slice_part(buffer_slice(&c->out), c->sent, SIZE_MAX);
    enum tls_step step =
        c->call->plain ? plain_write(c->fd, rest, &length) : tls_write(c->tls, rest, &length);
    if (step != TLS_DONE)
        return wait_for(c, step);
    c->sent += length;
    if (c->sent == c->out.length)
        c->step = STEP_RECEIVE;
    return OUTCOME_ON;
}

static enum outcome give(struct calling *c, const struct http_head *head, size_t length)
{
    buffer_drop(&c->in, head->bytes);
    c->in.length = length;
    c->reply->body = c->in;
    c->in = buffer_new(0);
    c->reply->code = head->code;
    if (!c->call->plain)
        (void)tls_close(c->tls);
    return end(c, OK, "");
}

/* Looks at what has come. ON: more must come. */
static enum outcome look(struct calling *c, bool has_ended)
{
    struct http_head head;
    unsigned good = http_answer_head(buffer_slice(&c->in), HEAD_IN_BYTES, &head);
    if (good == 0 && has_ended)
        return end(c, FAIL(NETWORK), "the server ended the connection");
    if (good == 0)
        return OUTCOME_ON;
    if (good != 200)
        return end(c, FAIL(NETWORK), "the answer is no HTTP that is understood here");
    if (head.code < 200)
        return end(c, FAIL(NETWORK), "an answer before the answer, which nobody asked for");
    size_t there = c->in.length - head.bytes;
    bool bare = c->call->method == HTTP_HEAD || head.code == 204 || head.code == 304;
    if (bare)
        return give(c, &head, 0);
    if ((head.has_length ? head.length : there) > c->call->answer_max)
        return end(c, FAIL(FULL), "the answer is longer than is taken");
    if (head.has_length && there >= head.length)
        return give(c, &head, (size_t)head.length);
    if (!has_ended)
        return OUTCOME_ON;
    return head.has_length ? end(c, FAIL(NETWORK), "the answer was cut off")
                           : give(c, &head, there);
}

static enum outcome receive(struct calling *c)
{
    uint8_t octets[READ_BYTES];
    size_t length = 0;
    enum tls_step step = c->call->plain ? plain_read(c->fd, octets, sizeof octets, &length)
                                        : tls_read(c->tls, octets, sizeof octets, &length);
    if (step == TLS_CLOSED)
        return look(c, true);
    if (step != TLS_DONE)
        return wait_for(c, step);
    buffer_put(&c->in, slice_over(octets, length));
    if (c->in.failed)
        return end(c, c->in.length + length > c->in.max ? FAIL(FULL) : FAIL(MEMORY),
                   "the answer is longer than is taken");
    return look(c, false);
}

static void run(struct calling *c)
{
    static enum outcome (*const steps[STEPS])(struct calling *) = {
        [STEP_CONNECT] = finish_connect,
        [STEP_SHAKE] = shake,
        [STEP_SEND] = send_some,
        [STEP_RECEIVE] = receive,
    };
    enum outcome outcome;
    do
        outcome = steps[c->step](c);
    while (outcome == OUTCOME_ON);
    if (outcome == OUTCOME_OVER)
        drop_connection(c);
    else
        event_add(outcome == OUTCOME_READ ? c->readable : c->writable, NULL);
}

static void on_ready(evutil_socket_t fd, short what, void *owner)
{
    (void)fd, (void)what;
    run(owner);
}

/* ---- connecting ---- */

static bool begin_connect(struct calling *c, unsigned i)
{
    const struct sockaddr *address = (const struct sockaddr *)&c->addresses[i];
    struct event_base *base = c->round->base;
    c->fd = socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (c->fd < 0)
        return false;
    c->readable = event_new(base, c->fd, EV_READ, on_ready, c);
    c->writable = event_new(base, c->fd, EV_WRITE, on_ready, c);
    return c->readable != NULL && c->writable != NULL &&
           (connect(c->fd, address, c->lengths[i]) == 0 || errno == EINPROGRESS);
}

/* Connects to the next of the addresses; what became of it is seen when it can be written to. */
static enum outcome next_address(struct calling *c, int why)
{
    while (c->next_address < c->address_count) {
        drop_connection(c);
        if (begin_connect(c, c->next_address++)) {
            c->step = STEP_CONNECT;
            return OUTCOME_WRITE;
        }
        why = errno;
    }
    return end(c, FAIL(NETWORK), strerror(why));
}

static void on_found(void *owner, const struct addrinfo *found)
{
    struct calling *c = owner;
    c->lookup = NULL;
    for (; found != NULL && c->address_count < ADDRESSES_MAX; found = found->ai_next)
        if (found->ai_addrlen <= sizeof c->addresses[0]) {
            memcpy(&c->addresses[c->address_count], found->ai_addr, found->ai_addrlen);
            c->lengths[c->address_count++] = found->ai_addrlen;
        }
    if (c->address_count == 0)
        (void)end(c, FAIL(NETWORK), "there is no such host");
    else if (next_address(c, 0) == OUTCOME_WRITE)
        event_add(c->writable, NULL);
}

/* ---- a round ---- */

static bool is_sendable(const char *path)
{
    for (const char *at = path; *at != '\0'; at++)
        if (*at <= ' ' || *at > '~')
            return false;
    return path[0] == '/';
}

static void write_request(struct calling *c)
{
    static const char *const names[HTTP_METHODS] = {"GET", "HEAD", "POST"};
    const struct http_call *call = c->call;
    buffer_print(&c->out, "%s %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n",
                 names[call->method], call->path, call->address);
    if (call->method == HTTP_POST)
        buffer_print(&c->out, "Content-Type: %s\r\nContent-Length: %zu\r\n",
                     call->type == NULL ? "text/plain; charset=utf-8" : call->type,
                     call->body.length);
    buffer_text(&c->out, "\r\n");
    if (call->method == HTTP_POST)
        buffer_put(&c->out, call->body);
}

static void begin(struct calling *c)
{
    struct address address;
    c->out = buffer_new(HEAD_OUT_BYTES + c->call->body.length);
    c->in = buffer_new(HEAD_IN_BYTES + READ_BYTES + c->call->answer_max);
    if (!address_split(c->call->address, &address) || !is_sendable(c->call->path)) {
        (void)end(c, FAIL(CONFIG), "neither an address like gw.example:7444 nor a path");
        return;
    }
    if (!c->call->plain && c->round->context == NULL) {
        (void)end(c, FAIL(CONFIG), "there is no certificate to call with");
        return;
    }
    write_request(c);
    c->lookup = c->out.failed ? NULL : lookup_begin(c->round->lookups, &address, on_found, c);
    if (c->lookup == NULL)
        (void)end(c, c->out.failed ? FAIL(CONFIG) : FAIL(MEMORY),
                  c->out.failed ? "the path is too long" : "out of memory");
}

static void calling_done(struct calling *c)
{
    lookup_cancel(c->lookup);
    drop_connection(c);
    buffer_done(&c->out);
    buffer_done(&c->in);
    (void)end(c, FAIL(NETWORK), "there was no answer in time");
}

static struct status open_round(struct round *round)
{
    round->base = event_base_new();
    return round->base == NULL ? FAIL(MEMORY) : lookups_new(round->base, &round->lookups);
}

static void close_round(struct round *round)
{
    lookups_free(round->lookups);
    if (round->base != NULL)
        event_base_free(round->base);
}

struct status http_calls(struct tls_context *context, const struct http_call *calls, size_t count,
                         uint64_t deadline_ms, struct http_reply *replies)
{
    const struct timeval limit = time_of_ms(deadline_ms);
    struct round round = {.context = context, .pending = count};
    struct calling *all = calloc(count == 0 ? 1 : count, sizeof *all);
    struct status s = all == NULL ? FAIL(MEMORY) : open_round(&round);
    for (size_t i = 0; i < count; i++)
        replies[i] =
            (struct http_reply){.status = failed(s) ? s : FAIL(NETWORK), .body = buffer_new(0)};
    if (failed(s) || count == 0)
        goto out;
    for (size_t i = 0; i < count; i++) {
        all[i] =
            (struct calling){.round = &round, .call = &calls[i], .reply = &replies[i], .fd = -1};
        begin(&all[i]);
    }
    if (round.pending > 0 && event_base_loopexit(round.base, &limit) == 0)
        (void)event_base_dispatch(round.base);
    for (size_t i = 0; i < count; i++)
        calling_done(&all[i]);
out:
    close_round(&round);
    free(all);
    return s;
}
