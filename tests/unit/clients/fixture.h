#ifndef UNIT_CLIENTS_FIXTURE_H
#define UNIT_CLIENTS_FIXTURE_H

/* The shipped law, the case A.3 and a sealing key, for tests of the library. */

#include <jansson.h>

#include "libcomity/sealing.h"
#include "message/field.h"
#include "support/check.h"
#include "support/folder.h"

#define CREATED_MS 1788766800000ULL /* 2026-09-07T07:40:00Z */

/** The shipped law; the program stops if it is wrong. To be freed. */
struct schema *shipped_schema(struct arena *arena);

/** The key and certificate of XA-CA-01 in the vectors. */
const struct sealer *vector_sealer(void);

/** A file of tests/cases as text. */
struct slice case_text(const char *name);

/** What XA-CA-01 asks for when it sends a document to XC-CA-01 at CREATED_MS. */
struct compose_question question_of(const struct schema *schema, struct slice document);

/**
 * A path with names for people instead of random ones: "~V1" for the person of that sid, else ~1,
 * ~2 in the order of the list. In the arena.
 */
struct slice label_of(struct arena *arena, const struct draft *draft, struct slice path);

/** Whether the octets hold this text anywhere. */
bool holds_text(struct slice octets, const char *text);

#endif
