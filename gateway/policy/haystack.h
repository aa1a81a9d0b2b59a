#ifndef POLICY_HAYSTACK_H
#define POLICY_HAYSTACK_H

/*
 * The texts that are searched for what must not stand in them, each folded once. Which beginnings
 * of needles stand anywhere in them is noted in a table of bits: nearly all that is looked for is
 * found not to be there without looking.
 */

#include "base/arena.h"
#include "schema/schema.h"
#include "wire/msgpack.h"

#define NEEDLE_MIN_BYTES 4 /* nothing shorter is looked for */
#define BEGINNING_BITS   8192U

/** One text. at == NULL: there is none, or nothing of this kind is looked for in it. */
struct hay {
    struct slice words, joined; /* joined: where apostrophes may be nothing */
    struct slice number;        /* letters and digits alone */
    bool free;                  /* more than numbers is looked for */
};

struct haystack {
    struct arena *arena;
    struct hay *at;
    size_t count, room;
    uint64_t words[BEGINNING_BITS / 64], numbers[BEGINNING_BITS / 64];
    bool starved; /* the arena was full */
};

/** Adds a text, and the texts of a value. */
void haystack_add(struct haystack *haystack, enum prose prose, struct slice text);
void haystack_add_value(struct haystack *haystack, enum prose prose, const struct value *value);

/** Whether a folded needle may stand in any of them: as words, each between two blanks, or anywhere
 * in letters and digits. False where it certainly does not. */
bool haystack_may_have_words(const struct haystack *haystack, struct slice words);
bool haystack_may_have_number(const struct haystack *haystack, struct slice number);

#endif
