#include "mirror/begun.h"
#include "mirror/series_parts.h"

#include <string.h>

#define FIRST_ARENA_BYTES (24U << 20)

/* ---- logs ---- */

size_t series_count(const struct series *x)
{
    return x->count;
}

const char *series_gateway(const struct series *x)
{
    return x->gateway;
}

const struct series_log *series_log(const struct series *x, size_t position)
{
    return &x->logs[position];
}

const struct series_log *series_newest(const struct series *x)
{
    return &x->logs[x->count - 1];
}

bool series_find(const struct series *x, struct slice name, size_t *ret_position)
{
    for (size_t i = x->count; i > 0; i--) {
        if (!slice_is(name, x->logs[i - 1].name) && !slice_is(name, x->logs[i - 1].origin))
            continue;
        *ret_position = i - 1;
        return true;
    }
    return false;
}

/* ---- entries of one another ---- */

struct status series_entry(const struct series *x, struct arena *arena, struct series_place place,
                           struct mirror_entry *ret_entry)
{
    return place.log < x->count
               ? mirror_entry(x->logs[place.log].mirror, arena, place.index, ret_entry)
               : FAIL(ABSENT);
}

/* Whether the gateway's journal goes on in this log from the one before, and so numbers both; it
 * does not where it was lost meanwhile. Only the first entry knows, and it does where nothing is
 * known of that. */
static struct status goes_on(const struct series *x, size_t position, bool *ret_goes_on)
{
    struct begun begun;
    struct mirror_entry first;
    struct arena *arena = arena_new(FIRST_ARENA_BYTES);
    struct status s =
        arena == NULL ? FAIL(MEMORY) : mirror_entry(x->logs[position].mirror, arena, 0, &first);
    *ret_goes_on = failed(s) || !first.opened.has_outer || !first.opened.has_inner ||
                   begun_read(&first.opened, &begun);
    arena_free(arena);
    return s.code == CODE_ABSENT ? OK : s;
}

/* The oldest log of the journal that has the one at this position. */
static struct status journal_begin(const struct series *x, size_t position, size_t *ret_first)
{
    bool more = true;
    struct status s = OK;
    while (position > 0 && more && !failed(s)) {
        s = goes_on(x, position, &more);
        position -= more;
    }
    *ret_first = position;
    return s;
}

/* One of the same log by its index, one of an earlier log by the number of that log in its journal,
 * counted from 1, before the index. */
struct status series_meant(const struct series *x, size_t position, uint64_t told,
                           struct series_place *ret_place)
{
    size_t first = 0;
    struct status s = OK;
    struct series_place place = series_place(told);
    if (place.log == 0) {
        place.log = position;
    } else {
        s = journal_begin(x, position, &first);
        place.log += first - 1;
    }
    if (failed(s))
        return s;
    if (place.log > position || place.log >= x->count ||
        place.index >= mirror_size(x->logs[place.log].mirror))
        return FAIL(ABSENT);
    *ret_place = place;
    return OK;
}

struct status series_told(const struct series *x, size_t position, struct series_place place,
                          uint64_t *ret_told)
{
    size_t first = 0;
    if (place.log == position) {
        *ret_told = place.index;
        return OK;
    }
    struct status s = journal_begin(x, position, &first);
    if (failed(s))
        return s;
    if (place.log < first || place.log > position)
        return FAIL(ABSENT);
    *ret_told = series_number((struct series_place){place.log - first + 1, place.index});
    return OK;
}

/* ---- the walk ---- */

struct walk {
    series_visit *visit;
    void *owner;
    size_t position;
};

static struct status visit_one(void *owner, const struct mirror_entry *entry)
{
    const struct walk *w = owner;
    return w->visit(w->owner, w->position, entry);
}

struct status series_walk(const struct series *x, series_visit *visit, void *owner)
{
    struct walk w = {visit, owner, 0};
    struct status s = OK;
    for (; w.position < x->count && !failed(s); w.position++)
        s = mirror_walk(x->logs[w.position].mirror, 0, UINT64_MAX, visit_one, &w);
    return s;
}

/* ---- search ---- */

/* How much of the log at this position is before the place; 0: nothing. */
static uint64_t part_before(struct series_place before, size_t position)
{
    return position < before.log ? SEARCH_NEWEST : position == before.log ? before.index : 0;
}

struct status series_search(const struct series *x, struct arena *arena,
                            const struct search_wanted *wanted, struct series_place before,
                            struct series_place **ret_places, size_t *ret_count)
{
    struct series_place *places = arena_array(arena, SEARCH_LIMIT_MAX, sizeof *places);
    const size_t limit = wanted->limit < SEARCH_LIMIT_MAX ? wanted->limit : SEARCH_LIMIT_MAX;
    size_t found = 0;
    struct status s = places == NULL ? FAIL(MEMORY) : OK;
    for (size_t i = x->count; i > 0 && found < limit && !failed(s); i--) {
        uint64_t *indices = NULL;
        size_t count = 0;
        struct search_wanted part = *wanted;
        part.before = part_before(before, i - 1);
        part.limit = limit - found;
        s = search_run(x->logs[i - 1].mirror, arena, &part, &indices, &count);
        for (size_t k = 0; k < count && !failed(s); k++)
            places[found++] = (struct series_place){i - 1, indices[k]};
    }
    if (failed(s))
        return s;
    *ret_places = places;
    *ret_count = found;
    return OK;
}

struct status series_search_count(const struct series *x, const struct search_wanted *wanted,
                                  struct series_place before, uint64_t *ret_count)
{
    uint64_t all = 0, some = 0;
    struct status s = OK;
    for (size_t i = 0; i < x->count && !failed(s); i++) {
        struct search_wanted part = *wanted;
        part.before = part_before(before, i);
        s = search_count(x->logs[i].mirror, &part, &some);
        all += failed(s) ? 0 : some;
    }
    if (!failed(s))
        *ret_count = all;
    return s;
}
