#include "journal/sqlite/sqlite.h"

/*
 * What an entry without its opening says is lost, and with it which numbers it gave to whom. A
 * party takes each number of a thread once, and pages by the numbers of its box; so every count
 * goes on behind the most that it can have reached, for no entry gives two of one count. A thread
 * that is not known here any more begins there, too (SQL_COUNT). The price is a gap after each
 * restoration, which is where something is missing indeed.
 */
struct status store_restored_add(struct store *store, const struct restored_row *row)
{
    const struct bound values[] = {
        bound_integer(row->size),
        bound_integer(row->lost),
        bound_integer(row->time_ms),
    };
    struct status s = statement_run(store, SQL_RESTORED_ADD, values, 3);
    return failed(s) ? s : statement_run(store, SQL_COUNTERS_MOVE, &values[1], 1);
}

struct status store_restored(struct store *store, struct restored_row *ret_row)
{
    struct row row;
    struct status s = row_one(store, SQL_RESTORED, NULL, 0, NULL, &row);
    if (!failed(s)) {
        struct restored_row r = {.size = row_integer(&row)};
        r.lost = row_integer(&row);
        r.time_ms = row_integer(&row);
        r.told = row_integer(&row) != 0;
        *ret_row = r;
    }
    row_end(&row);
    return s;
}

struct status store_restored_told(struct store *store, uint64_t size)
{
    const struct bound key = bound_integer(size);
    return statement_run(store, SQL_RESTORED_TOLD, &key, 1);
}

struct status store_dues_move(struct store *store, uint64_t time_ms)
{
    const struct bound time = bound_integer(time_ms);
    return statement_run(store, SQL_DUES_MOVE, &time, 1);
}

struct status store_rewound(struct store *store, struct slice box, uint64_t *ret_size,
                            uint64_t *ret_time_ms)
{
    const struct bound key = bound_text(box);
    struct row row;
    struct status s = row_one(store, SQL_REWOUND, &key, 1, NULL, &row);
    if (!failed(s)) {
        *ret_size = row_integer(&row);
        *ret_time_ms = row_integer(&row);
    }
    row_end(&row);
    return s;
}

struct status store_rewind(struct store *store, const struct rewind *rewind)
{
    const struct bound last[] = {
        bound_text(rewind->box),
        bound_integer(rewind->size),
        bound_integer(rewind->now_ms),
    };
    const struct bound messages[] = {bound_text(rewind->box), bound_integer(rewind->now_ms)};
    const struct bound notices[] = {
        bound_text(rewind->box),
        bound_integer(rewind->since_ms),
        bound_integer(rewind->below),
    };
    struct status s = statement_run(store, SQL_REWOUND_SET, last, 3);
    if (!failed(s))
        s = statement_run(store, SQL_REWIND, messages, 2);
    if (!failed(s))
        s = statement_run(store, SQL_NOTICES_AGAIN, notices, 3);
    return failed(s) ? s : statement_run(store, SQL_NOTICES_COUNTED, NULL, 0);
}
