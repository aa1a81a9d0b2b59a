#ifndef LIBCOMITY_CLAIM_ROWS_H
#define LIBCOMITY_CLAIM_ROWS_H

/* Which keys of a document are claims, and how each reads and is written as JSON. */

#include <jansson.h>

#include "libcomity/fault.h"
#include "message/claims.h"

struct claim_row;

/** The claim at this path of a document ("urgency/level"); NULL: it is a field. */
const struct claim_row *claim_row_at(struct slice path);

/** Reads a document's value into claims; texts are copied into the arena. CONFIG, MEMORY */
struct status claim_row_read(const struct claim_row *row, const json_t *json, struct arena *arena,
                             struct claims *claims, struct comity_fault *reterr);

/**
 * Shows each claim that there is with its path: all of them, or only those that a document shows,
 * which are those that its writer may set. show takes the JSON over.
 */
typedef void claim_show(void *owner, const char *path, json_t *json);
void claim_rows_show(const struct claims *claims, bool document_only, claim_show *show,
                     void *owner);

#endif
