#ifndef BENCH_POLICY_H
#define BENCH_POLICY_H

/* What bench_policy decides: a law of as many rules as asked for, and messages of 40 fields and
 * five persons. Everything is drawn from a fixed seed. */

#include "policy/decide.h"
#include "support/compose.h"

#define BENCH_STATES  20
#define BENCH_FIELDS  40
#define BENCH_PERSONS 5

/** How the rules speak of parties. */
enum spread {
    SPREAD_PARTIES, /* as laws do: most name States or roles */
    SPREAD_NONE,    /* every rule speaks of every message */
    SPREAD_SHOWN,   /* one rule: names and birth dates as pseudonyms */
    SPREAD_GIVEN,   /* none is drawn: they are read from standard input */
};

/** A number below count, from a generator that is the same everywhere. */
size_t draw(size_t count);

/** The files of a rulebook: the law's words and types of the folder, and rules of its own. Lives in
 * the arena. */
struct text_files bench_files(struct arena *arena, const char *folder, size_t rules,
                              enum spread spread);

/** A message; to be freed with composed_free. */
struct composed *bench_message(const struct rulebook *rulebook);

/** Its fields and their levels, for another engine: rows of {"label", "name", "category", "person",
 * "texts", "level"}, person a number or null, texts the value's, one or a list. Owned by the
 * caller. */
json_t *bench_fields(const struct composed *message, const struct document *document,
                     const struct verdict verdicts[static BENCH_FIELDS]);

/** What the levels of BENCH_FIELDS fields take by random masks alone, in nanoseconds, by round: so
 * many masks of 256 bits a field. Gives the sum of the levels, so that they are really made. */
uint64_t bench_masks(size_t masks_a_field, uint64_t *ns, size_t rounds);

#endif
