#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "mirror/bits.h"
#include "mirror/marks.h"
#include "mirror/mirror_parts.h"

#define ENTRY_ARENA_BYTES (24U << 20)
#define LEVEL_BITS        8
#define SLOT_MAX_BYTES    (OPENINGS_MAX_BYTES + 4)

/* ---- transactions ---- */

struct status mirror_begin(struct mirror *m)
{
    return m->lock < 0 ? FAIL(STORE) : mirror_run(m, "BEGIN IMMEDIATE", NULL, 0);
}

static struct status edges_write(struct mirror *m)
{
    struct status s = OK;
    for (unsigned level = 0; level < MIRROR_LEVELS && !failed(s); level++) {
        struct mirror_edge *edge = &m->edges[level];
        const struct mirror_value values[] = {
            NUMBER(level), NUMBER(edge->tiles),
            OCTETS(slice_over(edge->hashes, edge->count * sizeof(struct digest)))};
        if (edge->changed && edge->count > 0)
            s = mirror_run(m, "INSERT OR REPLACE INTO tile VALUES(?, ?, ?)", values, 3);
    }
    return s;
}

/* What is overwritten in the database is still in SQLite's log, until that is begun anew. A reader
 * at work may keep it a while longer; then the next commit or the last close does it. */
static void log_cut(struct mirror *m)
{
    (void)sqlite3_wal_checkpoint_v2(m->db, "main", SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
}

struct status mirror_commit(struct mirror *m)
{
    struct status s = edges_write(m);
    if (!failed(s))
        s = bits_write(m);
    if (!failed(s) && m->forgets)
        s = marks_settle(m);
    if (!failed(s))
        s = mirror_run(m, "COMMIT", NULL, 0);
    if (failed(s))
        return s;
    for (unsigned level = 0; level < MIRROR_LEVELS; level++)
        m->edges[level].changed = false;
    if (m->forgets)
        log_cut(m);
    m->forgets = false;
    return OK;
}

/* After some errors (a full disk) the transaction is gone already. */
void mirror_abandon(struct mirror *m)
{
    bits_abandon(m);
    if (sqlite3_get_autocommit(m->db) == 0)
        (void)failed(mirror_run(m, "ROLLBACK", NULL, 0));
    if (failed(mirror_load(m)))
        m->count = m->size = 0; /* nothing of it is shown; what is written next fails */
}

/* ---- the tree ---- */

/* A full tile is written and gives a hash to the level above. */
static struct status hash_append(struct mirror *m, const struct digest *leaf)
{
    struct digest hash = *leaf;
    for (unsigned level = 0; level < MIRROR_LEVELS; level++) {
        struct mirror_edge *edge = &m->edges[level];
        edge->hashes[edge->count++] = hash;
        edge->changed = true;
        if (edge->count < TILE_WIDTH)
            return OK;
        const struct mirror_value values[] = {
            NUMBER(level), NUMBER(edge->tiles),
            OCTETS(slice_over(edge->hashes, sizeof edge->hashes))};
        struct status s = mirror_run(m, "INSERT OR REPLACE INTO tile VALUES(?, ?, ?)", values, 3);
        if (failed(s))
            return s;
        hash = merkle_root_of(edge->hashes, TILE_WIDTH);
        edge->count = 0;
        edge->changed = false;
        edge->tiles++;
    }
    return OK;
}

/* ---- entries ---- */

struct status mirror_append(struct mirror *m, struct slice entry)
{
    uint64_t time_ms;
    struct slice outer, inner;
    struct status s = entry_parse(entry, &time_ms, &outer, &inner);
    if (failed(s) || time_ms < m->time_ms)
        return failed(s) ? s : REFUSE(RECEIPT_ENTRY);
    const struct mirror_value values[] = {NUMBER(m->count), NUMBER(time_ms), OCTETS(entry)};
    const struct digest leaf = merkle_leaf(entry);
    s = mirror_run(m, "INSERT INTO entry VALUES(?, ?, ?)", values, 3);
    if (!failed(s))
        s = hash_append(m, &leaf);
    if (failed(s))
        return s;
    m->count++;
    m->time_ms = time_ms;
    return OK;
}

/* Whether something that was there is there no more. */
static bool forgets(const struct opened_entry *old, const struct opened_entry *new)
{
    return (opening_is_there(&old->outer) && !opening_is_there(&new->outer)) ||
           (opening_is_there(&old->inner) && !opening_is_there(&new->inner)) ||
           (opening_is_there(&old->closed) && !opening_is_there(&new->closed));
}

/* Only what is shorter fits in the old place; nothing else comes (row_lessen). */
static struct status slot_replace(struct mirror *m, uint64_t index, struct slice document)
{
    struct buffer slot = buffer_new(SLOT_MAX_BYTES);
    sqlite3_stmt *row = NULL;
    const struct mirror_value which[] = {NUMBER(index)};
    struct status s =
        mirror_ask(m, "SELECT length(slot) FROM opening WHERE idx = ?", which, 1, &row);
    if (!failed(s) && !failed(s = mirror_row(row)))
        mirror_slot_write(&slot, document, (size_t)mirror_number(row, 0));
    mirror_end(m, row);
    if (!failed(s) && slot.failed)
        s = FAIL(MEMORY);
    const struct mirror_value values[] = {OCTETS(buffer_slice(&slot)), NUMBER(index)};
    if (!failed(s))
        s = mirror_run(m, "UPDATE opening SET slot = ? WHERE idx = ?", values, 2);
    buffer_done(&slot);
    return s;
}

/* A gateway only forgets: what was forgotten does not come again, whatever is given. */
static struct status row_lessen(struct mirror *m, struct arena *arena, struct opened_entry *row,
                                struct mirror_entry *ret_old)
{
    struct status s = mirror_entry_any(m, arena, row->index, ret_old);
    if (failed(s))
        return s;
    if (!slice_equal(ret_old->row.entry, row->entry))
        return REFUSE(RECEIPT_ENTRY);
    const struct opened_entry *old = &ret_old->row;
    struct opening *openings[] = {&row->outer, &row->inner, &row->closed};
    const struct opening *olds[] = {&old->outer, &old->inner, &old->closed};
    for (size_t i = 0; i < sizeof openings / sizeof openings[0]; i++)
        if (!opening_is_there(olds[i]))
            *openings[i] = (struct opening){0};
    return OK;
}

static struct status opening_replace(struct mirror *m, const struct mirror_entry *old,
                                     const struct opened_entry *row, struct slice document)
{
    m->forgets = m->forgets || forgets(&old->row, row);
    struct status s = marks_remove(m, old);
    return failed(s) ? s : slot_replace(m, row->index, document);
}

/* Of the next entry, which may be there already. */
static struct status opening_add(struct mirror *m, struct arena *arena,
                                 const struct opened_entry *row, struct slice document)
{
    struct mirror_entry old;
    struct buffer slot = buffer_new(SLOT_MAX_BYTES);
    struct status s = row->index == m->count ? mirror_append(m, row->entry) : OK;
    if (!failed(s))
        s = mirror_entry_any(m, arena, row->index, &old);
    if (!failed(s) && !slice_equal(old.row.entry, row->entry))
        s = REFUSE(RECEIPT_ENTRY);
    mirror_slot_write(&slot, document, 0);
    if (!failed(s) && slot.failed)
        s = FAIL(MEMORY);
    const struct mirror_value values[] = {NUMBER(row->index), OCTETS(buffer_slice(&slot))};
    if (!failed(s))
        s = mirror_run(m, "INSERT INTO opening VALUES(?, ?)", values, 2);
    if (!failed(s))
        m->opened++;
    buffer_done(&slot);
    return s;
}

/* old: what it is put in the place of; NULL: of nothing */
static struct status row_put(struct mirror *m, struct arena *arena, const struct opened_entry *row,
                             const struct mirror_entry *old)
{
    struct mirror_entry entry = {.index = row->index, .row = *row};
    struct buffer document = buffer_new(OPENINGS_MAX_BYTES);
    openings_write(&document, row, 1);
    struct status s = document.failed ? FAIL(MEMORY) : opened_entry_read(arena, row, &entry.opened);
    if (!failed(s))
        s = old == NULL ? opening_add(m, arena, row, buffer_slice(&document))
                        : opening_replace(m, old, row, buffer_slice(&document));
    buffer_done(&document);
    return failed(s) ? s : marks_put(m, &entry);
}

struct status mirror_put(struct mirror *m, const struct opened_entry *row)
{
    struct opened_entry less = *row;
    struct mirror_entry old;
    struct arena *arena = arena_new(ENTRY_ARENA_BYTES);
    const bool is_new = row->index == m->opened;
    struct status s = row->index > m->opened ? FAIL(ABSENT) : arena == NULL ? FAIL(MEMORY) : OK;
    if (!failed(s) && !is_new)
        s = row_lessen(m, arena, &less, &old);
    if (!failed(s))
        s = row_put(m, arena, &less, is_new ? NULL : &old);
    arena_free(arena);
    return s;
}

/* ---- checkpoints ---- */

static struct status note_judge(struct mirror *m, struct slice text, struct note *ret_note)
{
    struct digest root;
    struct status s = note_parse(text, ret_note);
    if (failed(s))
        return s;
    if (!slice_is(ret_note->origin, m->origin))
        return REFUSE(NOTE_ORIGIN);
    if (ret_note->size < m->size)
        return REFUSE(CONSISTENCY);
    s = mirror_root(m, ret_note->size, &root);
    return failed(s) || digest_equal(&root, digest_slice(&ret_note->root)) ? s
                                                                           : REFUSE(CONSISTENCY);
}

struct status mirror_keep(struct mirror *m, struct slice text, uint64_t seen_ms)
{
    struct note note;
    struct status s = note_judge(m, text, &note);
    if (failed(s))
        return s;
    const struct mirror_value values[] = {NUMBER(note.size), OCTETS(text), NUMBER(seen_ms)};
    s = mirror_run(m, "DELETE FROM checkpoint", NULL, 0);
    if (!failed(s))
        s = mirror_run(m, "INSERT INTO checkpoint VALUES(?, ?, ?)", values, 3);
    if (failed(s))
        return s;
    m->size = note.size;
    m->seen_ms = seen_ms;
    return OK;
}

/* Of the tiles that a tree of size has partly, only the first hashes count (mirror_load). */
struct status mirror_shed(struct mirror *m)
{
    const struct mirror_value size[] = {NUMBER(m->size)};
    struct status s = mirror_begin(m);
    if (failed(s))
        return s;
    s = marks_shed(m, m->size);
    if (!failed(s))
        s = mirror_run(m, "DELETE FROM opening WHERE idx >= ?", size, 1);
    if (!failed(s))
        s = mirror_run(m, "DELETE FROM entry WHERE idx >= ?", size, 1);
    for (unsigned level = 0; level < MIRROR_LEVELS && !failed(s); level++) {
        const uint64_t hashes = m->size >> (LEVEL_BITS * level);
        const struct mirror_value values[] = {
            NUMBER(level), NUMBER(hashes / TILE_WIDTH),
            NUMBER((hashes % TILE_WIDTH) * sizeof(struct digest))};
        s = mirror_run(m,
                       "DELETE FROM tile WHERE level = ?1 AND (idx > ?2 OR (idx = ?2 AND ?3 = 0))",
                       values, 3);
        if (!failed(s))
            s = mirror_run(m,
                           "UPDATE tile SET hashes = substr(hashes, 1, ?3)"
                           " WHERE level = ?1 AND idx = ?2",
                           values, 3);
    }
    if (!failed(s))
        s = mirror_run(m, "COMMIT", NULL, 0);
    mirror_abandon(m); /* a transaction that failed, and the edges at any rate */
    return failed(s) ? s : mirror_load(m);
}
