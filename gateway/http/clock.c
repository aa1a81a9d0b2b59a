#include "http/clock.h"

#include <time.h>

#include "base/instant.h"

static uint64_t read_clock(clockid_t clock)
{
    struct timespec t = {0};
    (void)clock_gettime(clock, &t);
    return (uint64_t)t.tv_sec * MS_PER_SECOND + (uint64_t)t.tv_nsec / 1000000;
}

uint64_t http_wall_ms(void)
{
    return read_clock(CLOCK_REALTIME);
}

uint64_t http_mono_ms(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

struct timeval time_of_ms(uint64_t ms)
{
    return (struct timeval){.tv_sec = (time_t)(ms / MS_PER_SECOND),
                            .tv_usec = (suseconds_t)(ms % MS_PER_SECOND * 1000)};
}
