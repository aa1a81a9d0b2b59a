/* The candidate: a rulebook that is asked beside the one in force and never is in force itself. */

#include "app/state.h"

#include <stdio.h>

#include "exchange/candidate.h"

/* A problem that stops nothing: the first one says enough. */
static void keep_sentence(void *owner, const char *sentence)
{
    struct state *state = owner;
    if (state->candidate_wrong[0] == '\0')
        snprintf(state->candidate_wrong, sizeof state->candidate_wrong, "%s", sentence);
}

/* Counts go on while both rulebooks are what they were. */
static struct candidate *go_on(const struct state *previous, const struct rulebook *rulebook,
                               const struct digest *beside)
{
    if (previous == NULL)
        return NULL;
    struct candidate *before = snapshot_candidate(previous->snapshot);
    return candidate_is(before, &rulebook->digest, beside) ? candidate_hold(before) : NULL;
}

static struct candidate *make(const struct config *config, const struct state *previous,
                              struct state *state, struct arena *arena)
{
    struct text_files files;
    struct problems problems = {keep_sentence, state, false, NULL};
    const struct digest *beside = &snapshot_rulebook(state->snapshot)->digest;
    struct rulebook *rulebook =
        state_rulebook(config->rulebook_candidate, &problems, arena, &files);
    if (rulebook == NULL)
        return NULL;
    struct candidate *candidate = go_on(previous, rulebook, beside);
    if (candidate == NULL && (candidate = candidate_new(rulebook, beside)) != NULL)
        return candidate;
    if (candidate == NULL)
        keep_sentence(state, "out of memory");
    rulebook_free(rulebook);
    return candidate;
}

void state_candidate(const struct config *config, const struct state *previous, struct state *state)
{
    if (config->rulebook_candidate == NULL || state->snapshot == NULL)
        return;
    struct arena *arena = arena_new(RULEBOOK_MAX_BYTES);
    snapshot_propose(state->snapshot, make(config, previous, state, arena));
    arena_free(arena);
}
