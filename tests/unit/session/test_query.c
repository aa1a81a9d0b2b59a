#include "session/query.h"
#include "support/check.h"

#include <string.h>

static const struct message_key key = {
    {(const uint8_t *)"XA-CA-01", 8},
    {(const uint8_t *)"0123456789abcdef", 16},
    {(const uint8_t *)"XC-CA-01", 8},
};

static struct buffer out;
static struct arena *arena;

static void begin(void)
{
    out = buffer_new(FRAME_MAX_BYTES);
    arena = arena_new(1U << 20);
}

static void end(void)
{
    buffer_done(&out);
    arena_free(arena);
}

static void keys_agree(const struct message_key *got)
{
    CHECK_BYTES(got->from, key.from);
    CHECK_BYTES(got->id, key.id);
    CHECK_BYTES(got->to, key.to);
}

/* Writes args and reads them again. */
static struct query_args again(struct query_args args)
{
    struct query_args got;
    memset(&got, 0, sizeof got);
    buffer_clear(&out);
    query_args_write(&out, &args);
    CHECK_OK(msgpack_scan(buffer_slice(&out)));
    CHECK_OK(query_args_parse(&(struct query){args.what, buffer_slice(&out)}, &got));
    CHECK(got.what == args.what);
    return got;
}

static void args_come_back(void)
{
    begin();
    struct query_args got =
        again((struct query_args){.what = QUERY_INBOX, .limit = 20, .thread = key.id});
    CHECK(got.after.at == NULL);
    CHECK_U64(got.limit, 20);
    CHECK_BYTES(got.thread, key.id);

    got = again((struct query_args){.what = QUERY_FETCH, .key = key});
    keys_agree(&got.key);

    got = again((struct query_args){
        .what = QUERY_STATUS, .has_key = true, .key = key, .after = slice_text("n"), .limit = 1});
    CHECK(got.has_key);
    keys_agree(&got.key);
    CHECK_BYTES(got.after, slice_text("n"));
    CHECK(!again((struct query_args){.what = QUERY_STATUS, .limit = 100}).has_key);

    got = again((struct query_args){.what = QUERY_CHECKPOINT, .origin = slice_text("log")});
    CHECK_BYTES(got.origin, slice_text("log"));

    got = again((struct query_args){
        .what = QUERY_CONSISTENCY, .origin = slice_text("log"), .old_size = 3, .new_size = 7});
    CHECK(got.old_size == 3 && got.new_size == 7);

    got = again((struct query_args){
        .what = QUERY_STEPS, .origin = slice_text("log"), .old_size = 7, .limit = 100});
    CHECK_BYTES(got.origin, slice_text("log"));
    CHECK(got.old_size == 7 && got.limit == 100);

    got = again((struct query_args){
        .what = QUERY_RULEBOOK, .object = slice_text("parties:XA"), .number = 2, .offset = 524288});
    CHECK_BYTES(got.object, slice_text("parties:XA"));
    CHECK(got.number == 2 && got.offset == 524288);

    got = again((struct query_args){.what = QUERY_COSE, .key = key, .stage = 3});
    keys_agree(&got.key);
    CHECK_U64(got.stage, 3);

    again((struct query_args){.what = QUERY_VERSIONS});
    CHECK_BYTES(buffer_slice(&out), hex("90"));
    end();
}

static void bad_args_are_refused(void)
{
    static const struct {
        enum query_what what;
        const char *args;
    } rows[] = {
        {QUERY_NONE, "90"},
        {QUERY_KINDS, "90"},
        {QUERY_INBOX, "92c014"},              /* one too few */
        {QUERY_INBOX, "93c000c0"},            /* no rows wanted */
        {QUERY_INBOX, "93c065c0"},            /* 101 */
        {QUERY_INBOX, "93c014c40161"},        /* a short thread */
        {QUERY_FETCH, "91c0"},                /* no key */
        {QUERY_STATUS, "93c0c000"},           /* no rows wanted */
        {QUERY_CONSISTENCY, "93a16c0703"},    /* backwards */
        {QUERY_CHECKPOINT, "9101"},           /* a number for a name */
        {QUERY_STEPS, "93a16c0700"},          /* no rows wanted */
        {QUERY_STEPS, "93a16c0765"},          /* 101 */
        {QUERY_RULEBOOK, "94a36c617700c000"}, /* one too many */
        {QUERY_VERSIONS, "9101"},             /* one too many */
        {QUERY_VERSIONS, "c0"},               /* no array */
        {QUERY_COSE, "92c001"},               /* no key */
        {QUERY_COSE, "9293a0c40101a0c0"},     /* a short id */
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct query_args got;
        struct query query = {rows[i].what, hex(rows[i].args)};
        CHECK_STATUS(query_args_parse(&query, &got), REFUSE(FRAME_SHAPE));
    }
}

static void an_inbox_row_comes_back(void)
{
    begin();
    struct slice codes[] = {slice_text("H1"), slice_text("H3")};
    struct inbox_row row = {.key = key,
                            .thread = key.id,
                            .type = slice_text("mla.request"),
                            .stage = 3,
                            .received_ms = 1780000000000,
                            .urgency = slice_text("URGENT"),
                            .deadline_ms = 1780000000001,
                            .handling = {codes, 2},
                            .case_ref = slice_text("PA-2026-0417")};
    struct inbox_row got;
    inbox_row_write(&out, &row);
    CHECK_OK(msgpack_scan(buffer_slice(&out)));
    CHECK_OK(inbox_row_parse(arena, buffer_slice(&out), &got));
    keys_agree(&got.key);
    CHECK_BYTES(got.thread, key.id);
    CHECK_BYTES(got.type, row.type);
    CHECK_U64(got.stage, 3);
    CHECK_U64(got.received_ms, 1780000000000);
    CHECK_BYTES(got.urgency, row.urgency);
    CHECK_U64(got.deadline_ms, 1780000000001);
    CHECK_U64(got.handling.count, 2);
    CHECK_BYTES(got.handling.at[1], codes[1]);
    CHECK_BYTES(got.case_ref, row.case_ref);

    row.urgency = row.case_ref = (struct slice){0};
    row.deadline_ms = 0;
    row.handling.count = 0;
    buffer_clear(&out);
    inbox_row_write(&out, &row);
    CHECK_OK(inbox_row_parse(arena, buffer_slice(&out), &got));
    CHECK(got.urgency.at == NULL && got.case_ref.at == NULL);
    CHECK_U64(got.deadline_ms, 0);
    CHECK_U64(got.handling.count, 0);
    end();
}

static void a_fetched_row_is_a_delivery(void)
{
    begin();
    struct slice fields[] = {slice_text("f1"), slice_text("f2")};
    struct slice release = slice_text("release"), receipt = slice_text("receipt");
    struct deliver row = {.message = {slice_text("seal"), {fields, 2}},
                          .releases = {&release, 1},
                          .receipts = {&receipt, 1}};
    struct deliver got;
    fetch_row_write(&out, &row);
    CHECK_OK(msgpack_scan(buffer_slice(&out)));
    CHECK_OK(fetch_row_parse(arena, buffer_slice(&out), &got));
    CHECK_BYTES(got.message.seal, row.message.seal);
    CHECK_U64(got.message.fields.count, 2);
    CHECK_BYTES(got.message.fields.at[1], fields[1]);
    CHECK_U64(got.derived.count, 0);
    CHECK_BYTES(got.releases.at[0], release);
    CHECK_BYTES(got.receipts.at[0], receipt);
    CHECK_U64(got.message_raw.length, 1 + 2 + 4 + 1 + 2 * 4);

    row.receipts.count = 0; /* no receipt, no read */
    buffer_clear(&out);
    fetch_row_write(&out, &row);
    CHECK_STATUS(fetch_row_parse(arena, buffer_slice(&out), &got), REFUSE(FRAME_SHAPE));
    end();
}

static void the_other_rows_come_back(void)
{
    begin();
    struct slice receipts[] = {slice_text("r1"), slice_text("r2")};
    struct status_row status = {key, 18, slice_text("E_HELD"), {receipts, 2}}, status_got;
    status_row_write(&out, &status);
    CHECK_OK(status_row_parse(arena, buffer_slice(&out), &status_got));
    keys_agree(&status_got.key);
    CHECK_U64(status_got.stage, 18);
    CHECK_BYTES(status_got.code, status.code);
    CHECK_BYTES(status_got.receipts.at[1], receipts[1]);

    struct slice note;
    buffer_clear(&out);
    checkpoint_row_write(&out, slice_text("note\n"));
    CHECK_OK(checkpoint_row_parse(buffer_slice(&out), &note));
    CHECK_BYTES(note, slice_text("note\n"));

    uint8_t hash[DIGEST_BYTES] = {7};
    struct slice path = slice_over(hash, sizeof hash);
    struct slices got;
    buffer_clear(&out);
    consistency_row_write(&out, (struct slices){&path, 1});
    CHECK_OK(consistency_row_parse(arena, buffer_slice(&out), &got));
    CHECK_U64(got.count, 1);
    CHECK_BYTES(got.at[0], path);

    struct rulebook_row book = {4, path, slice_text("law"), 3}, book_got;
    buffer_clear(&out);
    rulebook_row_write(&out, &book);
    CHECK_OK(rulebook_row_parse(buffer_slice(&out), &book_got));
    CHECK(book_got.number == 4 && book_got.length == 3);
    CHECK_BYTES(book_got.digest, path);
    CHECK_BYTES(book_got.octets, book.octets);
    end();
}

static void a_cose_row_comes_back(void)
{
    begin();
    struct slice got;
    cose_row_write(&out, slice_text("receipt"));
    CHECK_OK(msgpack_scan(buffer_slice(&out)));
    CHECK_OK(cose_row_parse(buffer_slice(&out), &got));
    CHECK_BYTES(got, slice_text("receipt"));
    CHECK_STATUS(cose_row_parse(hex("91c400"), &got), REFUSE(FRAME_SHAPE));     /* empty */
    CHECK_STATUS(cose_row_parse(hex("91a0"), &got), REFUSE(FRAME_SHAPE));       /* a text */
    CHECK_STATUS(cose_row_parse(hex("92c40100c0"), &got), REFUSE(FRAME_SHAPE)); /* one more */
    end();
}

static void a_version_comes_back(void)
{
    static const char *const others[] = {
        "93a36c617707c0", /* no digest */
        "93c0070102",     /* no name */
        "92a36c617707",   /* cut */
        "93a36c617707c41f00000000000000000000000000000000000000000000000000000000000000", /* 31 */
    };
    begin();
    uint8_t hash[DIGEST_BYTES] = {7};
    struct versions_row row = {slice_text("revocations:XA"), COUNT_MAX,
                               slice_over(hash, sizeof hash)},
                        got;
    versions_row_write(&out, &row);
    CHECK_OK(msgpack_scan(buffer_slice(&out)));
    CHECK_OK(versions_row_parse(buffer_slice(&out), &got));
    CHECK_BYTES(got.name, row.name);
    CHECK_U64(got.number, COUNT_MAX);
    CHECK_BYTES(got.digest, row.digest);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        CHECK_STATUS(versions_row_parse(hex(others[i]), &got), REFUSE(FRAME_SHAPE));
    end();
}

static void a_step_comes_back(void)
{
    begin();
    uint8_t hash[DIGEST_BYTES] = {7};
    struct slice root = slice_over(hash, sizeof hash);
    struct steps_row step = {3, 8, root, {&root, 1}}, got;
    steps_row_write(&out, &step);
    CHECK_OK(msgpack_scan(buffer_slice(&out)));
    CHECK_OK(steps_row_parse(arena, buffer_slice(&out), &got));
    CHECK(got.old_size == 3 && got.size == 8);
    CHECK_BYTES(got.root, root);
    CHECK_U64(got.path.count, 1);
    CHECK_BYTES(got.path.at[0], root);

    step.old_size = 8; /* leads nowhere */
    buffer_clear(&out);
    steps_row_write(&out, &step);
    CHECK_STATUS(steps_row_parse(arena, buffer_slice(&out), &got), REFUSE(FRAME_SHAPE));
    end();
}

static void a_cut_row_is_refused(void)
{
    begin();
    struct inbox_row row = {.key = key, .thread = key.id, .type = slice_text("t")}, inbox;
    struct status_row stage;
    struct rulebook_row book;
    struct steps_row step;
    struct versions_row version;
    struct deliver deliver;
    struct slice note;
    inbox_row_write(&out, &row);
    struct slice other = buffer_slice(&out);
    CHECK_STATUS(status_row_parse(arena, other, &stage), REFUSE(FRAME_SHAPE));
    CHECK_STATUS(rulebook_row_parse(other, &book), REFUSE(FRAME_SHAPE));
    CHECK_STATUS(steps_row_parse(arena, other, &step), REFUSE(FRAME_SHAPE));
    CHECK_STATUS(versions_row_parse(other, &version), REFUSE(FRAME_SHAPE));
    CHECK_STATUS(fetch_row_parse(arena, other, &deliver), REFUSE(FRAME_SHAPE));
    CHECK_STATUS(checkpoint_row_parse(other, &note), REFUSE(FRAME_SHAPE));
    CHECK_STATUS(inbox_row_parse(arena, hex("90"), &inbox), REFUSE(FRAME_SHAPE));
    end();
}

TESTS(session_query, {"args come back as they were written", args_come_back},
      {"args of another shape are refused", bad_args_are_refused},
      {"an inbox row comes back", an_inbox_row_comes_back},
      {"a fetched row is a delivery", a_fetched_row_is_a_delivery},
      {"status, checkpoint, consistency and rulebook rows come back", the_other_rows_come_back},
      {"a COSE row comes back", a_cose_row_comes_back},
      {"a version comes back", a_version_comes_back},
      {"a step comes back, forward only", a_step_comes_back},
      {"a row of another kind is refused", a_cut_row_is_refused})
