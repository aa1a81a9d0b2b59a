/* Memory that is out while a candidate is asked: the message is decided as without it, and the
 * candidate is skipped. */

#include "exchange/candidate.h"
#include "scenario/scene.h"
#include "support/allocations.h"
#include "support/world_parts.h"

#define ARENA_BYTES ((size_t)16 << 20)

static struct candidate *candidate_of(const struct world *w)
{
    struct candidate *candidate = candidate_new(world_rulebook(w->log_key), &w->rulebook->digest);
    world_need(candidate != NULL, "candidate");
    return candidate;
}

static uint64_t skipped_by(const struct candidate *candidate)
{
    struct candidate_counts counts;
    candidate_read(candidate, &counts);
    return counts.skipped;
}

/* Judges while the n-th allocation fails; whether one did. What it says where the candidate was
 * skipped is what it says without one. */
static bool judge_failing(const struct judge *judge, const struct letter *letter, uint64_t n)
{
    struct judgement j;
    uint64_t before = skipped_by(judge->candidate);
    allocations_fail_at(n);
    struct arena *arena = arena_new(ARENA_BYTES);
    struct status s =
        arena == NULL ? FAIL(MEMORY) : judge_submit(arena, judge, &letter->submit, &j);
    bool went_wrong = allocations_failed();
    allocations_fail_at(0);
    if (!failed(s)) {
        CHECK_U64(j.code, REFUSAL_NONE);
        CHECK_U64(j.posting.kind, POSTING_DISCLOSURE);
    }
    if (skipped_by(judge->candidate) > before)
        CHECK_OK(s);
    arena_free(arena);
    return went_wrong;
}

static void a_candidate_without_memory_is_skipped(void)
{
    struct world *w = world_new(&(struct world_settings){0});
    struct letter *letter = plain_letter(w);
    const struct judge judge = {
        .rulebook = w->rulebook,
        .gateway = slice_text(WORLD_GATEWAY),
        .party = slice_text("XA-CA-01"),
        .keyring = w->keyring,
        .entropy = entropy_fill,
        .reader = w->reader,
        .at_ms = w->now.wall_ms,
        .candidate = candidate_of(w),
    };
    uint64_t n = 1;
    while (judge_failing(&judge, letter, n))
        n++;
    struct candidate_counts counts;
    candidate_read(judge.candidate, &counts);
    CHECK(counts.skipped > 0);
    CHECK(counts.compared > 0);
    CHECK(counts.skipped + counts.compared < n); /* the others were put off before it was asked */
    candidate_drop(judge.candidate);
    letter_free(letter);
    world_free(w);
}

TESTS(candidate, {"a candidate without memory is skipped", a_candidate_without_memory_is_skipped})
