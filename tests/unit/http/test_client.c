/* Calls: to our server, to servers that say what they like, and to those that say nothing. */

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "site.h"

#define PLENTY_MS 20000

static uint64_t now_ms(void)
{
    struct timespec t = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static struct http_call call_to(const char *address)
{
    return (struct http_call){.address = address,
                              .expected = "XA-GW-01",
                              .method = HTTP_GET,
                              .path = "/who",
                              .answer_max = 1000};
}

static struct http_reply made(const struct http_call *call)
{
    struct tls_context *context = context_of(PARTY, false);
    struct http_reply reply;
    CHECK_OK(http_calls(context, call, 1, PLENTY_MS, &reply));
    tls_context_free(context);
    return reply;
}

static void a_body_is_sent_and_any_status_is_an_answer(void)
{
    struct site site = {0};
    site_start(&site, &(struct http_limits){0});
    struct http_call call = call_to(site.address);
    call.method = HTTP_POST;
    call.path = "/echo?old=1";
    call.body = slice_text("body");
    struct http_reply reply = made(&call);
    CHECK_STATUS(reply.status, OK);
    CHECK_U64(reply.code, 422);
    CHECK_BYTES(buffer_slice(&reply.body), slice_text("old=1\nbody"));
    CHECK_TEXT(reply.why, "");
    buffer_done(&reply.body);
    call.body = (struct slice){0};
    reply = made(&call);
    CHECK_BYTES(buffer_slice(&reply.body), slice_text("old=1\n"));
    buffer_done(&reply.body);
    call.method = HTTP_HEAD;
    call.path = "/who";
    reply = made(&call);
    CHECK_U64(reply.code, 200);
    CHECK_U64(reply.body.length, 0);
    buffer_done(&reply.body);
    site_stop(&site);
}

static void an_answer_that_is_too_long_is_not_taken(void)
{
    struct site site = {.page_bytes = 1000};
    site_start(&site, &(struct http_limits){0});
    struct http_call call = call_to(site.address);
    call.path = "/page";
    struct http_reply reply = made(&call);
    CHECK_STATUS(reply.status, OK);
    CHECK_U64(reply.body.length, 1000);
    buffer_done(&reply.body);
    call.answer_max = 999;
    reply = made(&call);
    CHECK_STATUS(reply.status, FAIL(FULL));
    CHECK_U64(reply.code, 0);
    buffer_done(&reply.body);
    site_stop(&site);
}

static void nobody_but_who_is_expected_is_asked(void)
{
    struct site site = {0};
    site_start(&site, &(struct http_limits){0});
    static const char *const others[] = {"XC-GW-01", "XA-CA-01", "", NULL};
    struct http_call call = call_to(site.address);
    for (unsigned i = 0; i < 4; i++) {
        call.expected = others[i];
        struct http_reply reply = made(&call);
        CHECK_STATUS(reply.status, FAIL(CRYPTO));
        CHECK_TEXT(reply.why, "certificate of somebody else than expected");
        buffer_done(&reply.body);
    }
    site_stop(&site);
}

static void who_is_refused_is_told_why(void)
{
    struct site site = {0};
    site_start(&site, &(struct http_limits){0});
    struct tls_context *revoking = context_of(GATEWAY, true), *police = context_of(POLICE, false);
    http_server_renew(site.server, revoking);
    struct http_call call = call_to(site.address);
    struct http_reply reply;
    CHECK_OK(http_calls(police, &call, 1, PLENTY_MS, &reply));
    CHECK_STATUS(reply.status, FAIL(CRYPTO));
    CHECK_TEXT(reply.why, "the peer refused our certificate: certificate revoked");
    buffer_done(&reply.body);
    tls_context_free(revoking);
    tls_context_free(police);
    site_stop(&site);
}

static void what_cannot_be_called_is_said(void)
{
    static const struct {
        const char *address, *path;
        enum code code;
    } rows[] = {
        {"127.0.0.1", "/", CODE_CONFIG},
        {"127.0.0.1:1", "who", CODE_CONFIG},
        {"127.0.0.1:1", "", CODE_CONFIG},
        {"127.0.0.1:1", "/a b", CODE_CONFIG},
        {"127.0.0.1:1", "/\r\n", CODE_CONFIG},
        {"127.0.0.1:1", "/", CODE_NETWORK},
        {"no.such.host.invalid:1", "/", CODE_NETWORK},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct http_call call = call_to(rows[i].address);
        call.path = rows[i].path;
        struct http_reply reply = made(&call);
        CHECK_U64(reply.status.code, rows[i].code);
        CHECK(reply.why[0] != '\0');
        buffer_done(&reply.body);
    }
    CHECK_OK(http_calls(NULL, NULL, 0, 0, NULL));
}

/* Nothing goes out in the clear because something is missing. */
static void without_a_context_nobody_is_called(void)
{
    const struct http_call call = call_to("127.0.0.1:1");
    struct http_reply reply;
    CHECK_OK(http_calls(NULL, &call, 1, PLENTY_MS, &reply));
    CHECK_STATUS(reply.status, FAIL(CONFIG));
    CHECK_TEXT(reply.why, "there is no certificate to call with");
    buffer_done(&reply.body);
}

/* A listener that nobody accepts from, or whose connections nobody answers. */
static int silent(char address[static ADDRESS_TEXT_BYTES])
{
    int fd = -1;
    CHECK_OK(listener_open("127.0.0.1:0", &fd));
    CHECK_OK(listener_address(fd, address));
    return fd;
}

static void all_are_called_at_once_and_none_waits_past_the_deadline(void)
{
    struct site site = {0};
    char dumb[ADDRESS_TEXT_BYTES];
    int fd = silent(dumb);
    site_start(&site, &(struct http_limits){.per_source = 100, .per_caller = 100});
    struct http_call calls[24];
    struct http_reply replies[24];
    struct tls_context *context = context_of(PARTY, false);
    for (unsigned i = 0; i < 24; i++)
        calls[i] = call_to(i % 2 == 0 ? dumb : site.address);
    uint64_t began = now_ms();
    CHECK_OK(http_calls(context, calls, 24, 3000, replies));
    uint64_t took = now_ms() - began;
    CHECK(took >= 2900 && took < 6000);
    for (unsigned i = 0; i < 24; i++) {
        CHECK_STATUS(replies[i].status, i % 2 == 0 ? FAIL(NETWORK) : OK);
        CHECK_TEXT(replies[i].why, i % 2 == 0 ? "there was no answer in time" : "");
        buffer_done(&replies[i].body);
    }
    tls_context_free(context);
    close(fd);
    site_stop(&site);
}

/* ---- without TLS ---- */

struct bare {
    int listener;
    const char *answer;
    char request[512];
};

/* Takes one request with the body "?", answers, and ends the connection. */
static void *be_bare(void *owner)
{
    struct bare *b = owner;
    size_t length = 0;
    struct pollfd p = {.fd = b->listener, .events = POLLIN};
    int fd = poll(&p, 1, PLENTY_MS) == 1 ? accept(b->listener, NULL, NULL) : -1;
    for (ssize_t got = 1; fd >= 0 && got > 0 && strchr(b->request, '?') == NULL;
         length += got > 0 ? (size_t)got : 0)
        got = recv(fd, b->request + length, sizeof b->request - 1 - length, 0);
    if (fd >= 0 && send(fd, b->answer, strlen(b->answer), MSG_NOSIGNAL) > 0)
        close(fd);
    return NULL;
}

static struct http_reply asked_bare(const char *answer, char request[static 512])
{
    char address[ADDRESS_TEXT_BYTES];
    struct bare b = {.listener = silent(address), .answer = answer};
    struct http_call call = call_to(address);
    struct http_reply reply;
    pthread_t thread;
    call.plain = true;
    call.expected = NULL;
    call.method = HTTP_POST;
    call.body = slice_text("?");
    CHECK(pthread_create(&thread, NULL, be_bare, &b) == 0);
    CHECK_OK(http_calls(NULL, &call, 1, PLENTY_MS, &reply));
    CHECK(pthread_join(thread, NULL) == 0);
    close(b.listener);
    memcpy(request, b.request, sizeof b.request);
    return reply;
}

static void a_plain_call_goes_over_tcp_alone(void)
{
    char request[512];
    struct http_reply reply =
        asked_bare("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", request);
    CHECK_STATUS(reply.status, OK);
    CHECK_BYTES(buffer_slice(&reply.body), slice_text("hello"));
    CHECK(strncmp(request, "POST /who HTTP/1.1\r\nHost: 127.0.0.1:", 36) == 0);
    buffer_done(&reply.body);
    reply = asked_bare("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello", request);
    CHECK_STATUS(reply.status, FAIL(NETWORK));
    CHECK_TEXT(reply.why, "the answer was cut off");
    buffer_done(&reply.body);
    reply = asked_bare("HTTP/1.1 200 OK\r\n\r\nhello", request);
    CHECK_BYTES(buffer_slice(&reply.body), slice_text("hello"));
    buffer_done(&reply.body);
}

/* ---- a server that says what it likes ---- */

struct odd {
    int listener;
    const char *answer;
    bool closes; /* with close_notify */
    struct tls_context *context;
    bool was_asked; /* and has answered */
};

static bool ready(int fd, enum tls_step step)
{
    struct pollfd p = {.fd = fd, .events = step == TLS_WANT_READ ? POLLIN : POLLOUT};
    return (step == TLS_WANT_READ || step == TLS_WANT_WRITE) && poll(&p, 1, PLENTY_MS) == 1;
}

/* Waits for a request, or what there is of it, and answers. */
static bool answer_oddly(const struct odd *o, int fd, struct tls_link *tls)
{
    uint8_t request[1024];
    size_t length = 0;
    enum tls_step step;
    do
        step = tls_handshake(tls);
    while (step != TLS_DONE && ready(fd, step));
    do
        step = tls_read(tls, request, sizeof request, &length);
    while (step != TLS_DONE && ready(fd, step));
    return step == TLS_DONE && tls_write(tls, slice_text(o->answer), &length) == TLS_DONE &&
           (!o->closes || tls_close(tls) == TLS_DONE);
}

static void *be_odd(void *owner)
{
    struct odd *o = owner;
    struct pollfd p = {.fd = o->listener, .events = POLLIN};
    struct tls_link *tls = NULL;
    int fd = poll(&p, 1, PLENTY_MS) == 1 ? accept(o->listener, NULL, NULL) : -1;
    o->was_asked = fd >= 0 && !failed(tls_link_accept(o->context, fd, &tls)) &&
                   !failed(tls_link_speak(tls, TLS_HTTP)) && answer_oddly(o, fd, tls);
    tls_link_free(tls);
    shutdown(fd, SHUT_WR);
    poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, PLENTY_MS);
    close(fd);
    return NULL;
}

static void answers_of_others_are_read_as_strictly(void)
{
    static const struct {
        const char *answer;
        bool closes;
        enum code code;
        const char *body;
    } rows[] = {
        {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab", true, CODE_OK, "ab"},
        {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nabc", false, CODE_OK, "ab"},
        {"HTTP/1.0 404 No\r\n\r\nto the end", true, CODE_OK, "to the end"},
        {"HTTP/1.1 204 None\r\n\r\n", true, CODE_OK, ""},
        {"HTTP/1.0 200 OK\r\n\r\ncut off", false, CODE_NETWORK, ""},
        {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab", true, CODE_NETWORK, ""},
        {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab", false, CODE_NETWORK, ""},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", true, CODE_NETWORK, ""},
        {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", true, CODE_NETWORK, ""},
        {"HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n", true, CODE_FULL, ""},
        {"HTTP/1.1 200 OK\r\nContent-Len", true, CODE_NETWORK, ""},
        {"hello", true, CODE_NETWORK, ""},
        {"", true, CODE_NETWORK, ""},
    };
    char address[ADDRESS_TEXT_BYTES];
    struct odd odd = {.listener = silent(address), .context = context_of(GATEWAY, false)};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        pthread_t thread;
        odd.answer = rows[i].answer;
        odd.closes = rows[i].closes;
        CHECK(pthread_create(&thread, NULL, be_odd, &odd) == 0);
        struct http_call call = call_to(address);
        struct http_reply reply = made(&call);
        CHECK(pthread_join(thread, NULL) == 0);
        CHECK(odd.was_asked);
        if (!CHECK_U64(reply.status.code, rows[i].code) ||
            !CHECK_BYTES(buffer_slice(&reply.body), slice_text(rows[i].body)))
            printf("row %zu: %s\n", i, reply.why);
        buffer_done(&reply.body);
    }
    tls_context_free(odd.context);
    close(odd.listener);
}

TESTS(http_client,
      {"A body is sent, and any status is an answer", a_body_is_sent_and_any_status_is_an_answer},
      {"an answer that is too long is not taken", an_answer_that_is_too_long_is_not_taken},
      {"nobody but who is expected is asked", nobody_but_who_is_expected_is_asked},
      {"who is refused is told why", who_is_refused_is_told_why},
      {"what cannot be called is said", what_cannot_be_called_is_said},
      {"without a context nobody is called", without_a_context_nobody_is_called},
      {"a plain call goes over TCP alone", a_plain_call_goes_over_tcp_alone},
      {"all are called at once and none waits past the deadline",
       all_are_called_at_once_and_none_waits_past_the_deadline},
      {"answers of others are read as strictly", answers_of_others_are_read_as_strictly})
