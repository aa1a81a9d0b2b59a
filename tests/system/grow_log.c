/*
 * grow_log DIR SIZE...: a journal of its own in DIR, whose log grows to each size in turn. Says the
 * log's key first; then each size when the log in DIR/log has been published so far, and waits for
 * a line before it goes on.
 */

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/note.h"
#include "journal/journal.h"

#define ORIGIN     "xa-gw-01.growing.example/audit/1"
#define BEGIN_MS   1790000000000ULL
#define PATH_ROOM  512
#define WAITING    4096U /* entries that are under way at a time */
#define DEADLINE_S 600
#define PAUSE_MS   2

struct growing {
    char path[PATH_ROOM], lock[PATH_ROOM], log[PATH_ROOM];
    struct key *log_key;
    struct keyring *keyring;
    struct journal *journal;
    pthread_mutex_t mutex;
    pthread_cond_t ended;
    uint64_t under_way;
};

_Noreturn static void stop(const char *why)
{
    fprintf(stderr, "grow_log: %s\n", why);
    exit(1);
}

static void need(struct status s, const char *what)
{
    if (failed(s))
        stop(what);
}

static void begin(struct growing *g, const char *folder)
{
    static const uint8_t seed[32] = {7, 1}, wrapping[32] = {7, 2};
    uint8_t public_key[32];
    char error[512] = "the journal does not open", vkey[256];
    snprintf(g->path, sizeof g->path, "%s/journal", folder);
    snprintf(g->lock, sizeof g->lock, "%s/lock.db", folder);
    snprintf(g->log, sizeof g->log, "%s/log", folder);
    need(crypto_thread_start(), "crypto");
    need(key_from_seed(seed, &g->log_key), "the log's key");
    need(keyring_new(wrapping, &g->keyring), "the key-encryption key");
    if (!key_public(g->log_key, public_key))
        stop("the public key");
    struct journal_settings settings = {
        .path = g->path,
        .lock_path = g->lock,
        .log_path = g->log,
        .origin = ORIGIN,
        .gateway = "XA-GW-01",
        .log_key = g->log_key,
        .keyring = g->keyring,
        .queue_max_bytes = 64U << 20,
    };
    need(journal_open(&settings, BEGIN_MS, &g->journal, error, sizeof error), error);
    vkey_write(ORIGIN, 0x01, public_key, vkey);
    puts(vkey);
}

static void entered(void *owner, struct journal_result *results)
{
    struct growing *g = owner;
    pthread_mutex_lock(&g->mutex);
    for (struct journal_result *next; results != NULL; results = next) {
        next = results->next;
        if (failed(results->status))
            stop("an entry failed");
        journal_result_free(results);
        g->under_way--;
    }
    pthread_cond_signal(&g->ended);
    pthread_mutex_unlock(&g->mutex);
}

static void wait_for_room(struct growing *g, uint64_t most)
{
    pthread_mutex_lock(&g->mutex);
    while (g->under_way >= most)
        pthread_cond_wait(&g->ended, &g->mutex);
    g->under_way++;
    pthread_mutex_unlock(&g->mutex);
}

static uint64_t published(struct growing *g)
{
    struct journal_health health;
    journal_health(g->journal, &health);
    return health.published_size;
}

/* The start entry is there already. */
static void grow(struct growing *g, uint64_t from, uint64_t size)
{
    const struct operator_act act = {.what = "drain"};
    for (uint64_t i = from; i < size; i++) {
        wait_for_room(g, WAITING);
        need(journal_operator(g->journal, &act, BEGIN_MS + i, g, entered), "an entry is refused");
    }
    for (unsigned waited = 0; published(g) != size; waited++) {
        if (waited > DEADLINE_S * 1000 / PAUSE_MS)
            stop("the log is not published");
        (void)poll(NULL, 0, PAUSE_MS);
    }
}

int main(int count, char **words)
{
    struct growing g = {.mutex = PTHREAD_MUTEX_INITIALIZER, .ended = PTHREAD_COND_INITIALIZER};
    char line[16];
    if (count < 3)
        stop("usage: grow_log DIR SIZE...");
    begin(&g, words[1]);
    for (int i = 2; i < count; i++) {
        uint64_t before = published(&g), size = strtoull(words[i], NULL, 10);
        grow(&g, before == 0 ? 1 : before, size);
        printf("%llu\n", (unsigned long long)size);
        fflush(stdout);
        if (fgets(line, sizeof line, stdin) == NULL)
            break;
    }
    need(journal_close(g.journal, BEGIN_MS), "the journal does not close");
    key_free(g.log_key);
    keyring_free(g.keyring);
    return 0;
}
