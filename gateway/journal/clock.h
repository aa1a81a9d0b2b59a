#ifndef JOURNAL_CLOCK_H
#define JOURNAL_CLOCK_H

/* Deadlines of the journal's threads: monotonic, so that a clock that is set stops nobody. */

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/** Monotonic milliseconds. */
uint64_t clock_ms(void);

/** The moment in ms milliseconds, for a condition made by condition_make. */
struct timespec clock_in(unsigned ms);

/** A condition whose deadlines are monotonic; false when it cannot be made. */
bool condition_make(pthread_cond_t *condition);

#endif
