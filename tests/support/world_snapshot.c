/* What a world judges by, and what replaces it. */

#include <string.h>

#include "support/client.h"
#include "support/pki.h"
#include "support/world_parts.h"

static void revoke_seals(struct world *w)
{
    struct revocation_list list = {.der = buffer_slice(&w->revoked)};
    struct revocations *revocations = NULL;
    memcpy(list.state, w->revoker, sizeof list.state);
    world_need(!failed(revocations_new(&list, w->revoked.length > 0, &revocations)), "lists");
    snapshot_revoke(w->snapshot, revocations);
}

void world_snapshot(struct world *w, const char *without)
{
    struct key *hub = world_log_key(WORLD_GATEWAY);
    struct objects *objects = NULL;
    w->rulebook = world_rulebook_of(&(struct rulebook_wanted){.log_key = hub,
                                                              .without = without,
                                                              .ends = w->settings.ends,
                                                              .apart = w->settings.apart,
                                                              .witnessed = w->settings.witnessed,
                                                              .law = w->settings.law,
                                                              .rules = w->settings.rules,
                                                              .lists = w->settings.lists,
                                                              .list_count = w->settings.list_count},
                                    &objects);
    key_free(hub);
    w->snapshot = snapshot_new(w->rulebook, objects);
    world_need(w->snapshot != NULL, "snapshot");
    revoke_seals(w);
}

/* As comityd does: the log says so before anything is judged by it. */
static void enter_law(struct world *w, const struct digest *before)
{
    const struct digest *now = &w->rulebook->digest;
    if (digest_equal(before, digest_slice(now)))
        return;
    world_need(!failed(journal_law(w->journal, now, (struct slice){0}, w->now.wall_ms)),
               "an entry for the rulebook");
    world_fence(w);
    w->laws++;
}

void world_renew(struct world *w, const char *without)
{
    struct snapshot *old = w->snapshot;
    const struct digest before = w->rulebook->digest;
    world_snapshot(w, without);
    enter_law(w, &before);
    snapshot_drop(old); /* the exchange holds its own */
    exchange_renew(w->exchange, w->snapshot, w->now);
    for (struct client *c = w->clients; c != NULL; c = c->next)
        client_drain(c);
}

void world_renew_law(struct world *w, unsigned number)
{
    w->settings.law = number;
    world_renew(w, NULL);
}

void world_revoke(struct world *w, const char *party, uint64_t since_ms)
{
    struct snapshot *old = w->snapshot;
    struct objects *objects = NULL;
    buffer_clear(&w->revoked);
    pki_revoke(party, since_ms, &w->revoked);
    memcpy(w->revoker, party, sizeof w->revoker - 1);
    world_need(!failed(objects_renew(snapshot_objects(old), w->settings.lists,
                                     w->settings.list_count, &objects)),
               "objects");
    w->snapshot = snapshot_renew(old, objects);
    world_need(w->snapshot != NULL, "snapshot");
    revoke_seals(w);
    snapshot_drop(old); /* the exchange holds its own */
    exchange_renew(w->exchange, w->snapshot, w->now);
}
