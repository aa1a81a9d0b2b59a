#ifndef LIBCOMITY_COMPOSE_WALK_H
#define LIBCOMITY_COMPOSE_WALK_H

/* The walk through a document's JSON: each value becomes a claim, a field or a local value. */

#include <jansson.h>

#include "libcomity/compose.h"

/** Fills claims, fields and locals of the draft, whose type is set. CONFIG, MEMORY, CRYPTO */
struct status compose_walk(struct arena *arena, json_t *document, struct draft *draft,
                           struct comity_fault *reterr);

#endif
