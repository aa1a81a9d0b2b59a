#ifndef POLICY_LEVELS_H
#define POLICY_LEVELS_H

/* The levels by name. */

#include "policy/decide.h"

#define LEVELS (LEVEL_CLEAR + 1)

/** LEVEL_SILENT if a rule cannot name it. */
enum level level_find(struct slice name);

/** Fills names with those that a release clause may name and gives their number. */
size_t levels_of_release(const char *names[static LEVELS]);

#endif
