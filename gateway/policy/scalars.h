#ifndef POLICY_SCALARS_H
#define POLICY_SCALARS_H

/* The scalars of a leaf value: itself, or the elements of an array, one by one. */

#include "wire/msgpack.h"

struct scalar_walk {
    struct mp_cursor cursor;
    uint32_t left;
};

/** A walk over the value, which must be one that was scanned. The empty map has no scalars. */
struct scalar_walk scalars_of(const struct value *value);

/** The next scalar; false when there is none left. */
bool scalars_next(struct scalar_walk *walk, struct value *ret_scalar);

#endif
