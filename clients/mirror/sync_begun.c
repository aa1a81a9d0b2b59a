#include <stdlib.h>

#include "mirror/sync_parts.h"

/* What is given as the first entry is that of the tree which the checkpoint signs. */
static struct status first_prove(struct sync *x, const struct opened_entry *row)
{
    struct digest hashes[MERKLE_MAX_PATH];
    struct slice path[MERKLE_MAX_PATH];
    const struct digest leaf = merkle_leaf(row->entry);
    size_t count = 0;
    struct status s = merkle_inclusion(sync_subtree, x, 0, x->note.size, hashes, &count);
    if (failed(s))
        return s;
    for (size_t i = 0; i < count; i++)
        path[i] = digest_slice(&hashes[i]);
    return merkle_included(&leaf, 0, x->note.size, (struct slices){path, count}, &x->note.root)
               ? OK
               : sync_refuse(x, SYNC_DAMAGED,
                             "what was given as the first entry is not what the checkpoint signs");
}

static struct status first_read(struct sync *x, struct arena *arena, struct begun *ret_begun)
{
    struct opened opened;
    struct sync_batch batch;
    struct status s = sync_tiles_begin(x); /* for that somebody asks is an entry */
    if (failed(s))
        return s;
    s = sync_batch_fetch(x, x->settings->ended, 0, 1, &batch);
    if (!failed(s))
        s = first_prove(x, &batch.rows[0]);
    if (!failed(s) &&
        (s = opened_entry_read(batch.arena, &batch.rows[0], &opened)).code == CODE_REFUSED)
        s = sync_refuse(x, SYNC_DAMAGED,
                        "what was given of the first entry is not what it commits to: %s",
                        reason_name(s.reason));
    if (!failed(s) && !begun_read(&opened, ret_begun))
        s = FAIL(ABSENT);
    if (!failed(s)) {
        ret_begun->origin = arena_copy(arena, ret_begun->origin);
        s = ret_begun->origin.at == NULL ? FAIL(MEMORY) : OK;
    }
    sync_batch_done(&batch);
    return s;
}

struct status sync_begun(const struct sync_settings *settings, struct slice note,
                         struct arena *arena, struct begun *ret_begun,
                         struct sync_outcome *ret_outcome)
{
    *ret_outcome = (struct sync_outcome){0};
    struct sync *x = calloc(1, sizeof *x);
    if (x == NULL)
        return FAIL(MEMORY);
    x->settings = settings;
    x->outcome = ret_outcome;
    struct status s = note_parse(note, &x->note);
    if (s.code == CODE_REFUSED)
        s = sync_refuse(x, SYNC_DAMAGED, "the checkpoint is none");
    if (!failed(s))
        s = x->note.size > 0 ? first_read(x, arena, ret_begun)
                             : sync_refuse(x, SYNC_STALE, "the log has no entry yet");
    sync_tiles_done(x);
    free(x);
    return s;
}
