#include "support/check.h"

#include "wire/msgpack.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define R(name) REASON_MSGPACK_##name

struct row {
    const char *octets;
    enum reason reason; /* REASON_NONE: accepted */
};

static void check_rows(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct status want = {rows[i].reason == REASON_NONE ? CODE_OK : CODE_REFUSED,
                              rows[i].reason};
        if (!CHECK_STATUS(msgpack_scan(hex(rows[i].octets)), want))
            printf("\n    octets %s", rows[i].octets);
    }
}

static void everything_outside_the_subset_is_refused_for_its_reason(void)
{
    static const struct row rows[] = {
        {"", R(TRUNCATED)},
        {"cd01", R(TRUNCATED)},
        {"cc", R(TRUNCATED)},
        {"dc00", R(TRUNCATED)},
        {"a36162", R(TRUNCATED)},
        {"c40201", R(TRUNCATED)},
        {"92a0c402", R(TRUNCATED)},
        {"9291c0", R(TRUNCATED)},
        {"c0c0", R(TRAILING)},
        {"90c0", R(TRAILING)},
        {"cc05", R(FORM)},
        {"cc7f", R(FORM)},
        {"cd00ff", R(FORM)},
        {"ce0000ffff", R(FORM)},
        {"cf00000000ffffffff", R(FORM)},
        {"d005", R(FORM)},
        {"d0e0", R(FORM)},
        {"d1ff80", R(FORM)},
        {"d1007f", R(FORM)},
        {"d2ffff8000", R(FORM)},
        {"d3ffffffff80000000", R(FORM)},
        {"d30000000100000000", R(FORM)},
        {"d90161", R(FORM)},
        {"da000161", R(FORM)},
        {"db0000000161", R(FORM)},
        {"c50001aa", R(FORM)},
        {"c600000001aa", R(FORM)},
        {"dc0001c0", R(FORM)},
        {"dd00000001c0", R(FORM)},
        {"de0000", R(FORM)},
        {"df00000000", R(FORM)},
        {"ca00000000", R(TYPE)},
        {"cb0000000000000000", R(TYPE)},
        {"c1", R(TYPE)},
        {"c70100aa", R(TYPE)},
        {"d40100", R(TYPE)},
        {"d8", R(TYPE)},
        {"cfffffffffffffffff", R(TYPE)},
        {"cf8000000000000000", R(TYPE)},
        {"810102", R(TYPE)},
        {"de00010102", R(TYPE)},
        {"df7fffffff", R(TYPE)},
        {"a2c080", R(UTF8)},
        {"a3eda080", R(UTF8)},
        {"a100", R(UTF8)},
        {"92c0a1ff", R(UTF8)},
        {"91919191919191c0", R(DEPTH)},
        {"91919191919190", R(DEPTH)},
        {"9201", R(COUNT)},
        {"91", R(COUNT)},
        {"dd00ffffff", R(COUNT)},
        {"ddff000000", R(COUNT)},
        {"dd08000000", R(COUNT)},
        {"ddffffffff", R(COUNT)},
    };
    check_rows(rows, sizeof rows / sizeof rows[0]);
}

static void every_form_of_value_is_accepted(void)
{
    static const struct row rows[] = {
        {"c0", REASON_NONE},
        {"c2", REASON_NONE},
        {"c3", REASON_NONE},
        {"00", REASON_NONE},
        {"7f", REASON_NONE},
        {"ff", REASON_NONE},
        {"e0", REASON_NONE},
        {"cc80", REASON_NONE},
        {"cd0100", REASON_NONE},
        {"ce00010000", REASON_NONE},
        {"cf0000000100000000", REASON_NONE},
        {"cf7fffffffffffffff", REASON_NONE},
        {"d0df", REASON_NONE},
        {"d080", REASON_NONE},
        {"d1ff7f", REASON_NONE},
        {"d2ffff7fff", REASON_NONE},
        {"d3ffffffff7fffffff", REASON_NONE},
        {"d38000000000000000", REASON_NONE},
        {"a0", REASON_NONE},
        {"c400", REASON_NONE},
        {"90", REASON_NONE},
        {"80", REASON_NONE},
        {"91919191919180", REASON_NONE},
        {"95a2584101c0c3c40101", REASON_NONE},
        {"a3e282ac", REASON_NONE},
    };
    check_rows(rows, sizeof rows / sizeof rows[0]);
}

/* Byte strings that made decoders reserve gigabytes; here they cost as little as they weigh. */
static void hostile_octets_are_refused(void)
{
    enum { LONG = 1 << 20 };
    static const struct {
        const char *piece;
        size_t times;
        enum reason reason;
    } rows[] = {
        {"dd00ffffff", 30, R(COUNT)},     {"dcffff", 30, R(COUNT)},
        {"df7fffffff", 30, R(TYPE)},      {"91", LONG, R(DEPTH)},
        {"90", LONG, R(TRAILING)},        {"c6ffffffff", 30, R(TRUNCATED)},
        {"dbffffffff", 30, R(TRUNCATED)}, {"92", 600, R(DEPTH)},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct buffer b = buffer_new(6 * LONG);
        struct slice piece = hex(rows[i].piece);
        for (size_t n = 0; n < rows[i].times; n++)
            buffer_put(&b, piece);
        struct status want = {CODE_REFUSED, rows[i].reason};
        if (!CHECK_STATUS(msgpack_scan(buffer_slice(&b)), want))
            printf("\n    %s", rows[i].piece);
        buffer_done(&b);
    }
}

static void a_mebibyte_of_nils_is_one_object(void)
{
    enum { NILS = 1 << 20 };
    struct buffer b = buffer_new(NILS + 8);
    mp_put_array(&b, NILS);
    memset(buffer_grow(&b, NILS), 0xc0, NILS);
    CHECK_OK(msgpack_scan(buffer_slice(&b)));
    struct value v = value_read(buffer_slice(&b));
    CHECK_U64(v.kind, VALUE_ARRAY);
    CHECK_U64(v.count, NILS);
    CHECK(value_is_leaf(&v));
    CHECK_STATUS(msgpack_scan(slice_part(buffer_slice(&b), 0, NILS)), REFUSE(MSGPACK_COUNT));
    buffer_done(&b);
}

static void the_first_of_several_objects_has_a_length(void)
{
    size_t length = 0;
    CHECK_OK(msgpack_scan_first(hex("92a16101c0"), &length));
    CHECK_U64(length, 4);
    CHECK_STATUS(msgpack_scan_first(hex(""), &length), REFUSE(MSGPACK_TRUNCATED));
}

static void numbers_are_written_in_their_shortest_form(void)
{
    static const struct {
        int64_t value;
        const char *octets;
    } rows[] = {
        {0, "00"},
        {127, "7f"},
        {128, "cc80"},
        {255, "ccff"},
        {256, "cd0100"},
        {65535, "cdffff"},
        {65536, "ce00010000"},
        {4294967295, "ceffffffff"},
        {4294967296, "cf0000000100000000"},
        {INT64_MAX, "cf7fffffffffffffff"},
        {-1, "ff"},
        {-32, "e0"},
        {-33, "d0df"},
        {-128, "d080"},
        {-129, "d1ff7f"},
        {-32768, "d18000"},
        {-32769, "d2ffff7fff"},
        {-2147483648, "d280000000"},
        {-2147483649, "d3ffffffff7fffffff"},
        {INT64_MIN, "d38000000000000000"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct buffer b = buffer_new(64);
        mp_put_int(&b, rows[i].value);
        CHECK_BYTES(buffer_slice(&b), hex(rows[i].octets));
        CHECK_OK(msgpack_scan(buffer_slice(&b)));
        struct value v = value_read(buffer_slice(&b));
        CHECK_U64(v.kind, VALUE_INT);
        CHECK(v.integer == rows[i].value);
        buffer_clear(&b);
        if (rows[i].value >= 0) {
            mp_put_uint(&b, (uint64_t)rows[i].value);
            CHECK_BYTES(buffer_slice(&b), hex(rows[i].octets));
        }
        buffer_done(&b);
    }
}

static void lengths_are_written_in_their_shortest_form(void)
{
    static const size_t lengths[] = {0, 1, 15, 16, 31, 32, 255, 256, 65535, 65536};
    uint8_t *octets = calloc(1, 65536);
    memset(octets, 'a', 65536);
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        struct buffer b = buffer_new(200000);
        struct slice s = slice_over(octets, lengths[i]);
        mp_put_text(&b, s);
        CHECK_OK(msgpack_scan(buffer_slice(&b)));
        CHECK_BYTES(value_read(buffer_slice(&b)).octets, s);
        buffer_clear(&b);
        mp_put_bytes(&b, s);
        CHECK_OK(msgpack_scan(buffer_slice(&b)));
        CHECK_U64(value_read(buffer_slice(&b)).kind, VALUE_BYTES);
        buffer_clear(&b);
        mp_put_array(&b, lengths[i]);
        buffer_put(&b, s);
        CHECK_OK(msgpack_scan(buffer_slice(&b)));
        CHECK_U64(value_read(buffer_slice(&b)).count, lengths[i]);
        buffer_done(&b);
    }
    free(octets);
}

static void the_cursor_reads_what_the_writer_wrote(void)
{
    struct buffer b = buffer_new(1024);
    mp_put_array(&b, 8);
    mp_put_bool(&b, true);
    mp_put_text_or_nil(&b, slice_text("text"));
    mp_put_text_or_nil(&b, (struct slice){NULL, 0});
    mp_put_bytes_or_nil(&b, (struct slice){NULL, 0});
    mp_put_empty_map(&b);
    mp_put_raw(&b, hex("92c3a161"));
    mp_put_nil(&b);
    mp_put_bytes_or_nil(&b, slice_text(""));
    CHECK_OK(msgpack_scan(buffer_slice(&b)));

    struct mp_cursor c = mp_over(buffer_slice(&b));
    mp_array_of(&c, 8);
    CHECK(mp_bool(&c));
    CHECK_BYTES(mp_text_or_nil(&c, 4), slice_text("text"));
    CHECK(mp_text_or_nil(&c, 4).at == NULL);
    CHECK(mp_bytes_or_nil(&c, 0, 4).at == NULL);
    CHECK_U64(mp_value(&c).kind, VALUE_EMPTY_MAP);
    CHECK_BYTES(mp_skip(&c), hex("92c3a161"));
    CHECK_U64(mp_peek(&c), VALUE_NIL);
    CHECK_U64(mp_value(&c).kind, VALUE_NIL);
    struct slice last = mp_bytes_or_nil(&c, 0, 4);
    CHECK(last.at != NULL && last.length == 0); /* nothing, which is not nil */
    CHECK(mp_end(&c));
    CHECK_U64(mp_peek(&c), VALUE_NONE);
    buffer_done(&b);
}

static void a_cursor_that_failed_gives_nothing_more(void)
{
    struct mp_cursor c = mp_over(hex("94a161c0c001"));
    CHECK_U64(mp_array(&c, 3), 0);
    CHECK(!mp_ok(&c));
    CHECK_U64(mp_text(&c, 9).length, 0);
    CHECK_U64(mp_peek(&c), VALUE_NONE);
    CHECK_U64(mp_skip(&c).length, 0);
    CHECK(!mp_end(&c));
}

static void limits_of_the_reader_are_inclusive(void)
{
    struct mp_cursor c = mp_over(hex("a161"));
    CHECK_U64(mp_text(&c, 1).length, 1);
    CHECK(mp_end(&c));
    c = mp_over(hex("a161"));
    mp_text(&c, 0);
    CHECK(!mp_ok(&c));
    c = mp_over(hex("c401aa"));
    mp_bytes(&c, 2, 4);
    CHECK(!mp_ok(&c));
    c = mp_over(hex("05"));
    CHECK_U64(mp_uint(&c, 5), 5);
    c = mp_over(hex("05"));
    CHECK_U64(mp_uint(&c, 4), 0);
    CHECK(!mp_ok(&c));
    c = mp_over(hex("ff"));
    CHECK_U64(mp_uint(&c, UINT64_MAX), 0);
    CHECK(!mp_ok(&c));
    c = mp_over(hex("91c0"));
    mp_array_of(&c, 2);
    CHECK(!mp_ok(&c));
}

static void lists_live_in_the_arena(void)
{
    struct arena *a = arena_new(64);
    struct mp_cursor c = mp_over(hex("92c401aac401bb"));
    struct slices list = mp_bytes_list(&c, a, 2, 1, 1);
    CHECK_U64(list.count, 2);
    CHECK_BYTES(list.at[1], hex("bb"));
    CHECK(mp_end(&c));
    c = mp_over(hex("93c400c400c400"));
    list = mp_bytes_list(&c, a, 9, 0, 1);
    CHECK(!mp_ok(&c) && c.starved && list.count == 0);
    c = mp_over(hex("91a161"));
    mp_bytes_list(&c, a, 9, 0, 1);
    CHECK(!mp_ok(&c) && !c.starved);
    arena_free(a);
}

static void octets_that_were_never_scanned_do_no_harm(void)
{
    static const char *const rows[] = {
        "",   "dd00ffffff", "ddffffffff", "dbffffffff",   "c6ffffff",
        "c1", "cd01",       "9291",       "92ddffffffff",
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct mp_cursor c = mp_over(hex(rows[i]));
        CHECK_U64(mp_value(&c).kind, VALUE_NONE);
        CHECK_U64(value_read(hex(rows[i])).kind, VALUE_NONE);
    }
}

static void leaves_are_scalars_and_flat_arrays(void)
{
    static const struct {
        const char *octets;
        bool leaf;
    } rows[] = {
        {"c0", true},     {"c3", true},    {"2a", true},        {"a161", true},
        {"c401aa", true}, {"80", true},    {"90", true},        {"92c0a161", true},
        {"9190", false},  {"9180", false}, {"92c09101", false}, {"c1", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct value v = value_read(hex(rows[i].octets));
        CHECK(value_is_leaf(&v) == rows[i].leaf);
    }
}

static void writers_refuse_what_nobody_could_read(void)
{
    struct buffer b = buffer_new(64);
    mp_put_uint(&b, (uint64_t)INT64_MAX + 1);
    CHECK(b.failed);
    buffer_clear(&b);
    mp_put_raw(&b, (struct slice){NULL, 0});
    CHECK(b.failed);
    buffer_done(&b);
    b = buffer_new(4);
    mp_put_text(&b, slice_text("text"));
    CHECK(b.failed);
    buffer_done(&b);
}

TESTS(wire_msgpack,
      {"everything outside the subset is refused for its reason",
       everything_outside_the_subset_is_refused_for_its_reason},
      {"every form of value is accepted", every_form_of_value_is_accepted},
      {"hostile octets are refused", hostile_octets_are_refused},
      {"a mebibyte of nils is one object", a_mebibyte_of_nils_is_one_object},
      {"the first of several objects has a length", the_first_of_several_objects_has_a_length},
      {"numbers are written in their shortest form", numbers_are_written_in_their_shortest_form},
      {"lengths are written in their shortest form", lengths_are_written_in_their_shortest_form},
      {"the cursor reads what the writer wrote", the_cursor_reads_what_the_writer_wrote},
      {"a cursor that failed gives nothing more", a_cursor_that_failed_gives_nothing_more},
      {"limits of the reader are inclusive", limits_of_the_reader_are_inclusive},
      {"lists live in the arena", lists_live_in_the_arena},
      {"octets that were never scanned do no harm", octets_that_were_never_scanned_do_no_harm},
      {"leaves are scalars and flat arrays", leaves_are_scalars_and_flat_arrays},
      {"writers refuse what nobody could read", writers_refuse_what_nobody_could_read})
