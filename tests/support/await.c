#include "support/await.h"

#include <time.h>

#define LOOKS_PER_SECOND 500

bool await(bool (*holds)(void *owner), void *owner)
{
    static const struct timespec step = {.tv_nsec = 1000000000 / LOOKS_PER_SECOND};
    for (unsigned looks = 0; looks < AWAIT_SECONDS * LOOKS_PER_SECOND; looks++) {
        if (holds(owner))
            return true;
        (void)clock_nanosleep(CLOCK_MONOTONIC, 0, &step, NULL);
    }
    return holds(owner);
}
