#include "edge/sweep.h"

#include <stdlib.h>
#include <string.h>

#include "edge/connection_parts.h"
#include "edge/worker.h"

#define VERDICTS 2048U /* remembered; what finds no place is judged each time */
#define PROBES   8U

/** What was found about a certificate in this sweep. */
struct verdict {
    struct digest x5t;
    enum tls_failure failure;
    bool known;
};

struct status sweep_verdict(enum tls_failure failure)
{
    if (failure == TLS_FAILURE_NONE)
        return OK;
    if (failure == TLS_FAILURE_REVOKED)
        return REFUSE(PEER_REVOKED);
    return failure == TLS_FAILURE_EXPIRED ? REFUSE(PEER_EXPIRED) : REFUSE(PEER_UNTRUSTED);
}

void sweep_end(struct sweep *s)
{
    free(s->verdicts);
    *s = (struct sweep){0};
}

void sweep_begin(struct connections *set, struct moment now)
{
    sweep_end(&set->sweep);
    set->generation++;
    if (set->all == NULL)
        return;
    set->sweep = (struct sweep){
        .next = set->all,
        .verdicts = calloc(VERDICTS, sizeof *set->sweep.verdicts),
        .began_ms = now.mono_ms,
        .links = set->count,
    };
}

/* The place of a certificate: its own, or one that is free, or the first, which is given up. */
static struct verdict *place_of(struct verdict *verdicts, const struct digest *x5t)
{
    size_t first = x5t->octets[0] | (size_t)x5t->octets[1] << 8;
    for (unsigned i = 0; i < PROBES; i++) {
        struct verdict *v = &verdicts[(first + i) % VERDICTS];
        if (!v->known || memcmp(&v->x5t, x5t, sizeof *x5t) == 0)
            return v;
    }
    verdicts[first % VERDICTS].known = false;
    return &verdicts[first % VERDICTS];
}

/* *cost counts the verifications. */
static enum tls_failure judge(struct connections *set, struct connection *c, unsigned *cost)
{
    const struct digest *x5t = tls_peer_x5t(c->tls);
    struct verdict *v = set->sweep.verdicts == NULL ? NULL : place_of(set->sweep.verdicts, x5t);
    if (v != NULL && v->known)
        return v->failure;
    enum tls_failure failure = tls_link_recheck(c->tls, set->context);
    ++*cost;
    if (v != NULL && failure != TLS_FAILURE_MEMORY)
        *v = (struct verdict){*x5t, failure, true};
    return failure;
}

static void renew_keys(struct connection *c, struct moment now)
{
    if (now.mono_ms - c->keyed_ms < SWEEP_REKEY_MS)
        return;
    tls_link_rekey(c->tls);
    c->keyed_ms = now.mono_ms;
}

/* False: memory was out for a verdict, which is no fault of the peer; try again. */
static bool look_at(struct connections *set, struct connection *c, struct moment now,
                    unsigned *cost)
{
    if (c->link == NULL || c->is_dead || exchange_over(c->link) || c->judged == set->generation)
        return true;
    enum tls_failure failure = judge(set, c, cost);
    if (failure == TLS_FAILURE_MEMORY && now.mono_ms - set->sweep.began_ms < SWEEP_MS)
        return false;
    c->judged = set->generation;
    if (failure == TLS_FAILURE_NONE) {
        renew_keys(c, now);
        return true;
    }
    ++*cost;
    c->deadline_ms = now.mono_ms + SWEEP_FAREWELL_MS;
    exchange_end(c->link, sweep_verdict(failure), now);
    connection_dirty(c);
    return true;
}

void sweep_look(struct connection *c, struct moment now)
{
    unsigned cost = 0;
    (void)look_at(c->set, c, now, &cost); /* where memory was out, the sweep tries again */
}

void sweep_turn(struct connections *set, struct moment now)
{
    struct sweep *s = &set->sweep;
    uint64_t due = s->links * (now.mono_ms - s->began_ms) / (SWEEP_MS / 2);
    for (unsigned cost = 0; s->next != NULL && (cost < SWEEP_SLICE || s->looked < due);) {
        struct connection *c = s->next;
        if (!look_at(set, c, now, &cost))
            return;
        s->next = c->next;
        s->looked++;
    }
    if (s->next == NULL)
        sweep_end(s); /* also where the last one went before its turn */
}
