#include "edge/worker.h"

#include <errno.h>
#include <event2/event.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "edge/connection.h"
#include "edge/mailbox.h"

#define ACCEPTS_PER_TURN 16
#define LISTENERS_MAX    16
#define PAUSE_MS         500 /* of accepting, where no descriptor is left */

struct worker {
    struct workers *pool;
    struct mailbox *mailbox;
    struct connections connections;
    struct event *mail, *accepting[LISTENERS_MAX], *grace, *pause;
    int listeners[LISTENERS_MAX];
    unsigned listener_count;
    pthread_t thread;
    bool started, leaving, over, paused;
};

struct workers {
    struct workers_settings settings;
    struct worker *at;
    unsigned count;
    _Atomic uint64_t grace_ms;
};

struct moment moment_now(void)
{
    struct timespec wall, mono;
    clock_gettime(CLOCK_REALTIME, &wall);
    clock_gettime(CLOCK_MONOTONIC, &mono);
    return (struct moment){
        .wall_ms = (uint64_t)wall.tv_sec * 1000 + (uint64_t)wall.tv_nsec / 1000000,
        .mono_ms = (uint64_t)mono.tv_sec * 1000 + (uint64_t)mono.tv_nsec / 1000000,
    };
}

/* On the journal thread: results of this worker's postings. */
static void results_done(void *owner, struct journal_result *results)
{
    struct worker *w = owner;
    mailbox_put_results(w->mailbox, results);
}

static void announce_to_all(void *workers, struct slice party)
{
    struct workers *pool = workers;
    for (unsigned i = 0; i < pool->count; i++)
        mailbox_put_party(pool->at[i].mailbox, party);
}

static void leave(struct worker *w)
{
    uint64_t grace = atomic_load(&w->pool->grace_ms);
    struct timeval wait = {.tv_sec = (time_t)(grace / 1000),
                           .tv_usec = (suseconds_t)(grace % 1000 * 1000)};
    w->leaving = true;
    for (unsigned i = 0; i < w->listener_count; i++)
        event_del(w->accepting[i]);
    connections_leave(&w->connections);
    event_add(w->grace, &wait);
}

static void on_mail(evutil_socket_t fd, short what, void *owner)
{
    (void)fd, (void)what;
    struct worker *w = owner;
    struct mailbox_content content;
    struct moment now = moment_now();
    mailbox_take(w->mailbox, &content);
    exchange_results(w->connections.exchange, content.results, now);
    for (unsigned i = 0; i < content.party_count; i++)
        exchange_mail(w->connections.exchange, slice_text(content.parties[i]), now);
    if (content.everybody)
        exchange_mail_all(w->connections.exchange, now);
    if (content.stop && !w->leaving)
        leave(w);
}

/* The listener stays readable while nothing can be accepted from it: asking at once would spin. */
static void pause_accepting(struct worker *w)
{
    static const struct timeval wait = {.tv_usec = PAUSE_MS * 1000L};
    diagnostics_say(
        w->connections.diagnostics, moment_now().wall_ms,
        &(struct diagnostic){.event = "accept.failed", .text = "descriptors or memory are out"});
    w->paused = true;
    event_add(w->pause, &wait);
}

static void on_pause(evutil_socket_t fd, short what, void *owner)
{
    (void)fd, (void)what;
    struct worker *w = owner;
    w->paused = false;
}

/* Of accept: the next call would fail the same way. */
static bool is_exhausted(int error)
{
    return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

static void on_accept(evutil_socket_t fd, short what, void *owner)
{
    (void)what;
    struct worker *w = owner;
    const struct worker_limits *limits = &w->pool->settings.limits;
    for (unsigned i = 0; i < ACCEPTS_PER_TURN; i++) {
        if (w->connections.handshakes >= limits->handshakes)
            return; /* the rest waits in the kernel's queue for the next turn */
        int accepted = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (accepted < 0) {
            if (is_exhausted(errno))
                pause_accepting(w);
            return;
        }
        if (w->connections.count >= limits->links)
            close(accepted);
        else
            connection_new(&w->connections, accepted);
    }
}

static void on_grace(evutil_socket_t fd, short what, void *owner)
{
    (void)fd, (void)what;
    struct worker *w = owner;
    w->over = true;
}

/* While nothing can be taken in, listening would only spin. */
static void arm_listeners(struct worker *w)
{
    bool room = w->connections.handshakes < w->pool->settings.limits.handshakes;
    for (unsigned i = 0; i < w->listener_count; i++) {
        if (room && !w->leaving && !w->paused)
            event_add(w->accepting[i], NULL);
        else
            event_del(w->accepting[i]);
    }
}

static void *worker_main(void *owner)
{
    struct worker *w = owner;
    if (failed(crypto_thread_start()))
        return NULL;
    while (!w->over && !(w->leaving && w->connections.count == 0)) {
        arm_listeners(w);
        event_base_loop(w->connections.base, EVLOOP_ONCE);
        connections_turn(&w->connections);
    }
    connections_free(&w->connections);
    crypto_thread_stop();
    return NULL;
}

static struct status make_exchange(struct worker *w)
{
    const struct workers_settings *s = &w->pool->settings;
    const struct exchange_settings settings = {
        .gateway = s->gateway,
        .journal = s->journal,
        .done = results_done,
        .done_owner = w,
        .keyring = s->keyring,
        .entropy = entropy_fill,
        .announce = announce_to_all,
        .workers = w->pool,
        .dirty = connection_dirty,
        .diagnostics = s->diagnostics,
    };
    return exchange_new(&settings, s->snapshot, &w->connections.exchange);
}

static struct status make_events(struct worker *w)
{
    struct event_base *base = w->connections.base;
    w->mail = event_new(base, mailbox_fd(w->mailbox), EV_READ | EV_PERSIST, on_mail, w);
    w->grace = event_new(base, -1, 0, on_grace, w);
    w->pause = event_new(base, -1, 0, on_pause, w);
    if (w->mail == NULL || w->grace == NULL || w->pause == NULL || event_add(w->mail, NULL) != 0)
        return FAIL(MEMORY);
    for (unsigned i = 0; i < w->listener_count; i++) {
        w->accepting[i] = event_new(base, w->listeners[i], EV_READ | EV_PERSIST, on_accept, w);
        if (w->accepting[i] == NULL)
            return FAIL(MEMORY);
    }
    return OK;
}

static struct status worker_make(struct worker *w)
{
    struct connections *c = &w->connections;
    struct status s = mailbox_new(&w->mailbox);
    if (failed(s))
        return s;
    c->context = w->pool->settings.context;
    c->diagnostics = w->pool->settings.diagnostics;
    c->base = event_base_new();
    c->octets = malloc(CONNECTION_READ_BYTES);
    if (c->base == NULL || c->octets == NULL)
        return FAIL(MEMORY);
    if (failed(s = make_events(w)))
        return s;
    return make_exchange(w);
}

static void free_event(struct event *e)
{
    if (e != NULL)
        event_free(e);
}

static void worker_free(struct worker *w)
{
    struct mailbox_content left = {0};
    if (w->mailbox != NULL)
        mailbox_take(w->mailbox, &left);
    exchange_discard(left.results);
    free_event(w->mail);
    free_event(w->grace);
    free_event(w->pause);
    for (unsigned i = 0; i < w->listener_count; i++) {
        free_event(w->accepting[i]);
        close(w->listeners[i]);
    }
    if (w->connections.base != NULL)
        event_base_free(w->connections.base);
    free(w->connections.octets);
    mailbox_free(w->mailbox);
}

static struct workers *pool_new(const struct workers_settings *settings)
{
    struct workers *pool = calloc(1, sizeof *pool);
    if (pool == NULL)
        return NULL;
    pool->settings = *settings;
    pool->count = settings->worker_count;
    pool->at = calloc(pool->count, sizeof *pool->at);
    if (pool->at == NULL) {
        free(pool);
        return NULL;
    }
    for (unsigned i = 0; i < pool->count; i++) {
        pool->at[i].pool = pool;
        pool->at[i].listener_count = settings->listener_count;
        for (unsigned k = 0; k < settings->listener_count; k++)
            pool->at[i].listeners[k] = settings->listeners[i * settings->listener_count + k];
    }
    return pool;
}

struct status workers_start(const struct workers_settings *settings, struct workers **ret_workers)
{
    if (settings->listener_count > LISTENERS_MAX)
        return FAIL(CONFIG);
    struct workers *pool = pool_new(settings);
    struct status s = pool == NULL ? FAIL(MEMORY) : OK;
    for (unsigned i = 0; !failed(s) && i < pool->count; i++)
        s = worker_make(&pool->at[i]);
    for (unsigned i = 0; !failed(s) && i < pool->count; i++) {
        struct worker *w = &pool->at[i];
        w->started = pthread_create(&w->thread, NULL, worker_main, w) == 0;
        s = w->started ? OK : FAIL(STORE);
    }
    if (failed(s)) {
        workers_stop(pool, 0);
        workers_free(pool);
        return s;
    }
    *ret_workers = pool;
    return OK;
}

void workers_stop(struct workers *pool, uint64_t grace_ms)
{
    if (pool == NULL)
        return;
    atomic_store(&pool->grace_ms, grace_ms);
    for (unsigned i = 0; i < pool->count; i++)
        if (pool->at[i].started)
            mailbox_put_stop(pool->at[i].mailbox);
    for (unsigned i = 0; i < pool->count; i++) {
        if (pool->at[i].started)
            (void)pthread_join(pool->at[i].thread, NULL);
        exchange_free(pool->at[i].connections.exchange); /* its reader ends before the journal */
    }
}

void workers_free(struct workers *pool)
{
    if (pool == NULL)
        return;
    for (unsigned i = 0; i < pool->count; i++)
        worker_free(&pool->at[i]);
    free(pool->at);
    free(pool);
}
