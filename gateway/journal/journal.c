#include "journal/journal.h"

#include "journal/state.h"

#include <stdlib.h>
#include <unistd.h>

#include "journal/clock.h"

struct signed_tree journal_signed(struct journal *j)
{
    pthread_mutex_lock(&j->mutex);
    struct signed_tree tree = j->signed_tree;
    pthread_mutex_unlock(&j->mutex);
    return tree;
}

const struct signed_tree *journal_tree_of(const struct journal *j, const struct signed_tree *now,
                                          uint64_t index)
{
    const uint64_t number = log_of(index);
    const struct signed_tree *tree = number == log_of(now->base) ? now
                                     : number < j->closed_count  ? &j->closed[number].tree
                                                                 : NULL;
    return tree != NULL && index < signed_end(tree) ? tree : NULL;
}

void journal_kill(struct journal *j)
{
    atomic_store(&j->dead, true);
}

bool journal_dead(const struct journal *j)
{
    return atomic_load(&j->dead);
}

bool journal_ends_by(const struct journal *j, struct status s)
{
    return store_broken(j->writing.store) || s.code == CODE_FORK || s.code == CODE_STORE;
}

void journal_tell(struct journal *j)
{
    const struct journal_state state = {
        .wal_bytes = store_wal_bytes(j->writing.store),
        .free_bytes = j->room.free_bytes,
        .time_ms = j->writing.tree.time_ms,
        .low = j->room.low || store_wal_is_over(j->writing.store),
        .stalled = j->waiting.stalled,
    };
    pthread_mutex_lock(&j->mutex);
    j->state = state;
    pthread_mutex_unlock(&j->mutex);
}

void journal_health(struct journal *j, struct journal_health *ret_health)
{
    struct journal_health h = {0};
    publisher_told(j->publisher, &h.published_size, &h.publishing_failed);
    pthread_mutex_lock(&j->mutex);
    h.signed_size = j->signed_tree.size;
    h.queued_bytes = j->queued_bytes;
    h.wal_bytes = j->state.wal_bytes;
    h.free_bytes = j->state.free_bytes;
    h.time_ms = j->state.time_ms;
    h.low = j->state.low;
    h.stalled = j->state.stalled;
    pthread_mutex_unlock(&j->mutex);
    *ret_health = h;
}

/* What is to be done between two batches. */
static void journal_tend(struct journal *j)
{
    waiting_settle(j, false);
    if (journal_dead(j))
        return;
    store_tidy(j->writing.store);
    if (store_was_full(j->writing.store))
        room_give_up(&j->room);
    else
        room_look(&j->room);
    /* A log that could not be synced into its database is as bad as a commit that was not. */
    if (failed(lock_tidy(j->lock)) || store_broken(j->writing.store)) {
        journal_kill(j);
        waiting_abandon(j, FAIL(STORE));
    }
    journal_tell(j);
    journal_pay(j);
    journal_pay_keys(j);
}

static bool is_troubled(const struct journal *j)
{
    return j->waiting.stalled || j->room.low || j->law_owed || atomic_load(&j->keys_owed) ||
           store_wal_is_over(j->writing.store);
}

static void *journal_run(void *owner)
{
    struct journal *j = owner;
    if (failed(crypto_thread_start()))
        journal_kill(j);
    for (struct item *batch; queue_take(j, is_troubled(j), &batch);) {
        if (batch != NULL)
            batch_commit(j, batch);
        journal_tend(j);
    }
    crypto_thread_stop();
    return NULL;
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
    if (!condition_make(&j->work)) {
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
    buffer_done(&j->objects);
    free(j->closed);
    buffer_done(&j->keys);
    for (size_t i = 0; i < NOTE_MAX_SIGNATURES; i++)
        buffer_done(&j->cosigned[i].note);
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
    if (failed(s = journal_start(j, settings, now_ms, error, room)) || failed(s = thread_start(j)))
        journal_free(j);
    else
        *ret_journal = j;
    return s;
}

struct status journal_close(struct journal *j, uint64_t now_ms)
{
    if (j == NULL)
        return OK;
    pthread_mutex_lock(&j->mutex);
    j->closing = true;
    pthread_cond_signal(&j->work);
    pthread_mutex_unlock(&j->mutex);
    (void)pthread_join(j->thread, NULL);
    /* The journal thread has ended; a log without its stop entry says that it was killed. */
    struct status s = journal_note(j, "stop", now_ms);
    journal_free(j);
    return s;
}
