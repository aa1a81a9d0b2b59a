#ifndef MIRROR_SEARCH_H
#define MIRROR_SEARCH_H

/*
 * Finding entries of a mirror by their marks (marks.h), their times and the words of their
 * justifications: all that is asked for has to hold. Newest first. An entry's index never changes,
 * so the index of the last one that was shown is where the next page begins, whatever was added
 * meanwhile.
 */

#include "mirror/mirror.h"

#define SEARCH_LIMIT_MAX 1000
#define SEARCH_TEXT_MAX  1024
#define SEARCH_NEWEST    UINT64_MAX

struct search_wanted {
    struct slices marks;
    uint64_t from_ms, until_ms; /* Unix milliseconds, until_ms not included; 0: no end */
    struct slice text;          /* words, each of which must be there; empty: any */
    uint64_t before;            /* only lower indices; SEARCH_NEWEST: all */
    size_t limit;               /* of search_run, at most SEARCH_LIMIT_MAX */
};

/**
 * Finds the newest entries, at most limit; the list lives in the arena.
 *
 * CONFIG  the text is longer than SEARCH_TEXT_MAX, or no text
 * STORE, MEMORY
 */
struct status search_run(struct mirror *mirror, struct arena *arena,
                         const struct search_wanted *wanted, uint64_t **ret_indices,
                         size_t *ret_count);

/** How many entries there are in all; limit does not count. As search_run. */
struct status search_count(struct mirror *mirror, const struct search_wanted *wanted,
                           uint64_t *ret_count);

#endif
