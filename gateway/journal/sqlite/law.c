#include "journal/sqlite/sqlite.h"

struct status store_law(struct store *store, struct arena *arena, struct slice *ret_objects)
{
    struct row row;
    struct status s = row_one(store, SQL_LAW, NULL, 0, arena, &row);
    if (!failed(s))
        *ret_objects = row_octets(&row);
    row_end(&row);
    return s;
}

struct status store_law_set(struct store *store, struct slice objects)
{
    const struct bound value = bound_blob(objects);
    return statement_run(store, SQL_LAW_SET, &value, 1);
}
