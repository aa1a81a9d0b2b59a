/* Heads and targets as they are read, without any connection. */

#include "http/head.h"
#include "support/check.h"

#include <stdio.h>
#include <stdlib.h>

#define MAX 8192

static unsigned request(const char *text, struct http_head *ret_head)
{
    return http_request_head(slice_text(text), MAX, ret_head);
}

static void a_request_is_read(void)
{
    struct http_head head = {0};
    const char *text = "POST /add-checkpoint?x=1 HTTP/1.1\r\nHost: a:1\r\ncontent-LENGTH: \t12 \r\n"
                       "X-Other: caf\xc3\xa9\r\nExpect: 100-Continue\r\n\r\nbody";
    CHECK_U64(request(text, &head), 200);
    CHECK_U64(head.bytes, strlen(text) - 4);
    CHECK(head.method == HTTP_POST);
    CHECK_BYTES(head.target, slice_text("/add-checkpoint?x=1"));
    CHECK(head.has_length && head.length == 12);
    CHECK(head.keeps && head.expects);
}

static void it_is_said_whether_the_connection_goes_on(void)
{
    static const struct {
        const char *text;
        bool keeps;
    } rows[] = {
        {"GET / HTTP/1.1\r\nHost:\r\n\r\n", true},
        {"GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive\r\n\r\n", true},
        {"GET / HTTP/1.1\r\nHost: a\r\nConnection: x, CLOSE\r\n\r\n", false},
        {"GET / HTTP/1.1\r\nHost: a\r\nConnection: closed\r\n\r\n", true},
        {"GET / HTTP/1.0\r\n\r\n", false},
        {"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct http_head head = {0};
        CHECK_U64(request(rows[i].text, &head), 200);
        CHECK_U64(head.keeps, rows[i].keeps);
        CHECK(!head.has_length && head.length == 0);
    }
}

static void what_could_be_read_in_two_ways_is_refused(void)
{
#define GET "GET / HTTP/1.1\r\nHost: a\r\n"
    static const struct {
        const char *text;
        unsigned status;
    } rows[] = {
        {"GET / HTTP/1.1\r\n\r\n", 400}, /* no host */
        {GET "Host: b\r\n\r\n", 400},
        {GET "Content-Length: 1\r\nContent-Length: 1\r\n\r\n", 400},
        {GET "Content-Length: 1, 1\r\n\r\n", 400},
        {GET "Content-Length: +1\r\n\r\n", 400},
        {GET "Content-Length: 01\r\n\r\n", 400},
        {GET "Content-Length: 0x1\r\n\r\n", 400},
        {GET "Content-Length:\r\n\r\n", 400},
        {GET "Content-Length: 9223372036854775808\r\n\r\n", 400},
        {GET "Transfer-Encoding: chunked\r\n\r\n", 501},
        {GET "Transfer-Encoding: identity\r\n\r\n", 501},
        {GET "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n", 400},
        {GET "Content-Length : 3\r\n\r\n", 400},
        {GET " folded: x\r\n\r\n", 400},
        {GET "a: b\r\n c\r\n\r\n", 400},
        {GET "a b: c\r\n\r\n", 400},
        {GET ": c\r\n\r\n", 400},
        {GET "abc\r\n\r\n", 400},
        {GET "a: b\x01\r\n\r\n", 400},
        {GET "a: b\rc\r\n\r\n", 400},
        {GET "a: b\nc: d\r\n\r\n", 400},
        {"GET / HTTP/1.1\nHost: a\n\r\n\r\n", 400},
        {"GET /a\rb HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {GET "Expect: 200-maybe\r\n\r\n", 417},
        {"\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"GET / HTTP/1.1 \r\nHost: a\r\n\r\n", 400},
        {"GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505},
        {"GET / HTTP/1.1x\r\nHost: a\r\n\r\n", 400},
        {"GET / http/1.1\r\nHost: a\r\n\r\n", 400},
        {"GET /\r\nHost: a\r\n\r\n", 400},
        {"get / HTTP/1.1\r\nHost: a\r\n\r\n", 501},
        {"DELETE / HTTP/1.1\r\nHost: a\r\n\r\n", 501},
        {"G(T / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"\x16\x03\x01\r\n\r\n", 400},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct http_head head = {.bytes = 77};
        if (!CHECK_U64(request(rows[i].text, &head), rows[i].status))
            printf("row %zu: %s\n", i, rows[i].text);
        CHECK_U64(head.bytes, 77); /* written on success only */
    }
}

static void a_nul_in_a_line_is_refused(void)
{
    static const char text[] = "GET / HTTP/1.1\r\nHost: a\0b\r\n\r\n";
    struct http_head head;
    CHECK_U64(http_request_head(slice_over(text, sizeof text - 1), MAX, &head), 400);
}

static void heads_have_bounds(void)
{
    struct http_head head;
    struct buffer text = buffer_new(MAX * 2);
    buffer_text(&text, "GET / HTTP/1.1\r\nHost: a\r\n");
    for (unsigned i = 1; i < HEAD_FIELDS_MAX; i++)
        buffer_text(&text, "a: b\r\n");
    size_t there = text.length;
    buffer_text(&text, "\r\n");
    CHECK_U64(http_request_head(buffer_slice(&text), MAX, &head), 200);
    CHECK_U64(http_request_head(buffer_slice(&text), text.length, &head), 200);
    CHECK_U64(http_request_head(buffer_slice(&text), text.length - 1, &head), 431);
    text.length = there;
    buffer_text(&text, "a: b\r\n\r\n");
    CHECK_U64(http_request_head(buffer_slice(&text), MAX, &head), 431);
    buffer_done(&text);
}

static void every_beginning_of_a_request_waits_for_more(void)
{
    const char *text = "GET /who HTTP/1.1\r\nHost: a\r\n\r\n";
    struct http_head head;
    for (size_t length = 0; length < strlen(text); length++)
        CHECK_U64(http_request_head(slice_over(text, length), MAX, &head), 0);
}

static void the_heads_of_answers_are_read(void)
{
    static const struct {
        const char *text;
        unsigned status, code;
        uint64_t length;
    } rows[] = {
        {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", 200, 200, 5},
        {"HTTP/1.1 409 \r\n\r\n", 200, 409, 0},
        {"HTTP/1.0 404\r\n\r\n", 200, 404, 0},
        {"HTTP/1.1 099 x\r\n\r\n", 400, 0, 0},
        {"HTTP/1.1 2000 x\r\n\r\n", 400, 0, 0},
        {"HTTP/1.1 20 x\r\n\r\n", 400, 0, 0},
        {"HTTP/2.0 200 x\r\n\r\n", 505, 0, 0},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", 501, 0, 0},
        {"ICY 200 OK\r\n\r\n", 400, 0, 0},
        {"HTTP/1.1 200 OK\r\n", 0, 0, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct http_head head = {0};
        CHECK_U64(http_answer_head(slice_text(rows[i].text), MAX, &head), rows[i].status);
        CHECK_U64(head.code, rows[i].code);
        CHECK_U64(head.length, rows[i].length);
    }
}

static void targets_are_decoded_once(void)
{
    static const struct {
        const char *target, *path, *query;
    } rows[] = {
        {"/", "/", ""},
        {"/log/tile/0/x001/067.p/9", "/log/tile/0/x001/067.p/9", ""},
        {"/a/?from=1&count=2?x", "/a/", "from=1&count=2?x"},
        {"/%61%2D%c3%A9", "/a-\xc3\xa9", ""},
        {"/%252f", "/%2f", ""},
        {"/...", "/...", ""},
        {"/.a", "/.a", ""},
        {"/?%00", "/", "%00"},
    };
    uint8_t room[TARGET_PATH_BYTES];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct slice path = {0}, query = {0};
        CHECK(http_target_read(slice_text(rows[i].target), room, &path, &query));
        CHECK_BYTES(path, slice_text(rows[i].path));
        CHECK_BYTES(query, slice_text(rows[i].query));
    }
}

static void targets_that_mean_something_else_are_refused(void)
{
    static const char *const rows[] = {
        "",     "a",       "//",         "/a//b",  "/a//",    "/.",       "/..",      "/a/../b",
        "/a/.", "/%2e%2e", "/%2E",       "/a%2fb", "/a%2Fb",  "/%00",     "/%0a",     "/%7f",
        "/%",   "/%4",     "/%4g",       "/%g4",   "/a\\b",   "/%5c",     "/a#b",     "/\xc3\xa9",
        "/%c3", "/%ff",    "/%ed%a0%80", "/a\tb",  "/%2f%2f", "/a?b\x7f", "/a/%2e/b", "/%25%0",
    };
    uint8_t room[TARGET_PATH_BYTES];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct slice path, query;
        if (!CHECK(!http_target_read(slice_text(rows[i]), room, &path, &query)))
            printf("row %zu: %s\n", i, rows[i]);
    }
}

static void a_path_has_a_bound(void)
{
    char target[TARGET_PATH_BYTES + 2] = "/";
    uint8_t room[TARGET_PATH_BYTES];
    struct slice path, query;
    memset(target + 1, 'a', TARGET_PATH_BYTES - 1);
    CHECK(http_target_read(slice_text(target), room, &path, &query));
    target[TARGET_PATH_BYTES] = 'a';
    CHECK(!http_target_read(slice_text(target), room, &path, &query));
}

TESTS(http_head, {"A request is read", a_request_is_read},
      {"it is said whether the connection goes on", it_is_said_whether_the_connection_goes_on},
      {"what could be read in two ways is refused", what_could_be_read_in_two_ways_is_refused},
      {"a NUL in a line is refused", a_nul_in_a_line_is_refused},
      {"heads have bounds", heads_have_bounds},
      {"every beginning of a request waits for more", every_beginning_of_a_request_waits_for_more},
      {"the heads of answers are read", the_heads_of_answers_are_read},
      {"targets are decoded once", targets_are_decoded_once},
      {"targets that mean something else are refused",
       targets_that_mean_something_else_are_refused},
      {"a path has a bound", a_path_has_a_bound})
