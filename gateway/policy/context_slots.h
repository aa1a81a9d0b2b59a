#ifndef POLICY_CONTEXT_SLOTS_H
#define POLICY_CONTEXT_SLOTS_H

/* The slots of a context and their codes, while it is made. */

#include "policy/context.h"

/** Makes all slots: those of the lane, and one for each attribute of the laws. MEMORY */
struct status slots_make(struct context *context);

/** Gives each slot the codes that it can have. MEMORY */
struct status slots_fill(struct context *context);

/** Adds a code that is not there; never "unknown". False when the arena is full. */
bool slot_add(struct context *context, size_t slot, struct slice code);

/** The code of a slot that the lane or the type has fixed. */
bool slot_fix(struct context *context, size_t slot, struct slice code);

#endif
