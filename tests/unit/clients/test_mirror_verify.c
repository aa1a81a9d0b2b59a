#include "made_mirror.h"
#include "support/check.h"
#include "support/folder.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "mirror/verify.h"

#define ENTRIES   300
#define BLOB_MAX  16384
#define FORGOTTEN 9
#define SAMPLES   48 /* octets of each blob that are changed */

/* A mirror with all that it can have, and another hand in its tables. */
struct stand {
    const char *dir;
    sqlite3 *db;
    char fault[160];
};

/* Its slot stays as long as it was. */
static void forget(struct mirror *m, uint64_t index)
{
    struct mirror_entry e;
    struct arena *arena = arena_new(1U << 20);
    CHECK_OK(mirror_entry(m, arena, index, &e));
    e.row.outer = e.row.inner = e.row.closed = (struct opening){0};
    CHECK_OK(mirror_begin(m));
    CHECK_OK(mirror_put(m, &e.row));
    CHECK_OK(mirror_commit(m));
    arena_free(arena);
}

static void stand_make(struct stand *t)
{
    char path[256];
    t->dir = fresh_folder();
    struct mirror *m = made_mirror(t->dir);
    made_starts(m, ENTRIES);
    made_keep(m);
    forget(m, FORGOTTEN);
    mirror_close(m);
    snprintf(path, sizeof path, "%s/mirror.db", t->dir);
    CHECK_U64((uint64_t)sqlite3_open(path, &t->db), SQLITE_OK);
}

static void stand_done(struct stand *t)
{
    sqlite3_close(t->db);
}

static bool is_whole(struct stand *t, const char *vkey)
{
    char error[MIRROR_ERROR_BYTES];
    struct log_verdict verdict;
    struct mirror *m = NULL;
    if (!CHECK_OK(mirror_open(t->dir, error, &m)))
        return false;
    struct status s = mirror_verify(m, slice_text(vkey), &verdict);
    CHECK(!failed(s) || s.code == CODE_REFUSED);
    CHECK(failed(s) == (verdict.fault[0] != '\0'));
    CHECK(failed(s) || verdict.size == ENTRIES);
    snprintf(t->fault, sizeof t->fault, "%s", verdict.fault);
    mirror_close(m);
    return !failed(s);
}

static void run(struct stand *t, const char *sql)
{
    CHECK_U64((uint64_t)sqlite3_exec(t->db, sql, NULL, NULL, NULL), SQLITE_OK);
    if (!CHECK_U64((uint64_t)sqlite3_changes(t->db), 1))
        fprintf(stderr, "%s\n", sql);
}

static void put(struct stand *t, const char *update, const uint8_t *octets, size_t count)
{
    sqlite3_stmt *statement = NULL;
    CHECK_U64((uint64_t)sqlite3_prepare_v2(t->db, update, -1, &statement, NULL), SQLITE_OK);
    sqlite3_bind_blob(statement, 1, octets, (int)count, SQLITE_STATIC);
    CHECK_U64((uint64_t)sqlite3_step(statement), SQLITE_DONE);
    CHECK_U64((uint64_t)sqlite3_changes(t->db), 1);
    sqlite3_finalize(statement);
}

static size_t get(struct stand *t, const char *select, uint8_t octets[static BLOB_MAX])
{
    sqlite3_stmt *statement = NULL;
    CHECK_U64((uint64_t)sqlite3_prepare_v2(t->db, select, -1, &statement, NULL), SQLITE_OK);
    CHECK_U64((uint64_t)sqlite3_step(statement), SQLITE_ROW);
    const size_t count = (size_t)sqlite3_column_bytes(statement, 0);
    if (CHECK(count > 0 && count <= BLOB_MAX))
        memcpy(octets, sqlite3_column_blob(statement, 0), count);
    sqlite3_finalize(statement);
    return count;
}

static void one_changed_octet_of_each_table_is_found(void)
{
    static const char *const rows[][2] = {
        {"SELECT note FROM checkpoint", "UPDATE checkpoint SET note = ?"},
        {"SELECT entry FROM entry WHERE idx = 7", "UPDATE entry SET entry = ? WHERE idx = 7"},
        {"SELECT entry FROM entry WHERE idx = 299", "UPDATE entry SET entry = ? WHERE idx = 299"},
        {"SELECT slot FROM opening WHERE idx = 7", "UPDATE opening SET slot = ? WHERE idx = 7"},
        {"SELECT slot FROM opening WHERE idx = 9", "UPDATE opening SET slot = ? WHERE idx = 9"},
        {"SELECT hashes FROM tile WHERE level = 0 AND idx = 0",
         "UPDATE tile SET hashes = ? WHERE level = 0 AND idx = 0"},
        {"SELECT hashes FROM tile WHERE level = 0 AND idx = 1",
         "UPDATE tile SET hashes = ? WHERE level = 0 AND idx = 1"},
        {"SELECT hashes FROM tile WHERE level = 1 AND idx = 0",
         "UPDATE tile SET hashes = ? WHERE level = 1 AND idx = 0"},
    };
    struct stand t;
    uint8_t octets[BLOB_MAX];
    stand_make(&t);
    CHECK(is_whole(&t, made_vkey()));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const size_t count = get(&t, rows[i][0], octets);
        for (size_t at = 0; at < count; at += 1 + count / SAMPLES) {
            octets[at] ^= 1;
            put(&t, rows[i][1], octets, count);
            if (!CHECK(!is_whole(&t, made_vkey())))
                fprintf(stderr, "octet %zu: %s\n", at, rows[i][1]);
            octets[at] ^= 1;
            put(&t, rows[i][1], octets, count);
        }
    }
    CHECK(is_whole(&t, made_vkey()));
    stand_done(&t);
}

static void what_was_forgotten_leaves_its_place_as_long_as_it_was(void)
{
    struct stand t;
    uint8_t octets[BLOB_MAX], forgotten[BLOB_MAX];
    stand_make(&t);
    const size_t count = get(&t, "SELECT slot FROM opening WHERE idx = 8", octets);
    CHECK_U64(get(&t, "SELECT slot FROM opening WHERE idx = 9", forgotten), count);
    CHECK(forgotten[count - 1] == 0 && octets[count - 1] != 0);
    stand_done(&t);
}

static void what_is_missing_or_too_much_is_found(void)
{
    static const char *const changes[][3] = {
        {"UPDATE entry SET time = time + 1 WHERE idx = 7",
         "UPDATE entry SET time = time - 1 WHERE idx = 7", "entry 7: its time"},
        {"UPDATE entry SET idx = 1000 WHERE idx = 299",
         "UPDATE entry SET idx = 299 WHERE idx = 1000", "tile/entries/001.p/44: missing"},
        {"UPDATE entry SET idx = -7 WHERE idx = 7", "UPDATE entry SET idx = 7 WHERE idx = -7",
         "tile/entries/000: missing"},
        {"UPDATE opening SET idx = 1000 WHERE idx = 7",
         "UPDATE opening SET idx = 7 WHERE idx = 1000", "opening: the row 8"},
        {"UPDATE tile SET idx = 9 WHERE level = 1", "UPDATE tile SET idx = 0 WHERE level = 1",
         "tile/1/000.p/1: missing"},
        {"INSERT INTO tile VALUES(1, 9, zeroblob(32))", "DELETE FROM tile WHERE idx = 9",
         "tile: the row 1, 9"},
        {"INSERT INTO tile VALUES(-1, 0, zeroblob(32))", "DELETE FROM tile WHERE level = -1",
         "tile: the row"},
        {"UPDATE checkpoint SET size = 299", "UPDATE checkpoint SET size = 300", "checkpoint"},
        {"UPDATE log SET origin = 'b.example/audit/2026'",
         "UPDATE log SET origin = '" MADE_ORIGIN "'", "log: it names another log"},
    };
    struct stand t;
    stand_make(&t);
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        run(&t, changes[i][0]);
        CHECK(!is_whole(&t, made_vkey()));
        if (!CHECK(strncmp(t.fault, changes[i][2], strlen(changes[i][2])) == 0))
            fprintf(stderr, "%s: %s\n", changes[i][0], t.fault);
        run(&t, changes[i][1]);
    }
    CHECK(is_whole(&t, made_vkey()));
    stand_done(&t);
}

static void only_the_log_s_key_vouches_for_it(void)
{
    char other[ORIGIN_MAX_BYTES + 64];
    const uint8_t key[32] = {1};
    struct stand t;
    stand_make(&t);
    vkey_write(MADE_ORIGIN, 0x01, key, other);
    CHECK(!is_whole(&t, other));
    CHECK(strstr(t.fault, "no signature by the log's key") != NULL);
    stand_done(&t);
}

TESTS(mirror_verify,
      {"one changed octet of each table is found", one_changed_octet_of_each_table_is_found},
      {"what was forgotten leaves its place as long as it was",
       what_was_forgotten_leaves_its_place_as_long_as_it_was},
      {"what is missing or too much is found", what_is_missing_or_too_much_is_found},
      {"only the log's key vouches for it", only_the_log_s_key_vouches_for_it})
