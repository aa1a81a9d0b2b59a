#include "support/check.h"

#include "said.h"

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
        alarms_raise(alarms, &a, said_at(mono_ms));
    alarms_settle(alarms, said_at(mono_ms));
}

static void an_alarm_is_said_at_once_then_hourly_then_when_it_is_over(void)
{
    struct alarms *alarms = said_begin();
    look(alarms, 1, 0, 0);
    CHECK_U64(said_times("\"level\":\"alarm\",\"event\":\"alarm.test\""), 1);
    for (uint64_t now = SECOND; now < HOUR; now += SECOND)
        look(alarms, 1, 0, now);
    CHECK_U64(said_times("alarm."), 0);
    look(alarms, 1, 0, HOUR);
    CHECK_U64(said_times("something is wrong"), 1);
    look(alarms, 0, 0, HOUR + 1);
    CHECK_U64(said_times("\"event\":\"alarm.over\",\"gateway\":\"XA-GW-01\","
                         "\"text\":\"alarm.test XA\""),
              1);
    look(alarms, 0, 0, HOUR + 2);
    CHECK_U64(said_times("alarm."), 0);
    look(alarms, 1, 0, HOUR + 3);
    CHECK_U64(said_times("alarm.test"), 1);
    alarms_free(alarms);
}

static void what_gets_worse_is_said_at_once(void)
{
    struct alarms *alarms = said_begin();
    look(alarms, 1, 0, 0);
    look(alarms, 2, 0, 1);
    look(alarms, 2, 0, 2);
    CHECK_U64(said_times("something is wrong"), 2);
    alarms_free(alarms);
}

static void an_alarm_that_becomes_another_is_over(void)
{
    struct alarms *alarms = said_begin();
    struct alarm a = {.key = "k", .event = "alarm.first", .about = "XA", .repeat_ms = HOUR};
    alarms_raise(alarms, &a, said_at(0));
    alarms_settle(alarms, said_at(0));
    a.event = "alarm.second";
    alarms_raise(alarms, &a, said_at(1));
    alarms_settle(alarms, said_at(1));
    CHECK_U64(said_times("\"text\":\"alarm.first XA\""), 1);
    alarms_settle(alarms, said_at(2));
    CHECK_U64(said_times("\"text\":\"alarm.second XA\""), 1);
    alarms_free(alarms);
}

static void what_comes_and_goes_does_not_fill_the_lines(void)
{
    struct alarms *alarms = said_begin();
    for (uint64_t now = 0; now < 10 * MINUTE; now += SECOND)
        look(alarms, now % (20 * SECOND) == 0, 30 * SECOND, now);
    CHECK_U64(said_times("alarm."), 1);
    look(alarms, 0, 30 * SECOND, 20 * MINUTE);
    CHECK_U64(said_times("alarm.over"), 1);
    alarms_free(alarms);
}

static void watch(struct watch *w, const struct journal_health *h, bool overloaded, uint64_t now)
{
    watch_journal(w, h, overloaded, said_at(now));
    alarms_settle(w->alarms, said_at(now));
}

static void a_journal_in_need_is_said(void)
{
    struct watch w = {.alarms = said_begin()};
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
        {{.time_ms = said_at(10 * HOUR).wall_ms},
         false,
         "\"alarm.log_ahead\",\"gateway\":\"XA-GW-01\""
         ",\"text\":\"the last entry is 21600 seconds ahead"},
        {{0}, true, "\"alarm.overload\""},
    };
    watch(&w, &good, false, 0);
    CHECK_U64(said_times("alarm."), 0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint64_t now = (i + 1) * HOUR;
        struct journal_health health = rows[i].health;
        health.signed_size = health.published_size = 1;
        watch(&w, &health, rows[i].overloaded, now);
        CHECK_U64(said_times(rows[i].event), 1);
        watch(&w, &good, false, now + MINUTE);
        CHECK_U64(said_times("alarm.over\""), 1);
    }
    alarms_free(w.alarms);
}

static void publishing_is_behind_by_what_waits_not_by_what_comes(void)
{
    struct watch w = {.alarms = said_begin()};
    struct journal_health h = {0};
    uint64_t now = 0;
    for (; now < HOUR; now += SECOND) { /* always one second behind */
        h.published_size = h.signed_size;
        h.signed_size += 1000;
        watch(&w, &h, false, now);
    }
    CHECK_U64(said_times("alarm."), 0);
    for (uint64_t end = now + 59 * SECOND; now < end; now += SECOND)
        watch(&w, &h, false, now);
    CHECK_U64(said_times("alarm."), 0);
    watch(&w, &h, false, now + 5 * SECOND);
    CHECK_U64(said_times("alarm.publishing_behind"), 1);
    h.published_size = h.signed_size;
    watch(&w, &h, false, now + 6 * SECOND);
    CHECK_U64(said_times("alarm.over"), 1);
    alarms_free(w.alarms);
}

static void a_peer_that_is_away_for_ten_minutes_is_said_hourly(void)
{
    struct watch w = {.alarms = said_begin()};
    struct peer_presence peer = {.id = "XC-GW-01"};
    for (uint64_t now = 0; now < 2 * HOUR + 10 * MINUTE; now += SECOND) {
        peer.away_ms = now;
        watch_peer(&w, &peer, said_at(now));
        alarms_settle(w.alarms, said_at(now));
        if (now == 10 * MINUTE - SECOND)
            CHECK_U64(said_times("alarm."), 0);
        if (now == 10 * MINUTE)
            CHECK_U64(said_times("\"level\":\"warning\",\"event\":\"alarm.peer_away\",\"gateway\":"
                                 "\"XA-GW-01\",\"text\":\"XC-GW-01 has been away since "
                                 "2026-09-21T14:13:20Z:"),
                      1);
    }
    CHECK_U64(said_times("alarm.peer_away"), 1); /* and not a third time yet */
    peer.away_ms = 0;
    watch_peer(&w, &peer, said_at(3 * HOUR));
    alarms_settle(w.alarms, said_at(3 * HOUR));
    CHECK_U64(said_times("\"text\":\"alarm.peer_away XC-GW-01\""), 1);
    alarms_free(w.alarms);
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
       a_peer_that_is_away_for_ten_minutes_is_said_hourly})
