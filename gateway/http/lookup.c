#include "http/lookup.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "http/event.h"

struct lookup {
    struct desk *desk;
    struct lookup *next;
    struct address address;
    lookup_done *done; /* NULL: nobody wants to know any more */
    void *owner;
    struct addrinfo *found;
};

/* What worker and threads share. Whoever leaves last frees it. */
struct desk {
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t changed;
    struct lookup *waiting, **last_waiting;
    struct lookup *answered;
    unsigned owners;              /* the worker and the threads */
    unsigned idle, waiting_count; /* threads without work; work without a thread */
    int fd;                       /* readable when there is something in answered */
    bool over;
};

struct lookups {
    struct desk *desk;
    struct event *readable;
};

static void lookup_free(struct lookup *l)
{
    if (l->found != NULL)
        freeaddrinfo(l->found);
    free(l);
}

static void free_all(struct lookup *l)
{
    for (struct lookup *next; l != NULL; l = next) {
        next = l->next;
        lookup_free(l);
    }
}

/* The lock is held, and is given back. */
static void leave(struct desk *d)
{
    bool last = --d->owners == 0;
    pthread_mutex_unlock(&d->lock);
    if (!last)
        return;
    free_all(d->waiting);
    free_all(d->answered);
    close(d->fd);
    pthread_cond_destroy(&d->changed);
    pthread_mutex_destroy(&d->lock);
    free(d);
}

static struct lookup *take_waiting(struct desk *d)
{
    d->idle++;
    while (d->waiting == NULL && !d->over)
        pthread_cond_wait(&d->changed, &d->lock);
    d->idle--;
    struct lookup *l = d->over ? NULL : d->waiting;
    if (l == NULL)
        return NULL;
    d->waiting = l->next;
    if (d->waiting == NULL)
        d->last_waiting = &d->waiting;
    d->waiting_count--;
    return l;
}

static void put_answer(struct desk *d, struct lookup *l)
{
    const uint64_t one = 1;
    l->next = d->answered;
    d->answered = l;
    ssize_t written = write(d->fd, &one, sizeof one);
    (void)written;
}

static void *ask(void *owner)
{
    struct desk *d = owner;
    struct lookup *l;
    pthread_mutex_lock(&d->lock);
    while ((l = take_waiting(d)) != NULL) {
        if (l->done != NULL) {
            pthread_mutex_unlock(&d->lock);
            struct addrinfo *found = address_find(&l->address, AI_ADDRCONFIG);
            pthread_mutex_lock(&d->lock);
            l->found = found;
        }
        put_answer(d, l);
    }
    leave(d);
    return NULL;
}

static struct lookup *take_answers(struct desk *d)
{
    uint64_t count;
    ssize_t got = read(d->fd, &count, sizeof count);
    (void)got;
    pthread_mutex_lock(&d->lock);
    struct lookup *l = d->answered;
    d->answered = NULL;
    pthread_mutex_unlock(&d->lock);
    return l;
}

static void on_answers(evutil_socket_t fd, short what, void *owner)
{
    (void)fd, (void)what;
    struct lookups *s = owner;
    for (struct lookup *l = take_answers(s->desk), *next; l != NULL; l = next) {
        next = l->next;
        if (l->done != NULL) {
            struct addrinfo *found = l->found;
            lookup_done *done = l->done;
            void *asked_by = l->owner;
            free(l);
            done(asked_by, found);
            if (found != NULL)
                freeaddrinfo(found);
        } else {
            lookup_free(l);
        }
    }
}

static struct desk *desk_new(void)
{
    struct desk *d = calloc(1, sizeof *d);
    if (d == NULL)
        return NULL;
    pthread_mutex_init(&d->lock, NULL);
    pthread_cond_init(&d->changed, NULL);
    d->last_waiting = &d->waiting;
    d->owners = 1;
    d->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    return d;
}

struct status lookups_new(struct event_base *base, struct lookups **ret_lookups)
{
    struct lookups *s = calloc(1, sizeof *s);
    if (s == NULL)
        return FAIL(MEMORY);
    s->desk = desk_new();
    if (s->desk == NULL || s->desk->fd < 0) {
        struct status why = s->desk == NULL ? FAIL(MEMORY) : FAIL(STORE);
        lookups_free(s);
        return why;
    }
    s->readable = event_new(base, s->desk->fd, EV_READ | EV_PERSIST, on_answers, s);
    if (s->readable == NULL || event_add(s->readable, NULL) != 0) {
        lookups_free(s);
        return FAIL(MEMORY);
    }
    *ret_lookups = s;
    return OK;
}

void lookups_free(struct lookups *s)
{
    if (s == NULL)
        return;
    event_drop(s->readable);
    if (s->desk != NULL) {
        pthread_mutex_lock(&s->desk->lock);
        s->desk->over = true;
        pthread_cond_broadcast(&s->desk->changed);
        leave(s->desk);
    }
    free(s);
}

/* The lock is held. Whether there is a thread to ask, now or soon. */
static bool has_thread(struct desk *d)
{
    pthread_t thread;
    if (d->idle > d->waiting_count || d->owners > LOOKUP_THREADS)
        return true;
    if (pthread_create(&thread, NULL, ask, d) != 0)
        return d->owners > 1;
    (void)pthread_detach(thread);
    d->owners++;
    return true;
}

struct lookup *lookup_begin(struct lookups *s, const struct address *address, lookup_done *done,
                            void *owner)
{
    struct desk *d = s->desk;
    struct lookup *l = calloc(1, sizeof *l);
    if (l == NULL)
        return NULL;
    *l = (struct lookup){.desk = d, .address = *address, .done = done, .owner = owner};
    pthread_mutex_lock(&d->lock);
    bool good = has_thread(d);
    if (good) {
        *d->last_waiting = l;
        d->last_waiting = &l->next;
        d->waiting_count++;
        pthread_cond_signal(&d->changed);
    }
    pthread_mutex_unlock(&d->lock);
    if (good)
        return l;
    free(l);
    return NULL;
}

void lookup_cancel(struct lookup *l)
{
    if (l == NULL)
        return;
    struct desk *d = l->desk;
    pthread_mutex_lock(&d->lock);
    l->done = NULL;
    pthread_mutex_unlock(&d->lock);
}
