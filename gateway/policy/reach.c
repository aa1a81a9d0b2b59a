#include "policy/reach.h"

static struct status reach_group(struct symbolic *m, const struct field_group *group,
                                 struct reach_row *row)
{
    struct probe probe;
    size_t rank = 0;
    struct status s = probe_new(m, group, NULL, &probe);
    if (failed(s))
        return s;
    enum search_answer answer = probe_best(&probe, NULL, 0, &rank);
    if (search_starved(m->context->search))
        return FAIL(MEMORY);
    row->answer = answer == SEARCH_NONE        ? REACH_NEVER
                  : answer == SEARCH_UNDECIDED ? REACH_UNDECIDED
                                               : REACH_CAN;
    row->grade = GRADE_SILENT;
    if (answer != SEARCH_FOUND)
        return OK;
    row->grade = probe_grade(&probe, rank);
    row->rule = symbolic_granting(m, group, rank);
    row->example = context_print(m->context, probe.slots, NULL);
    return row->example == NULL ? FAIL(MEMORY) : OK;
}

static struct status fill_rows(struct symbolic *m, const struct field_groups *groups,
                               struct reach_row *rows)
{
    struct arena *arena = m->context->arena;
    struct reach_row *of_group = arena_array(arena, groups->group_count + 1, sizeof *of_group);
    if (of_group == NULL)
        return FAIL(MEMORY);
    for (size_t g = 0; g < groups->group_count; g++) {
        struct status s = reach_group(m, &groups->groups[g], &of_group[g]);
        if (failed(s))
            return s;
    }
    for (size_t i = 0; i < groups->field_count; i++) {
        const struct group_field *field = &groups->fields[i];
        rows[i] = of_group[field->group];
        rows[i].field = field->field;
        rows[i].category = field->category;
        rows[i].name = group_field_name(arena, field);
        if (rows[i].name == NULL)
            return FAIL(MEMORY);
    }
    return OK;
}

struct status reach_of(struct arena *arena, const struct rulebook *rulebook,
                       const struct lane_scope *lane, struct reach *ret_reach)
{
    struct status s;
    struct context *context;
    struct symbolic *symbolic;
    struct field_groups groups;
    const struct context_question question = {
        .rulebook = rulebook, .laws = {rulebook->law}, .law_count = 1, .lane = *lane};
    const struct typed_law law = {lane->type, rulebook->law};
    if (failed(s = context_new(arena, &question, &context)) ||
        failed(s = symbolic_new(context, 0, &symbolic)) ||
        failed(s = field_groups_of(arena, &law, 1, &groups)))
        return s;
    struct reach_row *rows = arena_array(arena, groups.field_count + 1, sizeof *rows);
    if (rows == NULL)
        return FAIL(MEMORY);
    if (failed(s = fill_rows(symbolic, &groups, rows)))
        return s;
    *ret_reach = (struct reach){rows, groups.field_count};
    return OK;
}
