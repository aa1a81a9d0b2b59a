#include "libcomity/connection.h"

#include <stdlib.h>
#include <string.h>

#include "libcomity/clock.h"
#include "libcomity/pushes.h"
#include "libcomity/stream.h"

#define FRAME_BYTES    (FRAME_MAX_BYTES + FRAME_HEAD_BYTES)
#define IN_MAX_BYTES   ((CONNECTION_CREDITS + 4) * (size_t)FRAME_BYTES)
#define OUT_MAX_BYTES  (4 * (size_t)FRAME_BYTES)
#define IDLE_MS        120000
#define FAREWELL_MS    2000 /* for the other side's BYE */
#define GREETING_BYTES (4U << 20)

struct connection {
    struct connection_settings settings;
    struct stream stream;
    struct session session;
    struct pushes pushes;
    bool listening;   /* the gateway has credit to push */
    unsigned settled; /* pushed frames dealt with since the last CREDIT */
};

static struct status give(struct connection *c, struct frame *frame, struct comity_fault *reterr)
{
    struct status s = session_give(&c->session, frame, clock_mono_ms());
    if (failed(s))
        return fault_set(reterr, s, "%s cannot be sent now (%s)", frame_kind_name(frame->kind),
                         reason_name(s.reason));
    frame_write(&c->stream.out, frame);
    return c->stream.out.failed ? stream_break(&c->stream, "the gateway does not read", reterr)
                                : OK;
}

static struct status give_due(struct connection *c, struct comity_fault *reterr)
{
    const char *why = NULL;
    struct frame ping = {.kind = FRAME_PING};
    switch (session_tick(&c->session, clock_mono_ms(), &why)) {
    case SESSION_DUE_CLOSE:
        return stream_break(&c->stream, why, reterr);
    case SESSION_DUE_PING:
        return give(c, &ping, reterr);
    case SESSION_DUE_NOTHING:
        break;
    }
    return OK;
}

/* Moves octets and keeps the session's deadlines. ABSENT after the deadline. */
static struct status move(struct connection *c, uint64_t deadline_ms, struct comity_fault *reterr)
{
    struct status s = give_due(c, reterr);
    if (failed(s))
        return s;
    if (clock_mono_ms() >= deadline_ms)
        return FAIL(ABSENT);
    uint64_t until = session_next_deadline(&c->session);
    return stream_move(&c->stream, until < deadline_ms ? until : deadline_ms, reterr);
}

/* A last word before the link is given up; whether it arrives does not matter. */
static void say_bye(struct connection *c, const char *code)
{
    struct comity_fault ignored;
    struct frame bye = {.kind = FRAME_BYE, .as.bye_code = slice_text(code)};
    if (!failed(give(c, &bye, &ignored)))
        (void)!failed(stream_flush(&c->stream, clock_mono_ms() + FAREWELL_MS, &ignored));
    c->stream.over = true;
}

static struct status said_bye(struct connection *c, const struct frame *f,
                              struct comity_fault *reterr)
{
    char code[32] = "";
    say_bye(c, NULL);
    slice_copy_text(f->as.bye_code, code, sizeof code);
    enum refusal refusal = refusal_find(code);
    struct status s = fault_set(reterr, FAIL(NETWORK), "%s ended the link%s%s", c->settings.gateway,
                                code[0] == '\0' ? "" : " with ", code);
    if (refusal != REFUSAL_NONE) {
        reterr->exit = exit_of(refusal);
        slice_copy_text(slice_text(code), reterr->code, sizeof reterr->code);
    }
    return s;
}

static struct status refuse_frame(struct connection *c, struct status why,
                                  struct comity_fault *reterr)
{
    say_bye(c, refusal_name(reason_refusal(why.reason)));
    return fault_verify(reterr, why, "%s broke the protocol", c->settings.gateway);
}

/* The first whole frame of what came, in the arena. ABSENT if none is whole. */
static struct status split_frame(struct connection *c, struct arena *arena, struct slice *ret_body,
                                 struct frame *ret_frame, struct comity_fault *reterr)
{
    size_t length;
    struct status s = frame_length(buffer_slice(&c->stream.in), &length);
    if (failed(s))
        return refuse_frame(c, s, reterr);
    if (length == 0)
        return FAIL(ABSENT);
    struct slice body = arena_copy(arena, slice_part(buffer_slice(&c->stream.in), FRAME_HEAD_BYTES,
                                                     length - FRAME_HEAD_BYTES));
    if (body.at == NULL)
        return FAIL(MEMORY);
    buffer_drop(&c->stream.in, length);
    if (c->settings.record != NULL)
        c->settings.record(c->settings.record_owner, body.at, body.length);
    s = frame_parse(arena, body, ret_frame);
    if (!failed(s))
        s = session_take(&c->session, ret_frame, clock_mono_ms());
    *ret_body = body;
    return s.code == CODE_REFUSED ? refuse_frame(c, s, reterr) : s;
}

static bool is_push(const struct frame *f)
{
    return f->kind == FRAME_DELIVER || (f->kind == FRAME_RECEIPT && f->as.receipt.answers == 0);
}

/* Deals with what needs no owner. *ret_mine: the frame is for whoever waits. */
static struct status sort_frame(struct connection *c, struct slice body, const struct frame *f,
                                bool *ret_mine, struct comity_fault *reterr)
{
    struct frame pong = {.kind = FRAME_PONG, .as.pong_answers = f->number};
    *ret_mine = false;
    if (f->kind == FRAME_BYE)
        return said_bye(c, f, reterr);
    if (f->kind == FRAME_PING)
        return give(c, &pong, reterr);
    if (is_push(f))
        return pushes_keep(&c->pushes, body);
    if (f->kind == FRAME_CHECKPOINT) {
        struct status s = pushes_keep_told(&c->pushes, body, &f->as.checkpoint);
        return s.code == CODE_REFUSED ? refuse_frame(c, s, reterr) : s;
    }
    *ret_mine = f->kind == FRAME_WELCOME || f->kind == FRAME_RECEIPT || f->kind == FRAME_REFUSE ||
                f->kind == FRAME_ANSWER;
    return OK;
}

/* The next frame that answers something, or WELCOME; ABSENT after the deadline. With until_push
 * also as soon as a pushed frame or CHECKPOINT is kept, and *ret_frame is then of kind FRAME_NONE.
 */
static struct status next_frame(struct connection *c, struct arena *arena, uint64_t deadline_ms,
                                bool until_push, struct frame *ret_frame,
                                struct comity_fault *reterr)
{
    ret_frame->kind = FRAME_NONE;
    for (;;) {
        struct slice body = {0};
        bool mine = false;
        if (until_push && pushes_wait(&c->pushes)) {
            ret_frame->kind = FRAME_NONE;
            return OK;
        }
        struct status s = split_frame(c, arena, &body, ret_frame, reterr);
        if (!failed(s))
            s = sort_frame(c, body, ret_frame, &mine, reterr);
        else if (s.code == CODE_ABSENT)
            s = move(c, deadline_ms, reterr);
        if (failed(s) || mine)
            return s;
    }
}

static uint64_t deadline_of(const struct connection *c)
{
    return clock_mono_ms() + c->settings.timeout_ms;
}

static struct status greet(struct connection *c, struct comity_fault *reterr)
{
    struct frame welcome, hello = session_greeting(&c->session, clock_wall_ms());
    struct arena *arena = arena_new(GREETING_BYTES);
    if (arena == NULL)
        return FAIL(MEMORY);
    hello.as.hello.law = c->settings.hello->law;
    hello.as.hello.states = c->settings.hello->states;
    hello.as.hello.parties = c->settings.hello->parties;
    hello.as.hello.parties_count = c->settings.hello->parties_count;
    hello.as.hello.checkpoints = c->settings.hello->checkpoints;
    hello.as.hello.checkpoints_count = c->settings.hello->checkpoints_count;
    struct status s = give(c, &hello, reterr);
    if (!failed(s))
        s = next_frame(c, arena, deadline_of(c), false, &welcome, reterr);
    arena_free(arena);
    return s.code == CODE_ABSENT ? stream_break(&c->stream, "no WELCOME in time", reterr) : s;
}

static struct status establish(struct connection *c, struct comity_fault *reterr)
{
    char me[64];
    static const struct session_limits limits = {FRAME_MAX_BYTES, 0, 0, IDLE_MS};
    uint64_t begun_us = clock_mono_us();
    struct status s =
        stream_open(&c->stream, c->settings.tls, c->settings.address, deadline_of(c), reterr);
    if (c->settings.steps != NULL)
        *c->settings.steps =
            (struct connection_steps){begun_us, c->stream.connected_us, c->stream.secured_us};
    if (failed(s))
        return s;
    identity_name(tls_context_identity(c->settings.tls), me);
    struct session_ends ends = {LINK_PARTY, true, slice_text(me), slice_text(c->settings.gateway)};
    session_start(&c->session, &ends, &limits, clock_mono_ms());
    return greet(c, reterr);
}

struct status connection_open(const struct connection_settings *settings,
                              struct connection **ret_connection, struct comity_fault *reterr)
{
    struct connection *c = calloc(1, sizeof *c);
    if (c == NULL)
        return FAIL(MEMORY);
    c->settings = *settings;
    c->stream = stream_new(settings->gateway, IN_MAX_BYTES, OUT_MAX_BYTES);
    struct status s = establish(c, reterr);
    c->settings.hello = NULL;
    c->settings.steps = NULL;
    if (failed(s)) {
        c->stream.over = true;
        connection_close(c);
        return s;
    }
    *ret_connection = c;
    return OK;
}

/* Both BYEs, so that the gateway sees an orderly end; what comes meanwhile comes again. */
static void farewell(struct connection *c)
{
    struct comity_fault ignored;
    struct frame bye = {.kind = FRAME_BYE}, f;
    struct arena *arena = arena_new(IN_MAX_BYTES);
    struct status s = arena == NULL ? FAIL(MEMORY) : give(c, &bye, &ignored);
    uint64_t deadline = clock_mono_ms() + FAREWELL_MS;
    while (!failed(s))
        s = next_frame(c, arena, deadline, false, &f, &ignored);
    arena_free(arena);
}

void connection_close(struct connection *c)
{
    if (c == NULL)
        return;
    if (!c->stream.over)
        farewell(c);
    pushes_free(&c->pushes);
    stream_done(&c->stream);
    free(c);
}

const struct tls_link *connection_tls(const struct connection *c)
{
    return c->stream.tls;
}

bool connection_over(const struct connection *c)
{
    return c->stream.over;
}

/* A question has an answer, a submission a receipt, and both can be refused. */
static bool is_answer_to(const struct frame *asked, const struct frame *f)
{
    enum frame_kind kind = asked->kind == FRAME_SUBMIT ? FRAME_RECEIPT : FRAME_ANSWER;
    return f->kind == kind || f->kind == FRAME_REFUSE;
}

struct status connection_ask(struct connection *c, struct arena *arena, struct frame *frame,
                             struct frame *ret_answer, struct comity_fault *reterr)
{
    struct status s = give(c, frame, reterr);
    uint64_t deadline = deadline_of(c);
    while (!failed(s)) {
        s = next_frame(c, arena, deadline, false, ret_answer, reterr);
        /* all three begin with the number they answer */
        if (!failed(s) && ret_answer->as.answer.answers == frame->number)
            return is_answer_to(frame, ret_answer) ? OK
                                                   : refuse_frame(c, REFUSE(FRAME_STATE), reterr);
    }
    return s.code == CODE_ABSENT ? stream_break(&c->stream, "no answer in time", reterr) : s;
}

struct status connection_tell(struct connection *c, struct frame *frame,
                              struct comity_fault *reterr)
{
    struct status s = give(c, frame, reterr);
    return failed(s) ? s : stream_flush(&c->stream, deadline_of(c), reterr);
}

static struct status credit(struct connection *c, uint64_t amount, struct comity_fault *reterr)
{
    struct frame f = {.kind = FRAME_CREDIT, .as.credit = {0, amount}};
    return connection_tell(c, &f, reterr);
}

struct status connection_push(struct connection *c, uint64_t wait_ms, struct arena *arena,
                              struct frame *ret_frame, struct comity_fault *reterr)
{
    uint64_t deadline = clock_mono_ms() + wait_ms;
    struct status s = c->listening ? OK : credit(c, CONNECTION_CREDITS, reterr);
    c->listening = true;
    while (!failed(s) && !pushes_wait(&c->pushes)) {
        struct frame late; /* an answer that nobody waits for any more */
        s = next_frame(c, arena, deadline, true, &late, reterr);
    }
    return failed(s) ? s : pushes_take(&c->pushes, arena, ret_frame);
}

struct status connection_told(struct connection *c, struct arena *arena, struct frame *ret_frame)
{
    return pushes_take_told(&c->pushes, arena, ret_frame);
}

void connection_settle(struct connection *c)
{
    struct comity_fault ignored;
    if (++c->settled < CONNECTION_CREDITS / 2)
        return;
    (void)!failed(credit(c, c->settled, &ignored)); /* a broken link shows with the next call */
    c->settled = 0;
}

struct status connection_wait(struct connection *c, uint64_t ms, struct comity_fault *reterr)
{
    uint64_t deadline = clock_mono_ms() + ms;
    struct arena *arena = arena_new(IN_MAX_BYTES);
    struct status s = arena == NULL ? FAIL(MEMORY) : OK;
    while (!failed(s)) {
        struct frame late;
        s = next_frame(c, arena, deadline, false, &late, reterr);
    }
    arena_free(arena);
    return s.code == CODE_ABSENT ? OK : s;
}
