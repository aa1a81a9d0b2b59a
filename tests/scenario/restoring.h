#ifndef SCENARIO_RESTORING_H
#define SCENARIO_RESTORING_H

/* A gateway of a pair that is put back from a backup, as comity admin restore does it. */

#include "scenario/pair.h"

/** Makes the world's one backup, while it works. */
void restoring_back_up(struct world *world);

/** XC loses what came after its backup, and is up again; both parties have new links. */
void restoring_lose(struct pair *pair);

#endif
