#include "edge/lines.h"

#include <stdio.h>
#include <string.h>

/* A clock that was set back ends the second, too. */
static bool is_over(const struct line_rate *rate, uint64_t at_ms)
{
    return at_ms - rate->began_ms >= LINES_WINDOW_MS;
}

/* Ends a second with the number of what was not said in it. */
static void settle(struct lines *lines, struct line_rate *rate, uint64_t at_ms)
{
    char text[48];
    if (rate->unsaid > 0) {
        snprintf(text, sizeof text, "%u%s in a second", rate->unsaid,
                 rate->said > 0 ? " more" : "");
        diagnostics_say(
            lines->out, at_ms,
            &(struct diagnostic){.event = rate->event, .level = rate->level, .text = text});
    }
    rate->began_ms = at_ms;
    rate->said = rate->unsaid = 0;
}

static struct line_rate *rate_of(struct lines *lines, const char *event)
{
    unsigned i = 0;
    while (i < LINES_EVENTS - 1 && lines->rates[i].event != NULL &&
           strcmp(lines->rates[i].event, event) != 0)
        i++;
    return &lines->rates[i];
}

void lines_count(struct lines *lines, const char *event, enum diagnostic_level level,
                 uint64_t at_ms)
{
    struct line_rate *rate = rate_of(lines, event);
    if (is_over(rate, at_ms))
        settle(lines, rate, at_ms);
    rate->event = event;
    rate->level = level;
    rate->unsaid++;
    lines->holds_back = true;
}

static void pace(void *owner, const struct diagnostics_line *line)
{
    struct lines *lines = owner;
    const struct diagnostic *what = line->what;
    struct line_rate *rate = rate_of(lines, what->event);
    if (is_over(rate, line->at_ms))
        settle(lines, rate, line->at_ms);
    if (what->level < DIAGNOSTIC_ALARM && rate->said >= LINES_PER_SECOND) {
        lines_count(lines, what->event, what->level, line->at_ms);
        return;
    }
    rate->event = what->event;
    rate->said++;
    diagnostics_say(lines->out, line->at_ms, what);
}

void lines_init(struct lines *lines, const struct diagnostics *out)
{
    *lines = (struct lines){.paced = {.sink = pace, .out = lines}, .out = out};
}

void lines_settle(struct lines *lines, uint64_t at_ms, bool at_end)
{
    lines->holds_back = false;
    for (unsigned i = 0; i < LINES_EVENTS; i++) {
        if (at_end || is_over(&lines->rates[i], at_ms))
            settle(lines, &lines->rates[i], at_ms);
        lines->holds_back = lines->holds_back || lines->rates[i].unsaid > 0;
    }
}
