#ifndef SCHEMA_FIELD_KIND_H
#define SCHEMA_FIELD_KIND_H

/* What a message type lets a field be: for those who reason about all messages, not about one. */

#include "schema/schema.h"

/** Whether a message, of a person's field the person, can have several values of it. */
bool field_rule_is_many(const struct field_rule *rule);

/** Whether values can stand there; false for lists and objects. */
bool field_rule_is_field(const struct field_rule *rule);

/** The categories that values of the field can have, as bits 1 << category. */
uint32_t field_rule_categories(const struct field_rule *rule);

#endif
