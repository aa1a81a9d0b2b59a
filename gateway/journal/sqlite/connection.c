#include "journal/sqlite/sqlite.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "journal/clock.h"

#define PATH_BYTES    4096
#define PAGE_BYTES    4096
#define FRAME_BYTES   (PAGE_BYTES + 24) /* of the write-ahead log */
#define WAL_PAGES     127000            /* 500 MiB; above a quarter of them it is begun again */
#define PASSIVE_PARTS 32                /* moved into the database as often, without waiting */
#define RESTART_PARTS 4
#define BUSY_MS       1000
#define TIDY_BUSY_MS  50   /* readers are waited for between two batches */
#define TIDY_RETRY_MS 200  /* and not at every one */
#define WIPE_EVERY_MS 2000 /* the log is emptied when something was erased, as often at most */
#define LOOK_STEPS    1000 /* of a statement between two looks at the clock */

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
    "PRAGMA page_size = 4096;" /* a new key touches one page of each index over random ids */
    "PRAGMA journal_mode = WAL;"
    "PRAGMA synchronous = FULL;"
    "PRAGMA wal_autocheckpoint = 0;"
    "PRAGMA secure_delete = ON;" /* no wrapped key that is destroyed stays in a free page */
    "PRAGMA trusted_schema = OFF;"
    "PRAGMA temp_store = MEMORY;"
    "PRAGMA cache_size = -8192;" /* KiB: a batch fits without being written twice */
    "PRAGMA mmap_size = 0;";

static const char reader_settings[] = "PRAGMA query_only = ON; PRAGMA trusted_schema = OFF;";

static int count_pages(void *owner, sqlite3 *db, const char *name, int pages)
{
    struct store *store = owner;
    (void)db;
    (void)name;
    if (pages < store->wal_pages) /* it was begun again */
        store->tidy_at = store->wal_max_pages / PASSIVE_PARTS;
    store->wal_pages = pages;
    return SQLITE_OK;
}

static int look_is_over(void *owner)
{
    const struct store *store = owner;
    return store->look_ms != 0 && clock_ms() >= store->look_ms;
}

static struct status connect(struct store *store, const char *path)
{
    sqlite_begin();
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
    if (!writes)
        sqlite3_progress_handler(store->db, LOOK_STEPS, look_is_over, store);
    return writes ? schema_make(store->db) : OK;
}

static int checkpoint(struct store *store, int mode, int *pages)
{
    (void)sqlite3_busy_timeout(store->db, TIDY_BUSY_MS);
    int rc = sqlite3_wal_checkpoint_v2(store->db, "main", mode, pages, NULL);
    (void)sqlite3_busy_timeout(store->db, BUSY_MS);
    return rc;
}

/* Pages as they were before something was erased stay in the log until it is emptied. */
static void wipe(struct store *store)
{
    if (clock_ms() < store->wipe_ms)
        return;
    int pages = -1;
    int rc = checkpoint(store, SQLITE_CHECKPOINT_TRUNCATE, &pages);
    store->wipe_ms = clock_ms() + WIPE_EVERY_MS;
    if (rc == SQLITE_OK && pages >= 0) {
        store->has_erased = false;
        store->wal_pages = 0;
        store->tidy_at = store->wal_max_pages / PASSIVE_PARTS;
    } else if (rc != SQLITE_OK && rc != SQLITE_BUSY) {
        (void)store_status(store, rc);
    }
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
    store->has_erased = role == STORE_WRITER; /* a process that was killed could not empty it */
    store_bound(store, 0);
    s = connect(store, path);
    if (!failed(s) && store->has_erased) {
        wipe(store);
        s = store->broken ? FAIL(STORE) : OK;
    }
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

void store_bound(struct store *store, uint64_t wal_max_bytes)
{
    uint64_t pages = wal_max_bytes / FRAME_BYTES;
    store->wal_max_pages = pages == 0 || pages > INT_MAX ? WAL_PAGES : (int)pages;
    store->tidy_at = store->wal_max_pages / PASSIVE_PARTS;
}

uint64_t store_wal_bytes(const struct store *store)
{
    return (uint64_t)store->wal_pages * FRAME_BYTES;
}

bool store_wal_is_over(const struct store *store)
{
    return store->wal_pages > store->wal_max_pages;
}

bool store_was_full(struct store *store)
{
    bool full = store->full;
    store->full = false;
    return full;
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
    struct status s = statement_run(store, SQL_LOOK, NULL, 0);
    if (store->role == STORE_READER) /* the writer's snapshots keep nobody waiting but itself */
        store->look_ms = clock_ms() + LOOK_MS;
    return s;
}

struct status store_commit(struct store *store)
{
    return statement_run(store, SQL_COMMIT, NULL, 0);
}

/* Nothing was changed, so it does not matter how a snapshot ends; a failed BEGIN left none. */
void store_leave(struct store *store)
{
    store->look_ms = 0; /* the snapshot must end, however late it is */
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

uint64_t store_changes(const struct store *store)
{
    return (uint64_t)sqlite3_total_changes64(store->db);
}

bool store_is_writing(const struct store *store)
{
    return sqlite3_get_autocommit(store->db) == 0;
}

/*
 * PASSIVE never waits, but cannot begin a log again that readers keep looking at; RESTART waits for
 * them, and TRUNCATE gives the room back besides. A reader that stays makes each attempt cost time,
 * so they are made when the log has grown by as much once more, or some time has passed.
 */
static bool tidy_is_due(const struct store *store, bool waits)
{
    return waits ? clock_ms() >= store->tidy_ms : store->wal_pages >= store->tidy_at;
}

static int tidy_mode(const struct store *store, bool waits)
{
    return store_wal_is_over(store) ? SQLITE_CHECKPOINT_TRUNCATE
           : waits                  ? SQLITE_CHECKPOINT_RESTART
                                    : SQLITE_CHECKPOINT_PASSIVE;
}

void store_tidy(struct store *store)
{
    bool waits = store->wal_pages > store->wal_max_pages / RESTART_PARTS;
    if (store->has_erased)
        wipe(store);
    if (!tidy_is_due(store, waits))
        return;
    int pages = -1; /* stays so where nothing was done at all */
    int rc = checkpoint(store, tidy_mode(store, waits), &pages);
    store->tidy_at = store->wal_pages + store->wal_max_pages / PASSIVE_PARTS;
    store->tidy_ms = clock_ms() + TIDY_RETRY_MS;
    if (rc == SQLITE_OK && pages >= 0 && waits) {
        store->wal_pages = 0;
        store->tidy_at = store->wal_max_pages / PASSIVE_PARTS;
    } else if (rc != SQLITE_OK && rc != SQLITE_BUSY) {
        (void)store_status(store, rc);
    }
}
