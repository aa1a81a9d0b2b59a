#include "edge/connection.h"

#include <stdlib.h>
#include <unistd.h>

#include "edge/call.h"
#include "edge/connection_parts.h"
#include "edge/handshake.h"
#include "edge/worker.h"
#include "http/event.h"

#define READS_PER_TURN 8 /* of CONNECTION_READ_BYTES: one link cannot hold up the others */
#define FREES_PER_TURN 8 /* of connections: each costs what a message does not wait for */

void connection_say(const struct connection *c, const char *event, const char *text)
{
    char name[64] = "";
    if (c->call != NULL && !c->is_up) {
        call_note(c->call, text);
        return;
    }
    struct identity identity;
    if (c->link != NULL && tls_peer(c->tls, &identity))
        identity_name(&identity, name);
    diagnostics_say(&c->set->lines.paced, moment_now().wall_ms,
                    &(struct diagnostic){.event = event, .peer = slice_text(name), .text = text});
}

static void on_io(evutil_socket_t fd, short what, void *owner)
{
    (void)fd;
    struct connection *c = owner;
    if (c->link != NULL) {
        connection_run(c);
        return;
    }
    if ((what & EV_READ) != 0 && !c->has_spoken) {
        c->has_spoken = true;
        c->deadline_ms += HANDSHAKE_MS - SILENCE_MS;
    }
    handshake_ready(c);
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
            connection_say(c, c->link == NULL ? "handshake.timeout" : "link.timeout",
                           "deadline passed");
        c->is_dead = c->deadline_ms != 0 || failed(exchange_tick(c->link, now));
    }
    if (c->link != NULL)
        connection_run(c);
    else
        connection_flush(c);
}

static void detach(struct connection *c)
{
    *c->slot = c->next;
    if (c->next != NULL)
        c->next->slot = c->slot;
    if (c->set->sweep.next == c)
        c->set->sweep.next = c->next;
    c->set->count--;
    handshake_leave(c);
}

static void drop_events(struct connection *c)
{
    event_drop(c->readable);
    event_drop(c->writable);
    event_drop(c->timer);
    c->readable = c->writable = c->timer = NULL;
}

static void connection_free(struct connection *c)
{
    connection_down(c, moment_now());
    detach(c);
    exchange_close(c->link);
    tls_link_free(c->tls);
    drop_events(c);
    close(c->fd);
    free(c);
}

static bool make_events(struct connection *c)
{
    struct event_base *base = c->set->base;
    c->readable = event_new(base, c->fd, EV_READ, on_io, c);
    c->writable = event_new(base, c->fd, EV_WRITE, on_io, c);
    c->timer = event_new(base, -1, 0, on_timer, c);
    return c->readable != NULL && c->writable != NULL && c->timer != NULL;
}

struct connection *connection_make(struct connections *set, int fd)
{
    struct connection *c = calloc(1, sizeof *c);
    if (c == NULL) {
        close(fd);
        return NULL;
    }
    c->set = set;
    c->fd = fd;
    c->next = set->all;
    c->slot = &set->all;
    if (c->next != NULL)
        c->next->slot = &c->next;
    set->all = c;
    set->count++;
    c->is_dead = !make_events(c);
    return c;
}

void connection_new(struct connections *set, int fd, const struct source *source)
{
    struct connection *c = connection_make(set, fd);
    if (c == NULL)
        return;
    c->source = *source;
    c->deadline_ms = moment_now().mono_ms + SILENCE_MS;
    handshake_enter(c);
    connection_flush(c);
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

/* event: what it is when the link was open. */
static void say_end(struct connection *c, const char *event)
{
    connection_say(c, c->link == NULL ? "handshake.failed" : event, tls_failure_text(c->tls));
    c->is_dead = true;
}

bool connection_step(struct connection *c, enum tls_step result)
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
        say_end(c, "link.truncated");
        return false;
    case TLS_FAILED:
        say_end(c, "link.failed");
        return false;
    }
    return false;
}

static void read_octets(struct connection *c)
{
    /* Frames may stand whole in the link's input since it last wanted no more. */
    c->has_more = false;
    if (failed(exchange_take(c->link, (struct slice){NULL, 0}, moment_now())))
        return;
    for (unsigned i = 0; i < READS_PER_TURN && exchange_wants(c->link); i++) {
        size_t got = 0;
        if (!connection_step(c, tls_read(c->tls, c->set->octets, CONNECTION_READ_BYTES, &got)))
            return;
        struct slice octets = slice_over(c->set->octets, got);
        struct moment now = moment_now();
        if (failed(exchange_take(c->link, octets, now)))
            return;
        if (!c->is_up && c->call != NULL && !exchange_over(c->link))
            connection_up(c, now);
    }
    c->has_more = true;
}

static void write_octets(struct connection *c)
{
    struct buffer *out = exchange_output(c->link);
    while (out->length > 0) {
        size_t written = 0;
        if (!connection_step(c, tls_write(c->tls, buffer_slice(out), &written)))
            return;
        buffer_drop(out, written);
    }
    if (exchange_over(c->link)) {
        tls_close(c->tls);
        c->is_dead = true;
    }
}

static bool arm_timer(struct connection *c, bool at_once)
{
    uint64_t now = moment_now().mono_ms, at = deadline_of(c);
    uint64_t left = at_once ? 0 : at > now ? at - now : 1;
    struct timeval wait = {.tv_sec = (time_t)(left / 1000),
                           .tv_usec = (suseconds_t)(left % 1000 * 1000)};
    return event_add(c->timer, &wait) == 0;
}

static bool arm(struct event *e, bool wanted)
{
    return (wanted ? event_add(e, NULL) : event_del(e)) == 0;
}

/* epoll does not fire for octets that OpenSSL or the link holds already: come back by ourselves,
 * and by the timer, so that others come in between. (SSL_has_pending is no guide: it is true for
 * half a record.) False: there is no memory to wait with. */
static bool arm_events(struct connection *c)
{
    bool wants_read = c->link == NULL ? !c->is_away : exchange_wants(c->link);
    bool wants_write = (c->waits_to_write && !c->is_away) ||
                       (c->link != NULL && exchange_output(c->link)->length > 0);
    return arm(c->readable, wants_read) && arm(c->writable, wants_write) &&
           arm_timer(c, c->has_more && wants_read);
}

void connection_flush(struct connection *c)
{
    if (c->link != NULL && c->judged != c->set->generation)
        sweep_look(c, moment_now());
    if (c->link != NULL && !c->is_dead)
        write_octets(c);
    if (c->link != NULL && exchange_over(c->link) && c->deadline_ms == 0)
        c->deadline_ms = moment_now().mono_ms + FAREWELL_MS;
    if (!c->is_dead)
        c->is_dead = !arm_events(c);
    if (c->is_dead)
        connection_dirty(c); /* reaped at the end of the turn */
}

/* Writes before it reads: only a link whose output has gone takes more in. */
void connection_run(struct connection *c)
{
    if (c->judged != c->set->generation)
        sweep_look(c, moment_now());
    c->waits_to_write = false;
    if (!c->is_dead)
        write_octets(c);
    if (!c->is_dead)
        read_octets(c);
    connection_flush(c);
}

struct status connections_init(struct connections *set, struct tls_context *context,
                               const struct diagnostics *diagnostics)
{
    lines_init(&set->lines, diagnostics);
    set->octets = malloc(CONNECTION_READ_BYTES);
    if (set->octets == NULL)
        return FAIL(MEMORY);
    set->context = tls_context_hold(context);
    return OK;
}

void connections_renew(struct connections *set, struct tls_context *context, struct moment now)
{
    struct tls_context *old = set->context;
    set->context = tls_context_hold(context);
    tls_context_free(old);
    sweep_begin(set, now);
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

bool connections_busy(const struct connections *set)
{
    return set->dead != NULL || set->sweep.next != NULL;
}

/* Nothing reaches a dead connection any more; that it stays dirty keeps it out of that list. */
static void bury(struct connection *c)
{
    connection_down(c, moment_now());
    exchange_close(c->link);
    c->link = NULL;
    drop_events(c);
    c->is_dirty = true;
    c->next_dirty = c->set->dead;
    c->set->dead = c;
}

/* Writes, and finds what is dead. */
static void clean_up(struct connections *set)
{
    while (set->dirty != NULL) {
        struct connection *c = set->dirty;
        set->dirty = c->next_dirty;
        c->is_dirty = false;
        if (!c->is_dead)
            connection_flush(c); /* no reading: a busy peer would keep the turn for itself */
        if (c->is_dead && !c->is_dirty && handshake_withdraw(c))
            bury(c);
    }
}

/* When a thousand links end at once, the others need not wait until all of them are freed. */
static void free_dead(struct connections *set)
{
    for (unsigned i = 0; i < FREES_PER_TURN && set->dead != NULL; i++) {
        struct connection *c = set->dead;
        set->dead = c->next_dirty;
        connection_free(c);
    }
}

void connections_turn(struct connections *set)
{
    clean_up(set);
    sweep_turn(set, moment_now());
    clean_up(set);
    free_dead(set);
}

void connections_free(struct connections *set)
{
    handshakes_stop(set->handshakes);
    for (struct connection *c = set->all, *next; c != NULL; c = next) {
        next = c->next;
        connection_free(c);
    }
    handshakes_free(set->handshakes);
    set->handshakes = NULL;
    sweep_end(&set->sweep);
    free(set->octets);
    tls_context_free(set->context);
    set->octets = NULL;
    set->context = NULL;
}
