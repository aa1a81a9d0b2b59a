#include "support/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "edge/lines.h"

#define START_MS  1788766800000ULL
#define SECOND_MS ((uint64_t)LINES_WINDOW_MS)

/* What went out: "event text" and a line feed each. */
static struct buffer said;
static struct lines lines;

static void note(void *out, const struct diagnostics_line *line)
{
    (void)out;
    buffer_print(&said, "%s %s\n", line->what->event, line->what->text);
}

static void begin(void)
{
    static const struct diagnostics out = {.sink = note, .gateway = "XA-GW-01"};
    buffer_done(&said);
    said = buffer_new(1U << 20);
    lines_init(&lines, &out);
}

static void say(const char *event, enum diagnostic_level level, unsigned count, uint64_t at_ms)
{
    for (unsigned i = 0; i < count; i++)
        diagnostics_say(&lines.paced, at_ms,
                        &(struct diagnostic){.event = event, .level = level, .text = "so"});
}

static unsigned count_of(const char *line)
{
    unsigned count = 0;
    buffer_u8(&said, 0);
    for (const char *at = (const char *)said.at; (at = strstr(at, line)) != NULL; at++)
        count++;
    said.length--;
    return count;
}

static void a_few_lines_are_said(void)
{
    begin();
    say("handshake.failed", DIAGNOSTIC_INFO, LINES_PER_SECOND, START_MS);
    CHECK_U64(count_of("handshake.failed so\n"), LINES_PER_SECOND);
    CHECK(!lines.holds_back);
    lines_settle(&lines, START_MS + 5000, false);
    CHECK_U64(count_of("\n"), LINES_PER_SECOND);
}

static void many_lines_become_a_number(void)
{
    begin();
    say("handshake.failed", DIAGNOSTIC_INFO, 5000, START_MS);
    CHECK_U64(count_of("handshake.failed so\n"), LINES_PER_SECOND);
    CHECK(lines.holds_back);
    lines_settle(&lines, START_MS + SECOND_MS - 1, false);
    CHECK_U64(count_of("in a second"), 0);
    CHECK(lines.holds_back);
    lines_settle(&lines, START_MS + SECOND_MS, false);
    CHECK_U64(count_of("handshake.failed 4980 more in a second\n"), 1);
    CHECK(!lines.holds_back);
    lines_settle(&lines, START_MS + 10 * SECOND_MS, false);
    CHECK_U64(count_of("in a second"), 1);
}

static void the_next_second_begins_anew(void)
{
    begin();
    for (unsigned i = 0; i < 10; i++)
        say("link.truncated", DIAGNOSTIC_INFO, 100, START_MS + i * SECOND_MS);
    CHECK_U64(count_of("link.truncated so\n"), 10ULL * LINES_PER_SECOND);
    CHECK_U64(count_of("link.truncated 80 more in a second\n"), 9);
    lines_settle(&lines, START_MS + 9 * SECOND_MS + 1, true); /* the worker ends */
    CHECK_U64(count_of("link.truncated 80 more in a second\n"), 10);
}

static void one_event_does_not_silence_another(void)
{
    begin();
    say("handshake.failed", DIAGNOSTIC_INFO, 1000, START_MS);
    say("link.refused", DIAGNOSTIC_WARNING, 1, START_MS);
    CHECK_U64(count_of("link.refused so\n"), 1);
}

static void alarms_are_always_said(void)
{
    begin();
    say("revocations.end", DIAGNOSTIC_ALARM, 3 * LINES_PER_SECOND, START_MS);
    CHECK_U64(count_of("revocations.end so\n"), (uint64_t)3 * LINES_PER_SECOND);
}

static void what_is_only_counted_is_told_once_a_second(void)
{
    begin();
    for (unsigned i = 0; i < 300; i++)
        lines_count(&lines, "accept.shed", DIAGNOSTIC_NOTICE, START_MS + i * 10ULL);
    lines_settle(&lines, START_MS + 3000, false);
    CHECK_U64(count_of("accept.shed 100 in a second\n"), 3);
    CHECK_U64(count_of("\n"), 3);
}

static void a_clock_that_is_set_back_silences_nobody(void)
{
    begin();
    say("link.opened", DIAGNOSTIC_INFO, 100, START_MS);
    say("link.opened", DIAGNOSTIC_INFO, 5, START_MS - 3600000);
    CHECK_U64(count_of("link.opened so\n"), LINES_PER_SECOND + 5);
}

static void more_kinds_of_events_than_places_share_one(void)
{
    static char names[3 * LINES_EVENTS][16];
    begin();
    for (unsigned i = 0; i < 3 * LINES_EVENTS; i++) {
        snprintf(names[i], sizeof names[i], "event.%u", i);
        say(names[i], DIAGNOSTIC_INFO, 1, START_MS);
    }
    CHECK_U64(count_of(" so\n"), LINES_EVENTS - 1 + LINES_PER_SECOND);
    lines_settle(&lines, START_MS + SECOND_MS, false);
    CHECK_U64(count_of("45 more in a second\n"), 1);
    buffer_done(&said);
}

TESTS(edge_lines, {"a few lines are said as they are", a_few_lines_are_said},
      {"many lines of one event become a number", many_lines_become_a_number},
      {"the next second begins anew", the_next_second_begins_anew},
      {"one event does not silence another", one_event_does_not_silence_another},
      {"alarms are always said", alarms_are_always_said},
      {"what is only counted is told once a second", what_is_only_counted_is_told_once_a_second},
      {"a clock that is set back silences nobody", a_clock_that_is_set_back_silences_nobody},
      {"more kinds of events than places share one", more_kinds_of_events_than_places_share_one})
