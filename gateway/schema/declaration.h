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
    enum asked asked : 8;
    bool negated;
    struct slices codes;
};

enum requirement {
    REQUIRED_NEVER,
    REQUIRED_AS_COMPLETE, /* missing: type.incomplete */
    REQUIRED_AS_REASON,   /* missing: type.reason */
};

#define CATEGORY_SOURCES 2

/**
 * What a line says of the values at its places: one for all places that the line makes, and for
 * the persons of all messages. Another place is named by its distance, in places of the table.
 */
struct declaration {
    struct value_rule value;
    unsigned max;                     /* elements of a list */
    enum requirement requirement : 8; /* of the place */
    /* "or as measure": the category is that of the codes which these fields hold; each by its
     * distance from the values. */
    uint8_t source_count;
    int32_t sources[CATEGORY_SOURCES];
    const struct condition *required_when, *only_when; /* NULL: always */
    int32_t required_target, only_target; /* the fields asked; from the place, from the values */
};

/** A field or claim that a line names: the token until the line it names is found. */
struct named_line {
    struct token field;
    size_t target; /* index of that line */
};

struct line_condition {
    struct named_line named;
    struct condition condition;
};

/** A line while its text is read. It borrows from the text. */
struct line {
    struct token at; /* its name */
    enum declared declared;
    struct slice name; /* "items.measure" */
    struct declaration declaration;
    struct named_line sources[CATEGORY_SOURCES];
    struct line_condition required_when, only_when;
    enum category category;
    enum leak leak;
    enum prose prose;
    bool by_value; /* each element of the array is a field of its own */
    bool local;    /* LOCAL values only, never in a message */
};

struct lines {
    struct line *at;
    size_t count;
    struct declaration *declarations; /* of the lines, for the table that is made next */
};

/** Whether a line of this kind begins at the next token. */
bool line_at(const struct lexer *l);

/** Reads one line. */
void line_parse(struct reading *r, const struct vocabulary *v, struct lines *all);

/** Finds the lines that conditions and categories name. To be called once, after the last line. */
void lines_resolve(struct reading *r, struct lines *all, const struct vocabulary *v);

/** Keeps declarations of the lines for one table: to be called before they are laid in it. */
void lines_declare(struct reading *r, struct lines *all);

/** NULL if there is none of that name. */
const struct line *line_find(const struct lines *all, struct slice name);

/** Names of all lines, for suggestions; in the arena. NULL after a failure. */
const char *const *line_names(struct reading *r, const struct lines *all);

/** Takes the next segment off a dotted name; false when nothing is left. */
bool dotted_next(struct slice *rest, struct slice *ret_segment);

#endif
