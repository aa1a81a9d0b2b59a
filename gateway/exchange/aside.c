#include "exchange/aside.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exchange/link_peer.h"

/* What is laid aside of one box. */
struct shelf {
    struct shelf *next;
    char box[PARTY_MAX_BYTES + 1];
    struct aside at[ASIDES_PER_PEER];
};

/* One for each peer that has had something laid aside. A peer's share bounds them all: links are to
 * gateways of the directory alone, and a shelf that is empty is another peer's next. */
struct asides {
    pthread_mutex_t mutex; /* of what follows */
    struct shelf *first;
};

struct status asides_new(struct asides **ret_asides)
{
    struct asides *all = calloc(1, sizeof *all);
    if (all == NULL || pthread_mutex_init(&all->mutex, NULL) != 0) {
        free(all);
        return FAIL(MEMORY);
    }
    *ret_asides = all;
    return OK;
}

void asides_free(struct asides *all)
{
    if (all == NULL)
        return;
    for (struct shelf *next; all->first != NULL; all->first = next) {
        next = all->first->next;
        free(all->first);
    }
    pthread_mutex_destroy(&all->mutex);
    free(all);
}

/* ---- the table, locked ---- */

static struct asides *table_lock(const struct exchange_link *l)
{
    struct asides *all = l->exchange->settings.asides;
    pthread_mutex_lock(&all->mutex);
    return all;
}

static void table_unlock(struct asides *all)
{
    pthread_mutex_unlock(&all->mutex);
}

/* Of this link's peer; NULL: it never had one. */
static struct shelf *shelf_find(const struct asides *all, struct slice box)
{
    struct shelf *shelf = all->first;
    while (shelf != NULL && !slice_is(box, shelf->box))
        shelf = shelf->next;
    return shelf;
}

static bool is_on_trial(const struct aside *a)
{
    return a->place != 0 && !a->is_proved;
}

/* The next one behind the last; NULL gives the first. */
static struct aside *next_of(struct shelf *shelf, const struct aside *last)
{
    for (size_t i = last == NULL ? 0 : (size_t)(last - shelf->at) + 1;
         shelf != NULL && i < ASIDES_PER_PEER; i++)
        if (shelf->at[i].place != 0)
            return &shelf->at[i];
    return NULL;
}

static struct aside *find(struct shelf *shelf, uint64_t place)
{
    struct aside *a = next_of(shelf, NULL);
    while (a != NULL && a->place != place)
        a = next_of(shelf, a);
    return a;
}

/* One that is being tried again, and was not heard of since, may have expired. */
static bool is_free(const struct aside *a, struct moment now)
{
    return a->place == 0 || a->until_ms == 0 || a->expires_ms < now.wall_ms;
}

static struct aside *find_free(struct shelf *shelf, struct moment now)
{
    for (size_t i = 0; i < ASIDES_PER_PEER; i++)
        if (is_free(&shelf->at[i], now))
            return &shelf->at[i];
    return NULL;
}

static bool is_empty(struct shelf *shelf, struct moment now)
{
    size_t used = 0;
    for (size_t i = 0; i < ASIDES_PER_PEER; i++)
        used += !is_free(&shelf->at[i], now);
    return used == 0;
}

/* NULL when memory is out. */
static struct shelf *shelf_make(struct asides *all, struct slice box, struct moment now)
{
    struct shelf *shelf = shelf_find(all, box);
    if (shelf != NULL)
        return shelf;
    for (shelf = all->first; shelf != NULL && !is_empty(shelf, now);)
        shelf = shelf->next;
    if (shelf == NULL && (shelf = calloc(1, sizeof *shelf)) != NULL) {
        shelf->next = all->first;
        all->first = shelf;
    }
    if (shelf != NULL) {
        *shelf = (struct shelf){.next = shelf->next};
        if (!slice_copy_text(box, shelf->box, sizeof shelf->box))
            return NULL;
    }
    return shelf;
}

static bool has_trials(struct shelf *shelf)
{
    const struct aside *a = next_of(shelf, NULL);
    while (a != NULL && !is_on_trial(a))
        a = next_of(shelf, a);
    return a != NULL;
}

/* Forgets those of which nothing is known but that they were put off; whether there were any. */
static bool drop_trials(struct shelf *shelf)
{
    bool were_any = has_trials(shelf);
    for (struct aside *a = next_of(shelf, NULL); a != NULL; a = next_of(shelf, a))
        if (is_on_trial(a))
            *a = (struct aside){0};
    return were_any;
}

/* The peer takes others: of the next one on trial that is known now. What was put off but once goes
 * again before it waits: perhaps the peer took nothing then. */
static bool prove_next(struct shelf *shelf, struct moment now, struct aside *ret_aside)
{
    struct aside *a = next_of(shelf, NULL);
    while (a != NULL && !is_on_trial(a))
        a = next_of(shelf, a);
    if (a == NULL)
        return false;
    a->is_proved = true;
    a->until_ms = now.mono_ms + (a->is_hasty ? 0 : ASIDE_MS);
    *ret_aside = *a;
    return true;
}

/* ---- for the operator ---- */

static bool is_told(const struct aside *a, struct moment now)
{
    return a->is_proved && !is_free(a, now);
}

bool asides_at(struct asides *all, size_t index, struct moment now, struct aside *ret_aside)
{
    const struct aside *found = NULL;
    pthread_mutex_lock(&all->mutex);
    for (struct shelf *shelf = all->first; shelf != NULL && found == NULL; shelf = shelf->next)
        for (size_t i = 0; i < ASIDES_PER_PEER && found == NULL; i++)
            if (is_told(&shelf->at[i], now) && index-- == 0)
                found = &shelf->at[i];
    if (found != NULL)
        *ret_aside = *found;
    pthread_mutex_unlock(&all->mutex);
    return found != NULL;
}

static void say_aside(const struct exchange_link *l, const struct aside *a, struct moment now)
{
    char text[96];
    snprintf(text, sizeof text, "laid aside: a message of %s to %s, which the peer puts off",
             a->from, a->to);
    diagnostics_say(l->exchange->settings.diagnostics, now.wall_ms,
                    &(struct diagnostic){.event = "relay.aside",
                                         .level = DIAGNOSTIC_WARNING,
                                         .peer = slice_text(l->name),
                                         .frame = "DELIVER",
                                         .text = text});
}

/* ---- for links ---- */

/* What has waited for long enough, and of that what was put off longest ago. */
static struct aside *find_due(struct shelf *shelf, struct moment now)
{
    struct aside *due = NULL;
    for (struct aside *a = next_of(shelf, NULL); a != NULL; a = next_of(shelf, a))
        if (a->until_ms <= now.mono_ms && (due == NULL || a->tried_ms < due->tried_ms))
            due = a;
    return due;
}

/* One at a time, and the others no sooner than after ASIDE_MS: each can cost a waiting time, and
 * what is behind them all has to go, too. */
void aside_begin(struct exchange_link *l, struct moment now)
{
    struct asides *all = table_lock(l);
    struct shelf *shelf = shelf_find(all, link_party(l));
    struct aside *due = find_due(shelf, now);
    for (struct aside *a = next_of(shelf, NULL); due != NULL && a != NULL; a = next_of(shelf, a))
        if (a->until_ms < now.mono_ms + ASIDE_MS)
            a->until_ms = now.mono_ms + ASIDE_MS;
    if (due != NULL)
        due->until_ms = 0;
    table_unlock(all);
}

static bool holds_back(const struct aside *a, const struct delivery *d)
{
    return a->until_ms > 0 && d->delivery_number >= a->place &&
           slice_equal(d->thread, slice_over(a->thread, sizeof a->thread));
}

bool aside_waits(const struct exchange_link *l, const struct delivery *d)
{
    struct asides *all = table_lock(l);
    struct shelf *shelf = shelf_find(all, link_party(l));
    const struct aside *a = next_of(shelf, NULL);
    while (a != NULL && !holds_back(a, d))
        a = next_of(shelf, a);
    table_unlock(all);
    return a != NULL;
}

static bool forget_trials(const struct exchange_link *l)
{
    struct asides *all = table_lock(l);
    bool were_any = drop_trials(shelf_find(all, link_party(l)));
    table_unlock(all);
    return were_any;
}

bool aside_is_all(struct exchange_link *l)
{
    if (l->outstanding_count > l->notice_count || !forget_trials(l))
        return false;
    l->mail_after = 0;
    return true;
}

/* One that was laid aside is taken: perhaps the others would be. */
static void take_back(struct shelf *shelf, struct aside *own, struct moment now)
{
    *own = (struct aside){0};
    for (struct aside *a = next_of(shelf, NULL); a != NULL; a = next_of(shelf, a))
        if (a->is_proved)
            a->until_ms = now.mono_ms;
}

void aside_answered(struct exchange_link *l, const struct outstanding *was, struct moment now)
{
    struct aside proved;
    bool is_any;
    struct asides *all = table_lock(l);
    struct shelf *shelf = shelf_find(all, link_party(l));
    struct aside *own = find(shelf, was->place);
    if (own != NULL)
        take_back(shelf, own, now);
    table_unlock(all);
    do {
        all = table_lock(l);
        is_any = prove_next(shelf_find(all, link_party(l)), now, &proved);
        table_unlock(all);
        if (is_any)
            say_aside(l, &proved, now);
    } while (is_any);
}

/* It is on trial: nothing but an answer ends that. */
static bool aside_fill(const struct delivery *d, bool is_hasty, struct moment now,
                       struct aside *ret_aside)
{
    struct aside a = {.place = d->delivery_number,
                      .since_ms = now.wall_ms,
                      .expires_ms = d->expires_ms,
                      .until_ms = UINT64_MAX,
                      .tried_ms = now.mono_ms,
                      .is_hasty = is_hasty};
    if (d->thread.length != sizeof a.thread || d->key.id.length != sizeof a.id ||
        !slice_copy_text(d->key.from, a.from, sizeof a.from) ||
        !slice_copy_text(d->key.to, a.to, sizeof a.to) ||
        !slice_copy_text(d->box, a.box, sizeof a.box))
        return false;
    memcpy(a.id, d->key.id.at, sizeof a.id);
    memcpy(a.thread, d->thread.at, sizeof a.thread);
    *ret_aside = a;
    return true;
}

/* Whether there was room. */
static bool lay_aside(struct exchange_link *l, const struct delivery *d, bool is_hasty,
                      struct moment now)
{
    struct aside aside;
    if (!aside_fill(d, is_hasty, now, &aside))
        return false;
    struct asides *all = table_lock(l);
    struct shelf *shelf = shelf_make(all, link_party(l), now);
    struct aside *slot = shelf == NULL ? NULL : find_free(shelf, now);
    if (slot != NULL)
        *slot = aside;
    table_unlock(all);
    return slot != NULL;
}

/* One that was tried again stays aside. */
static bool stays_aside(struct exchange_link *l, const struct delivery *d, struct moment now)
{
    struct asides *all = table_lock(l);
    struct aside *known = find(shelf_find(all, link_party(l)), d->delivery_number);
    if (known != NULL) {
        known->until_ms = now.mono_ms + ASIDE_MS;
        known->tried_ms = now.mono_ms;
    }
    table_unlock(all);
    return known != NULL;
}

static bool is_any_on_trial(const struct exchange_link *l)
{
    struct asides *all = table_lock(l);
    bool is_any = has_trials(shelf_find(all, link_party(l)));
    table_unlock(all);
    return is_any;
}

/* While one is on trial the next one that fares no better is laid aside at once, until one is taken
 * or none is left to try. */
bool aside_is_too_much(struct exchange_link *l, const struct delivery *d, struct moment now)
{
    struct link_peer *peer = l->peer;
    if (stays_aside(l, d, now))
        return true;
    if (is_any_on_trial(l))
        return lay_aside(l, d, true, now) || forget_trials(l);
    peer->put_off_times = peer->put_off == d->delivery_number ? peer->put_off_times + 1 : 1;
    peer->put_off = d->delivery_number;
    return peer->put_off_times >= ASIDE_TRIES && lay_aside(l, d, false, now);
}

uint64_t aside_at(const struct exchange_link *l)
{
    uint64_t at_ms = UINT64_MAX;
    struct asides *all = table_lock(l);
    struct shelf *shelf = shelf_find(all, link_party(l));
    for (const struct aside *a = next_of(shelf, NULL); a != NULL; a = next_of(shelf, a))
        if (a->until_ms > 0 && a->until_ms < at_ms)
            at_ms = a->until_ms;
    table_unlock(all);
    return at_ms;
}

void aside_turn(struct exchange_link *l, struct moment now)
{
    if (now.mono_ms >= aside_at(l))
        exchange_leave(l, NULL, now);
}
