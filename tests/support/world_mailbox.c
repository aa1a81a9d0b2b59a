/* What the journals of worlds have answered, and how a test waits for it. */

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "support/world_parts.h"

/* Results on their way from the journal's thread. */
struct mailbox {
    pthread_mutex_t mutex;
    pthread_cond_t arrived;
    struct journal_result *first, *last;
};

/* Rings whenever a journal has answered: what one world waits for may be the other's to give. */
static struct {
    pthread_mutex_t mutex;
    pthread_cond_t rang;
    uint64_t count;
} bell = {.mutex = PTHREAD_MUTEX_INITIALIZER};
static pthread_once_t bell_once = PTHREAD_ONCE_INIT;

static void bell_make(void)
{
    pthread_condattr_t attributes;
    world_need(pthread_condattr_init(&attributes) == 0 &&
                   pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) == 0 &&
                   pthread_cond_init(&bell.rang, &attributes) == 0,
               "bell");
    pthread_condattr_destroy(&attributes);
}

static void bell_ring(void)
{
    pthread_mutex_lock(&bell.mutex);
    bell.count++;
    pthread_cond_signal(&bell.rang);
    pthread_mutex_unlock(&bell.mutex);
}

uint64_t world_answers(void)
{
    pthread_mutex_lock(&bell.mutex);
    uint64_t count = bell.count;
    pthread_mutex_unlock(&bell.mutex);
    return count;
}

bool world_wait(uint64_t answers)
{
    struct timespec until;
    int error = clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += WORLD_DEADLINE_S;
    pthread_mutex_lock(&bell.mutex);
    while (bell.count == answers && error == 0)
        error = pthread_cond_timedwait(&bell.rang, &bell.mutex, &until);
    bool rang = bell.count != answers;
    pthread_mutex_unlock(&bell.mutex);
    return rang;
}

struct mailbox *world_mailbox_new(void)
{
    world_need(pthread_once(&bell_once, bell_make) == 0, "bell");
    pthread_condattr_t attributes;
    struct mailbox *m = calloc(1, sizeof *m);
    world_need(m != NULL && pthread_mutex_init(&m->mutex, NULL) == 0 &&
                   pthread_condattr_init(&attributes) == 0 &&
                   pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) == 0 &&
                   pthread_cond_init(&m->arrived, &attributes) == 0,
               "mailbox");
    pthread_condattr_destroy(&attributes);
    return m;
}

void world_mailbox_free(struct mailbox *m)
{
    exchange_discard(m->first);
    pthread_cond_destroy(&m->arrived);
    pthread_mutex_destroy(&m->mutex);
    free(m);
}

/* On the journal's thread. */
void world_mailbox_put(void *owner, struct journal_result *results)
{
    struct mailbox *m = owner;
    pthread_mutex_lock(&m->mutex);
    if (m->last == NULL)
        m->first = results;
    else
        m->last->next = results;
    for (struct journal_result *r = results; r != NULL; r = r->next)
        m->last = r;
    pthread_cond_signal(&m->arrived);
    pthread_mutex_unlock(&m->mutex);
    bell_ring();
}

struct journal_result *world_mailbox_take(struct mailbox *m)
{
    pthread_mutex_lock(&m->mutex);
    struct journal_result *results = m->first;
    m->first = m->last = NULL;
    pthread_mutex_unlock(&m->mutex);
    return results;
}

bool world_mailbox_wait(struct mailbox *m)
{
    struct timespec until;
    int error = clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += WORLD_DEADLINE_S;
    pthread_mutex_lock(&m->mutex);
    while (m->first == NULL && error == 0)
        error = pthread_cond_timedwait(&m->arrived, &m->mutex, &until);
    bool there = m->first != NULL;
    pthread_mutex_unlock(&m->mutex);
    return there;
}

/* On the journal's thread. */
void world_fence_done(void *owner, struct journal_result *results)
{
    exchange_discard(results);
    pthread_mutex_lock(&bell.mutex);
    *(bool *)owner = true;
    bell.count++;
    pthread_cond_signal(&bell.rang);
    pthread_mutex_unlock(&bell.mutex);
}

bool world_fence_passed(const bool *flag)
{
    pthread_mutex_lock(&bell.mutex);
    bool set = *flag;
    pthread_mutex_unlock(&bell.mutex);
    return set;
}
