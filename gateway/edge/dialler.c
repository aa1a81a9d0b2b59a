#include "edge/dialler.h"

#include <stdlib.h>
#include <string.h>

#include "edge/call.h"

const struct dialler_times dialler_times_default = {
    .reach_ms = 10000,
    .handshake_ms = 10000,
    .least_ms = 500,
    .most_ms = 60000,
    .steady_ms = PEER_STEADY_MS,
    .calm_ms = 1000,
    .said_ms = 60000,
    .repeat_ms = 3600000,
};

bool dialler_has(const struct dialler_settings *s, struct slice peer)
{
    uint32_t hash = 2166136261U;
    for (size_t i = 0; i < peer.length; i++)
        hash = (hash ^ peer.at[i]) * 16777619U;
    return slice_compare(s->gateway, peer) < 0 && (hash ^ hash >> 16) % s->shares == s->share;
}

uint64_t dialler_pause_ms(const struct dialler_times *t, unsigned failures, uint32_t drawn)
{
    uint64_t pause = t->least_ms;
    for (unsigned i = 1; i < failures && pause < t->most_ms; i++)
        pause *= 2;
    if (pause > t->most_ms)
        pause = t->most_ms;
    return pause / 2 + (pause * drawn >> 32);
}

struct status dialler_new(const struct dialler_settings *settings, struct dialler **ret_dialler)
{
    struct dialler *d = calloc(1, sizeof *d);
    if (d == NULL)
        return FAIL(MEMORY);
    d->settings = *settings;
    struct status s = lookups_new(settings->connections->base, &d->lookups);
    if (failed(s)) {
        free(d);
        return s;
    }
    *ret_dialler = d;
    return OK;
}

static struct call *find(const struct dialler *d, struct slice id)
{
    struct call *c = d->calls;
    while (c != NULL && !slice_is(id, c->id))
        c = c->next;
    return c;
}

static struct status renew_call(struct dialler *d, const struct gateway_row *gateway)
{
    struct call *c = find(d, gateway->id);
    if (c == NULL) {
        c = call_new(d, gateway->id);
        if (c == NULL)
            return FAIL(MEMORY);
        c->next = d->calls;
        d->calls = c;
    }
    c->listed = true;
    struct status s = call_address(c, gateway);
    call_again(c);
    return s;
}

static void drop_unlisted(struct dialler *d)
{
    for (struct call **slot = &d->calls, *c; (c = *slot) != NULL;) {
        if (c->listed) {
            slot = &c->next;
        } else {
            *slot = c->next;
            call_free(c);
        }
    }
}

struct status dialler_renew(struct dialler *d, const struct directory *directory)
{
    struct status s = OK;
    for (struct call *c = d->calls; c != NULL; c = c->next)
        c->listed = false;
    for (size_t i = 0; i < directory->gateway_count; i++)
        if (dialler_has(&d->settings, directory->gateways[i].id)) {
            struct status renewed = renew_call(d, &directory->gateways[i]);
            s = failed(renewed) ? renewed : s;
        }
    drop_unlisted(d);
    return s;
}

void dialler_leave(struct dialler *d)
{
    for (struct call *c = d->calls; c != NULL; c = c->next)
        call_leave(c);
}

void dialler_free(struct dialler *d)
{
    if (d == NULL)
        return;
    while (d->calls != NULL) {
        struct call *c = d->calls;
        d->calls = c->next;
        call_free(c);
    }
    lookups_free(d->lookups);
    free(d);
}
