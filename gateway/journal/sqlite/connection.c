#include "journal/sqlite/sqlite.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PATH_BYTES    4096
#define PASSIVE_PAGES 2000
#define RESTART_PAGES 16000
#define BUSY_MS       1000

/* The files get the mode of the database, and SQLite itself would make that one readable to all. */
static struct status file_make(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return FAIL(STORE);
    close(fd);
    return OK;
}

static const char writer_settings[] =
    "PRAGMA page_size = 8192;"
    "PRAGMA journal_mode = WAL;"
    "PRAGMA synchronous = FULL;"
    "PRAGMA wal_autocheckpoint = 0;"
    "PRAGMA secure_delete = OFF;" /* all that is secret is encrypted; a destroyed key erases */
    "PRAGMA trusted_schema = OFF;"
    "PRAGMA temp_store = MEMORY;" /* each posting's savepoint would make a file */
    "PRAGMA cache_size = -8192;"  /* KiB: a batch fits without being written twice */
    "PRAGMA mmap_size = 0;";

static const char reader_settings[] = "PRAGMA query_only = ON; PRAGMA trusted_schema = OFF;";

static int count_pages(void *owner, sqlite3 *db, const char *name, int pages)
{
    struct store *store = owner;
    (void)db;
    (void)name;
    store->wal_pages = pages;
    return SQLITE_OK;
}

static struct status connect(struct store *store, const char *path)
{
    bool writes = store->role == STORE_WRITER;
    int flags = SQLITE_OPEN_NOMUTEX | (writes ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY);
    int rc = sqlite3_open_v2(path, &store->db, flags, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_extended_result_codes(store->db, 1);
    if (rc == SQLITE_OK)
        rc = sqlite3_busy_timeout(store->db, BUSY_MS);
    if (rc == SQLITE_OK && !writes)
        rc = sqlite3_db_config(store->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, (int *)NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(store->db, writes ? writer_settings : reader_settings, NULL, NULL, NULL);
    if (rc != SQLITE_OK)
        return store_status(store, rc);
    sqlite3_wal_hook(store->db, count_pages, store);
    return writes ? schema_make(store->db) : OK;
}

struct status store_open(const char *folder, enum store_role role, struct store **ret_store)
{
    char path[PATH_BYTES];
    int length = snprintf(path, sizeof path, "%s/journal.db", folder);
    if (length < 0 || (size_t)length >= sizeof path)
        return FAIL(STORE);
    struct status s = role == STORE_WRITER ? file_make(path) : OK;
    if (failed(s))
        return s;
    struct store *store = calloc(1, sizeof *store);
    if (store == NULL)
        return FAIL(MEMORY);
    store->role = role;
    store->tidy_at = PASSIVE_PAGES;
    s = connect(store, path);
    if (failed(s))
        store_close(store);
    else
        *ret_store = store;
    return s;
}

void store_close(struct store *store)
{
    if (store == NULL)
        return;
    for (size_t i = 0; i < SQL_COUNT_OF; i++)
        sqlite3_finalize(store->statements[i]);
    if (store->broken) /* a log that was not synced must not be moved into the database */
        (void)sqlite3_db_config(store->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, (int *)NULL);
    sqlite3_close(store->db);
    free(store);
}

bool store_broken(const struct store *store)
{
    return store->broken;
}

struct status store_begin(struct store *store)
{
    return statement_run(store, SQL_BEGIN, NULL, 0);
}

struct status store_look(struct store *store)
{
    return statement_run(store, SQL_LOOK, NULL, 0);
}

struct status store_commit(struct store *store)
{
    return statement_run(store, SQL_COMMIT, NULL, 0);
}

/* Nothing was changed, so it does not matter how a snapshot ends; a failed BEGIN left none. */
void store_leave(struct store *store)
{
    if (sqlite3_get_autocommit(store->db) == 0)
        (void)statement_run(store, SQL_ROLLBACK, NULL, 0);
}

/* After some errors (a full disk) the transaction is gone already. */
void store_rollback(struct store *store)
{
    cache_clear(store);
    if (sqlite3_get_autocommit(store->db) == 0 &&
        failed(statement_run(store, SQL_ROLLBACK, NULL, 0)))
        store->broken = true;
}

struct status store_mark(struct store *store)
{
    return statement_run(store, SQL_MARK, NULL, 0);
}

struct status store_keep(struct store *store)
{
    return statement_run(store, SQL_KEEP, NULL, 0);
}

struct status store_undo(struct store *store)
{
    cache_clear(store);
    if (sqlite3_get_autocommit(store->db) != 0)
        return FAIL(STORE);
    struct status s = statement_run(store, SQL_UNDO, NULL, 0);
    return failed(s) ? s : store_keep(store);
}

/* PASSIVE never waits, but cannot reset a log that readers keep looking at; RESTART waits for them.
 * What could not be done is tried again when the log has grown by as much once more. */
void store_tidy(struct store *store)
{
    if (store->wal_pages < store->tidy_at)
        return;
    int mode =
        store->wal_pages > RESTART_PAGES ? SQLITE_CHECKPOINT_RESTART : SQLITE_CHECKPOINT_PASSIVE;
    int pages = 0, moved = 0;
    int rc = sqlite3_wal_checkpoint_v2(store->db, "main", mode, &pages, &moved);
    store->tidy_at = store->wal_pages + PASSIVE_PAGES;
    if (rc == SQLITE_OK && pages == moved)
        store->tidy_at = PASSIVE_PAGES;
    else if (rc != SQLITE_OK && rc != SQLITE_BUSY)
        (void)store_status(store, rc);
}
