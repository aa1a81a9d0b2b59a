#ifndef HTTP_CLOCK_H
#define HTTP_CLOCK_H

/* Inside of http/: the two clocks. */

#include <stdint.h>
#include <sys/time.h>

/** Unix milliseconds. */
uint64_t http_wall_ms(void);

/** Monotonic milliseconds. */
uint64_t http_mono_ms(void);

/** As libevent takes durations. */
struct timeval time_of_ms(uint64_t ms);

#endif
