#include "support/check.h"

#include "base/arena.h"
#include "base/encoding.h"
#include "base/instant.h"
#include "base/reader.h"

#include <string.h>

static void every_reason_has_a_name_and_a_refusal(void)
{
    for (unsigned r = 1; r < REASON_COUNT; r++) {
        CHECK(strlen(reason_name((enum reason)r)) > 2);
        CHECK(reason_refusal((enum reason)r) != REFUSAL_NONE);
    }
    for (unsigned r = 1; r < REFUSAL_COUNT; r++)
        CHECK_U64(refusal_find(refusal_name((enum refusal)r)), r);
    CHECK_U64(refusal_find("E_NOTHING"), REFUSAL_NONE);
}

static void an_arena_stops_at_its_cap(void)
{
    struct arena *a = arena_new(1024);
    CHECK(arena_alloc(a, 1000) != NULL);
    CHECK(arena_alloc(a, 100) == NULL);
    CHECK(arena_array(a, SIZE_MAX / 2, 3) == NULL);
    CHECK(arena_alloc(a, 16) != NULL);
    arena_free(a);
    arena_free(NULL);
}

static void a_reader_refuses_leftovers_and_overruns(void)
{
    struct reader r = reader_over(hex("0102030405060708090a0b0c0d0e0f"));
    CHECK_U64(reader_u8(&r), 0x01);
    CHECK_U64(reader_u16(&r), 0x0203);
    CHECK_U64(reader_u32(&r), 0x04050607);
    CHECK_U64(reader_u64(&r), 0x08090a0b0c0d0e0f);
    CHECK(reader_end(&r));
    CHECK_U64(reader_u8(&r), 0);
    CHECK(!reader_end(&r));
}

static void a_buffer_fails_once_and_stays_failed(void)
{
    struct buffer b = buffer_new(8);
    buffer_u32(&b, 0x01020304);
    buffer_text(&b, "abcd");
    CHECK_BYTES(buffer_slice(&b), hex("0102030461626364"));
    buffer_u8(&b, 1);
    CHECK(b.failed);
    buffer_clear(&b);
    buffer_print(&b, "%d", 12);
    CHECK_BYTES(buffer_slice(&b), slice_text("12"));
    buffer_done(&b);
}

static void base64_is_strict(void)
{
    static const struct {
        const char *text, *octets; /* octets NULL: refused */
    } rows[] = {
        {"", ""},           {"AA==", "00"}, {"AAA=", "0000"},   {"AAAA", "000000"},
        {"+/+/", "fbffbf"}, {"AB==", NULL}, {"AAB=", NULL},     {"A===", NULL},
        {"AAA", NULL},      {"AA=A", NULL}, {"AA==AAAA", NULL}, {"A A=", NULL},
        {"AA-_", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t octets[16];
        size_t length = 0;
        bool read = base64_read(slice_text(rows[i].text), octets, sizeof octets, &length);
        CHECK_U64(read, rows[i].octets != NULL);
        if (!read || rows[i].octets == NULL)
            continue;
        char again[32];
        CHECK_BYTES(slice_over(octets, length), hex(rows[i].octets));
        base64_write(slice_over(octets, length), again);
        CHECK_TEXT(again, rows[i].text);
    }
}

static void decimals_have_one_form(void)
{
    uint64_t value = 0;
    CHECK(decimal_read(slice_text("18446744073709551615"), UINT64_MAX, &value));
    CHECK_U64(value, UINT64_MAX);
    CHECK(decimal_read(slice_text("0"), 0, &value));
    static const char *const bad[] = {"",   "00", "01", "+1", "-1", "18446744073709551616",
                                      "1 ", "a"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CHECK(!decimal_read(slice_text(bad[i]), UINT64_MAX, &value));
    CHECK(!decimal_read(slice_text("8"), 7, &value));
}

static void utf8_is_strict(void)
{
    CHECK(utf8_valid(hex("41c3a9e282acf09f9880")));
    CHECK(!utf8_valid(hex("00")));
    CHECK(!utf8_valid(hex("c080")));
    CHECK(!utf8_valid(hex("eda080")));
    CHECK(!utf8_valid(hex("f4908080")));
    CHECK(!utf8_valid(hex("e282")));
    CHECK(!utf8_valid(hex("80")));
}

static void instants_go_there_and_back(void)
{
    static const struct {
        uint64_t ms;
        const char *text;
    } rows[] = {
        {1790000000000, "2026-09-21T14:13:20Z"},
        {1790006400000, "2026-09-21T16:00:00Z"},
        {951782400123, "2000-02-29T00:00:00.123Z"},
        {INSTANT_MAX, "9999-12-31T23:59:59.999Z"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[INSTANT_TEXT_BYTES];
        uint64_t ms = 0;
        instant_write(rows[i].ms, text);
        CHECK_TEXT(text, rows[i].text);
        CHECK(instant_read(slice_text(text), &ms));
        CHECK_U64(ms, rows[i].ms);
    }
}

static void days_that_do_not_exist_are_refused(void)
{
    uint64_t ms = 0;
    static const char *const bad[] = {"2025-02-29", "2026-13-01", "2026-00-10", "2026-04-31",
                                      "2026-1-01",  "1969-12-31", "2026-01-00", "26-01-01"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CHECK(!date_read(slice_text(bad[i]), &ms));
    CHECK(date_read(slice_text("2024-02-29"), &ms));
    CHECK(date_partial(slice_text("2025-06")) && date_partial(slice_text("2025")));
    CHECK(!date_partial(slice_text("2025-6")) && !date_partial(slice_text("2025-13")));
    CHECK(!instant_read(slice_text("2026-09-21T24:00:00Z"), &ms));
    CHECK(!instant_read(slice_text("2026-09-21 16:00:00Z"), &ms));
}

static void lines_are_taken_one_by_one(void)
{
    struct slice rest = slice_text("one\n\nthree"), line = {0};
    CHECK(slice_line(&rest, &line));
    CHECK_BYTES(line, slice_text("one"));
    CHECK(slice_line(&rest, &line));
    CHECK_U64(line.length, 0);
    CHECK(!slice_line(&rest, &line)); /* it has no end */
    CHECK_BYTES(rest, slice_text("three"));
    rest = slice_text("");
    CHECK(!slice_line(&rest, &line));
}

TESTS(base, {"every reason has a name and a refusal", every_reason_has_a_name_and_a_refusal},
      {"an arena stops at its cap", an_arena_stops_at_its_cap},
      {"lines are taken one by one", lines_are_taken_one_by_one},
      {"a reader refuses leftovers and overruns", a_reader_refuses_leftovers_and_overruns},
      {"a buffer fails once and stays failed", a_buffer_fails_once_and_stays_failed},
      {"base64 is strict", base64_is_strict}, {"decimals have one form", decimals_have_one_form},
      {"UTF-8 is strict", utf8_is_strict},
      {"instants go there and back", instants_go_there_and_back},
      {"days that do not exist are refused", days_that_do_not_exist_are_refused})
