#include "oracle.h"

#include "policy/conjunctions.h"
#include "support/chance.h"
#include "support/check.h"

/*
 * Conditions made at random over few tests, under every value that the tests can have. The seed is
 * printed; set COMITY_SEED to run one again.
 */

#define ROUNDS    4000
#define TESTS_MAX 5
#define SEED      20260907U

/* Postfix: what is joined is there before it is joined. */
static struct condition random_condition(struct step *steps, size_t tests, size_t most)
{
    struct condition c = {.steps = steps};
    size_t open = 0;
    while (c.count < most - 1 || open > 1) {
        size_t left = most - c.count;
        if (open > 1 && (open >= left || chance(3) == 0)) {
            steps[c.count++] = (struct step){chance(2) == 0 ? STEP_AND : STEP_OR, 0};
            open--;
        } else if (open > 0 && chance(4) == 0) {
            steps[c.count++] = (struct step){STEP_NOT, 0};
        } else if (open + 1 < left) {
            steps[c.count++] = (struct step){STEP_ATOM, chance(tests)};
            open++;
        } else if (open == 1) {
            break;
        }
    }
    return c;
}

static bool holds(const struct conjunctions *c, const uint8_t *atoms, bool surely)
{
    for (size_t i = 0; i < c->count; i++) {
        bool all = true;
        for (size_t b = 0; b < c->atom_count && all; b++) {
            bool sure = atoms[c->atoms[b]] == TRUTH_TRUE;
            bool possible = atoms[c->atoms[b]] != TRUTH_FALSE;
            if ((c->at[i].must >> b & 1U) != 0)
                all = surely ? sure : possible;
            if ((c->at[i].never >> b & 1U) != 0)
                all = all && !(surely ? possible : sure);
        }
        if (all)
            return true;
    }
    return false;
}

static bool agrees(const struct rule *rule, const struct conjunctions *c, const uint8_t *atoms)
{
    enum truth wanted = oracle_rule(rule, atoms);
    return holds(c, atoms, true) == (wanted == TRUTH_TRUE) &&
           holds(c, atoms, false) == (wanted != TRUTH_FALSE);
}

static void masks_say_what_the_steps_say(void)
{
    chance_begin(SEED);
    size_t judged = 0;
    bool held = true;
    for (size_t round = 0; round < ROUNDS && held; round++) {
        struct step when[CONDITION_MAX_STEPS], unless[CONDITION_MAX_STEPS];
        size_t tests = 1 + chance(TESTS_MAX), all = 1;
        struct rule rule = {.kind = RULE_LIMIT};
        struct conjunctions c;
        if (chance(8) != 0)
            rule.when = random_condition(when, tests, 1 + chance(24));
        if (chance(2) == 0)
            rule.unless = random_condition(unless, tests, 1 + chance(24));
        if (!CHECK(conjunctions_of(&rule, &c)))
            return;
        for (size_t t = 0; t < tests; t++)
            all *= 3;
        for (size_t values = 0; values < all && held; values++, judged++) {
            uint8_t atoms[TESTS_MAX];
            size_t rest = values;
            for (size_t t = 0; t < tests; t++, rest /= 3)
                atoms[t] = (uint8_t)(rest % 3);
            held = CHECK(agrees(&rule, &c, atoms));
        }
    }
    CHECK(judged > ROUNDS);
}

/* (a1 or b1) and (a2 or b2) ...: twice as many with each. */
static struct condition product(struct step *steps, size_t factors)
{
    struct condition c = {.steps = steps};
    for (size_t i = 0; i < factors; i++) {
        steps[c.count++] = (struct step){STEP_ATOM, 2 * i};
        steps[c.count++] = (struct step){STEP_ATOM, 2 * i + 1};
        steps[c.count++] = (struct step){STEP_OR, 0};
        if (i > 0)
            steps[c.count++] = (struct step){STEP_AND, 0};
    }
    return c;
}

static void sixty_four_alternatives_are_the_most(void)
{
    struct step steps[CONDITION_MAX_STEPS];
    struct conjunctions c;
    struct rule rule = {.kind = RULE_PERMIT, .when = product(steps, 6)};
    CHECK(conjunctions_of(&rule, &c));
    CHECK_U64(c.count, CONJUNCTIONS_MAX);
    rule.when = product(steps, 7);
    CHECK(!conjunctions_of(&rule, &c));
    rule.unless = rule.when; /* not (a or b) or not (c or d) ...: seven */
    rule.when.count = 0;
    CHECK(conjunctions_of(&rule, &c));
    CHECK_U64(c.count, 7);
}

static void a_rule_without_a_condition_always_holds(void)
{
    struct rule rule = {.kind = RULE_PERMIT};
    struct conjunctions c;
    CHECK(conjunctions_of(&rule, &c));
    CHECK_U64(c.count, 1);
    CHECK(c.at[0].must == 0 && c.at[0].never == 0);
}

TESTS(policy_conjunctions, {"masks say what the steps say", &masks_say_what_the_steps_say},
      {"sixty-four alternatives are the most", &sixty_four_alternatives_are_the_most},
      {"a rule without a condition always holds", &a_rule_without_a_condition_always_holds})
