#include "app/sink.h"

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#define LINE_BYTES 4096 /* no more than a pipe takes in one piece */

static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
static uint64_t lost; /* lines since the last one that could be written; with the mutex held */

/* Whether a whole line can be written without waiting. */
static bool has_room(void)
{
    struct pollfd out = {.fd = STDERR_FILENO, .events = POLLOUT};
    return poll(&out, 1, 0) == 1;
}

/* One write per line: lines of several processes do not mix. */
static bool put(const struct diagnostics_line *line)
{
    struct buffer b = buffer_new(LINE_BYTES);
    diagnostics_json(line, &b);
    bool there =
        !b.failed && has_room() && write(STDERR_FILENO, b.at, b.length) == (ssize_t)b.length;
    buffer_done(&b);
    return there;
}

static bool put_lost(const struct diagnostics_line *after)
{
    char text[64];
    const struct diagnostic what = {
        .event = "diagnostics.lost", .level = DIAGNOSTIC_WARNING, .text = text};
    const struct diagnostics_line line = {&what, after->at_ms, after->gateway};
    snprintf(text, sizeof text, "%llu lines could not be written", (unsigned long long)lost);
    return put(&line);
}

/* Nobody works on while a line is written: where whoever reads them is stuck, lines are lost and
 * counted, for the gateway must not be stuck with it. */
void sink_stderr(void *out, const struct diagnostics_line *line)
{
    (void)out;
    pthread_mutex_lock(&turn);
    if (lost > 0 && put_lost(line))
        lost = 0;
    lost += lost > 0 || !put(line);
    pthread_mutex_unlock(&turn);
}

diagnostics_sink *sink_of(enum config_diagnostics kind)
{
    return kind == CONFIG_DIAGNOSTICS_JOURNALD ? sink_journald : sink_stderr;
}

void sink_check(enum config_diagnostics kind, struct problems *problems)
{
    const char *missing = kind == CONFIG_DIAGNOSTICS_JOURNALD ? sink_journald_missing() : NULL;
    if (missing != NULL)
        problem_say(problems, "diagnostics: %s", missing);
}
