#ifndef SUPPORT_WORLD_PARTS_H
#define SUPPORT_WORLD_PARTS_H

/* What the files of the world share. */

#include "support/world.h"

/** Stops the program unless good; what names what could not be set up. */
void world_need(bool good, const char *what);

/** The rulebook: policies/ and a directory with this key of XA-GW-01's log. */
struct rulebook *world_rulebook(const struct key *log_key);

/** The same, less one party. */
struct rulebook *world_rulebook_without(const struct key *log_key, const char *party);

#endif
