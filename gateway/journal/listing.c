#include "journal/reader.h"

#include "journal/crypt.h"

static struct delivery delivery_of(const struct message_row *row)
{
    return (struct delivery){
        .key = row->key,
        .box = row->box,
        .thread = row->thread,
        .type = row->type,
        .delivery_number = row->delivery,
        .received_ms = row->received_ms,
        .expires_ms = row->expires_ms,
        .stage = row->stage,
        .due = row->due,
        .entry = row->entry,
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
    d.rulebook = digest_read(entry.outer.rulebook);
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

static struct status decided_fill(struct look *look, const struct message_key *key,
                                  struct decided *ret_decided)
{
    struct message_row row;
    struct looked_entry entry;
    struct status s = look_message(look, key, &row);
    if (!failed(s) && row.delivery == 0 && row.wrapped.at != NULL)
        s = FAIL(ABSENT);
    if (!failed(s))
        s = look_entry(look, row.entry, &entry);
    if (!failed(s))
        *ret_decided = (struct decided){row.box, entry.outer};
    return s;
}

struct status journal_decided(struct journal_reader *reader, struct arena *arena,
                              const struct message_key *key, struct decided *ret_decided)
{
    struct look look;
    struct status s = look_begin(reader, arena, 0, &look);
    return look_end(&look, failed(s) ? s : decided_fill(&look, key, ret_decided));
}

static struct status kept_fill(struct look *look, const struct message_key *key,
                               struct kept *ret_kept)
{
    struct message_row row;
    struct kept kept = {0};
    struct status s = look_message(look, key, &row);
    if (!failed(s) && row.delivery == 0)
        s = FAIL(ABSENT);
    if (failed(s) || failed(s = store_local(look->reader->store, look->arena, row.number,
                                            &row.slots[MESSAGE_LOCAL])))
        return s;
    kept.entry = row.entry;
    s = look_slot(look, &row, MESSAGE_LOCAL, &kept.local);
    if (!failed(s))
        *ret_kept = kept;
    return s;
}

struct status journal_kept(struct journal_reader *reader, struct arena *arena,
                           const struct message_key *key, struct kept *ret_kept)
{
    struct look look;
    struct status s = look_begin(reader, arena, 0, &look);
    return look_end(&look, failed(s) ? s : kept_fill(&look, key, ret_kept));
}

static struct status deliveries_fill(struct look *look, struct list_wanted *wanted,
                                     struct delivery **ret_rows, size_t *ret_count)
{
    struct message_row *rows = NULL;
    size_t count = 0;
    wanted->below = signed_end(&look->tree);
    struct status s = store_list(look->reader->store, look->arena, wanted, &rows, &count);
    struct delivery *deliveries = arena_array(look->arena, count, sizeof *deliveries);
    if (!failed(s) && deliveries == NULL)
        s = FAIL(MEMORY);
    for (size_t i = 0; i < count && !failed(s); i++) {
        deliveries[i] = delivery_of(&rows[i]);
        if (wanted->listing == LIST_MAILBOX || wanted->listing == LIST_THREAD)
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

struct list_wanted wanted_of(enum listing listing, const struct journal_page *page)
{
    return (struct list_wanted){
        .listing = listing,
        .party = page->party,
        .after = page->after,
        .until = page->now_ms,
        .limit = page->limit > LIST_MAX ? LIST_MAX : page->limit,
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
        .limit = limit > LIST_MAX ? LIST_MAX : limit,
    };
    return deliveries(reader, arena, wanted, ret_rows, ret_count);
}

/* ---- what is held of what peers have brought ---- */

static struct status held_read(struct look *look, const struct message_row *row,
                               struct delivery *ret_delivery)
{
    struct looked_entry entry;
    struct status s = look_entry(look, row->entry, &entry);
    if (failed(s))
        return s;
    *ret_delivery = delivery_of(row);
    ret_delivery->delivery_number = row->number;
    ret_delivery->rulebook = digest_read(entry.outer.rulebook);
    return OK;
}

/* What cannot be read stands there all the same, as decided by no rulebook: it holds up nothing
 * behind it, and journal_held_one says what is wrong. */
static struct status held_row(struct look *look, const struct message_row *row,
                              struct delivery *ret_delivery)
{
    struct status s = held_read(look, row, ret_delivery);
    if (!failed(s) || s.code == CODE_FULL || s.code == CODE_MEMORY)
        return s;
    *ret_delivery = delivery_of(row);
    ret_delivery->delivery_number = row->number;
    return OK;
}

static struct status held_list(struct look *look, struct list_wanted *wanted,
                               struct delivery **ret_rows, size_t *ret_count)
{
    struct message_row *rows = NULL;
    size_t count = 0;
    wanted->below = signed_end(&look->tree);
    struct status s = store_list(look->reader->store, look->arena, wanted, &rows, &count);
    struct delivery *held = arena_array(look->arena, count, sizeof *held);
    if (!failed(s) && held == NULL)
        s = FAIL(MEMORY);
    for (size_t i = 0; i < count && !failed(s); i++)
        s = held_row(look, &rows[i], &held[i]);
    if (failed(s))
        return s;
    *ret_rows = held;
    *ret_count = count;
    return OK;
}

struct status journal_held(struct journal_reader *reader, struct arena *arena, uint64_t after,
                           size_t limit, struct delivery **ret_rows, size_t *ret_count)
{
    struct look look;
    struct list_wanted wanted = {
        .listing = LIST_HELD, .after = after, .limit = limit > LIST_MAX ? LIST_MAX : limit};
    struct status s = look_begin(reader, arena, 0, &look);
    return look_end(&look, failed(s) ? s : held_list(&look, &wanted, ret_rows, ret_count));
}

static struct status held_fill(struct look *look, const struct message_key *key,
                               struct delivery *ret_delivery, struct kept *ret_kept)
{
    struct message_row row;
    struct delivery d;
    struct kept kept = {0};
    struct status s = look_message(look, key, &row);
    if (!failed(s) && (row.kind != ENTRY_HOLD || row.relayed == 0 || row.due == STAGE_NONE))
        s = FAIL(ABSENT);
    if (failed(s) || failed(s = held_read(look, &row, &d)) ||
        failed(s = store_body(look->reader->store, look->arena, row.number,
                              &row.slots[MESSAGE_BODY])) ||
        failed(s = store_local(look->reader->store, look->arena, row.number,
                               &row.slots[MESSAGE_LOCAL])) ||
        failed(s = look_slot(look, &row, MESSAGE_BODY, &d.body)) ||
        failed(s = look_slot(look, &row, MESSAGE_LOCAL, &kept.local)))
        return s;
    kept.entry = row.entry;
    *ret_delivery = d;
    *ret_kept = kept;
    return OK;
}

struct status journal_held_one(struct journal_reader *reader, struct arena *arena,
                               const struct message_key *key, struct delivery *ret_delivery,
                               struct kept *ret_kept)
{
    struct look look;
    struct status s = look_begin(reader, arena, 0, &look);
    return look_end(&look, failed(s) ? s : held_fill(&look, key, ret_delivery, ret_kept));
}
