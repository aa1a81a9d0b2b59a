#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/file.h"
#include "mirror/bits.h"
#include "mirror/marks.h"
#include "mirror/mirror_parts.h"

#define PATH_BYTES 4096
#define VERSION    "2"

/* What was deleted is overwritten. Each commit is one fsync of SQLite's log. */
static const char settings[] = "PRAGMA journal_mode = WAL;"
                               "PRAGMA synchronous = FULL;"
                               "PRAGMA secure_delete = ON;";

static const char common[] = "PRAGMA trusted_schema = OFF;"
                             "PRAGMA mmap_size = 0;";

/* slot: see mirror_slot_write; there is none of an entry whose openings were not put yet. Of the
 * last tile of a level only those hashes are there that there are. */
static const char schema[] =
    "CREATE TABLE log(one INTEGER PRIMARY KEY CHECK(one = 1), origin TEXT NOT NULL,"
    "  gateway TEXT NOT NULL, succeeds TEXT NOT NULL) STRICT;"
    "CREATE TABLE checkpoint(size INTEGER PRIMARY KEY, note BLOB NOT NULL,"
    "  seen_ms INTEGER NOT NULL) STRICT;"
    "CREATE TABLE entry(idx INTEGER PRIMARY KEY, time INTEGER NOT NULL,"
    "  entry BLOB NOT NULL CHECK(length(entry) = 79)) STRICT;"
    "CREATE TABLE opening(idx INTEGER PRIMARY KEY, slot BLOB NOT NULL) STRICT;"
    "CREATE INDEX entry_time ON entry(time);"
    "CREATE TABLE tile(level INTEGER NOT NULL, idx INTEGER NOT NULL, hashes BLOB NOT NULL,"
    "  PRIMARY KEY(level, idx)) STRICT;"
    "CREATE TABLE timestamp(size INTEGER PRIMARY KEY, response BLOB NOT NULL) STRICT;"
    "PRAGMA user_version = " VERSION ";";

[[gnu::format(printf, 3, 4)]] static struct status
explain(struct status s, char error[static MIRROR_ERROR_BYTES], const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(error, MIRROR_ERROR_BYTES, format, args);
    va_end(args);
    return s;
}

static bool path_of(char path[static PATH_BYTES], const char *dir, const char *name)
{
    int length = snprintf(path, PATH_BYTES, "%s/%s", dir, name);
    return length > 0 && length < PATH_BYTES;
}

/* ---- what is kept ---- */

static struct status checkpoint_load(struct mirror *m)
{
    sqlite3_stmt *row = NULL;
    struct status s = mirror_ask(
        m, "SELECT size, seen_ms FROM checkpoint ORDER BY size DESC LIMIT 1", NULL, 0, &row);
    if (failed(s))
        return s;
    m->size = m->seen_ms = 0;
    if (!failed(s = mirror_row(row))) {
        m->size = mirror_number(row, 0);
        m->seen_ms = mirror_number(row, 1);
    }
    mirror_end(m, row);
    return s.code == CODE_ABSENT ? OK : s;
}

static struct status count_load(struct mirror *m)
{
    sqlite3_stmt *row = NULL;
    struct status s =
        mirror_ask(m, "SELECT idx, time FROM entry ORDER BY idx DESC LIMIT 1", NULL, 0, &row);
    if (failed(s))
        return s;
    m->count = m->time_ms = 0;
    if (!failed(s = mirror_row(row))) {
        m->count = mirror_number(row, 0) + 1;
        m->time_ms = mirror_number(row, 1);
    }
    mirror_end(m, row);
    return s.code == CODE_ABSENT ? OK : s;
}

/* The hashes of a level's last tile that a tree of count entries has; what a tile holds beyond them
 * is of entries that are gone. */
static struct status edge_load(struct mirror *m, unsigned level)
{
    struct mirror_edge *edge = &m->edges[level];
    const uint64_t hashes = m->count >> (8 * level);
    sqlite3_stmt *row = NULL;
    *edge = (struct mirror_edge){.count = (unsigned)(hashes % TILE_WIDTH),
                                 .tiles = hashes / TILE_WIDTH};
    if (edge->count == 0)
        return OK;
    const struct mirror_value values[] = {NUMBER(level), NUMBER(edge->tiles)};
    struct status s =
        mirror_ask(m, "SELECT hashes FROM tile WHERE level = ? AND idx = ?", values, 2, &row);
    if (failed(s))
        return s;
    s = mirror_row(row);
    const struct slice octets = failed(s) ? (struct slice){0} : mirror_octets(row, 0);
    if (octets.at != NULL && octets.length >= edge->count * sizeof(struct digest))
        memcpy(edge->hashes, octets.at, edge->count * sizeof(struct digest));
    else if (!failed(s) || s.code == CODE_ABSENT)
        s = REFUSE(CONSISTENCY);
    mirror_end(m, row);
    return s;
}

static struct status opened_load(struct mirror *m)
{
    sqlite3_stmt *row = NULL;
    struct status s =
        mirror_ask(m, "SELECT idx FROM opening ORDER BY idx DESC LIMIT 1", NULL, 0, &row);
    if (failed(s))
        return s;
    s = mirror_row(row);
    m->opened = failed(s) ? 0 : mirror_number(row, 0) + 1;
    mirror_end(m, row);
    return s.code == CODE_ABSENT ? OK : s;
}

struct status mirror_load(struct mirror *m)
{
    struct status s = checkpoint_load(m);
    if (!failed(s))
        s = count_load(m);
    if (!failed(s))
        s = opened_load(m);
    if (!failed(s) && m->lock >= 0 && m->size > m->count)
        s = REFUSE(CONSISTENCY);
    for (unsigned level = 0; level < MIRROR_LEVELS && m->lock >= 0 && !failed(s); level++)
        s = edge_load(m, level);
    m->forgets = false;
    return s;
}

/* ---- whose it is ---- */

static struct status log_read_row(struct mirror *m, struct arena *arena, struct mirror_log *ret_log)
{
    sqlite3_stmt *row = NULL;
    struct status s = mirror_ask(m, "SELECT origin, gateway, succeeds FROM log", NULL, 0, &row);
    if (failed(s))
        return s;
    if (!failed(s = mirror_row(row))) {
        const struct mirror_log log = {arena_text(arena, mirror_octets(row, 0)),
                                       arena_text(arena, mirror_octets(row, 1)),
                                       arena_text(arena, mirror_octets(row, 2))};
        if (log.origin == NULL || log.gateway == NULL || log.succeeds == NULL)
            s = FAIL(MEMORY);
        else
            *ret_log = log;
    }
    mirror_end(m, row);
    return s;
}

struct status mirror_log(struct mirror *m, struct arena *arena, struct mirror_log *ret_log)
{
    return log_read_row(m, arena, ret_log);
}

static struct status version_read(struct mirror *m, uint64_t *ret_version)
{
    sqlite3_stmt *row = NULL;
    struct status s = mirror_ask(m, "PRAGMA user_version", NULL, 0, &row);
    if (failed(s))
        return s;
    s = mirror_row(row);
    if (!failed(s))
        *ret_version = mirror_number(row, 0);
    mirror_end(m, row);
    return s;
}

/* The tables and their version come at once (tables_make). */
static struct status is_bare(struct mirror *m, bool *ret_bare)
{
    sqlite3_stmt *row = NULL;
    struct status s = mirror_ask(m, "SELECT 1 FROM sqlite_master LIMIT 1", NULL, 0, &row);
    if (failed(s))
        return s;
    s = mirror_row(row);
    *ret_bare = s.code == CODE_ABSENT;
    mirror_end(m, row);
    return *ret_bare ? OK : s;
}

static struct status version_check(struct mirror *m, const char *dir,
                                   char error[static MIRROR_ERROR_BYTES])
{
    bool bare = false;
    uint64_t version = 0;
    struct status s = version_read(m, &version);
    if (failed(s) || version == strtoull(VERSION, NULL, 10))
        return s;
    if (version == 0 && failed(s = is_bare(m, &bare)))
        return s;
    if (bare)
        return explain(FAIL(ABSENT), error, "%.100s: the making of this mirror was broken off",
                       dir);
    return version == 0
               ? explain(REFUSE(CONSISTENCY), error, "%.100s: this is no mirror any more", dir)
               : explain(FAIL(CONFIG), error, "%.100s: made by another version of this program",
                         dir);
}

static struct status take_log(struct mirror *m, const struct mirror_log *wanted, const char *dir,
                              char error[static MIRROR_ERROR_BYTES])
{
    struct mirror_log log = {0};
    struct arena *arena = arena_new(8192);
    struct status s = arena == NULL ? FAIL(MEMORY) : log_read_row(m, arena, &log);
    if (s.code == CODE_ABSENT)
        s = explain(REFUSE(CONSISTENCY), error, "%.100s: it does not say any more whose log it is",
                    dir);
    if (!failed(s) && (log.origin == NULL || log.gateway == NULL))
        s = FAIL(STORE);
    if (!failed(s) && wanted != NULL &&
        (strcmp(log.origin, wanted->origin) != 0 || strcmp(log.gateway, wanted->gateway) != 0))
        s = explain(FAIL(CONFIG), error, "%.90s: a mirror of %.80s", dir, log.origin);
    if (!failed(s) && (m->origin = strdup(log.origin)) == NULL)
        s = FAIL(MEMORY);
    arena_free(arena);
    return s;
}

struct status mirror_tables(sqlite3 *db)
{
    const struct status s = mirror_status(sqlite3_exec(db, schema, NULL, NULL, NULL));
    return failed(s) ? s : mirror_status(sqlite3_exec(db, marks_schema, NULL, NULL, NULL));
}

/* All or nothing: one that was broken off begins anew. */
static struct status tables_make(struct mirror *m, const struct mirror_log *log)
{
    uint64_t version = 0;
    const struct mirror_value values[] = {TEXT(slice_text(log->origin)),
                                          TEXT(slice_text(log->gateway)),
                                          TEXT(slice_text(log->succeeds))};
    struct status s = version_read(m, &version);
    if (failed(s) || version != 0)
        return s;
    s = mirror_status(sqlite3_exec(m->db, "BEGIN IMMEDIATE", NULL, NULL, NULL));
    if (!failed(s))
        s = mirror_tables(m->db);
    if (!failed(s))
        s = mirror_run(m, "INSERT INTO log VALUES(1, ?, ?, ?)", values, 3);
    if (!failed(s))
        s = mirror_status(sqlite3_exec(m->db, "COMMIT", NULL, NULL, NULL));
    return s;
}

/* ---- opening ---- */

static struct mirror *mirror_new(const char *dir)
{
    struct mirror *m = calloc(1, sizeof *m);
    if (m == NULL)
        return NULL;
    m->lock = -1;
    m->dir = strdup(dir);
    if (m->dir != NULL)
        return m;
    free(m);
    return NULL;
}

static struct status connect(struct mirror *m, int flags)
{
    char path[PATH_BYTES];
    if (!path_of(path, m->dir, "mirror.db"))
        return FAIL(STORE);
    struct status s =
        mirror_status(sqlite3_open_v2(path, &m->db, flags | SQLITE_OPEN_NOMUTEX, NULL));
    if (!failed(s))
        s = mirror_status(sqlite3_busy_timeout(m->db, 10000));
    if (!failed(s))
        s = mirror_status(sqlite3_exec(m->db, common, NULL, NULL, NULL));
    return s;
}

/* The folder, a file of it that is ours while we write, and a database that is ours alone. */
static struct status folder_take(struct mirror *m, char error[static MIRROR_ERROR_BYTES])
{
    char path[PATH_BYTES];
    if (failed(folder_make(m->dir, 0700)) || !path_of(path, m->dir, "lock"))
        return explain(FAIL(STORE), error, "%.150s: cannot be made", m->dir);
    m->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (m->lock < 0)
        return explain(FAIL(STORE), error, "%.150s: cannot be written", m->dir);
    if (flock(m->lock, LOCK_EX | LOCK_NB) != 0)
        return explain(FAIL(CONFIG), error, "%.130s: another process is writing this mirror",
                       m->dir);
    (void)path_of(path, m->dir, "mirror.db");
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return explain(FAIL(STORE), error, "%.150s: cannot be written", path);
    close(fd);
    return OK;
}

static bool is_damaged(const struct mirror *m)
{
    const int code = m == NULL || m->db == NULL ? SQLITE_OK : sqlite3_errcode(m->db) & 0xff;
    return code == SQLITE_NOTADB || code == SQLITE_CORRUPT;
}

static const char *why_not(const struct mirror *m, struct status s)
{
    if (m != NULL && m->db != NULL && sqlite3_errcode(m->db) != SQLITE_OK &&
        sqlite3_errcode(m->db) != SQLITE_ROW && sqlite3_errcode(m->db) != SQLITE_DONE)
        return sqlite3_errmsg(m->db);
    return s.code == CODE_REFUSED ? "its entries and hashes are not whole" : code_name(s.code);
}

/* Gives the mirror out, or a sentence where nobody has said one. */
static struct status settle(struct mirror *m, struct status s, const char *dir,
                            char error[static MIRROR_ERROR_BYTES], struct mirror **ret_mirror)
{
    if (!failed(s))
        s = mirror_load(m);
    if (!failed(s)) {
        *ret_mirror = m;
        return s;
    }
    if (s.code == CODE_STORE && is_damaged(m))
        s = REFUSE(CONSISTENCY);
    if (error[0] == '\0')
        (void)explain(s, error, "%.100s: %.80s", dir, why_not(m, s));
    mirror_close(m);
    return s;
}

/* log: NULL where there must be one. */
static struct status begin_writing(const char *dir, const struct mirror_log *log,
                                   char error[static MIRROR_ERROR_BYTES],
                                   struct mirror **ret_mirror)
{
    struct mirror *m = mirror_new(dir);
    error[0] = '\0';
    struct status s = m == NULL ? FAIL(MEMORY) : folder_take(m, error);
    if (!failed(s))
        s = connect(m, SQLITE_OPEN_READWRITE);
    if (!failed(s))
        s = mirror_status(sqlite3_exec(m->db, settings, NULL, NULL, NULL));
    if (!failed(s) && log != NULL)
        s = tables_make(m, log);
    if (!failed(s))
        s = version_check(m, dir, error);
    if (!failed(s))
        s = take_log(m, log, dir, error);
    return settle(m, s, dir, error, ret_mirror);
}

struct status mirror_make(const char *dir, const struct mirror_log *log,
                          char error[static MIRROR_ERROR_BYTES], struct mirror **ret_mirror)
{
    return begin_writing(dir, log, error, ret_mirror);
}

struct status mirror_write(const char *dir, char error[static MIRROR_ERROR_BYTES],
                           struct mirror **ret_mirror)
{
    return begin_writing(dir, NULL, error, ret_mirror);
}

struct status mirror_open(const char *dir, char error[static MIRROR_ERROR_BYTES],
                          struct mirror **ret_mirror)
{
    char path[PATH_BYTES];
    struct mirror *m = mirror_new(dir);
    error[0] = '\0';
    struct status s = m == NULL ? FAIL(MEMORY) : OK;
    if (!failed(s) && (!path_of(path, dir, "mirror.db") || access(path, F_OK) != 0))
        s = explain(FAIL(ABSENT), error, "%.150s: there is no mirror", dir);
    if (!failed(s))
        s = connect(m, SQLITE_OPEN_READONLY);
    if (!failed(s))
        s = version_check(m, dir, error);
    if (!failed(s))
        s = take_log(m, NULL, dir, error);
    return settle(m, s, dir, error, ret_mirror);
}

void mirror_close(struct mirror *m)
{
    if (m == NULL)
        return;
    bits_abandon(m);
    mirror_statements_done(m);
    sqlite3_close(m->db);
    if (m->lock >= 0)
        close(m->lock);
    free(m->origin);
    free(m->dir);
    free(m);
}
