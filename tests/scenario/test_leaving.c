/* How links end in order: what was asked is answered, what crosses is nobody's fault. */

#include <string.h>

#include "exchange/link.h"
#include "scenario/scene.h"
#include "session/query.h"

/* Sends what the client's session would not allow any more: it has not read our BYE yet. */
static void cross(struct client *c, struct frame *f)
{
    f->number = ++c->session.out.number;
    client_force(c, f);
}

/* The gateway says BYE; the client does not answer it by itself. */
static void gateway_leaves(struct client *c)
{
    c->waits = true;
    exchange_leave(c->link, NULL, c->world->now);
    client_drain(c);
}

static void say_bye(struct client *c)
{
    struct frame bye = {.kind = FRAME_BYE};
    client_give(c, &bye);
}

/* Everything that a party may have sent just before it read our BYE. */
static void what_crosses_our_bye_is_nobodys_fault(void)
{
    static const uint8_t args[] = {0x93, 0xc0, 0x01, 0xc0};
    static const uint8_t id[UUID_BYTES] = {1};
    struct world *w = world_new(&(struct world_settings){0});
    struct client *xa = client_dial(w, "XA-CA-01");
    struct letter *letter = plain_letter(w);
    struct frame frames[] = {
        {.kind = FRAME_SUBMIT, .as.submit = letter->submit},
        {.kind = FRAME_QUERY,
         .as.query = {.what = QUERY_INBOX, .args = slice_over(args, sizeof args)}},
        {.kind = FRAME_CREDIT, .as.credit = {.amount = 5}},
        {.kind = FRAME_PING},
        {.kind = FRAME_TAKEN,
         .as.taken = {.key = {slice_text("XA-CA-01"), slice_over(id, sizeof id),
                              slice_text("XA-CA-01")},
                      .stage = STAGE_RETRIEVED}},
    };
    uint64_t size = world_log_size(w), results = w->results;
    gateway_leaves(xa);
    CHECK(client_hear(xa, FRAME_BYE) != NULL);
    size_t said = w->diagnostics.length;
    for (size_t i = 0; i < sizeof frames / sizeof frames[0]; i++) {
        cross(xa, &frames[i]);
        CHECK(xa->link != NULL && !exchange_over(xa->link));
    }
    CHECK(!client_has_unread(xa));
    CHECK_U64(w->diagnostics.length, said);
    say_bye(xa);
    CHECK(xa->link == NULL);
    xa = client_dial(w, "XA-CA-01");
    CHECK(scene_send(xa, letter) != NULL); /* it was not taken: this is the first time */
    CHECK_U64(world_log_size(w), size + 1);
    CHECK_U64(w->results, results + 1);
    letter_free(letter);
    world_free(w);
}

static void also_a_hello_may_cross(void)
{
    struct world *w = world_new(&(struct world_settings){0});
    struct client *xa = client_connect(w, "XA-CA-01");
    struct frame hello = client_hello(xa);
    gateway_leaves(xa);
    cross(xa, &hello);
    CHECK(xa->link != NULL && !exchange_over(xa->link));
    say_bye(xa);
    CHECK(xa->link == NULL);
    CHECK_U64(world_log_size(w), 1);
    world_free(w);
}

/* Octets that are no frame cross nothing. */
static void garbage_after_our_bye_is_a_fault_still(void)
{
    struct world *w = world_new(&(struct world_settings){0});
    struct client *xa = client_dial(w, "XA-CA-01");
    gateway_leaves(xa);
    CHECK_STATUS(client_octets(xa, slice_over("\x00\x00\x00\x01\xc1", 5)), REFUSE(MSGPACK_TYPE));
    CHECK(xa->link == NULL);
    CHECK(world_await_results(w, w->results + 1));
    CHECK_U64(world_log_size(w), 2);
    world_free(w);
}

/* A frame that skips a number did not just cross. */
static void numbers_count_after_our_bye_too(void)
{
    struct world *w = world_new(&(struct world_settings){0});
    struct client *xa = client_dial(w, "XA-CA-01");
    struct frame ping = {.kind = FRAME_PING};
    gateway_leaves(xa);
    xa->session.out.number++;
    cross(xa, &ping);
    CHECK(xa->link == NULL);
    CHECK(scene_reason(w, "frame.number"));
    world_free(w);
}

/* Crossing frames are heard, but they buy no time. */
static void who_does_not_say_bye_has_ten_seconds(void)
{
    struct world *w = world_new(&(struct world_settings){0});
    struct client *xa = client_dial(w, "XA-CA-01");
    struct frame ping = {.kind = FRAME_PING};
    gateway_leaves(xa);
    uint64_t began = w->now.mono_ms;
    for (unsigned i = 0; i < 9; i++) {
        world_pass(w, 1000);
        cross(xa, &ping);
        CHECK_OK(exchange_tick(xa->link, w->now));
    }
    CHECK_U64(exchange_deadline(xa->link), began + SESSION_CLOSING_MS);
    world_pass(w, 1000);
    CHECK_STATUS(exchange_tick(xa->link, w->now), FAIL(NETWORK));
    CHECK(exchange_over(xa->link));
    CHECK_U64(world_log_size(w), 1);
    world_free(w);
}

/* A client answers BYE at once; its answers must come before. */
static void our_bye_comes_after_the_answers(void)
{
    enum { LETTERS = 3 };
    struct world *w = world_new(&(struct world_settings){0});
    struct client *xa = client_dial(w, "XA-CA-01");
    struct letter *letters[LETTERS];
    for (unsigned i = 0; i < LETTERS; i++) {
        letters[i] = plain_letter(w);
        struct frame f = {.kind = FRAME_SUBMIT, .as.submit = letters[i]->submit};
        client_give(xa, &f);
    }
    exchange_leave(xa->link, NULL, w->now);
    client_drain(xa);
    CHECK(xa->link != NULL && !exchange_wants(xa->link)); /* no more work */
    CHECK(!client_has_unread(xa));                        /* neither an answer nor BYE */
    for (unsigned i = 0; i < LETTERS; i++)
        CHECK(client_hear(xa, FRAME_RECEIPT) != NULL);
    CHECK(client_hear(xa, FRAME_BYE) != NULL);
    CHECK(xa->link == NULL); /* both have said it */
    CHECK_U64(xa->last->frame.kind, FRAME_BYE);
    for (unsigned i = 0; i < LETTERS; i++)
        letter_free(letters[i]);
    world_free(w);
}

/* The journal does not answer: the link ends without, and does not wait for ever. */
static void answers_have_a_deadline_when_a_link_is_to_end(void)
{
    struct world *w = world_new(&(struct world_settings){0});
    struct client *xa = client_dial(w, "XA-CA-01");
    struct letter *letter = plain_letter(w);
    struct frame f = {.kind = FRAME_SUBMIT, .as.submit = letter->submit};
    client_give(xa, &f);
    uint64_t began = w->now.mono_ms;
    exchange_leave(xa->link, NULL, w->now);
    exchange_leave(xa->link, NULL, w->now); /* twice is once */
    CHECK_U64(exchange_deadline(xa->link), began + LINK_LEAVE_MS);
    world_pass(w, LINK_LEAVE_MS - 1);
    CHECK_OK(exchange_tick(xa->link, w->now));
    world_pass(w, 1);
    CHECK_STATUS(exchange_tick(xa->link, w->now), FAIL(NETWORK));
    CHECK(exchange_over(xa->link));
    CHECK(world_await_results(w, w->results + 1)); /* answered to nobody */
    letter_free(letter);
    world_free(w);
}

/* What a party sends while its answers are made stands behind them; then it has crossed. */
static void nothing_is_taken_while_bye_waits(void)
{
    struct world *w = world_new(&(struct world_settings){0});
    struct client *xa = client_dial(w, "XA-CA-01");
    struct letter *one = plain_letter(w), *two = plain_letter(w);
    struct frame f = {.kind = FRAME_SUBMIT, .as.submit = one->submit};
    struct frame g = {.kind = FRAME_SUBMIT, .as.submit = two->submit};
    client_give(xa, &f);
    exchange_leave(xa->link, NULL, w->now);
    client_give(xa, &g);
    CHECK(client_hear(xa, FRAME_RECEIPT) != NULL);
    CHECK(client_hear(xa, FRAME_BYE) != NULL);
    client_drain(xa);
    CHECK(xa->link == NULL);
    CHECK(!client_has_unread(xa));
    CHECK_U64(world_log_size(w), 2);
    letter_free(one);
    letter_free(two);
    world_free(w);
}

TESTS(leaving, {"what crosses our BYE is nobody's fault", what_crosses_our_bye_is_nobodys_fault},
      {"also a HELLO may cross", also_a_hello_may_cross},
      {"garbage after our BYE is a fault still", garbage_after_our_bye_is_a_fault_still},
      {"numbers count after our BYE too", numbers_count_after_our_bye_too},
      {"who does not say BYE has ten seconds", who_does_not_say_bye_has_ten_seconds},
      {"our BYE comes after the answers", our_bye_comes_after_the_answers},
      {"answers have a deadline when a link is to end",
       answers_have_a_deadline_when_a_link_is_to_end},
      {"nothing is taken while BYE waits", nothing_is_taken_while_bye_waits})
