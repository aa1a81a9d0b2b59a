#ifndef SCHEMA_FIELD_TABLE_H
#define SCHEMA_FIELD_TABLE_H

/*
 * All places that values can have in a message, by pattern: a path with ~ for each element name.
 *
 *     items            a list           items/~           its elements
 *     items/~/measure  a field          items/~/details   an object, implied by the fields below it
 *
 * Lists, elements and objects are places too, because an empty one is a leaf.
 *
 * A table is one array. Its places name each other by their distance in it, so the places of a
 * person are worked out once and copied to wherever a message has a person.
 */

#include "base/status.h"
#include "schema/declaration.h"
#include "wire/names.h"

#define PLACES_MAX UINT16_MAX /* in one table */

enum entry_kind {
    ENTRY_FIELD,
    ENTRY_LIST,
    ENTRY_ELEMENT,
    ENTRY_OBJECT,
    ENTRY_PERSON, /* the element or object that is a person */
    ENTRY_VALUES, /* an array sealed value by value; its values are ENTRY_FIELDs below it */
};

enum member {
    MEMBER_OTHER,
    MEMBER_SID,
    MEMBER_CAT,
};

struct entry {
    struct field_rule rule; /* first, so that a rule's address is its entry's */
    struct slice pattern;
    const struct declaration *declaration; /* NULL where implied */
    enum entry_kind kind : 8;
    enum member member : 8;
    uint8_t segments;
    uint8_t person_segments; /* of the path, that name its person; 0 for a case field */
    uint16_t parent;         /* the place it lies in is so many places before; 0: at the top */
    uint16_t scope;          /* so is the innermost element or person around; 0: the message */
};

/** NULL at the top. */
static inline const struct entry *entry_parent(const struct entry *e)
{
    return e->parent == 0 ? NULL : e - e->parent;
}

/** The innermost element or person around a place; NULL: the message. */
static inline const struct entry *entry_scope(const struct entry *e)
{
    return e->scope == 0 ? NULL : e - e->scope;
}

/** How many codes the category of a place depends on, and the fields that hold them. */
static inline size_t entry_source_count(const struct entry *e)
{
    return e->kind == ENTRY_FIELD ? e->declaration->source_count : 0;
}

static inline const struct entry *entry_source(const struct entry *e, size_t index)
{
    return e + e->declaration->sources[index];
}

/** What the message, an element or a person must have. */
struct demand {
    uint16_t scope; /* the element's or person's number in the table, from 1; 0: the message */
    uint16_t place; /* index */
};

struct field_table {
    struct entry *entries; /* each after the one it lies in */
    size_t count;
    struct demand *demands; /* by scope, of each in the order of the lines */
    size_t demand_count;
    uint16_t *slots;   /* numbers of entries from 1, by the hash of their patterns; 0: free */
    size_t slot_count; /* a power of two, more than entries */
};

/** The places of one person object, at their first use under a pattern. */
struct person_use {
    const struct entry *person;
    const struct person_use *next;
};

/** The person object of the law: its table begins with the person, whose pattern is empty. */
struct person_object {
    struct field_table table;
    const struct person_use *uses; /* patterns and names of a use serve all later ones */
};

/** A message's own lines, the person object's places, and the members carried of protected persons.
 */
struct field_source {
    const struct lines *fields;
    struct person_object *person; /* NULL if there is none */
    struct slices carried;
    struct arena *arena; /* that the table is to live in */
};

/**
 * Makes the table of a message type. Errors are told at the reading's next token: lines were judged
 * when they were read, so what can still fail is what they make together.
 */
void field_table_build(struct reading *r, const struct field_source *source,
                       struct field_table *table);

/** Moves tables together, into arrays of their own in the arena. MEMORY */
struct status field_tables_join(struct arena *arena, struct field_table *const *tables,
                                size_t count);

/** Makes the table of LOCAL values: the person object with its local lines, names persons.x. */
void field_table_build_local(struct reading *r, const struct lines *person,
                             struct field_table *table);

/** Makes the places of a person object, without its local lines. */
void field_table_build_person(struct reading *r, const struct lines *person,
                              struct person_object *object);

/** The first use of the person object under this pattern; NULL if there is none. */
const struct person_use *person_use_find(const struct person_object *person, struct slice pattern);

/** The place of this very pattern; NULL if there is none. */
const struct entry *field_table_at(const struct field_table *table, struct slice pattern);

/** The place of this segment below a parent, or at the top. */
const struct entry *field_table_below(const struct field_table *table, const struct entry *parent,
                                      struct slice segment);

/** Lets the last place be found; the table has a free slot. */
void field_table_file(struct field_table *table, size_t index);

/** The place of a path; NULL if there is none. */
const struct entry *field_table_find(const struct field_table *table, struct slice path);

/** The demands of an element or person of the table, or with NULL of the message. */
const struct demand *field_table_demands(const struct field_table *table, const struct entry *scope,
                                         size_t *ret_count);

/** The segment at an index; empty if there are fewer. */
struct slice path_segment(struct slice path, unsigned index);

/** The first count segments of a path. */
struct slice path_first(struct slice path, unsigned count);

/** How many whole segments both begin with. */
unsigned path_shared(struct slice a, struct slice b);

/** How many segments a path has. */
unsigned path_segments(struct slice path);

#endif
