#ifndef SUPPORT_CHANCE_H
#define SUPPORT_CHANCE_H

/* Numbers at random that can be had again. */

#include <stddef.h>

/** Begins with COMITY_SEED or, without it, with this seed, and prints which. */
void chance_begin(unsigned otherwise);

/** What to set COMITY_SEED to, to begin where the numbers are now. */
unsigned chance_seed(void);

/** A number below count. */
size_t chance(size_t count);

/** One element of an array. */
#define CHANCE_OF(list) list[chance(sizeof(list) / sizeof(list)[0])]

#endif
