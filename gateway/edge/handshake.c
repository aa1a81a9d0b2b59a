#include "edge/handshake.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include "edge/call.h"
#include "edge/connection_parts.h"
#include "edge/worker.h"
#include "http/event.h"

/* Connections in the order in which it is their turn, linked by next_away. */
struct line {
    struct connection *first, **last;
};

struct handshakes {
    pthread_mutex_t lock; /* of waiting, done and over */
    pthread_cond_t changed;
    struct line waiting, done;
    bool over;
    sem_t decided; /* whether it runs is known */
    bool runs;
    struct event *returned;
    int fd; /* readable when there is something in done */
    pthread_t thread;
};

static void line_clear(struct line *l)
{
    l->first = NULL;
    l->last = &l->first;
}

static void line_insert(struct line *l, struct connection **before, struct connection *c)
{
    c->line = l;
    c->away = before;
    c->next_away = *before;
    if (c->next_away != NULL)
        c->next_away->away = &c->next_away;
    else
        l->last = &c->next_away;
    *before = c;
}

static void line_cut(struct connection *c)
{
    *c->away = c->next_away;
    if (c->next_away != NULL)
        c->next_away->away = c->away;
    else
        c->line->last = c->away;
    c->line = NULL;
}

/* NULL: there is none. */
static struct connection *line_take(struct line *l)
{
    struct connection *c = l->first;
    if (c != NULL)
        line_cut(c);
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

static struct status begin_link(struct connection *c, struct moment now)
{
    struct identity identity;
    if (!tls_peer(c->tls, &identity))
        return FAIL(CRYPTO);
    return c->call == NULL ? exchange_open(c->set->exchange, &identity, c, now, &c->link)
                           : exchange_dialled(c->set->exchange, &identity, c, now, &c->link);
}

/* Who was dialled is up once it has answered: it may yet refuse us. */
static void open_link(struct connection *c)
{
    struct moment now = moment_now();
    if (!is_still_welcome(c) || failed(begin_link(c, now))) {
        c->is_dead = true;
        return;
    }
    if (c->call != NULL)
        call_note(c->call, "the link ended before the peer had answered");
    else if (!exchange_over(c->link))
        connection_up(c, now);
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

static struct connection **behind_dialled(struct line *l)
{
    struct connection **at = &l->first;
    while (*at != NULL && (*at)->call != NULL)
        at = &(*at)->next_away;
    return at;
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
    line_insert(&h->waiting, c->call == NULL ? h->waiting.last : behind_dialled(&h->waiting), c);
    pthread_cond_signal(&h->changed);
    pthread_mutex_unlock(&h->lock);
}

bool handshake_withdraw(struct connection *c)
{
    if (!c->is_away)
        return true;
    struct handshakes *h = c->set->handshakes;
    pthread_mutex_lock(&h->lock);
    if (c->line != NULL) {
        line_cut(c);
        c->is_away = false;
    }
    pthread_mutex_unlock(&h->lock);
    return !c->is_away;
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

static struct connection *next_done(struct handshakes *h)
{
    pthread_mutex_lock(&h->lock);
    struct connection *c = line_take(&h->done);
    pthread_mutex_unlock(&h->lock);
    return c;
}

static void on_returned(evutil_socket_t fd, short what, void *owner)
{
    (void)what;
    struct handshakes *h = owner;
    uint64_t count;
    ssize_t got = read(fd, &count, sizeof count);
    (void)got;
    for (struct connection *c; (c = next_done(h)) != NULL;)
        take_back(c);
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
    h->runs = !failed(crypto_thread_start());
    sem_post(&h->decided);
    if (!h->runs)
        return NULL;
    pthread_mutex_lock(&h->lock);
    while ((c = next_waiting(h)) != NULL) {
        pthread_mutex_unlock(&h->lock);
        enum tls_step shaken = tls_handshake(c->tls);
        pthread_mutex_lock(&h->lock);
        c->shaken = shaken;
        line_insert(&h->done, h->done.last, c);
        ssize_t written = write(h->fd, &one, sizeof one);
        (void)written;
    }
    pthread_mutex_unlock(&h->lock);
    crypto_thread_stop();
    return NULL;
}

/* Verifying a certificate takes digests, for which nothing may be missing then. */
static struct status start_thread(struct handshakes *h)
{
    if (pthread_create(&h->thread, NULL, shake, h) != 0)
        return FAIL(STORE);
    while (sem_wait(&h->decided) != 0)
        ; /* interrupted */
    if (h->runs)
        return OK;
    (void)pthread_join(h->thread, NULL);
    return FAIL(CRYPTO);
}

static struct status make_parts(struct handshakes *h, struct event_base *base)
{
    h->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (h->fd < 0)
        return FAIL(STORE);
    h->returned = event_new(base, h->fd, EV_READ | EV_PERSIST, on_returned, h);
    if (h->returned == NULL || event_add(h->returned, NULL) != 0)
        return FAIL(MEMORY);
    return start_thread(h);
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
    sem_init(&h->decided, 0, 0);
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
    sem_destroy(&h->decided);
    pthread_cond_destroy(&h->changed);
    pthread_mutex_destroy(&h->lock);
    free(h);
}
