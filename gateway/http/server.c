#include "http/server.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include "http/server_parts.h"

#define NICE 10 /* of the thread: whatever is read here can wait for messages */

static const struct http_limits standard = {
    .connections = 128,
    .per_source = 16,
    .per_caller = 16,
    .requests = 1000,
    .handshake_ms = 10000,
    .request_ms = 10000,
    .answer_ms = 60000,
    .idle_ms = 30000,
    .life_ms = 600000,
    .head_bytes = 8192,
    .answer_bytes = (4U << 20) + (64U << 10),
};

static struct http_limits limits_of(const struct http_limits *l)
{
#define OR_STANDARD(member) .member = l->member == 0 ? standard.member : l->member
    return (struct http_limits){
        OR_STANDARD(connections), OR_STANDARD(per_source),   OR_STANDARD(per_caller),
        OR_STANDARD(requests),    OR_STANDARD(handshake_ms), OR_STANDARD(request_ms),
        OR_STANDARD(answer_ms),   OR_STANDARD(idle_ms),      OR_STANDARD(life_ms),
        OR_STANDARD(head_bytes),  OR_STANDARD(answer_bytes),
    };
}

void server_say(const struct http_server *s, enum http_event event, const char *who,
                const char *text)
{
    if (s->said != NULL)
        s->said(s->said_owner, event, who, text);
}

/* ---- the thread ---- */

static void take_renewed(struct http_server *s, struct tls_context *renewed)
{
    tls_context_free(s->context);
    s->context = renewed;
    s->generation++;
}

static bool is_over(struct http_server *s)
{
    pthread_mutex_lock(&s->lock);
    bool over = s->over;
    pthread_mutex_unlock(&s->lock);
    return over;
}

bool server_catch_up(struct http_server *s)
{
    pthread_mutex_lock(&s->lock);
    struct tls_context *renewed = s->renewed;
    s->renewed = NULL;
    pthread_mutex_unlock(&s->lock);
    if (renewed != NULL)
        take_renewed(s, renewed);
    bool over = is_over(s);
    if (over)
        event_base_loopbreak(s->base);
    return over;
}

static void on_woken(evutil_socket_t fd, short what, void *owner)
{
    (void)what;
    struct http_server *s = owner;
    uint64_t count;
    ssize_t got = read(fd, &count, sizeof count);
    (void)got;
    if (!server_catch_up(s))
        web_connections_judge(s);
}

static void *work(void *owner)
{
    struct http_server *s = owner;
    (void)setpriority(PRIO_PROCESS, 0, NICE); /* of this thread alone; a wish */
    s->runs = !failed(crypto_thread_start());
    bool runs = s->runs;
    sem_post(&s->decided);
    if (!runs)
        return NULL;
    event_base_dispatch(s->base);
    if (!is_over(s))
        server_say(s, HTTP_STOPPED, "", "the server's loop has ended by itself; nothing is served");
    web_connections_end(s);
    crypto_thread_stop();
    return NULL;
}

/* Signals are for the threads that were there before. */
static struct status start_thread(struct http_server *s)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int wrong = pthread_create(&s->thread, NULL, work, s);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (wrong != 0)
        return FAIL(STORE);
    while (sem_wait(&s->decided) != 0)
        ; /* interrupted */
    if (s->runs)
        return OK;
    (void)pthread_join(s->thread, NULL);
    return FAIL(CRYPTO);
}

/* ---- start and stop ---- */

static struct status listen_at(struct http_server *s, const struct http_settings *settings,
                               char *error)
{
    for (size_t i = 0; i < settings->listen_count; i++) {
        const char *address = settings->listen[i];
        errno = 0;
        struct status status = s->listener_count == HTTP_LISTENERS_MAX
                                   ? FAIL(CONFIG)
                                   : listener_open(address, &s->listeners[s->listener_count]);
        if (failed(status)) {
            snprintf(error, HTTP_ERROR_BYTES, "%s cannot be bound (%s)", address,
                     errno == 0 ? "not an address and port" : strerror(errno));
            return status;
        }
        s->listener_count++;
    }
    return OK;
}

static struct status make_parts(struct http_server *s, const struct http_settings *settings,
                                char *error)
{
    s->base = event_base_new();
    s->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (s->base == NULL || s->wake < 0)
        return FAIL(MEMORY);
    s->woken = event_new(s->base, s->wake, EV_READ | EV_PERSIST, on_woken, s);
    if (s->woken == NULL || event_add(s->woken, NULL) != 0)
        return FAIL(MEMORY);
    struct status status = listen_at(s, settings, error);
    if (failed(status))
        return status;
    if (settings->descriptor_count > HTTP_LISTENERS_MAX - s->listener_count)
        return FAIL(CONFIG);
    for (size_t i = 0; i < settings->descriptor_count; i++)
        s->listeners[s->listener_count++] = settings->descriptors[i];
    return accept_begin(s);
}

static void server_free(struct http_server *s)
{
    accept_end(s);
    event_drop(s->woken);
    if (s->wake >= 0)
        close(s->wake);
    if (s->base != NULL)
        event_base_free(s->base);
    tls_context_free(s->context);
    tls_context_free(s->renewed);
    sem_destroy(&s->decided);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

/* Nothing of the caller's is closed. */
static void give_back(struct http_server *s, const struct http_settings *settings)
{
    while (s->listener_count > settings->listen_count)
        event_drop(s->accepting[--s->listener_count]);
}

struct status http_server_start(const struct http_settings *settings,
                                char error[static HTTP_ERROR_BYTES],
                                struct http_server **ret_server)
{
    struct http_server *s = calloc(1, sizeof *s);
    snprintf(error, HTTP_ERROR_BYTES, "threads, descriptors or memory are out");
    if (s == NULL)
        return FAIL(MEMORY);
    s->routes = settings->routes;
    s->route_count = settings->route_count;
    s->limits = limits_of(&settings->limits);
    s->said = settings->said;
    s->said_owner = settings->said_owner;
    s->context = tls_context_hold(settings->context);
    s->wake = -1;
    pthread_mutex_init(&s->lock, NULL);
    sem_init(&s->decided, 0, 0);
    struct status status = make_parts(s, settings, error);
    if (!failed(status))
        status = start_thread(s);
    if (failed(status)) {
        give_back(s, settings);
        server_free(s);
        return status;
    }
    error[0] = '\0';
    *ret_server = s;
    return OK;
}

bool http_server_address(const struct http_server *s, size_t index,
                         char text[static ADDRESS_TEXT_BYTES])
{
    return index < s->listener_count && !failed(listener_address(s->listeners[index], text));
}

static void wake(struct http_server *s)
{
    const uint64_t one = 1;
    ssize_t written = write(s->wake, &one, sizeof one);
    (void)written;
}

void http_server_renew(struct http_server *s, struct tls_context *context)
{
    pthread_mutex_lock(&s->lock);
    struct tls_context *unused = s->renewed;
    s->renewed = tls_context_hold(context);
    pthread_mutex_unlock(&s->lock);
    tls_context_free(unused);
    wake(s);
}

void http_server_stop(struct http_server *s)
{
    if (s == NULL)
        return;
    pthread_mutex_lock(&s->lock);
    s->over = true;
    pthread_mutex_unlock(&s->lock);
    wake(s);
    (void)pthread_join(s->thread, NULL);
    server_free(s);
}
