#ifndef APP_SAID_H
#define APP_SAID_H

/* Alarms whose lines are kept, so that a test can count them. */

#include "app/watch.h"

#define SECOND 1000ULL
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

/** Alarms of which nothing was said yet; stops the program if there are none. */
struct alarms *said_begin(void);

/** How often the text was said since the last question, or the beginning. */
unsigned said_times(const char *text);

/** So long after a fixed beginning. */
struct moment said_at(uint64_t mono_ms);

#endif
