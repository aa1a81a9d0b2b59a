#include "app/cosigning_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/instant.h"
#include "journal/clock.h"
#include "journal/cosigned.h"

#define LOOK_EVERY_MS 1000U
#define HEARTBEAT_MS  (60 * MS_PER_SECOND)
#define ARENA_BYTES   (1U << 20)

/* ---- whom to ask ---- */

/* Rows of one log stand beside each other while its key changes. */
static const struct log_row *log_in_force(const struct cosigning *c, const struct directory *d,
                                          uint64_t now_ms)
{
    const struct gateway_row *row = directory_gateway(d, slice_text(c->gateway));
    for (size_t i = 0; row != NULL && i < row->log_count; i++)
        if (slice_is(row->logs[i].origin, c->origin) && row->logs[i].from_ms <= now_ms &&
            now_ms < row->logs[i].until_ms)
            return &row->logs[i];
    return NULL;
}

/* The one with this key as it was, else a new one. */
static struct asked known(const struct cosigning *c, const char *vkey)
{
    struct asked fresh = {.is_due = false};
    for (size_t i = 0; i < c->count; i++)
        if (strcmp(c->witnesses[i].vkey, vkey) == 0)
            return c->witnesses[i];
    memcpy(fresh.vkey, vkey, strlen(vkey));
    return fresh;
}

/* False where it is not asked over HTTP. */
static bool take_row(const struct cosigning *c, const struct witness *row, struct asked *ret_asked)
{
    char text[COSIGNING_VKEY_BYTES];
    struct vkey vkey;
    if (row->party.length == 0 || !slice_copy_text(row->vkey, text, sizeof text) ||
        failed(vkey_parse(row->vkey, &vkey)))
        return false;
    struct asked asked = known(c, text);
    if (!slice_copy_text(row->party, asked.told.party, sizeof asked.told.party) ||
        !slice_copy_text(row->address, asked.address, sizeof asked.address) ||
        !slice_copy_text(vkey.name, asked.told.name, sizeof asked.told.name))
        return false;
    memcpy(asked.told.id, vkey.id, sizeof asked.told.id);
    *ret_asked = asked;
    return true;
}

/* Who is gone is forgotten; after a reload nobody is given up any more, and what is published has
 * no lines but by those who stand there now. With the lock held. */
static void list_witnesses(struct cosigning *c, const struct log_row *log)
{
    struct asked next[NOTE_MAX_SIGNATURES];
    size_t count = 0;
    for (size_t i = 0; log != NULL && i < log->witness_count && count < NOTE_MAX_SIGNATURES - 1;
         i++)
        count += take_row(c, &log->witnesses[i], &next[count]);
    for (size_t i = 0; c->renewed && i < count; i++) {
        next[i].told.trouble = COSIGNING_FINE;
        next[i].next_ms = next[i].good_ms = 0;
    }
    if (c->renewed)
        c->size = 0;
    c->renewed = false;
    memcpy(c->witnesses, next, count * sizeof next[0]);
    c->count = count;
    c->is_wanted = log != NULL && log->quorum > 0;
}

/* Whether somebody is to be asked about the checkpoint at hand. */
static bool mark_due(struct cosigning *c, uint64_t now_ms)
{
    bool any = false;
    for (size_t i = 0; i < c->count; i++) {
        struct asked *w = &c->witnesses[i];
        const bool is_over =
            w->told.trouble == COSIGNING_AHEAD || w->told.trouble == COSIGNING_CONFLICT;
        w->is_due = !is_over && now_ms >= w->next_ms &&
                    (w->old != c->size || w->good_ms == 0 || now_ms - w->good_ms >= HEARTBEAT_MS);
        any = any || w->is_due;
    }
    return any;
}

/* ---- one look ---- */

/* Takes the published checkpoint up; what was cosigned of the same one stays with it. */
static struct status take_published(struct cosigning *c, struct round *round)
{
    uint64_t size;
    struct status s = journal_published(c->reader, round->arena, &round->signed_note, &size);
    if (failed(s) || size == c->size)
        return s;
    buffer_clear(&c->note);
    buffer_put(&c->note, round->signed_note);
    c->size = c->note.failed ? 0 : size;
    return c->note.failed ? FAIL(MEMORY) : OK;
}

/* Each State's readers ask for a witness of their own: where that one is away, they keep what it
 * cosigned last. */
static void keep(struct cosigning *c, const struct round *round)
{
    const struct slice note = buffer_slice(&c->note);
    const uint64_t since_s = cosigned_since(note, round->log);
    if (since_s == 0)
        return;
    pthread_mutex_lock(&c->lock);
    c->since_s = since_s;
    pthread_mutex_unlock(&c->lock);
    for (size_t i = 0; i < round->log->witness_count; i++) {
        const struct slice state = round->log->witnesses[i].state;
        if (cosigned_serves(note, round->log, state))
            (void)failed(journal_keep_cosigned(c->journal, state, note,
                                               (since_s + COSIGNED_FRESH_S) * MS_PER_SECOND));
    }
}

static void ask_about_published(struct cosigning *c, struct round *round)
{
    if (round->arena == NULL || failed(take_published(c, round)) ||
        !mark_due(c, round->now.mono_ms))
        return;
    (void)failed(cosigning_ask(c, round)); /* who was not asked is due in the next look */
    if (!round->has_news)
        return;
    (void)failed(journal_publish_cosigned(c->journal, buffer_slice(&c->note), c->size));
    keep(c, round);
}

static void look(struct cosigning *c)
{
    pthread_mutex_lock(&c->lock);
    struct snapshot *snapshot = snapshot_hold(c->snapshot);
    struct round round = {.context = tls_context_hold(c->context), .now = moment_now()};
    round.log = log_in_force(c, snapshot_rulebook(snapshot)->directory, round.now.wall_ms);
    list_witnesses(c, round.log);
    const bool is_wanted = c->is_wanted;
    pthread_mutex_unlock(&c->lock);
    if (!is_wanted) /* readers are given what is newest */
        journal_forget_cosigned(c->journal);
    if (c->count > 0) {
        round.arena = arena_new(ARENA_BYTES);
        ask_about_published(c, &round);
        arena_free(round.arena);
    }
    tls_context_free(round.context);
    snapshot_drop(snapshot);
}

/* ---- the thread ---- */

/* Waits for the next look; false at the end. */
static bool rest(struct cosigning *c)
{
    const struct timespec until = clock_in(LOOK_EVERY_MS);
    pthread_mutex_lock(&c->lock);
    while (!c->stopping && !c->renewed &&
           pthread_cond_timedwait(&c->changed, &c->lock, &until) != ETIMEDOUT)
        continue;
    const bool goes_on = !c->stopping;
    pthread_mutex_unlock(&c->lock);
    return goes_on;
}

static void *run(void *owner)
{
    struct cosigning *c = owner;
    const bool has_crypto = !failed(crypto_thread_start());
    while (rest(c))
        if (has_crypto)
            look(c);
    if (has_crypto)
        crypto_thread_stop();
    return NULL;
}

static void cosigning_free(struct cosigning *c)
{
    journal_reader_close(c->reader);
    snapshot_drop(c->snapshot);
    tls_context_free(c->context);
    buffer_done(&c->note);
    pthread_cond_destroy(&c->changed);
    pthread_mutex_destroy(&c->lock);
    free(c);
}

static struct cosigning *cosigning_new(const struct cosigning_settings *settings)
{
    struct cosigning *c = calloc(1, sizeof *c);
    if (c == NULL || pthread_mutex_init(&c->lock, NULL) != 0) {
        free(c);
        return NULL;
    }
    if (!condition_make(&c->changed)) {
        pthread_mutex_destroy(&c->lock);
        free(c);
        return NULL;
    }
    c->gateway = settings->gateway;
    c->origin = settings->origin;
    c->journal = settings->journal;
    c->snapshot = snapshot_hold(settings->snapshot);
    c->context = tls_context_hold(settings->context);
    c->note = buffer_new(NOTE_MAX_BYTES);
    c->begun_s = moment_now().wall_ms / MS_PER_SECOND;
    return c;
}

struct status cosigning_start(const struct cosigning_settings *settings,
                              struct cosigning **ret_cosigning)
{
    struct cosigning *c = cosigning_new(settings);
    struct status s = c == NULL ? FAIL(MEMORY) : journal_reader_open(c->journal, &c->reader);
    if (!failed(s) && pthread_create(&c->thread, NULL, run, c) != 0)
        s = FAIL(MEMORY);
    if (!failed(s))
        *ret_cosigning = c;
    else if (c != NULL)
        cosigning_free(c);
    return s;
}

void cosigning_renew(struct cosigning *c, struct snapshot *snapshot, struct tls_context *context)
{
    if (c == NULL)
        return;
    pthread_mutex_lock(&c->lock);
    struct snapshot *snapshot_before = c->snapshot;
    struct tls_context *context_before = c->context;
    c->snapshot = snapshot_hold(snapshot);
    c->context = tls_context_hold(context);
    c->renewed = true;
    pthread_cond_signal(&c->changed);
    pthread_mutex_unlock(&c->lock);
    snapshot_drop(snapshot_before);
    tls_context_free(context_before);
}

void cosigning_stop(struct cosigning *c)
{
    if (c == NULL)
        return;
    pthread_mutex_lock(&c->lock);
    c->stopping = true;
    pthread_cond_signal(&c->changed);
    pthread_mutex_unlock(&c->lock);
    (void)pthread_join(c->thread, NULL);
    cosigning_free(c);
}

void cosigning_look(struct cosigning *c, struct cosigning_view *ret_view)
{
    pthread_mutex_lock(&c->lock);
    *ret_view = (struct cosigning_view){
        .is_wanted = c->is_wanted,
        .since_s = c->since_s > c->begun_s ? c->since_s : c->begun_s,
        .count = c->count,
    };
    for (size_t i = 0; i < c->count; i++)
        ret_view->witnesses[i] = c->witnesses[i].told;
    pthread_mutex_unlock(&c->lock);
}
