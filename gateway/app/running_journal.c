#include "app/running_journal.h"

#include <stdio.h>

#include "app/force.h"
#include "app/rising.h"
#include "app/succeeding.h"

static struct status keep_objects(struct running *r, struct slice kept)
{
    r->kept = buffer_new(kept.length);
    buffer_put(&r->kept, kept);
    return r->kept.failed ? FAIL(MEMORY) : OK;
}

/* A journal_law_judge. */
static struct status judge_law(void *owner, struct arena *arena, const struct journal_laws *before,
                               struct slice *ret_objects, char *error, size_t room)
{
    char why[FORCE_WHY_BYTES] = "what was kept of rulebooks before cannot be read";
    struct running *r = owner;
    struct rulebook_authorities signers;
    struct slice had, kept;
    struct status s = rising_join(arena, before->kept, before->locked, &had);
    if (!failed(s))
        s = force_judge(arena, had, r->state->snapshot,
                        state_authorities(r->state, &signers) ? &signers : NULL,
                        moment_now().wall_ms, &kept, why);
    if (!failed(s)) /* as at a reload: once it is kept nobody takes it back */
        s = log_ends_judge(arena, had, snapshot_rulebook(r->state->snapshot)->directory,
                           r->config->gateway, before->journal, why);
    if (!failed(s))
        s = keep_objects(r, kept);
    if (!failed(s))
        *ret_objects = kept;
    else
        snprintf(error, room, "rulebook: %s", why);
    return s.code == CODE_REFUSED ? FAIL(CONFIG) : s;
}

struct status running_open_journal(struct running *r, struct start *start,
                                   char error[static CONFIG_ERROR_BYTES])
{
    const struct config *c = r->config;
    const struct rulebook *rulebook = snapshot_rulebook(r->state->snapshot);
    struct log_found found;
    const bool succeeds = log_before_find(rulebook, c->gateway, c->log->origin, &found);
    const struct journal_settings settings = {
        .path = c->journal,
        .lock_path = c->lock,
        .log_path = c->log->path,
        .origin = c->log->origin,
        .before = succeeds ? &found.before : NULL,
        .gateway = c->gateway,
        .rulebook = rulebook->digest,
        .judge_law = judge_law,
        .law_owner = r,
        .log_key = start->log_key,
        .former_key = start->former_key,
        .keyring = start->keyring,
        .bodies_ms = c->bodies_ms,
        .openings_ms = c->openings_ms,
        .queue_max_bytes = c->limits.queue_bytes,
        .ballast_bytes = c->limits.ballast_bytes,
        .floor_bytes = c->limits.floor_bytes,
    };
    struct status s =
        journal_open(&settings, moment_now().wall_ms, &r->journal, error, CONFIG_ERROR_BYTES);
    key_free(start->former_key);
    start->former_key = NULL;
    return s;
}
