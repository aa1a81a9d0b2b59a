#include "journal/journal.h"

#include "journal/state.h"

#include <stdlib.h>
#include <unistd.h>

struct signed_tree journal_signed(struct journal *j)
{
    pthread_mutex_lock(&j->mutex);
    struct signed_tree tree = j->signed_tree;
    pthread_mutex_unlock(&j->mutex);
    return tree;
}

void journal_kill(struct journal *j)
{
    atomic_store(&j->dead, true);
}

bool journal_dead(const struct journal *j)
{
    return atomic_load(&j->dead);
}

/* Cuts a batch off the queue; NULL when the journal closes and nothing waits. */
static struct item *queue_take(struct journal *j)
{
    pthread_mutex_lock(&j->mutex);
    while (j->first == NULL && !j->closing)
        pthread_cond_wait(&j->work, &j->mutex);
    struct item *batch = j->first, *end = NULL;
    size_t count = 0, bytes = 0;
    for (struct item *i = batch; i != NULL && count < BATCH_MAX_POSTINGS; i = i->next) {
        if (count > 0 && bytes + i->bytes > BATCH_MAX_BYTES)
            break;
        count++;
        bytes += i->bytes;
        end = i;
    }
    if (end != NULL) {
        j->first = end->next;
        end->next = NULL;
        j->queued_bytes -= bytes;
    }
    if (j->first == NULL)
        j->last = NULL;
    pthread_mutex_unlock(&j->mutex);
    return batch;
}

static void *journal_run(void *owner)
{
    struct journal *j = owner;
    if (failed(crypto_thread_start()))
        journal_kill(j);
    for (struct item *batch; (batch = queue_take(j)) != NULL;) {
        batch_commit(j, batch);
        store_tidy(j->writing.store);
        if (store_broken(j->writing.store))
            journal_kill(j); /* a checkpoint that could not be synced is as bad as a commit */
    }
    crypto_thread_stop();
    return NULL;
}

/* Whether length more octets may wait. */
static struct status queue_admits(const struct journal *j, size_t bytes)
{
    if (journal_dead(j) || j->closing)
        return FAIL(STORE);
    return bytes > j->queue_max_bytes || j->queued_bytes > j->queue_max_bytes - bytes ? FAIL(FULL)
                                                                                      : OK;
}

static struct status queue_put(struct journal *j, struct item *item)
{
    pthread_mutex_lock(&j->mutex);
    struct status s = queue_admits(j, item->bytes);
    if (!failed(s)) {
        if (j->last == NULL)
            j->first = item;
        else
            j->last->next = item;
        j->last = item;
        j->queued_bytes += item->bytes;
        pthread_cond_signal(&j->work);
    }
    pthread_mutex_unlock(&j->mutex);
    return s;
}

struct status journal_post(struct journal *j, const struct posting *posting, journal_done *done)
{
    struct item *item = NULL;
    pthread_mutex_lock(&j->mutex);
    struct status s = queue_admits(j, sizeof *item);
    pthread_mutex_unlock(&j->mutex);
    if (!failed(s)) /* before anything is copied */
        s = item_new(posting, done, &item);
    if (!failed(s) && failed(s = queue_put(j, item)))
        item_free(item);
    return s;
}

static struct journal *journal_new(void)
{
    struct journal *j = calloc(1, sizeof *j);
    if (j == NULL)
        return NULL;
    j->folder = -1;
    j->writing.scratch = buffer_new(RELEASE_MAX_BYTES);
    if (pthread_mutex_init(&j->mutex, NULL) != 0) {
        free(j);
        return NULL;
    }
    if (pthread_cond_init(&j->work, NULL) != 0) {
        pthread_mutex_destroy(&j->mutex);
        free(j);
        return NULL;
    }
    return j;
}

static void journal_free(struct journal *j)
{
    publisher_stop(j->publisher);
    store_close(j->writing.store);
    lock_close(j->lock);
    if (j->folder >= 0)
        close(j->folder); /* gives the flock back, when the files are closed */
    buffer_done(&j->writing.scratch);
    pthread_cond_destroy(&j->work);
    pthread_mutex_destroy(&j->mutex);
    free(j);
}

static struct status thread_start(struct journal *j)
{
    return pthread_create(&j->thread, NULL, journal_run, j) == 0 ? OK : FAIL(MEMORY);
}

struct status journal_open(const struct journal_settings *settings, uint64_t now_ms,
                           struct journal **ret_journal, char *error, size_t room)
{
    if (room > 0)
        error[0] = '\0';
    struct status s = crypto_thread_start();
    if (failed(s))
        return s;
    struct journal *j = journal_new();
    if (j == NULL)
        return FAIL(MEMORY);
    if (failed(s = journal_start(j, settings, error, room)) ||
        failed(s = journal_note(j, "start", now_ms)) || failed(s = thread_start(j)))
        journal_free(j);
    else
        *ret_journal = j;
    return s;
}

void journal_close(struct journal *j, uint64_t now_ms)
{
    if (j == NULL)
        return;
    pthread_mutex_lock(&j->mutex);
    j->closing = true;
    pthread_cond_signal(&j->work);
    pthread_mutex_unlock(&j->mutex);
    (void)pthread_join(j->thread, NULL);
    /* The journal thread has ended; a log without its stop entry says that it was killed. */
    (void)journal_note(j, "stop", now_ms);
    journal_free(j);
}
