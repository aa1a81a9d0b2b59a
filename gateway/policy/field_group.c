#include "policy/field_group.h"

#include "policy/list.h"
#include "schema/field_kind.h"

bool rule_covers_field(const struct law *law, const struct rule *rule,
                       const struct field_rule *field, enum category category)
{
    if (field == NULL)
        return (rule->declared >> category & 1U) != 0;
    return (rule->categories >> category & 1U) != 0 || rule_names_field(law, rule, field);
}

/* The groups while they are made. */
struct making {
    struct arena *arena;
    const struct typed_law *laws;
    size_t law_count;
    struct field_groups *groups;
    bool *covered[2], *guaranteed[2]; /* of the field at hand, by law */
};

static void cover(const struct law *law, const struct rule *rules, size_t count,
                  const struct group_field *field, bool *ret_covered)
{
    for (size_t r = 0; r < count; r++)
        ret_covered[r] =
            field != NULL && rule_covers_field(law, &rules[r], field->field, field->category);
}

static bool same_covered(const struct making *m, const struct field_group *a,
                         const struct field_group *b)
{
    bool same =
        a->personal == b->personal && a->declared == b->declared && a->discreet == b->discreet;
    for (size_t l = 0; same && l < m->law_count; l++)
        same = a->order[l] == b->order[l] &&
               memcmp(a->covered[l], b->covered[l], m->laws[l].law->rule_count) == 0 &&
               memcmp(a->guaranteed[l], b->guaranteed[l], m->laws[l].law->guarantee_count) == 0;
    return same;
}

static const bool *kept(struct arena *arena, const bool *covered, size_t count)
{
    bool *copy = arena_array(arena, count + 1, sizeof *copy);
    if (copy != NULL)
        memcpy(copy, covered, count * sizeof *copy);
    return copy;
}

static bool keep_covered(const struct making *m, struct field_group *group)
{
    for (size_t l = 0; l < m->law_count; l++) {
        const struct law *law = m->laws[l].law;
        group->covered[l] = kept(m->arena, m->covered[l], law->rule_count);
        group->guaranteed[l] = kept(m->arena, m->guaranteed[l], law->guarantee_count);
        if (group->covered[l] == NULL || group->guaranteed[l] == NULL)
            return false;
    }
    return true;
}

static bool add_group(struct making *m, const struct field_group *group, size_t *ret_index)
{
    struct field_groups *g = m->groups;
    for (*ret_index = 0; *ret_index < g->group_count; (*ret_index)++)
        if (same_covered(m, &g->groups[*ret_index], group))
            return true;
    struct field_group *at =
        list_grow(m->arena, g->groups, g->group_count, &g->group_room, sizeof *at);
    if (at == NULL)
        return false;
    g->groups = at;
    at[g->group_count] = *group;
    return keep_covered(m, &at[g->group_count++]);
}

/* The field of this name, and where several are called so, one that can have the category. */
static const struct field_rule *field_named(const struct message_type *type, struct slice name,
                                            enum category category)
{
    const struct field_rule *found = NULL;
    for (size_t i = 0; type != NULL && i < type_rule_count(type); i++) {
        const struct field_rule *rule = type_rule_at(type, i);
        if (!field_rule_is_field(rule) || !slice_equal(rule->name, name))
            continue;
        if ((field_rule_categories(rule) >> category & 1U) != 0)
            return rule;
        found = found == NULL ? rule : found;
    }
    return found;
}

/* The same field where another law knows it, and the category that it has there. False: it has
 * none. */
static bool counterpart(const struct typed_law *law, const struct group_field *field,
                        struct group_field *ret)
{
    *ret = *field;
    if (field->field == NULL)
        return law->type != NULL && type_together(law->type) != NULL;
    ret->field = field_named(law->type, field->field->name, field->category);
    if (ret->field != NULL && (field_rule_categories(ret->field) >> field->category & 1U) == 0)
        ret->category = ret->field->category;
    return ret->field != NULL;
}

static void cover_group(struct making *m, const struct group_field *field,
                        struct field_group *group)
{
    for (size_t l = 0; l < m->law_count; l++) {
        const struct law *law = m->laws[l].law;
        struct group_field there = *field;
        bool known = l == 0 || counterpart(&m->laws[l], field, &there);
        const struct group_field *at = known ? &there : NULL;
        if (known && there.field != NULL)
            group->order[l] = grades_order(law->grades, there.field);
        cover(law, law->rules, law->rule_count, at, m->covered[l]);
        cover(law, law->guarantees, law->guarantee_count, at, m->guaranteed[l]);
        group->covered[l] = m->covered[l];
        group->guaranteed[l] = m->guaranteed[l];
    }
}

static bool add_field(struct making *m, const struct field_rule *field, enum category category)
{
    struct field_groups *g = m->groups;
    struct group_field made = {.field = field, .category = category};
    struct field_group group = {
        .declared = field == NULL,
        .personal = field == NULL || field->in_person,
        .discreet = category == CATEGORY_ASY || category == CATEGORY_WIT,
    };
    struct group_field *at =
        list_grow(m->arena, g->fields, g->field_count, &g->field_room, sizeof *at);
    cover_group(m, &made, &group);
    if (at == NULL || !add_group(m, &group, &made.group))
        return false;
    g->fields = at;
    at[g->field_count++] = made;
    return true;
}

static bool add_categories(struct making *m, const struct field_rule *field, uint32_t categories)
{
    bool fits = true;
    for (unsigned c = CATEGORY_NONE + 1; c < CATEGORY_COUNT && fits; c++)
        if ((categories >> c & 1U) != 0)
            fits = add_field(m, field, (enum category)c);
    return fits;
}

static bool make_room(struct making *m)
{
    bool fits = true;
    for (size_t l = 0; l < m->law_count && fits; l++) {
        m->covered[l] = arena_array(m->arena, m->laws[l].law->rule_count + 1, sizeof **m->covered);
        m->guaranteed[l] =
            arena_array(m->arena, m->laws[l].law->guarantee_count + 1, sizeof **m->guaranteed);
        fits = m->covered[l] != NULL && m->guaranteed[l] != NULL;
    }
    return fits;
}

struct status field_groups_of(struct arena *arena, const struct typed_law *laws, size_t law_count,
                              struct field_groups *ret_groups)
{
    struct field_groups groups = {0};
    struct making m = {.arena = arena, .laws = laws, .law_count = law_count, .groups = &groups};
    const struct message_type *type = laws[0].type;
    bool fits = make_room(&m);
    for (size_t i = 0; i < type_rule_count(type) && fits; i++) {
        const struct field_rule *field = type_rule_at(type, i);
        if (field_rule_is_field(field))
            fits = add_categories(&m, field, field_rule_categories(field));
    }
    if (fits && type_together(type) != NULL)
        fits = add_categories(&m, NULL, ALL_CATEGORIES);
    if (!fits)
        return FAIL(MEMORY);
    *ret_groups = groups;
    return OK;
}

const char *group_field_name(struct arena *arena, const struct group_field *field)
{
    if (field->field == NULL)
        return arena_print(arena, "declared.%s", category_tag(field->category));
    return arena_text(arena, field->field->name);
}
