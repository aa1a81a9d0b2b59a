#include "support/check.h"

#include <stdlib.h>

#include "app/watch.h"

#define SECOND 1000ULL
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

static struct buffer said;

static void keep(void *out, const struct diagnostics_line *line)
{
    (void)out;
    diagnostics_json(line, &said);
}

static const struct diagnostics diagnostics = {.sink = keep, .gateway = "XA-GW-01"};

static struct moment at(uint64_t mono_ms)
{
    return (struct moment){.wall_ms = 1790000000000ULL + mono_ms, .mono_ms = mono_ms};
}

/* How often the text was said since the last question. */
static unsigned times(const char *text)
{
    struct slice all = buffer_slice(&said), part = slice_text(text);
    unsigned count = 0;
    for (size_t i = 0; i + part.length <= all.length; i++)
        count += slice_begins(slice_part(all, i, SIZE_MAX), part);
    buffer_clear(&said);
    return count;
}

static struct alarms *begin(void)
{
    struct alarms *alarms = alarms_new(&diagnostics);
    if (alarms == NULL)
        abort();
    buffer_done(&said);
    said = buffer_new(1 << 20);
    return alarms;
}

static void look(struct alarms *alarms, unsigned stage, uint64_t linger_ms, uint64_t mono_ms)
{
    const struct alarm a = {.key = "k",
                            .event = "alarm.test",
                            .about = "XA",
                            .level = DIAGNOSTIC_ALARM,
                            .stage = stage,
                            .text = "something is wrong",
                            .repeat_ms = HOUR,
                            .linger_ms = linger_ms};
    if (stage > 0)
        alarms_raise(alarms, &a, at(mono_ms));
    alarms_settle(alarms, at(mono_ms));
}

static void an_alarm_is_said_at_once_then_hourly_then_when_it_is_over(void)
{
    struct alarms *alarms = begin();
    look(alarms, 1, 0, 0);
    CHECK_U64(times("\"level\":\"alarm\",\"event\":\"alarm.test\""), 1);
    for (uint64_t now = SECOND; now < HOUR; now += SECOND)
        look(alarms, 1, 0, now);
    CHECK_U64(times("alarm."), 0);
    look(alarms, 1, 0, HOUR);
    CHECK_U64(times("something is wrong"), 1);
    look(alarms, 0, 0, HOUR + 1);
    CHECK_U64(times("\"event\":\"alarm.over\",\"gateway\":\"XA-GW-01\","
                    "\"text\":\"alarm.test XA\""),
              1);
    look(alarms, 0, 0, HOUR + 2);
    CHECK_U64(times("alarm."), 0);
    look(alarms, 1, 0, HOUR + 3);
    CHECK_U64(times("alarm.test"), 1);
    alarms_free(alarms);
}

static void what_gets_worse_is_said_at_once(void)
{
    struct alarms *alarms = begin();
    look(alarms, 1, 0, 0);
    look(alarms, 2, 0, 1);
    look(alarms, 2, 0, 2);
    CHECK_U64(times("something is wrong"), 2);
    alarms_free(alarms);
}

static void an_alarm_that_becomes_another_is_over(void)
{
    struct alarms *alarms = begin();
    struct alarm a = {.key = "k", .event = "alarm.first", .about = "XA", .repeat_ms = HOUR};
    alarms_raise(alarms, &a, at(0));
    alarms_settle(alarms, at(0));
    a.event = "alarm.second";
    alarms_raise(alarms, &a, at(1));
    alarms_settle(alarms, at(1));
    CHECK_U64(times("\"text\":\"alarm.first XA\""), 1);
    alarms_settle(alarms, at(2));
    CHECK_U64(times("\"text\":\"alarm.second XA\""), 1);
    alarms_free(alarms);
}

static void what_comes_and_goes_does_not_fill_the_lines(void)
{
    struct alarms *alarms = begin();
    for (uint64_t now = 0; now < 10 * MINUTE; now += SECOND)
        look(alarms, now % (20 * SECOND) == 0, 30 * SECOND, now);
    CHECK_U64(times("alarm."), 1);
    look(alarms, 0, 30 * SECOND, 20 * MINUTE);
    CHECK_U64(times("alarm.over"), 1);
    alarms_free(alarms);
}

static void watch(struct watch *w, const struct journal_health *h, bool overloaded, uint64_t now)
{
    watch_journal(w, h, overloaded, at(now));
    alarms_settle(w->alarms, at(now));
}

static void a_journal_in_need_is_said(void)
{
    struct watch w = {.alarms = begin()};
    const struct journal_health good = {.signed_size = 1, .published_size = 1};
    const struct {
        struct journal_health health;
        bool overloaded;
        const char *event;
    } rows[] = {
        {{.low = true, .free_bytes = 5 << 20},
         true,
         "\"alarm.journal_low\",\"gateway\":\"XA-GW-01\""
         ",\"text\":\"5 MiB are free"},
        {{.stalled = true}, true, "\"alarm.journal_stalled\""},
        {{.publishing_failed = true}, false, "\"alarm.publishing_failed\""},
        {{.time_ms = at(10 * HOUR).wall_ms},
         false,
         "\"alarm.log_ahead\",\"gateway\":\"XA-GW-01\""
         ",\"text\":\"the last entry is 21600 seconds ahead"},
        {{0}, true, "\"alarm.overload\""},
    };
    watch(&w, &good, false, 0);
    CHECK_U64(times("alarm."), 0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint64_t now = (i + 1) * HOUR;
        struct journal_health health = rows[i].health;
        health.signed_size = health.published_size = 1;
        watch(&w, &health, rows[i].overloaded, now);
        CHECK_U64(times(rows[i].event), 1);
        watch(&w, &good, false, now + MINUTE);
        CHECK_U64(times("alarm.over\""), 1);
    }
    alarms_free(w.alarms);
}

static void publishing_is_behind_by_what_waits_not_by_what_comes(void)
{
    struct watch w = {.alarms = begin()};
    struct journal_health h = {0};
    uint64_t now = 0;
    for (; now < HOUR; now += SECOND) { /* always one second behind */
        h.published_size = h.signed_size;
        h.signed_size += 1000;
        watch(&w, &h, false, now);
    }
    CHECK_U64(times("alarm."), 0);
    for (uint64_t end = now + 59 * SECOND; now < end; now += SECOND)
        watch(&w, &h, false, now);
    CHECK_U64(times("alarm."), 0);
    watch(&w, &h, false, now + 5 * SECOND);
    CHECK_U64(times("alarm.publishing_behind"), 1);
    h.published_size = h.signed_size;
    watch(&w, &h, false, now + 6 * SECOND);
    CHECK_U64(times("alarm.over"), 1);
    alarms_free(w.alarms);
}

static void a_peer_that_is_away_for_ten_minutes_is_said_hourly(void)
{
    struct watch w = {.alarms = begin()};
    struct peer_presence peer = {.id = "XC-GW-01"};
    for (uint64_t now = 0; now < 2 * HOUR + 10 * MINUTE; now += SECOND) {
        peer.away_ms = now;
        watch_peer(&w, &peer, at(now));
        alarms_settle(w.alarms, at(now));
        if (now == 10 * MINUTE - SECOND)
            CHECK_U64(times("alarm."), 0);
        if (now == 10 * MINUTE)
            CHECK_U64(times("\"level\":\"warning\",\"event\":\"alarm.peer_away\",\"gateway\":"
                            "\"XA-GW-01\",\"text\":\"XC-GW-01 has been away since "
                            "2026-09-21T14:13:20Z:"),
                      1);
    }
    CHECK_U64(times("alarm.peer_away"), 1); /* and not a third time yet */
    peer.away_ms = 0;
    watch_peer(&w, &peer, at(3 * HOUR));
    alarms_settle(w.alarms, at(3 * HOUR));
    CHECK_U64(times("\"text\":\"alarm.peer_away XC-GW-01\""), 1);
    alarms_free(w.alarms);
}

/* How often something is said while the end of a part comes nearer, hour by hour. */
static unsigned said_ahead(enum tls_part part, uint64_t life, uint64_t from, uint64_t until)
{
    struct watch w = {.alarms = begin()};
    struct tls_until u = {.part = part, .state = "XC", .until_ms = at(100 * DAY).wall_ms};
    u.from_ms = u.until_ms - life;
    for (uint64_t left = from; left > until; left -= HOUR / 2) {
        watch_until(&w, &u, "XC", "k", at(100 * DAY - left));
        alarms_settle(w.alarms, at(100 * DAY - left));
    }
    unsigned count = times("expire");
    alarms_free(w.alarms);
    return count;
}

static void what_ends_is_said_thirty_fourteen_seven_days_and_one_day_ahead(void)
{
    static const uint64_t days[] = {30, 14, 7, 1};
    for (unsigned i = 0; i < 4; i++) {
        uint64_t at_last = days[i] * DAY;
        CHECK_U64(said_ahead(TLS_PART_CA, 0, 40 * DAY, at_last) == 0, i == 0);
        CHECK_U64(said_ahead(TLS_PART_REVOCATIONS, 60 * DAY, 40 * DAY, at_last) == 0, i == 0);
        CHECK_U64(said_ahead(TLS_PART_CA, 0, at_last, at_last - HOUR / 2), 1);
        CHECK_U64(said_ahead(TLS_PART_REVOCATIONS, 60 * DAY, at_last, at_last - HOUR / 2), 1);
        /* half an hour after the line that was due: only because another threshold was passed */
        CHECK_U64(said_ahead(TLS_PART_CA, 0, at_last + HOUR / 2, at_last - HOUR / 2),
                  i == 0 ? 1 : 2);
        CHECK_U64(
            said_ahead(TLS_PART_REVOCATIONS, 60 * DAY, at_last + HOUR / 2, at_last - HOUR / 2),
            i == 0 ? 1 : 2);
    }
}

static void a_list_for_a_week_is_no_concern_a_week_ahead(void)
{
    CHECK_U64(said_ahead(TLS_PART_REVOCATIONS, 7 * DAY, 7 * DAY, 3 * DAY), 0);
    CHECK_U64(said_ahead(TLS_PART_REVOCATIONS, 7 * DAY, 3 * DAY, 3 * DAY - HOUR / 2), 1);
    CHECK_U64(said_ahead(TLS_PART_REVOCATIONS, 14 * DAY, 14 * DAY, 7 * DAY), 0);
    CHECK_U64(said_ahead(TLS_PART_REVOCATIONS, 14 * DAY, 7 * DAY, 7 * DAY - HOUR / 2), 1);
    CHECK_U64(said_ahead(TLS_PART_REVOCATIONS, 1 * DAY, 1 * DAY, 1 * DAY - HOUR / 2), 1);
    buffer_done(&said);
}

TESTS(app_alarms,
      {"an alarm is said at once, then hourly, then when it is over",
       an_alarm_is_said_at_once_then_hourly_then_when_it_is_over},
      {"what gets worse is said at once", what_gets_worse_is_said_at_once},
      {"an alarm that becomes another is over", an_alarm_that_becomes_another_is_over},
      {"what comes and goes does not fill the lines", what_comes_and_goes_does_not_fill_the_lines},
      {"a journal in need is said", a_journal_in_need_is_said},
      {"publishing is behind by what waits, not by what comes",
       publishing_is_behind_by_what_waits_not_by_what_comes},
      {"a peer that is away for ten minutes is said, then hourly",
       a_peer_that_is_away_for_ten_minutes_is_said_hourly},
      {"what ends is said 30, 14, 7 days and 1 day ahead",
       what_ends_is_said_thirty_fourteen_seven_days_and_one_day_ahead},
      {"a list for a week is no concern a week ahead",
       a_list_for_a_week_is_no_concern_a_week_ahead})
