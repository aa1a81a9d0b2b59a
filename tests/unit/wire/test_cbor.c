#include "support/check.h"

#include "wire/cbor.h"

#include <stdio.h>

#define R(name) REASON_CBOR_##name

static void everything_is_judged_for_its_reason(void)
{
    static const struct {
        const char *octets;
        enum reason reason; /* REASON_NONE: accepted */
    } rows[] = {
        {"", R(TRUNCATED)},
        {"18", R(TRUNCATED)},
        {"19ff", R(TRUNCATED)},
        {"1b00000001", R(TRUNCATED)},
        {"4201", R(TRUNCATED)},
        {"5bffffffffffffffff", R(TRUNCATED)},
        {"6261", R(TRUNCATED)},
        {"828100", R(TRUNCATED)},
        {"a10041", R(TRUNCATED)},
        {"0000", R(TRAILING)},
        {"8000", R(TRAILING)},
        {"1805", R(FORM)},
        {"1900ff", R(FORM)},
        {"1a0000ffff", R(FORM)},
        {"1b00000000000001b5", R(FORM)},
        {"3817", R(FORM)},
        {"580100", R(FORM)},
        {"79000161", R(FORM)},
        {"980100", R(FORM)},
        {"b8010000", R(FORM)},
        {"9fff", R(FORM)},
        {"bfff", R(FORM)},
        {"5f4101ff", R(FORM)},
        {"7fff", R(FORM)},
        {"ff", R(FORM)},
        {"1c", R(FORM)},
        {"f90000", R(TYPE)},
        {"fa00000000", R(TYPE)},
        {"fb0000000000000000", R(TYPE)},
        {"d280", R(TYPE)},
        {"c000", R(TYPE)},
        {"81d28440a04040", R(TYPE)},
        {"f820", R(TYPE)},
        {"f7", R(TYPE)},
        {"e0", R(TYPE)},
        {"a1416101", R(TYPE)},
        {"a1616101", R(TYPE)},
        {"a1f501", R(TYPE)},
        {"a18001", R(TYPE)},
        {"61ff", R(UTF8)},
        {"6100", R(UTF8)},
        {"63eda080", R(UTF8)},
        {"8181818181818100", R(DEPTH)},
        {"a100a100a100a100a100a100a10000", R(DEPTH)},
        {"9a01000000", R(COUNT)},
        {"8201", R(COUNT)},
        {"a100", R(COUNT)},
        {"9b0000000020000000", R(FORM)},
        {"9a20000000", R(COUNT)},
        {"bb7fffffffffffffff", R(COUNT)},
        {"bbffffffffffffffff", R(COUNT)},
        {"9bffffffffffffffff", R(COUNT)},
        {"a202000100", R(ORDER)},
        {"a201000100", R(ORDER)},
        {"a220000000", R(ORDER)},
        {"a221002000", R(ORDER)},
        {"a2181800170000", R(ORDER)},
        {"a20000200000", R(TRAILING)},
        {"00", REASON_NONE},
        {"17", REASON_NONE},
        {"1818", REASON_NONE},
        {"1bffffffffffffffff", REASON_NONE},
        {"20", REASON_NONE},
        {"3818", REASON_NONE},
        {"3bffffffffffffffff", REASON_NONE},
        {"40", REASON_NONE},
        {"60", REASON_NONE},
        {"63e282ac", REASON_NONE},
        {"80", REASON_NONE},
        {"a0", REASON_NONE},
        {"f4", REASON_NONE},
        {"f5", REASON_NONE},
        {"f6", REASON_NONE},
        {"818181818180", REASON_NONE},
        {"a4000118180220033820f4", REASON_NONE},
        {"a201a10000028100", REASON_NONE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct status want = {rows[i].reason == REASON_NONE ? CODE_OK : CODE_REFUSED,
                              rows[i].reason};
        if (!CHECK_STATUS(cbor_scan(hex(rows[i].octets)), want))
            printf("\n    octets %s", rows[i].octets);
    }
}

/* Texts stand behind all integers, short ones first, those of one length by their octets. */
static void headers_of_cose_may_have_texts_for_labels(void)
{
    static const struct {
        const char *octets;
        enum reason reason;
    } rows[] = {
        {"a1616100", REASON_NONE},
        {"a3010020006000", REASON_NONE},
        {"a261610061620100", R(TRAILING)},
        {"a2616100616201", REASON_NONE},
        {"a261620062616101", REASON_NONE},
        {"a2616200616101", R(ORDER)},
        {"a2616100616101", R(ORDER)},
        {"a262616100616201", R(ORDER)},
        {"a26161000100", R(ORDER)},
        {"a2616100200100", R(ORDER)},
        {"a1410000", R(TYPE)},
        {"a1800000", R(TYPE)},
        {"a1656100", R(TRUNCATED)},
        {"a161ff00", R(UTF8)},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct status want = {rows[i].reason == REASON_NONE ? CODE_OK : CODE_REFUSED,
                              rows[i].reason};
        if (!CHECK_STATUS(cbor_scan_labels(hex(rows[i].octets)), want))
            printf("\n    octets %s", rows[i].octets);
    }
    CHECK_STATUS(cbor_scan(hex("a1616100")), REFUSE(CBOR_TYPE));
}

static void hostile_octets_are_refused(void)
{
    enum { LONG = 1 << 20 };
    static const struct {
        const char *piece;
        enum reason reason;
    } rows[] = {
        {"81", R(DEPTH)}, {"d2", R(TYPE)}, {"9f", R(FORM)}, {"a100", R(DEPTH)}, {"80", R(TRAILING)},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct buffer b = buffer_new(4 * LONG);
        struct slice piece = hex(rows[i].piece);
        for (size_t n = 0; n < LONG; n++)
            buffer_put(&b, piece);
        struct status want = {CODE_REFUSED, rows[i].reason};
        CHECK_STATUS(cbor_scan(buffer_slice(&b)), want);
        buffer_done(&b);
    }
}

static void numbers_are_written_in_their_shortest_form(void)
{
    static const struct {
        int64_t value;
        const char *octets;
    } rows[] = {
        {0, "00"},
        {23, "17"},
        {24, "1818"},
        {255, "18ff"},
        {256, "190100"},
        {65536, "1a00010000"},
        {4294967296, "1b0000000100000000"},
        {INT64_MAX, "1b7fffffffffffffff"},
        {-1, "20"},
        {-24, "37"},
        {-25, "3818"},
        {-257, "390100"},
        {-65537, "3a00010000"},
        {INT64_MIN, "3b7fffffffffffffff"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct buffer b = buffer_new(64);
        cbor_put_int(&b, rows[i].value);
        CHECK_BYTES(buffer_slice(&b), hex(rows[i].octets));
        CHECK_OK(cbor_scan(buffer_slice(&b)));
        struct cbor_cursor c = cbor_over(buffer_slice(&b));
        CHECK(cbor_int(&c) == rows[i].value);
        CHECK(cbor_end(&c));
        buffer_done(&b);
    }
}

static void the_cursor_reads_what_the_writer_wrote(void)
{
    struct buffer b = buffer_new(1024);
    cbor_put_map(&b, 3);
    cbor_put_uint(&b, 1);
    cbor_put_array(&b, 5);
    cbor_put_bool(&b, true);
    cbor_put_bool(&b, false);
    cbor_put_null(&b);
    cbor_put_text(&b, slice_text(""));
    cbor_put_map(&b, 1);
    cbor_put_uint(&b, 0);
    cbor_put_uint(&b, 1);
    cbor_put_uint(&b, 24);
    cbor_put_bytes(&b, hex("aabb"));
    cbor_put_int(&b, -1);
    cbor_put_text(&b, slice_text("text"));
    CHECK_BYTES(buffer_slice(&b), hex("a30185f5f4f660a10001181842aabb206474657874"));
    CHECK_OK(cbor_scan(buffer_slice(&b)));

    struct cbor_cursor c = cbor_over(buffer_slice(&b));
    CHECK_U64(cbor_map(&c, 3), 3);
    CHECK(!cbor_key(&c, 2));
    CHECK(cbor_key(&c, 1));
    CHECK_U64(cbor_array(&c, 5, 5), 5);
    CHECK(cbor_bool(&c));
    CHECK(!cbor_bool(&c));
    cbor_null(&c);
    CHECK(cbor_text(&c, 0, 4).at != NULL);
    CHECK_BYTES(cbor_skip(&c), hex("a10001"));
    CHECK(cbor_key(&c, 24));
    CHECK_BYTES(cbor_bytes(&c, 2, 2), hex("aabb"));
    CHECK(!cbor_key(&c, 1));
    CHECK_U64(cbor_peek(&c), CBOR_NINT);
    CHECK(cbor_int(&c) == -1);
    CHECK_BYTES(cbor_text(&c, 4, 4), slice_text("text"));
    CHECK(cbor_end(&c));
    CHECK_U64(cbor_peek(&c), CBOR_NONE);
    buffer_done(&b);
}

static void tag_18_is_written_and_not_read(void)
{
    struct buffer b = buffer_new(64);
    cbor_put_tag(&b, 18);
    cbor_put_array(&b, 0);
    CHECK_BYTES(buffer_slice(&b), hex("d280"));
    CHECK_STATUS(cbor_scan(buffer_slice(&b)), REFUSE(CBOR_TYPE));
    struct cbor_cursor c = cbor_over(buffer_slice(&b));
    CHECK_U64(cbor_skip(&c).length, 0);
    CHECK(!cbor_ok(&c));
    buffer_done(&b);
}

static void limits_of_the_reader_are_inclusive(void)
{
    struct cbor_cursor c = cbor_over(hex("05"));
    CHECK_U64(cbor_uint(&c, 5, 5), 5);
    c = cbor_over(hex("05"));
    CHECK_U64(cbor_uint(&c, 6, 9), 0);
    CHECK(!cbor_ok(&c));
    CHECK(!cbor_key(&c, 5));
    c = cbor_over(hex("05"));
    CHECK_U64(cbor_uint(&c, 0, 4), 0);
    CHECK(!cbor_ok(&c));
    c = cbor_over(hex("8100"));
    cbor_array(&c, 2, 2);
    CHECK(!cbor_ok(&c));
    c = cbor_over(hex("4101"));
    cbor_bytes(&c, 2, 2);
    CHECK(!cbor_ok(&c));
    c = cbor_over(hex("1bffffffffffffffff"));
    CHECK(cbor_int(&c) == 0 && !cbor_ok(&c));
    c = cbor_over(hex("3bffffffffffffffff"));
    cbor_int(&c);
    CHECK(!cbor_ok(&c));
    c = cbor_over(hex("00"));
    cbor_fail(&c);
    CHECK(!cbor_end(&c));
}

static void octets_that_were_never_scanned_do_no_harm(void)
{
    static const char *const rows[] = {
        "",
        "9bffffffffffffffff",
        "bbffffffffffffffff",
        "bb8000000000000000",
        "9a01000000",
        "5bffffffffffffffff",
        "81ff",
        "d2",
        "8201",
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct cbor_cursor c = cbor_over(hex(rows[i]));
        CHECK_U64(cbor_skip(&c).length, 0);
        CHECK(!cbor_ok(&c));
    }
}

TESTS(wire_cbor, {"everything is judged for its reason", everything_is_judged_for_its_reason},
      {"headers of COSE may have texts for labels", headers_of_cose_may_have_texts_for_labels},
      {"hostile octets are refused", hostile_octets_are_refused},
      {"numbers are written in their shortest form", numbers_are_written_in_their_shortest_form},
      {"the cursor reads what the writer wrote", the_cursor_reads_what_the_writer_wrote},
      {"tag 18 is written and not read", tag_18_is_written_and_not_read},
      {"limits of the reader are inclusive", limits_of_the_reader_are_inclusive},
      {"octets that were never scanned do no harm", octets_that_were_never_scanned_do_no_harm})
