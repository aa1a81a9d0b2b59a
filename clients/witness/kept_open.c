#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crypto/secret.h"
#include "witness/kept_parts.h"

#define TIDY_PAGES 1000

/* Exclusive: held from here to kept_close. Each commit is one fsync of SQLite's log. */
static const char settings[] =
    "PRAGMA locking_mode = EXCLUSIVE;"
    "PRAGMA journal_mode = WAL;"
    "PRAGMA synchronous = FULL;"
    "PRAGMA wal_autocheckpoint = 0;" /* it would not tell of a sync that failed */
    "PRAGMA trusted_schema = OFF;"
    "PRAGMA mmap_size = 0;"
    "BEGIN IMMEDIATE;"
    "CREATE TABLE IF NOT EXISTS self(one INTEGER PRIMARY KEY CHECK(one = 1),"
    "  id BLOB NOT NULL CHECK(length(id) = 16), vkey TEXT NOT NULL) STRICT;"
    "CREATE TABLE IF NOT EXISTS checkpoint(origin BLOB NOT NULL CHECK(length(origin) = 32),"
    "  size INTEGER NOT NULL, root BLOB NOT NULL CHECK(length(root) = 32), note BLOB NOT NULL,"
    "  PRIMARY KEY(origin, size)) STRICT;"
    "CREATE TABLE IF NOT EXISTS evidence(number INTEGER PRIMARY KEY,"
    "  origin BLOB NOT NULL CHECK(length(origin) = 32), at INTEGER NOT NULL, kind TEXT NOT NULL,"
    "  body BLOB NOT NULL, cosigned BLOB NOT NULL, shown BLOB NOT NULL,"
    "  UNIQUE(origin, kind, body)) STRICT;"
    "COMMIT;";

struct status kept_status(struct kept *kept, int rc)
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
    default: /* I/O, corruption, a vanished file: what follows is not trusted */
        kept->broken = true;
        return FAIL(STORE);
    }
}

static int bind(sqlite3_stmt *statement, int at, const struct value *value)
{
    if (value->octets.length > INT_MAX || value->number > INT64_MAX)
        return SQLITE_TOOBIG;
    const void *octets = value->octets.at == NULL ? "" : (const void *)value->octets.at;
    int length = (int)value->octets.length;
    switch (value->type) {
    case VALUE_NUMBER:
        return sqlite3_bind_int64(statement, at, (sqlite3_int64)value->number);
    case VALUE_TEXT:
        return sqlite3_bind_text(statement, at, octets, length, SQLITE_STATIC);
    case VALUE_OCTETS:
        break;
    }
    return sqlite3_bind_blob(statement, at, octets, length, SQLITE_STATIC);
}

struct status kept_ask(struct kept *kept, const char *sql, const struct value *values, size_t count,
                       sqlite3_stmt **ret_statement)
{
    sqlite3_stmt *statement = NULL;
    int rc = sqlite3_prepare_v2(kept->db, sql, -1, &statement, NULL);
    for (size_t i = 0; rc == SQLITE_OK && i < count; i++)
        rc = bind(statement, (int)i + 1, &values[i]);
    struct status s = kept_status(kept, rc);
    if (failed(s))
        sqlite3_finalize(statement);
    else
        *ret_statement = statement;
    return s;
}

struct status kept_row(struct kept *kept, sqlite3_stmt *statement)
{
    int rc = sqlite3_step(statement);
    return rc == SQLITE_DONE ? FAIL(ABSENT) : kept_status(kept, rc);
}

struct status kept_run(struct kept *kept, const char *sql, const struct value *values, size_t count)
{
    sqlite3_stmt *statement = NULL;
    struct status s = kept_ask(kept, sql, values, count, &statement);
    if (failed(s))
        return s;
    s = kept_row(kept, statement);
    sqlite3_finalize(statement);
    return s.code == CODE_ABSENT ? OK : s;
}

struct slice kept_octets(sqlite3_stmt *statement, int column)
{
    const void *octets = sqlite3_column_blob(statement, column);
    return slice_over(octets, (size_t)sqlite3_column_bytes(statement, column));
}

static int count_pages(void *owner, sqlite3 *db, const char *name, int pages)
{
    struct kept *kept = owner;
    (void)db;
    (void)name;
    kept->wal_pages = pages;
    return SQLITE_OK;
}

void kept_tidy(struct kept *kept)
{
    if (kept->broken || kept->wal_pages < TIDY_PAGES)
        return;
    kept->wal_pages = 0;
    int rc = sqlite3_wal_checkpoint_v2(kept->db, "main", SQLITE_CHECKPOINT_RESTART, NULL, NULL);
    kept->broken = (rc & 0xff) == SQLITE_IOERR;
}

/* ---- opening ---- */

static const char unmarked[] =
    "is not there, so nobody knows whether the key has cosigned: put it back, or make another key "
    "under another name";

static const char lost[] = "the state of this key is lost, and without it the key must not cosign "
                           "again: make another key under another name";

/* A new state, durable before the marker says that it is the key's. */
static struct status begin(struct kept *kept, const struct signer *signer)
{
    uint8_t id[SIGNER_STATE_BYTES];
    struct status s = entropy_fill(id, sizeof id);
    const struct value values[] = {OCTETS(slice_over(id, sizeof id)),
                                   TEXT(slice_text(signer->vkey))};
    if (!failed(s))
        s = kept_run(kept, "INSERT INTO self VALUES(1, ?, ?)", values, 2);
    return failed(s) ? s : signer_mark(signer, id);
}

/* A state of a key that is marked as new is one whose first start was broken off. */
static struct status compare(sqlite3_stmt *row, const struct signer *signer, const char *path,
                             char error[static SIGNER_ERROR_BYTES])
{
    struct slice id = kept_octets(row, 0);
    if (!slice_is(kept_octets(row, 1), signer->vkey))
        return signer_refuse(error, path, "this is the state of another key");
    if (id.length != sizeof signer->state)
        return signer_refuse(error, path, "the state is damaged");
    if (signer->marked == SIGNER_NEW)
        return signer_mark(signer, id.at);
    return slice_equal(id, slice_over(signer->state, sizeof signer->state))
               ? OK
               : signer_refuse(
                     error, path,
                     "not the state that this key began with; without that one it must not cosign "
                     "again: make another key under another name");
}

static struct status belongs(struct kept *kept, const struct signer *signer, const char *path,
                             char error[static SIGNER_ERROR_BYTES])
{
    sqlite3_stmt *row = NULL;
    struct status s = kept_ask(kept, "SELECT id, vkey FROM self", NULL, 0, &row);
    if (failed(s))
        return s;
    s = kept_row(kept, row);
    if (!failed(s))
        s = compare(row, signer, path, error);
    sqlite3_finalize(row);
    if (s.code != CODE_ABSENT)
        return s;
    return signer->marked == SIGNER_NEW ? begin(kept, signer) : signer_refuse(error, path, lost);
}

static struct status connect(struct kept *kept, const char *path,
                             char error[static SIGNER_ERROR_BYTES])
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return signer_refuse(error, path, "cannot be opened");
    close(fd);
    int rc = sqlite3_open_v2(path, &kept->db, SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_READWRITE, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(kept->db, settings, NULL, NULL, NULL);
    if ((rc & 0xff) == SQLITE_BUSY)
        return signer_refuse(error, path, "another process holds this state");
    if (rc != SQLITE_OK)
        return signer_refuse(error, path,
                             kept->db == NULL ? "out of memory" : sqlite3_errmsg(kept->db));
    sqlite3_wal_hook(kept->db, count_pages, kept);
    return OK;
}

struct status kept_open(const char *path, const struct signer *signer,
                        char error[static SIGNER_ERROR_BYTES], struct kept **ret_kept)
{
    struct kept *kept = calloc(1, sizeof *kept);
    if (kept == NULL || pthread_mutex_init(&kept->turn, NULL) != 0) {
        free(kept);
        (void)signer_refuse(error, path, "out of memory");
        return FAIL(MEMORY);
    }
    kept->signer = signer;
    error[0] = '\0';
    struct status s = OK;
    if (signer->marked == SIGNER_UNMARKED)
        s = signer_refuse(error, signer->marker, unmarked);
    else if (signer->marked == SIGNER_HAS_STATE && access(path, F_OK) != 0)
        s = signer_refuse(error, path, lost);
    if (!failed(s))
        s = connect(kept, path, error);
    if (!failed(s))
        s = belongs(kept, signer, path, error);
    if (!failed(s)) {
        *ret_kept = kept;
        return OK;
    }
    if (error[0] == '\0')
        (void)signer_refuse(error, path, code_name(s.code));
    kept_close(kept);
    return s;
}

void kept_close(struct kept *kept)
{
    if (kept == NULL)
        return;
    if (kept->broken) /* a log that was not synced must not be moved into the database */
        (void)sqlite3_db_config(kept->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, (int *)NULL);
    sqlite3_close(kept->db);
    pthread_mutex_destroy(&kept->turn);
    free(kept);
}

bool kept_broken(struct kept *kept)
{
    pthread_mutex_lock(&kept->turn);
    bool broken = kept->broken;
    pthread_mutex_unlock(&kept->turn);
    return broken;
}
