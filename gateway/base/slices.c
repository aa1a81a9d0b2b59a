#include "base/slices.h"

#include <stdlib.h>

bool slices_have(struct slices list, struct slice octets)
{
    for (size_t i = 0; i < list.count; i++)
        if (slice_equal(list.at[i], octets))
            return true;
    return false;
}

static int by_octets(const void *a, const void *b)
{
    return slice_compare(*(const struct slice *)a, *(const struct slice *)b);
}

void slices_sort(struct slices list)
{
    if (list.count > 1)
        qsort(list.at, list.count, sizeof *list.at, by_octets);
}

static const struct slice *row_key(const void *rows, size_t index, size_t size)
{
    return (const void *)((const uint8_t *)rows + index * size);
}

size_t rows_from(const void *rows, size_t count, size_t size, struct slice key)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (slice_compare(*row_key(rows, middle, size), key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const void *rows_find(const void *rows, size_t count, size_t size, struct slice key)
{
    size_t i = rows_from(rows, count, size, key);
    return i < count && slice_equal(*row_key(rows, i, size), key) ? row_key(rows, i, size) : NULL;
}
