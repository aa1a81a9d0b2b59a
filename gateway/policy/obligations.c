#include "policy/obligations.h"

#include "base/instant.h"

static bool has_case_reference(const struct question *q)
{
    return q->claims->case_ref.length > 0;
}

static bool has_four_eyes(const struct question *q)
{
    return q->approved;
}

/* In octet order, so that what is written is sorted. Those that a message meets have
 * a function; all others go with what is released. */
static const struct obligation {
    const char *name;
    bool (*met)(const struct question *question);
} obligations[] = {
    {"case-reference", has_case_reference},
    {"four-eyes", has_four_eyes},
    {"handling-h1", NULL},
    {"handling-h2", NULL},
    {"handling-h3", NULL},
    {"no-onward-transfer", NULL},
    {"retain-until", NULL},
    {"tlp-amber", NULL},
    {"tlp-amber-strict", NULL},
    {"tlp-green", NULL},
    {"tlp-red", NULL},
};

#define OBLIGATION_COUNT (sizeof obligations / sizeof obligations[0])

_Static_assert(OBLIGATION_COUNT <= OBLIGATIONS_MAX, "each has a bit, and room for its name");

size_t obligation_names(const char *names[static OBLIGATIONS_MAX])
{
    for (size_t i = 0; i < OBLIGATION_COUNT; i++)
        names[i] = obligations[i].name;
    return OBLIGATION_COUNT;
}

bool obligation_is_precondition(size_t index)
{
    return obligations[index].met != NULL;
}

uint32_t obligations_missing(const struct question *question)
{
    uint32_t missing = 0;
    for (size_t i = 0; i < OBLIGATION_COUNT && question->relayed == NULL; i++)
        if (obligations[i].met != NULL && !obligations[i].met(question))
            missing |= 1U << i;
    return missing;
}

static char *write_one(struct arena *arena, size_t index, const struct claims *claims)
{
    char date[INSTANT_TEXT_BYTES];
    const char *name = obligations[index].name;
    if (!slice_is(slice_text(name), "retain-until"))
        return arena_print(arena, "%s", name);
    date_write(claims->retain_until_ms, date);
    return arena_print(arena, "%s=%s", name, date);
}

struct status obligations_write(struct arena *arena, uint32_t bits, const struct claims *claims,
                                struct slices *ret_obligations)
{
    struct slices written = {arena_array(arena, OBLIGATION_COUNT, sizeof *written.at), 0};
    for (size_t i = 0; written.at != NULL && i < OBLIGATION_COUNT; i++) {
        if ((bits >> i & 1U) == 0 || obligations[i].met != NULL)
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

struct status obligations_carry(struct arena *arena, struct slices first, struct slices *joined)
{
    const struct slices own = *joined;
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
    *joined = all;
    return OK;
}
