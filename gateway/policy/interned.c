#include "policy/interned.h"

#define FIRST_ROOM 64

struct interned_slot {
    struct slice text;
    uint32_t key, number; /* the number plus 1; 0: free */
};

/* Eight octets at a time; what is left over goes in with its length. */
uint64_t octets_hash(uint64_t hash, struct slice octets)
{
    static const uint64_t factor = 0x9E3779B97F4A7C15U;
    const uint8_t *at = octets.at;
    size_t left = octets.length;
    for (uint64_t part; left >= sizeof part; at += sizeof part, left -= sizeof part) {
        memcpy(&part, at, sizeof part);
        hash = (hash ^ part) * factor;
        hash ^= hash >> 29;
    }
    uint64_t rest = left;
    for (size_t i = 0; i < left; i++)
        rest = rest << 8 | at[i];
    hash = (hash ^ rest) * factor;
    return hash ^ hash >> 32;
}

/* The pair's slot, or the free one where it would go. */
static struct interned_slot *slot_of(const struct interned *t, uint32_t key, struct slice text)
{
    size_t i = octets_hash(key, text) & (t->room - 1);
    while (t->slots[i].number != 0 &&
           (t->slots[i].key != key || !slice_equal(t->slots[i].text, text)))
        i = (i + 1) & (t->room - 1);
    return &t->slots[i];
}

static bool grow(struct interned *t)
{
    struct interned bigger = *t;
    bigger.room = t->room == 0 ? FIRST_ROOM : t->room * 2;
    bigger.slots = arena_array(t->arena, bigger.room, sizeof *bigger.slots);
    if (bigger.slots == NULL)
        return false;
    for (size_t i = 0; i < t->room; i++)
        if (t->slots[i].number != 0)
            *slot_of(&bigger, t->slots[i].key, t->slots[i].text) = t->slots[i];
    *t = bigger;
    return true;
}

uint32_t interned_add(struct interned *t, uint32_t key, struct slice text)
{
    if (2 * (size_t)t->count >= t->room && !grow(t)) {
        t->starved = true;
        return INTERNED_NONE;
    }
    struct interned_slot *slot = slot_of(t, key, text);
    if (slot->number == 0) {
        *slot = (struct interned_slot){text, key, ++t->count};
        t->longest = text.length > t->longest ? text.length : t->longest;
    }
    return slot->number - 1;
}

uint32_t interned_find(const struct interned *t, uint32_t key, struct slice text)
{
    if (t->count == 0 || text.length > t->longest)
        return INTERNED_NONE;
    return slot_of(t, key, text)->number - 1;
}
