#include "policy/coverage.h"

#include "policy/law.h"
#include "policy/weigh.h"

#define LOOK_MAX_BYTES (16UL << 20)

struct status coverage_new(struct arena *arena, const struct law *law,
                           struct coverage *ret_coverage)
{
    struct coverage c = {
        .law = law,
        .applied = arena_array(arena, law->rule_count + 1, sizeof *c.applied),
        .left = arena_array(arena, law->rule_count + 1, sizeof *c.left),
    };
    if (c.applied == NULL || c.left == NULL)
        return FAIL(MEMORY);
    *ret_coverage = c;
    return OK;
}

static bool works(const struct weighing *w, size_t rule, size_t person)
{
    return weigh_applies(w, rule, weigh_truth(w, rule, person));
}

/* A rule without fields works on the message as such, of any person or the case. */
static bool applies(const struct weighing *w, size_t rule)
{
    const struct document *d = w->facts->document;
    bool found = false;
    if (!weigh_speaks(w, rule))
        return false;
    if (w->law->rules[rule].whole)
        found = works(w, rule, NO_PERSON);
    for (size_t p = 0; w->law->rules[rule].whole && !found && p < d->person_count; p++)
        found = works(w, rule, p);
    for (size_t i = 0; !w->law->rules[rule].whole && !found && i < d->count; i++)
        found = weigh_covers(w, rule, &d->items[i]) && works(w, rule, d->items[i].person);
    return found;
}

static struct status look(struct coverage *c, const struct question *question, bool with_locals)
{
    struct facts facts;
    struct weighing w;
    struct arena *arena = arena_new(LOOK_MAX_BYTES);
    struct status s =
        arena == NULL ? FAIL(MEMORY) : facts_gather(arena, question, with_locals, &facts);
    if (failed(s) || failed(s = weighing_start(&facts, &w)))
        goto out;
    for (size_t r = 0; r < c->law->rule_count; r++)
        *(applies(&w, r) ? &c->applied[r] : &c->left[r]) = true;
    weighing_end(&w);
out:
    arena_free(arena);
    return s;
}

struct status coverage_add(struct coverage *c, const struct question *question)
{
    struct status s = look(c, question, false);
    return failed(s) || question->local_count == 0 ? s : look(c, question, true);
}

size_t coverage_count(const struct coverage *c)
{
    size_t count = 0;
    for (size_t r = 0; r < c->law->rule_count; r++)
        count += c->applied[r] && c->left[r];
    return count;
}
