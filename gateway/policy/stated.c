#include "policy/stated.h"

/* One group: its items stand together, because its path is the beginning of theirs. */
struct group {
    size_t first, end;
    enum category category; /* of the marker; NONE if there is to be none */
};

static struct group group_at(const struct document *d, const struct verdict *verdicts,
                             const struct derivations *derivations, size_t first)
{
    struct group g = {.first = first, .end = first};
    struct slice path = d->items[first].group;
    bool delivered = derivations_touch(derivations, path);
    while (g.end < d->count && slice_equal(d->items[g.end].group, path)) {
        enum category category = d->items[g.end].category;
        delivered = delivered || verdicts[g.end].released;
        if (verdicts[g.end].level == LEVEL_STATED &&
            (g.category == CATEGORY_NONE || category < g.category))
            g.category = category;
        g.end++;
    }
    if (delivered)
        g.category = CATEGORY_NONE;
    return g;
}

static void silence(struct verdict *verdicts, const struct group *g)
{
    for (size_t i = g->first; i < g->end; i++)
        if (verdicts[i].level == LEVEL_STATED)
            verdicts[i].level = LEVEL_SILENT;
}

struct status stated_collect(const struct facts *f, struct verdict *verdicts,
                             const struct derivations *derivations,
                             const struct withholding **ret_withheld, size_t *ret_count)
{
    const struct document *d = f->document;
    struct withholding *withheld = arena_array(f->arena, d->count + 1, sizeof *withheld);
    size_t count = 0;
    if (withheld == NULL)
        return FAIL(MEMORY);
    for (size_t i = 0; i < d->count;) {
        struct group g = group_at(d, verdicts, derivations, i);
        if (g.category == CATEGORY_NONE)
            silence(verdicts, &g);
        else
            withheld[count++] =
                (struct withholding){d->items[i].group, slice_text(category_code(g.category))};
        i = g.end;
    }
    *ret_withheld = withheld;
    *ret_count = count;
    return OK;
}

struct status stated_carry(struct arena *arena, const struct release *first,
                           const struct withholding **withheld, size_t *count)
{
    const struct withholding *own = *withheld;
    size_t own_count = *count, joined = 0;
    struct withholding *all =
        arena_array(arena, first->withheld_count + own_count + 1, sizeof *all);
    if (all == NULL)
        return FAIL(MEMORY);
    for (size_t f = 0, o = 0; f < first->withheld_count || o < own_count;) {
        int order = f == first->withheld_count ? 1
                    : o == own_count           ? -1
                                     : slice_compare(first->withheld[f].path, own[o].path);
        all[joined++] = order <= 0 ? first->withheld[f] : own[o];
        f += order <= 0;
        o += order >= 0;
    }
    *withheld = all;
    *count = joined;
    return OK;
}
