/* Links: who may have one, what breaks one, and what time does to one. */

#include <stdio.h>
#include <string.h>

#include "scenario/scene.h"
#include "session/query.h"

/* The link is over with BYE and this code, and one entry about no message says so. */
static void check_broken(struct world *w, struct client *c, const char *code, uint64_t size)
{
    const struct heard *bye = client_hear(c, FRAME_BYE);
    if (CHECK(bye != NULL))
        CHECK_BYTES(bye->frame.as.bye_code, slice_text(code));
    CHECK(c->link == NULL);
    CHECK(world_await_log(w, size + 1));
    CHECK_U64(world_log_size(w), size + 1);
    CHECK(!client_has_unread(c));
}

static void strangers_get_no_link(void)
{
    static const char *const names[] = {"XB-CA-01", "XA-CA-09", "XA-GW-01", "XD-GW-01"};
    struct world *w = world_new(&(struct world_settings){0});
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        uint64_t size = world_log_size(w);
        check_broken(w, client_connect(w, names[i]), "E_ROUTE", size);
    }
    world_free(w);
}

/* One thing that a client must not do; the link is open unless early. */
struct breach {
    const char *name;
    void (*commit)(struct client *client);
    bool early; /* before HELLO */
    const char *code;
};

static void number(struct client *c, struct frame *f)
{
    f->number = c->session.out.number + 1;
}

static void ask_before_hello(struct client *c)
{
    static const uint8_t none[] = {0x90};
    struct frame f = {.kind = FRAME_QUERY,
                      .as.query = {.what = QUERY_INBOX, .args = slice_over(none, 1)}};
    number(c, &f);
    client_force(c, &f);
}

static void greet_as_somebody_else(struct client *c)
{
    struct frame f = client_hello(c);
    f.as.hello.me = slice_text("XC-CA-01");
    number(c, &f);
    client_force(c, &f);
}

static void greet_another_gateway(struct client *c)
{
    struct frame f = client_hello(c);
    f.as.hello.peer = slice_text("XB-GW-01");
    number(c, &f);
    client_force(c, &f);
}

static void ping_before_hello(struct client *c)
{
    struct frame f = {.kind = FRAME_PING};
    number(c, &f);
    client_force(c, &f);
}

static void greet_twice(struct client *c)
{
    struct frame f = client_hello(c);
    number(c, &f);
    client_force(c, &f);
}

static void deliver_as_a_gateway(struct client *c)
{
    struct slice one = slice_over("", 0);
    struct frame f = {
        .kind = FRAME_DELIVER,
        .as.deliver = {.message = {.seal = one}, .releases = {&one, 1}, .receipts = {&one, 1}}};
    number(c, &f);
    client_force(c, &f);
}

static void skip_a_number(struct client *c)
{
    struct frame f = {.kind = FRAME_PING, .number = c->session.out.number + 2};
    client_force(c, &f);
}

static void repeat_a_number(struct client *c)
{
    struct frame f = {.kind = FRAME_PING, .number = c->session.out.number};
    client_force(c, &f);
}

static void answer_what_was_never_asked(struct client *c)
{
    struct frame f = {.kind = FRAME_PONG, .as.pong_answers = 1};
    number(c, &f);
    client_force(c, &f);
}

static void take_a_number_that_never_came(struct client *c)
{
    uint8_t id[UUID_BYTES] = {[6] = 0x40, [8] = 0x80};
    struct frame f = {.kind = FRAME_TAKEN,
                      .as.taken = {.answers = 900,
                                   .key = {slice_text("XC-CA-01"), slice_over(id, sizeof id),
                                           slice_text("XA-CA-01")},
                                   .stage = 3}};
    number(c, &f);
    client_force(c, &f);
}

static void give_too_much_credit(struct client *c)
{
    for (unsigned i = 0; i < 80 && c->link != NULL; i++) {
        struct frame f = {.kind = FRAME_CREDIT, .as.credit = {.amount = CREDIT_MAX}};
        number(c, &f);
        c->session.out.number++;
        client_force(c, &f);
    }
}

static void octets(struct client *c, const char *text, size_t length)
{
    /* What came of it, BYE and the log say. */
    (void)client_octets(c, slice_over(text, length));
}

static void say_nothing_in_a_frame(struct client *c)
{
    octets(c, "\x00\x00\x00\x00", 4);
}

static void promise_too_long_a_frame(struct client *c)
{
    octets(c, "\x00\x11\x00\x01", 4);
}

static void send_what_is_no_messagepack(struct client *c)
{
    octets(c, "\x00\x00\x00\x01\xc1", 5);
}

static void send_a_frame_of_no_kind(struct client *c)
{
    octets(c, "\x00\x00\x00\x03\x92\x1f\x02", 7);
}

static void send_a_frame_with_something_behind(struct client *c)
{
    octets(c, "\x00\x00\x00\x04\x92\x0c\x02\xc0", 8);
}

static const struct breach breaches[] = {
    {"ask before HELLO", ask_before_hello, true, "E_STATE"},
    {"ping before HELLO", ping_before_hello, true, "E_STATE"},
    {"greet as somebody else", greet_as_somebody_else, true, "E_ROUTE"},
    {"greet another gateway", greet_another_gateway, true, "E_ROUTE"},
    {"an empty frame before HELLO", say_nothing_in_a_frame, true, "E_SIZE"},
    {"greet twice", greet_twice, false, "E_STATE"},
    {"deliver as a gateway", deliver_as_a_gateway, false, "E_STATE"},
    {"skip a number", skip_a_number, false, "E_STATE"},
    {"repeat a number", repeat_a_number, false, "E_STATE"},
    {"answer what was never asked", answer_what_was_never_asked, false, "E_STATE"},
    {"take a number that never came", take_a_number_that_never_came, false, "E_STATE"},
    {"give too much credit", give_too_much_credit, false, "E_STATE"},
    {"an empty frame", say_nothing_in_a_frame, false, "E_SIZE"},
    {"too long a frame", promise_too_long_a_frame, false, "E_SIZE"},
    {"no MessagePack", send_what_is_no_messagepack, false, "E_SCHEMA"},
    {"no kind", send_a_frame_of_no_kind, false, "E_SCHEMA"},
    {"something behind the frame", send_a_frame_with_something_behind, false, "E_SCHEMA"},
};

static void who_breaks_the_protocol_is_told_and_logged(void)
{
    for (size_t i = 0; i < sizeof breaches / sizeof breaches[0]; i++) {
        struct world *w = world_new(&(struct world_settings){0});
        struct client *c =
            breaches[i].early ? client_connect(w, "XA-CA-01") : client_dial(w, "XA-CA-01");
        uint64_t size = world_log_size(w);
        breaches[i].commit(c);
        bool broken = c->link == NULL;
        if (!broken)
            fprintf(stderr, "not broken by: %s\n", breaches[i].name);
        if (CHECK(broken))
            check_broken(w, c, breaches[i].code, size);
        world_free(w);
    }
}

/* Frames behind the one that breaks are not looked at. */
static void nothing_is_taken_after_a_breach(void)
{
    struct world *w = world_new(&(struct world_settings){0});
    struct client *c = client_dial(w, "XA-CA-01");
    struct letter *letter = plain_letter(w);
    struct frame f = {.kind = FRAME_SUBMIT, .number = 2, .as.submit = letter->submit};
    struct buffer b = buffer_new((size_t)4 << 20);
    uint64_t size = world_log_size(w);
    buffer_put(&b, slice_over("\x00\x00\x00\x01\xc1", 5));
    frame_write(&b, &f);
    octets(c, (const char *)b.at, b.length);
    buffer_done(&b);
    check_broken(w, c, "E_SCHEMA", size);
    letter_free(letter);
    world_free(w);
}

static void octets_may_come_one_by_one(void)
{
    struct world *w = world_new(&(struct world_settings){0});
    struct client *c = client_dial(w, "XA-CA-01");
    struct letter *letter = plain_letter(w);
    struct frame f = {.kind = FRAME_SUBMIT, .as.submit = letter->submit};
    struct buffer b = buffer_new((size_t)4 << 20);
    CHECK_OK(session_give(&c->session, &f, w->now.mono_ms));
    frame_write(&b, &f);
    for (size_t i = 0; i < b.length; i++)
        CHECK_OK(client_octets(c, slice_over(b.at + i, 1)));
    buffer_done(&b);
    const struct heard *h = client_hear(c, FRAME_RECEIPT);
    if (CHECK(h != NULL))
        CHECK_U64(h->frame.as.receipt.answers, f.number);
    letter_free(letter);
    world_free(w);
}

/* Lets the time pass to the link's deadline and says what tick says. */
static struct status tick(struct client *c)
{
    struct world *w = c->world;
    uint64_t deadline = exchange_deadline(c->link);
    CHECK(deadline > w->now.mono_ms);
    world_pass(w, deadline - 1 - w->now.mono_ms);
    CHECK_OK(exchange_tick(c->link, w->now)); /* not a moment before it */
    world_pass(w, 1);
    return exchange_tick(c->link, w->now);
}

static void who_does_not_greet_is_forgotten(void)
{
    struct world *w = world_new(&(struct world_settings){0});
    struct client *c = client_connect(w, "XA-CA-01");
    uint64_t began = w->now.mono_ms;
    CHECK_STATUS(tick(c), FAIL(NETWORK));
    CHECK_U64(w->now.mono_ms - began, SESSION_GREETING_MS);
    CHECK(exchange_over(c->link));
    world_free(w);
}

static void who_is_silent_is_asked_and_then_forgotten(void)
{
    struct world *w = world_new(&(struct world_settings){0});
    struct client *c = client_dial(w, "XA-CA-01");
    uint64_t began = w->now.mono_ms;
    CHECK_OK(tick(c));
    CHECK(w->now.mono_ms - began <= SESSION_IDLE_MS);
    client_drain(c); /* answers with PONG */
    CHECK(client_hear(c, FRAME_PING) != NULL);
    CHECK_OK(tick(c));
    struct buffer *out = exchange_output(c->link);
    CHECK(out->length > 0);
    buffer_drop(out, out->length); /* lost on the way: no PONG */
    CHECK_STATUS(tick(c), FAIL(NETWORK));
    CHECK(exchange_over(c->link));
    world_free(w);
}

static void a_frame_that_does_not_end_ends_the_link(void)
{
    struct world *w = world_new(&(struct world_settings){0});
    struct client *c = client_dial(w, "XA-CA-01");
    uint64_t began = w->now.mono_ms;
    CHECK_OK(client_octets(c, slice_over("\x00\x00\x10", 3)));
    for (unsigned i = 0; i < 5; i++) { /* an octet now and then does not help */
        world_pass(w, 3000);
        CHECK_OK(client_octets(c, slice_over("\x00", 1)));
    }
    CHECK_STATUS(tick(c), FAIL(NETWORK));
    CHECK(w->now.mono_ms - began <= 20000);
    CHECK(exchange_over(c->link));
    world_free(w);
}

static void a_party_may_go_in_order(void)
{
    struct world *w = world_new(&(struct world_settings){0});
    struct client *c = client_dial(w, "XA-CA-01");
    uint64_t size = world_log_size(w);
    struct frame bye = {.kind = FRAME_BYE};
    client_give(c, &bye);
    const struct heard *h = client_hear(c, FRAME_BYE);
    if (CHECK(h != NULL))
        CHECK(h->frame.as.bye_code.at == NULL);
    CHECK(c->link == NULL);
    CHECK_U64(world_log_size(w), size);
    world_free(w);
}

static void a_gateway_that_leaves_answers_what_it_took(void)
{
    struct world *w = world_new(&(struct world_settings){0});
    struct client *c = client_dial(w, "XA-CA-01");
    struct letter *letter = plain_letter(w);
    struct frame f = {.kind = FRAME_SUBMIT, .as.submit = letter->submit};
    client_give(c, &f);
    c->waits = true;
    exchange_leave(c->link, NULL, w->now);
    CHECK(world_await_results(w, 1));
    CHECK(client_hear(c, FRAME_BYE) != NULL);
    CHECK(client_hear(c, FRAME_RECEIPT) != NULL);
    struct frame bye = {.kind = FRAME_BYE};
    client_give(c, &bye);
    CHECK(c->link == NULL);
    letter_free(letter);
    world_free(w);
}

static void answers_for_links_that_are_gone_are_dropped(void)
{
    struct world *w = world_new(&(struct world_settings){0});
    struct client *c = client_dial(w, "XA-CA-01");
    struct letter *letter = plain_letter(w);
    struct frame f = {.kind = FRAME_SUBMIT, .as.submit = letter->submit};
    client_give(c, &f);
    client_free(c);
    CHECK(world_await_results(w, 1));
    struct client *xc = client_dial(w, "XC-CA-01");
    CHECK(client_hear(xc, FRAME_DELIVER) != NULL); /* it was accepted all the same */
    letter_free(letter);
    world_free(w);
}

TESTS(links, {"strangers get no link", strangers_get_no_link},
      {"who breaks the protocol is told and logged", who_breaks_the_protocol_is_told_and_logged},
      {"nothing is taken after a breach", nothing_is_taken_after_a_breach},
      {"octets may come one by one", octets_may_come_one_by_one},
      {"who does not greet is forgotten", who_does_not_greet_is_forgotten},
      {"who is silent is asked and then forgotten", who_is_silent_is_asked_and_then_forgotten},
      {"a frame that does not end ends the link", a_frame_that_does_not_end_ends_the_link},
      {"a party may go in order", a_party_may_go_in_order},
      {"a gateway that leaves answers what it took", a_gateway_that_leaves_answers_what_it_took},
      {"answers for links that are gone are dropped", answers_for_links_that_are_gone_are_dropped})
