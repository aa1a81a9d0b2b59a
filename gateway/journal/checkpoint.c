#include "journal/forks.h"

#include <string.h>

/* Of another rulebook the lock knows before anything under it is signed. */
static struct status lock_step(struct journal *j, const struct lock_state *next)
{
    struct slice objects = {NULL, 0};
    if (!j->writing.law_written)
        return lock_move(j->lock, j->origin, &j->locked, next, objects);
    struct arena *arena = arena_new(JOURNAL_LAW_BYTES);
    struct status s = arena == NULL ? FAIL(MEMORY) : store_law(j->writing.store, arena, &objects);
    if (!failed(s) || s.code == CODE_ABSENT)
        s = lock_move(j->lock, j->origin, &j->locked, next, objects);
    if (!failed(s))
        j->writing.law_written = false;
    arena_free(arena);
    return s;
}

static struct status lock_forward(struct journal *j)
{
    const struct lock_state next = {
        .size = j->writing.tree.edge.size,
        .root = merkle_root(&j->writing.tree.edge),
    };
    struct digest again;
    struct status s = store_look(j->writing.store);
    if (!failed(s))
        s = tree_root(j->writing.store, j->writing.tree.base, j->locked.size, next.size, &again);
    store_leave(j->writing.store);
    if (failed(s))
        return s;
    if (!digest_equal(&again, digest_slice(&next.root)))
        return FAIL(FORK);
    s = lock_step(j, &next);
    if (s.code == CODE_FORK) {
        char path[JOURNAL_PATH_BYTES];
        (void)failed(forks_keep(j, path)); /* the next start says where, or why not */
    }
    if (!failed(s))
        j->locked = next;
    return s;
}

static struct status sign_locked(struct journal *j)
{
    struct signed_tree tree = {
        .base = j->writing.tree.base, .size = j->locked.size, .root = j->locked.root};
    struct buffer note = buffer_new(sizeof tree.note);
    struct status s = note_sign(j->log_key, j->origin, tree.size, &tree.root, &note);
    if (!failed(s) && note.failed)
        s = FAIL(MEMORY);
    if (!failed(s)) {
        tree.note_length = note.length;
        memcpy(tree.note, note.at, note.length);
        pthread_mutex_lock(&j->mutex);
        j->signed_tree = tree;
        pthread_mutex_unlock(&j->mutex);
        publisher_offer(j->publisher, &tree);
    }
    buffer_done(&note);
    return s;
}

struct status checkpoint_sign(struct journal *j)
{
    struct status s = OK;
    if (j->locked.size != j->writing.tree.edge.size)
        s = lock_forward(j);
    /* The lock may have moved in an earlier turn that could not sign. */
    if (!failed(s) && journal_signed(j).size != j->locked.size)
        s = sign_locked(j);
    return s;
}
