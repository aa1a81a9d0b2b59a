#ifndef COMITY_POLICY_CHANGE_H
#define COMITY_POLICY_CHANGE_H

/* A document changed as a scenario says. */

#include <jansson.h>

#include "policy/scenario.h"

/**
 * Sets or takes away what stands at the path; objects on the way are made. False where the path
 * leads to a person or an element that is not there.
 */
bool policy_change(json_t *document, const struct scenario_given *given);

#endif
