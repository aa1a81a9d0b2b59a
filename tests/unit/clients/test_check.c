/* What comity_check finds out about a gateway that the test plays. */

#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway.h"
#include "home.h"
#include "libcomity/clock.h"
#include "support/check.h"

#define GATEWAY "XA/gateways/XA-GW-01"

static struct comity_fault fault;
static atomic_llong ahead_ms; /* the gateway's clock before ours */
static atomic_uint credits, byes;

/* WELCOME with a clock and a rulebook of its own. */
static bool greet(struct served *s, bool same_rulebook)
{
    static const uint8_t other[32] = {1};
    struct frame f = serve_hear(s);
    if (f.kind != FRAME_HELLO)
        return false;
    struct frame welcome = session_greeting(&s->session, clock_wall_ms());
    welcome.as.hello.time_ms = (uint64_t)((long long)clock_wall_ms() + ahead_ms);
    welcome.as.hello.law = f.as.hello.law;
    welcome.as.hello.states = f.as.hello.states;
    welcome.as.hello.parties = f.as.hello.parties;
    welcome.as.hello.parties_count = f.as.hello.parties_count;
    if (!same_rulebook) {
        welcome.as.hello.law.number++;
        welcome.as.hello.states.digest = slice_over(other, sizeof other);
        welcome.as.hello.parties_count--; /* XC is not there any more */
    }
    serve_give(s, &welcome);
    return true;
}

/* Answers PINGs until the client says BYE. */
static void go_on(struct served *s)
{
    for (struct frame f = serve_hear(s); f.kind != FRAME_NONE; f = serve_hear(s)) {
        struct frame pong = {.kind = FRAME_PONG, .as.pong_answers = f.number};
        struct frame bye = {.kind = FRAME_BYE};
        credits += f.kind == FRAME_CREDIT;
        byes += f.kind == FRAME_BYE;
        if (f.kind == FRAME_PING)
            serve_give(s, &pong);
        if (f.kind == FRAME_BYE) {
            serve_give(s, &bye);
            return;
        }
    }
}

static void serve_well(struct served *s)
{
    if (greet(s, true))
        go_on(s);
}

static enum comity_exit look(const char *address, unsigned timeout_ms, struct comity_checked **ret)
{
    struct comity_options options = {
        .home = home_make(address), .context = "xa-ca-01", .timeout_ms = timeout_ms};
    return comity_check(&options, ret, &fault);
}

static enum comity_exit look_at(serve *fn, unsigned timeout_ms, struct comity_checked **ret)
{
    CHECK_OK(crypto_thread_start());
    credits = byes = 0;
    gateway_start(GATEWAY, fn);
    enum comity_exit exit = look(gateway_address(), timeout_ms, ret);
    gateway_stop();
    return exit;
}

static void every_step_is_timed_and_the_gateway_named(void)
{
    struct comity_checked *c = NULL;
    ahead_ms = 0;
    uint64_t before = clock_wall_ms();
    if (!CHECK_U64(look_at(serve_well, 5000, &c), COMITY_DONE))
        fprintf(stderr, "%s\n", fault.message);
    else {
        CHECK(c->connect_us > 0 && c->handshake_us > 0 && c->greeting_us > 0 && c->ping_us > 0);
        CHECK(c->connect_us + c->handshake_us + c->greeting_us + c->ping_us < 5000000);
        CHECK_TEXT(c->address, gateway_address());
        CHECK_TEXT(c->gateway, "XA-GW-01");
        CHECK_TEXT(c->tls_version, "TLSv1.3");
        CHECK(strlen(c->tls_group) > 3);
        CHECK_U64(strlen(c->gateway_sha256), 64);
        CHECK(c->gateway_from_ms <= before && c->gateway_until_ms > before);
        CHECK(c->time_ms >= before && c->time_ms <= clock_wall_ms());
        CHECK_U64(c->version_count, 4);
        for (size_t i = 0; i < c->version_count; i++)
            CHECK(c->versions[i].agrees);
        CHECK_TEXT(c->versions[3].object, "parties XC");
        CHECK_U64(byes, 1);
        CHECK_U64(credits, 0); /* without credit the gateway cannot deliver what would get lost */
    }
    comity_checked_free(c);
}

static void the_gateways_clock_is_compared_with_ours(void)
{
    static const long long clocks[] = {0, 90000, -90000, 400000, -7200000};
    for (size_t i = 0; i < sizeof clocks / sizeof clocks[0]; i++) {
        struct comity_checked *c = NULL;
        ahead_ms = clocks[i];
        if (CHECK_U64(look_at(serve_well, 5000, &c), COMITY_DONE)) {
            long long off = c->offset_ms - clocks[i];
            if (!CHECK((uint64_t)llabs(off) <= c->margin_ms + 1))
                fprintf(stderr, "%lld ms, give or take %llu\n", (long long)c->offset_ms,
                        (unsigned long long)c->margin_ms);
        }
        comity_checked_free(c);
    }
    ahead_ms = 0;
}

static void serve_other(struct served *s)
{
    if (greet(s, false))
        go_on(s);
}

static void another_rulebook_is_noticed_object_by_object(void)
{
    struct comity_checked *c = NULL;
    if (!CHECK_U64(look_at(serve_other, 5000, &c), COMITY_DONE) || !CHECK_U64(c->version_count, 4))
        return;
    CHECK_TEXT(c->versions[0].object, "law");
    CHECK_U64(c->versions[0].theirs, c->versions[0].ours + 1);
    CHECK(!c->versions[0].agrees);
    CHECK_U64(c->versions[1].theirs, c->versions[1].ours);
    CHECK(!c->versions[1].agrees); /* the same number, another text */
    CHECK(strcmp(c->versions[1].our_digest, c->versions[1].their_digest) != 0);
    CHECK(c->versions[2].agrees);
    CHECK_TEXT(c->versions[3].object, "parties XC");
    CHECK_U64(c->versions[3].theirs, 0);
    CHECK_TEXT(c->versions[3].their_digest, "");
    CHECK(!c->versions[3].agrees);
    comity_checked_free(c);
}

static void serve_mute(struct served *s)
{
    (void)serve_hear(s);
    (void)serve_hear(s);
}

static void serve_no_pong(struct served *s)
{
    if (greet(s, true))
        while (serve_hear(s).kind != FRAME_NONE)
            ;
}

static void how_far_it_came_is_told(void)
{
    struct comity_checked *c = NULL;
    CHECK_U64(look_at(serve_mute, 300, &c), COMITY_UNAVAILABLE);
    if (CHECK(c != NULL)) {
        CHECK(c->connect_us > 0 && c->handshake_us > 0);
        CHECK(c->greeting_us == 0 && c->ping_us == 0);
    }
    comity_checked_free(c);
    CHECK_U64(look_at(serve_no_pong, 300, &c), COMITY_UNAVAILABLE);
    CHECK(strstr(fault.message, "PING") != NULL);
    if (CHECK(c != NULL))
        CHECK(c->greeting_us > 0 && c->ping_us == 0);
    comity_checked_free(c);
    CHECK_U64(look("127.0.0.1:1", 300, &c), COMITY_UNAVAILABLE); /* nobody listens there */
    if (CHECK(c != NULL))
        CHECK(c->connect_us == 0);
    comity_checked_free(c);
}

/* How a look at a gateway ends that closes so many connections before it takes one. */
static enum comity_exit look_at_full(unsigned shed, unsigned timeout_ms)
{
    struct comity_checked *c = NULL;
    CHECK_OK(crypto_thread_start());
    gateway_start(GATEWAY, serve_well);
    gateway_shed(shed);
    enum comity_exit exit = look(gateway_address(), timeout_ms, &c);
    gateway_stop();
    if (CHECK(c != NULL)) {
        CHECK_TEXT(c->address, gateway_address());
        CHECK(c->connect_us > 0);
        CHECK((c->handshake_us > 0) == (exit == COMITY_DONE));
    }
    comity_checked_free(c);
    return exit;
}

static void a_gateway_without_room_is_dialled_again_in_time(void)
{
    CHECK_U64(look_at_full(3, 10000), COMITY_DONE);
    uint64_t begun = clock_mono_ms();
    CHECK_U64(look_at_full(UINT_MAX, 400), COMITY_UNAVAILABLE);
    CHECK(clock_mono_ms() - begun < 10000);
}

static void somebody_else_is_not_greeted(void)
{
    struct comity_checked *c = NULL;
    gateway_start("XC/gateways/XC-GW-01", serve_well);
    CHECK_U64(look(gateway_address(), 5000, &c), COMITY_IDENTITY);
    gateway_stop();
    if (CHECK(c != NULL)) {
        CHECK(c->connect_us > 0 && c->handshake_us == 0 && c->time_ms == 0);
        CHECK_TEXT(c->gateway, "");
    }
    comity_checked_free(c);
    comity_checked_free(NULL);
}

static void without_a_context_nothing_is_tried(void)
{
    struct comity_checked *c = NULL;
    struct comity_options options = {.home = home_make("127.0.0.1:1"), .context = "nobody"};
    CHECK_U64(comity_check(&options, &c, &fault), COMITY_INPUT);
    CHECK(c == NULL);
}

TESTS(clients_check,
      {"every step is timed and the gateway named", every_step_is_timed_and_the_gateway_named},
      {"the gateway's clock is compared with ours", the_gateways_clock_is_compared_with_ours},
      {"another rulebook is noticed object by object",
       another_rulebook_is_noticed_object_by_object},
      {"how far it came is told", how_far_it_came_is_told},
      {"a gateway without room is dialled again, in time",
       a_gateway_without_room_is_dialled_again_in_time},
      {"somebody else is not greeted", somebody_else_is_not_greeted},
      {"without a context nothing is tried", without_a_context_nothing_is_tried})
