#ifndef SCHEMA_VOCABULARY_H
#define SCHEMA_VOCABULARY_H

/*
 * The law's words: code lists, and which codes put the field that holds them into a category of
 * their own.
 *
 *     law number 1
 *     codes purpose INVESTIGATION, PROSECUTION, ASYLUM as ASY
 */

#include "schema/reading.h"
#include "schema/schema.h"

struct code_row {
    struct slice text;
    enum category category; /* CATEGORY_NONE: the field's own */
};

struct code_list {
    struct slice name;
    struct code_row *codes;   /* sorted */
    const char *const *names; /* the same, for suggestions */
    size_t count;
};

struct vocabulary {
    uint64_t number;
    struct code_list *lists; /* in the order of the text */
    size_t count;
};

/** Reads the whole text. The list "category" of the 19 codes is there without being written. */
void vocabulary_parse(struct reading *r, struct vocabulary *v);

/** NULL if there is none. */
const struct code_list *vocabulary_list(const struct vocabulary *v, struct slice name);

/** NULL if the list has no such code. */
const struct code_row *code_find(const struct code_list *list, struct slice text);

/** Passes the name of a code list; NULL with an error if there is none of that name. */
const struct code_list *vocabulary_expect(struct reading *r, const struct vocabulary *v);

/** Passes codes between commas; they live in the arena. */
struct slices codes_expect(struct reading *r, const struct code_list *list);

/** Passes a category. */
enum category category_expect(struct reading *r);

#endif
