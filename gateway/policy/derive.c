#include "policy/derive.h"

#include <stdlib.h>

#include "base/slices.h"

static int path_order(const void *a, const void *b)
{
    return slice_compare(((const struct derivation *)a)->path,
                         ((const struct derivation *)b)->path);
}

void derivations_sort(struct derivations *d)
{
    if (d->count > 1)
        qsort(d->at, d->count, sizeof *d->at, path_order);
}

/* No character of a path sorts before "/": what is below a path follows it at once. */
bool derivations_touch(const struct derivations *d, struct slice path)
{
    size_t at = rows_from(d->at, d->count, sizeof *d->at, path);
    if (at < d->count && path_covers(path, d->at[at].path))
        return true;
    for (size_t i = 0; i < path.length; i++) {
        if (path.at[i] != '/')
            continue;
        struct slice above = slice_part(path, 0, i);
        if (rows_find(d->at, d->count, sizeof *d->at, above) != NULL)
            return true;
    }
    return false;
}
