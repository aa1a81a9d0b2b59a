#include "app/force.h"

#include <inttypes.h>
#include <stdio.h>

#include "app/closings.h"
#include "base/instant.h"

static bool is_known(const struct rising_rows *kept, const struct objects *objects,
                     const char *name)
{
    const struct object *o = objects_find(objects, slice_text(name));
    return o != NULL && rising_knows(kept, o);
}

static struct status judge_signatures(const struct rising_rows *kept,
                                      const struct snapshot *snapshot,
                                      const struct rulebook_authorities *signers, uint64_t at_ms,
                                      char *why)
{
    char at[INSTANT_TEXT_BYTES], revoked[REVOKED_TEXT_BYTES];
    const struct objects *objects = snapshot_objects(snapshot);
    for (size_t i = 0; i < objects->count; i++) {
        const struct object *o = &objects->at[i];
        const uint64_t until_ms = rulebook_object_until_ms(snapshot_rulebook(snapshot), o->name);
        if (!object_is_folder(o->name) || at_ms < until_ms || rising_knows(kept, o))
            continue;
        instant_write(until_ms, at);
        authorities_say_revoked(signers, o->name, at_ms, revoked);
        snprintf(why, FORCE_WHY_BYTES,
                 "%.*s number %" PRIu64 " was not in force, and of its signatures too few hold "
                 "since %s%s: have it signed anew (%s)",
                 (int)o->name.length, (const char *)o->name.at, o->number, at, revoked,
                 reason_name(REASON_OBJECT_VALIDITY));
        return REFUSE(OBJECT_VALIDITY);
    }
    return OK;
}

struct status force_judge(struct arena *arena, struct slice kept, const struct snapshot *snapshot,
                          const struct rulebook_authorities *signers, uint64_t at_ms,
                          struct slice *ret_kept, char why[static FORCE_WHY_BYTES])
{
    struct slice next;
    struct rising_rows before;
    const struct objects *objects = snapshot_objects(snapshot);
    struct status s = rising_judge(arena, kept, objects, &next, why);
    if (!failed(s))
        s = closings_judge(arena, next, snapshot_rulebook(snapshot)->directory, &next, why);
    if (!failed(s))
        s = rising_rows_read(arena, kept, 0, &before);
    if (!failed(s))
        s = judge_signatures(&before, snapshot, signers, at_ms, why);
    if (!failed(s) && (!is_known(&before, objects, "law") || !is_known(&before, objects, "states")))
        s = proof_judge(snapshot_rulebook(snapshot), at_ms, why);
    if (!failed(s))
        *ret_kept = next;
    return s;
}
