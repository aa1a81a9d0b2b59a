/* When timestamps are asked for, and what is said while there are none: by a scripted clock. */

#include "support/check.h"

#include <string.h>

#include "app/timestamping_parts.h"
#include "base/instant.h"
#include "said.h"

#define GROWTH 10 /* entries a second */

/* Asks each second for so long, of an authority that does what it is told; how often it was asked.
 */
static unsigned asked_between(struct timestamping_plan *plan, uint64_t from, uint64_t until,
                              bool answers)
{
    unsigned asked = 0;
    for (uint64_t at = from; at < until; at += SECOND) {
        const struct moment now = said_at(at);
        const uint64_t published = 1 + at / SECOND * GROWTH;
        if (!timestamping_due(plan, published, now))
            continue;
        asked++;
        if (answers)
            timestamping_done(plan, published, now.wall_ms);
        else
            timestamping_failed(plan, now.mono_ms);
    }
    return asked;
}

static struct timestamping_plan plan_of(void)
{
    return (struct timestamping_plan){.every_ms = HOUR, .above = UINT64_MAX};
}

static void one_is_asked_for_each_hour_and_the_first_at_once(void)
{
    struct timestamping_plan plan = plan_of();
    CHECK_U64(asked_between(&plan, HOUR, HOUR + SECOND, true), 1);
    CHECK_U64(asked_between(&plan, HOUR + SECOND, 2 * HOUR, true), 0);
    CHECK_U64(asked_between(&plan, 2 * HOUR, 6 * HOUR, true), 4);
}

static void what_has_one_needs_no_other(void)
{
    struct timestamping_plan plan = plan_of();
    CHECK(!timestamping_due(&plan, 0, said_at(HOUR)));
    CHECK(timestamping_due(&plan, 70, said_at(HOUR)));
    timestamping_done(&plan, 70, said_at(HOUR).wall_ms);
    CHECK(!timestamping_due(&plan, 70, said_at(9 * HOUR)));
    CHECK(timestamping_due(&plan, 71, said_at(9 * HOUR)));
}

/* A clock that was set back lets more time pass, and asks no flood of questions. */
static void a_clock_that_goes_back_is_waited_for(void)
{
    struct timestamping_plan plan = plan_of();
    timestamping_done(&plan, 70, said_at(3 * HOUR).wall_ms);
    CHECK(!timestamping_due(&plan, 71, said_at(HOUR)));
    CHECK(timestamping_due(&plan, 71, said_at(4 * HOUR)));
}

static void a_new_rulebook_is_not_waited_with(void)
{
    struct timestamping_plan plan = plan_of();
    timestamping_done(&plan, 70, said_at(HOUR).wall_ms);
    plan.above = 75;
    CHECK(!timestamping_due(&plan, 75, said_at(HOUR + SECOND)));
    CHECK(timestamping_due(&plan, 76, said_at(HOUR + SECOND)));
    timestamping_failed(&plan, said_at(HOUR + SECOND).mono_ms);
    CHECK(!timestamping_due(&plan, 76, said_at(HOUR + 2 * SECOND)));
    CHECK(timestamping_due(&plan, 76, said_at(HOUR + MINUTE)));
    timestamping_done(&plan, 76, said_at(HOUR + MINUTE).wall_ms);
    CHECK(!timestamping_due(&plan, 77, said_at(HOUR + 2 * MINUTE)));
}

/* 10, 20, 40, 80, 160 s, then every five minutes; one answer makes all good. */
static void four_hours_without_an_authority_are_made_good_by_one_answer(void)
{
    struct timestamping_plan plan = plan_of();
    CHECK_U64(asked_between(&plan, HOUR, HOUR + SECOND, true), 1);
    const uint64_t before = plan.size;
    CHECK_U64(asked_between(&plan, 2 * HOUR, 2 * HOUR + 311 * SECOND, false), 6);
    CHECK_U64(asked_between(&plan, 2 * HOUR + 311 * SECOND, 6 * HOUR, false), 46);
    CHECK_U64(plan.size, before);
    CHECK_U64(asked_between(&plan, 6 * HOUR, 6 * HOUR + 6 * MINUTE, true), 1);
    CHECK(plan.size >= 1 + 6 * HOUR / SECOND * GROWTH);
    CHECK_U64(plan.failures, 0);
}

/* The authority is away from the second hour to the sixth. */
static struct timestamping_view view_at(uint64_t at)
{
    const bool is_away = at >= 2 * HOUR && at < 6 * HOUR;
    return (struct timestamping_view){
        .address = "tsa.example:3180",
        .every_ms = HOUR,
        .size = 36001,
        .made_ms = said_at(is_away ? HOUR : at).wall_ms,
        .waiting = is_away ? (at - HOUR) / SECOND * GROWTH : 0,
        .away_ms = is_away ? said_at(2 * HOUR).mono_ms : 0,
        .why = "Connection refused",
    };
}

static unsigned said_between(const char *text, uint64_t from, uint64_t until)
{
    struct alarms *alarms = said_begin();
    for (uint64_t at = from; at < until; at += SECOND) {
        const struct timestamping_view view = view_at(at);
        timestamping_alarms(&view, alarms, said_at(at));
        alarms_settle(alarms, said_at(at));
    }
    unsigned count = said_times(text);
    alarms_free(alarms);
    return count;
}

static void its_absence_is_said_once_an_hour_and_louder_when_it_lasts(void)
{
    CHECK_U64(said_between("alarm.", HOUR, 2 * HOUR + 15 * SECOND), 0);
    CHECK_U64(said_between("\"level\":\"warning\",\"event\":\"alarm.timestamps_away\"", HOUR,
                           2 * HOUR + 59 * MINUTE),
              1);
    CHECK_U64(said_between("tsa.example:3180 gives no timestamp of our log: Connection refused; "
                           "36150 entries wait for one",
                           HOUR, 3 * HOUR),
              1);
    CHECK_U64(said_between("\"level\":\"warning\"", HOUR, 7 * HOUR), 2);
    CHECK_U64(
        said_between("\"level\":\"alarm\",\"event\":\"alarm.timestamps_away\"", HOUR, 7 * HOUR), 2);
    CHECK_U64(said_between("alarm.over", HOUR, 7 * HOUR), 1);
}

TESTS(app_timestamping,
      {"one is asked for each hour, and the first at once",
       one_is_asked_for_each_hour_and_the_first_at_once},
      {"what has one needs no other", what_has_one_needs_no_other},
      {"a clock that goes back is waited for", a_clock_that_goes_back_is_waited_for},
      {"a new rulebook is not waited with", a_new_rulebook_is_not_waited_with},
      {"four hours without an authority are made good by one answer",
       four_hours_without_an_authority_are_made_good_by_one_answer},
      {"its absence is said once an hour, and louder when it lasts",
       its_absence_is_said_once_an_hour_and_louder_when_it_lasts})
