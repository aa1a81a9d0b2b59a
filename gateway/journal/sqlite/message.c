#include "journal/sqlite/sqlite.h"

static struct status message_write(struct store *store, enum statement which,
                                   const struct message_row *row)
{
    const struct bound values[] = {
        bound_integer(row->number),
        bound_text(row->key.from),
        bound_blob(row->key.id),
        bound_text(row->key.to),
        bound_text(row->box),
        bound_text(row->origin),
        bound_integer(row->kind),
        bound_integer(row->entry),
        bound_integer(row->relayed),
        bound_blob(row->seal),
        bound_blob(row->thread),
        bound_text(row->type),
        bound_integer(row->stage),
        bound_integer(row->received_ms),
        bound_integer(row->expires_ms),
        bound_integer(row->waiting),
        bound_integer(row->due),
        bound_integer(row->due_ms),
        bound_integer(row->delivery),
        bound_integer(row->release_number),
        bound_blob(row->wrapped),
        bound_blob(row->slots[MESSAGE_BODY]),
        bound_blob(row->slots[MESSAGE_LOCAL]),
        bound_blob(row->slots[MESSAGE_INBOX]),
    };
    return statement_run(store, which, values, sizeof values / sizeof values[0]);
}

struct status store_message_add(struct store *store, const struct message_row *row)
{
    return message_write(store, SQL_MESSAGE_ADD, row);
}

struct status store_message_set(struct store *store, const struct message_row *row)
{
    return message_write(store, SQL_MESSAGE_SET, row);
}

struct status store_message_stage(struct store *store, const struct message_row *row)
{
    const struct bound values[] = {
        bound_integer(row->stage),  bound_integer(row->waiting), bound_integer(row->due),
        bound_integer(row->due_ms), bound_integer(row->number),
    };
    return statement_run(store, SQL_MESSAGE_STAGE, values, sizeof values / sizeof values[0]);
}

struct message_key row_key(struct row *row)
{
    struct slice from = row_octets(row);
    struct slice id = row_octets(row);
    struct slice to = row_octets(row);
    return (struct message_key){.from = from, .id = id, .to = to};
}

/* The columns of MESSAGE_COLUMNS, in their order. */
static struct status message_read(struct row *row, struct message_row *ret_row)
{
    struct message_row m = {0};
    m.number = row_integer(row);
    m.key = row_key(row);
    m.box = row_octets(row);
    m.origin = row_octets(row);
    m.kind = (enum entry_kind)row_integer(row);
    m.entry = row_integer(row);
    m.relayed = row_integer(row);
    m.seal = row_octets(row);
    m.thread = row_octets(row);
    m.type = row_octets(row);
    m.stage = (enum stage)row_integer(row);
    m.received_ms = row_integer(row);
    m.expires_ms = row_integer(row);
    m.waiting = row_integer(row) != 0;
    m.due = (enum stage)row_integer(row);
    m.due_ms = row_integer(row);
    m.delivery = row_integer(row);
    m.release_number = row_integer(row);
    m.wrapped = row_octets(row);
    m.slots[MESSAGE_INBOX] = row_octets(row);
    if (row->failed)
        return FAIL(MEMORY);
    *ret_row = m;
    return OK;
}

struct status store_message(struct store *store, struct arena *arena, const struct message_key *key,
                            struct message_row *ret_row)
{
    const struct bound keys[] = {bound_text(key->from), bound_blob(key->id), bound_text(key->to)};
    struct row row;
    struct status s = row_one(store, SQL_MESSAGE, keys, 3, arena, &row);
    if (!failed(s))
        s = message_read(&row, ret_row);
    row_end(&row);
    return s;
}

struct status store_message_numbered(struct store *store, struct arena *arena, uint64_t number,
                                     struct message_row *ret_row)
{
    const struct bound key = bound_integer(number);
    struct row row;
    struct status s = row_one(store, SQL_MESSAGE_NUMBERED, &key, 1, arena, &row);
    if (!failed(s))
        s = message_read(&row, ret_row);
    row_end(&row);
    return s;
}

static struct status octets_read(struct store *store, enum statement which, struct arena *arena,
                                 uint64_t number, struct slice *ret_octets)
{
    const struct bound key = bound_integer(number);
    struct row row;
    struct status s = row_one(store, which, &key, 1, arena, &row);
    if (!failed(s)) {
        struct slice octets = row_octets(&row);
        s = row.failed ? FAIL(MEMORY) : octets.at == NULL ? FAIL(ABSENT) : OK;
        if (!failed(s))
            *ret_octets = octets;
    }
    row_end(&row);
    return s;
}

struct status store_body(struct store *store, struct arena *arena, uint64_t number,
                         struct slice *ret_body)
{
    return octets_read(store, SQL_BODY, arena, number, ret_body);
}

struct status store_local(struct store *store, struct arena *arena, uint64_t number,
                          struct slice *ret_local)
{
    return octets_read(store, SQL_LOCAL, arena, number, ret_local);
}

struct status store_count(struct store *store, struct slice party, struct slice thread,
                          uint64_t *ret_number)
{
    const struct bound keys[] = {
        bound_text(party),
        {.type = BOUND_BLOB, .octets = thread},
    };
    struct row row;
    struct status s = row_one(store, SQL_COUNT, keys, 2, NULL, &row);
    if (!failed(s)) {
        uint64_t number = row_integer(&row);
        s = row_next(store, &row); /* the change is made when the statement is run to its end */
        if (s.code == CODE_ABSENT) {
            *ret_number = number;
            s = OK;
        }
    }
    row_end(&row);
    return s;
}

static struct status one_message(struct row *row, void *ret_element)
{
    return message_read(row, ret_element);
}

struct status list_read(struct store *store, enum statement which, struct arena *arena,
                        const struct list_wanted *wanted, const struct elements *elements,
                        size_t *ret_count)
{
    const struct bound values[] = {
        bound_text(wanted->party),    bound_blob(wanted->thread),   bound_integer(wanted->after),
        bound_integer(wanted->until), bound_integer(wanted->below), bound_integer(wanted->limit),
    };
    size_t count = 0;
    struct row row;
    struct status s = row_one(store, which, values, 6, arena, &row);
    while (!failed(s) && count < wanted->limit) {
        s = elements->read(&row, (uint8_t *)elements->at + count * elements->size);
        if (!failed(s)) {
            count++;
            s = row_next(store, &row);
        }
    }
    row_end(&row);
    if (failed(s) && s.code != CODE_ABSENT)
        return s;
    *ret_count = count;
    return OK;
}

struct status store_list(struct store *store, struct arena *arena, const struct list_wanted *wanted,
                         struct message_row **ret_rows, size_t *ret_count)
{
    static const enum statement statements[LISTINGS] = {
        [LIST_MAILBOX] = SQL_MAILBOX,         [LIST_THREAD] = SQL_THREAD,
        [LIST_UNDELIVERED] = SQL_UNDELIVERED, [LIST_SENT] = SQL_SENT,
        [LIST_OVERDUE] = SQL_OVERDUE,         [LIST_HELD] = SQL_HELD,
    };
    struct message_row *rows = arena_array(arena, wanted->limit, sizeof *rows);
    if (rows == NULL)
        return FAIL(MEMORY);
    *ret_rows = rows;
    const struct elements elements = {one_message, rows, sizeof *rows};
    return list_read(store, statements[wanted->listing], arena, wanted, &elements, ret_count);
}

struct status store_waiting(struct store *store, struct slice box, uint64_t *ret_count,
                            uint64_t *ret_oldest_ms)
{
    const struct bound key = bound_text(box);
    struct row row;
    struct status s = row_one(store, SQL_WAITING, &key, 1, NULL, &row);
    if (!failed(s)) {
        *ret_count = row_integer(&row);
        *ret_oldest_ms = row_integer(&row);
    }
    row_end(&row);
    return s;
}
