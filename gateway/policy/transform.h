#ifndef POLICY_TRANSFORM_H
#define POLICY_TRANSFORM_H

/*
 * What becomes of a value that is shown, but not in clear: a part of it, something coarser, or a
 * pseudonym. Made from the sender's original value only, at hop 1 only.
 */

#include "policy/derive.h"
#include "policy/grade.h"

#define MASK_MAX 8 /* characters that a mask may leave */

/** Whether values of this type (schema.h: field_rule_type) can be shown at this grade. */
bool transform_fits(const struct grade *grade, size_t type);

/** How values are shown. */
struct transforming {
    struct arena *arena;
    const struct grade *grade;
    const uint8_t *pseudonym_key; /* 32 octets; NULL: there are no pseudonyms */
};

/**
 * The value of a field, or each element of its array, as it is shown: MessagePack in the arena.
 * *ret_packed is empty where the value cannot be shown so; it is then withheld. MEMORY
 */
struct status transform_value(const struct transforming *how, const struct field_rule *rule,
                              const struct value *value, struct slice *ret_packed);

/**
 * Whether a value that hop 1 has put in a field's place has the form of this grade, or of a lower
 * one in the order of the field's type. Nil, which points to a summary, says nothing and has it.
 */
bool transform_is_within(const struct grades *grades, uint8_t grade,
                         const struct document_item *item);

#endif
