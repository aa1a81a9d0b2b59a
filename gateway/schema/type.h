#ifndef SCHEMA_TYPE_H
#define SCHEMA_TYPE_H

/*
 * A message type as it stands in memory, and how its text is read:
 *
 *     message mla.request schema 1
 *       pad 64
 *       from CA to CA
 *       from JUD to JUD, CA under EIO
 *       purpose EVIDENCE, PROSECUTION
 *       claims case_ref, instrument, legal_basis, lang, owner
 *       carries sid, cat, name, dob
 *       together facts, facts_subjects, facts_cats or releasable_summary
 *       field ...
 */

#include "schema/field_table.h"

struct route {
    struct slices from, to;    /* roles */
    struct slices instruments; /* empty: any */
};

struct message_type {
    struct slice name;
    uint64_t version;
    unsigned pad;
    struct route *routes;
    size_t route_count;
    struct slices purposes;
    uint32_t claims;
    bool is_together;
    struct together together;
    struct field_table table;
    const struct field_table *locals; /* the schema's */
};

struct schema {
    struct arena *arena;
    struct arena *tables; /* of the types while texts are read; NULL afterwards */
    struct vocabulary vocabulary;
    bool has_person; /* the law has objects/person */
    struct person_object person;
    struct field_table locals;
    struct message_type **types; /* sorted by name and version */
    size_t type_count;
};

/** Reads a whole text of messages/ into type. */
void type_parse(struct reading *r, struct schema *schema, struct message_type *type);

/** Reads a whole text of objects/person. */
void person_parse(struct reading *r, const struct vocabulary *v, struct lines *person);

#endif
