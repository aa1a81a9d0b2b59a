#ifndef POLICY_OBLIGATIONS_H
#define POLICY_OBLIGATIONS_H

/*
 * The closed list of what rules can require (R-LED-04). Some a message must meet before a permit
 * counts (a case reference, the approval of two officers); the others go with what is released and
 * bind who receives it: every gateway carries them on and every reader is shown them.
 */

#include "policy/decide.h"

#define OBLIGATIONS_MAX 32

/** Fills in the names that a require clause may have, in the order of their bits. */
size_t obligation_names(const char *names[static OBLIGATIONS_MAX]);

/** Whether a message must meet it before anything is granted; only permits can require it. */
bool obligation_is_precondition(size_t index);

/**
 * Those of them that this message does not meet, as bits: a permit that requires one grants nothing
 * and obliges nobody. None at hop 2: they were met at hop 1, under the same law.
 */
uint32_t obligations_missing(const struct question *question);

/** The obligations of the bits as they stand in a release, sorted; those that the message has met
 * itself do not. MEMORY */
struct status obligations_write(struct arena *arena, uint32_t bits, const struct claims *claims,
                                struct slices *ret_obligations);

/** Joins with those of hop 1, which are carried on as they are, known here or not. MEMORY */
struct status obligations_carry(struct arena *arena, struct slices first, struct slices *joined);

#endif
