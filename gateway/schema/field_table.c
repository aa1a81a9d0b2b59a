#include "schema/field_table.h"

unsigned path_segments(struct slice path)
{
    unsigned count = path.length > 0;
    for (size_t i = 0; i < path.length; i++)
        count += path.at[i] == '/';
    return count;
}

struct slice path_segment(struct slice path, unsigned index)
{
    struct slice segment = {NULL, 0};
    for (unsigned i = 0; i <= index; i++)
        if (!path_next(&path, &segment))
            return (struct slice){NULL, 0};
    return segment;
}

struct slice path_first(struct slice path, unsigned count)
{
    size_t end = 0;
    for (; end < path.length && count > 0; end++)
        if (path.at[end] == '/' && --count == 0)
            break;
    return slice_over(path.at, end);
}

unsigned path_shared(struct slice a, struct slice b)
{
    unsigned count = 0;
    size_t i = 0, shorter = a.length < b.length ? a.length : b.length;
    for (; i < shorter && a.at[i] == b.at[i]; i++)
        count += a.at[i] == '/';
    bool whole_a = i == a.length || a.at[i] == '/', whole_b = i == b.length || b.at[i] == '/';
    return count + (i > 0 && whole_a && whole_b);
}

/* FNV-1a; patterns are the rulebook's, so nobody can choose them to collide. */
size_t pattern_hash(struct slice pattern)
{
    uint32_t h = 2166136261U;
    for (size_t i = 0; i < pattern.length; i++)
        h = (h ^ pattern.at[i]) * 16777619U;
    return h;
}

/* The path with ~ for each element name; empty if it is longer than a path may be. */
static struct slice pattern_of(struct slice path, uint8_t room[static PATH_MAX_BYTES])
{
    size_t length = 0;
    bool inside = false; /* an element name */
    for (size_t i = 0; i < path.length && path.length <= PATH_MAX_BYTES; i++) {
        inside = inside && path.at[i] != '/';
        if (!inside)
            room[length++] = path.at[i];
        inside = inside || path.at[i] == '~';
    }
    return slice_over(room, length);
}

struct entry *field_table_at(const struct field_table *table, struct slice pattern)
{
    if (table->slot_count == 0)
        return NULL;
    struct entry *e = table->slots[pattern_hash(pattern) & (table->slot_count - 1)];
    while (e != NULL && !slice_equal(e->pattern, pattern))
        e = e->next;
    return e;
}

const struct entry *field_table_find(const struct field_table *table, struct slice path)
{
    uint8_t room[PATH_MAX_BYTES];
    return field_table_at(table, pattern_of(path, room));
}
