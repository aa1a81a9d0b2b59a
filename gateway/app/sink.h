#ifndef APP_SINK_H
#define APP_SINK_H

/* Where comityd's diagnostics go: standard error as JSON lines, or the system's journal (journald)
 * as fields MESSAGE, PRIORITY and COMITY_*. */

#include "app/config.h"
#include "app/problems.h"
#include "exchange/diagnostics.h"

/** The sink of this kind, for a struct diagnostics without out. */
diagnostics_sink *sink_of(enum config_diagnostics kind);

/** Reports why this kind cannot be had on this machine or in this build. */
void sink_check(enum config_diagnostics kind, struct problems *problems);

/** The sinks. What journald does not take goes to standard error. */
diagnostics_sink sink_stderr, sink_journald;

/** Why there is no journald, in a sentence; NULL: there is. */
const char *sink_journald_missing(void);

#endif
