#ifndef COMITY_AUDIT_EXPLAINED_H
#define COMITY_AUDIT_EXPLAINED_H

/* What comity audit explain says of an entry: one JSON object, which --json prints and from which
 * the page for people is written. */

#include "comity/invocation.h"
#include "mirror/mirror.h"
#include "policy/rulebook.h"

#include <jansson.h>

/**
 * Which rule decided what, for fields with the same level, rule and basis together:
 * [{"level","rule","basis","sentence","fields":[{"path","category"}]}]. The sentence is there where
 * the rulebook is. A new reference; NULL when memory is out.
 *
 * rulebook  that the entry was decided under; NULL: it is not at hand
 */
json_t *audit_decisions_json(struct arena *arena, const struct opened *opened,
                             const struct rulebook *rulebook);

/** What the reader is not shown, each with why: ["..."]. A new reference; NULL: memory. */
json_t *audit_hidden_json(const struct opened *opened);

/**
 * Proves that the entry is in the log: from its octets by the path to the root of the kept
 * checkpoint, by the log's key of the directory to the witnesses: {"entry","leaf","index","size",
 * "path","root","origin","key","witnesses":[{"state","key","time"}],"cosigned","quorum"}.
 *
 * REFUSED  consistency: the path does not lead to the root; note.*: the checkpoint is not signed as
 *          the directory says
 * ABSENT, CONFIG, STORE, MEMORY
 */
struct status audit_proof_json(struct arena *arena, struct mirror *mirror,
                               const struct directory *directory, const struct mirror_entry *entry,
                               json_t **ret_proof);

/** Writes the page. */
void audit_explained_print(const struct invocation *invocation, const json_t *explained);

#endif
