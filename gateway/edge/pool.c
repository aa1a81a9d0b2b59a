#include "edge/worker_parts.h"

#include <stdlib.h>

#include "exchange/gaps.h"
#include "exchange/peer_notes.h"

static struct workers *pool_new(const struct workers_settings *settings)
{
    struct workers *pool = calloc(1, sizeof *pool);
    if (pool == NULL)
        return NULL;
    pool->settings = *settings;
    pool->count = settings->worker_count;
    pool->at = calloc(pool->count, sizeof *pool->at);
    pool->peers = peers_new();
    if (pool->at == NULL || pool->peers == NULL || failed(gaps_new(&pool->gaps)) ||
        failed(asides_new(&pool->asides)) || failed(peer_notes_new(&pool->notes)) ||
        sem_init(&pool->decided, 0, 0) != 0) {
        peer_notes_free(pool->notes);
        asides_free(pool->asides);
        gaps_free(pool->gaps);
        peers_free(pool->peers);
        free(pool->at);
        free(pool);
        return NULL;
    }
    for (unsigned i = 0; i < pool->count; i++) {
        struct acceptor *a = &pool->at[i].acceptor;
        pool->at[i].pool = pool;
        a->count = settings->listener_count;
        for (unsigned k = 0; k < settings->listener_count; k++)
            a->descriptors[k] = settings->listeners[i * settings->listener_count + k];
    }
    return pool;
}

/* Starts the threads, then waits until each of them has said whether it runs. */
static struct status start_threads(struct workers *pool)
{
    struct status s = OK;
    unsigned started = 0;
    for (; started < pool->count && !failed(s); started++) {
        struct worker *w = &pool->at[started];
        w->started = pthread_create(&w->thread, NULL, worker_main, w) == 0;
        s = w->started ? OK : FAIL(STORE);
    }
    for (unsigned i = 0; i < started; i++)
        while (pool->at[i].started && sem_wait(&pool->decided) != 0)
            ; /* interrupted */
    for (unsigned i = 0; i < started && !failed(s); i++)
        s = pool->at[i].runs ? OK : FAIL(CRYPTO);
    return s;
}

static struct status renew_peers(struct workers *pool, struct snapshot *snapshot)
{
    return peers_renew(pool->peers, snapshot_rulebook(snapshot)->directory, pool->settings.gateway,
                       moment_now());
}

bool workers_peer(const struct workers *pool, size_t index, struct moment now,
                  struct peer_presence *ret_presence)
{
    return peers_at(pool->peers, index, now, ret_presence);
}

bool workers_aside(const struct workers *pool, size_t index, struct moment now,
                   struct aside *ret_aside)
{
    return asides_at(pool->asides, index, now, ret_aside);
}

bool workers_cosigned(const struct workers *pool, struct slice origin, size_t index,
                      struct peer_note_view *ret_view)
{
    return peer_notes_at(pool->notes, origin, index, ret_view);
}

struct status workers_start(const struct workers_settings *settings, struct workers **ret_workers)
{
    if (settings->listener_count > LISTENERS_MAX)
        return FAIL(CONFIG);
    struct workers *pool = pool_new(settings);
    struct status s = pool == NULL ? FAIL(MEMORY) : renew_peers(pool, settings->snapshot);
    for (unsigned i = 0; !failed(s) && i < pool->count; i++)
        s = worker_make(&pool->at[i]);
    if (!failed(s))
        s = start_threads(pool);
    if (failed(s)) {
        workers_stop(pool, 0);
        workers_free(pool);
        return s;
    }
    *ret_workers = pool;
    return OK;
}

void workers_renew(struct workers *pool, const struct workers_state *state)
{
    (void)failed(renew_peers(pool, state->snapshot)); /* a peer that is missing is not watched */
    for (unsigned i = 0; i < pool->count; i++)
        mailbox_put_state(pool->at[i].mailbox, state);
}

void workers_sweep(struct workers *pool)
{
    for (unsigned i = 0; i < pool->count; i++)
        mailbox_put_sweep(pool->at[i].mailbox);
}

void workers_drain(struct workers *pool, bool draining)
{
    atomic_store(&pool->draining, draining);
}

bool workers_draining(const struct workers *pool)
{
    return atomic_load(&pool->draining);
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
    sem_destroy(&pool->decided);
    peer_notes_free(pool->notes);
    asides_free(pool->asides);
    gaps_free(pool->gaps);
    peers_free(pool->peers);
    free(pool->at);
    free(pool);
}
