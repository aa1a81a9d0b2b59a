#include "policy/scalars.h"

struct scalar_walk scalars_of(const struct value *value)
{
    struct scalar_walk walk = {.cursor = mp_over(value->raw), .left = 1};
    if (value->kind == VALUE_ARRAY)
        walk.left = mp_array(&walk.cursor, UINT32_MAX);
    if (value->kind == VALUE_NONE || value->kind == VALUE_EMPTY_MAP)
        walk.left = 0;
    return walk;
}

bool scalars_next(struct scalar_walk *walk, struct value *ret_scalar)
{
    if (walk->left == 0)
        return false;
    walk->left--;
    struct value scalar = mp_value(&walk->cursor);
    if (!mp_ok(&walk->cursor))
        return false;
    *ret_scalar = scalar;
    return true;
}
