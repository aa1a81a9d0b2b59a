/* A gateway that means harm: whatever it sends, a call ends in its time and takes no more memory.
 */

#include <arpa/inet.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fixture.h"
#include "gateway.h"
#include "home.h"
#include "libcomity/client.h"
#include "libcomity/clock.h"
#include "session/query.h"

#define STEP_MS 200   /* for one answer */
#define CALL_MS 12000 /* ten times that, a link that is taken up again, and a slow machine */

static struct comity *comity;
static struct comity_rows *rows;
static struct comity_fault fault;
static atomic_uint byes, refusals, takens;
static char last_bye[24];

static void begin(serve *fn)
{
    CHECK_OK(crypto_thread_start());
    (void)home_log_key();
    byes = 0;
    last_bye[0] = '\0';
    gateway_start_many("XA/gateways/XA-GW-01", 2, fn);
    struct comity_options options = {
        .home = home_make(gateway_address()), .context = "xa-ca-01", .timeout_ms = STEP_MS};
    comity = NULL;
    rows = NULL;
    CHECK_U64(comity_open(&options, &comity, &fault), COMITY_DONE);
}

static void end(void)
{
    comity_rows_free(rows);
    comity_close(comity);
    gateway_stop();
}

/* Asks for the inbox, which fails like this and in time. */
static void inbox_fails(enum comity_exit exit, const char *code)
{
    uint64_t begun = clock_mono_ms();
    if (CHECK_U64(comity_inbox(comity, NULL, &rows, &fault), exit))
        CHECK_TEXT(fault.code, code);
    else
        fprintf(stderr, "%s\n", fault.message);
    CHECK(clock_mono_ms() - begun < CALL_MS);
}

/* Until the client is gone. */
static void hear_the_end(struct served *s)
{
    struct frame f = serve_await(s, FRAME_BYE);
    if (f.kind == FRAME_BYE && slice_copy_text(f.as.bye_code, last_bye, sizeof last_bye))
        byes++;
}

static void ping_for_ever(struct served *s)
{
    struct frame ping = {.kind = FRAME_PING, .number = 1};
    struct buffer b = buffer_new(64);
    bool open = serve_greet(s);
    if (open)
        serve_await(s, FRAME_QUERY);
    while (open) {
        ping.number++;
        b.length = 0;
        frame_write(&b, &ping);
        open = serve_octets(s, buffer_slice(&b));
    }
    buffer_done(&b);
}

static void pings_without_end_break_the_protocol(void)
{
    begin(ping_for_ever);
    inbox_fails(COMITY_VERIFY, "E_STATE");
    end();
}

/* A frame that never becomes whole, octet by octet. */
static void trickle(struct served *s)
{
    static const uint8_t head[] = {0, 0, 0x40, 0, 0x90}, more = 0;
    if (!serve_greet(s))
        return;
    serve_await(s, FRAME_QUERY);
    bool open = serve_octets(s, slice_over(head, sizeof head));
    while (open) {
        (void)poll(NULL, 0, 1);
        open = serve_octets(s, slice_over(&more, 1));
    }
}

static void octets_that_come_slowly_do_not_hold_a_call_up(void)
{
    begin(trickle);
    inbox_fails(COMITY_UNAVAILABLE, "E_UNAVAILABLE");
    end();
}

static void claim_too_much(struct served *s)
{
    static const uint8_t head[] = {0xff, 0xff, 0xff, 0xff, 0x90};
    if (!serve_greet(s))
        return;
    serve_await(s, FRAME_QUERY);
    serve_octets(s, slice_over(head, sizeof head));
    hear_the_end(s);
}

static void a_frame_that_claims_to_be_huge_is_refused_at_once(void)
{
    begin(claim_too_much);
    inbox_fails(COMITY_VERIFY, "E_SIZE");
    end();
    CHECK_U64(byes, 1);
    CHECK_TEXT(last_bye, "E_SIZE");
}

static void push_without_credit(struct served *s)
{
    uint8_t octet = 0;
    struct frame f = {.kind = FRAME_RECEIPT, .as.receipt.receipt = {&octet, 1}};
    if (!serve_greet(s))
        return;
    serve_await(s, FRAME_QUERY);
    f.number = 2;
    serve_force(s, &f);
    hear_the_end(s);
}

static void nothing_may_be_pushed_without_credit(void)
{
    begin(push_without_credit);
    inbox_fails(COMITY_VERIFY, "E_STATE");
    end();
    CHECK_U64(byes, 1);
    CHECK_TEXT(last_bye, "E_STATE");
}

static void greet_twice(struct served *s)
{
    struct frame hello = serve_hear(s), welcome = session_greeting(&s->session, clock_wall_ms());
    welcome.as.hello.law = hello.as.hello.law;
    welcome.as.hello.states = hello.as.hello.states;
    serve_give(s, &welcome);
    serve_await(s, FRAME_QUERY);
    welcome.number = 2;
    serve_force(s, &welcome);
    hear_the_end(s);
}

static void a_second_welcome_is_refused(void)
{
    begin(greet_twice);
    inbox_fails(COMITY_VERIFY, "E_STATE");
    end();
    CHECK_U64(byes, 1);
}

/* A receipt for a question, and rows for a submission. */
static void answer_with_the_other(struct served *s)
{
    uint8_t octet = 0;
    struct frame asked = {.kind = FRAME_NONE}, f = {.kind = FRAME_RECEIPT};
    if (!serve_greet(s))
        return;
    while (asked.kind != FRAME_QUERY && asked.kind != FRAME_SUBMIT)
        asked = serve_hear(s);
    f.as.receipt = (struct receipt_frame){.answers = asked.number, .receipt = {&octet, 1}};
    if (asked.kind == FRAME_SUBMIT)
        f = (struct frame){.kind = FRAME_ANSWER,
                           .as.answer = {.answers = asked.number, .what = QUERY_INBOX}};
    f.number = 2;
    serve_force(s, &f);
    hear_the_end(s);
}

static void a_question_has_no_receipt(void)
{
    begin(answer_with_the_other);
    inbox_fails(COMITY_VERIFY, "E_STATE");
    end();
    CHECK_U64(byes, 1);
}

static void a_submission_is_not_answered_with_rows(void)
{
    struct comity_sent *sent = NULL;
    begin(answer_with_the_other);
    CHECK_U64(home_send(comity, false, &sent, &fault), COMITY_VERIFY);
    CHECK_TEXT(fault.code, "E_STATE");
    if (CHECK(sent != NULL))
        CHECK_TEXT(sent->recipients[0].outcome, "unknown");
    comity_sent_free(sent);
    end();
    CHECK_U64(byes, 1);
}

static void never_greet(struct served *s)
{
    serve_hear(s);
    serve_await(s, FRAME_NONE);
}

static void a_gateway_that_does_not_greet_is_unavailable(void)
{
    begin(never_greet);
    inbox_fails(COMITY_UNAVAILABLE, "E_UNAVAILABLE");
    end();
}

/* The kernel takes the connection, and nobody answers. */
static void a_listener_without_tls_is_unavailable(void)
{
    char address[32];
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t length = sizeof at;
    int silent = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(bind(silent, (struct sockaddr *)&at, sizeof at) == 0 && listen(silent, 8) == 0 &&
          getsockname(silent, (struct sockaddr *)&at, &length) == 0);
    snprintf(address, sizeof address, "127.0.0.1:%u", ntohs(at.sin_port));
    begin(never_greet);
    snprintf(comity->context.address, sizeof comity->context.address, "%s", address);
    inbox_fails(COMITY_UNAVAILABLE, "E_UNAVAILABLE");
    end();
    close(silent);
}

/* One page after the other, each with the cursor of the next. */
static void give_page(struct served *s, const struct frame *query, size_t count)
{
    static const uint8_t id[UUID_BYTES] = {9, [6] = 0x40, [8] = 0x80};
    struct buffer b = buffer_new(4096);
    struct slice list[INBOX_MAX_ROWS];
    struct inbox_row row = {
        .key = {slice_text("XC-CA-01"), slice_over(id, sizeof id), slice_text("XA-CA-01")},
        .thread = slice_over(id, sizeof id),
        .type = slice_text("mla.request"),
        .stage = STAGE_ACCEPTED,
    };
    inbox_row_write(&b, &row);
    for (size_t i = 0; i < count; i++)
        list[i] = buffer_slice(&b);
    struct frame f = {.kind = FRAME_ANSWER,
                      .as.answer = {.answers = query->number,
                                    .what = query->as.query.what,
                                    .rows = {list, count},
                                    .next = slice_text("more")}};
    struct frame credit = {.kind = FRAME_CREDIT, .as.credit = {0, 1}};
    serve_give(s, &f);
    serve_give(s, &credit);
    buffer_done(&b);
}

static size_t rows_of_a_page;

static void list_for_ever(struct served *s)
{
    struct frame f = {.kind = FRAME_BYE};
    if (!serve_greet(s))
        return;
    while ((f = serve_hear(s)).kind == FRAME_QUERY) {
        give_page(s, &f, rows_of_a_page);
        arena_free(s->arena); /* what was heard is answered */
        s->arena = arena_new(64U << 20);
    }
    if (f.kind == FRAME_BYE)
        serve_give(s, &(struct frame){.kind = FRAME_BYE});
}

static void a_list_without_end_is_given_up(void)
{
    rows_of_a_page = INBOX_MAX_ROWS;
    begin(list_for_ever);
    comity->options.timeout_ms = 10000; /* it is the rows that are too many, not the time */
    CHECK_U64(comity_inbox(comity, NULL, &rows, &fault), COMITY_UNAVAILABLE);
    CHECK(strstr(fault.message, "has no end") != NULL);
    CHECK(rows == NULL);
    end();
}

static void pages_with_nothing_on_them_are_given_up(void)
{
    rows_of_a_page = 0;
    begin(list_for_ever);
    inbox_fails(COMITY_UNAVAILABLE, "E_UNAVAILABLE");
    end();
}

/* Receipts of nobody's message, as long as there is credit. */
static void push_for_ever(struct served *s)
{
    uint8_t octet = 0;
    if (!serve_greet(s))
        return;
    for (;;) {
        struct frame f = {.kind = FRAME_RECEIPT, .as.receipt.receipt = {&octet, 1}};
        while (session_credit(&s->session) == 0) {
            struct frame heard = serve_hear(s);
            if (heard.kind == FRAME_BYE)
                serve_give(s, &(struct frame){.kind = FRAME_BYE});
            if (heard.kind == FRAME_BYE || heard.kind == FRAME_NONE)
                return;
        }
        serve_give(s, &f);
    }
}

static void pushes_without_end_are_left_after_a_while(void)
{
    size_t count = 1;
    begin(push_for_ever);
    comity->options.timeout_ms = 50;
    uint64_t begun = clock_mono_ms();
    CHECK_U64(comity_receive(comity, 1000, &count, &fault), COMITY_VERIFY);
    CHECK(clock_mono_ms() - begun < CALL_MS);
    CHECK_U64(count, 0);
    end();
}

/* A DELIVER that proves nothing, and a receipt of nobody's message. */
static void push_rubbish(struct served *s)
{
    if (!serve_greet(s))
        return;
    serve_await(s, FRAME_CREDIT);
    struct slice one = slice_text("octets");
    struct frame deliver = {
        .kind = FRAME_DELIVER,
        .as.deliver = {.message = {one, {&one, 1}}, .releases = {&one, 1}, .receipts = {&one, 1}}};
    struct frame receipt = {.kind = FRAME_RECEIPT, .as.receipt.receipt = one};
    serve_give(s, &deliver);
    serve_give(s, &receipt);
    for (struct frame f = serve_hear(s); f.kind != FRAME_NONE; f = serve_hear(s)) {
        refusals += f.kind == FRAME_REFUSE && f.as.refuse.answers == deliver.number;
        takens += f.kind == FRAME_TAKEN;
        if (f.kind == FRAME_BYE)
            break;
    }
    struct frame bye = {.kind = FRAME_BYE};
    serve_give(s, &bye);
}

static void what_does_not_verify_is_refused_and_not_taken(void)
{
    size_t count = 1;
    refusals = takens = 0;
    begin(push_rubbish);
    comity->options.timeout_ms = 3000;
    CHECK_U64(comity_receive(comity, 300, &count, &fault), COMITY_VERIFY);
    CHECK_U64(count, 0);
    end();
    CHECK_U64(refusals, 1);
    CHECK_U64(takens, 0);
}

TESTS(clients_hostile,
      {"PINGs without end break the protocol", pings_without_end_break_the_protocol},
      {"octets that come slowly do not hold a call up",
       octets_that_come_slowly_do_not_hold_a_call_up},
      {"a frame that claims to be huge is refused at once",
       a_frame_that_claims_to_be_huge_is_refused_at_once},
      {"nothing may be pushed without credit", nothing_may_be_pushed_without_credit},
      {"a second WELCOME is refused", a_second_welcome_is_refused},
      {"a question has no receipt", a_question_has_no_receipt},
      {"a submission is not answered with rows", a_submission_is_not_answered_with_rows},
      {"a gateway that does not greet is unavailable",
       a_gateway_that_does_not_greet_is_unavailable},
      {"a listener without TLS is unavailable", a_listener_without_tls_is_unavailable},
      {"a list without end is given up", a_list_without_end_is_given_up},
      {"pages with nothing on them are given up", pages_with_nothing_on_them_are_given_up},
      {"pushes without end are left after a while", pushes_without_end_are_left_after_a_while},
      {"what does not verify is refused and not taken",
       what_does_not_verify_is_refused_and_not_taken})
