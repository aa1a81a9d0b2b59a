#include "policy/haystack.h"

#include <string.h>

#include "policy/fold.h"
#include "policy/list.h"
#include "policy/scalars.h"

/* Where the bit of four octets is. */
static uint32_t beginning_at(const uint8_t *at)
{
    uint32_t octets;
    memcpy(&octets, at, sizeof octets);
    return (octets * UINT32_C(0x9E3779B1)) >> 19;
}

static void note(uint64_t *bits, const uint8_t *at)
{
    uint32_t bit = beginning_at(at);
    bits[bit / 64] |= UINT64_C(1) << bit % 64;
}

static bool is_noted(const uint64_t *bits, const uint8_t *at)
{
    uint32_t bit = beginning_at(at);
    return (bits[bit / 64] >> bit % 64 & 1U) != 0;
}

/* Words begin at a blank. */
static void note_words(struct haystack *h, struct slice folded)
{
    h->starved = h->starved || folded.at == NULL;
    for (size_t i = 0; folded.at != NULL && i + NEEDLE_MIN_BYTES <= folded.length; i++)
        if (folded.at[i] == ' ')
            note(h->words, folded.at + i);
}

static void note_number(struct haystack *h, struct slice folded)
{
    h->starved = h->starved || folded.at == NULL;
    for (size_t i = 0; folded.at != NULL && i + NEEDLE_MIN_BYTES <= folded.length; i++)
        note(h->numbers, folded.at + i);
}

void haystack_add(struct haystack *h, enum prose prose, struct slice text)
{
    struct hay *at = list_grow(h->arena, h->at, h->count, &h->room, sizeof *at);
    if (at == NULL) {
        h->starved = true;
        return;
    }
    h->at = at;
    struct hay hay = {.free = prose == PROSE_FREE};
    if (hay.free) {
        hay.words = fold_words(h->arena, text);
        note_words(h, hay.words);
    }
    if (hay.free && fold_has_apostrophe(text)) {
        hay.joined = fold_joined(h->arena, text);
        note_words(h, hay.joined);
    }
    hay.number = hay.free ? fold_unspaced(h->arena, hay.words) : fold_number(h->arena, text);
    note_number(h, hay.number);
    h->at[h->count++] = hay;
}

void haystack_add_value(struct haystack *h, enum prose prose, const struct value *value)
{
    struct scalar_walk walk = scalars_of(value);
    for (struct value scalar; prose != PROSE_NONE && scalars_next(&walk, &scalar);)
        if (scalar.kind == VALUE_TEXT)
            haystack_add(h, prose, scalar.octets);
}

bool haystack_may_have_words(const struct haystack *h, struct slice words)
{
    return words.length >= NEEDLE_MIN_BYTES && is_noted(h->words, words.at);
}

bool haystack_may_have_number(const struct haystack *h, struct slice number)
{
    return number.length >= NEEDLE_MIN_BYTES && is_noted(h->numbers, number.at);
}
