#ifndef LIBCOMITY_DOCUMENT_TREE_H
#define LIBCOMITY_DOCUMENT_TREE_H

/* A JSON object grown from paths: random element names become places in a list. */

#include <jansson.h>

#include "base/slice.h"

struct tree_row {
    char *path; /* owned */
    json_t *json;
};

/** Zeroed is empty. */
struct tree {
    struct tree_row *rows;
    size_t count, room;
    bool failed; /* out of memory */
};

/** Adds a value at a path. json is taken over, NULL counts as out of memory. */
void tree_add(struct tree *tree, const char *path, json_t *json);

/** The object; a new reference, NULL when memory was out. Of two values at one path, or one below
 * another, the first by path counts. */
json_t *tree_json(struct tree *tree);

void tree_done(struct tree *tree);

#endif
