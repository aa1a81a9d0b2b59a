#include "exchange/link.h"

#include <string.h>

#include "exchange/foreign.h"
#include "exchange/link_peer.h"

struct slice link_party(const struct exchange_link *l)
{
    return slice_text(l->identity.id);
}

struct judge exchange_judge(const struct exchange *x, const struct identity *identity,
                            struct moment now)
{
    const struct exchange_settings *e = &x->settings;
    return (struct judge){
        .rulebook = snapshot_rulebook(x->snapshot),
        .revoked = snapshot_revoked(x->snapshot),
        .gateway = e->gateway,
        .party = slice_text(identity->id),
        .officer = slice_text(identity->officer),
        .keyring = e->keyring,
        .entropy = e->entropy,
        .reader = x->reader,
        .at_ms = now.wall_ms,
    };
}

struct judge link_judge(const struct exchange_link *l, struct moment now)
{
    struct judge judge = exchange_judge(l->exchange, &l->identity, now);
    judge.reader_size = l->reader_size;
    return judge;
}

/* A peer's fault is its own; one of ours somebody should look at. */
static enum diagnostic_level level_of(struct status s)
{
    if (s.code == CODE_NONE || !failed(s))
        return DIAGNOSTIC_INFO;
    return s.code == CODE_REFUSED ? DIAGNOSTIC_NOTICE : DIAGNOSTIC_WARNING;
}

void link_say(const struct exchange_link *l, struct moment now, const char *event,
              const char *frame, struct status status)
{
    diagnostics_say(l->exchange->settings.diagnostics, now.wall_ms,
                    &(struct diagnostic){.event = event,
                                         .level = level_of(status),
                                         .peer = slice_text(l->name),
                                         .frame = frame,
                                         .status = status});
}

/* Who accepts less than the least is told so, and nothing else. */
size_t link_frame_room(const struct exchange_link *l)
{
    uint64_t theirs = l->session.theirs.max_frame;
    if (theirs < LINK_FRAME_LEAST)
        return LINK_FRAME_LEAST;
    return theirs > FRAME_MAX_BYTES ? FRAME_MAX_BYTES : (size_t)theirs;
}

static struct status judge_written(struct exchange_link *l, size_t before, struct frame *frame,
                                   struct moment now)
{
    if (l->out.length - before > FRAME_HEAD_BYTES + link_frame_room(l))
        return REFUSE(FRAME_SIZE);
    return l->out.failed ? FAIL(MEMORY) : session_give(&l->session, frame, now.mono_ms);
}

/* Written first: only then its length is known, and a number that was given must be sent. */
struct status link_give(struct exchange_link *l, struct frame *frame, struct moment now)
{
    size_t before = l->out.length;
    frame->number = l->session.out.number + 1;
    frame_write(&l->out, frame);
    struct status s = judge_written(l, before, frame, now);
    if (!failed(s) && before == 0)
        l->exchange->settings.dirty(l->owner);
    if (!failed(s))
        return OK;
    l->out.length = before; /* whole frames only */
    l->out.failed = false;
    l->over = l->over || s.code == CODE_MEMORY; /* or the peer does not read what it asked for */
    return s;
}

uint64_t link_retry_ms(const struct exchange_link *l, uint64_t number)
{
    uint64_t mixed = (l->serial * 2654435761U) ^ (number * 40503U);
    return RETRY_MS + mixed % RETRY_SPREAD_MS;
}

struct status link_refuse(struct exchange_link *l, uint64_t answers, enum refusal code,
                          struct slice detail, struct slice receipt, uint64_t retry_ms,
                          struct moment now)
{
    struct frame f = {
        .kind = FRAME_REFUSE,
        .as.refuse = {.answers = answers,
                      .code = slice_text(refusal_name(code)),
                      .detail = detail,
                      .receipt = receipt,
                      .retry_ms = retry_ms},
    };
    return link_give(l, &f, now);
}

static struct status ignore_frame(struct exchange_link *l, struct arena *arena,
                                  const struct frame *frame, struct moment now)
{
    (void)l, (void)arena, (void)frame, (void)now;
    return OK;
}

static frame_taker *const takers[FRAME_KINDS] = {
    [FRAME_HELLO] = link_take_hello,     [FRAME_WELCOME] = link_take_welcome,
    [FRAME_SUBMIT] = link_take_submit,   [FRAME_DELIVER] = link_take_deliver,
    [FRAME_RECEIPT] = link_take_receipt, [FRAME_REFUSE] = link_take_refuse,
    [FRAME_TAKEN] = link_take_taken,     [FRAME_QUERY] = link_take_query,
    [FRAME_ANSWER] = link_take_answer,   [FRAME_CREDIT] = link_take_credit,
    [FRAME_PING] = link_take_ping,       [FRAME_PONG] = ignore_frame,
    [FRAME_BYE] = link_take_bye,         [FRAME_CHECKPOINT] = link_take_checkpoint,
};

static const unsigned char weights[FRAME_KINDS] = {
    [FRAME_SUBMIT] = 16, [FRAME_QUERY] = 16,      [FRAME_DELIVER] = 16, [FRAME_RECEIPT] = 16,
    [FRAME_TAKEN] = 1,   [FRAME_CHECKPOINT] = 16, [FRAME_ANSWER] = 16,
};

/* Frames that were on their way when we said BYE are no fault of the peer's; it did not know. */
static bool crossed_bye(const struct exchange_link *l, struct status s)
{
    return s.reason == REASON_FRAME_STATE && l->session.out.bye && !l->session.in.bye;
}

static struct status judge_frame(struct exchange_link *l, struct arena *arena,
                                 const struct frame *frame, struct moment now)
{
    struct status s = session_take(&l->session, frame, now.mono_ms);
    l->turn_weight += 1 + weights[frame->kind];
    if (crossed_bye(l, s))
        return session_skip(&l->session, frame, now.mono_ms);
    if (failed(s))
        return s;
    return takers[frame->kind] == NULL ? REFUSE(FRAME_STATE)
                                       : takers[frame->kind](l, arena, frame, now);
}

static struct status take_frame(struct exchange_link *l, struct slice body, struct moment now)
{
    struct frame frame;
    struct arena *arena = arena_new(LINK_ARENA_BYTES);
    struct status s = arena == NULL ? FAIL(MEMORY) : frame_parse(arena, body, &frame);
    if (!failed(s))
        s = judge_frame(l, arena, &frame, now);
    arena_free(arena);
    return s;
}

void link_grant(struct exchange_link *l, struct moment now)
{
    uint64_t due = session_credit_due(&l->session);
    struct frame f = {.kind = FRAME_CREDIT, .as.credit = {.class = 0, .amount = due}};
    if (due > 0 && failed(link_give(l, &f, now)))
        l->over = true;
}

/* Takes the whole frames that stand in the input, as far as the turn goes; drops them together. */
static struct status take_frames(struct exchange_link *l, struct moment now)
{
    size_t taken = 0, length = 0;
    struct status s = OK;
    while (!l->over && exchange_wants(l)) {
        struct slice left = slice_part(buffer_slice(&l->in), taken, SIZE_MAX);
        if (failed(s = frame_length(left, &length)) || length == 0)
            break;
        s = take_frame(l, slice_part(left, FRAME_HEAD_BYTES, length - FRAME_HEAD_BYTES), now);
        if (failed(s))
            break;
        taken += length;
        link_grant(l, now);
    }
    buffer_drop(&l->in, taken);
    if (l->in.length == 0)
        buffer_done(&l->in); /* an idle link holds no memory */
    return s;
}

/* A frame that is not whole has its time, unless it is us who do not read on. */
static void clock_partial(struct exchange_link *l, size_t came, struct moment now)
{
    bool partial = l->in.length > 0 && exchange_wants(l);
    bool began = l->partial_ms == 0 || l->in.length <= came;
    if (!partial)
        l->partial_ms = 0;
    else if (began)
        l->partial_ms = now.mono_ms;
}

/* A party may be there no longer by its date while its link is open. */
static struct status take_welcome(struct exchange_link *l, struct moment now)
{
    bool greeted = l->session.state != SESSION_GREETING;
    if (!exchange_welcomes(l->exchange, &l->identity, now))
        return REFUSE(ROUTE_UNKNOWN);
    return greeted || l->in.length <= LINK_GREETING_BYTES ? take_frames(l, now)
                                                          : REFUSE(FRAME_SIZE);
}

struct status exchange_take(struct exchange_link *l, struct slice octets, struct moment now)
{
    if (l->over)
        return OK;
    buffer_put(&l->in, octets);
    if (l->in.failed) {
        l->over = true; /* the octets are lost, and what follows makes no sense without them */
        return FAIL(MEMORY);
    }
    struct status s = take_welcome(l, now);
    if (!failed(s) && l->has_mail) /* once for all frames: each of them may have made room */
        link_push(l, now);
    clock_partial(l, octets.length, now);
    if (s.code == CODE_REFUSED)
        exchange_end(l, s, now);
    else if (failed(s))
        l->over = true;
    return s;
}

struct buffer *exchange_output(struct exchange_link *l)
{
    l->turn_weight = 0;
    if (l->out.length == 0)
        buffer_done(&l->out);
    return &l->out;
}

bool exchange_wants(const struct exchange_link *l)
{
    return !l->over && l->leave_ms == 0 && l->turn_weight < TURN_WEIGHT &&
           l->out.length < LINK_OUTPUT_HIGH &&
           l->pending_count < exchange_limits(l->exchange)->pending;
}

bool exchange_over(const struct exchange_link *l)
{
    return l->over || l->session.state == SESSION_CLOSED;
}

static uint64_t ends_ms(uint64_t since_ms, uint64_t after_ms)
{
    return since_ms == 0 ? UINT64_MAX : since_ms + after_ms;
}

uint64_t exchange_deadline(const struct exchange_link *l)
{
    uint64_t session = session_next_deadline(&l->session);
    uint64_t frame = ends_ms(l->partial_ms, exchange_limits(l->exchange)->frame_ms);
    uint64_t leave = ends_ms(l->leave_ms, LINK_LEAVE_MS);
    uint64_t again = ends_ms(l->again_ms, 0);
    uint64_t tell = l->peer == NULL ? foreign_at(l) : peer_tell_at(l);
    uint64_t aside = l->peer == NULL ? UINT64_MAX : aside_at(l);
    uint64_t ours = frame < leave ? frame : leave;
    ours = aside < ours ? aside : ours;
    ours = tell < ours ? tell : ours;
    ours = again < ours ? again : ours;
    uint64_t fetch = fetch_deadline(l);
    ours = fetch < ours ? fetch : ours;
    return session < ours ? session : ours;
}

static struct status time_out(struct exchange_link *l, struct moment now, const char *why)
{
    diagnostics_say(
        l->exchange->settings.diagnostics, now.wall_ms,
        &(struct diagnostic){.event = "link.timeout", .peer = slice_text(l->name), .text = why});
    l->over = true;
    return FAIL(NETWORK);
}

/* Messages had to wait for a time that is over now. */
static void push_again(struct exchange_link *l, struct moment now)
{
    if (l->again_ms == 0 || now.mono_ms < l->again_ms)
        return;
    l->again_ms = 0;
    link_push(l, now);
}

struct status exchange_tick(struct exchange_link *l, struct moment now)
{
    const char *why = NULL;
    struct frame ping = {.kind = FRAME_PING};
    enum session_due due = session_tick(&l->session, now.mono_ms, &why);
    if (!exchange_welcomes(l->exchange, &l->identity, now)) {
        exchange_end(l, REFUSE(ROUTE_UNKNOWN), now);
        return OK;
    }
    push_again(l, now);
    fetch_tick(l, now);
    if (l->peer == NULL) {
        foreign_turn(l, now);
    } else {
        peer_tell(l, now);
        aside_turn(l, now);
    }
    if (now.mono_ms >= ends_ms(l->partial_ms, exchange_limits(l->exchange)->frame_ms))
        return time_out(l, now, "a frame did not end in time");
    if (now.mono_ms >= ends_ms(l->leave_ms, LINK_LEAVE_MS))
        return time_out(l, now, "what was asked was not answered in time");
    if (due == SESSION_DUE_CLOSE)
        return time_out(l, now, why);
    return due == SESSION_DUE_PING ? link_give(l, &ping, now) : OK;
}
