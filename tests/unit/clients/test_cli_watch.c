/* What entries show to whoever watches a log: growth, volume, rulebooks, keys. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "comity/audit/watch.h"
#include "policy/rulebook.h"
#include "support/check.h"

#define HOUR  3600000ULL
#define DAY   (24 * HOUR)
#define NOW   (1000 * DAY)
#define KNOWN 1 /* rulebooks by their first octet */
#define OTHER 2

/* ---- volume ---- */

/* Days before today, the first the last; today's are what is judged. */
static struct volume_verdict judged(const uint64_t *before, size_t count, uint64_t today)
{
    struct volume v = {.now_ms = NOW, .period_ms = DAY};
    for (size_t day = 0; day < count; day++)
        for (uint64_t i = 0; i < before[day]; i++)
            volume_add(&v, NOW - (day + 1) * DAY - HOUR);
    v.first_ms = NOW - (count + 1) * DAY;
    for (uint64_t i = 0; i < today; i++)
        volume_add(&v, NOW - HOUR);
    return volume_judge(&v);
}

static void a_day_is_judged_by_the_median_of_those_before(void)
{
    static const uint64_t even[] = {100, 104, 96, 102, 98, 100, 101};
    static const uint64_t odd[] = {100, 104, 5000, 102, 98, 100, 0};
    static const struct {
        const uint64_t *before;
        uint64_t today, usual, spread, tenths;
    } rows[] = {
        {even, 100, 100, 10, 0},   {even, 110, 100, 10, 10}, {even, 0, 100, 10, 100},
        {even, 400, 100, 10, 300}, {odd, 400, 100, 10, 300},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct volume_verdict v = judged(rows[i].before, 7, rows[i].today);
        CHECK(v.judged);
        CHECK_U64(v.last, rows[i].today);
        CHECK_U64(v.usual, rows[i].usual);
        CHECK_U64(v.spread, rows[i].spread);
        CHECK_U64(v.tenths, rows[i].tenths);
    }
}

static void days_that_differ_by_themselves_make_a_wide_spread(void)
{
    static const uint64_t wide[] = {100, 500, 300, 700, 900, 300, 500};
    struct volume_verdict v = judged(wide, 7, 900);
    CHECK_U64(v.usual, 500);
    CHECK_U64(v.spread, 296); /* 1.4826 times the median distance of 200 */
    CHECK_U64(v.tenths, 13);
}

static void a_short_history_says_nothing(void)
{
    static const uint64_t few[] = {1, 1, 1, 1, 1};
    static const uint64_t none[VOLUME_HISTORY] = {0};
    CHECK(!judged(few, 5, 1000).judged);
    CHECK(judged(none, VOLUME_HISTORY, 9).judged);
    CHECK_U64(judged(none, VOLUME_HISTORY, 9).tenths, 90);
}

/* ---- entries ---- */

struct stand {
    struct watching w;
    struct check_report report;
    struct comity comity;
    struct rulebook rulebook;
    uint64_t next;
};

static void stand_begin(struct stand *s)
{
    memset(s, 0, sizeof *s);
    s->rulebook.digest.octets[0] = KNOWN;
    s->comity.rulebook = &s->rulebook;
    s->w = (struct watching){.comity = &s->comity,
                             .now_ms = NOW,
                             .quiet_ms = DAY,
                             .jump = 6,
                             .entries = {.volume = {.now_ms = NOW, .period_ms = DAY}},
                             .report = &s->report,
                             .walked = ""};
}

static void enter(struct stand *s, enum entry_kind kind, uint8_t rulebook, uint64_t time_ms,
                  const char *what)
{
    const uint8_t digest[32] = {rulebook};
    const struct mirror_entry entry = {
        .index = s->next++,
        .opened = {.time_ms = time_ms,
                   .has_outer = true,
                   .has_inner = true,
                   .outer = {.kind = kind, .rulebook = slice_over(digest, sizeof digest)},
                   .inner = {.justification = slice_text(what)}}};
    watch_entry(&s->w, &entry);
}

/* The row of this name, after all entries; NULL if there is none. */
static const struct check_row *row_of(struct stand *s, const char *name)
{
    s->report.count = 0;
    watch_entries_rows(&s->w);
    const struct check_row *found = NULL;
    for (size_t i = 0; i < s->report.count; i++) {
        json_decref(s->report.rows[i].more);
        s->report.rows[i].more = NULL;
        if (strncmp(s->report.rows[i].name, name, strlen(name)) == 0)
            found = &s->report.rows[i];
    }
    return found;
}

static enum check_state state_of(struct stand *s, const char *name)
{
    const struct check_row *row = row_of(s, name);
    return CHECK(row != NULL) ? row->state : CHECKED_UNKNOWN;
}

static void a_log_without_entries_for_a_day_is_a_warning(void)
{
    static struct stand s;
    stand_begin(&s);
    enter(&s, ENTRY_START_STOP, KNOWN, NOW - 3 * DAY, "start");
    CHECK_U64(state_of(&s, "growth"), CHECKED_CRITICAL);
    enter(&s, ENTRY_DISCLOSURE, KNOWN, NOW - DAY - HOUR, "");
    CHECK_U64(state_of(&s, "growth"), CHECKED_WARNING);
    enter(&s, ENTRY_AUDITOR, KNOWN, NOW - HOUR, ""); /* whoever watches makes that one */
    CHECK_U64(state_of(&s, "growth"), CHECKED_WARNING);
    enter(&s, ENTRY_DISCLOSURE, KNOWN, NOW - HOUR, "");
    CHECK_U64(state_of(&s, "growth"), CHECKED_OK);
}

static void one_that_was_stopped_need_not_grow(void)
{
    static struct stand s;
    stand_begin(&s);
    enter(&s, ENTRY_START_STOP, KNOWN, NOW - 9 * DAY, "start");
    enter(&s, ENTRY_START_STOP, KNOWN, NOW - 8 * DAY, "stop");
    CHECK_U64(state_of(&s, "growth"), CHECKED_OK);
    enter(&s, ENTRY_START_STOP, KNOWN, NOW - 7 * DAY, "start");
    CHECK_U64(state_of(&s, "growth"), CHECKED_CRITICAL);
}

static void a_rulebook_that_nobody_announced_is_critical(void)
{
    static struct stand s;
    stand_begin(&s);
    enter(&s, ENTRY_START_STOP, OTHER, NOW - 3 * HOUR, "start"); /* what the log began with */
    enter(&s, ENTRY_DISCLOSURE, OTHER, NOW - 3 * HOUR, "");
    CHECK_U64(state_of(&s, "rulebook"), CHECKED_OK);
    CHECK_U64(state_of(&s, "law"), CHECKED_WARNING); /* this context has another one */
    enter(&s, ENTRY_LAW, KNOWN, NOW - 2 * HOUR, "another rulebook is in force");
    CHECK(row_of(&s, "law") == NULL);
    enter(&s, ENTRY_DISCLOSURE, KNOWN + OTHER, NOW - HOUR, "");
    const struct check_row *row = row_of(&s, "rulebook 03");
    if (CHECK(row != NULL)) {
        CHECK_U64(row->state, CHECKED_CRITICAL);
        CHECK_U64(row->exit, COMITY_VERIFY);
    }
    enter(&s, ENTRY_LAW, KNOWN + OTHER, NOW, "another rulebook is in force");
    CHECK_U64(state_of(&s, "rulebook"), CHECKED_OK);
}

static void a_key_that_changed_today_is_a_warning(void)
{
    static struct stand s;
    stand_begin(&s);
    enter(&s, ENTRY_KEY, KNOWN, NOW - 2 * DAY, "");
    CHECK_U64(state_of(&s, "keys"), CHECKED_OK);
    enter(&s, ENTRY_KEY, KNOWN, NOW - HOUR, "XA-CA-01 sealing");
    CHECK_U64(state_of(&s, "keys"), CHECKED_WARNING);
    CHECK(strstr(row_of(&s, "keys")->words, "is 1: XA-CA-01 sealing") != NULL);
}

static void a_day_with_many_times_as_many_entries_is_named(void)
{
    static struct stand s;
    stand_begin(&s);
    for (uint64_t day = 10; day > 0; day--)
        for (unsigned i = 0; i < 100; i++)
            enter(&s, ENTRY_DISCLOSURE, KNOWN, NOW - day * DAY, "");
    for (unsigned i = 0; i < 155; i++)
        enter(&s, ENTRY_DISCLOSURE, KNOWN, NOW - HOUR, "");
    CHECK_U64(state_of(&s, "volume"), CHECKED_OK);
    for (unsigned i = 0; i < 20; i++)
        enter(&s, ENTRY_DISCLOSURE, KNOWN, NOW - HOUR, "");
    CHECK_U64(state_of(&s, "volume"), CHECKED_WARNING);
    for (unsigned i = 0; i < 100; i++)
        enter(&s, ENTRY_DISCLOSURE, KNOWN, NOW - HOUR, "");
    CHECK_U64(state_of(&s, "volume"), CHECKED_CRITICAL);
}

/* ---- Prometheus ---- */

static void labels_are_escaped_and_a_metrics_lines_stand_together(void)
{
    static const char wanted[] =
        "# HELP comity_watch_state 0 all is well, 1 warning, 2 critical, 3 not known.\n"
        "# TYPE comity_watch_state gauge\n"
        "comity_watch_state{gateway=\"a\\\"b\\\\c\\nd\",check=\"one\"} 0\n"
        "comity_watch_state{gateway=\"a\\\"b\\\\c\\nd\",check=\"two\"} 2\n"
        "comity_watch_state{gateway=\"a\\\"b\\\\c\\nd\",check=\"three\"} 3\n"
        "# HELP comity_watch_an_age_seconds As the check of that name measures it.\n"
        "# TYPE comity_watch_an_age_seconds gauge\n"
        "comity_watch_an_age_seconds{gateway=\"a\\\"b\\\\c\\nd\",check=\"one\"} 5\n"
        "comity_watch_an_age_seconds{gateway=\"a\\\"b\\\\c\\nd\",check=\"two\"} -7\n";
    static const struct check_limits none = {0};
    static struct check_report report;
    char path[] = "/tmp/comity-out-XXXXXX";
    report = (struct check_report){.name = "watch"};
    report.more = json_pack("{s:s,s:i}", "gateway", "a\"b\\c\nd", "number", 1);
    check_figure(check_add(&report, "one", CHECKED_OK, "x"), "an-age", 5, "s", &none);
    check_figure(check_add(&report, "two", CHECKED_CRITICAL, "x"), "an-age", -7, "s", &none);
    check_add(&report, "three", CHECKED_UNKNOWN, "x");
    (void)fflush(stdout);
    int out = dup(STDOUT_FILENO), file = mkstemp(path);
    CHECK(out >= 0 && file >= 0 && dup2(file, STDOUT_FILENO) >= 0);
    check_put_prometheus(&report);
    (void)fflush(stdout);
    CHECK(dup2(out, STDOUT_FILENO) >= 0);
    close(out);
    close(file);
    CHECK_BYTES(file_octets(path), slice_text(wanted));
    unlink(path);
    json_decref(report.more);
}

TESTS(cli_watch,
      {"a day is judged by the median of those before",
       a_day_is_judged_by_the_median_of_those_before},
      {"days that differ by themselves make a wide spread",
       days_that_differ_by_themselves_make_a_wide_spread},
      {"a short history says nothing", a_short_history_says_nothing},
      {"a log without entries for a day is a warning",
       a_log_without_entries_for_a_day_is_a_warning},
      {"one that was stopped need not grow", one_that_was_stopped_need_not_grow},
      {"a rulebook that nobody announced is critical",
       a_rulebook_that_nobody_announced_is_critical},
      {"a key that changed today is a warning", a_key_that_changed_today_is_a_warning},
      {"a day with many times as many entries is named",
       a_day_with_many_times_as_many_entries_is_named},
      {"labels are escaped and a metric's lines stand together",
       labels_are_escaped_and_a_metrics_lines_stand_together})
