#include "exchange/snapshot.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "exchange/candidate.h"

/* A rulebook that several snapshots have. */
struct shared {
    atomic_uint references;
    struct rulebook *rulebook;
};

struct snapshot {
    atomic_uint references;
    struct shared *shared;
    struct rulebook *again; /* the shared one as its signatures hold by other lists; NULL: itself */
    struct objects *objects;
    struct revocations *revocations;
    struct candidate *candidate;
};

static struct snapshot *make(struct shared *shared, struct objects *objects)
{
    struct snapshot *s = malloc(sizeof *s);
    if (s == NULL)
        return NULL;
    atomic_init(&s->references, 1);
    s->shared = shared;
    s->again = NULL;
    s->objects = objects;
    s->revocations = NULL;
    s->candidate = NULL;
    return s;
}

struct snapshot *snapshot_new(struct rulebook *rulebook, struct objects *objects)
{
    struct shared *shared = malloc(sizeof *shared);
    struct snapshot *s = shared == NULL ? NULL : make(shared, objects);
    if (s == NULL) {
        free(shared);
        return NULL;
    }
    atomic_init(&shared->references, 1);
    shared->rulebook = rulebook;
    return s;
}

struct snapshot *snapshot_renew(const struct snapshot *of, struct objects *objects)
{
    struct snapshot *s = make(of->shared, objects);
    if (s == NULL)
        return NULL;
    atomic_fetch_add_explicit(&s->shared->references, 1, memory_order_relaxed);
    s->candidate = candidate_hold(of->candidate);
    return s;
}

void snapshot_revoke(struct snapshot *s, struct revocations *revocations)
{
    s->revocations = revocations;
}

void snapshot_endorse(struct snapshot *s, struct rulebook *again)
{
    s->again = again;
}

void snapshot_propose(struct snapshot *s, struct candidate *candidate)
{
    s->candidate = candidate;
}

struct snapshot *snapshot_hold(struct snapshot *s)
{
    atomic_fetch_add_explicit(&s->references, 1, memory_order_relaxed);
    return s;
}

static void shared_drop(struct shared *shared)
{
    if (atomic_fetch_sub_explicit(&shared->references, 1, memory_order_acq_rel) > 1)
        return;
    rulebook_free(shared->rulebook);
    free(shared);
}

void snapshot_drop(struct snapshot *s)
{
    if (s == NULL || atomic_fetch_sub_explicit(&s->references, 1, memory_order_acq_rel) > 1)
        return;
    rulebook_again_free(s->again);
    shared_drop(s->shared);
    objects_free(s->objects);
    revocations_free(s->revocations);
    candidate_drop(s->candidate);
    free(s);
}

const struct rulebook *snapshot_rulebook(const struct snapshot *s)
{
    return s->again == NULL ? s->shared->rulebook : s->again;
}

const struct revocations *snapshot_revoked(const struct snapshot *s)
{
    return s->revocations;
}

struct candidate *snapshot_candidate(const struct snapshot *s)
{
    return s->candidate;
}

const struct objects *snapshot_objects(const struct snapshot *s)
{
    return s->objects;
}
