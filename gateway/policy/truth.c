#include "policy/truth.h"

static enum truth negate(enum truth t)
{
    return (enum truth)(TRUTH_TRUE - t);
}

static enum truth smaller(enum truth a, enum truth b)
{
    return a < b ? a : b;
}

static enum truth larger(enum truth a, enum truth b)
{
    return a > b ? a : b;
}

/* Not found: certainly not, unless there may be more than is known. */
static enum truth unfound(const struct codes *codes)
{
    return codes->known && !codes->open && !codes->partial ? TRUTH_FALSE : TRUTH_UNKNOWN;
}

static enum truth holds_any(const struct codes *codes, struct slices wanted)
{
    for (size_t i = 0; i < wanted.count; i++)
        if (codes_have(codes, wanted.at[i]))
            return TRUTH_TRUE;
    return unfound(codes);
}

static bool is_empty(const struct codes *codes)
{
    return codes->known && !codes->open && !codes->partial && codes->count == 0;
}

static enum truth has_common(const struct codes *a, const struct codes *b)
{
    for (size_t i = 0; i < a->count; i++)
        if (codes_have(b, a->at[i]))
            return TRUTH_TRUE;
    if (is_empty(a) || is_empty(b))
        return TRUTH_FALSE;
    return larger(unfound(a), unfound(b));
}

static enum truth is_known(const struct codes *codes)
{
    if (codes->partial)
        return TRUTH_UNKNOWN;
    return codes->known && !codes->open ? TRUTH_TRUE : TRUTH_FALSE;
}

/* Tests of a person are false for fields of the case, negated or not. */
static enum truth test_truth(const struct law *law, const struct atom *test,
                             const struct codes *values, bool of_case)
{
    const struct codes *codes = &values[test->attribute];
    enum truth t = TRUTH_UNKNOWN;
    if (of_case && (law->attributes[test->attribute].personal ||
                    (test->kind == ATOM_SAME && law->attributes[test->other].personal)))
        return TRUTH_FALSE;
    switch (test->kind) {
    case ATOM_IS:
        t = holds_any(codes, test->codes);
        break;
    case ATOM_SAME:
        t = has_common(codes, &values[test->other]);
        break;
    case ATOM_KNOWN:
        t = is_known(codes);
        break;
    }
    return test->negated ? negate(t) : t;
}

/* The stack holds what the steps so far gave; a parsed condition never takes what is not there. */
static enum truth condition_truth(const struct condition *condition, const uint8_t *tests)
{
    uint8_t stack[CONDITION_MAX_STEPS + 1] = {TRUTH_TRUE};
    size_t top = 0;
    for (size_t i = 0; i < condition->count; i++) {
        const struct step *step = &condition->steps[i];
        switch (step->kind) {
        case STEP_ATOM:
            stack[++top] = tests[step->test];
            break;
        case STEP_NOT:
            stack[top] = (uint8_t)negate((enum truth)stack[top]);
            break;
        case STEP_AND:
            top--;
            stack[top] = (uint8_t)smaller((enum truth)stack[top], (enum truth)stack[top + 1]);
            break;
        case STEP_OR:
            top--;
            stack[top] = (uint8_t)larger((enum truth)stack[top], (enum truth)stack[top + 1]);
            break;
        }
    }
    return (enum truth)stack[top];
}

static enum truth rule_truth(const struct rule *rule, const uint8_t *tests)
{
    enum truth t = condition_truth(&rule->when, tests);
    if (rule->unless.count > 0)
        t = smaller(t, negate(condition_truth(&rule->unless, tests)));
    return t;
}

struct truths truths_of(struct facts *f, const struct law *law, size_t person)
{
    struct codes *values = arena_array(f->arena, law->attribute_count + 1, sizeof *values);
    uint8_t *tests = arena_alloc(f->arena, law->atom_count + 1);
    uint8_t *rules = arena_alloc(f->arena, law->rule_count + 1);
    if (values == NULL || tests == NULL || rules == NULL) {
        f->starved = true;
        return (struct truths){NULL};
    }
    for (size_t a = 0; a < law->attribute_count; a++)
        if (person != NO_PERSON || !law->attributes[a].personal)
            law->attributes[a].kind->read(f, &law->attributes[a], person, &values[a]);
    for (size_t t = 0; t < law->atom_count; t++)
        tests[t] = (uint8_t)test_truth(law, &law->atoms[t], values, person == NO_PERSON);
    for (size_t r = 0; r < law->rule_count; r++)
        rules[r] = (uint8_t)rule_truth(&law->rules[r], tests);
    return (struct truths){rules};
}
