#include "exchange/aside.h"

#include <stdio.h>
#include <string.h>

#include "exchange/link_peer.h"

static bool is_of(const struct aside *a, const struct exchange_link *l)
{
    return a->box[0] != 0 && slice_is(link_party(l), a->box);
}

static bool is_on_trial(const struct aside *a)
{
    return !a->is_proved && a->until_ms > 0;
}

static struct aside *find(struct exchange_link *l, uint64_t place)
{
    for (struct aside *a = l->exchange->asides; a < l->exchange->asides + ASIDES_MAX; a++)
        if (is_of(a, l) && a->place == place)
            return a;
    return NULL;
}

/* One that is being tried again, and was not heard of since, may have expired. */
static struct aside *find_free(struct exchange *x)
{
    for (struct aside *a = x->asides; a < x->asides + ASIDES_MAX; a++)
        if (a->box[0] == 0 || a->until_ms == 0)
            return a;
    return NULL;
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

void aside_begin(struct exchange_link *l, struct moment now)
{
    for (struct aside *a = l->exchange->asides; a < l->exchange->asides + ASIDES_MAX; a++)
        if (is_of(a, l) && a->until_ms <= now.mono_ms)
            a->until_ms = 0;
}

bool aside_waits(const struct exchange_link *l, const struct delivery *d)
{
    const struct exchange *x = l->exchange;
    for (const struct aside *a = x->asides; a < x->asides + ASIDES_MAX; a++)
        if (is_of(a, l) && a->until_ms > 0 && d->delivery_number >= a->place &&
            slice_equal(d->thread, slice_over(a->thread, sizeof a->thread)))
            return true;
    return false;
}

/* Forgets those of which nothing is known but that they were put off; whether there were any. */
static bool forget_trials(struct exchange_link *l)
{
    bool were_any = false;
    for (struct aside *a = l->exchange->asides; a < l->exchange->asides + ASIDES_MAX; a++)
        if (is_of(a, l) && is_on_trial(a)) {
            *a = (struct aside){0};
            were_any = true;
        }
    return were_any;
}

bool aside_is_all(struct exchange_link *l)
{
    if (l->outstanding_count > l->notice_count || !forget_trials(l))
        return false;
    l->mail_after = 0;
    return true;
}

void aside_answered(struct exchange_link *l, const struct outstanding *was, struct moment now)
{
    struct aside *own = find(l, was->place);
    if (own != NULL)
        *own = (struct aside){0};
    for (struct aside *a = l->exchange->asides; a < l->exchange->asides + ASIDES_MAX; a++)
        if (is_of(a, l) && is_on_trial(a)) {
            a->is_proved = true;
            a->until_ms = now.mono_ms + ASIDE_MS;
            say_aside(l, a, now);
        }
}

/* Whether there was room. */
static bool lay_aside(struct exchange_link *l, const struct delivery *d, struct moment now)
{
    struct aside aside = {.place = d->delivery_number, .until_ms = now.mono_ms + ASIDE_MS};
    struct aside *slot = find_free(l->exchange);
    if (slot == NULL || d->thread.length != sizeof aside.thread ||
        !slice_copy_text(d->key.from, aside.from, sizeof aside.from) ||
        !slice_copy_text(d->key.to, aside.to, sizeof aside.to) ||
        !slice_copy_text(d->box, aside.box, sizeof aside.box))
        return false;
    memcpy(aside.thread, d->thread.at, sizeof aside.thread);
    *slot = aside;
    return true;
}

bool aside_is_too_much(struct exchange_link *l, const struct delivery *d, struct moment now)
{
    struct link_peer *peer = l->peer;
    struct aside *known = find(l, d->delivery_number);
    if (forget_trials(l))
        return true;
    if (known != NULL) {
        known->until_ms = now.mono_ms + ASIDE_MS;
        return true;
    }
    peer->put_off_times = peer->put_off == d->delivery_number ? peer->put_off_times + 1 : 1;
    peer->put_off = d->delivery_number;
    return peer->put_off_times >= ASIDE_TRIES && lay_aside(l, d, now);
}

uint64_t aside_at(const struct exchange_link *l)
{
    const struct exchange *x = l->exchange;
    uint64_t at_ms = UINT64_MAX;
    for (const struct aside *a = x->asides; a < x->asides + ASIDES_MAX; a++)
        if (is_of(a, l) && a->until_ms > 0 && a->until_ms < at_ms)
            at_ms = a->until_ms;
    return at_ms;
}

void aside_turn(struct exchange_link *l, struct moment now)
{
    if (now.mono_ms >= aside_at(l))
        exchange_leave(l, NULL, now);
}
