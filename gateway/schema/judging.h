#ifndef SCHEMA_JUDGING_H
#define SCHEMA_JUDGING_H

/* A document while it is judged: shared by its checks (document_check.c) and its making. */

#include "schema/document.h"
#include "schema/type.h"

struct judging {
    struct arena *arena;
    const struct message_type *type;
    const struct claim_facts *claims;
    const struct leaf *leaves;
    size_t count;
    bool remains;                 /* of what another gateway has let go: it need not be complete */
    const bool *derived;          /* of remains, by leaf */
    const struct entry **entries; /* of the leaves */
    uint8_t *shared;              /* segments that each leaf shares with the one before */
    struct slice *ret_path;       /* the field at fault */
};

/** The leaf at this path; NULL if there is none. */
const struct leaf *judging_leaf(const struct judging *j, struct slice path);

/**
 * The path of place in the element that here (a path or the beginning of one) lies in, written into
 * room. place must lie in an element around here, not below another list.
 */
struct slice judging_path(const struct entry *place, struct slice here,
                          uint8_t room[static PATH_MAX_BYTES]);

/**
 * Whether a condition of a place holds (NULL always does), asked at the path here; scope is the one
 * here lies in.
 */
bool judging_holds(const struct judging *j, const struct condition *condition,
                   const struct entry *target, const struct entry *scope, struct slice here);

/** REFUSED type.value: a list or array has more elements than it may. */
struct status judging_counts(struct judging *j);

/** REFUSED type.incomplete or type.reason, as asked: something required is missing. MEMORY */
struct status judging_requirements(struct judging *j, enum requirement requirement);

#endif
