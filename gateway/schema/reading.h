#ifndef SCHEMA_READING_H
#define SCHEMA_READING_H

/* One text of the rulebook while it is read: the lexer, and the arena that what is read lives in.
 */

#include "base/arena.h"
#include "schema/text.h"

struct reading {
    struct lexer lexer;
    struct arena *arena;
    struct arena *scratch; /* where arrays grow until they are kept; NULL: in the arena too */
    bool starved;          /* memory is out; the lexer has failed too */
};

/** Makes the reading fail for want of memory. */
void reading_starve(struct reading *r);

/** CONFIG or MEMORY after a failure. */
struct status reading_status(const struct reading *r);

/** A terminated copy that lives in the arena; "" after a failure. */
const char *reading_text(struct reading *r, struct slice in);

/** A copy that lives in the arena; the empty slice after a failure. */
struct slice reading_copy(struct reading *r, struct slice in);

/**
 * Room for one more element: gives the array, moved where it must grow, or NULL after a failure.
 * count is how many it holds; the new element is zeroed.
 */
void *reading_more(struct reading *r, void *at, size_t count, size_t size);

/** The array in its final size, in the arena; NULL after a failure, or where it holds nothing. */
void *reading_keep(struct reading *r, const void *at, size_t count, size_t size);

/** A name and its comma: true while a comma says that one more follows. */
bool reading_comma(struct reading *r);

#endif
