#include "watch.h"

#include <stdio.h>
#include <sys/stat.h>

#include "support/await.h"

/* A journal may die between two postings: then the next one is refused at once. */
struct status post_status(struct fixture *f, const struct posting *posting)
{
    struct collector c;
    struct posting p = *posting;
    collector_make(&c);
    p.owner = &c;
    struct status s = journal_post(f->journal, &p, collector_done);
    struct journal_result *r = failed(s) ? NULL : collector_take(&c, 1);
    if (r != NULL) {
        s = r->status;
        CHECK(!failed(s) || r->receipt.length == 0);
    } else {
        CHECK(failed(s)); /* what was queued is answered */
    }
    journal_result_free(r);
    collector_free(&c);
    return s;
}

struct status fetch_status(struct fixture *f, const struct letter *l)
{
    struct journal_reader *reader = NULL;
    struct delivery d;
    struct arena *a = arena_new(1 << 20);
    const struct message_key key = letter_key(l);
    struct status s = journal_reader_open(f->journal, &reader);
    if (!failed(s))
        s = journal_fetch(reader, a, &key, 0, &d);
    journal_reader_close(reader);
    arena_free(a);
    return s;
}

uint64_t check_whole(struct fixture *f)
{
    uint64_t size = 0;
    fixture_close(f);
    CHECK(published_log_verifies(f, &size));
    CHECK(published_log_is_exact(f, size));
    return size;
}

struct health_wanted {
    struct journal *journal;
    bool (*is_so)(const struct journal_health *h);
};

static bool health_is_so(void *owner)
{
    const struct health_wanted *wanted = owner;
    struct journal_health h;
    journal_health(wanted->journal, &h);
    return wanted->is_so(&h);
}

bool await_health(struct fixture *f, bool (*is_so)(const struct journal_health *h))
{
    struct health_wanted wanted = {f->journal, is_so};
    return await(health_is_so, &wanted);
}

static bool is_dead(void *journal)
{
    return journal_dead(journal);
}

bool await_death(struct fixture *f)
{
    return await(is_dead, f->journal);
}

bool health_is_low(const struct journal_health *h)
{
    return h->low;
}

bool health_is_fine(const struct journal_health *h)
{
    return !h->low && !h->stalled;
}

bool health_is_stalled(const struct journal_health *h)
{
    return h->stalled;
}

bool health_is_published(const struct journal_health *h)
{
    return !h->publishing_failed && h->published_size == h->signed_size;
}

size_t collector_count(struct collector *c)
{
    pthread_mutex_lock(&c->mutex);
    size_t count = c->count;
    pthread_mutex_unlock(&c->mutex);
    return count;
}

struct count_wanted {
    struct collector *collector;
    size_t count;
};

static bool has_so_many(void *owner)
{
    const struct count_wanted *wanted = owner;
    return collector_count(wanted->collector) >= wanted->count;
}

bool collector_await(struct collector *c, size_t count)
{
    struct count_wanted wanted = {c, count};
    return await(has_so_many, &wanted);
}

static void gate_done(void *owner, struct journal_result *results)
{
    struct gate *g = owner;
    pthread_mutex_lock(&g->mutex);
    g->reached = true;
    pthread_cond_signal(&g->moved);
    while (!g->open)
        pthread_cond_wait(&g->moved, &g->mutex);
    g->reached = false;
    pthread_cond_signal(&g->moved);
    pthread_mutex_unlock(&g->mutex);
    results_free(results);
}

void gate_shut(struct gate *g, struct fixture *f)
{
    struct letter l;
    letter_write(&l, 0, 0);
    *g = (struct gate){PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false, false};
    l.posting.kind = POSTING_QUESTION;
    l.posting.owner = g;
    CHECK_OK(journal_post(f->journal, &l.posting, gate_done));
    pthread_mutex_lock(&g->mutex);
    while (!g->reached)
        pthread_cond_wait(&g->moved, &g->mutex);
    pthread_mutex_unlock(&g->mutex);
}

void gate_open(struct gate *g)
{
    pthread_mutex_lock(&g->mutex);
    g->open = true;
    pthread_cond_signal(&g->moved);
    while (g->reached)
        pthread_cond_wait(&g->moved, &g->mutex);
    pthread_mutex_unlock(&g->mutex);
    pthread_cond_destroy(&g->moved);
    pthread_mutex_destroy(&g->mutex);
}

uint64_t file_size(const struct fixture *f, const char *name)
{
    char path[200];
    struct stat st;
    snprintf(path, sizeof path, "%s/%s", f->root, name);
    return lstat(path, &st) == 0 ? (uint64_t)st.st_size : 0;
}
