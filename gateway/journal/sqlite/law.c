#include "journal/sqlite/sqlite.h"

struct status store_law(struct store *store, struct arena *arena, struct slice *ret_objects)
{
    struct row row;
    struct status s = row_one(store, SQL_LAW, NULL, 0, arena, &row);
    if (!failed(s))
        *ret_objects = row_octets(&row);
    row_end(&row);
    return failed(s) || !row.failed ? s : FAIL(MEMORY);
}

struct status store_log(struct store *store, struct arena *arena, uint64_t number,
                        struct kept_log *ret_log)
{
    struct row row;
    const struct bound key = bound_integer(number);
    struct kept_log log = {.number = number};
    struct status s = row_one(store, SQL_LOG, &key, 1, arena, &row);
    if (!failed(s)) {
        log.origin = row_octets(&row);
        log.size = row_integer(&row);
        log.root = row_digest(&row);
        log.note = row_octets(&row);
        *ret_log = log;
    }
    row_end(&row);
    return failed(s) || !row.failed ? s : FAIL(MEMORY);
}

struct status store_log_add(struct store *store, uint64_t number, struct slice origin)
{
    const struct bound values[] = {bound_integer(number), bound_text(origin)};
    return statement_run(store, SQL_LOG_ADD, values, 2);
}

struct status store_log_close(struct store *store, const struct kept_log *log)
{
    const struct bound values[] = {
        bound_integer(log->number),
        bound_integer(log->size),
        bound_blob(digest_slice(&log->root)),
        bound_blob(log->note),
    };
    return statement_run(store, SQL_LOG_CLOSE, values, 4);
}

struct status store_law_set(struct store *store, struct slice objects)
{
    const struct bound value = bound_blob(objects);
    return statement_run(store, SQL_LAW_SET, &value, 1);
}
