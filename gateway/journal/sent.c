#include "journal/reader.h"

#include "journal/crypt.h"

/* What a sender, or the peer gateway in its place, is told of its messages. */

static struct status remote_receipt(struct look *look, const struct remote_row *remote,
                                    struct slice *ret_receipt)
{
    const struct place place = {"remote", remote_place(remote->message, remote->stage)};
    return slot_open(look->arena, look->reader->keyring, &place, remote->wrapped, 0,
                     remote->receipt, ret_receipt);
}

static struct status own_receipt(struct look *look, uint64_t index, struct slice *ret_receipt)
{
    struct looked_entry entry;
    struct status s = look_entry(look, index, &entry);
    return failed(s) ? s : look_receipt(look, &entry, ret_receipt);
}

/* Our own stages and a peer's, each in the order of the stages. */
struct stages {
    struct stage_entry own[STAGES_MAX];
    struct remote_row remote[STAGES_MAX];
    size_t own_count, remote_count;
};

static struct status stages_read(struct look *look, uint64_t message, struct stages *stages)
{
    struct store *store = look->reader->store;
    struct status s =
        store_stages(store, message, signed_end(&look->tree), stages->own, &stages->own_count);
    return failed(s)
               ? s
               : store_remotes(store, look->arena, message, stages->remote, &stages->remote_count);
}

/* An entry whose openings were erased gives none; that it is there is all that is left to say. */
static struct status receipt_if_any(struct slices *receipts, struct status s)
{
    if (!failed(s))
        receipts->count++;
    return s.code == CODE_ABSENT ? OK : s;
}

/* Appends the receipts, merged; the last stage is how far the message is. */
static struct status stages_fill(struct look *look, const struct stages *stages,
                                 struct submission_row *row)
{
    struct status s = OK;
    for (size_t o = 0, r = 0; !failed(s) && o + r < stages->own_count + stages->remote_count;) {
        struct slice *receipt = &row->receipts.at[row->receipts.count];
        bool is_own = r == stages->remote_count ||
                      (o < stages->own_count && stages->own[o].stage < stages->remote[r].stage);
        row->stage = is_own ? stages->own[o].stage : stages->remote[r].stage;
        s = is_own ? own_receipt(look, stages->own[o++].index, receipt)
                   : remote_receipt(look, &stages->remote[r++], receipt);
        s = receipt_if_any(&row->receipts, s);
    }
    return s;
}

/* The answer's receipt, then those of the stages. */
static struct status submission_fill(struct look *look, const struct message_row *row,
                                     struct submission_row *ret_row)
{
    struct stages stages;
    struct looked_entry entry = {0};
    struct status s = stages_read(look, row->number, &stages);
    if (!failed(s))
        s = look_entry(look, row->entry, &entry);
    bool is_erased = s.code == CODE_ABSENT;
    if (failed(s) && !is_erased)
        return s;
    size_t most = 1 + stages.own_count + stages.remote_count;
    struct submission_row r = {
        .key = row->key,
        .number = row->number,
        .stage = row->kind == ENTRY_DISCLOSURE ? STAGE_ACCEPTED
                 : row->kind == ENTRY_HOLD     ? STAGE_NONE
                                               : row->stage,
        .code = entry.outer.code,
        .receipts = {arena_array(look->arena, most, sizeof *r.receipts.at), 0},
    };
    if (r.receipts.at == NULL)
        return FAIL(MEMORY);
    if (!is_erased)
        s = look_receipt(look, &entry, &r.receipts.at[0]);
    if (failed(s = receipt_if_any(&r.receipts, s)))
        return s;
    s = stages_fill(look, &stages, &r);
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
    wanted->below = signed_end(&look->tree);
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

static struct status notice_receipt(struct look *look, const struct notice_row *row,
                                    struct slice *ret_receipt)
{
    struct remote_row remote;
    if (row->entry != 0)
        return own_receipt(look, row->entry, ret_receipt);
    struct status s =
        store_remote(look->reader->store, look->arena, row->message, row->stage, &remote);
    return failed(s) ? s : remote_receipt(look, &remote, ret_receipt);
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
        notices[i] = (struct notice){
            .key = rows[i].key,
            .stage = rows[i].stage,
            .number = rows[i].number,
        };
        s = notice_receipt(look, &rows[i], &notices[i].receipt);
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
    struct list_wanted wanted = wanted_of(LIST_SENT, page);
    struct look look;
    struct status s = look_begin(reader, arena, page->reader_size, &look);
    wanted.below = signed_end(&look.tree);
    return look_end(&look, failed(s) ? s : notices_fill(&look, &wanted, ret_rows, ret_count));
}

static struct status stage_receipt(struct look *look, const struct message_key *key,
                                   enum stage stage, struct slice *ret_receipt)
{
    struct message_row row;
    uint64_t index = 0;
    struct status s = look_message(look, key, &row);
    if (!failed(s))
        s = store_stage_entry(look->reader->store, row.number, stage, &index);
    return failed(s) ? s : own_receipt(look, index, ret_receipt);
}

struct status journal_stage_receipt(struct journal_reader *reader, struct arena *arena,
                                    const struct message_key *key, enum stage stage,
                                    uint64_t reader_size, struct slice *ret_receipt)
{
    struct look look;
    struct status s = look_begin(reader, arena, reader_size, &look);
    return look_end(&look, failed(s) ? s : stage_receipt(&look, key, stage, ret_receipt));
}
