#include "journal/erasure.h"

#include "journal/own.h"

/* The retention's runs and the operator's orders, as items of the queue. */

static struct own_entry erasure_entry(struct journal *j, const struct erasure *erasure,
                                      uint64_t now_ms)
{
    return (struct own_entry){
        .kind = ENTRY_ERASURE,
        .op = "ERASE",
        .what = "",
        .law = {journal_law_in_force(j).rulebook, now_ms},
        .erasure = *erasure,
    };
}

static struct status erasure_put(struct journal *j, const struct own_entry *entry, void *owner,
                                 journal_done *done)
{
    struct item *item = NULL;
    struct status s = own_item(j, entry, owner, done, &item);
    if (!failed(s) && failed(s = queue_put(j, item)))
        item_free(item);
    return s;
}

static struct status run_put(struct journal *j, uint64_t now_ms);

/* What is left comes behind all that was posted meanwhile. What fails is due again in the next
 * turn. On the journal thread. */
static void run_done(void *owner, struct journal_result *results)
{
    struct journal *j = owner;
    bool good = true;
    for (struct journal_result *r = results, *next; r != NULL; r = next) {
        next = r->next;
        good = good && !failed(r->status);
        journal_result_free(r);
    }
    if (good && j->writing.has_erasable)
        (void)failed(run_put(j, j->writing.tree.time_ms));
}

static struct status run_put(struct journal *j, uint64_t now_ms)
{
    const struct own_entry entry = erasure_entry(j, &(struct erasure){0}, now_ms);
    return erasure_put(j, &entry, j, run_done);
}

struct status journal_retain(struct journal *j, uint64_t now_ms)
{
    return run_put(j, now_ms);
}

struct status journal_retain_all(struct journal *j, uint64_t now_ms)
{
    const struct own_entry entry = erasure_entry(j, &(struct erasure){0}, now_ms);
    struct status s = store_keep_all(j->writing.store, j->writing.bodies_ms);
    do {
        if (!failed(s))
            s = own_commit(j, &entry);
    } while (!failed(s) && j->writing.has_erasable);
    return s;
}

struct status journal_erase(struct journal *j, const struct erasure_order *order, uint64_t now_ms,
                            void *owner, journal_done *done)
{
    struct own_entry entry = erasure_entry(j, &order->erasure, now_ms);
    entry.key = order->key;
    entry.person = order->person;
    return erasure_put(j, &entry, owner, done);
}
