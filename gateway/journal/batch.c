#include "journal/state.h"

#include "journal/crypt.h"

/* Everything of the batch up to the commit; after a failure nothing of it is there. */
static struct status batch_rows(struct journal *j, struct item *items)
{
    struct writing *w = &j->writing;
    uint64_t size = w->tree.edge.size;
    struct status s = store_begin(w->store);
    for (struct item *i = items; i != NULL && !failed(s); i = i->next)
        s = item_write(w, i);
    if (!failed(s) && w->tree.edge.size != size)
        s = store_tree_set(w->store, &w->tree);
    return failed(s) ? s : store_commit(w->store);
}

static struct status batch_write(struct journal *j, struct item *items)
{
    const struct tree before = j->writing.tree;
    struct status s = batch_rows(j, items);
    if (!failed(s))
        return checkpoint_sign(j);
    j->writing.tree = before;
    store_rollback(j->writing.store);
    return s;
}

/* After these nothing that this process says about the log could be relied on. */
static bool is_fatal(const struct journal *j, struct status s)
{
    return store_broken(j->writing.store) || s.code == CODE_FORK || s.code == CODE_STORE;
}

static struct status entry_again(struct journal *j, struct item *item)
{
    struct entry_row row;
    struct status s = store_entry(j->writing.store, item->arena, item->result->index, &row);
    if (failed(s))
        return s;
    const struct place place = {"entry", row.index};
    item->entry = row.entry;
    return slot_open(item->arena, j->writing.keyring, &place, row.wrapped, ENTRY_OUTER,
                     row.slots[ENTRY_OUTER], &item->opening);
}

static struct status item_receipt(struct journal *j, const struct signed_tree *tree,
                                  struct item *item)
{
    struct buffer receipt = buffer_new(RECEIPT_MAX_BYTES);
    struct status s = item->entry.length == 0 ? entry_again(j, item) : OK;
    const struct receipt_of of = {
        .index = item->result->index,
        .entry = item->entry,
        .opening = item->opening,
        .reader_size = item->posting.reader_size,
    };
    if (!failed(s))
        s = receipt_make(j->writing.store, tree, &of, &receipt);
    if (!failed(s))
        result_receipt(item->result, &receipt);
    buffer_done(&receipt);
    return s;
}

static void results_fill(struct journal *j, struct item *items, struct status batch)
{
    const struct signed_tree tree = journal_signed(j);
    for (struct item *i = items; i != NULL; i = i->next) {
        if (failed(batch))
            i->result->status = batch;
        else if (i->has_entry)
            i->result->status = item_receipt(j, &tree, i);
    }
}

/* One call for each owner, with its results in the order of its postings. */
static void results_give(struct item *items)
{
    for (struct item *i = items; i != NULL; i = i->next) {
        journal_done *done = i->done;
        struct journal_result *list = NULL, **end = &list;
        if (i->result == NULL || done == NULL)
            continue;
        void *owner = i->result->owner;
        for (struct item *k = i; k != NULL; k = k->next) {
            if (k->result == NULL || k->done != done || k->result->owner != owner)
                continue;
            *end = k->result;
            end = &k->result->next;
            k->result = NULL;
        }
        done(owner, list);
    }
}

void batch_commit(struct journal *j, struct item *items)
{
    struct status s = journal_dead(j) ? FAIL(STORE) : batch_write(j, items);
    if (failed(s) && is_fatal(j, s))
        journal_kill(j);
    results_fill(j, items, s);
    results_give(items);
    for (struct item *next; items != NULL; items = next) {
        next = items->next;
        item_free(items);
    }
}
