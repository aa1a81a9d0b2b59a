#ifndef POLICY_OBLIGATIONS_H
#define POLICY_OBLIGATIONS_H

/* The closed list of what a recipient can be obliged to (R-LED-04). */

#include "base/arena.h"
#include "message/claims.h"

/** The names that a require clause may have, in the order of their bits. */
const char *const *obligation_names(size_t *ret_count);

/** The obligations of the bits as they stand in a release, sorted. MEMORY */
struct status obligations_write(struct arena *arena, uint32_t bits, const struct claims *claims,
                                struct slices *ret_obligations);

/** Joins with those of hop 1, which are carried on as they are, known here or not. MEMORY */
struct status obligations_carry(struct arena *arena, struct slices first,
                                struct slices *obligations);

#endif
