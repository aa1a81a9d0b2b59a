#include "app/commit.h"

#include <stdlib.h>

#include "edge/worker.h"
#include "journal/clock.h"

/* Where an entry's outcome is put. Who waits may give up: the last of the two frees it. */
struct outcome {
    pthread_mutex_t mutex;
    pthread_cond_t moved;
    bool there, given_up;
    struct status status;
};

static void outcome_free(struct outcome *o)
{
    pthread_cond_destroy(&o->moved);
    pthread_mutex_destroy(&o->mutex);
    free(o);
}

static struct outcome *outcome_new(void)
{
    struct outcome *o = calloc(1, sizeof *o);
    if (o == NULL || pthread_mutex_init(&o->mutex, NULL) != 0) {
        free(o);
        return NULL;
    }
    if (!condition_make(&o->moved)) {
        pthread_mutex_destroy(&o->mutex);
        free(o);
        return NULL;
    }
    return o;
}

/* On the journal thread. */
static void entry_done(void *owner, struct journal_result *results)
{
    struct outcome *o = owner;
    pthread_mutex_lock(&o->mutex);
    o->status = results->status;
    o->there = true;
    bool given_up = o->given_up;
    pthread_cond_signal(&o->moved);
    pthread_mutex_unlock(&o->mutex);
    journal_result_free(results);
    if (given_up)
        outcome_free(o);
}

static struct status await(struct outcome *o, unsigned wait_ms)
{
    const struct timespec until = clock_in(wait_ms);
    pthread_mutex_lock(&o->mutex);
    while (!o->there && pthread_cond_timedwait(&o->moved, &o->mutex, &until) == 0)
        continue;
    struct status s = o->there ? o->status : FAIL(FULL);
    bool there = o->there;
    o->given_up = !there;
    pthread_mutex_unlock(&o->mutex);
    if (there)
        outcome_free(o);
    return s;
}

struct status commit_wait(struct journal *journal, commit_post *post, const void *what,
                          unsigned wait_ms)
{
    struct outcome *o = outcome_new();
    struct status s =
        o == NULL ? FAIL(MEMORY) : post(journal, what, moment_now().wall_ms, o, entry_done);
    if (!failed(s))
        return await(o, wait_ms);
    if (o != NULL)
        outcome_free(o);
    return s;
}

/* On the journal thread; of several at once where they were committed together. */
static void entry_forgotten(void *owner, struct journal_result *results)
{
    (void)owner;
    for (struct journal_result *next; results != NULL; results = next) {
        next = results->next;
        journal_result_free(results);
    }
}

struct status commit_post_only(struct journal *journal, commit_post *post, const void *what)
{
    return post(journal, what, moment_now().wall_ms, NULL, entry_forgotten);
}
