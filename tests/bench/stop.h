#ifndef BENCH_STOP_H
#define BENCH_STOP_H

/* How a bench's programs read their command line, and end where they cannot go on: one sentence on
 * stderr, exit code 1. */

#include <stdint.h>

_Noreturn void stop(const char *sentence);

/** A number of the command line in low..high; stops the program otherwise. */
uint64_t number_of(const char *text, uint64_t low, uint64_t high);

/** Nanoseconds of the monotonic clock. */
uint64_t now_ns(void);

#define NS_PER_SECOND 1000000000ULL
#define NS_PER_MS     1000000ULL

#endif
