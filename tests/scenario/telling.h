#ifndef SCENARIO_TELLING_H
#define SCENARIO_TELLING_H

/* Two gateways whose logs go on without a message between them, and the time that passes. */

#include "scenario/pair.h"

#define XC_ORIGIN "xc-gw-01.comity.example/audit/2026"

/** Both logs were told once: before, neither gateway knew the other's start entry. */
struct pair telling_begin(void);

/** One more entry in XA's log, about nothing that goes to XC. */
void telling_grow(struct pair *pair);

/** Lets the time pass, and every link keep its deadlines. */
void telling_pass(struct pair *pair, uint64_t ms);

/** So much time that each log was told, and is kept as it was told. */
void telling_step(struct pair *pair);

/** How far a world has verified a log, as its journal keeps it. In the arena. */
struct peer_checkpoint telling_kept(struct world *world, struct arena *arena, const char *origin);

/** How many steps of XA's log a world keeps. */
size_t telling_steps(struct world *world);

#endif
