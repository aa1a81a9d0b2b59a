/* QUERY: what a party may read. Unknown and not entitled give the same octets: E_UNKNOWN. */

#include "exchange/link_query.h"

#include <string.h>

#define PAGE_BYTES  8U
#define STATUS_ROWS 8U /* their receipts are made anew: 0.2 ms each */

/* What a row weighs in the link's turn, in which a submission weighs 16. */
#define INBOX_ROW_WEIGHT  3U
#define STATUS_ROW_WEIGHT 16U
#define COSE_ROW_WEIGHT   16U /* it is signed */

/* The page's cursor: the number of the last row, as 8 octets. */
static struct status after_of(const struct page *page, uint64_t *ret_after)
{
    struct reader r = reader_over(page->args->after);
    uint64_t after = page->args->after.at == NULL ? 0 : reader_u64(&r);
    if (page->args->after.at != NULL && !reader_end(&r))
        return REFUSE(QUERY_UNKNOWN);
    *ret_after = after > INT64_MAX ? INT64_MAX : after;
    return OK;
}

static struct status set_next(struct page *page, uint64_t last)
{
    struct buffer b = buffer_new(PAGE_BYTES);
    buffer_u64(&b, last);
    page->next = arena_copy(page->arena, buffer_slice(&b));
    bool good = !b.failed && page->next.at != NULL;
    buffer_done(&b);
    return good ? OK : FAIL(MEMORY);
}

struct status page_start(struct page *page, size_t room)
{
    page->rows.at = arena_array(page->arena, room, sizeof *page->rows.at);
    return page->rows.at == NULL ? FAIL(MEMORY) : OK;
}

struct status page_start_list(struct page *page, size_t count, unsigned weight)
{
    page->link->turn_weight += (unsigned)count * weight;
    return page_start(page, count);
}

struct status page_add(struct page *page, struct buffer *row, bool *ret_full)
{
    size_t most = link_frame_room(page->link) - ANSWER_HEAD_BYTES;
    size_t room = page->rows.count == 0 || most < ROWS_MAX_BYTES ? most : ROWS_MAX_BYTES;
    bool full = page->bytes + row->length > room;
    struct slice kept = {0};
    struct status s = row->failed                     ? FAIL(MEMORY)
                      : full && page->rows.count == 0 ? REFUSE(FRAME_SIZE)
                                                      : OK;
    if (!failed(s) && !full) {
        kept = arena_copy(page->arena, buffer_slice(row));
        s = kept.at == NULL ? FAIL(MEMORY) : OK;
    }
    if (!failed(s) && !full) {
        page->rows.at[page->rows.count++] = kept;
        page->bytes += kept.length;
    }
    *ret_full = full;
    buffer_done(row);
    return s;
}

static struct status list_codes(struct arena *arena, struct slice array, struct slices *ret_codes)
{
    struct mp_cursor c = mp_over(array);
    uint32_t count = mp_array(&c, 16);
    struct slices codes = {arena_array(arena, count, sizeof *codes.at), count};
    if (codes.at == NULL)
        return FAIL(MEMORY);
    for (uint32_t i = 0; i < count; i++)
        codes.at[i] = mp_text(&c, 16);
    if (!mp_end(&c))
        return FAIL(STORE);
    *ret_codes = codes;
    return OK;
}

static struct status inbox_row(struct page *page, const struct delivery *d, bool *ret_full)
{
    struct inbox_ends ends;
    struct buffer b = buffer_new(ROWS_MAX_BYTES);
    struct inbox_row row = {
        .key = d->key,
        .thread = d->thread,
        .type = d->type,
        .stage = d->stage,
        .received_ms = d->received_ms,
    };
    struct status s = inbox_ends_parse(d->inbox, &ends);
    if (failed(s) || failed(s = list_codes(page->arena, ends.handling, &row.handling)))
        return s;
    row.urgency = ends.urgency;
    row.deadline_ms = ends.deadline_ms;
    row.case_ref = ends.case_ref;
    inbox_row_write(&b, &row);
    return page_add(page, &b, ret_full);
}

static struct status answer_inbox(struct page *page)
{
    struct delivery *rows;
    size_t count;
    bool full = false;
    struct journal_page wanted = {
        .party = link_party(page->link),
        .limit = page->args->limit,
        .thread = page->args->thread,
    };
    struct status s = after_of(page, &wanted.after);
    if (!failed(s))
        s = journal_inbox(page->link->exchange->reader, page->arena, &wanted, &rows, &count);
    if (!failed(s))
        s = page_start_list(page, count, INBOX_ROW_WEIGHT);
    for (size_t i = 0; !failed(s) && !full && i < count; i++)
        s = inbox_row(page, &rows[i], &full);
    if (failed(s) || count == 0 || (!full && count < page->args->limit))
        return s;
    return set_next(page, rows[page->rows.count - 1].delivery_number);
}

static struct status fetch_row(struct page *page, const struct deliver *deliver)
{
    struct buffer b = buffer_new(FRAME_MAX_BYTES);
    bool full;
    struct status s = page_start(page, 1);
    if (failed(s))
        return s;
    fetch_row_write(&b, deliver);
    return page_add(page, &b, &full);
}

/* What can be shown is shown once the log says that it is. */
static struct status fetch_entered(struct page *page, const struct delivery *d)
{
    struct deliver deliver;
    struct status s = link_fill_deliver(page->arena, d, &deliver);
    if (!failed(s))
        s = fetch_row(page, &deliver);
    if (failed(s) || page->is_entered)
        return s;
    s = link_enter_read(page->link, page->arena, &deliver, page->number, page->now);
    page->is_later = !failed(s);
    return s;
}

/* What was signed as not delivered stays so; what has expired and was not taken is about to be. */
static bool goes_no_more(const struct delivery *d, struct moment now)
{
    bool waits = d->stage == STAGE_ACCEPTED || d->stage == STAGE_RELAYED;
    return d->stage == STAGE_NOT_DELIVERED || (waits && d->expires_ms < now.wall_ms);
}

static struct status answer_fetch(struct page *page)
{
    struct delivery d;
    if (!slice_equal(page->args->key.to, link_party(page->link)))
        return REFUSE(QUERY_UNKNOWN);
    struct status s = journal_fetch(page->link->exchange->reader, page->arena, &page->args->key,
                                    page->link->reader_size, &d);
    if (!failed(s) && goes_no_more(&d, page->now))
        return REFUSE(QUERY_UNKNOWN);
    if (!failed(s))
        s = link_may_fetch(page->link, page->arena, &d, page->number, page->now, &page->is_later);
    return failed(s) || page->is_later ? s : fetch_entered(page, &d);
}

static struct status answer_status(struct page *page)
{
    struct submission_row *rows;
    size_t count;
    bool full = false;
    const struct message_key *key = page->args->has_key ? &page->args->key : NULL;
    struct journal_page wanted = {
        .party = link_party(page->link),
        .limit = page->args->limit < STATUS_ROWS ? page->args->limit : STATUS_ROWS,
        .key = key,
        .reader_size = page->link->reader_size,
    };
    struct status s = after_of(page, &wanted.after);
    if (key != NULL && !slice_equal(key->from, wanted.party))
        return REFUSE(QUERY_UNKNOWN);
    if (!failed(s))
        s = journal_submissions(page->link->exchange->reader, page->arena, &wanted, &rows, &count);
    if (!failed(s) && key != NULL && count == 0)
        return REFUSE(QUERY_UNKNOWN);
    if (!failed(s))
        s = page_start_list(page, count, STATUS_ROW_WEIGHT);
    for (size_t i = 0; !failed(s) && !full && i < count; i++) {
        struct buffer b = buffer_new(ROWS_MAX_BYTES);
        status_row_write(&b, &(struct status_row){.key = rows[i].key,
                                                  .stage = rows[i].stage,
                                                  .code = rows[i].code,
                                                  .receipts = rows[i].receipts});
        s = page_add(page, &b, &full);
    }
    if (failed(s) || key != NULL || count == 0 || (!full && count < wanted.limit))
        return s;
    return set_next(page, rows[page->rows.count - 1].number);
}

static struct status answer_cose(struct page *page)
{
    struct slice receipt;
    bool full;
    struct buffer b = buffer_new(ROWS_MAX_BYTES);
    if (page->args->stage > STAGE_NOT_RETRIEVED)
        return REFUSE(QUERY_UNKNOWN);
    struct status s =
        journal_cose_receipt(page->link->exchange->reader, page->arena, &page->args->key,
                             (enum stage)page->args->stage, link_party(page->link), &receipt);
    if (!failed(s))
        s = page_start_list(page, 1, COSE_ROW_WEIGHT);
    if (failed(s))
        return s;
    cose_row_write(&b, receipt);
    return page_add(page, &b, &full);
}

/* What is asked of the own log and of the rulebook is for everybody, the rest for parties alone. */
static const struct {
    answer_rows *rows;
    bool for_peers;
} answers[QUERY_KINDS] = {
    [QUERY_INBOX] = {answer_inbox, false},
    [QUERY_FETCH] = {answer_fetch, false},
    [QUERY_STATUS] = {answer_status, false},
    [QUERY_CHECKPOINT] = {answer_checkpoint, true},
    [QUERY_CONSISTENCY] = {answer_consistency, true},
    [QUERY_RULEBOOK] = {answer_rulebook, true},
    [QUERY_STEPS] = {answer_steps, false},
    [QUERY_VERSIONS] = {answer_versions, true},
    [QUERY_COSE] = {answer_cose, false},
};

static struct status answer_query(struct page *page)
{
    bool may_ask = page->link->peer == NULL || answers[page->args->what].for_peers;
    answer_rows *rows = answers[page->args->what].rows;
    return rows == NULL || !may_ask ? REFUSE(QUERY_UNKNOWN) : rows(page);
}

static struct status give_answer(struct page *page)
{
    struct frame f = {
        .kind = FRAME_ANSWER,
        .as.answer = {.answers = page->number,
                      .what = page->args->what,
                      .rows = page->rows,
                      .next = page->next},
    };
    return page->is_later ? OK : link_give(page->link, &f, page->now);
}

static struct status answer_page(struct page *page)
{
    struct exchange_link *l = page->link;
    struct moment now = page->now;
    uint64_t number = page->number;
    struct status s = answer_query(page);
    if (!failed(s))
        return give_answer(page);
    bool ours = s.code != CODE_ABSENT && s.code != CODE_REFUSED;
    if (ours)
        link_say(l, now, "query.failed", "QUERY", s);
    enum refusal code = ours                            ? REFUSAL_UNAVAILABLE
                        : s.reason == REASON_FRAME_SIZE ? REFUSAL_SIZE
                                                        : REFUSAL_UNKNOWN;
    return link_refuse(l, number, code, (struct slice){0}, (struct slice){0},
                       ours ? link_retry_ms(l, number) : 0, now);
}

struct status link_answer(struct exchange_link *l, struct arena *arena,
                          const struct query_args *args, uint64_t number, struct moment now)
{
    struct page page = {.link = l, .arena = arena, .args = args, .number = number, .now = now};
    return answer_page(&page);
}

struct status link_answer_fetch(struct exchange_link *l, const struct message_key *key,
                                uint64_t number, bool is_entered, struct moment now)
{
    const struct query_args args = {.what = QUERY_FETCH, .has_key = true, .key = *key};
    struct page page = {.link = l,
                        .arena = arena_new(LINK_ARENA_BYTES),
                        .args = &args,
                        .number = number,
                        .now = now,
                        .is_entered = is_entered};
    struct status s = page.arena == NULL ? FAIL(MEMORY) : answer_page(&page);
    arena_free(page.arena);
    return s;
}

struct status link_take_query(struct exchange_link *l, struct arena *arena,
                              const struct frame *frame, struct moment now)
{
    struct query_args args;
    struct status s = query_args_parse(&frame->as.query, &args);
    if (failed(s))
        return s;
    session_settle(&l->session, 1);
    return link_answer(l, arena, &args, frame->number, now);
}
