#include "exchange/exchange.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exchange/foreign.h"
#include "exchange/link_peer.h"
#include "wire/names.h"

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
    if (failed(s = foreign_renew(x))) {
        exchange_free(x);
        return s;
    }
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
    foreign_end(x);
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

bool exchange_welcomes(const struct exchange *x, const struct identity *identity, struct moment now)
{
    const struct directory *directory = snapshot_rulebook(x->snapshot)->directory;
    struct slice id = slice_text(identity->id);
    if (identity->kind == IDENTITY_GATEWAY)
        return directory_gateway(directory, id) != NULL && !slice_equal(id, x->settings.gateway);
    const struct party *party = directory_party_at(directory, id, now.wall_ms);
    return party != NULL && slice_equal(party->home, x->settings.gateway);
}

static bool has_too_many(const struct exchange_link *l)
{
    const struct link_limits *limits = exchange_limits(l->exchange);
    uint64_t count = 0;
    for (struct exchange_link *i = *bucket_of(l->exchange, link_party(l)); i != NULL; i = i->next)
        count += !i->over && slice_equal(link_party(i), link_party(l));
    return count > (l->peer == NULL ? limits->links_per_party : limits->links_per_gateway);
}

static void start_session(struct exchange_link *l, bool dialled, struct moment now)
{
    const struct session_limits limits = {
        .max_frame = FRAME_MAX_BYTES,
        .credits = exchange_limits(l->exchange)->credits,
        .idle_ms = SESSION_IDLE_MS + SESSION_PONG_MS,
    };
    const struct session_ends ends = {
        .kind = l->peer == NULL ? LINK_PARTY : LINK_PEER,
        .dialled = dialled,
        .me = l->exchange->settings.gateway,
        .peer = slice_text(l->name),
    };
    session_start(&l->session, &ends, &limits, now.mono_ms);
}

static struct status link_new(struct exchange *x, const struct identity *identity, void *owner,
                              struct exchange_link **ret_link)
{
    struct exchange_link *l = calloc(1, sizeof *l);
    if (l != NULL && identity->kind == IDENTITY_GATEWAY)
        l->peer = calloc(1, sizeof *l->peer);
    if (l == NULL || (identity->kind == IDENTITY_GATEWAY && l->peer == NULL)) {
        free(l);
        return FAIL(MEMORY);
    }
    l->exchange = x;
    l->serial = ++x->serial;
    l->identity = *identity;
    l->owner = owner;
    l->in = buffer_new(FRAME_HEAD_BYTES + FRAME_MAX_BYTES + (64U << 10));
    l->out = buffer_new(LINK_OUTPUT_MAX);
    identity_name(identity, l->name);
    *ret_link = l;
    return OK;
}

static void enter_bucket(struct exchange_link *l)
{
    struct exchange_link **bucket = bucket_of(l->exchange, link_party(l));
    l->next = *bucket;
    l->slot = bucket;
    if (l->next != NULL)
        l->next->slot = &l->next;
    *bucket = l;
}

/* Whether there may be such a link now. */
static struct status judge_link(const struct exchange_link *l, struct moment now)
{
    if (!exchange_welcomes(l->exchange, &l->identity, now))
        return REFUSE(ROUTE_UNKNOWN);
    if (has_too_many(l))
        return REFUSE(OVERLOAD);
    return l->peer == NULL ? OK : peer_judge_logs(l);
}

/* What a link is refused for is told on it: with BYE, and an entry. */
static struct status begin_link(struct exchange_link *l, bool dialled, struct moment now)
{
    enter_bucket(l);
    start_session(l, dialled, now);
    link_say(l, now, "link.opened", NULL, (struct status){0});
    struct status s = judge_link(l, now);
    if (s.code == CODE_REFUSED)
        exchange_end(l, s, now);
    else if (!failed(s) && dialled)
        s = link_greet(l, now);
    return s.code == CODE_REFUSED ? OK : s;
}

static struct status open_link(struct exchange *x, const struct identity *identity, void *owner,
                               bool dialled, struct moment now, struct exchange_link **ret_link)
{
    struct exchange_link *l = NULL;
    struct status s = link_new(x, identity, owner, &l);
    if (failed(s))
        return s;
    if (failed(s = begin_link(l, dialled, now))) {
        exchange_close(l);
        return s;
    }
    *ret_link = l;
    return OK;
}

struct status exchange_open(struct exchange *x, const struct identity *identity, void *owner,
                            struct moment now, struct exchange_link **ret_link)
{
    return open_link(x, identity, owner, false, now, ret_link);
}

struct status exchange_dialled(struct exchange *x, const struct identity *identity, void *owner,
                               struct moment now, struct exchange_link **ret_link)
{
    return open_link(x, identity, owner, true, now, ret_link);
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
    foreign_free(l->told);
    if (l->peer != NULL) {
        fetch_done(&l->peer->fetch);
        peer_drop_ahead(l->peer);
    }
    free(l->peer);
    free(l);
}

/* What a peer's greeting said of the rulebooks must be so for as long as its link lasts: it is
 * dialled again. So is one that messages were passed over on for want of a law. */
static void renew_link(struct exchange_link *l, bool is_other, struct moment now)
{
    if (!exchange_welcomes(l->exchange, &l->identity, now))
        exchange_end(l, REFUSE(ROUTE_UNKNOWN), now);
    else if (l->has_lawless || (is_other && l->peer != NULL))
        exchange_leave(l, NULL, now);
}

void exchange_pause(struct exchange *x)
{
    x->is_paused = true;
}

void exchange_renew(struct exchange *x, struct snapshot *snapshot, struct moment now)
{
    struct snapshot *old = x->snapshot;
    bool is_other = !digest_equal(&snapshot_rulebook(old)->digest,
                                  digest_slice(&snapshot_rulebook(snapshot)->digest));
    bool was_paused = x->is_paused;
    x->snapshot = snapshot_hold(snapshot);
    x->is_paused = false;
    held_renew(x);
    snapshot_drop(old);
    if (failed(foreign_renew(x)))
        diagnostics_say(x->settings.diagnostics, now.wall_ms,
                        &(struct diagnostic){.event = "peer.untold",
                                             .level = DIAGNOSTIC_WARNING,
                                             .text = "memory is out: parties hear of new gateways' "
                                                     "logs after the next reload"});
    for (unsigned i = 0; i < LINK_BUCKETS; i++)
        for (struct exchange_link *l = x->buckets[i]; l != NULL; l = l->next) {
            renew_link(l, is_other, now);
            if (was_paused)
                link_push(l, now);
        }
}

static void wake(struct exchange_link *l, struct moment now)
{
    link_push(l, now);
    if (l->peer != NULL)
        gap_wake(l, now);
}

void exchange_mail(struct exchange *x, struct slice party, struct moment now)
{
    if (name_is_gateway(party))
        foreign_changed(x, party, now);
    for (struct exchange_link *l = *bucket_of(x, party); l != NULL; l = l->next)
        if (slice_equal(link_party(l), party))
            wake(l, now);
}

void exchange_mail_all(struct exchange *x, struct moment now)
{
    foreign_changed(x, (struct slice){0}, now);
    for (unsigned i = 0; i < LINK_BUCKETS; i++)
        for (struct exchange_link *l = x->buckets[i]; l != NULL; l = l->next)
            wake(l, now);
}

/* A party's box, or that of the gateway where it is at home. */
static struct slice box_of(const struct exchange *x, struct slice party)
{
    const struct gateway_row *home =
        directory_home(snapshot_rulebook(x->snapshot)->directory, party);
    return home == NULL || slice_equal(home->id, x->settings.gateway) ? party : home->id;
}

/* Whom a result concerns besides the one who waits: a message its recipient, a stage its sender, or
 * the gateway that brought it: also where the sender is no longer known. */
static void announce_result(const struct exchange *x, const struct journal_result *r)
{
    if (failed(r->status) || r->repeated)
        return;
    if (r->kind == POSTING_DISCLOSURE)
        x->settings.announce(x->settings.workers, box_of(x, r->to));
    if (r->told.length > 0)
        x->settings.announce(x->settings.workers, r->told);
}

void exchange_results(struct exchange *x, struct journal_result *results, struct moment now)
{
    for (struct journal_result *r = results, *next; r != NULL; r = next) {
        struct pending *p = (struct pending *)(uintptr_t)r->token;
        next = r->next;
        if (p != NULL && p->link != NULL)
            link_result(p, r, now);
        announce_result(x, r);
        if (p == NULL && r->kind == POSTING_DISCLOSURE)
            held_answer(x, r, now);
        if (p != NULL && p->link != NULL && p->link->peer != NULL)
            peer_has_news(p->link, now);
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
