#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "drawn.h"
#include "fixture.h"
#include "policy/coverage.h"
#include "policy/explain.h"
#include "policy/lanes.h"
#include "policy/weigh.h"

#define THREADS 4
#define PARTIES 40
#define STATES  (26 * 26)
#define MANY    (2 * STATES)
#define DAY_MS  86400000ULL
#define RULES                                                                                      \
    "permit \"p\" fields * when recipient.state is XB\n"                                           \
    "  basis \"b\"\n"

/* A message that is judged once and asked about for many recipients. */
struct asked {
    struct rulebook *rulebook;
    struct composed *composed;
    const struct document *document;
};

static struct asked asked_of(const char *rules)
{
    struct asked a = {.composed = drawn_message()};
    struct drawn_rules texts = {.count = 1};
    struct slice path;
    snprintf(texts.at[0], sizeof texts.at[0], "%s", rules);
    a.rulebook = drawn_rulebook(&texts);
    CHECK_OK(document_judge(a.composed->arena, a.composed->type, &a.composed->facts,
                            a.composed->leaves, a.composed->count, &a.document, &path));
    return a;
}

static void asked_free(struct asked *a)
{
    drawn_free(a->rulebook);
    composed_free(a->composed);
}

/* How many fields of a sender's message are in clear for a recipient at a time. */
static size_t in_clear_from(const struct asked *a, const char *from, const char *to, uint64_t at_ms)
{
    struct arena *arena = arena_new(1UL << 22);
    struct claims claims = a->composed->claims;
    struct facts facts;
    struct weighing w;
    size_t clear = 0;
    claims.from = slice_text(from);
    claims.to = slice_text(to);
    const struct question q = {
        .rulebook = a->rulebook, .claims = &claims, .document = a->document, .at_ms = at_ms};
    if (failed(facts_gather(arena, &q, false, &facts)) || failed(weighing_start(&facts, &w))) {
        arena_free(arena);
        return SIZE_MAX;
    }
    for (size_t i = 0; i < a->document->count; i++) {
        struct tally tally = weigh_item(&w, &a->document->items[i]);
        clear += tally_verdict(&tally, a->document->items[i].category).level == LEVEL_CLEAR;
    }
    weighing_end(&w);
    arena_free(arena);
    return clear;
}

static size_t in_clear(const struct asked *a, const char *to, uint64_t at_ms)
{
    return in_clear_from(a, "XA-CA-01", to, at_ms);
}

static const char *party(unsigned number, char text[static 16])
{
    snprintf(text, 16, "%c%c-CA-01", (int)('A' + number / 26 % 26), (int)('A' + number % 26));
    return text;
}

static size_t kept(const struct asked *a)
{
    return lanes_count(a->rulebook->law->engine->lanes);
}

static void parties_that_no_rule_tells_apart_share_a_lane(void)
{
    struct asked a = asked_of("permit \"p\" to XC.CA, XA-JUD-01 fields * basis \"b\"\n");
    size_t all = a.document->count;
    CHECK_U64(in_clear(&a, "XC-CA-01", IN_FORCE), all);
    CHECK_U64(in_clear(&a, "XC-CA-02", IN_FORCE), all);
    CHECK_U64(kept(&a), 1);
    CHECK_U64(in_clear(&a, "XB-CA-01", IN_FORCE), 0);
    CHECK_U64(in_clear(&a, "XA-JUD-02", IN_FORCE), 0);
    CHECK_U64(kept(&a), 3);
    asked_free(&a);
    a = asked_of("permit \"p\" to XC-CA-01 fields * basis \"b\"\n");
    CHECK_U64(in_clear(&a, "XC-CA-01", IN_FORCE), a.document->count);
    CHECK_U64(in_clear(&a, "XC-CA-02", IN_FORCE), 0);
    CHECK_U64(in_clear(&a, "XC-CA-03", IN_FORCE), 0);
    CHECK_U64(kept(&a), 2);
    asked_free(&a);
}

static void senders_and_purposes_have_lanes_of_their_own(void)
{
    struct asked a = asked_of("permit \"p\" from XA.CA purpose EVIDENCE fields * basis \"b\"\n");
    CHECK_U64(in_clear_from(&a, "XA-CA-01", "XC-CA-01", IN_FORCE), a.document->count);
    CHECK_U64(in_clear_from(&a, "XB-CA-01", "XC-CA-01", IN_FORCE), 0);
    CHECK_U64(in_clear_from(&a, "XA-JUD-01", "XC-CA-01", IN_FORCE), 0);
    a.composed->claims.purpose = slice_text("PROSECUTION");
    CHECK_U64(in_clear_from(&a, "XA-CA-01", "XC-CA-01", IN_FORCE), 0);
    CHECK_U64(kept(&a), 4);
    asked_free(&a);
}

static void a_lane_ends_where_a_policy_does(void)
{
    struct asked a = asked_of("permit \"p\" fields * basis \"b\"\nend\n"
                              "policy \"until\" version 1 authority \"a\" basis \"b\"\n"
                              "in force 2026-09-01 until 2026-09-07\n"
                              "forbid \"f\" fields * basis \"b\"\n");
    size_t all = a.document->count;
    CHECK_U64(in_clear(&a, "XC-CA-01", IN_FORCE), 0);
    CHECK_U64(in_clear(&a, "XC-CA-01", IN_FORCE + DAY_MS), all);
    CHECK_U64(in_clear(&a, "XC-CA-01", IN_FORCE - 7 * DAY_MS), all);
    CHECK_U64(in_clear(&a, "XC-CA-01", IN_FORCE - DAY_MS), 0);
    CHECK_U64(in_clear(&a, "XC-CA-01", IN_FORCE - 300 * DAY_MS), 0);
    CHECK_U64(kept(&a), 4);
    asked_free(&a);
}

/* More of them than lanes are kept: two roles of each State. */
static const char *one_of_many(unsigned number, char text[static 16])
{
    party(number, text);
    text[3] = number % MANY < STATES ? 'C' : 'J';
    return text;
}

static size_t wanted_of(const struct asked *a, const char *to)
{
    return strncmp(to, "XB", 2) == 0 ? a->document->count : 0;
}

/* The lane of a recipient, to be given back; the arena must last as long. */
static const struct lane *take(const struct asked *a, struct arena *arena, const char *to)
{
    struct claims claims = a->composed->claims;
    struct facts facts;
    claims.to = slice_text(to);
    const struct question q = {
        .rulebook = a->rulebook, .claims = &claims, .document = a->document, .at_ms = IN_FORCE};
    return CHECK_OK(facts_gather(arena, &q, false, &facts)) ? lanes_take(&facts) : NULL;
}

/* Whether the recipient's lane is this one, which was found before. */
static bool is_still(const struct asked *a, struct arena *arena, const char *to,
                     const struct lane *before)
{
    const struct lane *lane = take(a, arena, to);
    lanes_give_back(a->rulebook->law->engine->lanes, lane);
    return lane != NULL && lane == before;
}

static void past_the_limit_the_lane_that_was_longest_unused_makes_room(void)
{
    struct asked a = asked_of(RULES);
    struct lanes *lanes = a.rulebook->law->engine->lanes;
    struct arena *arena = arena_new(1UL << 26);
    const struct lane *held = take(&a, arena, "XB-CA-01"), *often = take(&a, arena, "XC-CA-01");
    const struct lane *last = NULL;
    char text[16];
    bool well = true;
    lanes_give_back(lanes, often);
    for (unsigned i = 0; i < MANY && well; i++) {
        last = take(&a, arena, one_of_many(i, text));
        lanes_give_back(lanes, last);
        well = CHECK(is_still(&a, arena, text, last)) &&
               CHECK(is_still(&a, arena, "XC-CA-01", often)) &&
               CHECK(lanes_count(lanes) <= LANES_MAX);
    }
    CHECK_U64(lanes_count(lanes), LANES_MAX);
    CHECK(lanes_bytes(lanes) > 0 && lanes_bytes(lanes) <= LANES_MAX_BYTES);
    CHECK(is_still(&a, arena, "XB-CA-01", held));
    lanes_give_back(lanes, held);
    arena_free(arena);
    asked_free(&a);
}

/* What all threads hold at once stays, one lane more than there is room for. */
static void what_is_held_stays_past_the_limit(void)
{
    struct asked a = asked_of(RULES);
    struct lanes *lanes = a.rulebook->law->engine->lanes;
    struct arena *arena = arena_new(1UL << 26);
    const struct lane *held[LANES_MAX + 1];
    char text[16];
    for (unsigned i = 0; i <= LANES_MAX; i++)
        held[i] = take(&a, arena, one_of_many(i, text));
    CHECK_U64(lanes_count(lanes), LANES_MAX + 1);
    for (unsigned i = 0; i <= LANES_MAX; i++)
        lanes_give_back(lanes, held[i]);
    lanes_give_back(lanes, take(&a, arena, one_of_many(LANES_MAX + 1, text)));
    CHECK_U64(lanes_count(lanes), LANES_MAX);
    CHECK(is_still(&a, arena, text, take(&a, arena, text)));
    arena_free(arena);
    asked_free(&a);
}

static void decisions_and_explanations_give_their_lanes_back(void)
{
    struct asked a = asked_of(RULES);
    struct claims claims = a.composed->claims;
    char text[16];
    for (unsigned i = 0; i < MANY; i++) {
        struct arena *arena = arena_new(1UL << 22);
        const struct decision *decision = NULL;
        const struct explanation *explanation = NULL;
        struct coverage coverage;
        claims.to = slice_text(one_of_many(i, text));
        const struct question q = {
            .rulebook = a.rulebook, .claims = &claims, .document = a.document, .at_ms = IN_FORCE};
        if (i % 3 == 0)
            CHECK_OK(policy_decide(arena, &q, &decision));
        else if (i % 3 == 1)
            CHECK_OK(policy_explain(arena, &q, 0, &explanation));
        else if (CHECK_OK(coverage_new(arena, a.rulebook->law, &coverage)))
            CHECK_OK(coverage_add(&coverage, &q));
        arena_free(arena);
    }
    CHECK_U64(kept(&a), LANES_MAX);
    asked_free(&a);
}

struct runner {
    const struct asked *asked;
    pthread_t thread;
    unsigned first, count; /* of the recipients */
    size_t wrong;
};

static void *run(void *of)
{
    struct runner *r = of;
    char text[16];
    for (unsigned i = 0; i < r->count; i++) {
        one_of_many(r->first + i, text);
        r->wrong += in_clear(r->asked, text, IN_FORCE) != wanted_of(r->asked, text);
    }
    return NULL;
}

static void run_threads(const struct asked *a, unsigned apart, unsigned count)
{
    struct runner runners[THREADS];
    for (unsigned i = 0; i < THREADS; i++) {
        runners[i] = (struct runner){.asked = a, .first = i * apart, .count = count};
        CHECK(pthread_create(&runners[i].thread, NULL, run, &runners[i]) == 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        CHECK(pthread_join(runners[i].thread, NULL) == 0);
        CHECK_U64(runners[i].wrong, 0);
    }
}

static void threads_find_the_same_lanes(void)
{
    struct asked a = asked_of(RULES);
    run_threads(&a, 0, PARTIES);
    run_threads(&a, 0, PARTIES);
    CHECK_U64(kept(&a), PARTIES);
    asked_free(&a);
}

/* Each thread walks over all recipients, a quarter ahead of the next. */
static void threads_replace_each_others_lanes(void)
{
    struct asked a = asked_of(RULES);
    run_threads(&a, MANY / THREADS, MANY);
    CHECK(kept(&a) >= LANES_MAX && kept(&a) <= LANES_MAX + THREADS);
    asked_free(&a);
    drawn_end();
}

TESTS(policy_lanes,
      {"parties that no rule tells apart share a lane",
       &parties_that_no_rule_tells_apart_share_a_lane},
      {"senders and purposes have lanes of their own",
       &senders_and_purposes_have_lanes_of_their_own},
      {"a lane ends where a policy does", &a_lane_ends_where_a_policy_does},
      {"past the limit the lane that was longest unused makes room",
       &past_the_limit_the_lane_that_was_longest_unused_makes_room},
      {"what is held stays past the limit", &what_is_held_stays_past_the_limit},
      {"decisions and explanations give their lanes back",
       &decisions_and_explanations_give_their_lanes_back},
      {"threads find the same lanes", &threads_find_the_same_lanes},
      {"threads replace each other's lanes", &threads_replace_each_others_lanes})
