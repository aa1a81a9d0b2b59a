#include "mirror/mirror_parts.h"

#define ENTRY_ARENA_BYTES (24U << 20) /* a document of 4 MiB and what its records become */
#define BATCH_BYTES       (1U << 20)  /* then a walk begins a new arena */

uint64_t mirror_size(const struct mirror *m)
{
    return m->size;
}

uint64_t mirror_seen_ms(const struct mirror *m)
{
    return m->seen_ms;
}

uint64_t mirror_count(const struct mirror *m)
{
    return m->count;
}

struct status mirror_checkpoint(struct mirror *m, struct arena *arena, struct slice *ret_note)
{
    sqlite3_stmt *row = NULL;
    struct slice note = {0};
    struct status s =
        mirror_ask(m, "SELECT note FROM checkpoint ORDER BY size DESC LIMIT 1", NULL, 0, &row);
    if (failed(s))
        return s;
    if (!failed(s = mirror_row(row)))
        note = arena_copy(arena, mirror_octets(row, 0));
    mirror_end(m, row);
    if (!failed(s) && note.at == NULL)
        s = FAIL(MEMORY);
    if (!failed(s))
        *ret_note = note;
    return s;
}

/* ---- entries ---- */

struct status mirror_time(struct mirror *m, uint64_t index, uint64_t *ret_time_ms)
{
    sqlite3_stmt *row = NULL;
    struct slice outer, inner;
    struct digest leaf = {0}, in_tree;
    const struct mirror_value values[] = {NUMBER(index)};
    struct status s = mirror_ask(m, "SELECT entry FROM entry WHERE idx = ?", values, 1, &row);
    if (failed(s))
        return s;
    if (!failed(s = mirror_row(row))) {
        leaf = merkle_leaf(mirror_octets(row, 0));
        s = entry_parse(mirror_octets(row, 0), ret_time_ms, &outer, &inner);
    }
    mirror_end(m, row);
    if (!failed(s))
        s = mirror_subtree(m, 0, index, &in_tree);
    return failed(s) || digest_equal(&in_tree, digest_slice(&leaf)) ? s : REFUSE(RECEIPT_ENTRY);
}

/* The openings of the row at hand, where it has a slot. */
static struct status slot_parse(struct arena *arena, sqlite3_stmt *row, struct opened_entry *e)
{
    struct opened_entry *rows = NULL;
    struct slice document;
    size_t count = 0;
    if (sqlite3_column_type(row, 2) == SQLITE_NULL)
        return OK;
    const struct slice slot = arena_copy(arena, mirror_octets(row, 2));
    if (slot.at == NULL)
        return FAIL(MEMORY);
    if (!mirror_slot_read(slot, &document))
        return REFUSE(OPENINGS_SHAPE);
    struct status s = openings_parse(arena, document, &rows, &count);
    if (failed(s))
        return s;
    if (count != 1 || rows[0].index != e->index || !slice_equal(rows[0].entry, e->entry))
        return REFUSE(OPENINGS_SHAPE);
    *e = rows[0];
    return OK;
}

/* The row at hand: index, entry, slot. */
static struct status entry_read(struct arena *arena, sqlite3_stmt *row,
                                struct mirror_entry *ret_entry)
{
    struct mirror_entry e = {.index = mirror_number(row, 0)};
    e.row =
        (struct opened_entry){.index = e.index, .entry = arena_copy(arena, mirror_octets(row, 1))};
    struct status s = e.row.entry.at == NULL ? FAIL(MEMORY) : slot_parse(arena, row, &e.row);
    if (!failed(s))
        s = opened_entry_read(arena, &e.row, &e.opened);
    if (!failed(s))
        *ret_entry = e;
    return s;
}

#define ENTRIES                                                                                    \
    "SELECT entry.idx, entry.entry, opening.slot FROM entry LEFT JOIN opening"                     \
    " ON opening.idx = entry.idx WHERE "

struct status mirror_entry_any(struct mirror *m, struct arena *arena, uint64_t index,
                               struct mirror_entry *ret_entry)
{
    sqlite3_stmt *row = NULL;
    const struct mirror_value values[] = {NUMBER(index)};
    struct status s = mirror_ask(m, ENTRIES "entry.idx = ?", values, 1, &row);
    if (failed(s))
        return s;
    if (!failed(s = mirror_row(row)))
        s = entry_read(arena, row, ret_entry);
    mirror_end(m, row);
    return s;
}

struct status mirror_entry(struct mirror *m, struct arena *arena, uint64_t index,
                           struct mirror_entry *ret_entry)
{
    return index < m->size ? mirror_entry_any(m, arena, index, ret_entry) : FAIL(ABSENT);
}

uint64_t mirror_unopened(const struct mirror *m)
{
    return m->opened;
}

/* ---- the walk ---- */

static struct status visit_next(sqlite3_stmt *row, struct arena **arena, mirror_visit *visit,
                                void *owner)
{
    struct mirror_entry entry;
    if (*arena != NULL && arena_used(*arena) > BATCH_BYTES) {
        arena_free(*arena);
        *arena = NULL;
    }
    if (*arena == NULL)
        *arena = arena_new(ENTRY_ARENA_BYTES);
    struct status s = *arena == NULL ? FAIL(MEMORY) : entry_read(*arena, row, &entry);
    return failed(s) ? s : visit(owner, &entry);
}

/* An entry that is missing within is found by its index. */
static struct status visit_all(sqlite3_stmt *rows, uint64_t from, uint64_t to, mirror_visit *visit,
                               void *owner)
{
    struct arena *arena = NULL;
    struct status s = OK;
    for (uint64_t index = from; index < to && !failed(s); index++) {
        s = mirror_row(rows);
        if (s.code == CODE_ABSENT || (!failed(s) && mirror_number(rows, 0) != index))
            s = FAIL(STORE);
        if (!failed(s))
            s = visit_next(rows, &arena, visit, owner);
    }
    arena_free(arena);
    return s;
}

struct status mirror_walk(struct mirror *m, uint64_t from, uint64_t to, mirror_visit *visit,
                          void *owner)
{
    sqlite3_stmt *rows = NULL;
    to = to < m->size ? to : m->size;
    if (from >= to)
        return OK;
    const struct mirror_value values[] = {NUMBER(from), NUMBER(to)};
    struct status s = mirror_ask(m, ENTRIES "entry.idx >= ? AND entry.idx < ? ORDER BY entry.idx",
                                 values, 2, &rows);
    if (failed(s))
        return s;
    s = visit_all(rows, from, to, visit, owner);
    mirror_end(m, rows);
    return s;
}
