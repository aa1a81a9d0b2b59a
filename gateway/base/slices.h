#ifndef BASE_SLICES_H
#define BASE_SLICES_H

/* Looking things up: in lists of slices, and in arrays sorted by the slice that each row begins
 * with. A row is an object of size octets whose first member is that slice. */

#include "base/slice.h"

/** Whether one of the list holds the same octets. The list need not be sorted. */
bool slices_have(struct slices list, struct slice octets);

/** Sorts a list by its octets. */
void slices_sort(struct slices list);

/** Index of the first row that does not stand before key; count if all do. */
size_t rows_from(const void *rows, size_t count, size_t size, struct slice key);

/** The row that begins with key; NULL if there is none. */
const void *rows_find(const void *rows, size_t count, size_t size, struct slice key);

#endif
