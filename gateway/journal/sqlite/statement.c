#include "journal/sqlite/sqlite.h"

#include <limits.h>
#include <pthread.h>

#include "journal/clock.h"
#include "journal/glance.h"

/* Refused where the library is in use already: slower, no more. */
static void configure(void)
{
    (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

void sqlite_begin(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, configure);
}

const char *journal_library(void)
{
    return sqlite3_libversion();
}

struct status sqlite_status(int rc)
{
    switch (rc & 0xff) {
    case SQLITE_OK:
    case SQLITE_DONE:
    case SQLITE_ROW:
        return OK;
    case SQLITE_FULL:
        return FAIL(FULL);
    case SQLITE_NOMEM:
        return FAIL(MEMORY);
    default:
        return FAIL(STORE);
    }
}

struct status store_status(struct store *store, int rc)
{
    struct status s = sqlite_status(rc);
    int kind = rc & 0xff;
    if (kind == SQLITE_BUSY || kind == SQLITE_INTERRUPT)
        return FAIL(FULL); /* somebody else holds the database, or we have: try again */
    store->full = store->full || kind == SQLITE_FULL;
    bool spared = kind == SQLITE_CONSTRAINT || kind == SQLITE_TOOBIG;
    if (s.code == CODE_STORE && !spared)
        store->broken = true; /* I/O, corruption, a vanished file: what follows is not trusted */
    return s;
}

static int bind_one(sqlite3_stmt *statement, int at, const struct bound *value)
{
    if (value->octets.length > INT_MAX || value->integer > INT64_MAX)
        return SQLITE_TOOBIG;
    int length = (int)value->octets.length;
    const void *octets = value->octets.at == NULL ? "" : (const void *)value->octets.at;
    switch (value->type) {
    case BOUND_INTEGER:
        return sqlite3_bind_int64(statement, at, (sqlite3_int64)value->integer);
    case BOUND_TEXT:
        return sqlite3_bind_text(statement, at, octets, length, SQLITE_STATIC);
    case BOUND_BLOB:
        return sqlite3_bind_blob(statement, at, octets, length, SQLITE_STATIC);
    case BOUND_NULL:
        break;
    }
    return sqlite3_bind_null(statement, at);
}

static struct status statement_get(struct store *store, enum statement which,
                                   const struct bound *values, size_t count,
                                   sqlite3_stmt **ret_statement)
{
    sqlite3_stmt **kept = &store->statements[which];
    int rc = SQLITE_OK;
    if (store->look_ms != 0 && clock_ms() >= store->look_ms)
        return FAIL(FULL); /* many short statements hold a snapshot as long as one */
    if (*kept == NULL)
        rc = sqlite3_prepare_v3(store->db, statement_texts[which], -1, SQLITE_PREPARE_PERSISTENT,
                                kept, NULL);
    for (size_t i = 0; rc == SQLITE_OK && i < count; i++)
        rc = bind_one(*kept, (int)i + 1, &values[i]);
    if (rc != SQLITE_OK)
        return store_status(store, rc);
    *ret_statement = *kept;
    return OK;
}

static void statement_end(sqlite3_stmt *statement)
{
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement); /* what was bound is the caller's and goes away */
}

struct status statement_run(struct store *store, enum statement which, const struct bound *values,
                            size_t count)
{
    sqlite3_stmt *statement = NULL;
    struct status s = statement_get(store, which, values, count, &statement);
    if (failed(s))
        return s;
    s = store_status(store, sqlite3_step(statement));
    statement_end(statement);
    return s;
}

static struct status row_begin(struct store *store, enum statement which,
                               const struct bound *values, size_t count, struct arena *arena,
                               struct row *ret_row)
{
    struct row row = {.arena = arena};
    struct status s = statement_get(store, which, values, count, &row.statement);
    if (!failed(s))
        *ret_row = row;
    return s;
}

struct status row_next(struct store *store, struct row *row)
{
    int rc = sqlite3_step(row->statement);
    row->column = 0;
    return rc == SQLITE_DONE ? FAIL(ABSENT) : store_status(store, rc);
}

void row_end(struct row *row)
{
    if (row->statement != NULL)
        statement_end(row->statement);
    row->statement = NULL;
}

struct status row_one(struct store *store, enum statement which, const struct bound *values,
                      size_t count, struct arena *arena, struct row *ret_row)
{
    *ret_row = (struct row){0};
    struct status s = row_begin(store, which, values, count, arena, ret_row);
    return failed(s) ? s : row_next(store, ret_row);
}

uint64_t row_integer(struct row *row)
{
    return (uint64_t)sqlite3_column_int64(row->statement, row->column++);
}

struct slice row_octets(struct row *row)
{
    int column = row->column++;
    if (sqlite3_column_type(row->statement, column) == SQLITE_NULL)
        return (struct slice){NULL, 0};
    const void *octets = sqlite3_column_blob(row->statement, column);
    int length = sqlite3_column_bytes(row->statement, column);
    struct slice copy = arena_copy(row->arena, slice_over(octets, (size_t)length));
    if (copy.at == NULL || (octets == NULL && length > 0))
        row->failed = true;
    return copy;
}

struct digest row_digest(struct row *row)
{
    int column = row->column++;
    const void *octets = sqlite3_column_blob(row->statement, column);
    int length = sqlite3_column_bytes(row->statement, column);
    return digest_read(slice_over(octets, (size_t)length));
}
