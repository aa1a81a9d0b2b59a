#define SD_JOURNAL_SUPPRESS_LOCATION /* lines say what happened, not where in the source */

#include "app/sink.h"

#include <systemd/sd-journal.h>
#include <unistd.h>

#include "app/fields.h"

#define JOURNALD_SOCKET "/run/systemd/journal/socket"

void sink_journald(void *out, const struct diagnostics_line *line)
{
    struct fields f;
    fields_of(line, &f);
    if (sd_journal_sendv(f.at, f.count) < 0)
        sink_stderr(out, line); /* nothing is lost while journald is away */
}

/* Without its socket the library drops every line and calls that success. */
const char *sink_journald_missing(void)
{
    return access(JOURNALD_SOCKET, F_OK) == 0
               ? NULL
               : "journald does not run here (there is no " JOURNALD_SOCKET ")";
}
