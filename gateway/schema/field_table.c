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
static uint32_t hash(uint32_t h, struct slice text)
{
    for (size_t i = 0; i < text.length; i++)
        h = (h ^ text.at[i]) * 16777619U;
    return h;
}

#define HASH_START 2166136261U

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

const struct entry *field_table_at(const struct field_table *table, struct slice pattern)
{
    size_t mask = table->slot_count - 1;
    if (table->slot_count == 0)
        return NULL;
    for (size_t i = hash(HASH_START, pattern) & mask; table->slots[i] != 0; i = (i + 1) & mask) {
        const struct entry *e = &table->entries[table->slots[i] - 1];
        if (slice_equal(e->pattern, pattern))
            return e;
    }
    return NULL;
}

/* Whether a pattern is that of the parent and one more segment. */
static bool is_below(struct slice pattern, struct slice parent, struct slice segment)
{
    size_t begin = parent.length == 0 ? 0 : parent.length + 1;
    return pattern.length == begin + segment.length && slice_begins(pattern, parent) &&
           (begin == 0 || pattern.at[parent.length] == '/') &&
           slice_equal(slice_part(pattern, begin, SIZE_MAX), segment);
}

const struct entry *field_table_below(const struct field_table *table, const struct entry *parent,
                                      struct slice segment)
{
    struct slice above = parent != NULL ? parent->pattern : slice_text("");
    uint32_t h = hash(HASH_START, above);
    size_t mask = table->slot_count - 1;
    if (above.length > 0)
        h = hash(h, slice_text("/"));
    for (size_t i = hash(h, segment) & mask; table->slots[i] != 0; i = (i + 1) & mask) {
        const struct entry *e = &table->entries[table->slots[i] - 1];
        if (is_below(e->pattern, above, segment))
            return e;
    }
    return NULL;
}

void field_table_file(struct field_table *table, size_t index)
{
    size_t mask = table->slot_count - 1;
    size_t i = hash(HASH_START, table->entries[index].pattern) & mask;
    while (table->slots[i] != 0)
        i = (i + 1) & mask;
    table->slots[i] = (uint16_t)(index + 1);
}

const struct entry *field_table_find(const struct field_table *table, struct slice path)
{
    uint8_t room[PATH_MAX_BYTES];
    return field_table_at(table, pattern_of(path, room));
}

const struct demand *field_table_demands(const struct field_table *table, const struct entry *scope,
                                         size_t *ret_count)
{
    size_t number = scope == NULL ? 0 : (size_t)(scope - table->entries) + 1;
    size_t low = 0, high = table->demand_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (table->demands[middle].scope < number)
            low = middle + 1;
        else
            high = middle;
    }
    while (high < table->demand_count && table->demands[high].scope == number)
        high++;
    *ret_count = high - low;
    return low == high ? NULL : table->demands + low;
}

const struct person_use *person_use_find(const struct person_object *person, struct slice pattern)
{
    const struct person_use *use = person->uses;
    while (use != NULL && !slice_equal(use->person->pattern, pattern))
        use = use->next;
    return use;
}
