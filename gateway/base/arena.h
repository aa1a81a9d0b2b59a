#ifndef BASE_ARENA_H
#define BASE_ARENA_H

/*
 * One arena per message: everything made while judging it lives there and is freed whole. An arena
 * has a cap, so a peer cannot make us allocate more. In sanitizer builds each block comes from
 * malloc, so that overruns are seen.
 */

#include "base/slice.h"

struct arena;

/** A new arena that hands out at most cap_bytes in all; NULL when memory is out. */
struct arena *arena_new(size_t cap_bytes);

/** Frees the arena and all that was made in it. NULL does nothing. */
void arena_free(struct arena *arena);

/** size zeroed octets, aligned for any type; NULL past the cap or when memory is out. */
void *arena_alloc(struct arena *arena, size_t size);

/** count zeroed elements of size octets; NULL also when the product overflows. */
void *arena_array(struct arena *arena, size_t count, size_t size);

/** A copy of in that lives in the arena; at is NULL on failure with length > 0. */
struct slice arena_copy(struct arena *arena, struct slice in);

/** A terminated copy of in; NULL on failure. */
char *arena_text(struct arena *arena, struct slice in);

/** printf into the arena; NULL on failure. */
[[gnu::format(printf, 2, 3)]] char *arena_print(struct arena *arena, const char *format, ...);

/** Octets handed out so far. */
size_t arena_used(const struct arena *arena);

#endif
