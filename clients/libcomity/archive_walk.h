#ifndef LIBCOMITY_ARCHIVE_WALK_H
#define LIBCOMITY_ARCHIVE_WALK_H

/* The archive's records as others see them, each with what its own octets say of it. */

#include "audit/entry.h"
#include "libcomity/client.h"

/** One record on a walk; all is borrowed for the call. */
struct archived {
    struct comity_archived shown;
    struct arena *arena;
    struct slice id;  /* 16 octets; empty of a checkpoint */
    enum stage stage; /* of a receipt */
    uint64_t hop;     /* of a receipt */
};

/** Sees one record; stops the walk by failing. */
typedef struct status archived_visit(void *owner, const struct archived *record);

/** Visits records of these kinds, bits of comity_archive_kind; unsound as of archive_each, where a
 * message whose answer does not open counts, too. STORE, MEMORY */
struct status archive_walk(struct comity *c, unsigned kinds, archived_visit *visit, void *owner,
                           size_t *unsound);

#endif
