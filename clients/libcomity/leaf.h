#ifndef LIBCOMITY_LEAF_H
#define LIBCOMITY_LEAF_H

/* Values of fields as JSON and as MessagePack. */

#include <jansson.h>

#include "base/reader.h"
#include "wire/msgpack.h"

/** Whether JSON can be one leaf: no fraction, no object but the empty one, no list in a list. */
bool leaf_is_json(const json_t *json);

/** Appends a leaf; json must be one. */
void leaf_write(struct buffer *out, const json_t *json);

/** The value as JSON, octets as base64. A new reference; NULL when memory is out. */
json_t *leaf_json(const struct value *value);

/** What claims and rows hold, as JSON: text (an empty one too), a list of texts, an instant. New
 * references; NULL when memory is out. */
json_t *leaf_json_text(struct slice text);
json_t *leaf_json_texts(const struct slices *texts);
json_t *leaf_json_instant(uint64_t unix_ms);

#endif
