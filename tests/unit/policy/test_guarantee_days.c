/* A guarantee is proved for today and for every later day on which the law lets more through. */

#include "fixture.h"

#include <stdio.h>

#include "policy/guarantee.h"

#define ARENA_BYTES (256UL << 20)
#define TEXT_BYTES  1500
#define JULY_2027   1814400000000ULL /* 2027-07-01T00:00:00Z */

/* Each part of the law with the days between which it is in force; NULL: there is none. */
struct parts {
    const char *permit, *forbid, *guarantee;
};

#define ALWAYS       "2026-01-01 until 2030-12-31"
#define UNTIL_JULY   "2026-01-01 until 2027-06-30"
#define FROM_JULY    "2027-07-01 until 2030-12-31"
#define UNTIL_AUGUST "2026-01-01 until 2026-08-31" /* over before it is looked at */

static void add_policy(char *text, const char *days, const char *rule)
{
    size_t length = strlen(text);
    if (days != NULL)
        snprintf(text + length, TEXT_BYTES - length,
                 "policy \"%zu\" version 1 authority \"a\" basis \"b\"\nin force %s\n%s\nend\n",
                 length, days, rule);
}

static void prove(const struct parts *parts, uint64_t broken_ms)
{
    struct guarantee_result *results;
    struct rulebook *r = NULL;
    struct text_error error = {.message = ""};
    struct arena *arena = arena_new(ARENA_BYTES);
    char text[TEXT_BYTES] = "";
    add_policy(text, parts->permit, "permit \"p\" fields tag.health basis \"b\"");
    add_policy(text, parts->forbid, "forbid \"f\" to *.POL fields tag.health basis \"b\"");
    add_policy(text, parts->guarantee,
               "guarantee \"g\" never to *.POL fields tag.health basis \"b\"");
    if (CHECK_OK(rulebook_with(text, &r, &error)) &&
        CHECK_OK(guarantees_check(arena, r, IN_FORCE, &results)) &&
        CHECK_U64(r->law->guarantee_count, 1)) {
        CHECK_U64(results[0].answer, broken_ms == 0 ? GUARANTEE_HOLDS : GUARANTEE_VIOLATED);
        CHECK_U64(results[0].at_ms, broken_ms);
    }
    rulebook_free(r);
    arena_free(arena);
}

static void a_permit_that_begins_later_breaks_a_guarantee_on_that_day(void)
{
    prove(&(struct parts){FROM_JULY, NULL, ALWAYS}, JULY_2027);
    prove(&(struct parts){ALWAYS, NULL, ALWAYS}, IN_FORCE);
    prove(&(struct parts){FROM_JULY, ALWAYS, ALWAYS}, 0);
}

static void a_restriction_that_ends_earlier_breaks_a_guarantee_on_that_day(void)
{
    prove(&(struct parts){ALWAYS, UNTIL_JULY, ALWAYS}, JULY_2027);
    prove(&(struct parts){ALWAYS, FROM_JULY, ALWAYS}, IN_FORCE);
    prove(&(struct parts){UNTIL_JULY, UNTIL_JULY, ALWAYS}, 0);
}

static void a_guarantee_that_begins_later_is_broken_on_that_day(void)
{
    prove(&(struct parts){ALWAYS, NULL, FROM_JULY}, JULY_2027);
    prove(&(struct parts){ALWAYS, UNTIL_JULY, UNTIL_JULY}, 0);
    prove(&(struct parts){UNTIL_JULY, NULL, FROM_JULY}, 0);
}

static void what_is_over_breaks_nothing(void)
{
    prove(&(struct parts){UNTIL_AUGUST, NULL, ALWAYS}, 0);
    prove(&(struct parts){ALWAYS, NULL, UNTIL_AUGUST}, 0);
}

TESTS(policy_guarantee_days,
      {"a permit that begins later breaks a guarantee on that day",
       a_permit_that_begins_later_breaks_a_guarantee_on_that_day},
      {"a restriction that ends earlier breaks a guarantee on that day",
       a_restriction_that_ends_earlier_breaks_a_guarantee_on_that_day},
      {"a guarantee that begins later is broken on that day",
       a_guarantee_that_begins_later_is_broken_on_that_day},
      {"what is over breaks nothing", what_is_over_breaks_nothing})
