#include "support/check.h"

#include <string.h>

#include "app/cosigning.h"
#include "base/instant.h"
#include "said.h"

static struct cosigning_view view_of(enum cosigning_trouble trouble)
{
    return (struct cosigning_view){
        .witnesses = {{.party = "XA-MIN-01",
                       .id = {0x70, 0x06, 0x94, 0x52},
                       .trouble = trouble,
                       .since_ms = said_at(HOUR).mono_ms,
                       .why = "nobody answers"}},
        .count = 1,
    };
}

/* How often an alarm was said from one time on, second by second, until another. */
static unsigned said_between(const struct cosigning_view *view, const char *event, uint64_t from,
                             uint64_t until)
{
    struct alarms *alarms = said_begin();
    for (uint64_t at = from; at < until; at += SECOND) {
        cosigning_alarms(view, alarms, said_at(at));
        alarms_settle(alarms, said_at(at));
    }
    unsigned count = said_times(event);
    alarms_free(alarms);
    return count;
}

static void a_witness_is_away_after_a_while(void)
{
    const struct cosigning_view fine = view_of(COSIGNING_FINE), away = view_of(COSIGNING_AWAY);
    CHECK_U64(said_between(&fine, "alarm.", HOUR, 2 * HOUR), 0);
    CHECK_U64(said_between(&away, "alarm.", HOUR, HOUR + 15 * SECOND), 0);
    CHECK_U64(said_between(&away, "\"level\":\"warning\",\"event\":\"alarm.witness_away\"", HOUR,
                           2 * HOUR),
              1);
    CHECK_U64(said_between(&away,
                           "the witness of XA-MIN-01 (key 70069452) does not cosign our "
                           "log: nobody answers",
                           HOUR, 2 * HOUR),
              1);
}

static void what_speaks_of_two_histories_is_said_at_once(void)
{
    const struct cosigning_view ahead = view_of(COSIGNING_AHEAD);
    const struct cosigning_view conflict = view_of(COSIGNING_CONFLICT);
    CHECK_U64(said_between(&ahead, "\"level\":\"alarm\",\"event\":\"alarm.witness_ahead\"", HOUR,
                           HOUR + SECOND),
              1);
    CHECK_U64(said_between(&conflict, "\"level\":\"alarm\",\"event\":\"alarm.witness_conflict\"",
                           HOUR, HOUR + SECOND),
              1);
}

static void what_is_stale_is_said_until_it_is_not(void)
{
    struct alarms *alarms = said_begin();
    struct cosigning_view view = {.since_s = said_at(HOUR).wall_ms / MS_PER_SECOND};
    const struct moment good = said_at(HOUR + 5 * MINUTE),
                        late = said_at(HOUR + 5 * MINUTE + SECOND);
    for (unsigned wanted = 0; wanted < 2; wanted++) {
        view.is_wanted = wanted == 1;
        cosigning_alarms(&view, alarms, good);
        alarms_settle(alarms, good);
        CHECK_U64(said_times("alarm."), 0);
        cosigning_alarms(&view, alarms, late);
        alarms_settle(alarms, late);
        CHECK_U64(said_times("\"level\":\"alarm\",\"event\":\"alarm.witnesses_stale\""), wanted);
    }
    view.since_s += 60;
    cosigning_alarms(&view, alarms, late);
    alarms_settle(alarms, late);
    CHECK_U64(said_times("\"event\":\"alarm.over\""), 1);
    alarms_free(alarms);
}

TESTS(app_cosigning, {"a witness is away after a while", a_witness_is_away_after_a_while},
      {"what speaks of two histories is said at once",
       what_speaks_of_two_histories_is_said_at_once},
      {"what is stale is said until it is not", what_is_stale_is_said_until_it_is_not})
