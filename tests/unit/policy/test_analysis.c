/*
 * Laws made at random, small enough to try every message: what is proved of all messages is what
 * trying them one by one shows. The seed is printed; set COMITY_SEED to run one again.
 */

#include <stdio.h>
#include <time.h>

#include "policy/guarantee.h"
#include "policy/law_diff.h"
#include "policy/reach.h"
#include "support/chance.h"
#include "worlds.h"

#define AT_MS       1788766860000ULL /* 2026-09-07T07:41:00Z */
#define TRIED_MAX   8
#define ARENA_BYTES (64UL << 20)
#define ROUNDS      700
#define FEW_ROUNDS  120
#define DIFF_ROUNDS 200

/* The best and, of two laws, both directions, of every field over all messages. */
struct tried {
    const struct world_law *law, *other;
    unsigned best[TRIED_MAX];
    bool wider[TRIED_MAX], narrower[TRIED_MAX];
    bool broken;
};

static void try_world(void *context, const struct world *world)
{
    struct tried *tried = context;
    for (unsigned f = 0; f < world_field_count; f++) {
        const struct world_field *field = &world_fields[f];
        unsigned level = world_level(tried->law, world, field);
        tried->best[f] = level > tried->best[f] ? level : tried->best[f];
        if (level > world_bound(tried->law) && world_guarded(tried->law, world, field))
            tried->broken = true;
        if (tried->other == NULL)
            continue;
        unsigned other = world_level(tried->other, world, field);
        tried->wider[f] = tried->wider[f] || other > level;
        tried->narrower[f] = tried->narrower[f] || other < level;
    }
}

/* The State of a lane as the product is told it: one that no rule names has any other name. */
static struct slice code_told(const struct world *world, unsigned attribute)
{
    const struct world_attribute *a = &world_attributes[attribute];
    for (unsigned c = 0; c < a->count; c++)
        if (world->values[attribute].codes == 1U << c)
            return slice_text(a->codes[c][0] != '?'   ? a->codes[c]
                              : a->codes[c][1] == '1' ? "XY"
                                                      : "XZ");
    return (struct slice){NULL, 0};
}

static struct lane_scope lane_told(const struct rulebook *rulebook, const struct world *world)
{
    struct lane_scope lane = {.type = schema_type_at(rulebook->schema, 0), .at_ms = AT_MS};
    if (world == NULL)
        return lane;
    lane.from.state = code_told(world, SENDER_STATE);
    lane.from.role = code_told(world, SENDER_ROLE);
    lane.to.state = code_told(world, RECIPIENT_STATE);
    lane.to.role = code_told(world, RECIPIENT_ROLE);
    lane.purpose = code_told(world, PURPOSE);
    return lane;
}

static const struct reach_row *row_of(const struct reach *reach, const char *name)
{
    for (size_t i = 0; i < reach->count; i++)
        if (strcmp(reach->rows[i].name, name) == 0)
            return &reach->rows[i];
    return NULL;
}

static bool check_reach(const struct world_law *law, const struct rulebook *rulebook,
                        const unsigned used[WORLD_USED], const struct world *world)
{
    struct reach reach;
    struct tried tried = {.law = law};
    struct arena *arena = arena_new(ARENA_BYTES);
    const struct lane_scope lane = lane_told(rulebook, world);
    bool same = CHECK_OK(reach_of(arena, rulebook, &lane, &reach));
    world_each(used, world, try_world, &tried);
    for (unsigned f = 0; same && f < world_field_count; f++) {
        const struct reach_row *row = row_of(&reach, world_fields[f].name);
        same = CHECK(row != NULL) && CHECK_U64(row->grade, tried.best[f]) &&
               CHECK(row->answer == (tried.best[f] > 0 ? REACH_CAN : REACH_NEVER));
        if (same && row->answer == REACH_CAN)
            same = CHECK(row->rule != NULL && row->rule->kind == RULE_PERMIT) &&
                   CHECK(row->example != NULL);
        if (!same)
            printf("\n%s: %s\n", world_fields[f].name, row == NULL ? "" : row->example);
    }
    if (!same)
        world_law_tell(law);
    arena_free(arena);
    return same;
}

static void best_levels_are_those_of_trying_every_message_of_a_lane(void)
{
    chance_begin((unsigned)time(NULL));
    for (unsigned i = 0, same = 1; i < ROUNDS && same; i++) {
        unsigned used[WORLD_USED];
        struct arena *arena = arena_new(ARENA_BYTES);
        world_used_random(used, false);
        struct world_law law = world_law_random(arena, used);
        struct rulebook *rulebook = world_rulebook(&law);
        struct world lane = world_lane_random();
        same = check_reach(&law, rulebook, used, &lane);
        rulebook_free(rulebook);
        arena_free(arena);
    }
}

static bool check_guarantee(const struct world_law *law, const struct rulebook *rulebook,
                            const unsigned used[WORLD_USED])
{
    struct guarantee_result *results;
    struct tried tried = {.law = law};
    struct arena *arena = arena_new(ARENA_BYTES);
    bool same = CHECK_OK(guarantees_check(arena, rulebook, AT_MS, &results));
    world_each(used, NULL, try_world, &tried);
    same =
        same && CHECK_U64(results[0].answer, tried.broken ? GUARANTEE_VIOLATED : GUARANTEE_HOLDS);
    if (same && tried.broken)
        same = CHECK(results[0].example != NULL && results[0].rule != NULL) &&
               CHECK(guarantees_broken(results, 1) == results);
    if (!same)
        world_law_tell(law);
    arena_free(arena);
    return same;
}

static void guarantees_hold_where_no_message_of_any_lane_breaks_them(void)
{
    chance_begin((unsigned)time(NULL));
    for (unsigned i = 0, same = 1; i < FEW_ROUNDS && same; i++) {
        unsigned used[WORLD_USED];
        struct arena *arena = arena_new(ARENA_BYTES);
        world_used_random(used, true);
        struct world_law law = world_law_random(arena, used);
        struct rulebook *rulebook = world_rulebook(&law);
        same = check_guarantee(&law, rulebook, used) && check_reach(&law, rulebook, used, NULL);
        rulebook_free(rulebook);
        arena_free(arena);
    }
}

#define STATES     2
#define ROLES      2
#define PURPOSES   2
#define DIFF_LANES (STATES * ROLES * STATES * ROLES * PURPOSES)

/* By lane and field: how the law changes; of lanes that have no parties nothing is told. */
struct told {
    enum law_change changes[DIFF_LANES][TRIED_MAX];
    bool told[DIFF_LANES][TRIED_MAX];
    bool wrong;
};

static size_t end_of(struct slice state, struct slice role)
{
    return (slice_is(state, "XB") ? 2U : 0U) + (slice_is(role, "JUD") ? 1U : 0U);
}

static void note_difference(void *context, const struct law_difference *d)
{
    struct told *told = context;
    size_t lane = (end_of(d->from->pattern.state, d->from->pattern.role) * 4 +
                   end_of(d->to->pattern.state, d->to->pattern.role)) *
                      PURPOSES +
                  slice_is(d->purpose, "FAMILY");
    bool wider = d->change == CHANGE_WIDER || d->change == CHANGE_INCOMPARABLE;
    bool narrower = d->change == CHANGE_NARROWER || d->change == CHANGE_INCOMPARABLE;
    told->wrong = told->wrong || (d->wider != NULL) != wider || (d->narrower != NULL) != narrower;
    for (size_t i = 0; i < d->field_count; i++)
        for (unsigned f = 0; f < world_field_count; f++)
            if (d->fields[i]->field != NULL &&
                slice_is(d->fields[i]->field->name, world_fields[f].name)) {
                told->wrong = told->wrong || told->told[lane][f];
                told->told[lane][f] = true;
                told->changes[lane][f] = d->change;
            }
}

static struct world lane_numbered(size_t lane)
{
    struct world world = {0};
    world.values[PURPOSE].codes = 1U << lane % PURPOSES;
    world.values[RECIPIENT_ROLE].codes = 1U << lane / PURPOSES % 2;
    world.values[RECIPIENT_STATE].codes = 1U << lane / PURPOSES / 2 % 2;
    world.values[SENDER_ROLE].codes = 1U << lane / PURPOSES / 4 % 2;
    world.values[SENDER_STATE].codes = 1U << lane / PURPOSES / 8 % 2;
    return world;
}

/* There is no party XB.JUD. */
static bool has_parties(size_t lane)
{
    return lane / PURPOSES / 4 % 4 != 3 && lane / PURPOSES % 4 != 3;
}

static bool check_lane(const struct told *told, const struct tried *tried, size_t lane)
{
    bool same = true;
    for (unsigned f = 0; f < world_field_count && same; f++) {
        bool wider = tried->wider[f], narrower = tried->narrower[f];
        enum law_change change = wider && narrower ? CHANGE_INCOMPARABLE
                                 : wider           ? CHANGE_WIDER
                                                   : CHANGE_NARROWER;
        same = CHECK_U64(told->told[lane][f], wider || narrower) &&
               (!told->told[lane][f] || CHECK_U64(told->changes[lane][f], change));
    }
    return same;
}

static bool check_difference(const struct world_law *before, const struct world_law *after,
                             const unsigned used[WORLD_USED])
{
    struct told told = {0};
    struct rulebook *old_rulebook = world_rulebook(before), *new_rulebook = world_rulebook(after);
    struct arena *arena = arena_new(ARENA_BYTES);
    bool same =
        CHECK_OK(law_diff(arena, old_rulebook, new_rulebook, AT_MS, note_difference, &told));
    same = same && CHECK(!told.wrong);
    for (size_t lane = 0; lane < DIFF_LANES && same; lane++) {
        struct world world = lane_numbered(lane);
        struct tried tried = {.law = before, .other = after};
        if (!has_parties(lane))
            continue;
        world_each(used, &world, try_world, &tried);
        same = check_lane(&told, &tried, lane);
    }
    if (!same) {
        world_law_tell(before);
        world_law_tell(after);
    }
    arena_free(arena);
    rulebook_free(old_rulebook);
    rulebook_free(new_rulebook);
    return same;
}

static void differences_are_those_of_trying_every_message_under_both_laws(void)
{
    chance_begin((unsigned)time(NULL));
    for (unsigned i = 0, same = 1; i < DIFF_ROUNDS && same; i++) {
        unsigned used[WORLD_USED];
        struct arena *arena = arena_new(ARENA_BYTES);
        world_used_random(used, true);
        struct world_law before = world_law_random(arena, used);
        struct world_law after = world_law_random(arena, used);
        if (i % 3 == 0) { /* laws are mostly changed a little */
            after = before;
            after.count = before.count - (before.count > 1);
        }
        same = check_difference(&before, &after, used);
        arena_free(arena);
    }
}

TESTS(policy_analysis,
      {"best levels are those of trying every message of a lane",
       best_levels_are_those_of_trying_every_message_of_a_lane},
      {"guarantees hold where no message of any lane breaks them",
       guarantees_hold_where_no_message_of_any_lane_breaks_them},
      {"differences are those of trying every message under both laws",
       differences_are_those_of_trying_every_message_under_both_laws})
