#include "policy/conjunctions.h"

/* A stack holds at most one choice per test that has not been joined yet. */
#define STACK_MAX (CONDITION_MAX_STEPS / 2 + 2)

struct choice {
    struct conjunction at[CONJUNCTIONS_MAX];
    size_t count;
};

static bool is_within(struct conjunction small, struct conjunction large)
{
    return (small.must & ~large.must) == 0 && (small.never & ~large.never) == 0;
}

/* Adds one unless a shorter one says as much, and drops those that it makes needless. */
static bool choice_add(struct choice *c, struct conjunction one)
{
    size_t kept = 0;
    for (size_t i = 0; i < c->count; i++)
        if (is_within(c->at[i], one))
            return true;
    for (size_t i = 0; i < c->count; i++)
        if (!is_within(one, c->at[i]))
            c->at[kept++] = c->at[i];
    c->count = kept;
    if (kept == CONJUNCTIONS_MAX)
        return false;
    c->at[c->count++] = one;
    return true;
}

static bool choice_or(struct choice *a, const struct choice *b)
{
    for (size_t i = 0; i < b->count; i++)
        if (!choice_add(a, b->at[i]))
            return false;
    return true;
}

static bool choice_and(struct choice *a, const struct choice *b)
{
    struct choice product = {.count = 0};
    for (size_t i = 0; i < a->count; i++)
        for (size_t k = 0; k < b->count; k++)
            if (!choice_add(&product, (struct conjunction){a->at[i].must | b->at[k].must,
                                                           a->at[i].never | b->at[k].never}))
                return false;
    *a = product;
    return true;
}

/* Which steps stand below an odd number of negations, found from the last one backwards. */
static void find_negated(const struct condition *condition, bool negated, bool *ret_negated)
{
    bool pending[CONDITION_MAX_STEPS + 2] = {negated};
    size_t count = 1;
    for (size_t i = condition->count; i-- > 0;) {
        bool here = pending[--count];
        ret_negated[i] = here;
        if (condition->steps[i].kind == STEP_NOT)
            pending[count++] = !here;
        if (condition->steps[i].kind == STEP_AND || condition->steps[i].kind == STEP_OR) {
            pending[count++] = here;
            pending[count++] = here;
        }
    }
}

static uint64_t bit_of(struct conjunctions *c, size_t atom)
{
    size_t bit = 0;
    while (bit < c->atom_count && c->atoms[bit] != atom)
        bit++;
    if (bit == c->atom_count)
        c->atoms[c->atom_count++] = atom;
    return UINT64_C(1) << bit;
}

static struct choice single(uint64_t bit, bool negated)
{
    struct choice one = {.count = 1};
    one.at[0] = negated ? (struct conjunction){0, bit} : (struct conjunction){bit, 0};
    return one;
}

/* The choices of a condition or of its negation, in the order of its steps. */
static bool expand(struct conjunctions *c, const struct condition *condition, bool negated,
                   struct choice *ret)
{
    struct choice stack[STACK_MAX] = {0};
    bool below[CONDITION_MAX_STEPS + 1];
    size_t top = 0;
    find_negated(condition, negated, below);
    for (size_t i = 0; i < condition->count; i++) {
        const struct step *step = &condition->steps[i];
        if (step->kind == STEP_ATOM)
            stack[top++] = single(bit_of(c, step->test), below[i]);
        if (step->kind == STEP_ATOM || step->kind == STEP_NOT)
            continue;
        top--;
        bool both = (step->kind == STEP_AND) != below[i];
        if (!(both ? choice_and(&stack[top - 1], &stack[top])
                   : choice_or(&stack[top - 1], &stack[top])))
            return false;
    }
    *ret = stack[0];
    return true;
}

bool conjunctions_of(const struct rule *rule, struct conjunctions *ret)
{
    struct choice when = {.count = 1}, unless;
    ret->atom_count = 0;
    if (rule->when.count > 0 && !expand(ret, &rule->when, false, &when))
        return false;
    if (rule->unless.count > 0 &&
        (!expand(ret, &rule->unless, true, &unless) || !choice_and(&when, &unless)))
        return false;
    memcpy(ret->at, when.at, when.count * sizeof *when.at);
    ret->count = when.count;
    return true;
}
