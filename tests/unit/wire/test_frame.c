#include "support/check.h"

#include "wire/frame.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARENA_BYTES (1 << 20)

/* One good body of every kind, in the order of enum frame_kind; they seed the fuzzer, too. */
static const char *const good[FRAME_KINDS] = {
    NULL,    "hello",  "welcome",    "submit", "receipt", "refuse", "deliver", "taken",
    "query", "answer", "checkpoint", "credit", "ping",    "pong",   "bye",
};

static struct slice good_body(unsigned kind)
{
    char path[64];
    snprintf(path, sizeof path, "fuzz/corpus/frame/%s", good[kind]);
    return file_octets(tests_path(path));
}

static struct status parsed(struct slice body)
{
    struct frame f;
    struct arena *a = arena_new(ARENA_BYTES);
    struct status s = frame_parse(a, body, &f);
    arena_free(a);
    return s;
}

static void every_kind_comes_back_octet_by_octet(void)
{
    for (unsigned kind = 1; kind < FRAME_KINDS; kind++) {
        struct slice body = good_body(kind);
        struct arena *a = arena_new(ARENA_BYTES);
        struct buffer b = buffer_new(FRAME_MAX_BYTES + FRAME_HEAD_BYTES);
        struct frame f = {0};
        if (!CHECK_OK(frame_parse(a, body, &f)))
            printf("\n    %s", good[kind]);
        CHECK_U64(f.kind, kind);
        frame_write(&b, &f);
        CHECK(!b.failed);
        size_t length = 0;
        CHECK_OK(frame_length(buffer_slice(&b), &length));
        CHECK_U64(length, body.length + FRAME_HEAD_BYTES);
        CHECK_BYTES(slice_part(buffer_slice(&b), FRAME_HEAD_BYTES, SIZE_MAX), body);
        buffer_done(&b);
        arena_free(a);
    }
}

static void every_kind_has_a_name(void)
{
    CHECK_TEXT(frame_kind_name(FRAME_NONE), "NONE");
    CHECK_TEXT(frame_kind_name(FRAME_HELLO), "HELLO");
    CHECK_TEXT(frame_kind_name(FRAME_BYE), "BYE");
    for (unsigned kind = 0; kind < FRAME_KINDS; kind++)
        CHECK(frame_kind_name((enum frame_kind)kind) != NULL);
}

static void what_a_submission_says_is_read(void)
{
    struct arena *a = arena_new(ARENA_BYTES);
    struct frame f = {0};
    struct slice body = good_body(FRAME_SUBMIT);
    CHECK_OK(frame_parse(a, body, &f));
    const struct submit *s = &f.as.submit;
    CHECK_U64(f.number, 2);
    CHECK_U64(s->message_raw.at[0], 0x92);
    CHECK(s->message_raw.at + s->message_raw.length <= body.at + body.length);
    CHECK_U64(s->message.seal.at[0], 0xd2);
    CHECK(s->message.fields.count > 0);
    CHECK_U64(s->message.fields.at[0].at[0], 0x93);
    CHECK_U64(s->message.fields.count + s->decoys.count, 16);
    CHECK_U64(s->flags, 0);
    arena_free(a);
}

static void what_a_delivery_says_is_read(void)
{
    struct arena *a = arena_new(ARENA_BYTES);
    struct frame f = {0};
    CHECK_OK(frame_parse(a, good_body(FRAME_DELIVER), &f));
    CHECK_U64(f.as.deliver.releases.count, 2);
    CHECK_U64(f.as.deliver.receipts.count, 2);
    CHECK_U64(f.as.deliver.derived.count, 2);
    arena_free(a);
}

static void what_a_greeting_says_is_read(void)
{
    struct arena *a = arena_new(ARENA_BYTES);
    struct frame f = {0};
    CHECK_OK(frame_parse(a, good_body(FRAME_HELLO), &f));
    const struct hello *h = &f.as.hello;
    CHECK_BYTES(h->me, slice_text("XA-CA-01"));
    CHECK_BYTES(h->peer, slice_text("XA-GW-01"));
    CHECK_U64(h->max_frame, FRAME_MAX_BYTES);
    CHECK_U64(h->credits, 2);
    CHECK_U64(h->idle_ms, 120000);
    CHECK_U64(h->parties_count, 1);
    CHECK_BYTES(h->parties[0].state, slice_text("XA"));
    CHECK_U64(h->checkpoints_count, 1);
    CHECK_U64(h->checkpoints[0].size, 3);
    arena_free(a);
}

static void every_truncation_is_refused(void)
{
    for (unsigned kind = 1; kind < FRAME_KINDS; kind++) {
        struct slice body = good_body(kind);
        for (size_t length = 0; length < body.length; length++)
            CHECK(parsed(slice_part(body, 0, length)).code == CODE_REFUSED);
    }
}

static void no_flipped_octet_does_harm(void)
{
    static const uint8_t masks[] = {0x01, 0x40, 0x80, 0xff};
    for (unsigned kind = 1; kind < FRAME_KINDS; kind++) {
        struct slice body = good_body(kind);
        uint8_t *copy = malloc(body.length);
        memcpy(copy, body.at, body.length);
        for (size_t i = 0; i < body.length * sizeof masks; i++) {
            uint8_t mask = masks[i % sizeof masks];
            copy[i / sizeof masks] ^= mask;
            enum code code = parsed(slice_over(copy, body.length)).code;
            CHECK(code == CODE_OK || code == CODE_REFUSED);
            copy[i / sizeof masks] ^= mask;
        }
        free(copy);
    }
}

static void trailing_octets_and_missing_elements_are_refused(void)
{
    for (unsigned kind = 1; kind < FRAME_KINDS; kind++) {
        struct buffer b = buffer_new(FRAME_MAX_BYTES);
        buffer_put(&b, good_body(kind));
        buffer_u8(&b, 0xc0);
        CHECK_STATUS(parsed(buffer_slice(&b)), REFUSE(MSGPACK_TRAILING));
        b.at[0]++; /* the octet that trailed is an element now */
        CHECK_STATUS(parsed(buffer_slice(&b)), REFUSE(FRAME_SHAPE));
        buffer_done(&b);
    }
}

static void a_length_of_nothing_or_too_much_is_refused_at_once(void)
{
    static const struct {
        const char *octets;
        size_t length;
        enum reason reason;
    } rows[] = {
        {"00000000", 0, REASON_FRAME_SIZE},
        {"00110001", 0, REASON_FRAME_SIZE},
        {"ffffffff", 0, REASON_FRAME_SIZE},
        {"00110000", 0, REASON_NONE},
        {"", 0, REASON_NONE},
        {"000000", 0, REASON_NONE},
        {"00000003920c", 0, REASON_NONE},
        {"00000003920c01", 7, REASON_NONE},
        {"00000003920c01ff", 7, REASON_NONE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t length = 0;
        struct status want = {rows[i].reason == REASON_NONE ? CODE_OK : CODE_REFUSED,
                              rows[i].reason};
        CHECK_STATUS(frame_length(hex(rows[i].octets), &length), want);
        CHECK_U64(length, rows[i].length);
    }
    CHECK_STATUS(parsed(hex("")), REFUSE(FRAME_SIZE));
}

static void a_body_may_be_as_long_as_the_limit(void)
{
    struct buffer b = buffer_new(FRAME_MAX_BYTES + 1);
    struct frame f = {.kind = FRAME_CHECKPOINT, .number = 1};
    char *note = malloc(FRAME_MAX_BYTES);
    memset(note, 'a', FRAME_MAX_BYTES);
    f.as.checkpoint.note = slice_over(note, FRAME_MAX_BYTES - 11);
    struct buffer whole = buffer_new(2 * FRAME_MAX_BYTES);
    frame_write(&whole, &f);
    CHECK(!whole.failed);
    CHECK_U64(whole.length, FRAME_HEAD_BYTES + FRAME_MAX_BYTES);
    CHECK_OK(parsed(slice_part(buffer_slice(&whole), FRAME_HEAD_BYTES, SIZE_MAX)));
    buffer_put(&b, slice_part(buffer_slice(&whole), FRAME_HEAD_BYTES, SIZE_MAX));
    buffer_u8(&b, 0);
    CHECK_STATUS(parsed(buffer_slice(&b)), REFUSE(FRAME_SIZE));

    f.as.checkpoint.note.length++;
    buffer_clear(&whole);
    frame_write(&whole, &f);
    CHECK(whole.failed);
    buffer_done(&whole);
    buffer_done(&b);
    free(note);
}

static void frames_follow_each_other_in_one_buffer(void)
{
    struct buffer b = buffer_new(64);
    struct frame ping = {.kind = FRAME_PING, .number = 5};
    struct frame bye = {.kind = FRAME_BYE, .number = 6};
    frame_write(&b, &ping);
    frame_write(&b, &bye);
    CHECK_BYTES(buffer_slice(&b), hex("00000003920c0500000004930e06c0"));
    struct frame none = {.kind = FRAME_NONE, .number = 7};
    frame_write(&b, &none);
    CHECK(b.failed);
    buffer_done(&b);
}

static void an_arena_without_room_is_our_own_fault(void)
{
    static const unsigned kinds[] = {FRAME_HELLO, FRAME_SUBMIT, FRAME_DELIVER, FRAME_CHECKPOINT};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        struct frame f;
        struct arena *a = arena_new(16);
        CHECK_STATUS(frame_parse(a, good_body(kinds[i]), &f), FAIL(MEMORY));
        arena_free(a);
    }
}

TESTS(wire_frame, {"every kind comes back octet by octet", every_kind_comes_back_octet_by_octet},
      {"every kind has a name", every_kind_has_a_name},
      {"what a submission says is read", what_a_submission_says_is_read},
      {"what a delivery says is read", what_a_delivery_says_is_read},
      {"what a greeting says is read", what_a_greeting_says_is_read},
      {"every truncation is refused", every_truncation_is_refused},
      {"no flipped octet does harm", no_flipped_octet_does_harm},
      {"trailing octets and missing elements are refused",
       trailing_octets_and_missing_elements_are_refused},
      {"a length of nothing or too much is refused at once",
       a_length_of_nothing_or_too_much_is_refused_at_once},
      {"a body may be as long as the limit", a_body_may_be_as_long_as_the_limit},
      {"frames follow each other in one buffer", frames_follow_each_other_in_one_buffer},
      {"an arena without room is our own fault", an_arena_without_room_is_our_own_fault})
