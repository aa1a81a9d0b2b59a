#ifndef POLICY_INTERNED_H
#define POLICY_INTERNED_H

/*
 * Texts by number: each pair of a key and a text that was added has one, counted from 0. Filled
 * while a law is read, then only looked into.
 */

#include "base/arena.h"

#define INTERNED_NONE UINT32_MAX

struct interned {
    struct arena *arena; /* the texts are borrowed, all else lives here */
    struct interned_slot *slots;
    size_t room; /* a power of two, or 0 */
    uint32_t count;
    size_t longest; /* octets of the longest text */
    bool starved;   /* the arena was full: something is missing */
};

/** The number of a pair, a new one if it was not there. INTERNED_NONE if memory is out. */
uint32_t interned_add(struct interned *interned, uint32_t key, struct slice text);

/** The number of a pair; INTERNED_NONE if it was never added. */
uint32_t interned_find(const struct interned *interned, uint32_t key, struct slice text);

/** A hash of octets, continued from another hash; of no use against who chooses the octets. */
uint64_t octets_hash(uint64_t hash, struct slice octets);

#endif
