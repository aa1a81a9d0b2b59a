#include "app/sink.h"

/* For builds without libsystemd: the configuration check lets nobody come here. */
void sink_journald(void *out, const struct diagnostics_line *line)
{
    sink_stderr(out, line);
}

const char *sink_journald_missing(void)
{
    return "this comityd was built without journald (libsystemd)";
}
