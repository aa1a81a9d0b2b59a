#include "app/timestamping_parts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/note.h"
#include "base/instant.h"
#include "journal/clock.h"

#define LOOK_EVERY_MS    1000U
#define DEADLINE_MS      5000U
#define LAST_DEADLINE_MS 2000U
#define LAST_AFTER_MS    MS_PER_MINUTE
#define SETTLES_MS       2000U /* until what was queued when a rulebook came into force is published */
#define ARENA_BYTES      (1U << 20)

/* ---- what is told ---- */

static void tell(struct timestamping *t, uint64_t published)
{
    pthread_mutex_lock(&t->lock);
    if (t->plan.size > 0) {
        t->told.size = t->plan.size;
        t->told.made_ms = t->plan.made_ms;
    }
    t->told.waiting = published > t->plan.size ? published - t->plan.size : 0;
    pthread_mutex_unlock(&t->lock);
}

/* why "": it has answered well. */
static void tell_answer(struct timestamping *t, const char *why)
{
    const uint64_t now_ms = moment_now().mono_ms;
    pthread_mutex_lock(&t->lock);
    if (why[0] == '\0')
        t->told.away_ms = 0;
    else if (t->told.away_ms == 0)
        t->told.away_ms = now_ms;
    snprintf(t->told.why, sizeof t->told.why, "%s", why);
    pthread_mutex_unlock(&t->lock);
}

/* ---- one look ---- */

static struct timestamping_plan plan_new(uint64_t every_ms)
{
    return (struct timestamping_plan){.every_ms = every_ms, .above = UINT64_MAX};
}

/* What lies in the folder is looked at once, before anything is asked. */
static bool look_at_kept(struct timestamping *t, uint64_t published)
{
    uint64_t size = 0, made_ms = 0;
    if (t->has_looked)
        return true;
    if (failed(timestamping_find(t, published, &size, &made_ms)))
        return false;
    t->has_looked = true;
    if (size > 0) {
        t->plan.size = size;
        t->plan.made_ms = made_ms;
    }
    return true;
}

/* Of a checkpoint of ours, into the folder of its log. */
static void stamp(struct timestamping *t, struct timestamping_plan *plan, const char *log_path,
                  struct slice signed_note, uint64_t size, uint64_t deadline_ms)
{
    char why[TIMESTAMPING_WHY_BYTES] = "our own checkpoint cannot be read";
    uint64_t made_ms = 0;
    struct note note;
    struct buffer kept = buffer_new(TIMESTAMP_MAX_BYTES);
    struct status s = note_parse(signed_note, &note);
    if (!failed(s))
        s = timestamping_ask(t, note.body, deadline_ms, &kept, &made_ms, why);
    if (!failed(s)) {
        s = timestamping_put(log_path, size, buffer_slice(&kept));
        snprintf(why, sizeof why, "it cannot be written (%s)", code_name(s.code));
    }
    pthread_mutex_lock(&t->lock);
    if (failed(s))
        timestamping_failed(plan, moment_now().mono_ms);
    else
        timestamping_done(plan, size, made_ms);
    pthread_mutex_unlock(&t->lock);
    tell_answer(t, failed(s) ? why : "");
    buffer_done(&kept);
}

static bool is_due(struct timestamping *t, const struct timestamping_plan *plan, uint64_t size)
{
    pthread_mutex_lock(&t->lock);
    const bool is = timestamping_due(plan, size, moment_now());
    pthread_mutex_unlock(&t->lock);
    return is;
}

static void look(struct timestamping *t)
{
    struct slice note;
    uint64_t published = 0;
    struct arena *arena = arena_new(ARENA_BYTES);
    if (arena != NULL && !failed(journal_published(t->reader, arena, &note, &published)) &&
        look_at_kept(t, published)) {
        if (is_due(t, &t->plan, published))
            stamp(t, &t->plan, t->log_path, note, published, DEADLINE_MS);
        tell(t, published);
    }
    arena_free(arena);
}

/* At one of the logs that ended: no log does while we run. */
static void look_at_ended(struct timestamping *t)
{
    struct timestamping_ended *e = &t->ended;
    struct journal_ended ended;
    bool needs = true;
    if (!journal_ended(t->journal, e->number, &ended))
        return;
    if (!e->has_looked && failed(timestamping_ended_look(t, &ended, e->folder, &needs)))
        return;
    e->has_looked = true;
    if (needs && is_due(t, &e->plan, ended.size))
        stamp(t, &e->plan, e->folder, ended.note, ended.size, DEADLINE_MS);
    if (!needs || e->plan.size == ended.size)
        *e = (struct timestamping_ended){.number = e->number + 1,
                                         .plan = plan_new(t->plan.every_ms)};
}

/* At the end: nobody waits for an authority that did not answer when it was asked last. */
static void look_last(struct timestamping *t)
{
    struct slice note;
    uint64_t published = 0;
    const uint64_t now_ms = moment_now().wall_ms;
    struct arena *arena = arena_new(ARENA_BYTES);
    const bool is_old =
        t->plan.size == 0 || (now_ms > t->plan.made_ms && now_ms - t->plan.made_ms > LAST_AFTER_MS);
    if (arena != NULL && t->has_looked && t->plan.failures == 0 && is_old &&
        !failed(journal_published(t->reader, arena, &note, &published)) && published > t->plan.size)
        stamp(t, &t->plan, t->log_path, note, published, LAST_DEADLINE_MS);
    arena_free(arena);
}

/* ---- the thread ---- */

bool timestamping_ends(struct timestamping *t)
{
    pthread_mutex_lock(&t->lock);
    const bool ends = t->stopping;
    pthread_mutex_unlock(&t->lock);
    return ends;
}

/* Waits for the next look; false at the end. */
static bool rest(struct timestamping *t)
{
    const struct timespec until = clock_in(LOOK_EVERY_MS);
    pthread_mutex_lock(&t->lock);
    while (!t->stopping && pthread_cond_timedwait(&t->changed, &t->lock, &until) != ETIMEDOUT)
        continue;
    const bool goes_on = !t->stopping;
    pthread_mutex_unlock(&t->lock);
    return goes_on;
}

static void *run(void *owner)
{
    struct timestamping *t = owner;
    const bool has_crypto = !failed(crypto_thread_start());
    while (rest(t)) {
        if (has_crypto)
            look(t);
        if (has_crypto && !timestamping_ends(t))
            look_at_ended(t);
    }
    if (has_crypto) {
        look_last(t);
        crypto_thread_stop();
    }
    return NULL;
}

static void timestamping_free(struct timestamping *t)
{
    journal_reader_close(t->reader);
    pthread_cond_destroy(&t->changed);
    pthread_mutex_destroy(&t->lock);
    free(t);
}

static struct timestamping *timestamping_new(const struct timestamping_settings *settings)
{
    const struct config *config = settings->config;
    struct timestamping *t = calloc(1, sizeof *t);
    if (t == NULL || pthread_mutex_init(&t->lock, NULL) != 0) {
        free(t);
        return NULL;
    }
    if (!condition_make(&t->changed)) {
        pthread_mutex_destroy(&t->lock);
        free(t);
        return NULL;
    }
    t->origin = config->log->origin;
    t->log_path = config->log->path;
    t->authorities = settings->authorities;
    t->journal = settings->journal;
    t->diagnostics = *settings->diagnostics;
    t->plan = t->ended.plan = plan_new(config->timestamps_ms);
    t->told = (struct timestamping_view){.every_ms = config->timestamps_ms,
                                         .made_ms = moment_now().wall_ms};
    (void)place_read(config->timestamps->authority, &t->place); /* the configuration was checked */
    memcpy(t->told.address, t->place.address, sizeof t->told.address);
    return t;
}

struct status timestamping_start(const struct timestamping_settings *settings,
                                 struct timestamping **ret_timestamping)
{
    if (settings->config->timestamps == NULL)
        return OK;
    struct timestamping *t = timestamping_new(settings);
    struct status s = t == NULL ? FAIL(MEMORY) : journal_reader_open(settings->journal, &t->reader);
    if (!failed(s) && pthread_create(&t->thread, NULL, run, t) != 0)
        s = FAIL(MEMORY);
    if (!failed(s))
        *ret_timestamping = t;
    else if (t != NULL)
        timestamping_free(t);
    return s;
}

void timestamping_renew(struct timestamping *t)
{
    struct journal_health health;
    if (t == NULL)
        return;
    const uint64_t now_ms = moment_now().mono_ms;
    journal_health(t->journal, &health);
    pthread_mutex_lock(&t->lock);
    t->plan.above = health.published_size;
    if (t->plan.next_ms < now_ms + SETTLES_MS)
        t->plan.next_ms = now_ms + SETTLES_MS;
    pthread_mutex_unlock(&t->lock);
}

void timestamping_stop(struct timestamping *t)
{
    if (t == NULL)
        return;
    pthread_mutex_lock(&t->lock);
    t->stopping = true;
    pthread_cond_signal(&t->changed);
    pthread_mutex_unlock(&t->lock);
    (void)pthread_join(t->thread, NULL);
    timestamping_free(t);
}

void timestamping_look(struct timestamping *t, struct timestamping_view *ret_view)
{
    pthread_mutex_lock(&t->lock);
    *ret_view = t->told;
    pthread_mutex_unlock(&t->lock);
}
