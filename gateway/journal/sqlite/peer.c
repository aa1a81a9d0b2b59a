#include "journal/sqlite/sqlite.h"

struct status store_step_add(struct store *store, struct slice origin, const struct step_row *row)
{
    const struct bound values[] = {
        bound_text(origin),
        bound_integer(row->old_size),
        bound_integer(row->size),
        bound_blob(digest_slice(&row->root)),
        {.type = BOUND_BLOB, .octets = row->path},
        bound_blob(row->note),
    };
    return statement_run(store, SQL_STEP_ADD, values, sizeof values / sizeof values[0]);
}

/* The columns of STEP_COLUMNS, in their order. */
static struct status one_step(struct row *row, void *ret_element)
{
    struct step_row step = {.old_size = row_integer(row)};
    step.size = row_integer(row);
    step.root = row_digest(row);
    step.path = row_octets(row);
    step.note = row_octets(row);
    if (row->failed)
        return FAIL(MEMORY);
    *(struct step_row *)ret_element = step;
    return OK;
}

static struct status step_read(struct store *store, enum statement which, struct arena *arena,
                               const struct bound keys[static 2], struct step_row *ret_row)
{
    struct row row;
    struct status s = row_one(store, which, keys, which == SQL_STEP ? 2 : 1, arena, &row);
    if (!failed(s))
        s = one_step(&row, ret_row);
    row_end(&row);
    return s;
}

struct status store_step_last(struct store *store, struct arena *arena, struct slice origin,
                              struct step_row *ret_row)
{
    const struct bound keys[2] = {bound_text(origin)};
    return step_read(store, SQL_STEP_LAST, arena, keys, ret_row);
}

struct status store_step(struct store *store, struct arena *arena, struct slice origin,
                         uint64_t size, struct step_row *ret_row)
{
    const struct bound keys[] = {bound_text(origin), bound_integer(size)};
    return step_read(store, SQL_STEP, arena, keys, ret_row);
}

struct status store_steps(struct store *store, struct arena *arena,
                          const struct list_wanted *wanted, struct step_row **ret_rows,
                          size_t *ret_count)
{
    struct step_row *rows = arena_array(arena, wanted->limit, sizeof *rows);
    if (rows == NULL)
        return FAIL(MEMORY);
    *ret_rows = rows;
    const struct elements elements = {one_step, rows, sizeof *rows};
    return list_read(store, SQL_STEPS, arena, wanted, &elements, ret_count);
}

struct status store_fork_add(struct store *store, struct slice origin, struct slice kept,
                             struct slice given)
{
    const struct bound values[] = {
        bound_text(origin),
        {.type = BOUND_BLOB, .octets = kept},
        {.type = BOUND_BLOB, .octets = given},
        bound_integer(FORKS_MAX),
    };
    return statement_run(store, SQL_FORK_ADD, values, 4);
}

struct status store_fork_lift(struct store *store, struct slice origin)
{
    const struct bound key = bound_text(origin);
    return statement_run(store, SQL_FORK_LIFT, &key, 1);
}

struct status store_fork(struct store *store, struct arena *arena, struct slice origin,
                         struct slice *ret_kept, struct slice *ret_given)
{
    const struct bound key = bound_text(origin);
    struct row row;
    struct status s = row_one(store, SQL_FORK, &key, 1, arena, &row);
    if (!failed(s)) {
        struct slice kept = row_octets(&row), given = row_octets(&row);
        s = row.failed ? FAIL(MEMORY) : OK;
        if (!failed(s)) {
            *ret_kept = kept;
            *ret_given = given;
        }
    }
    row_end(&row);
    return s;
}
