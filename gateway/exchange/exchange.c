#include "exchange/exchange.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exchange/link.h"

struct status exchange_new(const struct exchange_settings *settings, struct snapshot *snapshot,
                           struct exchange **ret_exchange)
{
    struct exchange *x = calloc(1, sizeof *x);
    if (x == NULL)
        return FAIL(MEMORY);
    x->settings = *settings;
    struct status s = journal_reader_open(settings->journal, &x->reader);
    if (failed(s)) {
        free(x);
        return s;
    }
    x->snapshot = snapshot_hold(snapshot);
    *ret_exchange = x;
    return OK;
}

void exchange_free(struct exchange *x)
{
    if (x == NULL)
        return;
    for (unsigned i = 0; i < LINK_BUCKETS; i++)
        for (struct exchange_link *l = x->buckets[i], *next; l != NULL; l = next) {
            next = l->next;
            exchange_close(l);
        }
    journal_reader_close(x->reader);
    snapshot_drop(x->snapshot);
    free(x);
}

static struct exchange_link **bucket_of(struct exchange *x, struct slice party)
{
    uint32_t hash = 2166136261U;
    for (size_t i = 0; i < party.length; i++)
        hash = (hash ^ party.at[i]) * 16777619U;
    return &x->buckets[hash % LINK_BUCKETS];
}

const struct link_limits *exchange_limits(const struct exchange *x)
{
    return x->settings.limits == NULL ? &link_limits_default : x->settings.limits;
}

/* Only parties at home here have links to this gateway. */
static bool is_at_home(const struct exchange *x, const struct identity *identity)
{
    const struct party *party =
        directory_party(snapshot_rulebook(x->snapshot)->directory, slice_text(identity->id));
    return identity->kind != IDENTITY_GATEWAY && party != NULL &&
           slice_equal(party->home, x->settings.gateway);
}

static bool has_too_many(struct exchange *x, struct slice party)
{
    uint64_t count = 0;
    for (struct exchange_link *l = *bucket_of(x, party); l != NULL; l = l->next)
        count += !l->over && slice_equal(link_party(l), party);
    return count > exchange_limits(x)->links_per_party;
}

static void start_session(struct exchange_link *l, struct moment now)
{
    const struct session_limits limits = {
        .max_frame = FRAME_MAX_BYTES,
        .credits = exchange_limits(l->exchange)->credits,
        .idle_ms = SESSION_IDLE_MS + SESSION_PONG_MS,
    };
    const struct session_ends ends = {
        .kind = l->identity.kind == IDENTITY_GATEWAY ? LINK_PEER : LINK_PARTY,
        .me = l->exchange->settings.gateway,
        .peer = slice_text(l->name),
    };
    session_start(&l->session, &ends, &limits, now.mono_ms);
}

struct status exchange_open(struct exchange *x, const struct identity *identity, void *owner,
                            struct moment now, struct exchange_link **ret_link)
{
    struct exchange_link *l = calloc(1, sizeof *l);
    if (l == NULL)
        return FAIL(MEMORY);
    l->exchange = x;
    l->serial = ++x->serial;
    l->identity = *identity;
    l->owner = owner;
    l->in = buffer_new(FRAME_HEAD_BYTES + FRAME_MAX_BYTES + (64U << 10));
    l->out = buffer_new(LINK_OUTPUT_MAX);
    identity_name(identity, l->name);
    start_session(l, now);
    struct exchange_link **bucket = bucket_of(x, link_party(l));
    l->next = *bucket;
    l->slot = bucket;
    if (l->next != NULL)
        l->next->slot = &l->next;
    *bucket = l;
    link_say(l, now, "link.opened", NULL, (struct status){0});
    if (!is_at_home(x, identity))
        exchange_end(l, REFUSE(ROUTE_UNKNOWN), now);
    else if (has_too_many(x, link_party(l)))
        exchange_end(l, REFUSE(OVERLOAD), now);
    *ret_link = l;
    return OK;
}

void exchange_close(struct exchange_link *l)
{
    if (l == NULL)
        return;
    for (struct pending *p = l->pending, *next; p != NULL; p = next) {
        next = p->next;
        p->link = NULL;
        p->slot = NULL;
        p->next = NULL;
    }
    *l->slot = l->next;
    if (l->next != NULL)
        l->next->slot = l->slot;
    buffer_done(&l->in);
    buffer_done(&l->out);
    free(l->outstanding);
    free(l);
}

void exchange_renew(struct exchange *x, struct snapshot *snapshot, struct moment now)
{
    struct snapshot *old = x->snapshot;
    x->snapshot = snapshot_hold(snapshot);
    snapshot_drop(old);
    for (unsigned i = 0; i < LINK_BUCKETS; i++)
        for (struct exchange_link *l = x->buckets[i]; l != NULL; l = l->next)
            if (!is_at_home(x, &l->identity))
                exchange_end(l, REFUSE(ROUTE_UNKNOWN), now);
}

void exchange_mail(struct exchange *x, struct slice party, struct moment now)
{
    for (struct exchange_link *l = *bucket_of(x, party); l != NULL; l = l->next)
        if (slice_equal(link_party(l), party))
            link_push(l, now);
}

void exchange_mail_all(struct exchange *x, struct moment now)
{
    for (unsigned i = 0; i < LINK_BUCKETS; i++)
        for (struct exchange_link *l = x->buckets[i]; l != NULL; l = l->next)
            link_push(l, now);
}

/* Whom a result concerns besides the one who waits: a message its recipient, a stage its sender. */
static void announce_result(const struct exchange *x, const struct journal_result *r)
{
    if (failed(r->status) || r->repeated)
        return;
    if (r->kind == POSTING_DISCLOSURE)
        x->settings.announce(x->settings.workers, r->to);
    if (r->kind == POSTING_STAGE)
        x->settings.announce(x->settings.workers, r->from);
}

void exchange_results(struct exchange *x, struct journal_result *results, struct moment now)
{
    for (struct journal_result *r = results, *next; r != NULL; r = next) {
        struct pending *p = (struct pending *)(uintptr_t)r->token;
        next = r->next;
        if (p != NULL && p->link != NULL)
            link_result(p, r, now);
        announce_result(x, r);
        pending_end(p, now);
        journal_result_free(r);
    }
}

void exchange_discard(struct journal_result *results)
{
    for (struct journal_result *r = results, *next; r != NULL; r = next) {
        next = r->next;
        pending_free((struct pending *)(uintptr_t)r->token);
        journal_result_free(r);
    }
}
