#include "app/duties.h"

void duties_begin(struct duty *duties, size_t count, uint64_t mono_ms)
{
    for (size_t i = 0; i < count; i++)
        duties[i].due_ms = mono_ms + duties[i].every_ms;
}

uint64_t duties_run(struct duty *duties, size_t count, void *owner, struct moment now)
{
    uint64_t next_ms = UINT64_MAX;
    for (size_t i = 0; i < count; i++) {
        struct duty *d = &duties[i];
        if (now.mono_ms >= d->due_ms) {
            uint64_t missed = (now.mono_ms - d->due_ms) / d->every_ms;
            d->due_ms += (missed + 1) * d->every_ms;
            d->run(owner, now);
        }
        if (d->due_ms < next_ms)
            next_ms = d->due_ms;
    }
    return next_ms - now.mono_ms;
}
