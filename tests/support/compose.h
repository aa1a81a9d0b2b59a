#ifndef SUPPORT_COMPOSE_H
#define SUPPORT_COMPOSE_H

/*
 * JSON documents as officers write them, made into what a client seals: claims, leaves, LOCAL
 * values. Element names are numbers counted up through the document, so the same document always
 * gives the same paths.
 */

#include <jansson.h>

#include "message/claims.h"
#include "schema/document.h"

struct composed {
    struct arena *arena; /* owns everything */
    const struct message_type *type;
    struct claims claims;         /* without digests; made at COMPOSE_CREATED */
    struct claim_facts facts;     /* of the claims */
    struct leaf *leaves, *locals; /* sorted by path */
    size_t count, local_count;
    struct slice *labels; /* of the element with that number: "~V1" of a person, else "~1", "~2" */
    size_t element_count;
};

#define COMPOSE_CREATED 1788766800000ULL /* 2026-09-07T07:40:00Z */

/** Composes a document from one party to another; stops the program if it is no message. */
struct composed *compose(const struct schema *schema, const json_t *document, const char *from,
                         const char *to);

void composed_free(struct composed *composed);

/** A path with labels for element names: "persons/~V1/docs/~1/type". In the composed arena. */
const char *composed_label(const struct composed *composed, struct slice path);

/** The path that has this label. NULL if no leaf has it. */
const struct leaf *composed_leaf(const struct composed *composed, const char *label);

/** A JSON file below tests/; the program stops if it cannot be read. To be freed by json_decref. */
json_t *json_file(const char *relative);

#endif
