#include "app/sink.h"

#include <unistd.h>

#define LINE_BYTES 4096

/* One write per line: lines of several threads do not mix. */
void sink_stderr(void *out, const struct diagnostics_line *line)
{
    (void)out;
    struct buffer b = buffer_new(LINE_BYTES);
    diagnostics_json(line, &b);
    if (!b.failed) {
        ssize_t written = write(STDERR_FILENO, b.at, b.length);
        (void)written;
    }
    buffer_done(&b);
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
