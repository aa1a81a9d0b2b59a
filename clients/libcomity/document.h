#ifndef LIBCOMITY_DOCUMENT_H
#define LIBCOMITY_DOCUMENT_H

/*
 * From a verified delivery to what people read. There is no way in for anything unverified: only
 * chain_verify makes a `struct delivery_verified`. Sealed, derived and withheld stay three kinds of
 * values here; only the JSON document, which is made of them, puts them side by side.
 */

#include <jansson.h>

#include "audit/chain.h"
#include "libcomity/comity.h"

/**
 * All values, sorted by path; everything lives in the arena. A derived value that points to a text
 * of the sender (transform summary) has that text. MEMORY
 */
struct status document_values(struct arena *arena, const struct delivery_verified *delivery,
                              const struct comity_value **ret_values, size_t *ret_count);

/**
 * The object that `comity request show --json` prints: id, type, claims, document, fields,
 * withheld, verified. A new reference. MEMORY
 */
struct status document_show(const struct delivery_verified *delivery,
                            const struct comity_value *values, size_t count, json_t **ret_json);

/** The document alone: what was composed, less what was withheld. A new reference. MEMORY */
struct status document_json(const struct claims *claims, const struct comity_value *values,
                            size_t count, json_t **ret_json);

#endif
