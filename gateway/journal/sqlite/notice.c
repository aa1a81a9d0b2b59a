#include "journal/sqlite/sqlite.h"

struct status store_notice_add(struct store *store, const struct notice_row *row, struct slice box)
{
    const struct bound values[] = {
        bound_integer(row->number), bound_integer(row->message), bound_integer(row->stage),
        bound_integer(row->entry),  bound_integer(row->below),   bound_text(box),
    };
    return statement_run(store, SQL_NOTICE_ADD, values, sizeof values / sizeof values[0]);
}

struct status store_notice_drop(struct store *store, uint64_t message, enum stage stage)
{
    const struct bound keys[] = {bound_integer(message), bound_integer(stage)};
    return statement_run(store, SQL_NOTICE_DROP, keys, 2);
}

static struct status one_notice(struct row *row, void *ret_element)
{
    struct notice_row n = {.number = row_integer(row)};
    n.message = row_integer(row);
    n.stage = (enum stage)row_integer(row);
    n.entry = row_integer(row);
    n.below = row_integer(row);
    n.key = row_key(row);
    if (row->failed)
        return FAIL(MEMORY);
    *(struct notice_row *)ret_element = n;
    return OK;
}

struct status store_notices(struct store *store, struct arena *arena,
                            const struct list_wanted *wanted, struct notice_row **ret_rows,
                            size_t *ret_count)
{
    struct notice_row *rows = arena_array(arena, wanted->limit, sizeof *rows);
    if (rows == NULL)
        return FAIL(MEMORY);
    *ret_rows = rows;
    const struct elements elements = {one_notice, rows, sizeof *rows};
    return list_read(store, SQL_NOTICES, arena, wanted, &elements, ret_count);
}

struct status store_remote_add(struct store *store, const struct remote_row *row)
{
    const struct bound values[] = {
        bound_integer(remote_place(row->message, row->stage)),
        bound_integer(row->message),
        bound_integer(row->stage),
        bound_blob(row->wrapped),
        bound_blob(row->receipt),
    };
    return statement_run(store, SQL_REMOTE_ADD, values, sizeof values / sizeof values[0]);
}

/* Those between two places, at most so many. */
static struct status remotes_read(struct store *store, struct arena *arena,
                                  const uint64_t places[static 2], struct remote_row *ret_rows,
                                  size_t max, size_t *ret_count)
{
    const struct bound values[] = {
        bound_integer(places[0]),
        bound_integer(places[1]),
        bound_integer(max),
    };
    struct row row;
    size_t count = 0;
    struct status s = row_one(store, SQL_REMOTES, values, 3, arena, &row);
    while (!failed(s) && count < max) {
        struct remote_row *r = &ret_rows[count++];
        r->message = row_integer(&row);
        r->stage = (enum stage)row_integer(&row);
        r->wrapped = row_octets(&row);
        r->receipt = row_octets(&row);
        s = row.failed ? FAIL(MEMORY) : row_next(store, &row);
    }
    row_end(&row);
    if (failed(s) && s.code != CODE_ABSENT)
        return s;
    *ret_count = count;
    return OK;
}

struct status store_remote(struct store *store, struct arena *arena, uint64_t message,
                           enum stage stage, struct remote_row *ret_row)
{
    const uint64_t place = remote_place(message, stage), places[] = {place, place};
    size_t count = 0;
    struct status s = remotes_read(store, arena, places, ret_row, 1, &count);
    return !failed(s) && count == 0 ? FAIL(ABSENT) : s;
}

struct status store_remotes(struct store *store, struct arena *arena, uint64_t message,
                            struct remote_row ret_rows[static STAGES_MAX], size_t *ret_count)
{
    const uint64_t places[] = {remote_place(message, STAGE_NONE),
                               remote_place(message + 1, STAGE_NONE) - 1};
    return remotes_read(store, arena, places, ret_rows, STAGES_MAX, ret_count);
}
