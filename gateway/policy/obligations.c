#include "policy/obligations.h"

#include "base/instant.h"

/* In octet order, so that what is written is sorted. */
static const char *const names[] = {"no-onward-transfer", "retain-until"};

#define OBLIGATION_COUNT (sizeof names / sizeof names[0])

const char *const *obligation_names(size_t *ret_count)
{
    *ret_count = OBLIGATION_COUNT;
    return names;
}

static char *write_one(struct arena *arena, size_t index, const struct claims *claims)
{
    char date[INSTANT_TEXT_BYTES];
    if (!slice_is(slice_text(names[index]), "retain-until"))
        return arena_print(arena, "%s", names[index]);
    date_write(claims->retain_until_ms, date);
    return arena_print(arena, "%s=%s", names[index], date);
}

struct status obligations_write(struct arena *arena, uint32_t bits, const struct claims *claims,
                                struct slices *ret_obligations)
{
    struct slices written = {arena_array(arena, OBLIGATION_COUNT, sizeof *written.at), 0};
    for (size_t i = 0; written.at != NULL && i < OBLIGATION_COUNT; i++) {
        if ((bits >> i & 1U) == 0)
            continue;
        char *text = write_one(arena, i, claims);
        if (text == NULL)
            return FAIL(MEMORY);
        written.at[written.count++] = slice_text(text);
    }
    if (written.at == NULL)
        return FAIL(MEMORY);
    *ret_obligations = written;
    return OK;
}

struct status obligations_carry(struct arena *arena, struct slices first,
                                struct slices *obligations)
{
    const struct slices own = *obligations;
    struct slices all = {arena_array(arena, first.count + own.count + 1, sizeof *all.at), 0};
    if (all.at == NULL)
        return FAIL(MEMORY);
    for (size_t f = 0, o = 0; f < first.count || o < own.count;) {
        int order = f == first.count ? 1
                    : o == own.count ? -1
                                     : slice_compare(first.at[f], own.at[o]);
        all.at[all.count++] = order <= 0 ? first.at[f] : own.at[o];
        f += order <= 0;
        o += order >= 0;
    }
    *obligations = all;
    return OK;
}
