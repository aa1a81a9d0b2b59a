#include "journal/lock.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "crypto/merkle.h"
#include "journal/sqlite/sqlite.h"

#define TIDY_PAGES 1000

struct lock {
    sqlite3 *db;
    int wal_pages;
    bool broken; /* a write or sync failed: nothing of it is moved about any more */
};

/* Exclusive: held from here to lock_close, so that no second process moves it. The log of SQLite
 * makes one fsync of each move. */
static const char settings[] =
    "PRAGMA locking_mode = EXCLUSIVE;"
    "PRAGMA journal_mode = WAL;"
    "PRAGMA synchronous = FULL;"
    "PRAGMA wal_autocheckpoint = 0;" /* it would not tell of a sync that failed */
    "PRAGMA trusted_schema = OFF;"
    "CREATE TABLE IF NOT EXISTS last(origin TEXT PRIMARY KEY, size INTEGER NOT NULL,"
    "  root BLOB NOT NULL CHECK(length(root) = 32)) STRICT;"
    "CREATE TABLE IF NOT EXISTS law(origin TEXT PRIMARY KEY, objects BLOB NOT NULL) STRICT;"
    "CREATE TABLE IF NOT EXISTS successor(origin TEXT PRIMARY KEY, next TEXT NOT NULL) STRICT;"
    "BEGIN IMMEDIATE; COMMIT;";

static int count_pages(void *owner, sqlite3 *db, const char *name, int pages)
{
    struct lock *lock = owner;
    (void)db;
    (void)name;
    lock->wal_pages = pages;
    return SQLITE_OK;
}

struct status lock_open(const char *path, struct lock **ret_lock)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return FAIL(STORE);
    close(fd);
    struct lock *lock = calloc(1, sizeof *lock);
    if (lock == NULL)
        return FAIL(MEMORY);
    sqlite_begin();
    int rc = sqlite3_open_v2(path, &lock->db, SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_READWRITE, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(lock->db, settings, NULL, NULL, NULL);
    if (rc == SQLITE_OK)
        sqlite3_wal_hook(lock->db, count_pages, lock);
    if (rc == SQLITE_OK)
        *ret_lock = lock;
    else
        lock_close(lock);
    return sqlite_status(rc);
}

void lock_close(struct lock *lock)
{
    if (lock == NULL)
        return;
    if (lock->broken)
        (void)sqlite3_db_config(lock->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, (int *)NULL);
    sqlite3_close(lock->db);
    free(lock);
}

/* One origin, then one or two states: ?1, ?2 ?3, ?4 ?5. */
static int lock_bind(sqlite3_stmt *statement, const char *origin, const struct lock_state *states,
                     size_t count)
{
    int rc = sqlite3_bind_text(statement, 1, origin, -1, SQLITE_STATIC);
    for (size_t i = 0; rc == SQLITE_OK && i < count; i++) {
        rc = sqlite3_bind_int64(statement, (int)(2 * i) + 2, (sqlite3_int64)states[i].size);
        if (rc == SQLITE_OK)
            rc = sqlite3_bind_blob(statement, (int)(2 * i) + 3, states[i].root.octets,
                                   sizeof states[i].root.octets, SQLITE_STATIC);
    }
    return rc;
}

struct status lock_last(struct lock *lock, const char *origin, struct lock_state *ret_state)
{
    sqlite3_stmt *statement = NULL;
    struct lock_state state = {0};
    int rc = sqlite3_prepare_v2(lock->db, "SELECT size, root FROM last WHERE origin = ?", -1,
                                &statement, NULL);
    if (rc == SQLITE_OK)
        rc = lock_bind(statement, origin, NULL, 0);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(statement);
    if (rc == SQLITE_ROW) {
        const void *root = sqlite3_column_blob(statement, 1);
        size_t length = (size_t)sqlite3_column_bytes(statement, 1);
        state.size = (uint64_t)sqlite3_column_int64(statement, 0);
        state.root = digest_read(slice_over(root, length));
        *ret_state = state;
    }
    sqlite3_finalize(statement);
    return rc == SQLITE_DONE ? FAIL(ABSENT) : sqlite_status(rc);
}

/* Whatever failed: a log that may not be on the disk is relied on no more. */
static struct status lock_outcome(struct lock *lock, int rc)
{
    lock->broken = lock->broken || (rc & 0xff) == SQLITE_IOERR;
    return sqlite_status(rc);
}

/* Runs one change; ret_changed is the number of rows that it changed. */
static struct status lock_change(struct lock *lock, const char *text, const char *origin,
                                 const struct lock_state *states, size_t count, int *ret_changed)
{
    sqlite3_stmt *statement = NULL;
    int rc = sqlite3_prepare_v2(lock->db, text, -1, &statement, NULL);
    if (rc == SQLITE_OK)
        rc = lock_bind(statement, origin, states, count);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(statement);
    if (rc == SQLITE_DONE)
        *ret_changed = sqlite3_changes(lock->db);
    sqlite3_finalize(statement);
    return lock_outcome(lock, rc);
}

static struct status lock_run(struct lock *lock, const char *text)
{
    return lock_outcome(lock, sqlite3_exec(lock->db, text, NULL, NULL, NULL));
}

/* Nobody else reads the file, so nothing is in the way; a full disk is tried again later. */
struct status lock_tidy(struct lock *lock)
{
    if (lock->broken)
        return FAIL(STORE);
    if (lock->wal_pages < TIDY_PAGES)
        return OK;
    lock->wal_pages = 0;
    int rc = sqlite3_wal_checkpoint_v2(lock->db, "main", SQLITE_CHECKPOINT_RESTART, NULL, NULL);
    lock->broken = lock->broken || (rc & 0xff) == SQLITE_IOERR;
    return lock->broken ? FAIL(STORE) : OK;
}

struct status lock_start(struct lock *lock, const char *origin, const struct lock_state *state)
{
    int changed = 0;
    return lock_change(lock, "INSERT INTO last VALUES(?, ?, ?)", origin, state, 1, &changed);
}

static struct status state_move(struct lock *lock, const char *origin,
                                const struct lock_state *from, const struct lock_state *to)
{
    const struct lock_state states[] = {*to, *from};
    int changed = 0;
    struct status s = lock_change(lock,
                                  "UPDATE last SET size = ?2, root = ?3"
                                  " WHERE origin = ?1 AND size = ?4 AND root = ?5"
                                  " AND NOT EXISTS(SELECT 1 FROM successor WHERE origin = ?1)",
                                  origin, states, 2, &changed);
    return failed(s) || changed == 1 ? s : FAIL(FORK);
}

static struct status law_move(struct lock *lock, const char *origin, struct slice objects)
{
    sqlite3_stmt *statement = NULL;
    int rc = sqlite3_prepare_v2(lock->db,
                                "INSERT INTO law VALUES(?1, ?2)"
                                " ON CONFLICT DO UPDATE SET objects = ?2",
                                -1, &statement, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_bind_text(statement, 1, origin, -1, SQLITE_STATIC);
    if (rc == SQLITE_OK)
        rc = sqlite3_bind_blob64(statement, 2, objects.at, objects.length, SQLITE_STATIC);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(statement);
    sqlite3_finalize(statement);
    return lock_outcome(lock, rc);
}

struct status lock_move(struct lock *lock, const char *origin, const struct lock_state *from,
                        const struct lock_state *to, struct slice objects)
{
    if (objects.length == 0)
        return state_move(lock, origin, from, to);
    struct status s = lock_run(lock, "BEGIN IMMEDIATE");
    if (!failed(s))
        s = state_move(lock, origin, from, to);
    if (!failed(s))
        s = law_move(lock, origin, objects);
    if (!failed(s))
        s = lock_run(lock, "COMMIT");
    if (failed(s))
        (void)sqlite3_exec(lock->db, "ROLLBACK", NULL, NULL,
                           NULL); /* of none there is: no matter */
    return s;
}

/* ?1 is the origin. */
static struct status origin_read(struct lock *lock, const char *text, const char *origin,
                                 char ret_found[static LOCK_ORIGIN_BYTES])
{
    sqlite3_stmt *statement = NULL;
    struct slice found = {NULL, 0};
    int rc = sqlite3_prepare_v2(lock->db, text, -1, &statement, NULL);
    if (rc == SQLITE_OK)
        rc = lock_bind(statement, origin, NULL, 0);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(statement);
    if (rc == SQLITE_ROW)
        found = slice_over(sqlite3_column_text(statement, 0),
                           (size_t)sqlite3_column_bytes(statement, 0));
    bool fits = rc != SQLITE_ROW || slice_copy_text(found, ret_found, LOCK_ORIGIN_BYTES);
    sqlite3_finalize(statement);
    return rc == SQLITE_DONE ? FAIL(ABSENT) : fits ? sqlite_status(rc) : FAIL(STORE);
}

struct status lock_successor(struct lock *lock, const char *origin,
                             char ret_next[static LOCK_ORIGIN_BYTES])
{
    return origin_read(lock, "SELECT next FROM successor WHERE origin = ?1", origin, ret_next);
}

struct status lock_other(struct lock *lock, const char *origin,
                         char ret_other[static LOCK_ORIGIN_BYTES])
{
    return origin_read(lock,
                       "SELECT origin FROM last WHERE origin <> ?1 AND size > 0"
                       " AND origin NOT IN (SELECT origin FROM successor) LIMIT 1",
                       origin, ret_other);
}

/* One that was begun and in which nothing was signed is as one that was not, unless it stands
 * behind or before another log. */
static struct status begin_empty(struct lock *lock, const char *origin)
{
    const struct lock_state empty = {.root = merkle_root_of(NULL, 0)};
    int changed = 0;
    struct status s =
        lock_change(lock,
                    "INSERT INTO last VALUES(?1, ?2, ?3) ON CONFLICT DO UPDATE SET root = ?3"
                    " WHERE size = 0 AND NOT EXISTS"
                    "(SELECT 1 FROM successor WHERE origin = ?1 OR next = ?1)",
                    origin, &empty, 1, &changed);
    return failed(s) || changed == 1 ? s : FAIL(FORK);
}

/* ?1 is the log that ends, ?2 the next one, or size and root. */
static struct status succeed(struct lock *lock, const char *origin, const struct lock_state *end,
                             const char *next)
{
    static const char *const steps[] = {
        "INSERT INTO successor VALUES(?1, ?2)",
        "INSERT OR REPLACE INTO law SELECT ?2, objects FROM law WHERE origin = ?1",
    };
    int changed = 0;
    struct status s = begin_empty(lock, next);
    if (!failed(s))
        s = lock_change(lock,
                        "INSERT INTO last VALUES(?1, ?2, ?3)"
                        " ON CONFLICT DO UPDATE SET size = ?2, root = ?3",
                        origin, end, 1, &changed);
    for (size_t i = 0; i < sizeof steps / sizeof steps[0] && !failed(s); i++) {
        sqlite3_stmt *statement = NULL;
        int rc = sqlite3_prepare_v2(lock->db, steps[i], -1, &statement, NULL);
        if (rc == SQLITE_OK)
            rc = lock_bind(statement, origin, NULL, 0);
        if (rc == SQLITE_OK)
            rc = sqlite3_bind_text(statement, 2, next, -1, SQLITE_STATIC);
        if (rc == SQLITE_OK)
            rc = sqlite3_step(statement);
        sqlite3_finalize(statement);
        s = lock_outcome(lock, rc);
    }
    return s;
}

struct status lock_succeed(struct lock *lock, const char *origin, const struct lock_state *end,
                           const char *next)
{
    struct status s = lock_run(lock, "BEGIN IMMEDIATE");
    if (!failed(s))
        s = succeed(lock, origin, end, next);
    if (!failed(s))
        s = lock_run(lock, "COMMIT");
    if (failed(s))
        (void)sqlite3_exec(lock->db, "ROLLBACK", NULL, NULL,
                           NULL); /* of none there is: no matter */
    return s;
}

struct status lock_law(struct lock *lock, struct arena *arena, const char *origin,
                       struct slice *ret_objects)
{
    sqlite3_stmt *statement = NULL;
    struct status s;
    int rc = sqlite3_prepare_v2(lock->db, "SELECT objects FROM law WHERE origin = ?", -1,
                                &statement, NULL);
    if (rc == SQLITE_OK)
        rc = lock_bind(statement, origin, NULL, 0);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(statement);
    if (rc == SQLITE_ROW) {
        const void *at = sqlite3_column_blob(statement, 0);
        const struct slice copy =
            arena_copy(arena, slice_over(at, (size_t)sqlite3_column_bytes(statement, 0)));
        s = copy.at == NULL ? FAIL(MEMORY) : OK;
        if (!failed(s))
            *ret_objects = copy;
    } else {
        s = rc == SQLITE_DONE ? FAIL(ABSENT) : sqlite_status(rc);
    }
    sqlite3_finalize(statement);
    return s;
}
