#include "erasing.h"
#include "opened.h"
#include "watch.h"

/* What entries say in words is kept for its time, and the log for good. */

#define YEARS_MS (400 * DAY_MS)

static void years_begin(struct desk *d)
{
    fixture_make(&d->f);
    d->f.settings.bodies_ms = KEPT_MS;
    d->f.settings.openings_ms = YEARS_MS;
    CHECK_OK(fixture_open(&d->f, T0));
    d->a = arena_new(16 << 20);
    CHECK_OK(journal_reader_open(d->f.journal, &d->reader));
}

/* A run and those that follow it by themselves. */
static void retain_all(struct fixture *f, uint64_t now_ms)
{
    CHECK_OK(journal_retain(f->journal, now_ms));
    for (uint64_t i = 0; i < 12; i++)
        erasing_wait(f);
}

static void take_notice(struct desk *d, const struct letter *l, enum stage stage)
{
    struct letter taken = *l;
    taken.posting = (struct posting){
        .kind = POSTING_NOTICE_TAKEN, .at_ms = T0, .key = letter_key(&taken), .stage = stage};
    CHECK_OK(post_status(&d->f, &taken.posting));
}

/* Letter n, read, and its sender told. */
static void post_told(struct desk *d, struct letter *l, uint64_t n)
{
    post_read(&d->f, l, n);
    take_notice(d, l, STAGE_RETRIEVED);
}

/* Whether the openings of an entry are there; the entry is, checked. */
static bool is_open(struct desk *d, uint64_t index)
{
    struct opened_rows rows;
    bool open = false;
    CHECK_OK(opened_range(d, index, 1, true, &rows));
    if (CHECK_U64(rows.count, 1)) {
        const struct opened o = opened_row(&rows, 0);
        CHECK_U64(o.has_outer, o.has_inner);
        open = o.has_outer;
    }
    opened_done(&rows);
    return open;
}

static void openings_go_in_their_time_and_entries_stay(void)
{
    struct desk d;
    struct letter l;
    struct outer outer;
    struct slice inner;
    years_begin(&d);
    post_told(&d, &l, 1); /* entries 1 and 2, some milliseconds after T0; 0 is the start */
    retain_all(&d.f, T0 + YEARS_MS - 1);
    CHECK(is_open(&d, 0) && is_open(&d, 1) && is_open(&d, 2));
    uint64_t size = signed_size(&d.f);
    retain_all(&d.f, T0 + YEARS_MS);
    CHECK(!is_open(&d, 0) && is_open(&d, 1));
    retain_all(&d.f, T0 + YEARS_MS + 100);
    CHECK(!is_open(&d, 0) && !is_open(&d, 1) && !is_open(&d, 2));
    CHECK(is_open(&d, 3)); /* of a year later */
    CHECK_U64(signed_size(&d.f), size + 2 * 12 + 2);
    entry_open(&d, size, &outer, &inner);
    CHECK_U64(outer.kind, ENTRY_ERASURE);
    CHECK(says(inner, "RETENTION: openings of 1 entries, the last of them of 2026-09-21T"));
    CHECK(says(inner, "kept for 400 days"));
    entry_open(&d, size + 13, &outer, &inner);
    CHECK(says(inner, "RETENTION: openings of 2 entries, the last of them of 2026-09-21T"));
    CHECK(!says(inner, "-CA-01"));
    (void)check_whole(&d.f);
    desk_end(&d);
}

static void what_is_still_needed_stays(void)
{
    struct desk d;
    struct letter untold, unread, held;
    years_begin(&d);
    post_read(&d.f, &untold, 1);   /* entries 1 and 2 */
    post_letter(&d.f, &unread, 2); /* 3 */
    post_told(&d, &held, 3);       /* 4 and 5 */
    CHECK_OK(order_status(&d.f, ERASURE_HOLD, &held, 0));
    retain_all(&d.f, T0 + YEARS_MS + 100);
    CHECK(!is_open(&d, 0) && !is_open(&d, 1));
    CHECK(is_open(&d, 2));                   /* a receipt is to be made of it */
    CHECK(is_open(&d, 3));                   /* a stage is to repeat it */
    CHECK(is_open(&d, 4) && is_open(&d, 5)); /* evidence */
    take_notice(&d, &untold, STAGE_RETRIEVED);
    post_stage(&d.f, &unread, STAGE_NOT_DELIVERED);
    CHECK_OK(order_status(&d.f, ERASURE_LIFT, &held, 0));
    retain_all(&d.f, T0 + YEARS_MS + 100);
    CHECK(!is_open(&d, 2) && !is_open(&d, 3) && !is_open(&d, 4) && !is_open(&d, 5));
    CHECK_STATUS(fetch_status(&d.f, &held), FAIL(ABSENT));
    desk_end(&d);
}

/* More of them are needed than one run looks at. */
static void many_go_in_several_runs_that_come_to_an_end(void)
{
    const uint64_t letters = 100;
    struct desk d;
    struct letter l;
    years_begin(&d);
    for (uint64_t n = 1; n <= letters; n++)
        post_read(&d.f, &l, n); /* the stage waits to be told */
    retain_all(&d.f, T0 + YEARS_MS + 1000);
    for (uint64_t i = 0; i <= 2 * letters; i += 7)
        CHECK_U64(is_open(&d, i), i > 0 && i % 2 == 0);
    const uint64_t size = signed_size(&d.f);
    CHECK_U64(size, 1 + 2 * letters + 12 + 2 + 4); /* two runs of bodies, four of openings */
    retain_all(&d.f, T0 + YEARS_MS + 1000);
    CHECK_U64(signed_size(&d.f), size + 12); /* nothing is left to tell */
    desk_end(&d);
}

/* What tells of a run is itself an entry, and goes in its time. */
static void accounts_of_runs_become_fewer(void)
{
    struct desk d;
    years_begin(&d);
    retain_all(&d.f, T0 + YEARS_MS + 100);
    uint64_t size = signed_size(&d.f);
    CHECK_OK(journal_retain(d.f.journal, T0 + 2 * YEARS_MS + 200));
    erasing_wait(&d.f);
    CHECK_U64(signed_size(&d.f), size + 2);
    for (uint64_t i = 0; i < size; i++)
        CHECK(!is_open(&d, i));
    CHECK(is_open(&d, size));
    desk_end(&d);
}

static void a_clock_that_is_put_back_keeps_nothing_longer(void)
{
    struct desk d;
    struct letter later;
    years_begin(&d);
    letter_write(&later, 90, 1);
    later.posting.kind = POSTING_QUESTION;
    later.posting.at_ms = T0 + YEARS_MS + 100; /* the log has been there */
    CHECK_OK(post_status(&d.f, &later.posting));
    retain_all(&d.f, T0);
    CHECK(!is_open(&d, 0) && is_open(&d, 1));
    desk_end(&d);
}

static void without_a_retention_they_stay(void)
{
    struct desk d;
    erasing_begin(&d);
    retain_all(&d.f, T0 + 100 * YEARS_MS);
    CHECK(is_open(&d, 0));
    desk_end(&d);
}

static void what_is_over_at_a_start_is_gone_before_anybody_is_shown_it(void)
{
    struct desk d;
    struct letter l;
    years_begin(&d);
    post_told(&d, &l, 1);
    journal_reader_close(d.reader);
    fixture_close(&d.f);
    CHECK_OK(fixture_open(&d.f, T0 + YEARS_MS + 100));
    CHECK_OK(journal_reader_open(d.f.journal, &d.reader));
    CHECK(!is_open(&d, 0) && !is_open(&d, 1) && !is_open(&d, 2));
    CHECK_STATUS(seen_status(&d, &l), FAIL(ABSENT));
    desk_end(&d);
}

TESTS(journal_openings_retention,
      {"openings go in their time and entries stay", openings_go_in_their_time_and_entries_stay},
      {"what is still needed stays", what_is_still_needed_stays},
      {"many go in several runs that come to an end", many_go_in_several_runs_that_come_to_an_end},
      {"accounts of runs become fewer", accounts_of_runs_become_fewer},
      {"a clock that is put back keeps nothing longer",
       a_clock_that_is_put_back_keeps_nothing_longer},
      {"without a retention they stay", without_a_retention_they_stay},
      {"what is over at a start is gone before anybody is shown it",
       what_is_over_at_a_start_is_gone_before_anybody_is_shown_it})
