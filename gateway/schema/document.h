#ifndef SCHEMA_DOCUMENT_H
#define SCHEMA_DOCUMENT_H

/*
 * A message's fields as its type sees them: each leaf with its rule, its category (which may depend
 * on other values: an item's measure, a person's cat), its person and its group. Who needs to judge
 * fields takes a document, and only document_judge makes one.
 */

#include "schema/schema.h"

#define DERIVED_TEXT_MAX_BYTES 128 /* that a gateway may put in place of a value of any type */

/** One leaf value at a path, of the sender's fields or of its LOCAL values. */
struct leaf {
    struct slice path; /* first: sorted leaves and items are looked up by it */
    struct value value;
};

/** What the type's conditions need to know of the claims. Empty slices where absent. */
struct claim_facts {
    struct slice purpose, urgency, instrument;
};

#define NO_PERSON SIZE_MAX

struct document_item {
    struct leaf leaf;
    const struct field_rule *rule;
    enum category category;
    size_t person;      /* index in persons, NO_PERSON for a case field */
    struct slice group; /* path of the group a stated withholding names, e.g. persons/~x/docs */
    bool derived;       /* a gateway's value, not the sender's */
    bool doubtful;      /* a value that its category depends on is not there */
};

/** One person object, under persons or anywhere else in the message. */
struct document_person {
    struct slice element;  /* "persons/~9f3c20aa17b04e55" */
    struct slice sid, cat; /* empty where they are withheld */
    bool dual;             /* the sid is listed with another cat as well (R-NPP-04) */
};

struct document {
    const struct message_type *type;
    const struct document_item *items; /* in the order of the leaves: sorted by path */
    size_t count;
    const struct document_person *persons;
    size_t person_count;
};

/**
 * Judges every leaf by the type: known name, value type and limits, code lists, required fields,
 * one sid and cat per person. Leaves are sorted by path; all results live in the arena and borrow.
 *
 * REFUSED  type.field (a path the type does not know, R-GEN-01), type.value, type.incomplete
 *          (a required field is missing, R-MLA-01), type.reason (urgency without reason, R-MLA-08)
 *          ret_path names the field for the sender's detail
 * MEMORY
 */
struct status document_judge(struct arena *arena, const struct message_type *type,
                             const struct claim_facts *claims, const struct leaf *leaves,
                             size_t count, const struct document **ret_document,
                             struct slice *ret_path);

/** What is left of a message: fields that were let go and values that were derived instead. */
struct remains {
    const struct leaf *leaves; /* sorted by path */
    const bool *derived;       /* by leaf */
    size_t count;
};

/**
 * The same for what another gateway has let go. It need not be complete: nothing is required, and
 * no field depends on one that may be withheld. A derived value is one that the field could have,
 * a short text or an array of them in its place, or nil for a text that a summary stands for.
 *
 * REFUSED  type.field, type.value;  MEMORY
 */
struct status document_judge_remains(struct arena *arena, const struct message_type *type,
                                     const struct remains *remains,
                                     const struct document **ret_document, struct slice *ret_path);

/**
 * Judges one LOCAL value of a submission, path and all: a person of the type has such a member and
 * it may have this value.
 *
 * REFUSED  type.field, type.value
 */
struct status local_judge(const struct message_type *type, const struct leaf *leaf);

/** The item with this path; NULL if there is none. */
const struct document_item *document_find(const struct document *document, struct slice path);

/** The first person with this sid; NO_PERSON if there is none. */
size_t document_person_by_sid(const struct document *document, struct slice sid);

/** The next listing of the same sid; NO_PERSON after the last one. */
size_t document_person_again(const struct document *document, size_t person);

/** The item person/<member> of a person, e.g. member "dob"; NULL if there is none. */
const struct document_item *document_member(const struct document *document, size_t person,
                                            const char *member);

#endif
