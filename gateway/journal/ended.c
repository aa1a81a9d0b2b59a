#include "journal/ended.h"

#include "journal/reader.h"
#include "journal/state.h"

bool journal_ended(const struct journal *j, size_t number, struct journal_ended *ret_ended)
{
    if (number >= j->closed_count)
        return false;
    const struct closed_log *closed = &j->closed[number];
    *ret_ended = (struct journal_ended){closed->origin, closed->tree.size, closed->tree.root,
                                        signed_note(&closed->tree)};
    return true;
}

static const struct closed_log *closed_find(const struct journal *j, struct slice origin)
{
    for (size_t i = 0; i < j->closed_count; i++)
        if (slice_is(origin, j->closed[i].origin))
            return &j->closed[i];
    return NULL;
}

bool journal_ended_find(const struct journal *j, struct slice origin,
                        struct journal_ended *ret_ended)
{
    const struct closed_log *closed = closed_find(j, origin);
    return closed != NULL && journal_ended(j, (size_t)(closed - j->closed), ret_ended);
}

bool journal_ended_named(const struct journal *j, struct slice name, size_t *ret_number,
                         struct journal_ended *ret_ended)
{
    for (size_t i = 0; i < j->closed_count; i++)
        if (slice_is(name, published_name(j->closed[i].origin))) {
            *ret_number = i;
            return journal_ended(j, i, ret_ended);
        }
    return false;
}

struct status journal_ended_consistency(struct journal_reader *reader, struct arena *arena,
                                        struct slice origin, uint64_t old_size, uint64_t new_size,
                                        struct slices *ret_path)
{
    struct look look;
    const struct closed_log *closed = closed_find(reader->journal, origin);
    if (closed == NULL || new_size > closed->tree.size)
        return FAIL(ABSENT);
    struct status s = look_begin(reader, arena, 0, &look);
    if (!failed(s))
        s = consistency_make(reader->store, arena, closed->tree.base, old_size, new_size, ret_path);
    return look_end(&look, s);
}

const struct journal *journal_reader_of(const struct journal_reader *reader)
{
    return reader->journal;
}
