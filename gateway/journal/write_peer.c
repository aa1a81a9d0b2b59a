#include "journal/write_steps.h"

#include "crypto/merkle.h"
#include "journal/crypt.h"

/* Checkpoints of peers' logs: each in its place after the one before, and never two histories. */

static struct slice path_join(struct arena *arena, struct slices path)
{
    struct buffer b = buffer_in(arena, path.count * sizeof(struct digest));
    for (size_t i = 0; i < path.count; i++)
        buffer_put(&b, path.at[i]);
    return b.failed ? (struct slice){NULL, 0} : buffer_slice(&b);
}

/* The first of a log is proved by nothing. */
static struct status step_keep(struct writing *w, const struct item *item, bool is_first)
{
    const struct peer_checkpoint *p = &item->posting.peer;
    const struct slices none = {NULL, 0};
    const struct step_row row = {
        .old_size = is_first ? 0 : p->old_size,
        .size = p->size,
        .root = p->root,
        .path = path_join(item->arena, is_first ? none : p->path),
        .note = p->note,
    };
    return row.path.at == NULL ? FAIL(MEMORY) : store_step_add(w->store, p->origin, &row);
}

static struct status fork_keep(struct writing *w, const struct peer_checkpoint *p,
                               const struct step_row *kept)
{
    struct status s = store_fork_add(w->store, p->origin, kept->note, p->note);
    return failed(s) ? s : REFUSE(CHECKPOINT_FORK);
}

/* A checkpoint of that size is kept: it is the same one. */
static struct status same_check(struct writing *w, const struct peer_checkpoint *p,
                                const struct step_row *kept)
{
    return digest_equal(&kept->root, digest_slice(&p->root)) ? OK : fork_keep(w, p, kept);
}

/* What the path begins at is kept: it leads here. */
static struct status path_check(struct writing *w, const struct peer_checkpoint *p,
                                const struct step_row *kept)
{
    bool leads = kept->size <= p->size &&
                 merkle_consistent(kept->size, p->size, &kept->root, &p->root, p->path);
    return leads ? OK : fork_keep(w, p, kept);
}

/* A smaller one that neither is kept nor is proved from one that is cannot be of the same log. */
static struct status size_check(struct writing *w, const struct peer_checkpoint *p,
                                const struct step_row *last)
{
    return p->size > last->size ? FAIL(ABSENT) : fork_keep(w, p, last);
}

/* Nobody could go on from the last one any more if the next did not begin there. */
static struct status step_after(struct writing *w, const struct item *item,
                                const struct step_row *last)
{
    const struct peer_checkpoint *p = &item->posting.peer;
    if (p->size < last->size)
        return OK;
    return p->old_size == last->size ? step_keep(w, item, false) : FAIL(ABSENT);
}

struct status peer_write(struct writing *w, const struct item *item)
{
    const struct peer_checkpoint *p = &item->posting.peer;
    struct step_row last, kept;
    if (p->origin.length == 0)
        return OK;
    struct status s = store_step_last(w->store, item->arena, p->origin, &last);
    if (s.code == CODE_ABSENT)
        return step_keep(w, item, true);
    if (!failed(s))
        s = store_step(w->store, item->arena, p->origin, p->size, &kept);
    if (!failed(s))
        return same_check(w, p, &kept);
    if (s.code == CODE_ABSENT)
        s = store_step(w->store, item->arena, p->origin, p->old_size, &kept);
    if (!failed(s))
        s = path_check(w, p, &kept);
    else if (s.code == CODE_ABSENT)
        s = size_check(w, p, &last);
    return failed(s) ? s : step_after(w, item, &last);
}
