#ifndef SCHEMA_DECLARATION_H
#define SCHEMA_DECLARATION_H

/*
 * The lines of a text that say which fields there are:
 *
 *     list items up to 100 required
 *     field items.measure code measure EVD or as items.measure required
 *     field facts text 8000 CRM free required when items.measure is not SERVICE
 *     persons persons up to 64
 *
 * Names are relative to the text (a message, or the person object) and refer to its own lines only.
 */

#include "schema/value_rule.h"

enum declared {
    DECLARED_FIELD,
    DECLARED_LIST,    /* of objects: its elements have random names */
    DECLARED_PERSONS, /* such a list whose elements are person objects */
    DECLARED_PERSON,  /* one person object, e.g. answers.person */
};

enum asked {
    ASKED_OF_NOTHING, /* always holds */
    ASKED_OF_PURPOSE,
    ASKED_OF_URGENCY,
    ASKED_OF_INSTRUMENT,
    ASKED_OF_FIELD,
};

/** Holds if some value that is there is among the codes, or with "not" is none of them. */
struct condition {
    enum asked asked;
    struct token field; /* until the line it names is found */
    size_t target;      /* index of that line */
    bool negated;
    struct slices codes;
};

enum requirement {
    REQUIRED_NEVER,
    REQUIRED_AS_COMPLETE, /* missing: type.incomplete */
    REQUIRED_AS_REASON,   /* missing: type.reason */
};

#define CATEGORY_SOURCES 2

/** "or as measure": the category of the code that the field measure holds. */
struct category_source {
    struct token field;
    size_t target;
};

struct declaration {
    struct token at; /* its name, while the text is read */
    enum declared declared;
    struct slice name; /* "items.measure" */
    unsigned max;      /* elements of a list */
    struct value_rule value;
    enum category category;
    struct category_source sources[CATEGORY_SOURCES];
    size_t source_count;
    enum leak leak;
    enum prose prose;
    bool by_value; /* each element of the array is a field of its own */
    bool local;    /* LOCAL values only, never in a message */
    enum requirement requirement;
    struct condition required_when, only_when;
};

struct declarations {
    struct declaration *at;
    size_t count;
};

/** Whether a line of this kind begins at the next token. */
bool declaration_at(const struct lexer *l);

/** Reads one line. */
void declaration_parse(struct reading *r, const struct vocabulary *v, struct declarations *all);

/** Finds the lines that conditions and categories name. To be called once, after the last line. */
void declarations_resolve(struct reading *r, struct declarations *all, const struct vocabulary *v);

/** NULL if there is none of that name. */
const struct declaration *declaration_find(const struct declarations *all, struct slice name);

/** Names of all lines, for suggestions; in the arena. NULL after a failure. */
const char *const *declaration_names(struct reading *r, const struct declarations *all);

/** Takes the next segment off a dotted name; false when nothing is left. */
bool dotted_next(struct slice *rest, struct slice *ret_segment);

#endif
