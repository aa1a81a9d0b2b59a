/* The mirrors of a gateway's logs, one after another. */

#include "mirror/series.h"

#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "made_series.h"
#include "mirror/begun.h"
#include "mirror/marks.h"
#include "support/check.h"
#include "support/folder.h"

#define SPAN (UINT64_C(1) << SERIES_SPAN_BITS)

/* ---- order ---- */

static void logs_stand_in_the_order_of_succession(void)
{
    static const char *const names[SERIES_LOGS] = {"2026", "2027", "2028"};
    struct series_stand t;
    size_t position = 7;
    series_put_three(&t);
    CHECK(series_opens(&t));
    CHECK_U64(series_count(t.series), SERIES_LOGS);
    CHECK_TEXT(series_gateway(t.series), MADE_GATEWAY);
    for (size_t i = 0; i < SERIES_LOGS; i++) {
        CHECK_TEXT(series_log(t.series, i)->name, names[i]);
        CHECK(series_find(t.series, slice_text(names[i]), &position));
        CHECK_U64(position, i);
        CHECK_OK(series_joint(t.series, i));
    }
    CHECK(series_find(t.series, slice_text(series_origins[2]), &position));
    CHECK_U64(position, 1);
    CHECK(!series_find(t.series, slice_text("2025"), &position));
    CHECK_TEXT(series_newest(t.series)->origin, series_origins[0]);
    series_stand_end(&t);
}

static void a_log_that_is_missing_is_missed(void)
{
    static const char *const missing[] = {"2027", "2026"};
    for (size_t i = 0; i < 2; i++) {
        char path[256];
        struct series_stand t;
        series_put_three(&t);
        snprintf(path, sizeof path, "%s/%s", t.dir, missing[i]);
        CHECK_OK(folder_remove(path));
        CHECK_STATUS(series_open(t.dir, t.error, &t.series), REFUSE(CONSISTENCY));
        CHECK(strstr(t.error, i == 0 ? series_origins[2] : series_origins[1]) != NULL);
        CHECK(strstr(t.error, "not here") != NULL);
        CHECK_STATUS(series_make(t.dir, MADE_GATEWAY, t.error, &t.series), REFUSE(CONSISTENCY));
        series_stand_end(&t);
    }
}

static void logs_in_no_order_are_refused(void)
{
    struct series_stand t;
    series_put_three(&t);
    series_put_log(&t, "other", SERIES_ORIGIN("other"), "", "start", 1);
    CHECK_STATUS(series_open(t.dir, t.error, &t.series), REFUSE(CONSISTENCY));
    series_stand_end(&t);
    series_put_three(&t);
    series_put_log(&t, "2027-2", SERIES_ORIGIN("2027-2"), series_origins[1], "start", 1);
    CHECK_STATUS(series_open(t.dir, t.error, &t.series), REFUSE(CONSISTENCY));
    series_stand_end(&t);
    series_put_three(&t);
    series_put_log(&t, "2029", SERIES_ORIGIN("2030"), series_origins[0], "start", 1);
    CHECK_STATUS(series_open(t.dir, t.error, &t.series), REFUSE(CONSISTENCY));
    CHECK(strstr(t.error, "2030") != NULL);
    series_stand_end(&t);
}

static void a_mirror_whose_making_was_broken_off_is_none(void)
{
    char path[256];
    struct series_stand t;
    series_put_three(&t);
    snprintf(path, sizeof path, "%s/2029", t.dir);
    CHECK_OK(folder_make(path, 0700));
    snprintf(path, sizeof path, "%s/2029/mirror.db", t.dir);
    CHECK_OK(file_write(path, slice_text(""), 0600));
    CHECK(series_opens(&t));
    CHECK_U64(series_count(t.series), SERIES_LOGS);
    snprintf(path, sizeof path, "%s/2029", t.dir);
    mirror_close(made_log(path, SERIES_ORIGIN("2029"), series_origins[0])); /* with nothing in it */
    CHECK(series_opens(&t));
    CHECK_U64(series_count(t.series), SERIES_LOGS);
    series_stand_end(&t);
}

static void the_next_log_comes_behind_the_newest(void)
{
    struct series_stand t;
    const struct mirror_log next = {SERIES_ORIGIN("2029"), MADE_GATEWAY, series_origins[0]};
    const struct mirror_log other = {SERIES_ORIGIN("2031"), MADE_GATEWAY, SERIES_ORIGIN("2030")};
    const struct mirror_log nameless = {SERIES_ORIGIN(".."), MADE_GATEWAY, series_origins[0]};
    series_put_three(&t);
    CHECK_STATUS(series_make(t.dir, "XA-GW-02", t.error, &t.series), FAIL(CONFIG));
    CHECK_OK(series_make(t.dir, MADE_GATEWAY, t.error, &t.series));
    CHECK_STATUS(series_add(t.series, &other, t.error), FAIL(CONFIG));
    CHECK_STATUS(series_add(t.series, &nameless, t.error), FAIL(CONFIG));
    CHECK_OK(series_add(t.series, &next, t.error));
    CHECK_TEXT(series_newest(t.series)->name, "2029");
    series_close(t.series);
    t.series = NULL;
    CHECK_OK(series_make(t.dir, MADE_GATEWAY, t.error, &t.series));
    CHECK_U64(series_count(t.series), SERIES_LOGS + 1);
    series_stand_end(&t);
}

static void nothing_is_no_mirror_and_the_first_begins_one(void)
{
    struct series_stand t;
    const struct mirror_log first = {MADE_ORIGIN, MADE_GATEWAY, ""};
    series_stand_begin(&t);
    CHECK_STATUS(series_open(t.dir, t.error, &t.series), FAIL(ABSENT));
    CHECK(strstr(t.error, "there is no mirror") != NULL);
    CHECK_OK(series_make(t.dir, MADE_GATEWAY, t.error, &t.series));
    CHECK_U64(series_count(t.series), 0);
    CHECK_OK(series_add(t.series, &first, t.error));
    CHECK(series_opens(&t));
    CHECK_U64(series_count(t.series), 1);
    series_stand_end(&t);
}

static void names_are_what_a_folder_can_be_called(void)
{
    CHECK(slice_is(series_name(slice_text(MADE_ORIGIN)), "2026"));
    CHECK(slice_is(series_name(slice_text("a/b.c-d_e")), "b.c-d_e"));
    CHECK(slice_is(series_name(slice_text("2026")), "2026"));
    static const char *const none[] = {"", "a/", "a/..", "a/.x", "a/-x", "a/b c", "a/b\\c"};
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
        CHECK_U64(series_name(slice_text(none[i])).length, 0);
}

/* ---- entries ---- */

static void an_entry_of_an_earlier_log_is_meant_by_its_number(void)
{
    struct series_place place;
    uint64_t told = 0;
    struct series_stand t;
    series_put_three(&t);
    CHECK(series_opens(&t));
    for (size_t from = 0; from < SERIES_LOGS; from++)
        for (size_t log = 0; log <= from; log++) {
            CHECK_OK(series_told(t.series, from, (struct series_place){log, 2}, &told));
            CHECK_U64(told, log == from ? 2 : (log + 1) * SPAN + 2);
            CHECK_OK(series_meant(t.series, from, told, &place));
            CHECK_U64(place.log, log);
            CHECK_U64(place.index, 2);
        }
    CHECK_STATUS(series_told(t.series, 0, (struct series_place){1, 2}, &told), FAIL(ABSENT));
    CHECK_STATUS(series_meant(t.series, 0, 2 * SPAN + 2, &place), FAIL(ABSENT));
    CHECK_STATUS(series_meant(t.series, 2, SPAN + 5, &place), FAIL(ABSENT));
    CHECK_STATUS(series_meant(t.series, 2, UINT64_MAX, &place), FAIL(ABSENT));
    series_stand_end(&t);
}

/* Its entries were numbered anew: what it calls its second log is the third of the gateway. */
static void a_journal_that_was_lost_numbers_anew(void)
{
    struct series_place place;
    char words[256];
    struct series_stand t;
    uint64_t told = 0;
    series_stand_begin(&t);
    series_put_log(&t, "2026", series_origins[1], "", "start", 5);
    series_put_log(&t, "2027", series_origins[2], series_origins[1], "start", 4);
    series_succeeding(&t, "2027", words);
    series_put_log(&t, "2028", series_origins[0], series_origins[2], words, 3);
    CHECK(series_opens(&t));
    CHECK_OK(series_meant(t.series, 2, SPAN + 3, &place));
    CHECK_U64(place.log, 1);
    CHECK_U64(place.index, 3);
    CHECK_OK(series_told(t.series, 2, place, &told));
    CHECK_U64(told, SPAN + 3);
    CHECK_STATUS(series_told(t.series, 2, (struct series_place){0, 3}, &told), FAIL(ABSENT));
    series_stand_end(&t);
}

/* An empty folder, and what the log says first that goes on from one of five entries. */
static void begin_with_words(struct series_stand *t, char words[static 256])
{
    series_stand_begin(t);
    series_put_log(t, "2026", series_origins[1], "", "start", 5);
    series_succeeding(t, "2026", words);
    CHECK_OK(folder_remove(t->dir));
}

static void a_log_that_goes_on_from_elsewhere_is_found(void)
{
    char words[256];
    struct series_stand t;
    begin_with_words(&t, words);
    series_put_log(&t, "2026", series_origins[1], "", "start", 6);
    series_put_log(&t, "2027", series_origins[2], series_origins[1], words, 4);
    CHECK(series_opens(&t));
    CHECK_OK(series_joint(t.series, 0));
    CHECK_STATUS(series_joint(t.series, 1), REFUSE(CHECKPOINT_FORK));
    series_stand_end(&t);
}

static void a_first_log_that_goes_on_from_another_is_found(void)
{
    char words[256];
    struct series_stand t;
    begin_with_words(&t, words);
    series_put_log(&t, "2027", series_origins[2], "", words, 4);
    CHECK(series_opens(&t));
    CHECK_STATUS(series_joint(t.series, 0), REFUSE(CONSISTENCY));
    series_stand_end(&t);
}

static void a_log_that_begins_before_the_one_before_ended_is_found(void)
{
    char path[160], words[256];
    struct series_stand t;
    series_stand_begin(&t);
    series_put_log(&t, "2026", series_origins[1], "", "start", 5);
    series_succeeding(&t, "2026", words);
    snprintf(path, sizeof path, "%s/2027", t.dir);
    struct mirror *m = made_log(path, series_origins[2], series_origins[1]);
    made_start_at(m, MADE_BEGAN_MS - 1, words);
    made_keep(m);
    mirror_close(m);
    CHECK(series_opens(&t));
    CHECK_STATUS(series_joint(t.series, 1), REFUSE(RECEIPT_ENTRY));
    series_stand_end(&t);
}

static void only_a_first_entry_says_what_it_goes_on_from(void)
{
    static const char root[] = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    static const struct {
        const char *words;
        bool is;
    } cases[] = {{"start; succeeds a/2026, which ended at 7 root %s", true},
                 {"start", false},
                 {"stop; succeeds a/2026, which ended at 7 root %s", false},
                 {"x start; succeeds a/2026, which ended at 7 root %s", false},
                 {"start; succeeds a/2026, which ended at 07 root %s", false},
                 {"start; succeeds a/2026, which ended at 7 root %sA", false},
                 {"start; succeeds a/2026, which ended at 7", false}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char words[160];
        struct begun begun = {0};
        const char *hole = strstr(cases[i].words, "%s");
        const int before =
            hole == NULL ? (int)strlen(cases[i].words) : (int)(hole - cases[i].words);
        snprintf(words, sizeof words, "%.*s%s%s", before, cases[i].words, hole == NULL ? "" : root,
                 hole == NULL ? "" : hole + 2);
        struct opened o = {.has_outer = true,
                           .has_inner = true,
                           .outer = {.kind = ENTRY_START_STOP},
                           .inner = {.justification = slice_text(words)}};
        CHECK_U64(begun_read(&o, &begun), cases[i].is);
        CHECK_U64(begun.size, cases[i].is ? 7 : 0);
        o.outer.kind = ENTRY_KEY;
        CHECK(!begun_read(&o, &begun));
    }
}

/* ---- walk and search ---- */

struct seen {
    struct series_place places[32];
    size_t count;
};

static struct status see(void *owner, size_t position, const struct mirror_entry *entry)
{
    struct seen *seen = owner;
    seen->places[seen->count++] = (struct series_place){position, entry->index};
    return OK;
}

static void a_walk_sees_each_entry_once_in_order(void)
{
    struct series_stand t;
    struct seen seen = {.count = 0};
    series_put_three(&t);
    CHECK(series_opens(&t));
    CHECK_OK(series_walk(t.series, see, &seen));
    CHECK_U64(seen.count, 5 + 4 + 3);
    for (size_t i = 1; i < seen.count; i++)
        CHECK(series_number(seen.places[i - 1]) < series_number(seen.places[i]));
    series_stand_end(&t);
}

/* Pages of every size show the same, and the borders of logs show nowhere. */
static void pages_go_on_across_the_border(void)
{
    struct series_stand t;
    series_put_three(&t);
    CHECK(series_opens(&t));
    for (size_t limit = 1; limit <= 13; limit++) {
        const struct search_wanted wanted = {.limit = limit};
        struct series_place before = SERIES_NEWEST, *places = NULL;
        uint64_t last = UINT64_MAX, left = 0;
        size_t count = 0, seen = 0;
        do {
            CHECK_OK(series_search_count(t.series, &wanted, before, &left));
            CHECK_U64(left, 12 - seen);
            CHECK_OK(series_search(t.series, t.arena, &wanted, before, &places, &count));
            CHECK_U64(count, left < limit ? left : limit);
            for (size_t i = 0; i < count; i++) {
                CHECK(series_number(places[i]) < last);
                last = series_number(before = places[i]);
            }
            seen += count;
        } while (count > 0);
        CHECK_U64(seen, 12);
    }
    series_stand_end(&t);
}

static void a_page_stays_what_it_was_when_another_log_comes(void)
{
    char words[256];
    struct series_stand t;
    struct series_place *places = NULL;
    const struct series_place before = {2, 1};
    const struct search_wanted wanted = {.limit = 3};
    size_t count = 0;
    series_put_three(&t);
    series_succeeding(&t, "2028", words);
    series_put_log(&t, "2029", SERIES_ORIGIN("2029"), series_origins[0], words, 6);
    CHECK(series_opens(&t));
    CHECK_OK(series_search(t.series, t.arena, &wanted, before, &places, &count));
    CHECK_U64(count, 3);
    CHECK_U64(series_number(places[0]), series_number((struct series_place){2, 0}));
    CHECK_U64(series_number(places[1]), series_number((struct series_place){1, 3}));
    CHECK_U64(series_number(places[2]), series_number((struct series_place){1, 2}));
    series_stand_end(&t);
}

TESTS(series, {"logs stand in the order of succession", logs_stand_in_the_order_of_succession},
      {"a log that is missing is missed", a_log_that_is_missing_is_missed},
      {"logs in no order are refused", logs_in_no_order_are_refused},
      {"a mirror whose making was broken off is none",
       a_mirror_whose_making_was_broken_off_is_none},
      {"the next log comes behind the newest", the_next_log_comes_behind_the_newest},
      {"nothing is no mirror, and the first begins one",
       nothing_is_no_mirror_and_the_first_begins_one},
      {"names are what a folder can be called", names_are_what_a_folder_can_be_called},
      {"an entry of an earlier log is meant by its number",
       an_entry_of_an_earlier_log_is_meant_by_its_number},
      {"a journal that was lost numbers anew", a_journal_that_was_lost_numbers_anew},
      {"a log that goes on from elsewhere is found", a_log_that_goes_on_from_elsewhere_is_found},
      {"a first log that goes on from another is found",
       a_first_log_that_goes_on_from_another_is_found},
      {"a log that begins before the one before ended is found",
       a_log_that_begins_before_the_one_before_ended_is_found},
      {"only a first entry says what it goes on from",
       only_a_first_entry_says_what_it_goes_on_from},
      {"a walk sees each entry once, in order", a_walk_sees_each_entry_once_in_order},
      {"pages go on across the border", pages_go_on_across_the_border},
      {"a page stays what it was when another log comes",
       a_page_stays_what_it_was_when_another_log_comes})
