#include "policy/derive.h"

#include <stdlib.h>

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

/* The first that does not stand before the path; d->count if all do. */
static size_t first_from(const struct derivations *d, struct slice path)
{
    size_t low = 0, high = d->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (slice_compare(d->at[middle].path, path) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* No character of a path sorts before "/": what is below a path follows it at once. */
bool derivations_touch(const struct derivations *d, struct slice path)
{
    size_t at = first_from(d, path);
    if (at < d->count && path_covers(path, d->at[at].path))
        return true;
    for (size_t i = 0; i < path.length; i++) {
        if (path.at[i] != '/')
            continue;
        struct slice above = slice_part(path, 0, i);
        at = first_from(d, above);
        if (at < d->count && slice_equal(d->at[at].path, above))
            return true;
    }
    return false;
}
