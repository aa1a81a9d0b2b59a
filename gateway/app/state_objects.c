/* What of the state is handed to others: the rulebook's objects and the revocation lists. */

#include "app/state.h"

#include <string.h>

#define STATE_BYTES 3

/* The State's row, or one more. */
static struct object_lists *row_of(struct object_lists *rows, size_t *count, const char *state)
{
    for (size_t i = 0; i < *count; i++)
        if (slice_is(rows[i].state, state))
            return &rows[i];
    return &rows[(*count)++];
}

static struct status add(struct arena *arena, struct object_lists *row, const struct tls_list *list,
                         size_t most)
{
    if (row->lists.at == NULL) {
        row->state = arena_copy(arena, slice_over(list->state, STATE_BYTES - 1));
        row->lists.at = arena_array(arena, most, sizeof *row->lists.at);
    }
    if (row->state.at == NULL || row->lists.at == NULL)
        return FAIL(MEMORY);
    row->lists.at[row->lists.count++] = list->der;
    if (list->number > row->number)
        row->number = list->number;
    return OK;
}

static size_t count_of(const struct tls_context *context, const char *state)
{
    struct tls_list list;
    size_t count = 0;
    for (size_t i = 0; tls_context_list(context, i, &list); i++)
        count += state == NULL || strcmp(list.state, state) == 0;
    return count;
}

/* The lists in use, gathered by State. */
static struct status gather(struct arena *arena, const struct tls_context *context,
                            struct object_lists **ret_rows, size_t *ret_count)
{
    struct tls_list list;
    size_t count = 0, all = count_of(context, NULL);
    struct object_lists *rows = arena_array(arena, all, sizeof *rows);
    struct status s = rows == NULL ? FAIL(MEMORY) : OK;
    for (size_t i = 0; !failed(s) && tls_context_list(context, i, &list); i++)
        s = add(arena, row_of(rows, &count, list.state), &list, count_of(context, list.state));
    if (failed(s))
        return s;
    *ret_rows = rows;
    *ret_count = count;
    return OK;
}

struct status state_revocations(struct arena *arena, const struct tls_context *context,
                                struct revocations **ret_revocations)
{
    struct tls_list list;
    size_t count = 0, all = count_of(context, NULL);
    struct revocation_list *lists = arena_array(arena, all, sizeof *lists);
    for (size_t i = 0; lists != NULL && tls_context_list(context, i, &list); i++) {
        memcpy(lists[count].state, list.state, sizeof list.state);
        lists[count++].der = list.der;
    }
    return lists == NULL ? FAIL(MEMORY) : revocations_new(lists, count, ret_revocations);
}

struct status state_objects(struct arena *arena, const struct text_files *files,
                            const struct rulebook *rulebook, const struct tls_context *context,
                            struct objects **ret_objects)
{
    struct object_lists *rows;
    size_t count;
    struct status s = gather(arena, context, &rows, &count);
    return failed(s) ? s : objects_new(files, rulebook, rows, count, ret_objects);
}

struct status state_objects_renew(struct arena *arena, const struct objects *of,
                                  const struct tls_context *context, struct objects **ret_objects)
{
    struct object_lists *rows;
    size_t count;
    struct status s = gather(arena, context, &rows, &count);
    return failed(s) ? s : objects_renew(of, rows, count, ret_objects);
}
