#include "app/timestamping_parts.h"

#include "base/instant.h"

#define RETRY_MS      (10 * MS_PER_SECOND)
#define RETRY_MAX_MS  (5 * MS_PER_MINUTE)
#define DOUBLINGS_MAX 5

bool timestamping_due(const struct timestamping_plan *p, uint64_t published, struct moment now)
{
    const bool is_old =
        p->size == 0 || (now.wall_ms > p->made_ms && now.wall_ms - p->made_ms >= p->every_ms);
    return published > p->size && now.mono_ms >= p->next_ms && (is_old || published > p->above);
}

void timestamping_done(struct timestamping_plan *p, uint64_t size, uint64_t made_ms)
{
    p->size = size;
    p->made_ms = made_ms;
    p->next_ms = 0;
    p->failures = 0;
    if (size > p->above)
        p->above = UINT64_MAX;
}

void timestamping_failed(struct timestamping_plan *p, uint64_t mono_ms)
{
    const unsigned doublings = p->failures < DOUBLINGS_MAX ? p->failures : DOUBLINGS_MAX;
    const uint64_t pause_ms = RETRY_MS << doublings;
    p->next_ms = mono_ms + (pause_ms < RETRY_MAX_MS ? pause_ms : RETRY_MAX_MS);
    p->failures++;
}
