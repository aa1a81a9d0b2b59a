#include "schema/type.h"

#include "base/slices.h"

static const struct field_rule *rule_of(const struct entry *e)
{
    return e == NULL ? NULL : &e->rule;
}

static bool is_kind(const struct message_type *type, struct slice path, enum entry_kind kind)
{
    const struct entry *e = field_table_find(&type->table, path);
    return e != NULL && e->kind == kind;
}

struct slice type_name(const struct message_type *type)
{
    return type->name;
}

uint64_t type_version(const struct message_type *type)
{
    return type->version;
}

unsigned type_pad(const struct message_type *type)
{
    return type->pad;
}

bool type_allows_route(const struct message_type *type, struct slice from_role,
                       struct slice to_role, struct slice instrument)
{
    for (size_t i = 0; i < type->route_count; i++) {
        const struct route *route = &type->routes[i];
        if (slices_have(route->from, from_role) && slices_have(route->to, to_role) &&
            (route->instruments.count == 0 || slices_have(route->instruments, instrument)))
            return true;
    }
    return false;
}

bool type_allows_purpose(const struct message_type *type, struct slice purpose)
{
    return slices_have(type->purposes, purpose);
}

uint32_t type_required_claims(const struct message_type *type)
{
    return type->claims;
}

const struct field_rule *type_field(const struct message_type *type, struct slice path)
{
    return rule_of(field_table_find(&type->table, path));
}

const struct field_rule *type_local(const struct message_type *type, struct slice path)
{
    return rule_of(field_table_find(type->locals, path));
}

size_t type_rule_count(const struct message_type *type)
{
    return type->table.count;
}

const struct field_rule *type_rule_at(const struct message_type *type, size_t index)
{
    return index < type->table.count ? &type->table.entries[index].rule : NULL;
}

/* Every rule that is handed out is the first member of an entry. */
const char *const *field_rule_codes(const struct field_rule *rule, size_t *ret_count)
{
    const struct declaration *declaration = ((const struct entry *)rule)->declaration;
    if (declaration == NULL || !value_rule_is_coded(&declaration->value))
        return NULL;
    *ret_count = declaration->value.list->count;
    return declaration->value.list->names;
}

size_t field_rule_type(const struct field_rule *rule)
{
    const struct declaration *declaration = ((const struct entry *)rule)->declaration;
    return declaration == NULL || declaration->value.type == NULL
               ? VALUE_TYPES_MAX
               : value_rule_type(&declaration->value);
}

bool type_is_by_value(const struct message_type *type, struct slice path)
{
    return is_kind(type, path, ENTRY_VALUES);
}

struct slice type_person(const struct message_type *type, struct slice path)
{
    unsigned count = path_segments(path);
    for (unsigned i = 1; i <= count; i++)
        if (is_kind(type, path_first(path, i), ENTRY_PERSON))
            return path_first(path, i);
    return (struct slice){NULL, 0};
}

const struct together *type_together(const struct message_type *type)
{
    return type->is_together ? &type->together : NULL;
}
