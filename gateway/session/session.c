#include "session/session.h"

#include <assert.h>
#include <string.h>

/* Who may send a frame; a side has one of the first two and one of the last three. */
#define DIALLER  1U
#define LISTENER 2U
#define PARTY    4U  /* a party, to its home gateway */
#define HOME     8U  /* a gateway, to a party */
#define PEER     16U /* a gateway, to a gateway */
#define GATEWAY  (HOME | PEER)
#define ASKER    (PARTY | PEER)
#define ANYBODY  (DIALLER | LISTENER)

/* Frames arrive in bunches where the network stalled, so those that came are judged more mildly
 * than those we send. */
#define PACE_SLACK_MS 5000

static const struct rule {
    size_t answers_at; /* in struct frame, of the number of the frame it answers; 0: has none */
    uint8_t senders[SESSION_STATES];
    bool pushed; /* may be sent without answering any */
} rules[FRAME_KINDS] = {
    [FRAME_HELLO] = {.senders = {[SESSION_GREETING] = DIALLER}},
    [FRAME_WELCOME] = {.senders = {[SESSION_WELCOMING] = LISTENER}},
    [FRAME_SUBMIT] = {.senders = {[SESSION_OPEN] = PARTY}},
    [FRAME_RECEIPT] = {.senders = {[SESSION_OPEN] = GATEWAY, [SESSION_CLOSING] = GATEWAY},
                       .answers_at = offsetof(struct frame, as.receipt.answers),
                       .pushed = true},
    [FRAME_REFUSE] = {.senders = {[SESSION_OPEN] = ANYBODY, [SESSION_CLOSING] = ANYBODY},
                      .answers_at = offsetof(struct frame, as.refuse.answers)},
    [FRAME_DELIVER] = {.senders = {[SESSION_OPEN] = GATEWAY}},
    [FRAME_TAKEN] = {.senders = {[SESSION_OPEN] = ASKER, [SESSION_CLOSING] = ASKER},
                     .answers_at = offsetof(struct frame, as.taken.answers),
                     .pushed = true},
    [FRAME_QUERY] = {.senders = {[SESSION_OPEN] = ASKER}},
    [FRAME_ANSWER] = {.senders = {[SESSION_OPEN] = GATEWAY, [SESSION_CLOSING] = GATEWAY},
                      .answers_at = offsetof(struct frame, as.answer.answers)},
    [FRAME_CHECKPOINT] = {.senders = {[SESSION_OPEN] = GATEWAY}},
    [FRAME_CREDIT] = {.senders = {[SESSION_OPEN] = ANYBODY}},
    [FRAME_PING] = {.senders = {[SESSION_OPEN] = ANYBODY}},
    [FRAME_PONG] = {.senders = {[SESSION_OPEN] = ANYBODY},
                    .answers_at = offsetof(struct frame, as.pong_answers)},
    [FRAME_BYE] = {.senders = {[SESSION_GREETING] = ANYBODY,
                               [SESSION_WELCOMING] = ANYBODY,
                               [SESSION_OPEN] = ANYBODY,
                               [SESSION_CLOSING] = ANYBODY}},
};

/* One frame on its way: who sends it, who gets it, and how strictly its pace is judged. */
struct passing {
    struct session *session;
    struct session_flow *flow, *back;
    const char *sender, *receiver; /* identities */
    uint64_t now_ms, slack_ms;
};

static uint64_t answers_of(const struct frame *f)
{
    uint64_t answers;
    memcpy(&answers, (const char *)f + rules[f->kind].answers_at, sizeof answers);
    return answers;
}

static bool is_greeting(const struct frame *f)
{
    return f->kind == FRAME_HELLO || f->kind == FRAME_WELCOME;
}

static bool costs(const struct frame *f)
{
    return f->kind == FRAME_SUBMIT || f->kind == FRAME_DELIVER || f->kind == FRAME_QUERY ||
           (f->kind == FRAME_RECEIPT && f->as.receipt.answers == 0);
}

static bool may_answer(const struct passing *p, const struct frame *f)
{
    const struct rule *rule = &rules[f->kind];
    if (rule->answers_at == 0)
        return true;
    uint64_t answers = answers_of(f);
    if (answers == 0)
        return rule->pushed && p->session->state == SESSION_OPEN;
    uint64_t sent = f->kind == FRAME_PONG ? p->back->unponged : p->back->number;
    return answers <= sent;
}

static struct status judge_state(const struct passing *p, const struct frame *f)
{
    if (f->kind <= FRAME_NONE || f->kind >= FRAME_KINDS ||
        (rules[f->kind].senders[p->session->state] & p->flow->sender) == 0)
        return REFUSE(FRAME_STATE);
    if (f->kind == FRAME_BYE && p->flow->bye)
        return REFUSE(FRAME_STATE);
    /* a message is kept and shown at the recipient's, never at a gateway */
    if (f->kind == FRAME_TAKEN && p->session->kind == LINK_PEER && f->as.taken.stage != 0)
        return REFUSE(FRAME_STATE);
    return may_answer(p, f) ? OK : REFUSE(FRAME_STATE);
}

/* FNV-1a: tells origins apart; who makes two collide only slows itself. */
static uint64_t origin_hash(struct slice origin)
{
    uint64_t hash = 14695981039346656037ULL;
    for (size_t i = 0; i < origin.length; i++)
        hash = (hash ^ origin.at[i]) * 1099511628211ULL;
    return hash == 0 ? 1 : hash;
}

/* The origin's own pace, or else the one that is free first. */
static struct session_pace *pace_of(struct session_flow *flow, uint64_t origin)
{
    struct session_pace *first = &flow->checkpoints[0];
    for (size_t i = 0; i < SESSION_ORIGINS; i++) {
        struct session_pace *pace = &flow->checkpoints[i];
        if (pace->origin == origin)
            return pace;
        if (pace->next_ms < first->next_ms)
            first = pace;
    }
    return first;
}

static bool checkpoint_in_time(const struct passing *p, const struct frame *f)
{
    const struct session_pace *pace = pace_of(p->flow, origin_hash(f->as.checkpoint.origin));
    return p->now_ms + p->slack_ms >= pace->next_ms;
}

static void pace_move(struct session_pace *pace, uint64_t origin, uint64_t now_ms)
{
    pace->next_ms = (pace->next_ms < now_ms ? now_ms : pace->next_ms) + SESSION_PACE_MS;
    pace->origin = origin;
}

static bool credit_fits(const struct passing *p, const struct credit *credit)
{
    uint64_t outstanding = credit->class == 0 ? p->back->credit : p->back->part_credit;
    return credit->amount <= SESSION_CREDITS_MAX - outstanding;
}

static struct status judge_credit(const struct passing *p, const struct frame *f)
{
    bool fine = true;
    if (costs(f))
        fine = p->flow->credit > 0;
    else if (f->kind == FRAME_CREDIT)
        fine = credit_fits(p, &f->as.credit);
    else if (f->kind == FRAME_PING)
        fine = p->now_ms + p->slack_ms >= p->flow->ping.next_ms;
    else if (f->kind == FRAME_CHECKPOINT)
        fine = checkpoint_in_time(p, f);
    else if (is_greeting(f))
        fine = f->as.hello.credits <= SESSION_CREDITS_MAX &&
               f->as.hello.part_credits <= SESSION_CREDITS_MAX;
    return fine ? OK : REFUSE(FRAME_CREDIT);
}

static struct status judge(const struct passing *p, const struct frame *f)
{
    struct status s;
    if (f->number != p->flow->number + 1)
        return REFUSE(FRAME_NUMBER);
    if (failed(s = judge_state(p, f)) || failed(s = judge_credit(p, f)))
        return s;
    if (is_greeting(f) &&
        (!slice_is(f->as.hello.me, p->sender) || !slice_is(f->as.hello.peer, p->receiver)))
        return REFUSE(HELLO_PEER);
    return OK;
}

static void state_move(struct passing *p, enum session_state state)
{
    p->session->state = state;
    p->session->since_ms = p->now_ms;
}

static void apply_greeting(struct passing *p, const struct frame *f)
{
    p->back->credit = f->as.hello.credits;
    p->back->part_credit = f->as.hello.part_credits;
    state_move(p, f->kind == FRAME_HELLO ? SESSION_WELCOMING : SESSION_OPEN);
}

static void apply_bye(struct passing *p)
{
    p->flow->bye = true;
    if (p->back->bye)
        state_move(p, SESSION_CLOSED);
    else if (p->session->state != SESSION_CLOSING)
        state_move(p, SESSION_CLOSING);
}

static void apply_ping(struct passing *p, const struct frame *f)
{
    pace_move(&p->flow->ping, 0, p->now_ms);
    p->flow->unponged = f->number;
    p->flow->pinged_ms = p->now_ms;
}

static void apply_checkpoint(struct passing *p, const struct frame *f)
{
    uint64_t origin = origin_hash(f->as.checkpoint.origin);
    pace_move(pace_of(p->flow, origin), origin, p->now_ms);
}

static void apply(struct passing *p, const struct frame *f)
{
    p->flow->number++;
    if (costs(f))
        p->flow->credit--;
    else if (is_greeting(f))
        apply_greeting(p, f);
    else if (f->kind == FRAME_CREDIT)
        *(f->as.credit.class == 0 ? &p->back->credit : &p->back->part_credit) +=
            f->as.credit.amount;
    else if (f->kind == FRAME_PING)
        apply_ping(p, f);
    else if (f->kind == FRAME_PONG && f->as.pong_answers == p->back->unponged)
        p->back->unponged = 0;
    else if (f->kind == FRAME_CHECKPOINT)
        apply_checkpoint(p, f);
    else if (f->kind == FRAME_BYE)
        apply_bye(p);
}

static uint8_t sender_of(enum link_kind kind, bool dialler)
{
    if (kind == LINK_PEER)
        return PEER | (dialler ? DIALLER : LISTENER);
    return dialler ? (PARTY | DIALLER) : (HOME | LISTENER);
}

void session_start(struct session *s, const struct session_ends *ends,
                   const struct session_limits *limits, uint64_t now_ms)
{
    memset(s, 0, sizeof *s);
    s->state = SESSION_GREETING;
    s->kind = ends->kind;
    s->dialled = ends->dialled;
    /* A name that does not fit stays cut and equals none that a HELLO can carry. */
    if (!slice_copy_text(ends->me, s->me, sizeof s->me) ||
        !slice_copy_text(ends->peer, s->peer, sizeof s->peer))
        s->state = SESSION_CLOSED;
    s->ours = *limits;
    s->out.sender = sender_of(ends->kind, ends->dialled);
    s->in.sender = sender_of(ends->kind, !ends->dialled);
    s->since_ms = now_ms;
    s->heard_ms = now_ms;
}

struct status session_take(struct session *s, const struct frame *frame, uint64_t now_ms)
{
    struct passing p = {s, &s->in, &s->out, s->peer, s->me, now_ms, PACE_SLACK_MS};
    struct status judged = judge(&p, frame);
    if (failed(judged))
        return judged;
    apply(&p, frame);
    s->heard_ms = now_ms;
    if (is_greeting(frame))
        s->theirs = (struct session_limits){frame->as.hello.max_frame, frame->as.hello.credits,
                                            frame->as.hello.part_credits, frame->as.hello.idle_ms};
    return OK;
}

struct status session_skip(struct session *s, const struct frame *frame, uint64_t now_ms)
{
    if (frame->number != s->in.number + 1)
        return REFUSE(FRAME_NUMBER);
    s->in.number++;
    s->heard_ms = now_ms;
    return OK;
}

struct status session_give(struct session *s, struct frame *frame, uint64_t now_ms)
{
    struct passing p = {s, &s->out, &s->in, s->me, s->peer, now_ms, 0};
    frame->number = s->out.number + 1;
    struct status judged = judge(&p, frame);
    if (failed(judged))
        return judged;
    apply(&p, frame);
    if (frame->kind == FRAME_CREDIT && frame->as.credit.class == 0)
        s->settled -= frame->as.credit.amount < s->settled ? frame->as.credit.amount : s->settled;
    return OK;
}

struct frame session_greeting(const struct session *s, uint64_t time_ms)
{
    struct frame f;
    memset(&f, 0, sizeof f);
    f.kind = s->dialled ? FRAME_HELLO : FRAME_WELCOME;
    f.as.hello.me = slice_text(s->me);
    f.as.hello.peer = slice_text(s->peer);
    f.as.hello.time_ms = time_ms;
    f.as.hello.max_frame = s->ours.max_frame;
    f.as.hello.credits = s->ours.credits;
    f.as.hello.part_credits = s->ours.part_credits;
    f.as.hello.idle_ms = s->ours.idle_ms;
    return f;
}

uint64_t session_credit(const struct session *s)
{
    return s->state == SESSION_OPEN ? s->out.credit : 0;
}

void session_settle(struct session *s, uint64_t count)
{
    s->settled += count;
}

uint64_t session_credit_due(const struct session *s)
{
    bool worth = s->settled > 0 && (s->settled >= s->ours.credits / 2 || s->in.credit == 0);
    if (s->state != SESSION_OPEN || !worth)
        return 0;
    return s->settled < CREDIT_MAX ? s->settled : CREDIT_MAX;
}

/* Often enough for both sides' patience, never more than one a second. */
static uint64_t ping_after_ms(const struct session *s)
{
    uint64_t after = SESSION_IDLE_MS;
    if (s->ours.idle_ms / 2 < after)
        after = s->ours.idle_ms / 2;
    if (s->theirs.idle_ms / 2 < after)
        after = s->theirs.idle_ms / 2;
    return after < SESSION_PACE_MS ? SESSION_PACE_MS : after;
}

static uint64_t ping_at_ms(const struct session *s)
{
    uint64_t at = s->heard_ms + ping_after_ms(s);
    return at < s->out.ping.next_ms ? s->out.ping.next_ms : at;
}

uint64_t session_next_deadline(const struct session *s)
{
    switch (s->state) {
    case SESSION_GREETING:
    case SESSION_WELCOMING:
        return s->since_ms + SESSION_GREETING_MS;
    case SESSION_OPEN:
        return s->out.unponged != 0 ? s->out.pinged_ms + SESSION_PONG_MS : ping_at_ms(s);
    case SESSION_CLOSING:
        return s->since_ms + SESSION_CLOSING_MS;
    case SESSION_NONE:
    case SESSION_CLOSED:
    case SESSION_STATES:
        break;
    }
    return 0;
}

enum session_due session_tick(const struct session *s, uint64_t now_ms, const char **ret_why)
{
    static const char *const passed[SESSION_STATES] = {
        [SESSION_NONE] = "the link never began",    [SESSION_GREETING] = "no HELLO in time",
        [SESSION_WELCOMING] = "no WELCOME in time", [SESSION_OPEN] = "no PONG in time",
        [SESSION_CLOSING] = "no BYE in time",       [SESSION_CLOSED] = "both sides said BYE",
    };
    if (now_ms < session_next_deadline(s))
        return SESSION_DUE_NOTHING;
    if (s->state == SESSION_OPEN && s->out.unponged == 0)
        return SESSION_DUE_PING;
    assert(s->state < SESSION_STATES);
    *ret_why = passed[s->state];
    return SESSION_DUE_CLOSE;
}
