#include "exchange/snapshot.h"

#include <stdatomic.h>
#include <stdlib.h>

struct snapshot {
    atomic_uint references;
    struct rulebook *rulebook;
};

struct snapshot *snapshot_new(struct rulebook *rulebook)
{
    struct snapshot *s = malloc(sizeof *s);
    if (s == NULL)
        return NULL;
    atomic_init(&s->references, 1);
    s->rulebook = rulebook;
    return s;
}

struct snapshot *snapshot_hold(struct snapshot *s)
{
    atomic_fetch_add_explicit(&s->references, 1, memory_order_relaxed);
    return s;
}

void snapshot_drop(struct snapshot *s)
{
    if (s == NULL || atomic_fetch_sub_explicit(&s->references, 1, memory_order_acq_rel) > 1)
        return;
    rulebook_free(s->rulebook);
    free(s);
}

const struct rulebook *snapshot_rulebook(const struct snapshot *s)
{
    return s->rulebook;
}
