#include "app/proof.h"

#include <stdio.h>

#include "policy/guarantee.h"
#include "policy/law.h"

#define PROOF_MAX_BYTES (256U << 20)

static struct status say_broken(const struct guarantee_result *g, char *why)
{
    snprintf(why, PROOF_WHY_BYTES, "the guarantee \"%.*s\" %s, for %s: %s",
             (int)g->guarantee->title.length, (const char *)g->guarantee->title.at,
             g->answer == GUARANTEE_VIOLATED ? "is violated" : "cannot be decided",
             g->field == NULL ? "every field" : g->field,
             g->example == NULL ? "no example" : g->example);
    return REFUSE(LAW_BROKEN);
}

struct status proof_judge(const struct rulebook *rulebook, uint64_t at_ms,
                          char why[static PROOF_WHY_BYTES])
{
    struct guarantee_result *results = NULL;
    struct arena *arena = arena_new(PROOF_MAX_BYTES);
    struct status s =
        arena == NULL ? FAIL(MEMORY) : guarantees_check(arena, rulebook, at_ms, &results);
    const struct guarantee_result *broken =
        failed(s) ? NULL : guarantees_broken(results, rulebook->law->guarantee_count);
    if (failed(s))
        snprintf(why, PROOF_WHY_BYTES, "its guarantees cannot be proved (%s)", code_name(s.code));
    else if (broken != NULL)
        s = say_broken(broken, why);
    arena_free(arena);
    return s;
}
