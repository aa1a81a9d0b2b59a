#ifndef UNIT_AUDIT_VECTORS_H
#define UNIT_AUDIT_VECTORS_H

/* Reading tests/vectors: octets, directories and what a reader has at hand, as the gateway sees
 * them. All of it lives until the program ends; a vector that cannot be read stops the program. */

#include "audit/chain.h"

#include <jansson.h>

/** A file of tests/vectors, e.g. "seal.json"; read once. */
const json_t *vector_file(const char *name);

/** The member of an object, which must be there. */
const json_t *vector_at(const json_t *object, const char *member);

/** A member that is text: its octets, or those that its hex digits stand for. */
struct slice vector_text(const json_t *object, const char *member);
struct slice vector_hex(const json_t *object, const char *member);

/** A member that is a number. */
uint64_t vector_count(const json_t *object, const char *member);

/** A list of hex strings. */
struct slices vector_hex_list(const json_t *list);

/** A vector's frame, whether given at once or in runs. */
struct slice vector_frame(const json_t *vector);

/** The directory of a file, "directory-hub.json". */
const struct directory *vector_directory(const char *name);

/** What the reader of a delivery has at hand. */
struct reader_state vector_reader(const json_t *reader);

#endif
