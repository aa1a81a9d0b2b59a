#ifndef UNIT_SCHEMA_LAW_H
#define UNIT_SCHEMA_LAW_H

/* The rulebook's law as it is shipped in policies/, and messages written as JSON, for tests. */

#include "schema/document.h"

/** The shipped law; stops the program with the error if it cannot be read. */
struct schema *law_load(struct arena *arena);

/** A law made of these texts: path, text, path, text, NULL. */
struct status law_of(struct schema **ret_schema, struct text_error *reterr, const char *path,
                     const char *text, ...);

struct leaves {
    struct leaf *at;
    size_t count;
};

struct composed {
    struct leaves fields, locals;
    struct claim_facts claims;
};

/**
 * The leaves of a JSON document as a client makes them: claims left out, elements named by their
 * number from 1, LOCAL blocks apart. Everything lives in the arena.
 */
struct composed compose(struct arena *arena, const struct message_type *type, const char *json);

/** Judges a JSON document; what is said of it: "type.field persons/~1/nmae", or "ok". */
const char *judged(struct arena *arena, const struct message_type *type, const char *json,
                   const struct document **ret_document);

/**
 * A JSON text with one value set, or taken out where value is NULL: "persons/2/gender", list
 * elements by their index (one past the last adds one).
 */
const char *changed(struct arena *arena, const char *json, const char *path, const char *value);

#endif
