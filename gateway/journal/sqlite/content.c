#include "journal/store_content.h"

#include "journal/sqlite/sqlite.h"

/* What entries are about: keys in force, threads that are secret, persons. */

/* The one column of the one row that there may be. */
static struct status octets_one(struct store *store, enum statement which,
                                const struct bound *values, size_t count, struct arena *arena,
                                struct slice *ret_octets)
{
    struct row row;
    struct status s = row_one(store, which, values, count, arena, &row);
    struct slice octets = failed(s) ? (struct slice){NULL, 0} : row_octets(&row);
    if (!failed(s) && row.failed)
        s = FAIL(MEMORY);
    if (!failed(s))
        *ret_octets = octets;
    row_end(&row);
    return s;
}

struct status store_keys(struct store *store, struct arena *arena, struct slice *ret_lines)
{
    return octets_one(store, SQL_KEYS, NULL, 0, arena, ret_lines);
}

struct status store_keys_set(struct store *store, struct slice lines)
{
    const struct bound value = bound_blob(lines);
    return statement_run(store, SQL_KEYS_SET, &value, 1);
}

struct status store_confidential_add(struct store *store, struct slice thread)
{
    const struct bound value = bound_blob(thread);
    return statement_run(store, SQL_CONFIDENTIAL_ADD, &value, 1);
}

struct status store_thread_of_add(struct store *store, uint64_t entry, struct slice thread)
{
    const struct bound values[] = {bound_integer(entry), bound_blob(thread)};
    return statement_run(store, SQL_THREAD_OF_ADD, values, 2);
}

struct status store_is_confidential(struct store *store, const struct entry_row *entry,
                                    bool *ret_is)
{
    const struct bound values[] = {
        bound_integer(entry->index),
        entry->about ? bound_integer(entry->message) : (struct bound){0},
    };
    struct row row;
    struct status s = row_one(store, SQL_CONFIDENTIAL, values, 2, NULL, &row);
    row_end(&row);
    if (failed(s) && s.code != CODE_ABSENT)
        return s;
    *ret_is = !failed(s);
    return OK;
}

struct status store_person(struct store *store, struct arena *arena, struct slice place,
                           struct slice *ret_wrapped)
{
    const struct bound key = bound_blob(place);
    return octets_one(store, SQL_PERSON, &key, 1, arena, ret_wrapped);
}

struct status store_person_add(struct store *store, struct slice place, struct slice wrapped)
{
    const struct bound values[] = {bound_blob(place), bound_blob(wrapped)};
    return statement_run(store, SQL_PERSON_ADD, values, 2);
}

struct status store_person_erase(struct store *store, struct slice place)
{
    const struct bound key = bound_blob(place);
    store->has_erased = true; /* though it be taken back: see store_message_erase */
    return statement_run(store, SQL_PERSON_ERASE, &key, 1);
}
