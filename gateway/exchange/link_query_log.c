/* QUERY 4 and 5: the checkpoint of a log with what its witnesses said, and proofs of our own. */

#include "exchange/link_query.h"
#include "exchange/peer_notes.h"
#include "journal/cosigned.h"
#include "journal/ended.h"

/* ABSENT where the log is another one than ours. */
static struct status own_checkpoint(struct page *page, struct slice *ret_note, uint64_t *ret_size)
{
    struct status s =
        journal_checkpoint(page->link->exchange->reader, page->arena, ret_note, ret_size);
    if (failed(s))
        return s;
    struct slice origin = slice_part(*ret_note, 0, slice_find(*ret_note, '\n'));
    return slice_equal(origin, page->args->origin) ? OK : FAIL(ABSENT);
}

/* Of one of our logs that ended: everybody is given its last checkpoint, which witnesses need not
 * vouch for any more. */
static bool is_ended(const struct page *page, struct journal_ended *ret_ended)
{
    return journal_ended_find(journal_reader_of(page->link->exchange->reader), page->args->origin,
                              ret_ended);
}

/* A reader is given the one that witnesses vouch for, if there is one: it proves by it what it has
 * later receipts of. A gateway asks how far the log is. */
static struct status own_for_reader(struct page *page, struct slice *ret_note)
{
    uint64_t size;
    struct journal_ended ended;
    if (is_ended(page, &ended)) {
        *ret_note = ended.note;
        return OK;
    }
    struct status s = own_checkpoint(page, ret_note, &size);
    if (failed(s) || page->link->peer != NULL)
        return s;
    s = journal_cosigned(page->link->exchange->reader, page->arena,
                         party_state(link_party(page->link)), page->now.wall_ms, ret_note);
    return s.code == CODE_ABSENT ? OK : s;
}

/* The same of another gateway's, and where it is no step of it, how it is joined to one. Without a
 * cosigned one the last step says that there is none. */
static struct status foreign_for_reader(struct page *page, struct peer_note *ret_note)
{
    const struct exchange *x = page->link->exchange;
    const struct slice origin = page->args->origin;
    struct status s = FAIL(ABSENT);
    if (page->link->peer != NULL)
        return s;
    s = peer_notes_find(x->settings.notes, page->arena, origin, party_state(link_party(page->link)),
                        page->now.wall_ms, ret_note);
    if (s.code != CODE_ABSENT)
        return s;
    s = journal_peer_checkpoint(x->reader, page->arena, origin, &ret_note->at);
    ret_note->at.old_size = ret_note->at.size;
    return s;
}

static struct status add_note(struct page *page, struct slice note)
{
    bool full;
    struct buffer b = buffer_new(ROWS_MAX_BYTES);
    checkpoint_row_write(&b, note);
    return page_add(page, &b, &full);
}

static struct status add_join(struct page *page, const struct peer_note *note)
{
    const struct peer_checkpoint *at = &note->at;
    const bool is_ahead = at->old_size < at->size;
    bool full = false;
    if (at->old_size == at->size)
        return OK;
    struct buffer b = buffer_new(ROWS_MAX_BYTES);
    steps_row_write(
        &b, &(struct steps_row){.old_size = is_ahead ? at->old_size : at->size,
                                .size = is_ahead ? at->size : at->old_size,
                                .root = digest_slice(is_ahead ? &at->root : &note->old_root),
                                .path = at->path});
    struct status s = page_add(page, &b, &full);
    return full && !failed(s) ? REFUSE(FRAME_SIZE) : s;
}

struct status answer_checkpoint(struct page *page)
{
    struct peer_note foreign = {.since_s = 0};
    struct slice note;
    struct status s = own_for_reader(page, &note);
    const bool is_foreign = s.code == CODE_ABSENT;
    if (is_foreign)
        s = foreign_for_reader(page, &foreign);
    if (!failed(s))
        s = page_start(page, 2);
    if (!failed(s))
        s = add_note(page, is_foreign ? foreign.at.note : note);
    return failed(s) || !is_foreign ? s : add_join(page, &foreign);
}

static struct status consistency_of(struct page *page, struct slices *ret_path)
{
    struct slice note;
    uint64_t size;
    const struct query_args *args = page->args;
    struct journal_reader *reader = page->link->exchange->reader;
    struct status s = journal_ended_consistency(reader, page->arena, args->origin, args->old_size,
                                                args->new_size, ret_path);
    if (s.code != CODE_ABSENT)
        return s;
    s = own_checkpoint(page, &note, &size);
    if (!failed(s) && args->new_size > size)
        s = REFUSE(QUERY_UNKNOWN);
    return failed(s)
               ? s
               : journal_consistency(reader, page->arena, args->old_size, args->new_size, ret_path);
}

struct status answer_consistency(struct page *page)
{
    struct slices path;
    bool full;
    struct buffer b = buffer_new(ROWS_MAX_BYTES);
    struct status s = consistency_of(page, &path);
    if (!failed(s))
        s = page_start(page, 1);
    if (failed(s))
        return s;
    consistency_row_write(&b, path);
    return page_add(page, &b, &full);
}
