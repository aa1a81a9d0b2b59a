#include "journal/sqlite/sqlite.h"

#include <string.h>

struct status store_entry_add(struct store *store, const struct entry_row *row)
{
    const struct bound values[] = {
        bound_integer(row->index),
        bound_integer(row->kind),
        bound_integer(row->stage),
        bound_integer(row->hop),
        row->about ? bound_integer(row->message) : (struct bound){0},
        bound_blob(row->entry),
        bound_blob(digest_slice(&row->leaf)),
        bound_blob(row->wrapped),
        bound_blob(row->slots[ENTRY_OUTER]),
        bound_blob(row->slots[ENTRY_INNER]),
        bound_blob(row->slots[ENTRY_CLOSED]),
        bound_blob(row->slots[ENTRY_RELEASE]),
    };
    return statement_run(store, SQL_ENTRY_ADD, values, sizeof values / sizeof values[0]);
}

struct status store_entry_replace(struct store *store, uint64_t index)
{
    const struct bound key = bound_integer(index);
    return statement_run(store, SQL_ENTRY_REPLACE, &key, 1);
}

struct status store_entry(struct store *store, struct arena *arena, uint64_t index,
                          struct entry_row *ret_row)
{
    struct row row;
    const struct bound key = bound_integer(index);
    struct status s = row_one(store, SQL_ENTRY, &key, 1, arena, &row);
    if (!failed(s)) {
        struct entry_row r = {0};
        r.index = row_integer(&row);
        r.kind = (enum entry_kind)row_integer(&row);
        r.stage = (enum stage)row_integer(&row);
        r.hop = row_integer(&row);
        r.about = sqlite3_column_type(row.statement, row.column) != SQLITE_NULL;
        r.message = row_integer(&row);
        r.entry = row_octets(&row);
        r.leaf = row_digest(&row);
        r.wrapped = row_octets(&row);
        for (size_t i = 0; i < ENTRY_SLOTS; i++)
            r.slots[i] = row_octets(&row);
        s = row.failed ? FAIL(MEMORY) : r.entry.length == ENTRY_BYTES ? OK : FAIL(STORE);
        if (!failed(s))
            *ret_row = r;
    }
    row_end(&row);
    return s;
}

struct status store_entry_octets(struct store *store, uint64_t index,
                                 uint8_t ret_entry[static ENTRY_BYTES])
{
    struct row row;
    const struct bound key = bound_integer(index);
    struct status s = row_one(store, SQL_ENTRY_OCTETS, &key, 1, NULL, &row);
    if (!failed(s)) {
        const void *octets = sqlite3_column_blob(row.statement, 0);
        if (octets != NULL && sqlite3_column_bytes(row.statement, 0) == ENTRY_BYTES)
            memcpy(ret_entry, octets, ENTRY_BYTES);
        else
            s = FAIL(STORE);
    }
    row_end(&row);
    return s;
}

struct status store_stage_entry(struct store *store, uint64_t message, enum stage stage,
                                uint64_t *ret_index)
{
    struct row row;
    const struct bound keys[] = {bound_integer(message), bound_integer(stage)};
    struct status s = row_one(store, SQL_STAGE_ENTRY, keys, 2, NULL, &row);
    if (!failed(s))
        *ret_index = row_integer(&row);
    row_end(&row);
    return s;
}

struct status store_stages(struct store *store, uint64_t message, uint64_t below,
                           struct stage_entry ret_stages[static STAGES_MAX], size_t *ret_count)
{
    const struct bound keys[] = {
        bound_integer(message),
        bound_integer(below),
        bound_integer(STAGES_MAX),
    };
    struct row row;
    size_t count = 0;
    struct status s = row_one(store, SQL_STAGES, keys, 3, NULL, &row);
    while (!failed(s) && count < STAGES_MAX) {
        ret_stages[count].index = row_integer(&row);
        ret_stages[count++].stage = (enum stage)row_integer(&row);
        s = row_next(store, &row);
    }
    row_end(&row);
    if (failed(s) && s.code != CODE_ABSENT)
        return s;
    *ret_count = count;
    return OK;
}
