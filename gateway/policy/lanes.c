#include "policy/lanes.h"

#include <pthread.h>
#include <stdlib.h>

#include "policy/facts.h"

#define BUCKETS (2UL * LANES_MAX) /* a power of two */

/* A lane that is kept; all but the arena and the lane is guarded by the lock. */
struct kept_lane {
    struct arena *arena;
    struct lane *lane;
    size_t users;
    struct kept_lane *next; /* of the same bucket */
    struct kept_lane *newer, *older;
};

struct lanes {
    pthread_mutex_t lock; /* never held while a lane is built or freed */
    size_t count, bytes;
    struct kept_lane *newest, *oldest; /* by their last use */
    struct kept_lane *buckets[BUCKETS];
};

struct status lanes_new(struct lanes **ret_lanes)
{
    struct lanes *lanes = calloc(1, sizeof *lanes);
    if (lanes == NULL || pthread_mutex_init(&lanes->lock, NULL) != 0) {
        free(lanes);
        return FAIL(MEMORY);
    }
    *ret_lanes = lanes;
    return OK;
}

/* Frees a row of lanes that nobody finds any more. */
static void drop(struct kept_lane *kept)
{
    while (kept != NULL) {
        struct kept_lane *older = kept->older;
        arena_free(kept->arena);
        kept = older;
    }
}

void lanes_free(struct lanes *lanes)
{
    if (lanes == NULL)
        return;
    drop(lanes->newest);
    pthread_mutex_destroy(&lanes->lock);
    free(lanes);
}

static size_t read_locked(struct lanes *lanes, const size_t *number)
{
    pthread_mutex_lock(&lanes->lock);
    size_t read = *number;
    pthread_mutex_unlock(&lanes->lock);
    return read;
}

size_t lanes_count(struct lanes *lanes)
{
    return read_locked(lanes, &lanes->count);
}

size_t lanes_bytes(struct lanes *lanes)
{
    return read_locked(lanes, &lanes->bytes);
}

static bool same_key(const struct lane_key *a, const struct lane_key *b)
{
    return a->hash == b->hash && a->type == b->type && slice_equal(a->from, b->from) &&
           slice_equal(a->from_state, b->from_state) && slice_equal(a->from_role, b->from_role) &&
           slice_equal(a->to, b->to) && slice_equal(a->to_state, b->to_state) &&
           slice_equal(a->to_role, b->to_role) && slice_equal(a->purpose, b->purpose) &&
           slice_equal(a->type_name, b->type_name);
}

static bool is_lane(const struct lane *lane, const struct lane_key *key, uint64_t at_ms)
{
    return at_ms >= lane->from_ms && at_ms < lane->until_ms && same_key(&lane->key, key);
}

static struct kept_lane **bucket_of(struct lanes *lanes, const struct lane_key *key)
{
    return &lanes->buckets[key->hash & (BUCKETS - 1)];
}

static void unlink_use(struct lanes *lanes, struct kept_lane *kept)
{
    *(kept->newer == NULL ? &lanes->newest : &kept->newer->older) = kept->older;
    *(kept->older == NULL ? &lanes->oldest : &kept->older->newer) = kept->newer;
}

static void link_newest(struct lanes *lanes, struct kept_lane *kept)
{
    kept->newer = NULL;
    kept->older = lanes->newest;
    *(lanes->newest == NULL ? &lanes->oldest : &lanes->newest->newer) = kept;
    lanes->newest = kept;
}

/* The lane, in use; NULL if it is not there. */
static struct kept_lane *use(struct lanes *lanes, const struct lane_key *key, uint64_t at_ms)
{
    struct kept_lane *kept = *bucket_of(lanes, key);
    while (kept != NULL && !is_lane(kept->lane, key, at_ms))
        kept = kept->next;
    if (kept == NULL)
        return NULL;
    kept->users++;
    if (kept != lanes->newest) {
        unlink_use(lanes, kept);
        link_newest(lanes, kept);
    }
    return kept;
}

static void remove_lane(struct lanes *lanes, struct kept_lane *kept)
{
    struct kept_lane **at = bucket_of(lanes, &kept->lane->key);
    while (*at != kept)
        at = &(*at)->next;
    *at = kept->next;
    unlink_use(lanes, kept);
    lanes->count--;
    lanes->bytes -= arena_used(kept->arena);
}

/* Takes out what is too much and not in use, the longest unused first; to be dropped. */
static struct kept_lane *make_room(struct lanes *lanes)
{
    struct kept_lane *out = NULL, *newer;
    for (struct kept_lane *kept = lanes->oldest;
         kept != NULL && (lanes->count > LANES_MAX || lanes->bytes > LANES_MAX_BYTES);
         kept = newer) {
        newer = kept->newer;
        if (kept->users > 0)
            continue;
        remove_lane(lanes, kept);
        kept->older = out;
        out = kept;
    }
    return out;
}

static void add(struct lanes *lanes, struct kept_lane *kept)
{
    struct kept_lane **bucket = bucket_of(lanes, &kept->lane->key);
    kept->next = *bucket;
    *bucket = kept;
    kept->users = 1;
    link_newest(lanes, kept);
    lanes->count++;
    lanes->bytes += arena_used(kept->arena);
}

/* A lane of its own arena; NULL if memory is out. */
static struct kept_lane *build(const struct lane_key *key, struct facts *facts)
{
    struct arena *arena = arena_new(LANE_MAX_BYTES);
    struct kept_lane *kept = arena == NULL ? NULL : arena_alloc(arena, sizeof *kept);
    struct lane *lane = kept == NULL ? NULL : lane_build(arena, key, facts);
    if (lane == NULL) {
        arena_free(arena);
        return NULL;
    }
    *kept = (struct kept_lane){.arena = arena, .lane = lane};
    lane->kept = kept;
    return kept;
}

/* Puts a lane where others find it; gives theirs if they were first. */
static const struct lane *publish(struct lanes *lanes, struct kept_lane *built, uint64_t at_ms)
{
    struct kept_lane *out = built;
    pthread_mutex_lock(&lanes->lock);
    struct kept_lane *kept = use(lanes, &built->lane->key, at_ms);
    if (kept == NULL) {
        kept = built;
        add(lanes, built);
        out = make_room(lanes);
    }
    pthread_mutex_unlock(&lanes->lock);
    drop(out);
    return kept->lane;
}

/* A type of another rulebook may be gone before the law is. */
static bool is_lasting(const struct engine *engine, const struct type_plan *type)
{
    return engine->type_count > 0 && type >= engine->types &&
           type < engine->types + engine->type_count;
}

const struct lane *lanes_take(struct facts *facts)
{
    const struct engine *engine = facts->question->rulebook->law->engine;
    struct lanes *lanes = engine->lanes;
    struct lane_key key = lane_key_of(facts);
    uint64_t at_ms = facts->question->at_ms;
    if (!is_lasting(engine, facts->type))
        return lane_build(facts->arena, &key, facts);
    pthread_mutex_lock(&lanes->lock);
    struct kept_lane *kept = use(lanes, &key, at_ms);
    pthread_mutex_unlock(&lanes->lock);
    if (kept != NULL)
        return kept->lane;
    struct kept_lane *built = build(&key, facts);
    return built == NULL ? NULL : publish(lanes, built, at_ms);
}

void lanes_give_back(struct lanes *lanes, const struct lane *lane)
{
    if (lane == NULL || lane->kept == NULL)
        return;
    pthread_mutex_lock(&lanes->lock);
    lane->kept->users--;
    pthread_mutex_unlock(&lanes->lock);
}
