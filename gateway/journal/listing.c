#include "journal/reader.h"

#include "journal/crypt.h"

#define LIST_MAX 100

static struct delivery delivery_of(const struct message_row *row)
{
    return (struct delivery){
        .key = row->key,
        .thread = row->thread,
        .type = row->type,
        .delivery_number = row->delivery,
        .received_ms = row->received_ms,
        .stage = row->stage,
    };
}

/* A slot that was never filled is empty, not missing. */
static struct status slot_if_any(struct look *look, const struct message_row *row,
                                 enum message_slot slot, struct slice *ret_octets)
{
    return row->slots[slot].at == NULL ? OK : look_slot(look, row, slot, ret_octets);
}

static struct status fetch_fill(struct look *look, const struct message_key *key,
                                struct delivery *ret_delivery)
{
    struct message_row row;
    struct looked_entry entry;
    struct status s = look_message(look, key, &row);
    if (!failed(s) && row.delivery == 0)
        s = FAIL(ABSENT);
    if (failed(s) || failed(s = look_entry(look, row.entry, &entry)))
        return s;
    struct delivery d = delivery_of(&row);
    const struct place place = {"entry", row.entry};
    if (failed(s = store_body(look->reader->store, look->arena, row.number,
                              &row.slots[MESSAGE_BODY])) ||
        failed(s = look_slot(look, &row, MESSAGE_BODY, &d.body)) ||
        failed(s = slot_if_any(look, &row, MESSAGE_INBOX, &d.inbox)) ||
        failed(s = slot_open(look->arena, look->reader->keyring, &place, entry.row.wrapped,
                             ENTRY_RELEASE, entry.row.slots[ENTRY_RELEASE], &d.release)) ||
        failed(s = look_receipt(look, &entry, &d.receipt)))
        return s;
    *ret_delivery = d;
    return OK;
}

struct status journal_fetch(struct journal_reader *reader, struct arena *arena,
                            const struct message_key *key, uint64_t reader_size,
                            struct delivery *ret_delivery)
{
    struct look look;
    struct status s = look_begin(reader, arena, reader_size, &look);
    return look_end(&look, failed(s) ? s : fetch_fill(&look, key, ret_delivery));
}

static struct status deliveries_fill(struct look *look, struct list_wanted *wanted,
                                     struct delivery **ret_rows, size_t *ret_count)
{
    struct message_row *rows = NULL;
    size_t count = 0;
    wanted->limit = wanted->limit > LIST_MAX ? LIST_MAX : wanted->limit;
    wanted->below = look->tree.size;
    struct status s = store_list(look->reader->store, look->arena, wanted, &rows, &count);
    struct delivery *deliveries = arena_array(look->arena, count, sizeof *deliveries);
    if (!failed(s) && deliveries == NULL)
        s = FAIL(MEMORY);
    for (size_t i = 0; i < count && !failed(s); i++) {
        deliveries[i] = delivery_of(&rows[i]);
        s = slot_if_any(look, &rows[i], MESSAGE_INBOX, &deliveries[i].inbox);
    }
    if (failed(s))
        return s;
    *ret_rows = deliveries;
    *ret_count = count;
    return OK;
}

static struct status deliveries(struct journal_reader *reader, struct arena *arena,
                                struct list_wanted wanted, struct delivery **ret_rows,
                                size_t *ret_count)
{
    struct look look;
    struct status s = look_begin(reader, arena, 0, &look);
    return look_end(&look, failed(s) ? s : deliveries_fill(&look, &wanted, ret_rows, ret_count));
}

static struct list_wanted wanted_of(enum listing listing, const struct journal_page *page)
{
    return (struct list_wanted){
        .listing = listing,
        .party = page->party,
        .after = page->after,
        .limit = page->limit,
    };
}

struct status journal_inbox(struct journal_reader *reader, struct arena *arena,
                            const struct journal_page *page, struct delivery **ret_rows,
                            size_t *ret_count)
{
    struct list_wanted wanted =
        wanted_of(page->thread.length == 0 ? LIST_MAILBOX : LIST_THREAD, page);
    wanted.thread = page->thread;
    return deliveries(reader, arena, wanted, ret_rows, ret_count);
}

struct status journal_undelivered(struct journal_reader *reader, struct arena *arena,
                                  const struct journal_page *page, struct delivery **ret_rows,
                                  size_t *ret_count)
{
    return deliveries(reader, arena, wanted_of(LIST_UNDELIVERED, page), ret_rows, ret_count);
}

struct status journal_overdue(struct journal_reader *reader, struct arena *arena, uint64_t now_ms,
                              size_t limit, struct delivery **ret_rows, size_t *ret_count)
{
    const struct list_wanted wanted = {
        .listing = LIST_OVERDUE,
        .until = now_ms,
        .limit = limit,
    };
    return deliveries(reader, arena, wanted, ret_rows, ret_count);
}

/* The answer's receipt, then those of the stages; the last of them is how far the message is. */
static struct status submission_fill(struct look *look, const struct message_row *row,
                                     struct submission_row *ret_row)
{
    struct stage_entry stages[STAGES_MAX];
    struct looked_entry entry;
    size_t count = 0;
    struct status s =
        store_stages(look->reader->store, row->number, look->tree.size, stages, &count);
    if (failed(s) || failed(s = look_entry(look, row->entry, &entry)))
        return s;
    struct submission_row r = {
        .key = row->key,
        .number = row->number,
        .stage = row->kind == ENTRY_DISCLOSURE ? STAGE_ACCEPTED : row->stage,
        .code = entry.outer.code,
        .receipts = {arena_array(look->arena, count + 1, sizeof *r.receipts.at), count + 1},
    };
    if (r.receipts.at == NULL)
        return FAIL(MEMORY);
    s = look_receipt(look, &entry, &r.receipts.at[0]);
    for (size_t i = 0; i < count && !failed(s); i++) {
        s = look_entry(look, stages[i].index, &entry);
        if (!failed(s))
            s = look_receipt(look, &entry, &r.receipts.at[i + 1]);
        r.stage = stages[i].stage;
    }
    if (!failed(s))
        *ret_row = r;
    return s;
}

/* One row or none for a key, and only for who sent it; otherwise the party's own, in their order.
 */
static struct status submissions_find(struct look *look, const struct message_key *key,
                                      struct list_wanted *wanted, struct message_row **ret_rows,
                                      size_t *ret_count)
{
    if (key == NULL)
        return store_list(look->reader->store, look->arena, wanted, ret_rows, ret_count);
    struct message_row *row = arena_alloc(look->arena, sizeof *row);
    if (row == NULL)
        return FAIL(MEMORY);
    struct status s =
        slice_equal(key->from, wanted->party) ? look_message(look, key, row) : FAIL(ABSENT);
    *ret_rows = row;
    *ret_count = failed(s) ? 0 : 1;
    return s.code == CODE_ABSENT ? OK : s;
}

static struct status submissions_fill(struct look *look, const struct message_key *key,
                                      struct list_wanted *wanted, struct submission_row **ret_rows,
                                      size_t *ret_count)
{
    struct message_row *rows = NULL;
    size_t count = 0;
    wanted->limit = wanted->limit > LIST_MAX ? LIST_MAX : wanted->limit;
    wanted->below = look->tree.size;
    struct status s = submissions_find(look, key, wanted, &rows, &count);
    struct submission_row *submissions = arena_array(look->arena, count, sizeof *submissions);
    if (!failed(s) && submissions == NULL)
        s = FAIL(MEMORY);
    for (size_t i = 0; i < count && !failed(s); i++)
        s = submission_fill(look, &rows[i], &submissions[i]);
    if (failed(s))
        return s;
    *ret_rows = submissions;
    *ret_count = count;
    return OK;
}

struct status journal_submissions(struct journal_reader *reader, struct arena *arena,
                                  const struct journal_page *page, struct submission_row **ret_rows,
                                  size_t *ret_count)
{
    struct list_wanted wanted = wanted_of(LIST_SENT, page);
    struct look look;
    struct status s = look_begin(reader, arena, page->reader_size, &look);
    if (!failed(s))
        s = submissions_fill(&look, page->key, &wanted, ret_rows, ret_count);
    return look_end(&look, s);
}

static struct status notices_fill(struct look *look, const struct list_wanted *wanted,
                                  struct notice **ret_rows, size_t *ret_count)
{
    struct notice_row *rows = NULL;
    size_t count = 0;
    struct status s = store_notices(look->reader->store, look->arena, wanted, &rows, &count);
    struct notice *notices = arena_array(look->arena, count, sizeof *notices);
    if (!failed(s) && notices == NULL)
        s = FAIL(MEMORY);
    for (size_t i = 0; i < count && !failed(s); i++) {
        struct looked_entry entry;
        notices[i] = (struct notice){
            .key = rows[i].key,
            .stage = rows[i].stage,
            .number = rows[i].entry,
        };
        s = look_entry(look, rows[i].entry, &entry);
        if (!failed(s))
            s = look_receipt(look, &entry, &notices[i].receipt);
    }
    if (failed(s))
        return s;
    *ret_rows = notices;
    *ret_count = count;
    return OK;
}

struct status journal_notices(struct journal_reader *reader, struct arena *arena,
                              const struct journal_page *page, struct notice **ret_rows,
                              size_t *ret_count)
{
    struct look look;
    struct status s = look_begin(reader, arena, 0, &look);
    const struct list_wanted wanted = {
        .party = page->party,
        .after = page->after,
        .below = look.tree.size,
        .limit = page->limit > LIST_MAX ? LIST_MAX : page->limit,
    };
    return look_end(&look, failed(s) ? s : notices_fill(&look, &wanted, ret_rows, ret_count));
}
