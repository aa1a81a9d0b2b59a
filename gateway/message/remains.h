#ifndef MESSAGE_REMAINS_H
#define MESSAGE_REMAINS_H

/* From what a message holds to what its type judges. */

#include "message/field.h"
#include "schema/document.h"

/** Fields and derived values in one list by path, borrowed from the contents; the list is the
 * arena's. MEMORY */
struct status contents_remains(struct arena *arena, const struct contents *contents,
                               struct remains *ret_remains);

#endif
