#include "journal/state.h"

#include "journal/clock.h"
#include "journal/crypt.h"

#define RETRY_MS 200

void waiting_add(struct waiting *w, struct item *items)
{
    if (w->last == NULL)
        w->first = items;
    else
        w->last->next = items;
    for (; items != NULL; items = items->next)
        w->last = items;
}

static struct item *waiting_take(struct waiting *w)
{
    struct item *items = w->first;
    w->first = NULL;
    w->last = NULL;
    return items;
}

static struct status entry_again(struct journal *j, struct item *item)
{
    struct entry_row row;
    struct status s = store_entry(j->writing.store, item->arena, item->result->index, &row);
    if (failed(s))
        return s;
    const struct place place = {"entry", row.index};
    s = slot_open(item->arena, j->writing.keyring, &place, row.wrapped, ENTRY_OUTER,
                  row.slots[ENTRY_OUTER], &item->opening);
    if (!failed(s))
        item->entry = row.entry;
    return s;
}

static struct status item_receipt(struct journal *j, const struct signed_tree *tree,
                                  struct item *item)
{
    struct buffer receipt = buffer_new(RECEIPT_MAX_BYTES);
    struct status s = item->entry.length == 0 ? entry_again(j, item) : OK;
    const struct signed_tree *its = journal_tree_of(j, tree, item->result->index);
    const struct receipt_of of = {
        .index = item->result->index,
        .entry = item->entry,
        .opening = item->opening,
        .reader_size = its == tree ? item->posting.reader_size : 0,
    };
    if (!failed(s))
        s = its == NULL ? FAIL(ABSENT) : receipt_make(j->writing.store, its, &of, &receipt);
    if (!failed(s))
        result_receipt(item->result, &receipt);
    buffer_done(&receipt);
    return s;
}

/* Whether it may work when it is tried again. */
static bool is_passing(struct status s)
{
    return s.code == CODE_MEMORY || s.code == CODE_FULL;
}

/* Fills the results that can be given now and leaves the others waiting: an accepted message whose
 * receipt only lacks memory must still be announced. */
static struct status results_fill(struct journal *j, struct item **ret_done)
{
    const struct signed_tree tree = journal_signed(j);
    struct item *done = j->waiting.first, **end = &done;
    struct status look = store_look(j->writing.store);
    if (failed(look))
        return look;
    for (; *end != NULL; end = &(*end)->next) {
        struct item *i = *end;
        struct status s = i->has_entry ? item_receipt(j, &tree, i) : i->result->status;
        if (i->has_entry && is_passing(s)) {
            *end = NULL;
            j->waiting.first = i;
            look = s;
            break;
        }
        i->result->status = s;
    }
    store_leave(j->writing.store);
    if (!failed(look))
        (void)waiting_take(&j->waiting);
    *ret_done = done;
    return look;
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

/* Gives the results to their owners and frees the items. */
static void finish(struct journal *j, struct item *items)
{
    size_t bytes = 0;
    for (const struct item *i = items; i != NULL; i = i->next)
        bytes += i->bytes;
    queue_settle(j, bytes); /* first: who gets an answer may post again */
    results_give(items);
    for (struct item *next; items != NULL; items = next) {
        next = items->next;
        item_free(items);
    }
}

void items_fail(struct journal *j, struct item *items, struct status why)
{
    for (struct item *i = items; i != NULL; i = i->next) {
        item_clear(i);
        i->result->status = why;
    }
    finish(j, items);
}

void waiting_abandon(struct journal *j, struct status why)
{
    items_fail(j, waiting_take(&j->waiting), why);
}

void waiting_settle(struct journal *j, bool now)
{
    struct waiting *w = &j->waiting;
    struct item *done = NULL;
    if (w->first == NULL || (w->stalled && !now && clock_ms() - w->tried_ms < RETRY_MS))
        return;
    struct status s = checkpoint_sign(j);
    if (failed(s) && journal_ends_by(j, s)) {
        journal_kill(j);
        waiting_abandon(j, FAIL(STORE));
        return;
    }
    if (!failed(s))
        s = results_fill(j, &done);
    w->stalled = failed(s);
    if (w->stalled)
        w->tried_ms = clock_ms();
    journal_tell(j); /* before the answers: who gets one may post again */
    finish(j, done);
}
