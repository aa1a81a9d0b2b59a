#include <string.h>

#include "base/slices.h"
#include "schema/judging.h"

const struct leaf *judging_leaf(const struct judging *j, struct slice path)
{
    return rows_find(j->leaves, j->count, sizeof *j->leaves, path);
}

struct slice judging_path(const struct entry *place, struct slice here,
                          uint8_t room[static PATH_MAX_BYTES])
{
    const struct entry *scope = entry_scope(place);
    struct slice head = path_first(here, scope == NULL ? 0 : scope->segments);
    struct slice tail = slice_part(place->pattern, scope == NULL ? 0 : scope->pattern.length,
                                   SIZE_MAX); /* with its slash */
    if (head.length + tail.length > PATH_MAX_BYTES)
        return (struct slice){NULL, 0};
    if (head.length > 0)
        memcpy(room, head.at, head.length);
    if (tail.length > 0)
        memcpy(room + head.length, tail.at, tail.length);
    return slice_over(room, head.length + tail.length);
}

/* The innermost scope that both lie in. */
static const struct entry *common_scope(const struct entry *a, const struct entry *b)
{
    for (; a != NULL; a = entry_scope(a))
        for (const struct entry *s = b; s != NULL; s = entry_scope(s))
            if (s == a)
                return a;
    return NULL;
}

static bool some_leaf_holds(const struct judging *j, const struct condition *condition,
                            const struct entry *target, struct slice around)
{
    for (size_t i = rows_from(j->leaves, j->count, sizeof *j->leaves, around); i < j->count; i++) {
        const struct leaf *leaf = &j->leaves[i];
        bool inside = around.length == 0 || path_covers(around, leaf->path);
        if (inside && j->entries[i] == target && leaf->value.kind == VALUE_TEXT &&
            slices_have(condition->codes, leaf->value.octets) != condition->negated)
            return true;
        if (!inside && !slice_begins(leaf->path, around))
            return false;
    }
    return false;
}

static struct slice claim_asked(const struct judging *j, enum asked asked)
{
    if (asked == ASKED_OF_PURPOSE)
        return j->claims->purpose;
    return asked == ASKED_OF_URGENCY ? j->claims->urgency : j->claims->instrument;
}

bool judging_holds(const struct judging *j, const struct condition *condition,
                   const struct entry *target, const struct entry *scope, struct slice here)
{
    if (condition == NULL)
        return true;
    if (condition->asked == ASKED_OF_FIELD) {
        const struct entry *common = common_scope(scope, entry_scope(target));
        return some_leaf_holds(j, condition, target,
                               path_first(here, common == NULL ? 0 : common->segments));
    }
    struct slice claim = claim_asked(j, condition->asked);
    return claim.length > 0 && slices_have(condition->codes, claim) != condition->negated;
}

/* Calls visit for each place that begins with a leaf, the outer first: the place itself and what it
 * lies in, unless the leaf before lies in it too. path is the leaf's. */
typedef struct status visitor(struct judging *j, const struct entry *place, struct slice path,
                              void *context);

static struct status visit_places(struct judging *j, visitor *visit, void *context)
{
    for (size_t i = 0; i < j->count; i++) {
        const struct entry *begun[PATH_MAX_SEGMENTS];
        size_t depth = 0;
        struct slice path = j->leaves[i].path;
        for (const struct entry *e = j->entries[i]; e != NULL && e->segments > j->shared[i];
             e = entry_parent(e))
            begun[depth++] = e;
        while (depth-- > 0) {
            const struct entry *e = begun[depth];
            struct status s = visit(j, e, path, context);
            if (failed(s))
                return s;
        }
    }
    return OK;
}

static bool is_element(const struct entry *place)
{
    const struct entry *parent = entry_parent(place);
    return parent != NULL && (parent->kind == ENTRY_LIST || parent->kind == ENTRY_VALUES);
}

/* How many elements the list or array may have that the element lies in. */
static unsigned most_elements(const struct entry *element)
{
    const struct entry *list = entry_parent(element);
    return list->kind == ENTRY_LIST ? list->declaration->max : list->declaration->value.array_max;
}

static struct status count_place(struct judging *j, const struct entry *place, struct slice path,
                                 void *context)
{
    unsigned *counts = context; /* by segments: elements of the list that is being passed */
    for (unsigned deeper = place->segments + 1; deeper <= PATH_MAX_SEGMENTS; deeper++)
        counts[deeper] = 0;
    if (!is_element(place) || ++counts[place->segments] <= most_elements(place))
        return OK;
    *j->ret_path = path_first(path, place->segments - 1);
    return REFUSE(TYPE_VALUE);
}

struct status judging_counts(struct judging *j)
{
    unsigned counts[PATH_MAX_SEGMENTS + 1] = {0};
    return visit_places(j, count_place, counts);
}

/* Whether something that is not blank stands at the path or below it. */
static bool is_there(const struct judging *j, struct slice path)
{
    for (size_t i = rows_from(j->leaves, j->count, sizeof *j->leaves, path); i < j->count; i++) {
        const struct leaf *leaf = &j->leaves[i];
        if (!slice_begins(leaf->path, path))
            return false;
        if (path_covers(path, leaf->path) && !value_is_blank(&leaf->value))
            return true;
    }
    return false;
}

static struct status check_demands(struct judging *j, const struct entry *scope, struct slice here,
                                   enum requirement requirement)
{
    size_t count = 0;
    const struct demand *demands = field_table_demands(&j->type->table, scope, &count);
    for (size_t i = 0; i < count; i++) {
        uint8_t room[PATH_MAX_BYTES];
        const struct entry *e = &j->type->table.entries[demands[i].place];
        const struct declaration *d = e->declaration;
        struct slice path = judging_path(e, here, room);
        if (d->requirement != requirement || is_there(j, path) ||
            !judging_holds(j, d->required_when, e + d->required_target, scope, here))
            continue;
        *j->ret_path = arena_copy(j->arena, path);
        if (j->ret_path->at == NULL)
            return FAIL(MEMORY);
        return requirement == REQUIRED_AS_REASON ? REFUSE(TYPE_REASON) : REFUSE(TYPE_INCOMPLETE);
    }
    return OK;
}

static struct status check_place(struct judging *j, const struct entry *place, struct slice path,
                                 void *context)
{
    const enum requirement *requirement = context;
    bool is_scope = place->kind == ENTRY_ELEMENT || place->kind == ENTRY_PERSON;
    return is_scope ? check_demands(j, place, path, *requirement) : OK;
}

struct status judging_requirements(struct judging *j, enum requirement requirement)
{
    struct status s = check_demands(j, NULL, slice_text(""), requirement);
    return failed(s) ? s : visit_places(j, check_place, &requirement);
}
