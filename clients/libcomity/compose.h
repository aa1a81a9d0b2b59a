#ifndef LIBCOMITY_COMPOSE_H
#define LIBCOMITY_COMPOSE_H

/*
 * From the document that an officer writes to what is sealed: claims, fields and local values.
 * Elements of lists get random names here, fresh for each recipient, in the order of the list.
 */

#include <jansson.h>

#include "libcomity/fault.h"
#include "message/claims.h"
#include "schema/document.h"

#define COMPOSE_LIFE_MS   (14 * 86400000ULL)  /* expires, where the document does not say */
#define COMPOSE_RETAIN_MS (365 * 86400000ULL) /* retain_until, likewise */

/** A document for one recipient; all of it lives in an arena. */
struct draft {
    struct claims claims;            /* all but the digests */
    const struct message_type *type; /* NULL: the rulebook has none of this name and version */
    struct leaf *fields;             /* sorted by path; value.raw is MessagePack */
    size_t field_count;
    struct leaf *locals; /* likewise: persons/~x/asylum/status */
    size_t local_count;
};

struct compose_question {
    const struct schema *schema;
    struct slice document; /* JSON text */
    struct slice from;     /* own party */
    struct slice to;       /* empty: as the document says */
    struct slice thread;   /* 16 octets; empty: the document's, or a new one */
    struct slice reply_to; /* 16 octets; empty: the document's, if any */
    uint64_t now_ms;
};

/** Reads a document: a JSON object, no key twice; the caller's. CONFIG  anything else */
struct status compose_parse(struct slice document, json_t **ret_json, struct comity_fault *reterr);

/**
 * Composes. The gateway is the judge of fields and codes; here only what cannot be sealed is
 * refused, with the place in the document.
 *
 * CONFIG  the document: not JSON, a key twice, a claim of another form, a fraction, ...
 * MEMORY, CRYPTO
 */
struct status compose(struct arena *arena, const struct compose_question *question,
                      struct draft *ret_draft, struct comity_fault *reterr);

#endif
