#include "support/check.h"
#include "support/small_rulebook.h"

#include <string.h>

#include "app/force.h"

#define ARENA_BYTES ((size_t)16 << 20)
#define NOW         1790000000000ULL

static struct snapshot *snapshot_with(struct arena *arena, unsigned law, unsigned states,
                                      const char *extra, struct rulebook **ret_rulebook)
{
    struct rulebook *rulebook = NULL;
    struct objects *objects = NULL;
    struct text_error error = {0};
    struct text_files files = small_rulebook(arena, law, states, extra);
    CHECK_OK(rulebook_parse(&files, &rulebook, &error));
    CHECK_OK(objects_new(&files, rulebook, NULL, 0, &objects));
    *ret_rulebook = rulebook;
    return snapshot_new(rulebook, objects);
}

static struct status judge(struct arena *arena, struct slice *kept, struct snapshot *s, char *why)
{
    return force_judge(arena, *kept, s, NULL, NOW, kept, why);
}

static void what_is_in_force_stays_when_its_signatures_end(void)
{
    char why[FORCE_WHY_BYTES] = "";
    struct arena *arena = arena_new(ARENA_BYTES);
    struct rulebook *first, *next;
    struct slice kept = {NULL, 0};
    struct snapshot *a = snapshot_with(arena, 4, 3, "", &first),
                    *b = snapshot_with(arena, 5, 3, "", &next);
    first->law_until_ms = NOW;
    CHECK_STATUS(judge(arena, &kept, a, why), REFUSE(OBJECT_VALIDITY));
    CHECK(strncmp(why, "law number 4 was not in force", 29) == 0);
    CHECK_U64(kept.length, 0);
    first->law_until_ms = NOW + 1;
    CHECK_OK(judge(arena, &kept, a, why));
    first->law_until_ms = first->states_until_ms = NOW - 1;
    CHECK_OK(judge(arena, &kept, a, why));

    next->states_until_ms = NOW; /* not in the way of a law that is signed */
    CHECK_OK(judge(arena, &kept, b, why));
    CHECK_STATUS(judge(arena, &kept, a, why), REFUSE(OBJECT_OLD));
    snapshot_drop(a);
    snapshot_drop(b);
    arena_free(arena);
}

TESTS(app_force, {"what is in force stays when its signatures end",
                  what_is_in_force_stays_when_its_signatures_end})
