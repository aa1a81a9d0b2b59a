/* QUERY 7: how far a foreign log was verified here; who asks goes on at the last row's size. */

#include "exchange/gaps.h"
#include "exchange/link_query.h"

#define STEPS_ROW_WEIGHT 1U

static struct status add_step(struct page *page, const struct peer_checkpoint *step, bool *ret_full)
{
    struct buffer b = buffer_new(ROWS_MAX_BYTES);
    steps_row_write(&b, &(struct steps_row){.old_size = step->old_size,
                                            .size = step->size,
                                            .root = digest_slice(&step->root),
                                            .path = step->path});
    return page_add(page, &b, ret_full);
}

static struct status answer_kept(struct page *page, const struct peer_checkpoint *rows,
                                 size_t count)
{
    bool full = false;
    struct status s = page_start_list(page, count, STEPS_ROW_WEIGHT);
    for (size_t i = 0; !failed(s) && !full && i < count; i++)
        s = add_step(page, &rows[i], &full);
    return s;
}

/* Another gateway's alone: NULL for ours, and for a log that nobody has. */
static const struct gateway_row *owner_of(const struct page *page)
{
    const struct exchange *x = page->link->exchange;
    const struct directory *d = snapshot_rulebook(x->snapshot)->directory;
    const struct gateway_row *owner = directory_owner(d, page->args->origin);
    return owner == NULL || slice_equal(owner->id, x->settings.gateway) ? NULL : owner;
}

static struct status ask_later(struct page *page)
{
    const struct slice none = {0};
    page->is_later = true;
    return link_refuse(page->link, page->number, REFUSAL_UNAVAILABLE, none, none,
                       link_retry_ms(page->link, page->number), page->now);
}

/* From a checkpoint that the asker keeps and we do not. */
static struct status answer_gap(struct page *page)
{
    const struct exchange_settings *e = &page->link->exchange->settings;
    const struct gateway_row *owner = owner_of(page);
    struct peer_checkpoint step;
    enum gap_state state;
    if (e->gaps == NULL || owner == NULL)
        return REFUSE(QUERY_UNKNOWN);
    const struct gap_question question = {.party = link_party(page->link),
                                          .gateway = owner->id,
                                          .origin = page->args->origin,
                                          .old_size = page->args->old_size};
    struct status s = gaps_look(e->gaps, page->arena, &question, page->now.mono_ms, &state, &step);
    if (s.code == CODE_FULL)
        return ask_later(page);
    if (failed(s) || state == GAP_CLOSED)
        return failed(s) ? s : answer_kept(page, &step, 1);
    if (state == GAP_NEW)
        e->announce(e->workers, owner->id);
    return state == GAP_REFUSED ? REFUSE(QUERY_UNKNOWN) : ask_later(page);
}

struct status answer_steps(struct page *page)
{
    struct peer_checkpoint *rows;
    size_t count = 0;
    struct status s =
        journal_peer_steps(page->link->exchange->reader, page->arena, page->args->origin,
                           page->args->old_size, page->args->limit, &rows, &count);
    if (s.code == CODE_ABSENT && page->args->old_size > 0)
        return answer_gap(page);
    return failed(s) ? s : answer_kept(page, rows, count);
}
