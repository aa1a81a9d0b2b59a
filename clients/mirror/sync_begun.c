#include <stdlib.h>

#include "audit/tlog_proof.h"
#include "mirror/sync_parts.h"

/* The first entry, and its path in the tree. */
struct first {
    struct sync_batch batch;
    struct digest hashes[MERKLE_MAX_PATH];
    struct slice at[MERKLE_MAX_PATH];
    struct slices path;
};

/* What is given as the first entry is that of the tree which the checkpoint signs. */
static struct status first_prove(struct sync *x, struct first *f)
{
    const struct digest leaf = merkle_leaf(f->batch.rows[0].entry);
    size_t count = 0;
    struct status s = merkle_inclusion(sync_subtree, x, 0, x->note.size, f->hashes, &count);
    if (failed(s))
        return s;
    for (size_t i = 0; i < count; i++)
        f->at[i] = digest_slice(&f->hashes[i]);
    f->path = (struct slices){f->at, count};
    return merkle_included(&leaf, 0, x->note.size, f->path, &x->note.root)
               ? OK
               : sync_refuse(x, SYNC_DAMAGED,
                             "what was given as the first entry is not what the checkpoint signs");
}

static struct status first_keep(const struct first *f, struct slice note, struct arena *arena,
                                struct begun *b)
{
    struct buffer text = buffer_new(TLOG_PROOF_MAX_BYTES);
    tlog_proof_write(&text, &(struct tlog_proof){.path = f->path, .note = note});
    b->origin = arena_copy(arena, b->origin);
    b->proof.openings = arena_copy(arena, buffer_slice(&f->batch.file.body));
    b->proof.proof = arena_copy(arena, buffer_slice(&text));
    const bool is_whole = !text.failed && b->origin.at != NULL && b->proof.openings.at != NULL &&
                          b->proof.proof.at != NULL;
    buffer_done(&text);
    return is_whole ? OK : FAIL(MEMORY);
}

static struct status first_read(struct sync *x, struct first *f, struct begun *ret_begun)
{
    struct opened opened;
    struct status s = sync_batch_fetch(x, x->settings->ended, 0, 1, &f->batch);
    if (!failed(s))
        s = first_prove(x, f);
    if (!failed(s) &&
        (s = opened_entry_read(f->batch.arena, &f->batch.rows[0], &opened)).code == CODE_REFUSED)
        s = sync_refuse(x, SYNC_DAMAGED,
                        "what was given of the first entry is not what it commits to: %s",
                        reason_name(s.reason));
    return failed(s) || begun_read(&opened, ret_begun) ? s : FAIL(ABSENT);
}

static struct status told(struct sync *x, struct slice note, struct arena *arena,
                          struct begun *ret_begun)
{
    struct first first = {0};
    struct status s = sync_tiles_begin(x); /* for that somebody asks is an entry */
    if (failed(s))
        return s;
    s = first_read(x, &first, ret_begun);
    if (!failed(s))
        s = first_keep(&first, note, arena, ret_begun);
    sync_batch_done(&first.batch);
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
        s = x->note.size > 0 ? told(x, note, arena, ret_begun)
                             : sync_refuse(x, SYNC_STALE, "the log has no entry yet");
    sync_tiles_done(x);
    free(x);
    return s;
}
