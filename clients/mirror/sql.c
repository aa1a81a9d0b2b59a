#include "mirror/mirror_parts.h"

#include <limits.h>

struct status mirror_status(int rc)
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

static int bind(sqlite3_stmt *statement, int at, const struct mirror_value *value)
{
    if (value->octets.length > INT_MAX || value->number > INT64_MAX)
        return SQLITE_TOOBIG;
    const void *octets = value->octets.at == NULL ? "" : (const void *)value->octets.at;
    const int length = (int)value->octets.length;
    switch (value->type) {
    case MIRROR_NUMBER:
        return sqlite3_bind_int64(statement, at, (sqlite3_int64)value->number);
    case MIRROR_TEXT:
        return sqlite3_bind_text(statement, at, octets, length, SQLITE_STATIC);
    case MIRROR_NULL:
        return sqlite3_bind_null(statement, at);
    case MIRROR_OCTETS:
        break;
    }
    return sqlite3_bind_blob(statement, at, octets, length, SQLITE_STATIC);
}

/* The place of this text, a free one where it has none; NULL: it is in use, or all are taken. */
static struct mirror_statement *place_of(struct mirror *m, const char *sql)
{
    for (size_t i = 0; i < MIRROR_STATEMENTS; i++) {
        struct mirror_statement *place = &m->statements[i];
        if (place->sql == NULL || place->sql == sql)
            return place->used ? NULL : place;
    }
    return NULL;
}

static int prepare(struct mirror *m, const char *sql, sqlite3_stmt **ret_statement)
{
    struct mirror_statement *place = place_of(m, sql);
    int rc = SQLITE_OK;
    if (place != NULL && place->sql == sql) {
        *ret_statement = place->statement;
        place->used = true;
        return rc;
    }
    rc = sqlite3_prepare_v3(m->db, sql, -1, place == NULL ? 0 : SQLITE_PREPARE_PERSISTENT,
                            ret_statement, NULL);
    if (rc == SQLITE_OK && place != NULL)
        *place = (struct mirror_statement){sql, *ret_statement, true};
    return rc;
}

struct status mirror_ask(struct mirror *m, const char *sql, const struct mirror_value *values,
                         size_t count, sqlite3_stmt **ret_statement)
{
    sqlite3_stmt *statement = NULL;
    int rc = prepare(m, sql, &statement);
    for (size_t i = 0; rc == SQLITE_OK && i < count; i++)
        rc = bind(statement, (int)i + 1, &values[i]);
    struct status s = mirror_status(rc);
    if (failed(s))
        mirror_end(m, statement);
    else
        *ret_statement = statement;
    return s;
}

struct status mirror_row(sqlite3_stmt *statement)
{
    int rc = sqlite3_step(statement);
    return rc == SQLITE_DONE ? FAIL(ABSENT) : mirror_status(rc);
}

void mirror_end(struct mirror *m, sqlite3_stmt *statement)
{
    for (size_t i = 0; i < MIRROR_STATEMENTS && statement != NULL; i++) {
        struct mirror_statement *place = &m->statements[i];
        if (place->statement != statement)
            continue;
        (void)sqlite3_reset(statement); /* its failure was that of the last step */
        (void)sqlite3_clear_bindings(statement);
        place->used = false;
        return;
    }
    sqlite3_finalize(statement);
}

struct status mirror_run(struct mirror *m, const char *sql, const struct mirror_value *values,
                         size_t count)
{
    sqlite3_stmt *statement = NULL;
    struct status s = mirror_ask(m, sql, values, count, &statement);
    if (failed(s))
        return s;
    s = mirror_row(statement);
    mirror_end(m, statement);
    return s.code == CODE_ABSENT ? OK : s;
}

struct slice mirror_octets(sqlite3_stmt *statement, int column)
{
    const void *octets = sqlite3_column_blob(statement, column);
    return slice_over(octets, (size_t)sqlite3_column_bytes(statement, column));
}

uint64_t mirror_number(sqlite3_stmt *statement, int column)
{
    return (uint64_t)sqlite3_column_int64(statement, column);
}

void mirror_statements_done(struct mirror *m)
{
    for (size_t i = 0; i < MIRROR_STATEMENTS; i++)
        sqlite3_finalize(m->statements[i].statement);
}
