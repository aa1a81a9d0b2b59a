#include "mirror/verify.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "mirror/marks_sums.h"
#include "mirror/mirror_parts.h"
#include "mirror/verify_tables.h"

#define NOTE_ARENA_BYTES  ((size_t)2 * NOTE_MAX_BYTES)
#define ENTRY_ARENA_BYTES (24U << 20)
#define LEVEL_BITS        8

/* ---- as files ---- */

static struct status note_read(struct mirror *m, struct buffer *out)
{
    struct slice note;
    struct arena *arena = arena_new(NOTE_ARENA_BYTES);
    struct status s = arena == NULL ? FAIL(MEMORY) : mirror_checkpoint(m, arena, &note);
    if (!failed(s))
        buffer_put(out, note);
    arena_free(arena);
    return s;
}

static struct status bundle_read(struct mirror *m, const struct tile *tile, struct buffer *out)
{
    sqlite3_stmt *rows = NULL;
    const uint64_t first = tile->index * TILE_WIDTH;
    const struct mirror_value values[] = {NUMBER(first), NUMBER(first + tile->width)};
    struct status s = mirror_ask(
        m, "SELECT entry FROM entry WHERE idx >= ? AND idx < ? ORDER BY idx", values, 2, &rows);
    if (failed(s))
        return s;
    for (unsigned i = 0; i < tile->width && !failed(s = mirror_row(rows)); i++) {
        buffer_u16(out, (uint16_t)mirror_octets(rows, 0).length);
        buffer_put(out, mirror_octets(rows, 0));
    }
    mirror_end(m, rows);
    return s;
}

struct status mirror_log_read(void *store, const char *path, struct buffer *out)
{
    struct mirror *m = store;
    struct tile tile;
    struct digest hashes[TILE_WIDTH];
    if (strcmp(path, "checkpoint") == 0)
        return note_read(m, out);
    if (!tile_path_read(slice_text(path), &tile))
        return FAIL(ABSENT);
    if (tile.level < 0)
        return bundle_read(m, &tile, out);
    struct status s = mirror_hashes(m, (unsigned)tile.level, tile.index, 0, tile.width, hashes);
    if (!failed(s))
        buffer_put(out, slice_over(hashes, tile.width * sizeof *hashes));
    return s;
}

/* ---- beside them ---- */

struct checking {
    struct mirror *mirror;
    struct log_verdict *verdict;
    struct marks_sums *sums;
    uint64_t next; /* entry of the walk */
};

[[gnu::format(printf, 2, 3)]] static struct status fault(struct checking *c, const char *format,
                                                         ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(c->verdict->fault, sizeof c->verdict->fault, format, args);
    va_end(args);
    return REFUSE(CONSISTENCY);
}

typedef struct status check_row(struct checking *c, sqlite3_stmt *row);

static struct status each_row(struct checking *c, const char *sql, check_row *check)
{
    sqlite3_stmt *row = NULL;
    struct status s = mirror_ask(c->mirror, sql, NULL, 0, &row);
    if (failed(s))
        return s;
    while (!failed(s = mirror_row(row)) && !failed(s = check(c, row)))
        continue;
    mirror_end(c->mirror, row);
    return s.code == CODE_ABSENT ? OK : s;
}

static struct status log_check(struct checking *c, sqlite3_stmt *row)
{
    return slice_is(mirror_octets(row, 0), c->verdict->origin)
               ? OK
               : fault(c, "log: it names another log than the checkpoint does");
}

static struct status checkpoint_check(struct checking *c, sqlite3_stmt *row)
{
    return mirror_number(row, 0) == c->verdict->size
               ? OK
               : fault(c, "checkpoint: it stands under another size than its own");
}

/* What a sync that was broken off has taken is there, too. */
static struct status tile_check(struct checking *c, sqlite3_stmt *row)
{
    const uint64_t level = mirror_number(row, 0), index = mirror_number(row, 1),
                   octets = mirror_number(row, 2);
    const uint64_t hashes =
        level < MIRROR_LEVELS ? mirror_count(c->mirror) >> (LEVEL_BITS * level) : 0;
    const uint64_t left = index <= hashes / TILE_WIDTH ? hashes - index * TILE_WIDTH : 0;
    const uint64_t width = left < TILE_WIDTH ? left : TILE_WIDTH;
    return width > 0 && octets == width * sizeof(struct digest)
               ? OK
               : fault(c, "tile: the row %" PRIu64 ", %" PRIu64 " is none of this tree", level,
                       index);
}

static struct status time_check(struct checking *c, sqlite3_stmt *row)
{
    uint64_t time_ms = 0;
    struct slice outer, inner;
    const uint64_t index = mirror_number(row, 0);
    if (index != c->next++)
        return fault(c, "entry: the row %" PRId64 " is none of this log", (int64_t)index);
    if (failed(entry_parse(mirror_octets(row, 2), &time_ms, &outer, &inner)) ||
        time_ms != mirror_number(row, 1))
        return fault(c, "entry %" PRIu64 ": its time in the table is not its own", index);
    return OK;
}

static struct status opening_check(void *owner, const struct mirror_entry *entry)
{
    struct checking *c = owner;
    c->next = entry->index + 1;
    return marks_sums_entry(c->sums, entry);
}

/* One that no kept checkpoint signs. */
static struct status next_check(struct checking *c)
{
    struct mirror_entry entry;
    struct arena *arena = arena_new(ENTRY_ARENA_BYTES);
    struct status s =
        arena == NULL ? FAIL(MEMORY) : mirror_entry_any(c->mirror, arena, c->next, &entry);
    if (!failed(s))
        s = opening_check(c, &entry);
    arena_free(arena);
    return s;
}

static struct status slot_check(struct checking *c, sqlite3_stmt *row)
{
    return mirror_number(row, 0) == c->next++
               ? OK
               : fault(c,
                       "opening: the row %" PRIu64
                       " is one too many, or those before it are not there",
                       mirror_number(row, 0));
}

static struct status openings_check(struct checking *c)
{
    c->next = 0;
    struct status s = each_row(c, "SELECT idx FROM opening ORDER BY idx", slot_check);
    if (!failed(s) && c->next > mirror_count(c->mirror))
        s = fault(c, "opening: there are more than entries");
    if (failed(s))
        return s;
    c->next = 0;
    s = mirror_walk(c->mirror, 0, UINT64_MAX, opening_check, c);
    while (!failed(s) && c->next < mirror_unopened(c->mirror))
        s = next_check(c);
    return s.code == CODE_REFUSED ? fault(c, "entry %" PRIu64 ": its openings are not its own: %s",
                                          c->next, reason_name(s.reason))
                                  : s;
}

static struct status found_check(struct checking *c)
{
    struct status s = marks_sums_new(c->mirror, &c->sums);
    if (!failed(s))
        s = openings_check(c);
    if (!failed(s))
        s = marks_sums_compare(c->sums, c->verdict->fault);
    marks_sums_free(c->sums);
    return s;
}

static struct status integrity_check(struct checking *c, sqlite3_stmt *row)
{
    return slice_is(mirror_octets(row, 0), "ok")
               ? OK
               : fault(c, "mirror.db: %.*s", (int)mirror_octets(row, 0).length,
                       (const char *)mirror_octets(row, 0).at);
}

struct status mirror_verify(struct mirror *m, struct slice vkeys, struct log_verdict *ret_verdict)
{
    struct checking c = {.mirror = m, .verdict = ret_verdict};
    struct status s = log_verify(mirror_log_read, m, vkeys, ret_verdict);
    if (!failed(s))
        s = mirror_schema_verify(m, ret_verdict->fault);
    if (!failed(s))
        s = each_row(&c, "PRAGMA integrity_check(1)", integrity_check);
    if (!failed(s))
        s = each_row(&c, "SELECT origin FROM log", log_check);
    if (!failed(s))
        s = each_row(&c, "SELECT size FROM checkpoint", checkpoint_check);
    if (!failed(s))
        s = each_row(&c, "SELECT level, idx, length(hashes) FROM tile", tile_check);
    if (!failed(s))
        s = each_row(&c, "SELECT idx, time, entry FROM entry ORDER BY idx", time_check);
    if (!failed(s))
        s = mirror_words_verify(m, ret_verdict->fault);
    return failed(s) ? s : found_check(&c);
}
