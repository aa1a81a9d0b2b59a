#include "support/check.h"

#include "wire/frame.h"

#include <stdio.h>
#include <string.h>

/* Writing checks nothing, so a frame that breaks one rule can be written and must not be read. */
static struct status read_back(const struct frame *f)
{
    struct frame again;
    struct arena *a = arena_new(1 << 20);
    struct buffer b = buffer_new(FRAME_MAX_BYTES + FRAME_HEAD_BYTES);
    frame_write(&b, f);
    CHECK(!b.failed);
    struct slice body = slice_part(buffer_slice(&b), FRAME_HEAD_BYTES, SIZE_MAX);
    struct status s = frame_parse(a, body, &again);
    buffer_done(&b);
    arena_free(a);
    return s;
}

#define CHECK_GOOD(f) CHECK_OK(read_back(&(f)))
#define CHECK_BAD(f)  CHECK_STATUS(read_back(&(f)), REFUSE(FRAME_SHAPE))

static const uint8_t zeros[64];

static struct slice zero(size_t length)
{
    return slice_over(zeros, length);
}

static void heads_of_frames_have_one_shape(void)
{
    static const struct {
        const char *octets;
        enum reason reason;
    } rows[] = {
        {"920c05", REASON_NONE},
        {"920c00", REASON_FRAME_SHAPE}, /* number 0 */
        {"920cff", REASON_FRAME_SHAPE}, /* number -1 */
        {"920ccf0020000000000000", REASON_FRAME_SHAPE},
        {"920ccf001fffffffffffff", REASON_NONE},
        {"920cc0", REASON_FRAME_SHAPE},
        {"920005", REASON_FRAME_SHAPE}, /* kind 0 */
        {"920f05", REASON_FRAME_SHAPE}, /* kinds that do not exist */
        {"922005", REASON_FRAME_SHAPE},
        {"92ff05", REASON_FRAME_SHAPE},
        {"92cf7fffffffffffffff05", REASON_FRAME_SHAPE},
        {"92a10c05", REASON_FRAME_SHAPE},
        {"930c0505", REASON_FRAME_SHAPE},
        {"910c", REASON_FRAME_SHAPE},
        {"90", REASON_FRAME_SHAPE},
        {"0c", REASON_FRAME_SHAPE},
        {"80", REASON_FRAME_SHAPE},
        {"810102", REASON_MSGPACK_TYPE},
        {"930d0705", REASON_NONE},
        {"930d0700", REASON_NONE},
        {"930d07ff", REASON_FRAME_SHAPE},
        {"930e07c0", REASON_NONE},
        {"930e07a5455f534947", REASON_NONE}, /* BYE E_SIG */
        {"930e07a5455f534958", REASON_FRAME_SHAPE},
        {"930e07a0", REASON_FRAME_SHAPE},
        {"930e0700", REASON_FRAME_SHAPE},
        {"940b040002", REASON_NONE},
        {"940b0401cd0400", REASON_NONE},
        {"940b040202", REASON_FRAME_SHAPE},     /* class 2 */
        {"940b040000", REASON_FRAME_SHAPE},     /* amount 0 */
        {"940b0400cd0401", REASON_FRAME_SHAPE}, /* amount 1025 */
        {"9408040193c014c0", REASON_NONE},
        {"9408040690", REASON_NONE},
        {"9408040090", REASON_FRAME_SHAPE},
        {"9408040790", REASON_NONE},
        {"9408040890", REASON_NONE},
        {"9408040990", REASON_NONE},
        {"9408040a90", REASON_FRAME_SHAPE},
        {"94080401c0", REASON_FRAME_SHAPE},
        {"9408040180", REASON_FRAME_SHAPE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct frame f;
        struct arena *a = arena_new(4096);
        struct status want = {rows[i].reason == REASON_NONE ? CODE_OK : CODE_REFUSED,
                              rows[i].reason};
        if (!CHECK_STATUS(frame_parse(a, hex(rows[i].octets), &f), want))
            printf("\n    octets %s", rows[i].octets);
        arena_free(a);
    }
}

static void a_mebibyte_of_nils_is_no_frame(void)
{
    enum { NILS = 1 << 20 };
    struct buffer b = buffer_new(NILS + 8);
    mp_put_array(&b, NILS);
    memset(buffer_grow(&b, NILS), 0xc0, NILS);
    struct frame f;
    struct arena *a = arena_new(1 << 20);
    CHECK_STATUS(frame_parse(a, buffer_slice(&b), &f), REFUSE(FRAME_SHAPE));
    CHECK_U64(arena_used(a), 0);
    arena_free(a);
    buffer_done(&b);
}

static struct frame a_hello(struct object_version *parties, struct known_checkpoint *checkpoints)
{
    struct frame f = {.kind = FRAME_HELLO, .number = 1};
    parties[0] = (struct object_version){slice_text("XA"), 1, zero(32)};
    parties[1] = (struct object_version){slice_text("XC"), 2, zero(32)};
    checkpoints[0] = (struct known_checkpoint){slice_text("a"), 1, zero(32)};
    checkpoints[1] = (struct known_checkpoint){slice_text("b"), 2, zero(32)};
    f.as.hello = (struct hello){
        .me = slice_text("XA-CA-01"),
        .peer = slice_text("XA-GW-01"),
        .time_ms = 1790000000000,
        .max_frame = FRAME_MAX_BYTES,
        .law = {.number = 1, .digest = zero(32)},
        .states = {.number = 1, .digest = zero(32)},
        .parties = parties,
        .parties_count = 2,
        .checkpoints = checkpoints,
        .checkpoints_count = 2,
    };
    return f;
}

static void greetings_have_one_shape(void)
{
    struct object_version parties[2];
    struct known_checkpoint checkpoints[2];
    struct frame f = a_hello(parties, checkpoints);
    CHECK_GOOD(f);
    f.kind = FRAME_WELCOME;
    CHECK_GOOD(f);

    f.as.hello.time_ms = 4294967295;
    CHECK_BAD(f);
    f.as.hello.time_ms = 253402300800000;
    CHECK_BAD(f);
    f = a_hello(parties, checkpoints);
    f.as.hello.max_frame = (uint64_t)COUNT_MAX + 1;
    CHECK_BAD(f);
    f = a_hello(parties, checkpoints);
    f.as.hello.law.digest.length = 31;
    CHECK_BAD(f);
    f = a_hello(parties, checkpoints);
    parties[1].state = slice_text("XA");
    CHECK_BAD(f);
    parties[1].state = slice_text("WA");
    CHECK_BAD(f);
    parties[1].state = slice_text("xc");
    CHECK_BAD(f);
    f = a_hello(parties, checkpoints);
    checkpoints[1].origin = slice_text("a");
    CHECK_BAD(f);
    f = a_hello(parties, checkpoints);
    checkpoints[1].root = zero(33);
    CHECK_BAD(f);
}

static void a_greeting_names_at_most_300_checkpoints(void)
{
    enum { MANY = HELLO_LIST_MAX + 1 };
    static struct known_checkpoint many[MANY];
    static char names[MANY][8];
    struct object_version parties[2];
    struct known_checkpoint two[2];
    struct frame f = a_hello(parties, two);
    for (size_t i = 0; i < MANY; i++) {
        snprintf(names[i], sizeof names[i], "%05u", (unsigned)i);
        many[i] = (struct known_checkpoint){slice_text(names[i]), 1, zero(32)};
    }
    f.as.hello.checkpoints = many;
    f.as.hello.checkpoints_count = HELLO_LIST_MAX;
    CHECK_GOOD(f);
    f.as.hello.checkpoints_count = MANY;
    CHECK_BAD(f);
}

static void a_greeting_of_another_version_is_refused(void)
{
    struct object_version parties[2];
    struct known_checkpoint checkpoints[2];
    struct frame f = a_hello(parties, checkpoints), again;
    struct arena *a = arena_new(4096);
    struct buffer b = buffer_new(4096);
    frame_write(&b, &f);
    CHECK_U64(b.at[FRAME_HEAD_BYTES + 3], FRAME_VERSION);
    b.at[FRAME_HEAD_BYTES + 3] = FRAME_VERSION + 1;
    CHECK_STATUS(frame_parse(a, slice_part(buffer_slice(&b), FRAME_HEAD_BYTES, SIZE_MAX), &again),
                 REFUSE(FRAME_SHAPE));
    b.at[FRAME_HEAD_BYTES + 3] = 0;
    CHECK_STATUS(frame_parse(a, slice_part(buffer_slice(&b), FRAME_HEAD_BYTES, SIZE_MAX), &again),
                 REFUSE(FRAME_SHAPE));
    buffer_done(&b);
    arena_free(a);
}

/* Rows of equal octets, to be cut to any count. */
static struct slices alike(size_t count, struct slice row)
{
    static struct slice rows[FIELDS_MAX + 1];
    for (size_t i = 0; i < count; i++)
        rows[i] = row;
    return (struct slices){rows, count};
}

static void submissions_have_one_shape(void)
{
    struct frame f = {.kind = FRAME_SUBMIT, .number = 2};
    CHECK_GOOD(f);
    f.as.submit.flags = SUBMIT_DRY_RUN;
    CHECK_GOOD(f);
    f.as.submit.flags = 2;
    CHECK_BAD(f);
    f.as.submit.flags = 0;
    f.as.submit.decoys = alike(DECOYS_MAX, zero(16));
    CHECK_GOOD(f);
    f.as.submit.decoys = alike(DECOYS_MAX + 1, zero(16));
    CHECK_BAD(f);
    f.as.submit.decoys = alike(1, zero(15));
    CHECK_BAD(f);
    f.as.submit.decoys = alike(1, zero(17));
    CHECK_BAD(f);
    f.as.submit.decoys.count = 0;
    f.as.submit.approvals = alike(4, zero(5));
    CHECK_GOOD(f);
    f.as.submit.approvals = alike(5, zero(5));
    CHECK_BAD(f);
    f.as.submit.approvals.count = 0;
    f.as.submit.message.fields = alike(FIELDS_MAX, zero(1));
    CHECK_GOOD(f);
    f.as.submit.message.fields = alike(FIELDS_MAX + 1, zero(1));
    CHECK_BAD(f);
}

static void local_values_are_pairs_of_a_text_and_anything(void)
{
    static struct local_value locals[LOCAL_MAX + 1];
    for (size_t i = 0; i < LOCAL_MAX + 1; i++)
        locals[i] = (struct local_value){slice_text("NOT a path"), {.raw = hex("91c0")}};
    struct frame f = {.kind = FRAME_SUBMIT, .number = 2};
    f.as.submit.locals = locals;
    f.as.submit.locals_count = LOCAL_MAX;
    CHECK_GOOD(f);
    f.as.submit.locals_count = LOCAL_MAX + 1;
    CHECK_BAD(f);
}

static void local_values_of_another_shape_are_refused(void)
{
    static const struct {
        const char *local;
        enum reason reason;
    } rows[] = {
        {"90", REASON_NONE},
        {"9192a161c0", REASON_NONE},
        {"9192a16190", REASON_NONE},
        {"c0", REASON_FRAME_SHAPE},
        {"80", REASON_FRAME_SHAPE},
        {"91c0", REASON_FRAME_SHAPE},
        {"9191a161", REASON_FRAME_SHAPE},
        {"9193a161c0c0", REASON_FRAME_SHAPE},
        {"9192c0c0", REASON_FRAME_SHAPE},
        {"9192c40161c0", REASON_FRAME_SHAPE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct frame f;
        struct arena *a = arena_new(4096);
        struct buffer b = buffer_new(256);
        buffer_put(&b, hex("97030292c40090"));
        buffer_put(&b, hex(rows[i].local));
        buffer_put(&b, hex("909000"));
        struct status want = {rows[i].reason == REASON_NONE ? CODE_OK : CODE_REFUSED,
                              rows[i].reason};
        CHECK_STATUS(frame_parse(a, buffer_slice(&b), &f), want);
        buffer_done(&b);
        arena_free(a);
    }
}

static void deliveries_have_one_shape(void)
{
    struct frame f = {.kind = FRAME_DELIVER, .number = 2};
    f.as.deliver.releases = f.as.deliver.receipts = alike(1, zero(3));
    CHECK_GOOD(f);
    f.as.deliver.releases = f.as.deliver.receipts = alike(2, zero(3));
    CHECK_GOOD(f);
    f.as.deliver.releases.count = 0;
    CHECK_BAD(f);
    f.as.deliver.releases = alike(3, zero(3));
    CHECK_BAD(f);
    f.as.deliver.releases.count = 1;
    f.as.deliver.receipts.count = 0;
    CHECK_BAD(f);
    f.as.deliver.receipts.count = 3;
    CHECK_BAD(f);
    f.as.deliver.receipts.count = 1;
    f.as.deliver.derived = alike(FIELDS_MAX + 1, zero(3));
    CHECK_BAD(f);
}

static void receipts_have_one_shape(void)
{
    struct frame f = {.kind = FRAME_RECEIPT, .number = 2};
    f.as.receipt.receipt = zero(40);
    CHECK_GOOD(f);
    f.as.receipt.report = (struct report){true, 1, 2, 3};
    CHECK_GOOD(f);
    f.as.receipt.report.withheld = (uint64_t)COUNT_MAX + 1;
    CHECK_BAD(f);
    f.as.receipt.report.present = false;
    f.as.receipt.answers = (uint64_t)COUNT_MAX + 1;
    CHECK_BAD(f);
}

static void refusals_have_one_shape(void)
{
    static char text[DETAIL_MAX_BYTES + 1];
    memset(text, 'a', sizeof text);
    struct frame f = {.kind = FRAME_REFUSE, .number = 2};
    for (unsigned i = 1; i < REFUSAL_COUNT; i++) {
        f.as.refuse.code = slice_text(refusal_name((enum refusal)i));
        CHECK_GOOD(f);
    }
    f.as.refuse.detail = slice_over(text, DETAIL_MAX_BYTES);
    f.as.refuse.receipt = zero(3);
    CHECK_GOOD(f);
    f.as.refuse.detail.length++;
    CHECK_BAD(f);
    f.as.refuse.detail.length = 0;
    CHECK_GOOD(f);
    f.as.refuse.retry_ms = (uint64_t)COUNT_MAX + 1;
    CHECK_BAD(f);
    f.as.refuse.retry_ms = 0;
    static const char *const codes[] = {"",      "E_",     "E_NOTHING",
                                        "e_sig", "E_SIG ", "E_UNAVAILABLEEEEEEEEEEEEE"};
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        f.as.refuse.code = slice_text(codes[i]);
        CHECK_BAD(f);
    }
}

static void stages_taken_are_3_4_or_0(void)
{
    struct frame f = {.kind = FRAME_TAKEN, .number = 2};
    f.as.taken.key = (struct message_key){slice_text("XA-CA-01"), zero(16), slice_text("XC-CA-01")};
    for (uint64_t stage = 0; stage <= 5; stage++) {
        f.as.taken.stage = stage;
        bool good = stage == 0 || stage == 3 || stage == 4;
        CHECK_STATUS(read_back(&f), good ? OK : REFUSE(FRAME_SHAPE));
    }
    f.as.taken.stage = 3;
    f.as.taken.key.id = zero(15);
    CHECK_BAD(f);
}

static void answers_have_one_shape(void)
{
    struct frame f = {.kind = FRAME_ANSWER, .number = 2};
    f.as.answer.what = QUERY_CONSISTENCY;
    f.as.answer.rows = alike(ROWS_MAX, hex("90"));
    f.as.answer.next = zero(NEXT_MAX_BYTES);
    CHECK_GOOD(f);
    f.as.answer.next = zero(NEXT_MAX_BYTES + 1);
    CHECK_BAD(f);
    f.as.answer.next = zero(0);
    f.as.answer.rows = alike(ROWS_MAX + 1, hex("90"));
    CHECK_BAD(f);
    f.as.answer.rows = alike(1, hex("c0"));
    CHECK_BAD(f);
    f.as.answer.rows.count = 0;
    f.as.answer.what = QUERY_KINDS;
    CHECK_BAD(f);
}

static void proofs_have_at_most_126_digests(void)
{
    struct frame f = {.kind = FRAME_CHECKPOINT, .number = 2};
    f.as.checkpoint.path = alike(PROOF_MAX, zero(32));
    CHECK_GOOD(f);
    f.as.checkpoint.path = alike(PROOF_MAX + 1, zero(32));
    CHECK_BAD(f);
    f.as.checkpoint.path = alike(1, zero(31));
    CHECK_BAD(f);
}

TESTS(wire_frame_shape, {"heads of frames have one shape", heads_of_frames_have_one_shape},
      {"a mebibyte of nils is no frame", a_mebibyte_of_nils_is_no_frame},
      {"greetings have one shape", greetings_have_one_shape},
      {"a greeting names at most 300 checkpoints", a_greeting_names_at_most_300_checkpoints},
      {"a greeting of another version is refused", a_greeting_of_another_version_is_refused},
      {"submissions have one shape", submissions_have_one_shape},
      {"local values are pairs of a text and anything",
       local_values_are_pairs_of_a_text_and_anything},
      {"local values of another shape are refused", local_values_of_another_shape_are_refused},
      {"deliveries have one shape", deliveries_have_one_shape},
      {"receipts have one shape", receipts_have_one_shape},
      {"refusals have one shape", refusals_have_one_shape},
      {"stages taken are 3, 4 or 0", stages_taken_are_3_4_or_0},
      {"answers have one shape", answers_have_one_shape},
      {"proofs have at most 126 digests", proofs_have_at_most_126_digests})
