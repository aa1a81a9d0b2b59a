#include "stop.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/encoding.h"

_Noreturn void stop(const char *sentence)
{
    fprintf(stderr, "bench: %s\n", sentence);
    exit(1);
}

uint64_t number_of(const char *text, uint64_t low, uint64_t high)
{
    uint64_t value = 0;
    if (text == NULL || !decimal_read(slice_text(text), high, &value) || value < low)
        stop("a number of the command line is missing or out of range");
    return value;
}

uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * NS_PER_SECOND + (uint64_t)t.tv_nsec;
}
