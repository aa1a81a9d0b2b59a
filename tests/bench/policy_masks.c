#include "policy.h"

#include <stdlib.h>

#include "stop.h"

/*
 * The bare baseline: the same question with nothing around it. Half of the masks restrict and are
 * all looked at until one applies; the other half permit, likewise. No message is read, no reason
 * is kept.
 */

#define WORDS 4

struct mask {
    uint64_t must[WORDS], never[WORDS];
    uint8_t level;
};

static void set(uint64_t words[static WORDS])
{
    size_t bit = draw(64UL * WORDS);
    words[bit / 64] |= UINT64_C(1) << bit % 64;
}

static bool holds(const struct mask *mask, const uint64_t bits[static WORDS])
{
    uint64_t wrong = 0;
    for (size_t w = 0; w < WORDS; w++)
        wrong |= (mask->must[w] & ~bits[w]) | (mask->never[w] & bits[w]);
    return wrong == 0;
}

static unsigned level_of(const struct mask *masks, size_t count, const uint64_t *bits)
{
    unsigned ceiling = 3, grant = 0;
    for (size_t i = 0; i < count / 2; i++)
        if (holds(&masks[i], bits)) {
            ceiling = masks[i].level;
            break;
        }
    for (size_t i = count / 2; i < count; i++)
        if (holds(&masks[i], bits)) {
            grant = masks[i].level;
            break;
        }
    return grant < ceiling ? grant : ceiling;
}

uint64_t bench_masks(size_t masks_a_field, uint64_t *ns, size_t rounds)
{
    size_t count = BENCH_FIELDS * masks_a_field;
    struct mask *masks = calloc(count + 1, sizeof *masks);
    uint64_t bits[BENCH_PERSONS + 1][WORDS] = {{0}};
    uint64_t levels = 0;
    if (masks == NULL)
        stop("no memory for the masks");
    for (size_t i = 0; i < count; i++) {
        for (size_t t = 0; t < 1 + draw(3); t++)
            set(draw(4) == 0 ? masks[i].never : masks[i].must);
        masks[i].level = (uint8_t)draw(3);
    }
    for (size_t r = 0; r < rounds; r++) {
        for (size_t b = 0; b < 64; b++)
            set(bits[draw(BENCH_PERSONS + 1)]);
        uint64_t begin = now_ns();
        for (size_t f = 0; f < BENCH_FIELDS; f++)
            levels +=
                level_of(&masks[f * masks_a_field], masks_a_field, bits[f % (BENCH_PERSONS + 1)]);
        ns[r] = now_ns() - begin;
        if (r % 8 == 7)
            memset(bits, 0, sizeof bits);
    }
    free(masks);
    return levels;
}
