#include "edge/worker_parts.h"

#include <event2/event.h>

#include "edge/handshake.h"
#include "http/event.h"

#define OVERDUE_MS 5000 /* between two looks for stages that are due */

/* On the journal thread: results of this worker's postings. */
static void results_done(void *owner, struct journal_result *results)
{
    struct worker *w = owner;
    mailbox_put_results(w->mailbox, results);
}

static void announce_to_all(void *workers, struct slice party)
{
    struct workers *pool = workers;
    for (unsigned i = 0; i < pool->count; i++)
        mailbox_put_party(pool->at[i].mailbox, party);
}

static void leave(struct worker *w)
{
    uint64_t grace = atomic_load(&w->pool->grace_ms);
    struct timeval wait = {.tv_sec = (time_t)(grace / 1000),
                           .tv_usec = (suseconds_t)(grace % 1000 * 1000)};
    w->leaving = true;
    acceptor_close(&w->acceptor);
    if (w->dialler != NULL)
        dialler_leave(w->dialler);
    connections_leave(&w->connections);
    w->over = event_add(w->grace, &wait) != 0;
}

static void set_limits(struct worker *w, const struct worker_limits *limits)
{
    w->acceptor.limits = *limits;
    w->link_limits = link_limits_default;
    w->link_limits.links_per_party = limits->links_per_party;
    w->link_limits.refusals_per_minute = limits->refusals_per_minute;
}

static void renew_dialler(struct worker *w, struct snapshot *snapshot, struct moment now)
{
    if (w->dialler != NULL && !w->leaving &&
        failed(dialler_renew(w->dialler, snapshot_rulebook(snapshot)->directory)))
        diagnostics_say(&w->connections.lines.paced, now.wall_ms,
                        &(struct diagnostic){.event = "peer.undialled",
                                             .level = DIAGNOSTIC_WARNING,
                                             .text = "memory is out: new peers are dialled after "
                                                     "the next reload"});
}

static void take_state(struct worker *w, struct workers_state *state, struct moment now)
{
    if (state->snapshot == NULL)
        return;
    set_limits(w, &state->limits);
    exchange_renew(w->connections.exchange, state->snapshot, now);
    connections_renew(&w->connections, state->context, now);
    renew_dialler(w, state->snapshot, now);
    mailbox_drop_state(state);
}

/* Results first: they were judged by the state that a new one replaces. By that one nothing is
 * handed over any more. */
static void on_mail(evutil_socket_t fd, short what, void *owner)
{
    (void)fd, (void)what;
    struct worker *w = owner;
    struct mailbox_content content;
    struct moment now = moment_now();
    mailbox_take(w->mailbox, &content);
    if (content.state.snapshot != NULL)
        exchange_pause(w->connections.exchange);
    exchange_results(w->connections.exchange, content.results, now);
    take_state(w, &content.state, now);
    for (unsigned i = 0; i < content.party_count; i++)
        exchange_mail(w->connections.exchange, slice_text(content.parties[i]), now);
    if (content.everybody)
        exchange_mail_all(w->connections.exchange, now);
    if (content.sweep)
        sweep_begin(&w->connections, now);
    if (content.stop && !w->leaving)
        leave(w);
}

static void on_grace(evutil_socket_t fd, short what, void *owner)
{
    (void)fd, (void)what;
    struct worker *w = owner;
    w->over = true;
}

static void on_second(evutil_socket_t fd, short what, void *owner)
{
    (void)fd, (void)what;
    struct worker *w = owner;
    lines_settle(&w->connections.lines, moment_now().wall_ms, false);
}

static void on_overdue(evutil_socket_t fd, short what, void *owner)
{
    (void)fd, (void)what;
    struct worker *w = owner;
    exchange_overdue(w->connections.exchange, moment_now());
}

/* The lines that were held back are told as a number when their second is over. */
static void arm_second(struct worker *w)
{
    static const struct timeval second = {.tv_sec = LINES_WINDOW_MS / 1000,
                                          .tv_usec = LINES_WINDOW_MS % 1000 * 1000L};
    if (w->connections.lines.holds_back && evtimer_pending(w->second, NULL) == 0)
        event_add(w->second, &second);
}

static void turn(struct worker *w)
{
    struct connections *c = &w->connections;
    acceptor_arm(&w->acceptor);
    arm_second(w);
    event_base_loop(c->base, EVLOOP_ONCE | (connections_busy(c) ? EVLOOP_NONBLOCK : 0));
    connections_turn(c);
}

void *worker_main(void *owner)
{
    struct worker *w = owner;
    struct connections *c = &w->connections;
    w->runs = !failed(crypto_thread_start()) && !failed(handshakes_start(c->base, &c->handshakes));
    sem_post(&w->pool->decided);
    while (w->runs && !w->over && !(w->leaving && c->count == 0))
        turn(w);
    connections_free(c);
    lines_settle(&c->lines, moment_now().wall_ms, true);
    crypto_thread_stop();
    return NULL;
}

static struct status make_exchange(struct worker *w)
{
    const struct workers_settings *s = &w->pool->settings;
    const struct exchange_settings settings = {
        .gateway = s->gateway,
        .limits = &w->link_limits,
        .journal = s->journal,
        .done = results_done,
        .done_owner = w,
        .keyring = s->keyring,
        .entropy = entropy_fill,
        .announce = announce_to_all,
        .workers = w->pool,
        .dirty = connection_dirty,
        .diagnostics = &w->connections.lines.paced,
        .draining = &w->pool->draining,
        .offered = s->offered,
        .offered_owner = s->offered_owner,
        .gaps = w->pool->gaps,
        .notes = w->pool->notes,
        .asides = w->pool->asides,
    };
    return exchange_new(&settings, s->snapshot, &w->connections.exchange);
}

/* What became due is everybody's: one worker looks for all. */
static struct status make_overdue(struct worker *w)
{
    static const struct timeval every = {.tv_sec = OVERDUE_MS / 1000};
    if (w != w->pool->at)
        return OK;
    w->overdue = event_new(w->connections.base, -1, EV_PERSIST, on_overdue, w);
    return w->overdue != NULL && event_add(w->overdue, &every) == 0 ? OK : FAIL(MEMORY);
}

static struct status make_dialler(struct worker *w)
{
    const struct workers_settings *s = &w->pool->settings;
    const struct dialler_settings settings = {
        .connections = &w->connections,
        .gateway = s->gateway,
        .share = (unsigned)(w - w->pool->at),
        .shares = w->pool->count,
        .times = s->times == NULL ? &dialler_times_default : s->times,
    };
    struct status status = s->dials ? dialler_new(&settings, &w->dialler) : OK;
    if (failed(status) || !s->dials)
        return status;
    return dialler_renew(w->dialler, snapshot_rulebook(s->snapshot)->directory);
}

static struct status make_events(struct worker *w)
{
    struct event_base *base = w->connections.base;
    w->mail = event_new(base, mailbox_fd(w->mailbox), EV_READ | EV_PERSIST, on_mail, w);
    w->grace = event_new(base, -1, 0, on_grace, w);
    w->second = event_new(base, -1, 0, on_second, w);
    if (w->mail == NULL || w->grace == NULL || w->second == NULL || event_add(w->mail, NULL) != 0)
        return FAIL(MEMORY);
    return acceptor_init(&w->acceptor, &w->connections);
}

struct status worker_make(struct worker *w)
{
    const struct workers_settings *settings = &w->pool->settings;
    struct connections *c = &w->connections;
    struct status s = mailbox_new(&w->mailbox);
    if (failed(s))
        return s;
    set_limits(w, &settings->limits);
    c->peers = w->pool->peers;
    c->base = event_base_new();
    if (c->base == NULL)
        return FAIL(MEMORY);
    if (failed(s = connections_init(c, settings->context, settings->diagnostics)) ||
        failed(s = make_events(w)) || failed(s = make_overdue(w)) || failed(s = make_dialler(w)))
        return s;
    return make_exchange(w);
}

void worker_free(struct worker *w)
{
    struct mailbox_content left = {0};
    if (w->mailbox != NULL)
        mailbox_take(w->mailbox, &left);
    exchange_discard(left.results);
    mailbox_drop_state(&left.state);
    dialler_free(w->dialler);
    connections_free(&w->connections);
    event_drop(w->overdue);
    event_drop(w->mail);
    event_drop(w->grace);
    event_drop(w->second);
    acceptor_done(&w->acceptor);
    if (w->connections.base != NULL)
        event_base_free(w->connections.base);
    mailbox_free(w->mailbox);
}
