#ifndef SCHEMA_VALUE_RULE_H
#define SCHEMA_VALUE_RULE_H

/*
 * What values a field may have, as the text says it: "text 200", "code purpose", "up to 8 country",
 * "int 1 to 999". One row per type in value_rule.c.
 */

#include "schema/vocabulary.h"
#include "wire/msgpack.h"

#define ARRAY_MAX 256

struct value_type; /* a row */

struct value_rule {
    const struct value_type *type;
    uint64_t min, max;            /* octets, digits or numbers, as the type reads them */
    const struct code_list *list; /* of codes; roles of parties */
    unsigned array_max;           /* elements of an array; 0 for a single value */
};

/** Passes a type with its limits. */
struct value_rule value_rule_parse(struct reading *r, const struct vocabulary *v);

/** Whether the value, or the array of them, is one. */
bool value_fits(const struct value_rule *rule, const struct value *value);

/** Whether one element of the array is one. */
bool value_element_fits(const struct value_rule *rule, const struct value *element);

/** The number of its type (schema.h: value_type_name). */
size_t value_rule_type(const struct value_rule *rule);

/** Whether codes of a list say what the value is, so that conditions can ask for them. */
bool value_rule_is_coded(const struct value_rule *rule);

/** Text that is not a code. */
enum prose value_rule_prose(const struct value_rule *rule);

/** Whether it is the type "text", which alone can be free text. */
bool value_rule_is_text(const struct value_rule *rule);

/**
 * The category that the value's code has of its own, of several the one last in the domain's order;
 * CATEGORY_NONE if it has none.
 */
enum category value_category(const struct value_rule *rule, const struct value *value);

/** Whether the value says nothing: blank text or an empty container. */
bool value_is_blank(const struct value *value);

#endif
