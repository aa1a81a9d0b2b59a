#ifndef SCENARIO_READING_H
#define SCENARIO_READING_H

/* A gateway's log as its State's oversight reads it. */

#include "journal/openings.h"
#include "scenario/scene.h"

struct reading {
    struct arena *arena;
    struct buffer document;
    struct opened_entry *rows;
    struct opened opened[OPENINGS_MAX];
    size_t count;
};

/** The whole log, verified; closed: as the data-protection authority is given it. */
struct reading reading_of(struct world *world, bool closed);

void reading_done(struct reading *reading);

#endif
