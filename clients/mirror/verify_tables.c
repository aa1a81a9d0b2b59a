#include "mirror/verify_tables.h"

#include <stdarg.h>
#include <stdio.h>

#include "mirror/mirror_parts.h"

#define NAME_SHOWN   64
#define IN_MEMORY    ":memory:"
#define IN_TEMPORARY "" /* a file that is nobody else's, and gone when it is closed */

[[gnu::format(printf, 2, 3)]] static struct status fault(char text[static TABLES_FAULT_BYTES],
                                                         const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(text, TABLES_FAULT_BYTES, format, args);
    va_end(args);
    return REFUSE(CONSISTENCY);
}

/* A database as a mirror is made with. To be closed, also after a failure. */
static struct status fresh_open(const char *name, sqlite3 **ret_db)
{
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    struct status s = mirror_status(sqlite3_open_v2(name, ret_db, flags, NULL));
    return failed(s) ? s : mirror_tables(*ret_db);
}

/* ---- definitions ---- */

/* Ordered by the first column. */
static const char *const definitions[] = {
    "SELECT name, type, tbl_name, sql FROM sqlite_schema ORDER BY name, type",
    "SELECT k, v FROM words_config ORDER BY k",
};

/* Values of two types are never the same. */
static bool are_same(sqlite3_stmt *a, sqlite3_stmt *b)
{
    for (int i = 0; i < sqlite3_column_count(a); i++)
        if (sqlite3_column_type(a, i) != sqlite3_column_type(b, i) ||
            !slice_equal(mirror_octets(a, i), mirror_octets(b, i)))
            return false;
    return true;
}

static struct status differs(sqlite3_stmt *row, const char *what,
                             char text[static TABLES_FAULT_BYTES])
{
    const struct slice name = slice_part(mirror_octets(row, 0), 0, NAME_SHOWN);
    return fault(text, "mirror.db: the definition of %.*s %s", (int)name.length,
                 (const char *)name.at, what);
}

/* Of each side the row at hand, or that there is none left. */
static struct status rows_judge(sqlite3_stmt *found, struct status f, sqlite3_stmt *wanted,
                                struct status w, char text[static TABLES_FAULT_BYTES])
{
    const bool both = !failed(f) && !failed(w);
    const int order = both ? slice_compare(mirror_octets(found, 0), mirror_octets(wanted, 0))
                           : (failed(f) ? 1 : -1);
    if (order > 0)
        return differs(wanted, "is missing", text);
    if (order < 0)
        return differs(found, "is one too many", text);
    return are_same(found, wanted) ? OK : differs(found, "is not that of a mirror", text);
}

static bool is_read(struct status s)
{
    return !failed(s) || s.code == CODE_ABSENT;
}

static struct status rows_compare(sqlite3_stmt *found, sqlite3_stmt *wanted,
                                  char text[static TABLES_FAULT_BYTES])
{
    for (;;) {
        const struct status f = mirror_row(found), w = mirror_row(wanted);
        if (!is_read(f) || !is_read(w))
            return is_read(f) ? w : f;
        if (failed(f) && failed(w))
            return OK;
        const struct status s = rows_judge(found, f, wanted, w, text);
        if (failed(s))
            return s;
    }
}

static struct status definitions_compare(struct mirror *m, sqlite3 *fresh, const char *sql,
                                         char text[static TABLES_FAULT_BYTES])
{
    sqlite3_stmt *found = NULL, *wanted = NULL;
    struct status s = mirror_status(sqlite3_prepare_v2(fresh, sql, -1, &wanted, NULL));
    if (!failed(s))
        s = mirror_ask(m, sql, NULL, 0, &found);
    if (!failed(s))
        s = rows_compare(found, wanted, text);
    mirror_end(m, found);
    sqlite3_finalize(wanted);
    return s;
}

struct status mirror_schema_verify(struct mirror *m, char text[static TABLES_FAULT_BYTES])
{
    sqlite3 *fresh = NULL;
    struct status s = fresh_open(IN_MEMORY, &fresh);
    for (size_t i = 0; i < sizeof definitions / sizeof definitions[0] && !failed(s); i++)
        s = definitions_compare(m, fresh, definitions[i], text);
    sqlite3_close(fresh);
    return s;
}

/* ---- the index of words ---- */

static const struct {
    const char *from, *to;
} copies[] = {
    {"SELECT id, block FROM words_data", "INSERT INTO words_data VALUES(?, ?)"},
    {"SELECT segid, term, pgno FROM words_idx", "INSERT INTO words_idx VALUES(?, ?, ?)"},
};

static struct status row_copy(sqlite3_stmt *from, sqlite3_stmt *to)
{
    int rc = SQLITE_OK;
    for (int i = 0; i < sqlite3_column_count(from) && rc == SQLITE_OK; i++)
        rc = sqlite3_bind_value(to, i + 1, sqlite3_column_value(from, i));
    if (rc == SQLITE_OK && (rc = sqlite3_step(to)) == SQLITE_DONE)
        rc = sqlite3_reset(to);
    return mirror_status(rc);
}

static struct status table_copy(struct mirror *m, sqlite3 *fresh, size_t table)
{
    sqlite3_stmt *from = NULL, *to = NULL;
    struct status s = mirror_status(sqlite3_prepare_v2(fresh, copies[table].to, -1, &to, NULL));
    if (!failed(s))
        s = mirror_ask(m, copies[table].from, NULL, 0, &from);
    while (!failed(s) && !failed(s = mirror_row(from)))
        s = row_copy(from, to);
    mirror_end(m, from);
    sqlite3_finalize(to);
    return s.code == CODE_ABSENT ? OK : s;
}

/* Both tables as they were at one time, for a sync may be at work. */
static struct status tables_copy(struct mirror *m, sqlite3 *fresh)
{
    struct status s = mirror_run(m, "SAVEPOINT copying", NULL, 0);
    if (failed(s))
        return s;
    for (size_t i = 0; i < sizeof copies / sizeof copies[0] && !failed(s); i++)
        s = table_copy(m, fresh, i);
    const struct status released = mirror_run(m, "RELEASE copying", NULL, 0);
    return failed(s) ? s : released;
}

static struct status copy_make(struct mirror *m, sqlite3 *fresh)
{
    struct status s = mirror_status(sqlite3_exec(fresh,
                                                 "PRAGMA journal_mode = OFF; BEGIN;"
                                                 "DELETE FROM words_data; DELETE FROM words_idx",
                                                 NULL, NULL, NULL));
    if (!failed(s))
        s = tables_copy(m, fresh);
    return failed(s) ? s : mirror_status(sqlite3_exec(fresh, "COMMIT", NULL, NULL, NULL));
}

struct status mirror_words_verify(struct mirror *m, char text[static TABLES_FAULT_BYTES])
{
    static const char check[] = "INSERT INTO words(words) VALUES('integrity-check')";
    sqlite3 *fresh = NULL;
    struct status s = fresh_open(IN_TEMPORARY, &fresh);
    if (!failed(s))
        s = copy_make(m, fresh);
    if (!failed(s)) {
        const int rc = sqlite3_exec(fresh, check, NULL, NULL, NULL);
        s = (rc & 0xff) == SQLITE_CORRUPT ? fault(text, "words: the index is damaged")
                                          : mirror_status(rc);
    }
    sqlite3_close(fresh);
    return s;
}
