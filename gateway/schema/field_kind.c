#include "schema/field_kind.h"

#include "schema/field_table.h"

/* Every rule that is handed out is the first member of an entry. */
static const struct entry *entry_of(const struct field_rule *rule)
{
    return (const struct entry *)rule;
}

/* Elements of lists around the field, up to its person. */
bool field_rule_is_many(const struct field_rule *rule)
{
    const struct entry *e = entry_of(rule);
    if (e->declaration != NULL && e->declaration->value.array_max > 0)
        return true;
    for (unsigned i = e->person_segments; i < e->segments; i++)
        if (slice_is(path_segment(e->pattern, i), "~"))
            return true;
    return false;
}

bool field_rule_is_field(const struct field_rule *rule)
{
    return field_rule_type(rule) < VALUE_TYPES_MAX;
}

static uint32_t source_categories(const struct entry *source)
{
    uint32_t categories = 0;
    const struct code_list *list =
        source->declaration == NULL ? NULL : source->declaration->value.list;
    for (size_t i = 0; list != NULL && i < list->count; i++)
        if (list->codes[i].category != CATEGORY_NONE)
            categories |= 1U << list->codes[i].category;
    return categories;
}

uint32_t field_rule_categories(const struct field_rule *rule)
{
    const struct entry *e = entry_of(rule);
    uint32_t categories = 1U << rule->category;
    for (size_t i = 0; i < entry_source_count(e); i++)
        categories |= source_categories(entry_source(e, i));
    return categories;
}
