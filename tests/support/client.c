#include "support/client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "session/query.h"
#include "support/check.h"
#include "support/pki.h"
#include "support/world_parts.h"

#define HEARD_ARENA ((size_t)4 << 20)
#define CREDITS     64

static const struct session_limits limits = {
    .max_frame = FRAME_MAX_BYTES,
    .credits = CREDITS,
    .idle_ms = SESSION_IDLE_MS + SESSION_PONG_MS,
};

struct client *client_connect(struct world *w, const char *name)
{
    struct client *c = calloc(1, sizeof *c);
    struct identity identity = pki_identity(name);
    world_need(c != NULL, "memory");
    c->world = w;
    c->in = buffer_new((size_t)16 << 20);
    snprintf(c->name, sizeof c->name, "%s", name);
    const struct session_ends ends = {
        .kind = identity.kind == IDENTITY_GATEWAY ? LINK_PEER : LINK_PARTY,
        .dialled = true,
        .me = slice_text(c->name),
        .peer = slice_text(w->gateway),
    };
    session_start(&c->session, &ends, &limits, w->now.mono_ms);
    c->next = w->clients;
    w->clients = c;
    world_need(!failed(exchange_open(w->exchange, &identity, c, w->now, &c->link)), "link");
    client_drain(c);
    return c;
}

struct frame client_hello(const struct client *c)
{
    static const uint8_t digest[DIGEST_BYTES];
    struct frame hello = session_greeting(&c->session, c->world->now.wall_ms);
    hello.as.hello.law = (struct object_version){{0}, 1, slice_over(digest, sizeof digest)};
    hello.as.hello.states = hello.as.hello.law;
    return hello;
}

void client_greet(struct client *c)
{
    struct frame hello = client_hello(c);
    client_give(c, &hello);
}

struct client *client_dial(struct world *w, const char *name)
{
    struct client *c = client_connect(w, name);
    client_greet(c);
    CHECK(client_hear(c, FRAME_WELCOME) != NULL);
    return c;
}

struct status client_octets(struct client *c, struct slice octets)
{
    if (c->link == NULL)
        return FAIL(NETWORK);
    struct status s = exchange_take(c->link, octets, c->world->now);
    client_drain(c);
    return s;
}

void client_force(struct client *c, const struct frame *frame)
{
    struct buffer b = buffer_new(FRAME_HEAD_BYTES + FRAME_MAX_BYTES);
    frame_write(&b, frame);
    world_need(!b.failed, "a frame that is too long");
    /* Whether it was taken, the frames that come back say. */
    (void)client_octets(c, buffer_slice(&b));
    buffer_done(&b);
}

uint64_t client_give(struct client *c, struct frame *frame)
{
    CHECK_OK(session_give(&c->session, frame, c->world->now.mono_ms));
    uint64_t number = frame->number;
    client_force(c, frame);
    return number;
}

static struct heard *keep(struct client *c, struct slice body)
{
    struct heard *h = calloc(1, sizeof *h);
    world_need(h != NULL && (h->arena = arena_new(HEARD_ARENA)) != NULL, "memory");
    h->octets = arena_copy(h->arena, body);
    h->at_ms = c->world->now.wall_ms;
    if (c->last == NULL)
        c->heard = h;
    else
        c->last->next = h;
    c->last = h;
    c->count++;
    return h;
}

/* What a client does of its own accord: give credit back, answer PING and BYE. */
static void react(struct client *c, const struct frame *f)
{
    bool pushed =
        f->kind == FRAME_DELIVER || (f->kind == FRAME_RECEIPT && f->as.receipt.answers == 0);
    if (pushed)
        session_settle(&c->session, 1);
    uint64_t due = session_credit_due(&c->session);
    struct frame credit = {.kind = FRAME_CREDIT, .as.credit = {.amount = due}};
    struct frame pong = {.kind = FRAME_PONG, .as.pong_answers = f->number};
    struct frame bye = {.kind = FRAME_BYE};
    if (due > 0 && !c->keeps_credit)
        client_give(c, &credit);
    if (f->kind == FRAME_PING)
        client_give(c, &pong);
    if (f->kind == FRAME_BYE && !c->waits && c->session.state != SESSION_CLOSED)
        client_give(c, &bye);
}

static void take_body(struct client *c, struct slice body)
{
    struct heard *h = keep(c, body);
    struct status s = frame_parse(h->arena, h->octets, &h->frame);
    if (!CHECK_OK(s))
        return;
    if (CHECK_OK(session_take(&c->session, &h->frame, c->world->now.mono_ms)))
        react(c, &h->frame);
}

static bool take_one(struct client *c)
{
    size_t length = 0;
    struct slice in = buffer_slice(&c->in);
    if (!CHECK_OK(frame_length(in, &length)) || length == 0)
        return false;
    struct buffer body = buffer_new(FRAME_MAX_BYTES);
    buffer_put(&body, slice_part(in, FRAME_HEAD_BYTES, length - FRAME_HEAD_BYTES));
    buffer_drop(&c->in, length);
    take_body(c, buffer_slice(&body));
    buffer_done(&body);
    return true;
}

/* As edge does: what is to be sent goes first, then frames that waited for their turn are judged.
 * Whether there may be more of either. */
static bool take_turn(struct client *c)
{
    if (c->link == NULL)
        return false;
    struct buffer *out = exchange_output(c->link);
    buffer_put(&c->in, buffer_slice(out));
    buffer_drop(out, out->length);
    if (exchange_over(c->link))
        client_cut(c);
    if (c->link == NULL || !exchange_wants(c->link))
        return false;
    /* Whether they were taken, the frames that come back say. */
    (void)exchange_take(c->link, (struct slice){0}, c->world->now);
    return !exchange_wants(c->link) || exchange_output(c->link)->length > 0;
}

void client_drain(struct client *c)
{
    bool more = true;
    while (more) {
        more = take_turn(c);
        more = take_one(c) || more;
    }
}

void client_cut(struct client *c)
{
    exchange_close(c->link);
    c->link = NULL;
}

void client_free(struct client *c)
{
    client_cut(c);
    for (struct client **at = &c->world->clients; *at != NULL; at = &(*at)->next)
        if (*at == c) {
            *at = c->next;
            break;
        }
    for (struct heard *h = c->heard, *next; h != NULL; h = next) {
        next = h->next;
        arena_free(h->arena);
        free(h);
    }
    buffer_done(&c->in);
    free(c);
}

/* What is waited for: any frame of these kinds, as bits, or the one of them that answers. */
struct wanted {
    uint64_t kinds;
    uint64_t answers; /* 0: any */
};

static uint64_t answers_of(const struct frame *f)
{
    return f->kind == FRAME_RECEIPT  ? f->as.receipt.answers
           : f->kind == FRAME_REFUSE ? f->as.refuse.answers
           : f->kind == FRAME_ANSWER ? f->as.answer.answers
                                     : 0;
}

static struct heard *find(struct client *c, const struct wanted *wanted)
{
    for (struct heard *h = c->heard; h != NULL; h = h->next)
        if (!h->read && (wanted->kinds >> h->frame.kind & 1U) != 0 &&
            (wanted->answers == 0 || wanted->answers == answers_of(&h->frame)))
            return h;
    return NULL;
}

static const struct heard *hear(struct client *c, const struct wanted *wanted)
{
    struct heard *h = NULL;
    for (bool more = true; more && h == NULL;) {
        uint64_t answers = world_answers();
        world_turn(c->world);
        h = find(c, wanted);
        more = h == NULL && c->link != NULL && world_wait(answers);
    }
    if (h != NULL)
        h->read = true;
    return h;
}

const struct heard *client_hear(struct client *c, enum frame_kind kind)
{
    return hear(c, &(struct wanted){.kinds = 1ULL << kind});
}

bool client_has_unread(const struct client *c)
{
    for (const struct heard *h = c->heard; h != NULL; h = h->next)
        if (!h->read)
            return true;
    return false;
}

const struct heard *client_submit(struct client *c, const struct submit *submit)
{
    struct frame f = {.kind = FRAME_SUBMIT, .as.submit = *submit};
    const struct wanted wanted = {1ULL << FRAME_RECEIPT | 1ULL << FRAME_REFUSE, client_give(c, &f)};
    const struct heard *h = hear(c, &wanted);
    CHECK(h != NULL);
    return h;
}

void client_take(struct client *c, uint64_t answers, const struct message_key *key, uint64_t stage)
{
    struct frame f = {.kind = FRAME_TAKEN, .as.taken = {answers, *key, stage}};
    client_give(c, &f);
}

const struct heard *client_ask(struct client *c, const struct query_args *args)
{
    struct buffer b = buffer_new(4096);
    query_args_write(&b, args);
    struct frame f = {.kind = FRAME_QUERY,
                      .as.query = {.what = args->what, .args = buffer_slice(&b)}};
    const struct wanted wanted = {1ULL << FRAME_ANSWER | 1ULL << FRAME_REFUSE, client_give(c, &f)};
    buffer_done(&b);
    const struct heard *h = hear(c, &wanted);
    CHECK(h != NULL);
    return h;
}
