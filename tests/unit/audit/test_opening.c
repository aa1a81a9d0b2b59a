#include "support/check.h"

#include "audit/opening.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARENA_BYTES (8 << 20)
#define AT_MS       1790000000000

static uint8_t a_octets[32], b_octets[32];

static const struct outer outer_of_test = {
    .kind = ENTRY_START_STOP,
    .gateway = {(const uint8_t *)"XA-GW-01", 8},
    .rulebook = {a_octets, 32},
};

static struct entry_keys keys_of_test(void)
{
    struct entry_keys k;
    memset(k.outer, 1, sizeof k.outer);
    memset(k.inner, 2, sizeof k.inner);
    memset(k.closed, 3, sizeof k.closed);
    return k;
}

/* One field that is open and, on demand, one and a count that are not. */
struct record {
    struct inner_field fields[2];
    struct inner_count silent[2];
    struct inner inner;
};

static void record_write(struct record *r, bool asylum)
{
    *r = (struct record){
        .fields = {{slice_text("facts"), slice_text("CRM"), slice_text("clear"), slice_text("a"),
                    slice_text("b")},
                   {slice_text("persons/~9f3c20aa17b04e55/asylum/status"), slice_text("ASY"),
                    slice_text("silent"), slice_text("R-ASY-01"), slice_text("default deny")}},
        .silent = {{slice_text("ASY"), 1}, {slice_text("HLT"), 2}},
        .inner = {.op = slice_text("DISCLOSE"), .actor = slice_text("XA-CA-01")},
    };
    if (asylum)
        r->inner.closed_justification = slice_text("R-ASY-03");
    r->inner.fields = r->fields;
    r->inner.field_count = asylum ? 2 : 1;
    r->inner.silent = asylum ? r->silent : r->silent + 1;
    r->inner.silent_count = asylum ? 2 : 1;
}

/* A row with every opening; keys lives as long as the row is used. */
static struct opened_entry row_of(struct arena *a, const struct inner *inner,
                                  const struct entry_keys *keys, uint64_t index)
{
    struct entry_records r = {0};
    CHECK_OK(entry_make(a, AT_MS, &outer_of_test, inner, keys, &r));
    return (struct opened_entry){
        .index = index,
        .entry = r.entry,
        .outer = {slice_over(keys->outer, 32), r.outer},
        .inner = {slice_over(keys->inner, 32), r.inner},
        .closed = {slice_over(keys->closed, 32), r.closed},
    };
}

static struct slice written(struct arena *a, const struct opened_entry *rows, size_t count)
{
    struct buffer b = buffer_new(OPENINGS_MAX_BYTES + 1);
    openings_write(&b, rows, count);
    struct slice copy = arena_copy(a, buffer_slice(&b));
    CHECK(!b.failed && copy.at != NULL);
    buffer_done(&b);
    return copy;
}

static struct status parse(struct arena *a, struct slice document)
{
    struct opened_entry *rows;
    size_t count;
    return openings_parse(a, document, &rows, &count);
}

static void what_is_written_is_read(void)
{
    struct arena *a = arena_new(ARENA_BYTES);
    struct record record;
    const struct entry_keys keys = keys_of_test();
    struct opened_entry rows[3], *read = NULL;
    struct opened opened = {0};
    size_t count = 0, bound = OPENINGS_HEAD_BYTES;
    record_write(&record, true);
    for (uint64_t i = 0; i < 3; i++)
        rows[i] = row_of(a, &record.inner, &keys, 70000 + i);
    rows[1].outer = rows[1].inner = rows[1].closed = (struct opening){0};
    rows[2].closed = (struct opening){0};
    struct slice document = written(a, rows, 3);
    for (size_t i = 0; i < 3; i++)
        bound += opened_entry_bytes(&rows[i]);
    CHECK(document.length <= bound);
    CHECK_OK(openings_parse(a, document, &read, &count));
    if (!CHECK_U64(count, 3))
        return;
    CHECK_BYTES(written(a, read, 3), document);
    CHECK_U64(read[2].index, 70002);
    CHECK_OK(opened_entry_read(a, &read[0], &opened));
    CHECK(opened.has_outer && opened.has_inner && opened.has_closed);
    CHECK_U64(opened.time_ms, AT_MS);
    CHECK_U64(opened.outer.kind, ENTRY_START_STOP);
    CHECK_BYTES(opened.inner.actor, slice_text("XA-CA-01"));
    CHECK_U64(opened.inner.field_count, 1);
    CHECK_BYTES(opened.inner.silent[0].category, slice_text("HLT"));
    CHECK_U64(opened.closed.field_count, 1);
    CHECK_BYTES(opened.closed.fields[0].rule, slice_text("R-ASY-01"));
    CHECK_U64(opened.closed.silent[0].count, 1);
    CHECK_BYTES(opened.closed.closed_justification, slice_text("R-ASY-03"));
    CHECK(opened.inner.closed_justification.at == NULL);
    CHECK_OK(opened_entry_read(a, &read[1], &opened));
    CHECK(!opened.has_outer && !opened.has_inner && !opened.has_closed);
    CHECK_OK(opened_entry_read(a, &read[2], &opened));
    CHECK(opened.has_inner && !opened.has_closed);
    CHECK_OK(openings_parse(a, written(a, rows, 0), &read, &count));
    CHECK_U64(count, 0);
    arena_free(a);
}

/* R-AUD-05: whoever gets no closed record cannot tell whether there was anything to put in it. */
static void asylum_leaves_no_trace_in_what_a_ministry_reads(void)
{
    struct arena *a = arena_new(ARENA_BYTES);
    struct record with, without;
    const struct entry_keys keys = keys_of_test();
    record_write(&with, true);
    record_write(&without, false);
    struct opened_entry one = row_of(a, &with.inner, &keys, 1);
    struct opened_entry two = row_of(a, &without.inner, &keys, 1);
    struct opened_entry *rows[] = {&one, &two};
    CHECK(!slice_equal(one.closed.record, two.closed.record));
    /* Equal but for the commitment, which is as long and as random as any. */
    const size_t end = one.inner.record.length - 32;
    CHECK_U64(two.inner.record.length, one.inner.record.length);
    CHECK_BYTES(slice_part(one.inner.record, 0, end), slice_part(two.inner.record, 0, end));
    CHECK(!slice_equal(one.inner.record, two.inner.record));
    for (size_t i = 0; i < 2; i++)
        rows[i]->closed = (struct opening){0};
    CHECK_U64(written(a, &one, 1).length, written(a, &two, 1).length);
    arena_free(a);
}

static void a_record_that_was_not_committed_to_is_named(void)
{
    struct arena *a = arena_new(ARENA_BYTES);
    struct record one, two;
    struct opened opened;
    struct entry_keys other = keys_of_test();
    const struct entry_keys keys = keys_of_test();
    record_write(&one, true);
    record_write(&two, false);
    const struct opened_entry good = row_of(a, &one.inner, &keys, 0);
    const struct opened_entry foreign = row_of(a, &two.inner, &keys, 0);
    CHECK_OK(opened_entry_read(a, &good, &opened));
    struct opened_entry row = good;
    row.inner = foreign.inner;
    CHECK_STATUS(opened_entry_read(a, &row, &opened), REFUSE(OPENING_INNER));
    row = good;
    row.closed = foreign.closed;
    CHECK_STATUS(opened_entry_read(a, &row, &opened), REFUSE(OPENING_CLOSED));
    row = good;
    row.outer.record = good.inner.record;
    CHECK_STATUS(opened_entry_read(a, &row, &opened), REFUSE(OPENING_OUTER));
    other.outer[31] ^= 1;
    row = good;
    row.outer.key = slice_over(other.outer, 32);
    CHECK_STATUS(opened_entry_read(a, &row, &opened), REFUSE(OPENING_OUTER));
    row = good;
    row.inner = (struct opening){0};
    CHECK_STATUS(opened_entry_read(a, &row, &opened), REFUSE(OPENING_CLOSED));
    row = good;
    row.entry = slice_part(good.entry, 0, ENTRY_BYTES - 1);
    CHECK_STATUS(opened_entry_read(a, &row, &opened), REFUSE(RECEIPT_ENTRY));
    arena_free(a);
}

/* Nobody can change an octet of a document without being found out. */
static void every_changed_octet_is_found(void)
{
    struct arena *a = arena_new(ARENA_BYTES * 8);
    struct record record;
    const struct entry_keys keys = keys_of_test();
    record_write(&record, true);
    const struct opened_entry row = row_of(a, &record.inner, &keys, 5);
    struct slice good = written(a, &row, 1);
    uint8_t *octets = arena_alloc(a, good.length);
    if (!CHECK(octets != NULL))
        return;
    memcpy(octets, good.at, good.length);
    for (size_t i = 0; i < good.length; i++) {
        struct opened_entry *rows;
        struct opened opened;
        size_t count;
        bool is_time = i > 7 && i < 16; /* of the entry: the tree holds that */
        octets[i] ^= 1;
        struct status s = openings_parse(a, slice_over(octets, good.length), &rows, &count);
        bool found = failed(s) || count != 1 || rows[0].index != 5 ||
                     failed(opened_entry_read(a, &rows[0], &opened));
        if (!CHECK(found || is_time))
            fprintf(stderr, "octet %zu\n", i);
        octets[i] ^= 1;
    }
    arena_free(a);
}

static void documents_of_another_shape_are_refused(void)
{
    struct arena *a = arena_new(ARENA_BYTES);
    struct record record;
    const struct entry_keys keys = keys_of_test();
    record_write(&record, true);
    struct opened_entry rows[2] = {row_of(a, &record.inner, &keys, 7),
                                   row_of(a, &record.inner, &keys, 8)};
    struct slice good = written(a, rows, 2);
    CHECK_OK(parse(a, good));
    for (size_t i = 0; i < good.length; i++)
        CHECK(parse(a, slice_part(good, 0, i)).code == CODE_REFUSED);
    rows[1].index = 9;
    CHECK_STATUS(parse(a, written(a, rows, 2)), REFUSE(OPENINGS_SHAPE));
    rows[1].index = 7;
    CHECK_STATUS(parse(a, written(a, rows, 2)), REFUSE(OPENINGS_SHAPE));
    rows[1].index = 8;
    rows[1].inner = (struct opening){0};
    CHECK_STATUS(parse(a, written(a, rows, 2)), REFUSE(OPENINGS_SHAPE));
    rows[1] = rows[0];
    rows[1].index = 8;
    rows[1].outer.key = slice_part(rows[0].outer.key, 0, 31);
    CHECK_STATUS(parse(a, written(a, rows, 2)), REFUSE(OPENINGS_SHAPE));
    arena_free(a);
}

static void documents_have_limits(void)
{
    struct arena *a = arena_new(ARENA_BYTES * 4);
    struct record record;
    struct opened_entry rows[OPENINGS_MAX + 1];
    const struct entry_keys keys = keys_of_test();
    uint8_t *large = calloc(OPENINGS_MAX_BYTES + 1, 1);
    record_write(&record, false);
    for (uint64_t i = 0; i <= OPENINGS_MAX; i++)
        rows[i] = row_of(a, &record.inner, &keys, i);
    CHECK_OK(parse(a, written(a, rows, OPENINGS_MAX)));
    CHECK_STATUS(parse(a, written(a, rows, OPENINGS_MAX + 1)), REFUSE(OPENINGS_SHAPE));
    if (CHECK(large != NULL))
        CHECK_STATUS(parse(a, slice_over(large, OPENINGS_MAX_BYTES + 1)), REFUSE(OPENINGS_SIZE));
    rows[0].outer.record = slice_over(large, OUTER_MAX_BYTES + 1);
    CHECK_STATUS(parse(a, written(a, rows, 1)), REFUSE(OPENINGS_SHAPE));
    free(large);
    arena_free(a);
}

/* ---- inner records ---- */

static struct slice record_made(struct arena *a, const struct inner *inner)
{
    const struct entry_keys keys = keys_of_test();
    struct entry_records r = {0};
    CHECK_OK(entry_make(a, AT_MS, &outer_of_test, inner, &keys, &r));
    return r.inner;
}

static struct status judge(struct arena *a, const struct inner *inner)
{
    struct inner read;
    struct slice closed;
    return inner_parse(a, record_made(a, inner), &read, &closed);
}

static struct inner full(struct record *r, struct slices *lists)
{
    record_write(r, false);
    memset(a_octets, 0xaa, sizeof a_octets);
    memset(b_octets, 0xbb, sizeof b_octets);
    struct inner i = r->inner;
    i.officer = slice_text("2207");
    i.function = slice_text("investigator");
    i.subjects = lists[0];
    i.case_pseudonym = slice_over(a_octets, 32);
    i.justification = slice_text("because");
    i.instrument = slice_text("UNTOC18");
    i.legal_basis = lists[1];
    i.tier = slice_text("T3");
    i.transfer_basis = slice_text("LED37_BINDING");
    i.transfer_by = slice_text("XA-CA-01");
    i.ground = slice_text("EMERGENCY");
    i.approvals = lists[2];
    i.has_related = true;
    i.related = 1000;
    i.confidential = true;
    return i;
}

static void inner_records_are_read_as_they_were_written(void)
{
    struct arena *a = arena_new(ARENA_BYTES);
    struct record record;
    struct inner read = {0};
    struct slice closed = {0};
    struct slice subjects[] = {slice_over(a_octets, 32), slice_over(b_octets, 32)};
    struct slice bases[] = {slice_text("UNTOC18 para 3(e)")};
    struct slice approvals[] = {slice_over(b_octets, 32), slice_over(a_octets, 32)};
    struct slices lists[] = {{subjects, 2}, {bases, 1}, {approvals, 2}};
    const struct inner inner = full(&record, lists);
    const struct inner least = {.op = slice_text("OPERATE"), .actor = slice_text("XA-GW-01")};
    struct slice octets = record_made(a, &inner);
    CHECK_OK(inner_parse(a, octets, &read, &closed));
    CHECK_BYTES(record_made(a, &read), octets); /* every member came through */
    CHECK_BYTES(closed, slice_part(octets, octets.length - 34, 32));
    CHECK(read.confidential);
    CHECK_U64(read.related, 1000);
    CHECK_BYTES(read.transfer_by, slice_text("XA-CA-01"));
    octets = record_made(a, &least);
    CHECK_OK(inner_parse(a, octets, &read, &closed));
    CHECK_BYTES(record_made(a, &read), octets);
    CHECK(read.officer.at == NULL && read.tier.at == NULL && !read.has_related);
    for (size_t i = 0; i < octets.length; i++)
        CHECK(inner_parse(a, slice_part(octets, 0, i), &read, &closed).code == CODE_REFUSED);
    arena_free(a);
}

static void inner_records_of_another_shape_are_refused(void)
{
    struct arena *a = arena_new(ARENA_BYTES);
    struct record r;
    struct slice subjects[] = {slice_over(b_octets, 32), slice_over(a_octets, 32)};
    record_write(&r, false);
    CHECK_OK(judge(a, &r.inner));
    struct inner bad = r.inner;
    bad.op = slice_text("LOOK");
    CHECK_STATUS(judge(a, &bad), REFUSE(INNER_SHAPE));
    bad = r.inner;
    bad.actor = slice_text("Anna");
    CHECK_STATUS(judge(a, &bad), REFUSE(INNER_SHAPE));
    bad = r.inner;
    memset(a_octets, 0xaa, sizeof a_octets);
    memset(b_octets, 0xbb, sizeof b_octets);
    bad.subjects = (struct slices){subjects, 2}; /* not sorted */
    CHECK_STATUS(judge(a, &bad), REFUSE(INNER_SHAPE));
    r.fields[0].level = slice_text("open");
    CHECK_STATUS(judge(a, &r.inner), REFUSE(INNER_SHAPE));
    record_write(&r, false);
    r.fields[1] = r.fields[0]; /* twice the same path */
    r.inner.field_count = 2;
    CHECK_STATUS(judge(a, &r.inner), REFUSE(INNER_SHAPE));
    arena_free(a);
}

/* {1: 1, 4: [], 5: [["ASY", 1]]} is one; with HLT in it, it is none, nor is an inner record. */
static void closed_records_hold_what_is_closed_alone(void)
{
    struct arena *a = arena_new(ARENA_BYTES);
    struct inner read;
    CHECK_OK(closed_parse(a, hex("a3010104800581826341535901"), &read));
    CHECK_U64(read.silent_count, 1);
    CHECK_STATUS(closed_parse(a, hex("a30101048005818263484c5401"), &read), REFUSE(INNER_SHAPE));
    CHECK_STATUS(closed_parse(a, hex("a40101048005800680"), &read), REFUSE(INNER_SHAPE));
    CHECK_OK(closed_parse(a, hex("a4010104800580086178"), &read));
    CHECK_BYTES(read.closed_justification, slice_text("x"));
    arena_free(a);
}

TESTS(opening, {"what is written is read", what_is_written_is_read},
      {"asylum leaves no trace in what a ministry reads",
       asylum_leaves_no_trace_in_what_a_ministry_reads},
      {"a record that was not committed to is named", a_record_that_was_not_committed_to_is_named},
      {"every changed octet is found", every_changed_octet_is_found},
      {"documents of another shape are refused", documents_of_another_shape_are_refused},
      {"documents have limits", documents_have_limits},
      {"inner records are read as they were written", inner_records_are_read_as_they_were_written},
      {"inner records of another shape are refused", inner_records_of_another_shape_are_refused},
      {"closed records hold what is closed alone", closed_records_hold_what_is_closed_alone})
