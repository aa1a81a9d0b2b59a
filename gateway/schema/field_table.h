#ifndef SCHEMA_FIELD_TABLE_H
#define SCHEMA_FIELD_TABLE_H

/*
 * All places that values can have in a message, by pattern: a path with ~ for each element name.
 *
 *     items            a list           items/~           its elements
 *     items/~/measure  a field          items/~/details   an object, implied by the fields below it
 *
 * Lists, elements and objects are places too, because an empty one is a leaf.
 */

#include "schema/declaration.h"
#include "wire/names.h"

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

struct entry;

struct entry_list {
    struct entry **at;
    size_t count;
};

struct entry {
    struct field_rule rule; /* first, so that a rule's address is its entry's */
    enum entry_kind kind;
    struct slice pattern;
    unsigned segments;
    unsigned person_segments; /* of the path, that name its person; 0 for a case field */
    unsigned max;             /* elements of a list or array */
    enum member member;
    struct entry *parent; /* the place it lies in; NULL at the top */
    struct entry *scope;  /* the innermost element or person around it; NULL: the message */
    const struct declaration *declaration; /* NULL where implied */
    const struct entry *sources[CATEGORY_SOURCES];
    size_t source_count;
    const struct entry *required_target, *only_target;
    struct entry_list demands; /* of an element or person: what it must have */
    struct entry *next;        /* of the same slot */
};

struct field_table {
    struct entry_list entries;
    struct entry_list demands; /* what the message itself must have */
    struct entry **slots;
    size_t slot_count; /* a power of two */
};

/** A message's own lines, the person object's, and the members carried of protected persons. */
struct field_source {
    const struct declarations *fields;
    const struct declarations *person; /* NULL if there is none */
    struct slices carried;
};

/**
 * Makes the table of a message type. Errors are told at the reading's next token: lines were judged
 * when they were read, so what can still fail is what they make together.
 */
void field_table_build(struct reading *r, const struct field_source *source,
                       struct field_table *table);

/** Makes the table of LOCAL values: the person object with its local lines, names persons.x. */
void field_table_build_local(struct reading *r, const struct declarations *person,
                             struct field_table *table);

/** The place of this very pattern; NULL if there is none. */
struct entry *field_table_at(const struct field_table *table, struct slice pattern);
/** Where a pattern's slot is, before the slots are masked. */
size_t pattern_hash(struct slice pattern);

/** The place of a path; NULL if there is none. */
const struct entry *field_table_find(const struct field_table *table, struct slice path);

/** The segment at an index; empty if there are fewer. */
struct slice path_segment(struct slice path, unsigned index);

/** The first count segments of a path. */
struct slice path_first(struct slice path, unsigned count);

/** How many whole segments both begin with. */
unsigned path_shared(struct slice a, struct slice b);

/** How many segments a path has. */
unsigned path_segments(struct slice path);

#endif
