#ifndef POLICY_NEEDLES_H
#define POLICY_NEEDLES_H

/*
 * A set of folded texts that is looked for in other folded texts in one pass. However many values a
 * message withholds, the search grows with the text only, times the logarithm of their number.
 */

#include "base/arena.h"

struct needles {
    struct arena *arena;
    struct slice *at;
    size_t count, room;
    bool leads[256]; /* settled: the octets that a needle's first letter or digit can be */
    bool starved;    /* the arena was full; everything else then does nothing */
};

/** An empty set that grows in the arena. */
struct needles needles_new(struct arena *arena);

/** Adds a folded text, borrowed; one with at == NULL counts as starved. */
void needles_add(struct needles *needles, struct slice folded);

/** Sorts the set. */
void needles_sort(struct needles *needles);

/** Leaves out what the sorted set shown holds, and what a shorter needle finds anyway; sorted. */
void needles_settle(struct needles *needles, const struct needles *shown);

/** Whether a settled needle stands in the text: as whole words, or anywhere in it. */
bool needles_in_words(const struct needles *needles, struct slice words);
bool needles_in_number(const struct needles *needles, struct slice number);

#endif
