#include "message/remains.h"

/* contents_parse has seen that they stand apart. */
struct status contents_remains(struct arena *arena, const struct contents *c,
                               struct remains *ret_remains)
{
    const size_t count = c->field_count + c->derived_count;
    struct leaf *leaves = arena_array(arena, count + 1, sizeof *leaves);
    bool *derived = arena_array(arena, count + 1, sizeof *derived);
    if (leaves == NULL || derived == NULL)
        return FAIL(MEMORY);
    for (size_t f = 0, d = 0; f + d < count;) {
        const size_t at = f + d;
        derived[at] =
            f == c->field_count ||
            (d < c->derived_count && slice_compare(c->derived[d].path, c->fields[f].path) < 0);
        if (derived[at]) {
            leaves[at] = (struct leaf){c->derived[d].path, c->derived[d].value};
            d++;
        } else {
            leaves[at] = (struct leaf){c->fields[f].path, c->fields[f].value};
            f++;
        }
    }
    *ret_remains = (struct remains){.leaves = leaves, .derived = derived, .count = count};
    return OK;
}
