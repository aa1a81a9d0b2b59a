#include "libcomity/connection.h"

#include <stdatomic.h>
#include <string.h>

#include "gateway.h"
#include "session/query.h"
#include "support/check.h"

#define PARTY   "XA/parties/XA-CA-01"
#define GATEWAY "XA/gateways/XA-GW-01"

static const uint8_t zeros[DIGEST_BYTES];
static struct comity_fault fault;
static struct tls_context *tls;

/* What the recorder saw, and what the gateway did. */
static unsigned recorded;
static struct slice last_recorded;
static atomic_uint pongs, byes;
static atomic_uint_fast64_t credit_before, credit_spent, credit_again;

static void record(void *owner, const uint8_t *frame, size_t length)
{
    CHECK(owner == &recorded);
    recorded++;
    last_recorded = slice_over(frame, length);
}

static struct status dial(const char *gateway, uint64_t timeout_ms, struct connection **ret)
{
    static struct hello hello;
    hello.law = hello.states =
        (struct object_version){.number = 1, .digest = {zeros, sizeof zeros}};
    struct connection_settings settings = {.tls = tls,
                                           .address = gateway_address(),
                                           .gateway = gateway,
                                           .hello = &hello,
                                           .timeout_ms = timeout_ms,
                                           .record = record,
                                           .record_owner = &recorded};
    memset(&fault, 0, sizeof fault);
    return connection_open(&settings, ret, &fault);
}

static void begin(serve *fn)
{
    CHECK_OK(crypto_thread_start());
    recorded = 0;
    pongs = byes = 0;
    tls = pki_context(PARTY);
    gateway_start(GATEWAY, fn);
}

static void end(struct connection *c)
{
    connection_close(c);
    gateway_stop();
    tls_context_free(tls);
}

/* Asks for the inbox. */
static struct status ask(struct connection *c, struct arena *arena, struct frame *answer)
{
    struct buffer b = buffer_new(1024);
    query_args_write(&b, &(struct query_args){.what = QUERY_INBOX, .limit = 1});
    struct frame f = {.kind = FRAME_QUERY, .as.query = {QUERY_INBOX, buffer_slice(&b)}};
    struct status s = connection_ask(c, arena, &f, answer, &fault);
    buffer_done(&b);
    return s;
}

static void give_answer(struct served *s, const struct frame *query)
{
    struct frame f = {.kind = FRAME_ANSWER,
                      .as.answer = {.answers = query->number, .what = QUERY_INBOX}};
    serve_give(s, &f);
}

static void answer_two(struct served *s)
{
    if (!serve_greet(s))
        return;
    for (unsigned i = 0; i < 2; i++) {
        struct frame f = serve_await(s, FRAME_QUERY), ping = {.kind = FRAME_PING};
        if (i == 0)
            serve_give(s, &ping);
        give_answer(s, &f);
    }
    struct frame f = serve_hear(s);
    for (; f.kind != FRAME_BYE && f.kind != FRAME_NONE; f = serve_hear(s))
        pongs += f.kind == FRAME_PONG;
    byes += f.kind == FRAME_BYE;
    struct frame bye = {.kind = FRAME_BYE};
    serve_give(s, &bye);
}

static void questions_are_answered_and_the_end_is_orderly(void)
{
    struct connection *c = NULL;
    struct frame answer;
    struct arena *arena = arena_new(1U << 20);
    begin(answer_two);
    if (CHECK_OK(dial("XA-GW-01", 5000, &c))) {
        CHECK_OK(ask(c, arena, &answer));
        CHECK(answer.kind == FRAME_ANSWER && answer.as.answer.what == QUERY_INBOX);
        CHECK_OK(ask(c, arena, &answer));
        CHECK(!connection_over(c));
    }
    connection_close(c);
    /* WELCOME, PING, two ANSWERs, BYE: all that came after TLS */
    CHECK_U64(recorded, 5);
    end(NULL);
    CHECK_U64(byes, 1);
    CHECK_U64(pongs, 0); /* it came before the second question */
    arena_free(arena);
}

static void hear_pong(struct served *s)
{
    struct frame ping = {.kind = FRAME_PING};
    if (!serve_greet(s))
        return;
    struct frame query = serve_await(s, FRAME_QUERY);
    serve_give(s, &ping);
    struct frame f = serve_await(s, FRAME_PONG);
    pongs += f.kind == FRAME_PONG && f.as.pong_answers == ping.number;
    give_answer(s, &query);
    serve_end(s);
}

static void a_ping_is_answered_while_waiting(void)
{
    struct connection *c = NULL;
    struct frame answer;
    struct arena *arena = arena_new(1U << 20);
    begin(hear_pong);
    if (CHECK_OK(dial("XA-GW-01", 5000, &c)))
        CHECK_OK(ask(c, arena, &answer));
    end(c);
    CHECK_U64(pongs, 1);
    arena_free(arena);
}

static void skip_number(struct served *s)
{
    if (!serve_greet(s))
        return;
    struct frame query = serve_await(s, FRAME_QUERY);
    struct frame f = {.kind = FRAME_ANSWER,
                      .number = 7,
                      .as.answer = {.answers = query.number, .what = QUERY_INBOX}};
    serve_force(s, &f);
    struct frame bye = serve_await(s, FRAME_BYE);
    byes += bye.kind == FRAME_BYE && slice_is(bye.as.bye_code, "E_STATE");
}

static void a_gateway_that_breaks_the_protocol_is_told_so(void)
{
    struct connection *c = NULL;
    struct frame answer;
    struct arena *arena = arena_new(1U << 20);
    begin(skip_number);
    if (CHECK_OK(dial("XA-GW-01", 5000, &c))) {
        CHECK_STATUS(ask(c, arena, &answer), REFUSE(FRAME_NUMBER));
        CHECK(connection_over(c));
        CHECK_U64(fault.exit, COMITY_VERIFY);
        CHECK_TEXT(fault.code, "E_STATE");
    }
    end(c);
    CHECK_U64(byes, 1);
    arena_free(arena);
}

static void say_nothing(struct served *s)
{
    if (serve_greet(s))
        serve_await(s, FRAME_NONE);
}

static void no_answer_ends_in_time(void)
{
    struct connection *c = NULL;
    struct frame answer;
    struct arena *arena = arena_new(1U << 20);
    begin(say_nothing);
    if (CHECK_OK(dial("XA-GW-01", 300, &c))) {
        CHECK_STATUS(ask(c, arena, &answer), FAIL(NETWORK));
        CHECK_U64(fault.exit, COMITY_UNAVAILABLE);
        CHECK(connection_over(c));
    }
    end(c);
    arena_free(arena);
}

static void say_bye(struct served *s)
{
    struct frame bye = {.kind = FRAME_BYE, .as.bye_code = slice_text("E_ROUTE")};
    serve_hear(s);
    serve_give(s, &bye);
    byes += serve_await(s, FRAME_BYE).kind == FRAME_BYE;
}

static void a_bye_says_why(void)
{
    struct connection *c = NULL;
    begin(say_bye);
    CHECK_STATUS(dial("XA-GW-01", 5000, &c), FAIL(NETWORK));
    CHECK_TEXT(fault.code, "E_ROUTE");
    CHECK_U64(fault.exit, COMITY_REFUSED);
    end(NULL);
    CHECK_U64(byes, 1);
}

static void only_the_meant_gateway_is_talked_to(void)
{
    struct connection *c = NULL;
    begin(say_nothing);
    CHECK_STATUS(dial("XC-GW-01", 5000, &c), FAIL(CONFIG));
    CHECK_U64(fault.exit, COMITY_IDENTITY);
    CHECK_U64(recorded, 0);
    end(NULL);
}

static void nobody_there_is_unavailable(void)
{
    struct connection *c = NULL;
    begin(say_nothing);
    gateway_stop();
    CHECK_STATUS(dial("XA-GW-01", 1000, &c), FAIL(NETWORK));
    CHECK_U64(fault.exit, COMITY_UNAVAILABLE);
    tls_context_free(tls);
}

static void push_receipts(struct served *s)
{
    if (!serve_greet(s))
        return;
    credit_before = session_credit(&s->session);
    struct frame query = serve_await(s, FRAME_QUERY);
    give_answer(s, &query);
    serve_await(s, FRAME_CREDIT);
    for (unsigned i = 0; i < CONNECTION_CREDITS; i++) {
        uint8_t octet = (uint8_t)i;
        struct frame f = {.kind = FRAME_RECEIPT, .as.receipt.receipt = {&octet, 1}};
        serve_give(s, &f);
    }
    credit_spent = session_credit(&s->session);
    serve_await(s, FRAME_CREDIT);
    credit_again = session_credit(&s->session);
    serve_end(s);
}

static void what_is_pushed_waits_until_it_is_asked_for(void)
{
    struct connection *c = NULL;
    struct frame f;
    struct arena *arena = arena_new(1U << 20);
    begin(push_receipts);
    if (CHECK_OK(dial("XA-GW-01", 5000, &c))) {
        CHECK_OK(ask(c, arena, &f));
        for (unsigned i = 0; i < CONNECTION_CREDITS; i++) {
            CHECK_OK(connection_push(c, 5000, arena, &f, &fault));
            CHECK(f.kind == FRAME_RECEIPT && f.as.receipt.receipt.at[0] == i);
            connection_settle(c);
        }
        CHECK_STATUS(connection_push(c, 50, arena, &f, &fault), FAIL(ABSENT));
        CHECK(!connection_over(c));
    }
    end(c);
    CHECK_U64(credit_before, 0); /* nothing may be pushed before it is asked for */
    CHECK_U64(credit_spent, 0);
    CHECK(credit_again > 0);
    arena_free(arena);
}

TESTS(clients_connection,
      {"questions are answered and the end is orderly",
       questions_are_answered_and_the_end_is_orderly},
      {"a PING is answered while waiting", a_ping_is_answered_while_waiting},
      {"a gateway that breaks the protocol is told so",
       a_gateway_that_breaks_the_protocol_is_told_so},
      {"no answer ends in time", no_answer_ends_in_time}, {"a BYE says why", a_bye_says_why},
      {"only the meant gateway is talked to", only_the_meant_gateway_is_talked_to},
      {"nobody there is unavailable", nobody_there_is_unavailable},
      {"what is pushed waits until it is asked for", what_is_pushed_waits_until_it_is_asked_for})
