/* Requests and their answers over real connections. */

#include <stdio.h>
#include <stdlib.h>

#include "site.h"

static const struct http_limits usual = {0};

static void who_asks_is_told_by_the_certificate(void)
{
    struct site site = {0};
    site_start(&site, &usual);
    struct http_reply reply = site_get(&site, "/who");
    CHECK_STATUS(reply.status, OK);
    CHECK_U64(reply.code, 200);
    CHECK_BYTES(buffer_slice(&reply.body), slice_text("XA-CA-01"));
    buffer_done(&reply.body);
    site_stop(&site);
}

static void an_answer_has_what_its_page_said(void)
{
    struct site site = {0};
    site_start(&site, &usual);
    struct hand h = hand_open(&site);
    CHECK(hand_send(&h, "POST /echo?a=%41 HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n"
                        "Connection: close\r\n\r\nxyz"));
    CHECK(hand_read_all(&h) && h.is_closed);
    CHECK(hand_has(&h, "HTTP/1.1 422 Unprocessable Content\r\n"));
    CHECK(hand_has(&h, "\r\nContent-Type: text/x.echo\r\n"));
    CHECK(hand_has(&h, "\r\nCache-Control: no-cache\r\n"));
    CHECK(hand_has(&h, "\r\nContent-Length: 9\r\n"));
    CHECK(hand_has(&h, " GMT\r\n"));
    CHECK(hand_has(&h, "\r\n\r\na=%41\nxyz"));
    hand_drop(&h);
    site_stop(&site);
}

static void head_is_answered_without_octets(void)
{
    struct site site = {.file_bytes = 70000};
    site_start(&site, &usual);
    struct hand h = hand_open(&site);
    CHECK(hand_send(&h, "HEAD /file/a HTTP/1.1\r\nHost: x\r\n\r\n"
                        "HEAD /who HTTP/1.1\r\nHost: x\r\n\r\n"
                        "something else\r\n\r\n"));
    CHECK(hand_read_all(&h) && h.is_closed);
    CHECK(hand_has(&h, "\r\nContent-Length: 70000\r\n"));
    CHECK(hand_has(&h, "\r\nContent-Length: 8\r\n"));
    CHECK(h.in.length < 1000);
    CHECK(hand_has(&h, "\r\n\r\n400 Bad Request\n")); /* what is refused is no HEAD */
    hand_drop(&h);
    site_stop(&site);
}

static void requests_follow_each_other_on_a_connection(void)
{
    struct site site = {0};
    site_start(&site, &(struct http_limits){.requests = 3});
    struct hand h = hand_open(&site);
    CHECK(hand_send(&h, "GET /who HTTP/1.1\r\nHost: x\r\n\r\n"));
    CHECK(hand_read(&h, 1));
    CHECK(hand_has(&h, "\r\nConnection: keep-alive\r\n"));
    /* all at once: two whole ones, and one too many */
    CHECK(hand_send(&h, "POST /echo?1 HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nGET "
                        "POST /echo?2 HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"
                        "POST /echo?3 HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"));
    CHECK(hand_read_all(&h) && h.is_closed);
    CHECK(hand_has(&h, "1\nGET HTTP/1.1 422"));
    CHECK(hand_has(&h, "\r\nConnection: close\r\n"));
    CHECK(hand_has(&h, "\r\n\r\n2\n"));
    CHECK(!hand_has(&h, "3\n"));
    hand_drop(&h);
    site_stop(&site);
}

static void a_connection_lives_only_so_long(void)
{
    struct site site = {0};
    site_start(&site, &(struct http_limits){.life_ms = 1});
    struct hand h = hand_open(&site);
    CHECK(hand_send(&h, "GET /who HTTP/1.1\r\nHost: x\r\n\r\n"));
    CHECK(hand_read_all(&h) && h.is_closed);
    CHECK(hand_has(&h, "\r\nConnection: close\r\n"));
    hand_drop(&h);
    site_stop(&site);
}

static void http_1_0_is_answered_and_ended(void)
{
    struct site site = {0};
    site_start(&site, &usual);
    struct hand h = hand_open(&site);
    CHECK(hand_send(&h, "GET /who HTTP/1.0\r\n\r\n"));
    CHECK(hand_read_all(&h) && h.is_closed);
    CHECK(hand_has(&h, "\r\n\r\nXA-CA-01"));
    hand_drop(&h);
    site_stop(&site);
}

static void a_body_may_wait_for_our_word(void)
{
    struct site site = {0};
    site_start(&site, &usual);
    struct hand h = hand_open(&site);
    CHECK(hand_send(&h, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n"
                        "Expect: 100-continue\r\nConnection: close\r\n\r\n"));
    CHECK(hand_read(&h, 1));
    CHECK_BYTES(buffer_slice(&h.in), slice_text("HTTP/1.1 100 Continue\r\n\r\n"));
    CHECK(hand_send(&h, "ab"));
    CHECK(hand_read_all(&h) && h.is_closed);
    CHECK(hand_has(&h, "\r\n\r\n\nab"));
    hand_drop(&h);
    site_stop(&site);
}

static void check_refusal(const struct site *site, const char *request, const char *wanted,
                          bool ends)
{
    struct hand h = hand_open(site);
    char answer[64];
    snprintf(answer, sizeof answer, "HTTP/1.1 %s", wanted);
    CHECK(hand_send(&h, request));
    if (!ends)
        CHECK(hand_send(&h, "GET /who HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
    CHECK(hand_read_all(&h) && h.is_closed);
    if (!CHECK(slice_begins(buffer_slice(&h.in), slice_text(answer))) ||
        !CHECK(hand_has(&h, "XA-CA-01") != ends))
        printf("%s\n%.*s\n", request, (int)h.in.length, (const char *)h.in.at);
    hand_drop(&h);
}

static void what_is_refused_is_answered_and_what_may_hide_a_request_ends(void)
{
#define HOST " HTTP/1.1\r\nHost: x\r\n"
    static const struct {
        const char *request, *answer;
        bool ends;
    } rows[] = {
        {"GET /nowhere" HOST "\r\n", "404 Not Found\r\n", false},
        {"GET /who/" HOST "\r\n", "404 Not Found\r\n", false},
        {"GET /file" HOST "\r\n", "404 Not Found\r\n", false},
        {"POST /who" HOST "\r\n", "405 Method Not Allowed\r\n", false},
        {"GET /echo" HOST "\r\n", "405 Method Not Allowed\r\n", false},
        {"POST /who" HOST "Content-Length: 2\r\n\r\nab", "405 Method Not Allowed\r\n", true},
        {"POST /nowhere" HOST "Content-Length: 2\r\n\r\nab", "404 Not Found\r\n", true},
        {"GET /who" HOST "Content-Length: 2\r\n\r\nab", "413 Content Too Large\r\n", true},
        {"POST /echo" HOST "Content-Length: 1025\r\n\r\n", "413 Content Too Large\r\n", true},
        {"POST /echo" HOST "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
         "501 Not Implemented\r\n", true},
        {"PUT /who" HOST "\r\n", "501 Not Implemented\r\n", true},
        {"GET /%2e%2e/who" HOST "\r\n", "400 Bad Request\r\n", true},
        {"GET who" HOST "\r\n", "400 Bad Request\r\n", true},
        {"GET /who HTTP/3.0\r\n\r\n", "505 HTTP Version Not Supported\r\n", true},
        {"GET /nothing" HOST "\r\n", "500 Internal Server Error\r\n", false},
    };
    struct site site = {0};
    site_start(&site, &usual);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        check_refusal(&site, rows[i].request, rows[i].answer, rows[i].ends);
    CHECK_U64(site_said(HTTP_REFUSED), 14); /* the last one is the page's own fault */
    site_stop(&site);
}

/* The head's octets move when room is made for the body. */
static void a_query_outlives_the_head_that_it_came_in(void)
{
    char body[ECHO_MAX + 1];
    struct site site = {0};
    site_start(&site, &usual);
    struct hand h = hand_open(&site);
    memset(body, 'b', ECHO_MAX);
    body[ECHO_MAX] = '\0';
    CHECK(hand_send(&h, "POST /echo?AAAAAAAAAAAAAAAA" HOST "Content-Length: 1024\r\n"
                        "Expect: 100-continue\r\nConnection: close\r\n\r\n"));
    CHECK(hand_read(&h, 1));
    CHECK(hand_send(&h, body));
    CHECK(hand_read_all(&h) && h.is_closed);
    CHECK(hand_has(&h, "\r\n\r\nAAAAAAAAAAAAAAAA\nbbbb"));
    hand_drop(&h);
    site_stop(&site);
}

static void what_is_allowed_is_said_with_405(void)
{
    struct site site = {0};
    site_start(&site, &usual);
    struct hand h = hand_open(&site);
    CHECK(hand_send(&h, "POST /who" HOST "Connection: close\r\n\r\n"));
    CHECK(hand_read_all(&h));
    CHECK(hand_has(&h, "\r\nAllow: GET, HEAD\r\n"));
    hand_drop(&h);
    site_stop(&site);
}

static void a_refusal_is_read_also_by_who_still_sends(void)
{
    struct site site = {0};
    site_start(&site, &usual);
    struct hand h = hand_open(&site);
    char *body = malloc(400001);
    memset(body, 'b', 400000);
    body[400000] = '\0';
    CHECK(hand_send(&h, "POST /echo" HOST "Content-Length: 400000\r\n\r\n"));
    CHECK(hand_send(&h, body));
    CHECK(hand_read_all(&h) && h.is_closed);
    CHECK(hand_has(&h, "413 Content Too Large"));
    free(body);
    hand_drop(&h);
    site_stop(&site);
}

static void a_head_that_does_not_end_is_refused(void)
{
    struct site site = {0};
    site_start(&site, &(struct http_limits){.head_bytes = 512});
    struct hand h = hand_open(&site);
    CHECK(hand_send(&h, "GET /who" HOST "a: "));
    for (unsigned i = 0; i < 20; i++)
        CHECK(hand_send(&h, "0123456789012345678901234567890123456789"));
    CHECK(hand_read_all(&h) && h.is_closed);
    CHECK(hand_has(&h, "HTTP/1.1 431 "));
    hand_drop(&h);
    site_stop(&site);
}

static void files_of_any_size_come_whole(void)
{
    static const uint64_t sizes[] = {0, 1, 65536, 65537, 9U << 20};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct site site = {.file_bytes = sizes[i]};
        site_start(&site, &usual);
        struct http_reply reply = site_get(&site, "/file/it");
        bool same = reply.body.length == sizes[i];
        for (size_t k = 0; same && k < reply.body.length; k++)
            same = reply.body.at[k] == (uint8_t)k;
        CHECK_STATUS(reply.status, OK);
        CHECK(same);
        buffer_done(&reply.body);
        site_stop(&site);
    }
}

static void a_file_that_is_shorter_than_it_was_ends_the_connection(void)
{
    struct site site = {.file_bytes = 70000};
    site_start(&site, &usual);
    struct hand h = hand_open(&site);
    CHECK(hand_send(&h, "GET /cut/it" HOST "\r\n"));
    CHECK(hand_read_all(&h) && h.is_broken);
    CHECK(hand_has(&h, "\r\nContent-Length: 70001\r\n"));
    hand_drop(&h);
    struct http_reply reply = site_get(&site, "/cut/it");
    CHECK_STATUS(reply.status, FAIL(NETWORK));
    buffer_done(&reply.body);
    site_stop(&site);
}

static void a_page_that_is_too_long_is_our_fault(void)
{
    struct site site = {.page_bytes = 5000};
    site_start(&site, &(struct http_limits){.answer_bytes = 4999});
    struct http_reply reply = site_get(&site, "/page");
    CHECK_U64(reply.code, 500);
    CHECK_U64(reply.body.length, 0);
    buffer_done(&reply.body);
    site_stop(&site);
}

TESTS(http_server, {"Who asks is told by the certificate", who_asks_is_told_by_the_certificate},
      {"an answer has what its page said", an_answer_has_what_its_page_said},
      {"HEAD is answered without octets", head_is_answered_without_octets},
      {"requests follow each other on a connection", requests_follow_each_other_on_a_connection},
      {"a connection lives only so long", a_connection_lives_only_so_long},
      {"HTTP/1.0 is answered and ended", http_1_0_is_answered_and_ended},
      {"a body may wait for our word", a_body_may_wait_for_our_word},
      {"what is refused is answered, and what may hide a request ends",
       what_is_refused_is_answered_and_what_may_hide_a_request_ends},
      {"a query outlives the head that it came in", a_query_outlives_the_head_that_it_came_in},
      {"what is allowed is said with 405", what_is_allowed_is_said_with_405},
      {"a refusal is read also by who still sends", a_refusal_is_read_also_by_who_still_sends},
      {"a head that does not end is refused", a_head_that_does_not_end_is_refused},
      {"files of any size come whole", files_of_any_size_come_whole},
      {"a file that is shorter than it was ends the connection",
       a_file_that_is_shorter_than_it_was_ends_the_connection},
      {"a page that is too long is our fault", a_page_that_is_too_long_is_our_fault})
