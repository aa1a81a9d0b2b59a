#include "journal/keys.h"

#include "journal/own.h"

/* What comes behind is told by the entries themselves: the last lines said are what counts. On the
 * journal thread. */
static void keys_done(void *owner, struct journal_result *results)
{
    struct journal *j = owner;
    bool good = true;
    for (struct journal_result *r = results, *next; r != NULL; r = next) {
        next = r->next;
        good = good && !failed(r->status);
        journal_result_free(r);
    }
    if (!good || j->writing.has_keys)
        atomic_store(&j->keys_owed, true);
}

static struct status keys_put(struct journal *j, struct slice lines, uint64_t now_ms)
{
    struct item *item = NULL;
    const struct own_entry entry = {.kind = ENTRY_KEY,
                                    .op = "KEY_CHANGE",
                                    .what = "",
                                    .law = {journal_law_in_force(j).rulebook, now_ms},
                                    .objects = lines};
    struct status s = own_item(j, &entry, j, keys_done, &item);
    if (!failed(s) && failed(s = queue_put(j, item)))
        item_free(item);
    return s;
}

static void keys_swap(struct journal *j, struct buffer *lines, uint64_t *at_ms)
{
    pthread_mutex_lock(&j->mutex);
    const struct buffer before = j->keys;
    const uint64_t before_ms = j->keys_ms;
    j->keys = *lines;
    j->keys_ms = *at_ms;
    pthread_mutex_unlock(&j->mutex);
    *lines = before;
    *at_ms = before_ms;
}

struct status journal_keys(struct journal *j, struct slice lines, uint64_t now_ms)
{
    uint64_t at_ms = now_ms;
    struct buffer copy = buffer_new(lines.length);
    buffer_put(&copy, lines);
    struct status s = copy.failed ? FAIL(MEMORY) : OK;
    if (!failed(s))
        keys_swap(j, &copy, &at_ms);
    buffer_done(&copy);
    if (!failed(s) && failed(keys_put(j, lines, now_ms)))
        atomic_store(&j->keys_owed, true);
    return s;
}

void journal_pay_keys(struct journal *j)
{
    if (!atomic_exchange(&j->keys_owed, false))
        return;
    pthread_mutex_lock(&j->mutex);
    const uint64_t at_ms = j->keys_ms;
    struct buffer lines = buffer_new(j->keys.length);
    buffer_put(&lines, buffer_slice(&j->keys));
    pthread_mutex_unlock(&j->mutex);
    if (lines.failed || failed(keys_put(j, buffer_slice(&lines), at_ms)))
        atomic_store(&j->keys_owed, true);
    buffer_done(&lines);
}
