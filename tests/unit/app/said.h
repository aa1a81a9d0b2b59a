#ifndef APP_SAID_H
#define APP_SAID_H

/* Lines that are kept, so that a test can count them; alarms that say them. */

#include "app/watch.h"

#define SECOND 1000ULL
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

/** Diagnostics of XA-GW-01 that are kept here; nothing was said yet. For the whole program. */
const struct diagnostics *said_anew(void);

/** Alarms of which nothing was said yet; stops the program if there are none. */
struct alarms *said_begin(void);

/** How often the text was said since the last question, or the beginning. */
unsigned said_times(const char *text);

/** Whether the text was said since the last question, or the beginning; if not, prints what was. */
bool said_this(const char *text);

/** The lines said since the last question, or the beginning; they stay. */
unsigned said_lines(void);

/** So long after a fixed beginning. */
struct moment said_at(uint64_t mono_ms);

#endif
