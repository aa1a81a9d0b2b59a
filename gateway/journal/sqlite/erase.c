#include "journal/sqlite/sqlite.h"

/* What is kept for a while, and its end. */

/* Numbers of the database are signed. */
static struct bound bound_limit(uint64_t value)
{
    return bound_integer(value > INT64_MAX ? INT64_MAX : value);
}

struct status store_keep(struct store *store, const struct keeping *keeping, uint64_t bodies_ms)
{
    const struct bound values[] = {
        bound_integer(keeping->message), bound_integer(keeping->accepted_ms),
        bound_integer(keeping->ends_ms), bound_limit(keeping->retain_ms),
        bound_integer(bodies_ms),
    };
    return statement_run(store, SQL_KEEP, values, sizeof values / sizeof values[0]);
}

struct status store_keep_finished(struct store *store, uint64_t message, uint64_t bodies_ms)
{
    const struct bound values[] = {bound_integer(message), bound_integer(bodies_ms)};
    return statement_run(store, SQL_KEEP_FINISHED, values, 2);
}

struct status store_keep_all(struct store *store, uint64_t bodies_ms)
{
    const struct bound value = bound_integer(bodies_ms);
    return statement_run(store, SQL_KEEP_ALL, &value, 1);
}

struct status store_kept(struct store *store, uint64_t message, bool *ret_held)
{
    const struct bound key = bound_integer(message);
    struct row row;
    struct status s = row_one(store, SQL_KEPT, &key, 1, NULL, &row);
    if (!failed(s))
        *ret_held = row_integer(&row) != 0;
    row_end(&row);
    return s;
}

struct status store_keep_hold(struct store *store, uint64_t message, bool held)
{
    const struct bound values[] = {bound_integer(message), bound_integer(held)};
    return statement_run(store, SQL_KEEP_HOLD, values, 2);
}

struct status store_erasable(struct store *store, uint64_t now_ms, size_t limit,
                             struct erasable *ret_rows, size_t *ret_count)
{
    const struct bound values[] = {bound_integer(now_ms), bound_integer(limit)};
    struct row row;
    size_t count = 0;
    struct status s = row_one(store, SQL_ERASABLE, values, 2, NULL, &row);
    while (!failed(s) && count < limit) {
        ret_rows[count].message = row_integer(&row);
        ret_rows[count++].bytes = row_integer(&row);
        s = row_next(store, &row);
    }
    row_end(&row);
    if (failed(s) && s.code != CODE_ABSENT)
        return s;
    *ret_count = count;
    return OK;
}

static struct status erase(struct store *store, enum statement which, uint64_t number)
{
    const struct bound key = bound_integer(number);
    store->has_erased = true; /* though it be taken back: emptying the log once more does no harm */
    return statement_run(store, which, &key, 1);
}

struct status store_message_erase(struct store *store, uint64_t number)
{
    struct status s = erase(store, SQL_MESSAGE_ERASE, number);
    return failed(s) ? s : erase(store, SQL_KEEP_END, number);
}

static struct status with_openings_read(struct row *row, struct with_openings *ret)
{
    struct with_openings r = {.index = row_integer(row)};
    struct slice outer, inner;
    const void *octets = sqlite3_column_blob(row->statement, row->column);
    const size_t length = (size_t)sqlite3_column_bytes(row->statement, row->column++);
    if (failed(entry_parse(slice_over(octets, length), &r.time_ms, &outer, &inner)))
        return FAIL(STORE);
    r.about = sqlite3_column_type(row->statement, row->column) != SQLITE_NULL;
    r.message = row_integer(row);
    *ret = r;
    return OK;
}

struct status store_with_openings(struct store *store, uint64_t from, size_t limit,
                                  struct with_openings *ret_rows, size_t *ret_count)
{
    const struct bound values[] = {bound_integer(from), bound_integer(limit)};
    struct row row;
    size_t count = 0;
    struct status s = row_one(store, SQL_WITH_OPENINGS, values, 2, NULL, &row);
    while (!failed(s) && count < limit) {
        s = with_openings_read(&row, &ret_rows[count]);
        count += !failed(s);
        if (!failed(s))
            s = row_next(store, &row);
    }
    row_end(&row);
    if (failed(s) && s.code != CODE_ABSENT)
        return s;
    *ret_count = count;
    return OK;
}

struct status store_entry_erase(struct store *store, uint64_t index)
{
    return erase(store, SQL_ENTRY_ERASE, index);
}

struct status store_has_notice(struct store *store, uint64_t message, uint64_t entry, bool *ret_has)
{
    const struct bound values[] = {bound_integer(message), bound_integer(entry)};
    struct row row;
    struct status s = row_one(store, SQL_NOTICE_OF, values, 2, NULL, &row);
    row_end(&row);
    if (failed(s) && s.code != CODE_ABSENT)
        return s;
    *ret_has = !failed(s);
    return OK;
}
