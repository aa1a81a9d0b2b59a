#ifndef SCHEMA_SCHEMA_H
#define SCHEMA_SCHEMA_H

/*
 * What the rulebook's law says about words and messages: the vocabulary (code lists, categories,
 * roles, purposes) and the message types, each a table of fields with type, limits and category. It
 * is read from text; a new message type needs text only. Nothing passes that is not in it
 * (R-GEN-01).
 *
 * Field names are dotted, array elements implied: the path persons/~9f3c20aa17b04e55/name/family
 * has the name persons.name.family.
 */

#include "base/file.h"
#include "schema/text.h"
#include "wire/msgpack.h"
#include "wire/names.h"

/** The 19 categories of the domain, in its order. */
#define CATEGORIES(X)                                                                              \
    X(MET, "metadata")                                                                             \
    X(DEM, "demographic")                                                                          \
    X(ID, "identity")                                                                              \
    X(CON, "contact")                                                                              \
    X(LOC, "location")                                                                             \
    X(PLC, "place")                                                                                \
    X(CHD, "child")                                                                                \
    X(HLT, "health")                                                                               \
    X(SPC, "special")                                                                              \
    X(BIO, "biometric")                                                                            \
    X(FIN, "financial")                                                                            \
    X(COM, "communications")                                                                       \
    X(ASY, "asylum")                                                                               \
    X(CRM, "allegation")                                                                           \
    X(VIC, "victimisation")                                                                        \
    X(WIT, "witness")                                                                              \
    X(OPS, "operational")                                                                          \
    X(EVD, "evidence")                                                                             \
    X(PRV, "privileged")

enum category {
    CATEGORY_NONE,
#define X(code, tag) CATEGORY_##code,
    CATEGORIES(X)
#undef X
        CATEGORY_COUNT
};

/** "ID" for CATEGORY_ID. Static storage. */
const char *category_code(enum category category);
/** "identity" for CATEGORY_ID: the word after "tag." in policies. */
const char *category_tag(enum category category);
/** CATEGORY_NONE if there is none of that code, or tag. */
enum category category_by_code(struct slice code);
enum category category_by_tag(struct slice tag);

/** What the leak hold looks for in released text when the field is withheld. */
enum leak {
    LEAK_NONE,   /* codes, sids, dates of events, numbers, truth values */
    LEAK_WORDS,  /* names, birth dates, places, LOCAL notes: whole words after folding */
    LEAK_NUMBER, /* identifying numbers: letters and digits only */
};

/** How text of a field can itself leak or be searched. */
enum prose {
    PROSE_NONE, /* not a string, or a code: never searched */
    PROSE_CODE, /* a string that is not a code: identifying numbers are searched in it */
    PROSE_FREE, /* free text: everything is searched in it */
};

/** What a message type, or the list of LOCAL blocks, says about one field name. */
struct field_rule {
    struct slice name;          /* "persons.name.family" */
    enum category category : 8; /* where it depends on values: that of no special value */
    enum leak leak : 8;
    enum prose prose : 8;
    bool in_person : 1;     /* below an element of a person list */
    bool carried : 1;       /* of a protected person, the type carries it (R-GEN-03) */
    bool by_value : 1;      /* sealed value by value: needs, guardian.scope, consent.scope */
    uint8_t group_segments; /* of the path, that make the group a stated withholding names */
    uint8_t member;         /* of a person's field: where the member's name begins in name */
    uint16_t number;        /* its index among the rules of its type, or of LOCAL */
};

struct message_type; /* immutable */
struct schema;       /* immutable; vocabulary and all types */

/** The type of this name and schema version; NULL if there is none. */
const struct message_type *schema_type(const struct schema *schema, struct slice name,
                                       uint64_t version);

/** The newest version of a type; NULL if there is none. */
const struct message_type *schema_newest(const struct schema *schema, struct slice name);

/** All types in all versions, in the order of names and versions. */
size_t schema_type_count(const struct schema *schema);
const struct message_type *schema_type_at(const struct schema *schema, size_t index);

/** Whether code is in the code list of this name, e.g. "purpose", "instrument", "transfer_basis".
 */
bool schema_has_code(const struct schema *schema, const char *list, struct slice code);

/** The codes of a list, sorted, terminated C strings for text_nearest; NULL if there is no such
 * list.
 */
const char *const *schema_codes(const struct schema *schema, const char *list, size_t *ret_count);

/** The law's number, from the text; 1 or more. */
uint64_t schema_number(const struct schema *schema);

struct slice type_name(const struct message_type *type);
uint64_t type_version(const struct message_type *type);
/** Digests in a seal before doubling, at least 16. */
unsigned type_pad(const struct message_type *type);
/** Whether a party of role from may send this type to role to under this instrument (R-GEN-02). */
bool type_allows_route(const struct message_type *type, struct slice from_role,
                       struct slice to_role, struct slice instrument);
/** Whether the type may have this purpose. */
bool type_allows_purpose(const struct message_type *type, struct slice purpose);
/** Claims that must be there, as bits 1 << number of the claim. */
uint32_t type_required_claims(const struct message_type *type);
/** What the type says of a field path; NULL if it has no such field. */
const struct field_rule *type_field(const struct message_type *type, struct slice path);
/** The same for a LOCAL value: the path below persons/~x without "LOCAL". */
const struct field_rule *type_local(const struct message_type *type, struct slice path);
/** All rules of a type, containers (an empty list or object can be a leaf) included. */
size_t type_rule_count(const struct message_type *type);
const struct field_rule *type_rule_at(const struct message_type *type, size_t index);
/** All rules for LOCAL values. */
size_t schema_local_count(const struct schema *schema);
const struct field_rule *schema_local_at(const struct schema *schema, size_t index);
/** The codes that a field can hold, sorted; NULL if its values are not of a code list. */
const char *const *field_rule_codes(const struct field_rule *rule, size_t *ret_count);

#define VALUE_TYPES_MAX 32

/** The type of a field's value, or of its array's elements, as a number below VALUE_TYPES_MAX; that
 * very number for lists and objects. */
size_t field_rule_type(const struct field_rule *rule);
/** The word of a type of value, "partial-date"; NULL if there is none of that number. */
const char *value_type_name(size_t type);

/** Whether a gateway can show such a value in another form: not codes, and not what is true or not.
 */
bool value_type_transforms(size_t type);

/** Whether the scalar array at this path is sealed value by value. */
bool type_is_by_value(const struct message_type *type, struct slice path);

/**
 * The person element that a path, of a field or of a LOCAL value, lies in: "persons/~x"; empty if
 * it lies in none.
 */
struct slice type_person(const struct message_type *type, struct slice path);

/** A group of fields that stand or fall together, with the text that replaces them (R-GEN-07). */
struct together {
    struct slice text;     /* "facts" */
    struct slice subjects; /* "facts_subjects" */
    struct slice cats;     /* "facts_cats" */
    struct slice summary;  /* "releasable_summary" */
};
/** NULL if the type has none. */
const struct together *type_together(const struct message_type *type);

/**
 * Reads the law's words and types: the files law/vocabulary, law/objects/person and
 * law/messages/...; other files are left to policy. The schema borrows nothing from files.
 *
 * CONFIG  with *reterr filled;  MEMORY
 */
struct status schema_parse(const struct text_files *files, struct schema **ret_schema,
                           struct text_error *reterr);

void schema_free(struct schema *schema);

#endif
