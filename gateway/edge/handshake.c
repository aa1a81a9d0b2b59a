#include "edge/handshake.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include "edge/connection_parts.h"
#include "edge/event.h"
#include "edge/worker.h"

/* Connections in the order in which they came, linked by next_away. */
struct line {
    struct connection *first, **last;
};

struct handshakes {
    pthread_mutex_t lock; /* of waiting, done and over */
    pthread_cond_t changed;
    struct line waiting, done;
    bool over;
    struct event *returned;
    int fd; /* readable when there is something in done */
    pthread_t thread;
};

static void line_clear(struct line *l)
{
    l->first = NULL;
    l->last = &l->first;
}

static void line_put(struct line *l, struct connection *c)
{
    c->next_away = NULL;
    *l->last = c;
    l->last = &c->next_away;
}

static struct connection *line_take(struct line *l)
{
    struct connection *c = l->first;
    l->first = c->next_away;
    if (l->first == NULL)
        l->last = &l->first;
    return c;
}

void handshake_enter(struct connection *c)
{
    sources_enter(&c->set->sources, &c->source);
    c->set->handshaking++;
}

void handshake_leave(struct connection *c)
{
    if (c->source.slot == NULL)
        return;
    source_leave(&c->source);
    c->set->handshaking--;
}

/* The context may have been exchanged since the handshake began. */
static bool is_still_welcome(struct connection *c)
{
    if (c->judged == c->set->generation)
        return true;
    c->judged = c->set->generation;
    if (tls_link_recheck(c->tls, c->set->context) == TLS_FAILURE_NONE)
        return true;
    connection_say(c, "handshake.failed", tls_failure_text(c->tls));
    return false;
}

static void open_link(struct connection *c)
{
    struct identity identity;
    struct moment now = moment_now();
    if (!is_still_welcome(c) || !tls_peer(c->tls, &identity) ||
        failed(exchange_open(c->set->exchange, &identity, c, now, &c->link))) {
        c->is_dead = true;
        return;
    }
    handshake_leave(c);
    c->keyed_ms = now.mono_ms;
    c->deadline_ms = 0;
}

/* TLS begins with the first octets: who says nothing costs no more than a descriptor. */
static bool has_tls(struct connection *c)
{
    if (c->tls != NULL)
        return true;
    c->judged = c->set->generation;
    return !failed(tls_link_accept(c->set->context, c->fd, &c->tls));
}

void handshake_ready(struct connection *c)
{
    struct handshakes *h = c->set->handshakes;
    if (c->is_away)
        return;
    if (!has_tls(c)) {
        c->is_dead = true;
        connection_dirty(c);
        return;
    }
    c->is_away = true;
    pthread_mutex_lock(&h->lock);
    line_put(&h->waiting, c);
    pthread_cond_signal(&h->changed);
    pthread_mutex_unlock(&h->lock);
}

/* Its deadline may have passed meanwhile. */
static void take_back(struct connection *c)
{
    c->is_away = false;
    c->waits_to_write = false;
    if (!c->is_dead && connection_step(c, c->shaken))
        open_link(c);
    if (c->link != NULL)
        connection_run(c);
    else
        connection_flush(c);
}

static void on_returned(evutil_socket_t fd, short what, void *owner)
{
    (void)what;
    struct handshakes *h = owner;
    uint64_t count;
    ssize_t got = read(fd, &count, sizeof count);
    (void)got;
    pthread_mutex_lock(&h->lock);
    struct connection *c = h->done.first;
    line_clear(&h->done);
    pthread_mutex_unlock(&h->lock);
    for (struct connection *next; c != NULL; c = next) {
        next = c->next_away;
        take_back(c);
    }
}

/* Waits for a connection to come. NULL: it is over. */
static struct connection *next_waiting(struct handshakes *h)
{
    while (h->waiting.first == NULL && !h->over)
        pthread_cond_wait(&h->changed, &h->lock);
    return h->over ? NULL : line_take(&h->waiting);
}

static void *shake(void *owner)
{
    const uint64_t one = 1;
    struct handshakes *h = owner;
    struct connection *c;
    (void)setpriority(PRIO_PROCESS, 0, HANDSHAKE_NICE); /* of this thread alone; a wish */
    pthread_mutex_lock(&h->lock);
    while ((c = next_waiting(h)) != NULL) {
        pthread_mutex_unlock(&h->lock);
        enum tls_step shaken = tls_handshake(c->tls);
        pthread_mutex_lock(&h->lock);
        c->shaken = shaken;
        line_put(&h->done, c);
        ssize_t written = write(h->fd, &one, sizeof one);
        (void)written;
    }
    pthread_mutex_unlock(&h->lock);
    return NULL;
}

static struct status make_parts(struct handshakes *h, struct event_base *base)
{
    h->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (h->fd < 0)
        return FAIL(STORE);
    h->returned = event_new(base, h->fd, EV_READ | EV_PERSIST, on_returned, h);
    if (h->returned == NULL || event_add(h->returned, NULL) != 0)
        return FAIL(MEMORY);
    return pthread_create(&h->thread, NULL, shake, h) == 0 ? OK : FAIL(STORE);
}

struct status handshakes_start(struct event_base *base, struct handshakes **ret_handshakes)
{
    struct handshakes *h = calloc(1, sizeof *h);
    if (h == NULL)
        return FAIL(MEMORY);
    line_clear(&h->waiting);
    line_clear(&h->done);
    pthread_mutex_init(&h->lock, NULL);
    pthread_cond_init(&h->changed, NULL);
    struct status s = make_parts(h, base);
    if (failed(s)) {
        handshakes_free(h);
        return s;
    }
    *ret_handshakes = h;
    return OK;
}

void handshakes_stop(struct handshakes *h)
{
    if (h == NULL)
        return;
    pthread_mutex_lock(&h->lock);
    h->over = true;
    pthread_cond_signal(&h->changed);
    pthread_mutex_unlock(&h->lock);
    (void)pthread_join(h->thread, NULL);
}

void handshakes_free(struct handshakes *h)
{
    if (h == NULL)
        return;
    event_drop(h->returned);
    if (h->fd >= 0)
        close(h->fd);
    pthread_cond_destroy(&h->changed);
    pthread_mutex_destroy(&h->lock);
    free(h);
}
