#include "journal/state.h"

/* Everything of the batch up to the commit. A failure in one of the items names it. */
static struct status batch_rows(struct journal *j, struct item *items, struct item **ret_failed)
{
    struct writing *w = &j->writing;
    uint64_t size = w->tree.edge.size;
    struct status s = store_begin(w->store);
    for (struct item *i = items; i != NULL && !failed(s); i = i->next) {
        if (i->spoiled)
            continue;
        s = item_write(w, i);
        if (failed(s))
            *ret_failed = i;
    }
    if (!failed(s) && w->tree.edge.size != size)
        s = store_tree_set(w->store, &w->tree);
    return failed(s) ? s : store_commit(w->store);
}

/* The same; after a failure nothing of it is there. */
static struct status batch_try(struct journal *j, struct item *items, struct item **ret_failed)
{
    const struct tree before = j->writing.tree;
    struct status s = batch_rows(j, items, ret_failed);
    if (failed(s)) {
        j->writing.tree = before;
        store_rollback(j->writing.store);
    }
    return s;
}

static void items_clear(struct item *items)
{
    for (struct item *i = items; i != NULL; i = i->next)
        if (!i->spoiled)
            item_clear(i);
}

/* What fails halfway, for want of memory or because it cannot be written, is rare: then its batch
 * is written again without it, which costs the others nothing otherwise. */
static struct status batch_write(struct journal *j, struct item *items)
{
    for (;;) {
        struct item *item = NULL;
        if (journal_dead(j))
            return FAIL(STORE);
        struct status s = batch_try(j, items, &item);
        if (item == NULL || store_broken(j->writing.store) || s.code == CODE_FULL)
            return s;
        item->spoiled = true;
        items_clear(items);
    }
}

/* What is to be erased can be erased later as well. */
static bool can_wait(const struct posting *posting)
{
    return posting_is_new_work(posting) || posting->kind == POSTING_ERASURE;
}

/* Cuts the new work out of a batch; what is left had been accepted before. */
static struct item *new_work_cut(struct item **items)
{
    struct item *new_work = NULL, **end = &new_work;
    while (*items != NULL) {
        struct item *i = *items;
        if (can_wait(&i->posting)) {
            *items = i->next;
            i->next = NULL;
            *end = i;
            end = &i->next;
        } else {
            items = &i->next;
        }
    }
    return new_work;
}

/* The disk is full: with the ballast's blocks deliveries can still be recorded. */
static struct status batch_write_accepted(struct journal *j, struct item **items, struct status why)
{
    struct item *new_work = new_work_cut(items);
    items_clear(*items);
    room_give_up(&j->room);
    journal_tell(j);
    items_fail(j, new_work, why);
    return *items == NULL ? OK : batch_write(j, *items);
}

void batch_commit(struct journal *j, struct item *items)
{
    j->writing.law = journal_law_in_force(j).rulebook;
    struct status s = batch_write(j, items);
    if (failed(s) && store_was_full(j->writing.store))
        s = batch_write_accepted(j, &items, s);
    if (failed(s) && journal_ends_by(j, s)) {
        journal_kill(j);
        waiting_abandon(j, FAIL(STORE));
    }
    if (failed(s)) {
        items_fail(j, items, s);
        return;
    }
    waiting_add(&j->waiting, items);
    waiting_settle(j, false);
}
