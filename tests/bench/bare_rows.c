#include "bare_rows.h"

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "stop.h"

#define TABLES_MAX       32
#define COLUMNS_MAX      64
#define PATH_BYTES       4096
#define TEXT_BYTES       8192
#define CHECKPOINT_PAGES 2000

/* One table: its rows' values, row after row, and the statement that writes one row. */
struct table {
    char name[64];
    int columns;
    size_t count, room;
    sqlite3_value **values;
    sqlite3_stmt *write;
};

struct rows {
    struct table tables[TABLES_MAX];
    size_t count;
    char *schema; /* every CREATE of the journal */
    sqlite3 *db, *lock;
    sqlite3_stmt *begin, *commit, *move;
    uint64_t size; /* that the lock says */
};

/* As gateway/journal/sqlite/ sets them. */
static const char settings[] = "PRAGMA page_size = 4096; PRAGMA journal_mode = WAL;"
                               "PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;"
                               "PRAGMA temp_store = MEMORY; PRAGMA cache_size = -8192;"
                               "PRAGMA mmap_size = 0;";
static const char lock_settings[] =
    "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
    "CREATE TABLE last(origin TEXT PRIMARY KEY, size INTEGER NOT NULL, root BLOB NOT NULL) STRICT;"
    "INSERT INTO last VALUES('bare', 0, zeroblob(32));";

static void need(sqlite3 *db, int rc)
{
    if (rc != SQLITE_OK && rc != SQLITE_ROW && rc != SQLITE_DONE)
        stop(db == NULL ? "no database" : sqlite3_errmsg(db));
}

static sqlite3 *database(const char *path, int flags)
{
    sqlite3 *db = NULL;
    need(db, sqlite3_open_v2(path, &db, flags | SQLITE_OPEN_NOMUTEX, NULL));
    need(db, sqlite3_busy_timeout(db, 5000));
    return db;
}

static sqlite3_stmt *prepared(sqlite3 *db, const char *text)
{
    sqlite3_stmt *statement = NULL;
    need(db, sqlite3_prepare_v3(db, text, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL));
    return statement;
}

static bool run(sqlite3_stmt *statement)
{
    int rc = sqlite3_step(statement);
    need(sqlite3_db_handle(statement), rc);
    if (rc != SQLITE_ROW)
        sqlite3_reset(statement);
    return rc == SQLITE_ROW;
}

static void add_row(struct table *t, sqlite3_stmt *from)
{
    if (t->count == t->room) {
        t->room = t->room == 0 ? 1024 : t->room * 2;
        t->values = realloc(t->values, t->room * (size_t)t->columns * sizeof *t->values);
        if (t->values == NULL)
            stop("out of memory");
    }
    sqlite3_value **at = t->values + t->count++ * (size_t)t->columns;
    for (int i = 0; i < t->columns; i++)
        if ((at[i] = sqlite3_value_dup(sqlite3_column_value(from, i))) == NULL)
            stop("out of memory");
}

/* In the order in which they were written: that of the row numbers, which are given in turn. Rows
 * without one come back sorted by their random keys, so they are mixed. */
static void mix(struct table *t)
{
    uint64_t state = 1;
    sqlite3_value *kept[COLUMNS_MAX];
    size_t width = (size_t)t->columns, octets = width * sizeof *t->values;
    for (size_t i = t->count; i > 1; i--) {
        state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        sqlite3_value **a = t->values + (i - 1) * width,
                      **b = t->values + (state >> 33) % i * width;
        memcpy(kept, a, octets);
        memmove(a, b, octets);
        memcpy(b, kept, octets);
    }
}

static void read_table(struct rows *r, sqlite3 *from, const char *name, bool keyed)
{
    char text[TEXT_BYTES];
    if (r->count == TABLES_MAX)
        stop("the journal has more tables than expected");
    struct table *t = &r->tables[r->count++];
    snprintf(t->name, sizeof t->name, "%s", name);
    snprintf(text, sizeof text, "SELECT * FROM %s", name);
    sqlite3_stmt *all = prepared(from, text);
    t->columns = sqlite3_column_count(all);
    if (t->columns > COLUMNS_MAX)
        stop("a table has more columns than expected");
    while (run(all))
        add_row(t, all);
    sqlite3_finalize(all);
    if (keyed)
        mix(t);
}

struct rows *rows_read(const char *path)
{
    struct rows *r = calloc(1, sizeof *r);
    sqlite3 *from = database(path, SQLITE_OPEN_READONLY);
    sqlite3_stmt *parts = prepared(from, "SELECT name, type, sql FROM sqlite_schema"
                                         " WHERE sql IS NOT NULL ORDER BY rowid");
    if (r == NULL || (r->schema = sqlite3_mprintf("")) == NULL)
        stop("out of memory");
    while (run(parts)) {
        const char *type = (const char *)sqlite3_column_text(parts, 1);
        const char *text = (const char *)sqlite3_column_text(parts, 2);
        r->schema = sqlite3_mprintf("%z%s;", r->schema, text);
        if (strcmp(type, "table") == 0)
            read_table(r, from, (const char *)sqlite3_column_text(parts, 0),
                       strstr(text, "WITHOUT ROWID") != NULL);
    }
    sqlite3_finalize(parts);
    sqlite3_close(from);
    return r;
}

void rows_free(struct rows *r)
{
    for (size_t i = 0; i < r->count; i++) {
        struct table *t = &r->tables[i];
        for (size_t k = 0; k < t->count * (size_t)t->columns; k++)
            sqlite3_value_free(t->values[k]);
        free(t->values);
        sqlite3_finalize(t->write);
    }
    sqlite3_finalize(r->begin);
    sqlite3_finalize(r->commit);
    sqlite3_finalize(r->move);
    sqlite3_close(r->db);
    sqlite3_close(r->lock);
    sqlite3_free(r->schema);
    free(r);
}

void rows_size(const struct rows *r, size_t *ret_rows, size_t *ret_octets)
{
    *ret_rows = *ret_octets = 0;
    for (size_t i = 0; i < r->count; i++) {
        const struct table *t = &r->tables[i];
        *ret_rows += t->count;
        for (size_t k = 0; k < t->count * (size_t)t->columns; k++)
            if (sqlite3_value_type(t->values[k]) == SQLITE_BLOB)
                *ret_octets += (size_t)sqlite3_value_bytes(t->values[k]);
    }
}

static sqlite3 *make(const char *folder, const char *name, const char *texts, const char *more)
{
    char path[PATH_BYTES];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    sqlite3 *db = database(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
    need(db, sqlite3_exec(db, texts, NULL, NULL, NULL));
    need(db, sqlite3_exec(db, more, NULL, NULL, NULL));
    return db;
}

void rows_prepare(struct rows *r, const char *folder)
{
    r->db = make(folder, "bare.db", settings, r->schema);
    r->lock = make(folder, "bare-lock.db", lock_settings, "");
    need(r->db, sqlite3_wal_autocheckpoint(r->db, CHECKPOINT_PAGES));
    for (size_t i = 0; i < r->count; i++) {
        char text[TEXT_BYTES];
        struct table *t = &r->tables[i];
        int length = snprintf(text, sizeof text, "%s INTO %s VALUES(?", /* a single row stays one */
                              t->count == 1 ? "REPLACE" : "INSERT", t->name);
        for (int k = 1; k < t->columns; k++)
            length += snprintf(text + length, sizeof text - (size_t)length, ", ?");
        snprintf(text + length, sizeof text - (size_t)length, ")");
        t->write = prepared(r->db, text);
    }
    r->begin = prepared(r->db, "BEGIN IMMEDIATE");
    r->commit = prepared(r->db, "COMMIT");
    r->move = prepared(r->lock, "UPDATE last SET size = ?1, root = randomblob(32)"
                                " WHERE origin = 'bare' AND size = ?2");
}

static int bind(sqlite3_stmt *statement, int column, sqlite3_value *value)
{
    int length = sqlite3_value_bytes(value);
    switch (sqlite3_value_type(value)) {
    case SQLITE_INTEGER:
        return sqlite3_bind_int64(statement, column, sqlite3_value_int64(value));
    case SQLITE_BLOB:
        return sqlite3_bind_blob(statement, column, length == 0 ? "" : sqlite3_value_blob(value),
                                 length, SQLITE_STATIC);
    case SQLITE_TEXT:
        return sqlite3_bind_text(statement, column, (const char *)sqlite3_value_text(value), length,
                                 SQLITE_STATIC);
    default:
        return sqlite3_bind_null(statement, column);
    }
}

static void write_row(struct table *t, size_t row)
{
    for (int i = 0; i < t->columns; i++)
        need(NULL, bind(t->write, i + 1, t->values[row * (size_t)t->columns + (size_t)i]));
    run(t->write);
}

void rows_batch(struct rows *r, size_t i, size_t count)
{
    run(r->begin);
    for (size_t k = 0; k < r->count; k++) {
        struct table *t = &r->tables[k];
        size_t row = t->count == 1 ? 0 : t->count * i / count;
        size_t end = t->count == 1 ? 1 : t->count * (i + 1) / count;
        for (; row < end; row++)
            write_row(t, row);
    }
    run(r->commit);
    need(r->lock, sqlite3_bind_int64(r->move, 1, (sqlite3_int64)r->size + 1));
    need(r->lock, sqlite3_bind_int64(r->move, 2, (sqlite3_int64)r->size));
    run(r->move);
    if (sqlite3_changes(r->lock) != 1)
        stop("the bare lock did not move");
    r->size++;
}
