#include "support/check.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "app/control_order.h"
#include "app/control_request.h"
#include "app/control_socket.h"

static char why[CONTROL_WHY_BYTES];

static bool reads(struct slice line, struct control_request *ret)
{
    why[0] = '\0';
    return control_request_read(line, ret, why);
}

static void each_verb_is_read_with_its_argument(void)
{
    static const struct {
        const char *line, *argument;
        enum control_verb verb;
    } rows[] = {
        {"{\"verb\":\"status\"}", "", CONTROL_STATUS},
        {"{\"verb\":\"peers\"}", "", CONTROL_PEERS},
        {" {\"verb\" : \"drain\"} ", "", CONTROL_DRAIN},
        {"{\"verb\":\"resume\"}", "", CONTROL_RESUME},
        {"{\"verb\":\"reload\"}", "", CONTROL_RELOAD},
        {"{\"dir\":\"/a b\",\"verb\":\"backup\"}", "/a b", CONTROL_BACKUP},
        {"{\"verb\":\"verify-backup\",\"dir\":\"/\"}", "/", CONTROL_VERIFY_BACKUP},
        {"{\"verb\":\"quarantine\"}", "", CONTROL_QUARANTINE},
        {"{\"verb\":\"lift\",\"gateway\":\"XC-GW-01\"}", "XC-GW-01", CONTROL_LIFT},
        {"{\"verb\":\"rulebook\"}", "", CONTROL_RULEBOOK},
        {"{\"verb\":\"erasure\",\"order\":\"erase\\nentry 7\\nLED 16\\nXA-DPA-01/3\"}",
         "erase\nentry 7\nLED 16\nXA-DPA-01/3", CONTROL_ERASURE},
    };
    CHECK_U64(sizeof rows / sizeof rows[0], CONTROL_VERBS);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct control_request r = {0};
        if (!CHECK(reads(slice_text(rows[i].line), &r)))
            fprintf(stderr, "%s: %s\n", rows[i].line, why);
        CHECK_U64(r.verb, rows[i].verb);
        CHECK_TEXT(r.argument, rows[i].argument);
    }
}

static bool orders(const char *text, struct control_order *ret)
{
    return control_order_read(slice_text(text), ret);
}

static void an_order_about_an_erasure_is_four_lines(void)
{
    static const char *const bad[] = {
        "",
        "erase",
        "erase\nentry 7\nb",
        "erase\nentry 7\n\no",
        "erase\nentry 7\nb\n",
        "erase\nentry 7\nb\no\n",
        "erase\nentry -7\nb\no",
        "erase\nentry\nb\no",
        "forget\nentry 7\nb\no",
        "hold\nentry 7\nb\no",
        "lift\nentry 7\nb\no",
        "erase\nmessage XA-CA-01 6f1c0c1e8f1e4c7b9a701f2a3b4c5d6 XC-CA-01\nb\no",
        "erase\nmessage XA-CA-01 6f1c0c1e8f1e4c7b9a701f2a3b4c5d6e\nb\no",
        "erase\nmessage nobody 6f1c0c1e8f1e4c7b9a701f2a3b4c5d6e XC-CA-01\nb\no",
        "erase\nmessage XA-CA-01 6f1c0c1e8f1e4c7b9a701f2a3b4c5d6e XC-CA-01 x\nb\no",
        "erase\nentry 7\nb\to\no",
    };
    struct control_order o;
    CHECK(orders("erase\nentry 7\nLED 16\nXA-DPA-01/3", &o));
    CHECK_U64(o.order.erasure.act, ERASURE_ENTRY);
    CHECK_U64(o.order.erasure.entry, 7);
    CHECK_BYTES(o.order.erasure.ground, slice_text("basis: LED 16; order: XA-DPA-01/3"));
    CHECK(orders("hold\nmessage XA-CA-01 6f1c0c1e8f1e4c7b9a701f2a3b4c5d6e XC-CA-01\nb\no", &o));
    CHECK_U64(o.order.erasure.act, ERASURE_HOLD);
    CHECK_BYTES(o.order.key.to, slice_text("XC-CA-01"));
    CHECK_U64(o.order.key.id.length, 16);
    CHECK_U64(o.id[15], 0x6e);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (!CHECK(!orders(bad[i], &o)))
            fprintf(stderr, "taken: %s\n", bad[i]);
}

static void check_refused(struct slice line)
{
    struct control_request r = {.verb = CONTROL_VERBS};
    if (!CHECK(!reads(line, &r)))
        fprintf(stderr, "taken: %.*s\n", (int)(line.length < 80 ? line.length : 80),
                (const char *)line.at);
    CHECK(why[0] != '\0' && strlen(why) < sizeof why - 1);
    CHECK_U64(r.verb, CONTROL_VERBS); /* nothing is written */
}

static void what_is_not_exactly_a_request_is_refused(void)
{
    static const char *const lines[] = {
        "",
        " ",
        "null",
        "\"status\"",
        "[\"status\"]",
        "{}",
        "{\"verb\":null}",
        "{\"verb\":1}",
        "{\"verb\":[\"status\"]}",
        "{\"verb\":\"\"}",
        "{\"verb\":\"Status\"}",
        "{\"verb\":\"status\\u0000\"}",
        "{\"verb\":\"stat\xff\"}",
        "{\"verb\":\"status\"",
        "{\"verb\":\"status\"}{\"verb\":\"status\"}",
        "{\"verb\":\"status\"} x",
        "{\"verb\":\"status\",\"verb\":\"status\"}",
        "{\"verb\":\"peers\",\"verb\":\"drain\"}",
        "{\"verb\":\"status\",\"dir\":\"/a\"}",
        "{'verb':'status'}",
        "{\"verb\":\"backup\"}",
        "{\"verb\":\"backup\",\"dir\":\"\"}",
        "{\"verb\":\"backup\",\"dir\":\"a\"}",
        "{\"verb\":\"backup\",\"dir\":\"../a\"}",
        "{\"verb\":\"backup\",\"dir\":7}",
        "{\"verb\":\"backup\",\"dir\":\"/a\\u0000/b\"}",
        "{\"verb\":\"backup\",\"dir\":\"/a\",\"gateway\":\"XC-GW-01\"}",
        "{\"verb\":\"lift\",\"gateway\":\"XC-CA-01\"}",
        "{\"verb\":\"lift\",\"gateway\":\"xc-gw-01\"}",
        "{\"verb\":\"lift\",\"dir\":\"/a\"}",
        "{\"verb\":\"lift\",\"gateway\":\"*\"}",
    };
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        check_refused(slice_text(lines[i]));
}

static void what_is_too_long_or_too_deep_is_refused(void)
{
    static char line[CONTROL_LINE_MAX_BYTES + 1];
    memset(line, '[', sizeof line);
    check_refused(slice_over(line, CONTROL_LINE_MAX_BYTES));
    memset(line, ' ', sizeof line);
    memcpy(line, "{\"verb\":\"status\"}", 17);
    struct control_request r;
    CHECK(reads(slice_over(line, CONTROL_LINE_MAX_BYTES), &r));
    check_refused(slice_over(line, sizeof line));
    int length = snprintf(line, sizeof line, "{\"verb\":\"backup\",\"dir\":\"/%0*d\"}",
                          CONTROL_ARGUMENT_BYTES - 1, 0);
    check_refused(slice_over(line, (size_t)length));
}

static void every_beginning_of_a_request_is_refused(void)
{
    static const char line[] = "{\"verb\":\"lift\",\"gateway\":\"XC-GW-01\"}";
    for (size_t length = 0; length < sizeof line - 1; length++)
        check_refused(slice_over(line, length));
}

/* ---- the line ---- */

static struct status read_from(const char *text, size_t length, struct buffer *line)
{
    int ends[2], wake[2];
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0 && pipe(wake) == 0);
    CHECK(write(ends[0], text, length) == (ssize_t)length);
    (void)shutdown(ends[0], SHUT_WR);
    struct status s = control_read_line(ends[1], wake[0], line);
    close(ends[0]);
    close(ends[1]);
    close(wake[0]);
    close(wake[1]);
    return s;
}

static void one_line_is_taken_and_no_more(void)
{
    static char long_line[CONTROL_LINE_MAX_BYTES + 2];
    struct buffer line = buffer_new(2 * CONTROL_LINE_MAX_BYTES);
    CHECK_OK(read_from("{}\n", 3, &line));
    CHECK_BYTES(buffer_slice(&line), slice_text("{}"));
    buffer_clear(&line);
    CHECK_STATUS(read_from("{}\n{}\n", 6, &line), REFUSE(FRAME_SIZE));
    buffer_clear(&line);
    CHECK_STATUS(read_from("{}", 2, &line), FAIL(NETWORK)); /* it ended without a newline */
    buffer_clear(&line);
    memset(long_line, 'x', sizeof long_line);
    long_line[CONTROL_LINE_MAX_BYTES] = '\n';
    CHECK_OK(read_from(long_line, CONTROL_LINE_MAX_BYTES + 1, &line));
    CHECK_U64(line.length, CONTROL_LINE_MAX_BYTES);
    buffer_clear(&line);
    long_line[CONTROL_LINE_MAX_BYTES] = 'x';
    long_line[CONTROL_LINE_MAX_BYTES + 1] = '\n';
    CHECK_STATUS(read_from(long_line, sizeof long_line, &line), REFUSE(FRAME_SIZE));
    buffer_done(&line);
}

static void the_end_of_the_gateway_ends_the_wait_for_a_line(void)
{
    int ends[2], wake[2];
    struct buffer line = buffer_new(CONTROL_LINE_MAX_BYTES);
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0 && pipe(wake) == 0);
    CHECK(write(wake[1], "x", 1) == 1);
    CHECK_STATUS(control_read_line(ends[1], wake[0], &line), FAIL(NETWORK));
    CHECK(!control_wait(ends[1], wake[0]));
    buffer_done(&line);
    close(ends[0]);
    close(ends[1]);
    close(wake[0]);
    close(wake[1]);
}

TESTS(app_control, {"each verb is read with its argument", each_verb_is_read_with_its_argument},
      {"an order about an erasure is four lines", an_order_about_an_erasure_is_four_lines},
      {"what is not exactly a request is refused", what_is_not_exactly_a_request_is_refused},
      {"what is too long or too deep is refused", what_is_too_long_or_too_deep_is_refused},
      {"every beginning of a request is refused", every_beginning_of_a_request_is_refused},
      {"one line is taken and no more", one_line_is_taken_and_no_more},
      {"the end of the gateway ends the wait for a line",
       the_end_of_the_gateway_ends_the_wait_for_a_line})
