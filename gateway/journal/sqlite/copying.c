#include "journal/copying.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/file.h"
#include "journal/sqlite/sqlite.h"

#define STEP_PAGES 1024
#define URI_BYTES  (3 * 4096 + 64)

static bool is_stopped(const atomic_bool *stop)
{
    return stop != NULL && atomic_load(stop);
}

static struct status file_new(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return FAIL(STORE);
    close(fd);
    return OK;
}

static struct status pages_copy(sqlite3_backup *backup, const atomic_bool *stop)
{
    int rc = SQLITE_OK;
    while (rc == SQLITE_OK && !is_stopped(stop))
        rc = sqlite3_backup_step(backup, STEP_PAGES);
    return rc == SQLITE_OK ? FAIL(FULL) : sqlite_status(rc);
}

/* Nobody reads the copy before it is whole: it needs no journal of its own. */
static struct status copy_into(sqlite3 *from, sqlite3 *to, const atomic_bool *stop)
{
    int rc =
        sqlite3_exec(to, "PRAGMA journal_mode = OFF; PRAGMA synchronous = FULL;", NULL, NULL, NULL);
    if (rc != SQLITE_OK)
        return sqlite_status(rc);
    sqlite3_backup *backup = sqlite3_backup_init(to, "main", from, "main");
    if (backup == NULL)
        return sqlite_status(sqlite3_errcode(to));
    struct status s = pages_copy(backup, stop);
    rc = sqlite3_backup_finish(backup);
    return failed(s) ? s : sqlite_status(rc);
}

/* In one snapshot: without it each step might find another state and begin again. */
static struct status copy_look(struct store *reader, sqlite3 *to, const atomic_bool *stop)
{
    struct tree tree;
    struct status s = statement_run(reader, SQL_LOOK, NULL, 0);
    if (!failed(s))
        s = store_tree(reader, &tree);
    if (!failed(s))
        s = copy_into(reader->db, to, stop);
    store_leave(reader);
    return s;
}

struct status store_copy(struct store *reader, const char *path, const atomic_bool *stop)
{
    sqlite3 *to = NULL;
    struct status s = file_new(path);
    if (failed(s))
        return s;
    int rc = sqlite3_open_v2(path, &to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    s = rc == SQLITE_OK ? copy_look(reader, to, stop) : sqlite_status(rc);
    rc = sqlite3_close(to);
    if (!failed(s))
        s = sqlite_status(rc);
    return failed(s) ? s : file_name_sync(path);
}

/* ---- reading one ---- */

/* A path as a URI takes it. */
static struct status uri_of(const char *path, char uri[static URI_BYTES])
{
    struct buffer out = buffer_new(URI_BYTES - 1);
    buffer_text(&out, "file:");
    for (; *path != '\0'; path++)
        if (*path == '%' || *path == '?' || *path == '#')
            buffer_print(&out, "%%%02X", (unsigned)(unsigned char)*path);
        else
            buffer_u8(&out, (uint8_t)*path);
    buffer_text(&out, "?immutable=1"); /* it has no write-ahead log, and gets none */
    struct status s =
        !out.failed && slice_copy_text(buffer_slice(&out), uri, URI_BYTES) ? OK : FAIL(STORE);
    buffer_done(&out);
    return s;
}

static struct status entries_walk(sqlite3_stmt *statement, uint64_t base, const atomic_bool *stop,
                                  struct merkle_edge *edge)
{
    int rc = sqlite3_step(statement);
    for (; rc == SQLITE_ROW && !is_stopped(stop); rc = sqlite3_step(statement)) {
        const void *entry = sqlite3_column_blob(statement, 1);
        int length = sqlite3_column_bytes(statement, 1);
        if (sqlite3_column_int64(statement, 0) != (sqlite3_int64)base + (sqlite3_int64)edge->size ||
            entry == NULL)
            return OK; /* the one before it is missing */
        struct digest leaf = merkle_leaf(slice_over(entry, (size_t)length));
        merkle_append(edge, &leaf);
    }
    return rc == SQLITE_ROW ? FAIL(FULL) : sqlite_status(rc);
}

static struct status number_read(sqlite3 *db, const char *query, const char *text,
                                 uint64_t *ret_number)
{
    sqlite3_stmt *statement = NULL;
    int rc = sqlite3_prepare_v2(db, query, -1, &statement, NULL);
    if (rc == SQLITE_OK && text != NULL)
        rc = sqlite3_bind_text(statement, 1, text, -1, SQLITE_STATIC);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(statement);
    if (rc == SQLITE_ROW)
        *ret_number = (uint64_t)sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return rc == SQLITE_DONE ? FAIL(ABSENT) : sqlite_status(rc);
}

/* Where the log begins that was written last; copies of earlier versions have only one. */
static uint64_t last_base(sqlite3 *db)
{
    uint64_t number = 0;
    return failed(number_read(db, "SELECT max(number) FROM log", NULL, &number)) ? 0
                                                                                 : log_base(number);
}

static struct status entries_read(sqlite3 *db, uint64_t size, const atomic_bool *stop,
                                  struct merkle_edge *edge)
{
    sqlite3_stmt *statement = NULL;
    const uint64_t base = last_base(db);
    int rc = sqlite3_prepare_v2(db,
                                "SELECT number, entry FROM entry"
                                " WHERE number >= ? AND number < ? ORDER BY number",
                                -1, &statement, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_bind_int64(statement, 1, (sqlite3_int64)base);
    if (rc == SQLITE_OK)
        rc = sqlite3_bind_int64(statement, 2, (sqlite3_int64)base + (sqlite3_int64)size);
    struct status s =
        rc == SQLITE_OK ? entries_walk(statement, base, stop, edge) : sqlite_status(rc);
    sqlite3_finalize(statement);
    return s;
}

/* To be closed whatever comes of it. */
static struct status copy_open(const char *path, sqlite3 **ret_db)
{
    char uri[URI_BYTES];
    struct status s = uri_of(path, uri);
    if (failed(s))
        return s;
    sqlite_begin();
    return sqlite_status(sqlite3_open_v2(
        uri, ret_db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, NULL));
}

struct status copy_edge(const char *path, uint64_t size, const atomic_bool *stop,
                        struct merkle_edge *ret_edge)
{
    sqlite3 *db = NULL;
    struct merkle_edge edge = {0};
    struct status s = copy_open(path, &db);
    if (!failed(s))
        s = entries_read(db, size, stop, &edge);
    sqlite3_close(db);
    if (!failed(s))
        *ret_edge = edge;
    return s;
}

struct status copy_number(const char *path, const char *query, const char *text,
                          uint64_t *ret_number)
{
    sqlite3 *db = NULL;
    struct status s = copy_open(path, &db);
    if (!failed(s))
        s = number_read(db, query, text, ret_number);
    sqlite3_close(db);
    return s;
}
