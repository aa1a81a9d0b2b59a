#ifndef POLICY_LIST_H
#define POLICY_LIST_H

/* Arrays that grow in an arena. */

#include "base/arena.h"

/**
 * The array at, of count elements of size octets in room places, with a free place at its end: at
 * itself or a copy with twice the room. NULL when the arena is full; at is then still good.
 */
void *list_grow(struct arena *arena, void *at, size_t count, size_t *room, size_t size);

#endif
