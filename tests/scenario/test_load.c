/* Too much to do: new work is put off, what was accepted goes on, and every link has its share. */

#include <string.h>

#include "exchange/link.h"
#include "scenario/scene.h"
#include "session/query.h"

#define NO_ROOM ((uint64_t)1 << 62) /* no disk has as much free space */

/* The same gateway, with so much room as the floor leaves it. */
static void restart(struct world *w, uint64_t floor_bytes)
{
    world_stop(w);
    w->settings.floor_bytes = floor_bytes;
    world_start(w);
}

static void check_put_off(const struct heard *h)
{
    if (h == NULL || !CHECK_U64(h->frame.kind, FRAME_REFUSE))
        return;
    const struct refuse *r = &h->frame.as.refuse;
    CHECK_BYTES(r->code, slice_text("E_UNAVAILABLE"));
    CHECK(r->receipt.at == NULL && r->detail.at == NULL);
    CHECK(r->retry_ms >= RETRY_MS && r->retry_ms < RETRY_MS + RETRY_SPREAD_MS);
}

/* A submission is put off before it is judged: also one that would be refused, and a dry run. */
static void overload_puts_new_work_off_unjudged(void)
{
    enum { TIMES = 40 };
    struct world *w = world_new(&(struct world_settings){.floor_bytes = NO_ROOM});
    struct client *xa = client_dial(w, "XA-CA-01");
    struct letter *letter = plain_letter(w);
    uint64_t size = world_log_size(w);
    for (unsigned i = 0; i < TIMES; i++) { /* more than its credit: that comes back */
        letter->submit.flags = i % 2 == 0 ? 0 : SUBMIT_DRY_RUN;
        check_put_off(client_submit(xa, &letter->submit));
    }
    struct letter *wrong = plain_letter(w);
    wrong->submit.message.seal = slice_part(wrong->submit.message.seal, 1, SIZE_MAX);
    check_put_off(client_submit(xa, &wrong->submit));
    CHECK_U64(world_log_size(w), size);
    CHECK_U64(scene_lines(w, "overload.began"), 1);
    CHECK_U64(scene_lines(w, "submit."), 0);
    restart(w, 0);
    xa = client_dial(w, "XA-CA-01");
    letter->submit.flags = 0;
    CHECK(scene_send(xa, letter) != NULL);
    letter_free(letter);
    letter_free(wrong);
    world_free(w);
}

/* Deliveries, stages, notices, questions and PINGs go on. */
static void what_was_accepted_goes_on_in_overload(void)
{
    struct world *w = world_new(&(struct world_settings){0});
    struct letter *letter = plain_letter(w), *other = plain_letter(w);
    CHECK(scene_send(client_dial(w, "XA-CA-01"), letter) != NULL);
    restart(w, NO_ROOM);
    struct client *xa = client_dial(w, "XA-CA-01"), *xc = client_dial(w, "XC-CA-01");
    uint64_t size = world_log_size(w);
    check_put_off(client_submit(xa, &other->submit));
    const struct heard *deliver = client_hear(xc, FRAME_DELIVER);
    if (CHECK(deliver != NULL))
        client_take(xc, deliver->frame.number, &letter->key, STAGE_DELIVERED);
    const struct heard *notice = client_hear(xa, FRAME_RECEIPT);
    if (CHECK(notice != NULL))
        client_take(xa, notice->frame.number, &letter->key, STAGE_NONE);
    CHECK(world_await_results(w, w->results + 1));
    CHECK_U64(world_log_size(w), size + 1);
    const struct query_args args = {.what = QUERY_INBOX, .limit = 10};
    const struct heard *answer = client_ask(xc, &args);
    if (answer != NULL)
        CHECK_U64(answer->frame.kind, FRAME_ANSWER);
    struct frame ping = {.kind = FRAME_PING};
    client_give(xc, &ping);
    CHECK(client_hear(xc, FRAME_PONG) != NULL);
    letter_free(letter);
    letter_free(other);
    world_free(w);
}

/* A hundred links that are put off at once come back at many different times. */
static void a_crowd_does_not_come_back_in_step(void)
{
    enum { LINKS = 100, SLOTS = 20, MOST = 15 };
    struct world *w = world_new(&(struct world_settings){.floor_bytes = NO_ROOM});
    struct letter *letter = plain_letter(w);
    unsigned slots[SLOTS] = {0};
    for (unsigned i = 0; i < LINKS; i++) {
        const struct heard *h = client_submit(client_dial(w, "XA-CA-01"), &letter->submit);
        check_put_off(h);
        if (h != NULL)
            slots[(h->frame.as.refuse.retry_ms - RETRY_MS) * SLOTS / RETRY_SPREAD_MS % SLOTS]++;
    }
    for (unsigned i = 0; i < SLOTS; i++)
        CHECK(slots[i] <= MOST);
    letter_free(letter);
    world_free(w);
}

/* The octets of count submissions, as one client would send them. */
static struct buffer submissions(struct client *c, unsigned count)
{
    struct buffer b = buffer_new((size_t)64 << 20);
    for (unsigned i = 0; i < count; i++) {
        struct letter *letter = plain_letter(c->world);
        struct frame f = {.kind = FRAME_SUBMIT, .as.submit = letter->submit};
        CHECK_OK(session_give(&c->session, &f, c->world->now.mono_ms));
        frame_write(&b, &f);
        letter_free(letter);
    }
    return b;
}

/* A question and its answer, without time for anybody else. */
static void check_served(struct client *c)
{
    struct buffer args = buffer_new(4096), b = buffer_new(4096);
    query_args_write(&args, &(struct query_args){.what = QUERY_INBOX, .limit = 10});
    struct frame f = {.kind = FRAME_QUERY,
                      .as.query = {.what = QUERY_INBOX, .args = buffer_slice(&args)}};
    CHECK_OK(session_give(&c->session, &f, c->world->now.mono_ms));
    frame_write(&b, &f);
    CHECK_OK(exchange_take(c->link, buffer_slice(&b), c->world->now));
    CHECK(exchange_output(c->link)->length > 0);
    buffer_done(&args);
    buffer_done(&b);
}

/* Who sends a whole window at once is judged in turns, and others come in between. */
static void a_turn_ends_before_the_window_does(void)
{
    enum { WINDOW = 32, SHARE = 4 };
    struct world *w = world_new(&(struct world_settings){0});
    struct client *busy = client_dial(w, "XA-CA-01"), *other = client_dial(w, "XC-CA-01");
    struct buffer b = submissions(busy, WINDOW);
    struct exchange_link *l = busy->link;
    unsigned turns = 1;
    CHECK_OK(exchange_take(l, buffer_slice(&b), w->now));
    for (; l->in.length > 0 && turns < WINDOW; turns++) {
        CHECK_U64(l->pending_count, (uint64_t)turns * SHARE);
        CHECK(!exchange_wants(l));
        CHECK_OK(exchange_take(l, (struct slice){0}, w->now)); /* the turn is the same */
        CHECK_U64(l->pending_count, (uint64_t)turns * SHARE);
        if (turns == 1)
            check_served(other);
        exchange_output(l); /* now it is another */
        CHECK(exchange_wants(l));
        CHECK_OK(exchange_take(l, (struct slice){0}, w->now));
    }
    CHECK_U64(turns, WINDOW / SHARE);
    CHECK(world_await_results(w, WINDOW));
    for (unsigned i = 0; i < WINDOW; i++)
        CHECK(client_hear(busy, FRAME_RECEIPT) != NULL);
    CHECK(client_hear(other, FRAME_ANSWER) != NULL);
    buffer_done(&b);
    world_free(w);
}

/* Frames that cost little have a share too: the last of a flood waits for later turns. */
static void small_frames_have_a_share_as_well(void)
{
    enum { FLOOD = 1000, MOST_TURNS = 100 };
    struct world *w = world_new(&(struct world_settings){0});
    struct client *xa = client_dial(w, "XA-CA-01");
    struct buffer b = buffer_new((size_t)1 << 20);
    for (unsigned i = 0; i < FLOOD; i++) {
        struct frame f = {.kind = FRAME_CREDIT, .as.credit = {.amount = 1}};
        CHECK_OK(session_give(&xa->session, &f, w->now.mono_ms));
        frame_write(&b, &f);
    }
    CHECK_OK(exchange_take(xa->link, buffer_slice(&b), w->now));
    CHECK(xa->link->in.length > b.length * 8 / 10);
    unsigned turns = 1;
    for (; xa->link->in.length > 0 && turns < MOST_TURNS; turns++) {
        exchange_output(xa->link);
        CHECK_OK(exchange_take(xa->link, (struct slice){0}, w->now));
    }
    CHECK_U64(xa->link->in.length, 0);
    CHECK(turns > 10);
    buffer_done(&b);
    world_free(w);
}

/* Asks twice at once; the second question waits for the next turn. */
static void check_long_answer(struct client *c, enum query_what what)
{
    enum { ASKED = 2 };
    struct buffer args = buffer_new(4096), b = buffer_new(4096);
    query_args_write(&args, &(struct query_args){.what = what, .limit = 100});
    for (unsigned i = 0; i < ASKED; i++) {
        struct frame f = {.kind = FRAME_QUERY,
                          .as.query = {.what = what, .args = buffer_slice(&args)}};
        CHECK_OK(session_give(&c->session, &f, c->world->now.mono_ms));
        frame_write(&b, &f);
    }
    exchange_output(c->link);
    CHECK_OK(exchange_take(c->link, buffer_slice(&b), c->world->now));
    CHECK_U64(c->link->in.length, b.length / ASKED);
    CHECK(!exchange_wants(c->link));
    for (unsigned i = 0; i < ASKED; i++)
        CHECK(client_hear(c, FRAME_ANSWER) != NULL);
    buffer_done(&args);
    buffer_done(&b);
}

static void a_long_answer_ends_the_turn(void)
{
    enum { MANY = 16 };
    struct world *w = world_new(&(struct world_settings){0});
    struct client *xa = client_dial(w, "XA-CA-01");
    scene_send_many(xa, MANY);
    check_long_answer(xa, QUERY_STATUS);
    check_long_answer(client_dial(w, "XC-CA-01"), QUERY_INBOX);
    world_free(w);
}

/* Half a frame behind frames that waited for their turn has its deadline all the same. */
static void a_frame_behind_a_turn_has_its_deadline(void)
{
    enum { FRAMES = 6, FRAME_MS = 7000 };
    struct link_limits limits = link_limits_default;
    limits.frame_ms = FRAME_MS;
    struct world *w = world_new(&(struct world_settings){.limits = &limits});
    struct client *xa = client_dial(w, "XA-CA-01");
    struct buffer b = submissions(xa, FRAMES);
    buffer_put(&b, slice_over("\x00\x00\x10", 3));
    CHECK_OK(exchange_take(xa->link, buffer_slice(&b), w->now));
    CHECK(!exchange_wants(xa->link));
    client_drain(xa);
    CHECK_U64(xa->link->in.length, 3);
    CHECK_U64(exchange_deadline(xa->link), w->now.mono_ms + FRAME_MS);
    buffer_done(&b);
    world_free(w);
}

static void a_party_has_so_many_links_and_no_more(void)
{
    enum { LINKS = 128 };
    struct world *w = world_new(&(struct world_settings){0});
    struct client *first = client_dial(w, "XA-CA-01");
    for (unsigned i = 1; i < LINKS; i++)
        CHECK(client_dial(w, "XA-CA-01")->link != NULL);
    struct client *more = client_connect(w, "XA-CA-01");
    const struct heard *bye = client_hear(more, FRAME_BYE);
    if (CHECK(bye != NULL))
        CHECK_BYTES(bye->frame.as.bye_code, slice_text("E_UNAVAILABLE"));
    CHECK(more->link == NULL);
    CHECK(scene_reason(w, "overload"));
    CHECK(client_dial(w, "XC-CA-01")->link != NULL); /* another party */
    CHECK(first->link != NULL);
    client_free(first);
    CHECK(client_dial(w, "XA-CA-01")->link != NULL);
    world_free(w);
}

/* What an idle link holds: its struct, which is small, and nothing else. */
static void check_idle(const struct exchange_link *l)
{
    CHECK(l->in.at == NULL);
    CHECK(l->out.at == NULL);
    CHECK(l->outstanding == NULL);
    CHECK(l->pending == NULL);
}

static void an_idle_link_holds_no_memory(void)
{
    struct world *w = world_new(&(struct world_settings){0});
    struct client *xa = client_dial(w, "XA-CA-01"), *xc = client_dial(w, "XC-CA-01");
    CHECK(sizeof *xa->link <= 2048);
    check_idle(xa->link);
    struct letter *letter = plain_letter(w);
    CHECK(scene_send(xa, letter) != NULL);
    check_idle(xa->link);
    const struct heard *deliver = client_hear(xc, FRAME_DELIVER);
    CHECK(xc->link->outstanding != NULL);
    if (CHECK(deliver != NULL))
        client_take(xc, deliver->frame.number, &letter->key, STAGE_DELIVERED);
    const struct heard *notice = client_hear(xa, FRAME_RECEIPT);
    CHECK(xa->link->outstanding != NULL);
    if (CHECK(notice != NULL))
        client_take(xa, notice->frame.number, &letter->key, STAGE_NONE);
    CHECK(world_await_results(w, w->results + 1));
    check_idle(xa->link);
    check_idle(xc->link);
    letter_free(letter);
    world_free(w);
}

/* A delivery for a peer that reads nothing waits in the journal, not in memory. */
static void nothing_is_pushed_to_who_does_not_read(void)
{
    enum { LETTERS = 40, ONE_MORE = 64 << 10 };
    struct world *w = world_new(&(struct world_settings){0});
    struct client *xa = client_dial(w, "XA-CA-01"), *xc = client_dial(w, "XC-CA-01");
    xc->keeps_credit = true;
    struct client **at = &w->clients; /* nobody reads for it from now on */
    while (*at != xc)
        at = &(*at)->next;
    *at = xc->next;
    for (unsigned i = 0; i < LETTERS; i++) {
        struct letter *letter = a3_letter(w);
        CHECK(scene_send(xa, letter) != NULL);
        letter_free(letter);
    }
    CHECK(xc->link->out.length >= LINK_OUTPUT_HIGH);
    CHECK(xc->link->out.length < LINK_OUTPUT_HIGH + ONE_MORE);
    CHECK(xc->link->outstanding_count < LINK_OUTSTANDING);
    xc->next = w->clients;
    w->clients = xc;
    client_drain(xc);
    CHECK(client_hear(xc, FRAME_DELIVER) != NULL);
    world_free(w);
}

TESTS(load, {"overload puts new work off unjudged", overload_puts_new_work_off_unjudged},
      {"what was accepted goes on in overload", what_was_accepted_goes_on_in_overload},
      {"a crowd does not come back in step", a_crowd_does_not_come_back_in_step},
      {"a turn ends before the window does", a_turn_ends_before_the_window_does},
      {"small frames have a share as well", small_frames_have_a_share_as_well},
      {"a long answer ends the turn", a_long_answer_ends_the_turn},
      {"a frame behind a turn has its deadline", a_frame_behind_a_turn_has_its_deadline},
      {"a party has so many links and no more", a_party_has_so_many_links_and_no_more},
      {"an idle link holds no memory", an_idle_link_holds_no_memory},
      {"nothing is pushed to who does not read", nothing_is_pushed_to_who_does_not_read})
