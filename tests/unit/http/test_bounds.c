/* What a peer cannot do to a server: take long, take much, stay when it may not, or be a stranger.
 */

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <time.h>

#include "site.h"

#define HOST       " HTTP/1.1\r\nHost: x\r\n"
#define TRICKLE_MS 20

static uint64_t now_ms(void)
{
    struct timespec t = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void check_served(const struct site *site)
{
    struct http_reply reply = site_get(site, "/who");
    CHECK_STATUS(reply.status, OK);
    CHECK_U64(reply.code, 200);
    buffer_done(&reply.body);
}

/* Sends an octet of the text each TRICKLE_MS, over and over, until the server has ended it. */
static bool trickle(struct hand *h, const char *text)
{
    uint64_t until = now_ms() + 20000;
    for (size_t i = 0; now_ms() < until; i++) {
        struct pollfd p = {.fd = h->fd, .events = POLLIN};
        const char octet[2] = {text[i % strlen(text)], '\0'};
        if (poll(&p, 1, TRICKLE_MS) == 1)
            return hand_read_all(h) && (h->is_broken || h->is_closed);
        if (!hand_send(h, octet))
            return true;
    }
    return false;
}

static void a_request_that_trickles_is_cut_while_others_are_served(void)
{
    static const char *const texts[] = {"GET /who" HOST "a: bcdefghijklmnop",
                                        "POST /echo" HOST "Content-Length: 1000\r\n\r\nabc"};
    struct site site = {0};
    site_start(&site, &(struct http_limits){.request_ms = 400});
    for (unsigned i = 0; i < 2; i++) {
        struct hand h = hand_open(&site);
        uint64_t began = now_ms();
        CHECK(hand_send(&h, texts[i]));
        check_served(&site);
        CHECK(trickle(&h, "x"));
        CHECK(now_ms() - began >= 350);
        CHECK_U64(h.in.length, 0);
        CHECK(site_says(HTTP_LATE, i + 1));
        hand_drop(&h);
    }
    site_stop(&site);
}

static void who_takes_nothing_of_an_answer_is_cut(void)
{
    struct site site = {.file_bytes = 24U << 20};
    site_start(&site, &(struct http_limits){.answer_ms = 400});
    struct hand h = hand_open(&site);
    uint64_t began = now_ms();
    CHECK(hand_send(&h, "GET /file/it" HOST "\r\n"));
    check_served(&site);
    CHECK(site_says(HTTP_LATE, 1));
    CHECK(now_ms() - began < 8000); /* not by the time that a request has */
    CHECK(hand_read_all(&h) && h.is_broken);
    CHECK(h.in.length < site.file_bytes);
    hand_drop(&h);
    site_stop(&site);
}

static void who_does_not_shake_hands_is_cut(void)
{
    struct site site = {0};
    site_start(&site, &(struct http_limits){.handshake_ms = 300});
    struct hand h = hand_connect(&site);
    struct pollfd p = {.fd = h.fd, .events = POLLIN};
    check_served(&site);
    CHECK(poll(&p, 1, 20000) == 1);
    CHECK(site_says(HTTP_LATE, 1));
    hand_drop(&h);
    site_stop(&site);
}

static void who_asks_nothing_more_is_let_go_without_a_word(void)
{
    struct site site = {0};
    site_start(&site, &(struct http_limits){.idle_ms = 300});
    struct hand h = hand_open(&site);
    CHECK(hand_send(&h, "GET /who" HOST "\r\n"));
    CHECK(hand_read_all(&h) && h.is_broken);
    CHECK(hand_has(&h, "XA-CA-01"));
    CHECK_U64(site_said(HTTP_LATE), 0);
    hand_drop(&h);
    site_stop(&site);
}

static void one_address_has_only_so_many_connections(void)
{
    struct site site = {0};
    site_start(&site, &(struct http_limits){.per_source = 2});
    struct hand one = hand_open(&site), two = hand_open(&site), three = hand_connect(&site);
    struct pollfd p = {.fd = three.fd, .events = POLLIN};
    CHECK(site_says(HTTP_SHED, 1));
    CHECK(poll(&p, 1, 20000) == 1);
    hand_drop(&two);
    CHECK(hand_send(&one, "GET /who" HOST "Connection: close\r\n\r\n"));
    CHECK(hand_read_all(&one) && one.is_closed);
    hand_drop(&one);
    hand_drop(&three);
    site_stop(&site);
}

static void all_together_are_only_so_many(void)
{
    struct site site = {0};
    site_start(&site, &(struct http_limits){.connections = 1});
    struct hand one = hand_open(&site), two = hand_connect(&site);
    CHECK(site_says(HTTP_SHED, 1));
    hand_drop(&one);
    hand_drop(&two);
    site_stop(&site);
}

static void handshakes_are_at_most_half_and_the_oldest_makes_room(void)
{
    struct site site = {0};
    site_start(&site, &(struct http_limits){.connections = 4});
    struct hand one = hand_connect(&site), two = hand_connect(&site), three = hand_connect(&site);
    struct pollfd first = {.fd = one.fd, .events = POLLIN};
    struct pollfd second = {.fd = two.fd, .events = POLLIN};
    struct tls_context *party = context_of(PARTY, false);
    CHECK(site_says(HTTP_SHED, 1));
    CHECK(poll(&first, 1, 20000) == 1);
    CHECK(poll(&second, 1, 0) == 0);
    CHECK(hand_shake(&two, party, TLS_HTTP));
    CHECK(hand_send(&two, "GET /who" HOST "Connection: close\r\n\r\n"));
    CHECK(hand_read_all(&two) && hand_has(&two, "XA-CA-01"));
    CHECK_U64(site_said(HTTP_SHED), 1);
    tls_context_free(party);
    hand_drop(&one);
    hand_drop(&two);
    hand_drop(&three);
    site_stop(&site);
}

static void one_identity_has_only_so_many_connections(void)
{
    struct site site = {0};
    site_start(&site, &(struct http_limits){.per_caller = 1});
    struct hand one = hand_open(&site), other = hand_open_as(&site, PEER), two = hand_open(&site);
    CHECK(hand_read_all(&two) && two.is_broken);
    CHECK_U64(site_said(HTTP_SHED), 1);
    CHECK(hand_send(&other, "GET /who" HOST "Connection: close\r\n\r\n"));
    CHECK(hand_read_all(&other) && hand_has(&other, "XC-CA-01"));
    hand_drop(&one);
    hand_drop(&two);
    hand_drop(&other);
    site_stop(&site);
}

static void a_stranger_to_the_protocol_or_the_list_is_told_nothing(void)
{
    struct site site = {0};
    site_start(&site, &(struct http_limits){0});
    struct tls_context *party = context_of(PARTY, false), *police = context_of(POLICE, false);
    struct tls_context *revoking = context_of(GATEWAY, true);
    struct hand link = hand_connect(&site), revoked = hand_connect(&site);
    CHECK(!hand_shake(&link, party, TLS_PROTOCOL));
    CHECK(tls_failure(link.tls) == TLS_FAILURE_ALPN);
    CHECK(site_says(HTTP_UNSHAKEN, 1));
    http_server_renew(site.server, revoking);
    /* a client's handshake ends before the server has judged it */
    if (hand_shake(&revoked, police, TLS_HTTP)) {
        (void)hand_send(&revoked, "GET /who" HOST "\r\n");
        CHECK(hand_read_all(&revoked) && revoked.is_broken);
    }
    CHECK_U64(revoked.in.length, 0);
    CHECK(site_says(HTTP_UNSHAKEN, 2));
    hand_drop(&link);
    hand_drop(&revoked);
    tls_context_free(party);
    tls_context_free(police);
    tls_context_free(revoking);
    site_stop(&site);
}

static void a_renewed_context_ends_whom_it_refuses_and_nobody_else(void)
{
    struct site site = {0};
    site_start(&site, &(struct http_limits){0});
    struct tls_context *revoking = context_of(GATEWAY, true);
    struct hand party = hand_open(&site), police = hand_open_as(&site, POLICE);
    CHECK(hand_send(&police, "GET /who" HOST "\r\n"));
    CHECK(hand_read(&police, 1));
    http_server_renew(site.server, revoking);
    http_server_renew(site.server, revoking);
    tls_context_free(revoking);
    CHECK(hand_read_all(&police) && police.is_broken);
    CHECK(site_says(HTTP_ENDED, 1));
    CHECK(hand_send(&party, "GET /who" HOST "Connection: close\r\n\r\n"));
    CHECK(hand_read_all(&party) && hand_has(&party, "XA-CA-01"));
    CHECK_U64(site_said(HTTP_ENDED), 1);
    hand_drop(&party);
    hand_drop(&police);
    site_stop(&site);
}

static void stopping_ends_everything_at_once(void)
{
    struct site site = {.file_bytes = 24U << 20};
    site_start(&site, &(struct http_limits){0});
    struct hand reading = hand_open(&site), idle = hand_open(&site), shaking = hand_connect(&site);
    CHECK(hand_send(&reading, "GET /file/it" HOST "\r\n"));
    CHECK(hand_read(&reading, 1));
    uint64_t began = now_ms();
    site_stop(&site);
    CHECK(now_ms() - began < 5000);
    CHECK(hand_read_all(&reading) && reading.is_broken);
    CHECK(hand_read_all(&idle) && idle.is_broken);
    hand_drop(&reading);
    hand_drop(&idle);
    hand_drop(&shaking);
    http_server_stop(NULL);
}

static void what_cannot_be_listened_on_is_said(void)
{
    static const struct {
        const char *address, *error;
        struct status status;
    } rows[] = {
        {"nowhere", "nowhere cannot be bound (not an address and port)", {CODE_CONFIG, 0}},
        {"192.0.2.1:1",
         "192.0.2.1:1 cannot be bound (Cannot assign requested address)",
         {CODE_NETWORK, 0}},
    };
    struct tls_context *context = context_of(GATEWAY, false);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *const listen[] = {"127.0.0.1:0", rows[i].address};
        const struct http_settings settings = {
            .listen = listen, .listen_count = 2, .context = context};
        struct http_server *server = NULL;
        char error[HTTP_ERROR_BYTES];
        CHECK_STATUS(http_server_start(&settings, error, &server), rows[i].status);
        CHECK_TEXT(error, rows[i].error);
        CHECK(server == NULL);
    }
    tls_context_free(context);
}

struct asker {
    const char *address;
    struct tls_context *context;
    unsigned answered;
};

static void *ask_often(void *owner)
{
    struct asker *a = owner;
    const struct http_call call = {
        .address = a->address, .expected = "XA-GW-01", .path = "/who", .answer_max = 100};
    for (unsigned i = 0; i < 10; i++) {
        struct http_reply reply;
        struct status s = http_calls(a->context, &call, 1, 20000, &reply);
        a->answered += !failed(s) && reply.code == 200;
        buffer_done(&reply.body);
    }
    return NULL;
}

static void many_ask_at_once_while_contexts_are_renewed(void)
{
    struct site site = {0};
    pthread_t threads[4];
    site_start(&site, &(struct http_limits){0});
    struct tls_context *context = context_of(GATEWAY, false), *party = context_of(PARTY, false);
    struct asker askers[4];
    for (unsigned i = 0; i < 4; i++) {
        askers[i] = (struct asker){site.address, party, 0};
        CHECK(pthread_create(&threads[i], NULL, ask_often, &askers[i]) == 0);
    }
    for (unsigned i = 0; i < 50; i++)
        http_server_renew(site.server, context);
    for (unsigned i = 0; i < 4; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
        CHECK_U64(askers[i].answered, 10);
    }
    CHECK_U64(site_said(HTTP_ENDED), 0);
    tls_context_free(context);
    tls_context_free(party);
    site_stop(&site);
}

TESTS(http_bounds,
      {"A request that trickles is cut while others are served",
       a_request_that_trickles_is_cut_while_others_are_served},
      {"who takes nothing of an answer is cut", who_takes_nothing_of_an_answer_is_cut},
      {"who does not shake hands is cut", who_does_not_shake_hands_is_cut},
      {"who asks nothing more is let go without a word",
       who_asks_nothing_more_is_let_go_without_a_word},
      {"one address has only so many connections", one_address_has_only_so_many_connections},
      {"all together are only so many", all_together_are_only_so_many},
      {"handshakes are at most half, and the oldest makes room",
       handshakes_are_at_most_half_and_the_oldest_makes_room},
      {"one identity has only so many connections", one_identity_has_only_so_many_connections},
      {"a stranger to the protocol or the list is told nothing",
       a_stranger_to_the_protocol_or_the_list_is_told_nothing},
      {"a renewed context ends whom it refuses and nobody else",
       a_renewed_context_ends_whom_it_refuses_and_nobody_else},
      {"stopping ends everything at once", stopping_ends_everything_at_once},
      {"what cannot be listened on is said", what_cannot_be_listened_on_is_said},
      {"many ask at once while contexts are renewed", many_ask_at_once_while_contexts_are_renewed})
