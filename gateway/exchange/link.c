#include "exchange/link.h"

#include <stdlib.h>
#include <string.h>

struct slice link_party(const struct exchange_link *l)
{
    return slice_text(l->identity.id);
}

struct judge link_judge(const struct exchange_link *l, struct moment now)
{
    const struct exchange_settings *e = &l->exchange->settings;
    return (struct judge){
        .rulebook = snapshot_rulebook(l->exchange->snapshot),
        .gateway = e->gateway,
        .party = link_party(l),
        .officer = slice_text(l->identity.officer),
        .keyring = e->keyring,
        .entropy = e->entropy,
        .reader = l->exchange->reader,
        .reader_size = l->reader_size,
        .at_ms = now.wall_ms,
    };
}

void link_say(const struct exchange_link *l, struct moment now, const char *event,
              const char *frame, struct status status)
{
    diagnostics_say(
        l->exchange->settings.diagnostics, now.wall_ms,
        &(struct diagnostic){
            .event = event, .peer = slice_text(l->name), .frame = frame, .status = status});
}

struct pending *pending_new(struct exchange_link *l, uint64_t answers)
{
    struct pending *p = calloc(1, sizeof *p);
    if (p == NULL)
        return NULL;
    p->link = l;
    p->answers = answers;
    p->next = l->pending;
    p->slot = &l->pending;
    if (p->next != NULL)
        p->next->slot = &p->next;
    l->pending = p;
    l->pending_count++;
    return p;
}

void pending_free(struct pending *p)
{
    if (p == NULL)
        return;
    if (p->slot != NULL)
        *p->slot = p->next;
    if (p->next != NULL)
        p->next->slot = p->slot;
    if (p->link != NULL)
        p->link->pending_count--;
    free(p);
}

void pending_end(struct pending *p, struct moment now)
{
    struct exchange_link *l = p == NULL ? NULL : p->link;
    pending_free(p);
    if (l == NULL)
        return;
    if (l->pending_count == LINK_PENDING_MAX - 1)
        l->exchange->settings.dirty(l->owner); /* it reads again */
    if (l->pending == NULL && l->session.state == SESSION_CLOSING && !l->session.out.bye)
        exchange_leave(l, NULL, now); /* the peer's BYE waited for these answers */
}

struct status link_post(struct exchange_link *l, struct posting *posting, struct pending *pending)
{
    const struct exchange_settings *e = &l->exchange->settings;
    posting->owner = e->done_owner;
    posting->token = (uint64_t)(uintptr_t)pending;
    posting->reader_size = l->reader_size;
    return journal_post(e->journal, posting, e->done);
}

struct status link_give(struct exchange_link *l, struct frame *frame, struct moment now)
{
    struct status s = session_give(&l->session, frame, now.mono_ms);
    if (failed(s))
        return s;
    size_t before = l->out.length;
    frame_write(&l->out, frame);
    if (before == 0)
        l->exchange->settings.dirty(l->owner);
    if (!l->out.failed)
        return OK;
    l->out.length = before; /* whole frames only */
    l->over = true;         /* the peer does not read what it asked for, or memory is out */
    return FAIL(MEMORY);
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

void exchange_leave(struct exchange_link *l, const char *code, struct moment now)
{
    struct frame f = {.kind = FRAME_BYE, .as.bye_code = slice_text(code)};
    if (failed(link_give(l, &f, now)) || l->session.state == SESSION_CLOSED)
        l->over = true;
}

void link_break(struct exchange_link *l, struct status why, struct moment now)
{
    struct posting posting;
    struct judge judge = link_judge(l, now);
    enum refusal code = reason_refusal(why.reason);
    link_say(l, now, "link.refused", NULL, why);
    if (!failed(judge_refusal(&judge, code, &posting)) && failed(link_post(l, &posting, NULL)))
        link_say(l, now, "link.refusal_unlogged", NULL, FAIL(FULL));
    exchange_leave(l, refusal_name(code), now);
    l->over = true;
}

static struct status ignore_frame(struct exchange_link *l, struct arena *arena,
                                  const struct frame *frame, struct moment now)
{
    (void)l, (void)arena, (void)frame, (void)now;
    return OK;
}

static frame_taker *const takers[FRAME_KINDS] = {
    [FRAME_HELLO] = link_take_hello,   [FRAME_SUBMIT] = link_take_submit,
    [FRAME_REFUSE] = link_take_refuse, [FRAME_TAKEN] = link_take_taken,
    [FRAME_QUERY] = link_take_query,   [FRAME_CREDIT] = link_take_credit,
    [FRAME_PING] = link_take_ping,     [FRAME_PONG] = ignore_frame,
    [FRAME_BYE] = link_take_bye,
};

static struct status take_frame(struct exchange_link *l, struct slice body, struct moment now)
{
    struct frame frame;
    struct arena *arena = arena_new(LINK_ARENA_BYTES);
    struct status s = arena == NULL ? FAIL(MEMORY) : frame_parse(arena, body, &frame);
    if (!failed(s))
        s = session_take(&l->session, &frame, now.mono_ms);
    if (!failed(s))
        s = takers[frame.kind] == NULL ? REFUSE(FRAME_STATE)
                                       : takers[frame.kind](l, arena, &frame, now);
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

/* Takes every whole frame that stands in the input; drops them together. */
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
    return s;
}

struct status exchange_take(struct exchange_link *l, struct slice octets, struct moment now)
{
    if (l->over)
        return OK;
    buffer_put(&l->in, octets);
    if (l->in.failed)
        return FAIL(MEMORY);
    bool greeted = l->session.state != SESSION_GREETING;
    struct status s =
        greeted || l->in.length <= LINK_GREETING_BYTES ? take_frames(l, now) : REFUSE(FRAME_SIZE);
    if (!failed(s) && l->has_mail) /* once for all frames: each of them may have made room */
        link_push(l, now);
    bool partial = l->in.length > 0 && exchange_wants(l);
    if (!partial || l->in.length <= octets.length)
        l->partial_ms = partial ? now.mono_ms : 0;
    if (s.code == CODE_REFUSED)
        link_break(l, s, now);
    else if (failed(s))
        l->over = true;
    return s;
}

struct buffer *exchange_output(struct exchange_link *l)
{
    return &l->out;
}

bool exchange_wants(const struct exchange_link *l)
{
    return !l->over && l->out.length < LINK_OUTPUT_HIGH && l->pending_count < LINK_PENDING_MAX;
}

bool exchange_over(const struct exchange_link *l)
{
    return l->over || l->session.state == SESSION_CLOSED;
}

uint64_t exchange_deadline(const struct exchange_link *l)
{
    uint64_t session = session_next_deadline(&l->session);
    uint64_t frame = l->partial_ms == 0 ? UINT64_MAX : l->partial_ms + LINK_FRAME_MS;
    return session < frame ? session : frame;
}

static struct status time_out(struct exchange_link *l, struct moment now, const char *why)
{
    diagnostics_say(
        l->exchange->settings.diagnostics, now.wall_ms,
        &(struct diagnostic){.event = "link.timeout", .peer = slice_text(l->name), .text = why});
    l->over = true;
    return FAIL(NETWORK);
}

struct status exchange_tick(struct exchange_link *l, struct moment now)
{
    const char *why = NULL;
    struct frame ping = {.kind = FRAME_PING};
    enum session_due due = session_tick(&l->session, now.mono_ms, &why);
    if (l->partial_ms != 0 && now.mono_ms >= l->partial_ms + LINK_FRAME_MS)
        return time_out(l, now, "a frame did not end in time");
    if (due == SESSION_DUE_CLOSE)
        return time_out(l, now, why);
    return due == SESSION_DUE_PING ? link_give(l, &ping, now) : OK;
}
