#ifndef APP_DUTIES_H
#define APP_DUTIES_H

/*
 * What the main thread does again and again while others work. Duties are due at multiples of their
 * period from the beginning, so that they do not drift; one that comes late is done once, not once
 * for each time it was missed.
 */

#include "exchange/exchange.h"

struct duty {
    uint64_t every_ms; /* > 0 */
    void (*run)(void *owner, struct moment now);
    uint64_t due_ms; /* monotonic; set by duties_begin */
};

/** The first turn of each is due after its first period. */
void duties_begin(struct duty *duties, size_t count, uint64_t mono_ms);

/** Runs what is due. Milliseconds until the next is, at least 1. */
uint64_t duties_run(struct duty *duties, size_t count, void *owner, struct moment now);

#endif
