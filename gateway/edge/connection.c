#include "edge/connection.h"

#include <stdlib.h>
#include <unistd.h>

#include "edge/worker.h"

#define READS_PER_TURN 8 /* of CONNECTION_READ_BYTES: one link cannot hold up the others */

struct connection {
    struct connections *set;
    struct connection *next, **slot; /* among all */
    struct connection *next_dirty;
    struct event *readable, *writable, *timer;
    int fd;
    struct tls_link *tls;
    struct exchange_link *link; /* NULL during the handshake */
    uint64_t deadline_ms;       /* of handshake or farewell; 0: the link's own */
    bool has_spoken;            /* octets came */
    bool is_dirty, waits_to_write, is_dead;
    bool has_more; /* reading ended, but not because there was nothing more to read */
};

static void connection_run(struct connection *c);

static void say(const struct connection *c, const char *event, const char *text)
{
    diagnostics_say(c->set->diagnostics, moment_now().wall_ms,
                    &(struct diagnostic){.event = event, .text = text});
}

static void on_io(evutil_socket_t fd, short what, void *owner)
{
    (void)fd;
    struct connection *c = owner;
    if ((what & EV_READ) != 0 && c->link == NULL && !c->has_spoken) {
        c->has_spoken = true;
        c->deadline_ms += HANDSHAKE_MS - SILENCE_MS;
    }
    connection_run(c);
}

/* Handshake and farewell are absolute; in between the link's own deadlines count. */
static uint64_t deadline_of(const struct connection *c)
{
    return c->deadline_ms != 0 ? c->deadline_ms : exchange_deadline(c->link);
}

static void on_timer(evutil_socket_t fd, short what, void *owner)
{
    (void)fd, (void)what;
    struct connection *c = owner;
    struct moment now = moment_now();
    if (now.mono_ms >= deadline_of(c)) {
        if (c->deadline_ms != 0)
            say(c, c->link == NULL ? "handshake.timeout" : "link.timeout", "deadline passed");
        c->is_dead = c->deadline_ms != 0 || failed(exchange_tick(c->link, now));
    }
    connection_run(c);
}

static void detach(struct connection *c)
{
    *c->slot = c->next;
    if (c->next != NULL)
        c->next->slot = c->slot;
    c->set->count--;
    c->set->handshakes -= c->link == NULL;
}

static void free_event(struct event *e)
{
    if (e != NULL)
        event_free(e);
}

static void connection_free(struct connection *c)
{
    detach(c);
    exchange_close(c->link);
    tls_link_free(c->tls);
    free_event(c->readable);
    free_event(c->writable);
    free_event(c->timer);
    close(c->fd);
    free(c);
}

void connection_new(struct connections *set, int fd)
{
    struct connection *c = calloc(1, sizeof *c);
    if (c == NULL) {
        close(fd);
        return;
    }
    c->set = set;
    c->fd = fd;
    c->deadline_ms = moment_now().mono_ms + SILENCE_MS;
    c->next = set->all;
    c->slot = &set->all;
    if (c->next != NULL)
        c->next->slot = &c->next;
    set->all = c;
    set->count++;
    set->handshakes++;
    c->readable = event_new(set->base, fd, EV_READ, on_io, c);
    c->writable = event_new(set->base, fd, EV_WRITE, on_io, c);
    c->timer = event_new(set->base, -1, 0, on_timer, c);
    if (c->readable == NULL || c->writable == NULL || c->timer == NULL ||
        failed(tls_link_accept(set->context, fd, &c->tls))) {
        connection_free(c);
        return;
    }
    connection_run(c);
}

void connection_dirty(void *owner)
{
    struct connection *c = owner;
    if (c->is_dirty)
        return;
    c->is_dirty = true;
    c->next_dirty = c->set->dirty;
    c->set->dirty = c;
}

/* What a TLS step means for the connection; true: go on at once. */
static bool step_on(struct connection *c, enum tls_step result)
{
    switch (result) {
    case TLS_DONE:
        return true;
    case TLS_WANT_READ:
        return false;
    case TLS_WANT_WRITE:
        c->waits_to_write = true;
        return false;
    case TLS_CLOSED:
        c->is_dead = true;
        return false;
    case TLS_TRUNCATED:
        say(c, "link.truncated", "closed without close_notify");
        c->is_dead = true;
        return false;
    case TLS_FAILED:
        say(c, c->link == NULL ? "handshake.failed" : "link.failed", tls_failure_text(c->tls));
        c->is_dead = true;
        return false;
    }
    return false;
}

static void finish_handshake(struct connection *c)
{
    struct identity identity;
    if (!step_on(c, tls_handshake(c->tls)))
        return;
    if (!tls_peer(c->tls, &identity) ||
        failed(exchange_open(c->set->exchange, &identity, c, moment_now(), &c->link))) {
        c->is_dead = true;
        return;
    }
    c->set->handshakes--;
    c->deadline_ms = 0;
}

static void read_octets(struct connection *c)
{
    /* Frames may stand whole in the link's input since it last wanted no more. */
    c->has_more = false;
    if (failed(exchange_take(c->link, (struct slice){NULL, 0}, moment_now())))
        return;
    for (unsigned i = 0; i < READS_PER_TURN && exchange_wants(c->link); i++) {
        size_t got = 0;
        if (!step_on(c, tls_read(c->tls, c->set->octets, CONNECTION_READ_BYTES, &got)))
            return;
        struct slice octets = slice_over(c->set->octets, got);
        if (failed(exchange_take(c->link, octets, moment_now())))
            return;
    }
    c->has_more = true;
}

static void write_octets(struct connection *c)
{
    struct buffer *out = exchange_output(c->link);
    while (out->length > 0) {
        size_t written = 0;
        if (!step_on(c, tls_write(c->tls, buffer_slice(out), &written)))
            return;
        buffer_drop(out, written);
    }
    if (exchange_over(c->link)) {
        tls_close(c->tls);
        c->is_dead = true;
    }
}

static void arm_timer(struct connection *c, bool at_once)
{
    uint64_t now = moment_now().mono_ms, at = deadline_of(c);
    uint64_t left = at_once ? 0 : at > now ? at - now : 1;
    struct timeval wait = {.tv_sec = (time_t)(left / 1000),
                           .tv_usec = (suseconds_t)(left % 1000 * 1000)};
    event_add(c->timer, &wait);
}

/* epoll does not fire for octets that OpenSSL or the link holds already: come back by ourselves,
 * and by the timer, so that others come in between. (SSL_has_pending is no guide: it is true for
 * half a record.) */
static void arm_events(struct connection *c)
{
    bool wants_read = c->link == NULL || exchange_wants(c->link);
    bool wants_write =
        c->waits_to_write || (c->link != NULL && exchange_output(c->link)->length > 0);
    if (wants_read)
        event_add(c->readable, NULL);
    else
        event_del(c->readable);
    if (wants_write)
        event_add(c->writable, NULL);
    else
        event_del(c->writable);
    arm_timer(c, c->has_more && wants_read);
}

/* Writes what there is, then waits for what comes next. */
static void connection_flush(struct connection *c)
{
    if (c->link != NULL && !c->is_dead)
        write_octets(c);
    if (c->link != NULL && exchange_over(c->link) && c->deadline_ms == 0)
        c->deadline_ms = moment_now().mono_ms + FAREWELL_MS;
    if (c->is_dead)
        connection_dirty(c); /* reaped at the end of the turn */
    else
        arm_events(c);
}

/* Writes before it reads: only a link whose output has gone takes more in. */
static void connection_run(struct connection *c)
{
    c->waits_to_write = false;
    if (c->link == NULL && !c->is_dead)
        finish_handshake(c);
    if (c->link != NULL && !c->is_dead)
        write_octets(c);
    if (c->link != NULL && !c->is_dead)
        read_octets(c);
    connection_flush(c);
}

void connections_leave(struct connections *set)
{
    struct moment now = moment_now();
    for (struct connection *c = set->all; c != NULL; c = c->next) {
        if (c->link == NULL)
            c->is_dead = true;
        else
            exchange_leave(c->link, NULL, now);
        connection_dirty(c);
    }
}

void connections_turn(struct connections *set)
{
    while (set->dirty != NULL) {
        struct connection *c = set->dirty;
        set->dirty = c->next_dirty;
        c->is_dirty = false;
        if (!c->is_dead)
            connection_flush(c); /* no reading: a busy peer would keep the turn for itself */
        if (c->is_dead && !c->is_dirty)
            connection_free(c);
    }
}

void connections_free(struct connections *set)
{
    for (struct connection *c = set->all, *next; c != NULL; c = next) {
        next = c->next;
        connection_free(c);
    }
}
