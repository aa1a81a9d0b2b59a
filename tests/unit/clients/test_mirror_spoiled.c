/* A mirror that its disk has changed, and a log that is honest. */

#include "served_log.h"
#include "support/check.h"
#include "support/folder.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define ENTRIES 600
#define EARLIER 100

struct stand {
    char dir[128];
    struct served_log log;
    struct sync_outcome outcome;
    const char *vkey;
};

static struct status sync_to(struct stand *t, struct served_log *log, uint64_t size)
{
    char path[160];
    struct buffer note = buffer_new(NOTE_MAX_BYTES);
    snprintf(path, sizeof path, "%s/mirror", t->dir);
    struct mirror *mirror = made_mirror(path);
    made_note(log->whole, size, &note);
    const struct sync_settings settings = {.mirror = mirror,
                                           .vkey = slice_text(t->vkey),
                                           .fetch = served_fetch,
                                           .source = log,
                                           .now_ms = MADE_BEGAN_MS};
    struct status s = sync_log(&settings, buffer_slice(&note), &t->outcome);
    mirror_close(mirror);
    buffer_done(&note);
    return s;
}

static void stand_make(struct stand *t)
{
    *t = (struct stand){.vkey = made_vkey()};
    snprintf(t->dir, sizeof t->dir, "%s", fresh_folder());
    served_make(&t->log, t->dir, ENTRIES);
    CHECK_OK(sync_to(t, &t->log, ENTRIES));
}

static void run(struct stand *t, const char *sql)
{
    char path[160];
    sqlite3 *db = NULL;
    snprintf(path, sizeof path, "%s/mirror/mirror.db", t->dir);
    CHECK_U64((uint64_t)sqlite3_open(path, &db), SQLITE_OK);
    CHECK_U64((uint64_t)sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    CHECK_U64((uint64_t)sqlite3_changes(db), 1);
    sqlite3_close(db);
}

/* Nothing is kept against anybody. */
static void check_mirror_damaged(struct stand *t, uint64_t size, const char *said)
{
    char path[160];
    CHECK_STATUS(sync_to(t, &t->log, size), REFUSE(CONSISTENCY));
    CHECK_U64(t->outcome.verdict, SYNC_MIRROR_DAMAGED);
    CHECK_TEXT(t->outcome.said, said);
    CHECK_TEXT(t->outcome.evidence, "");
    snprintf(path, sizeof path, "%s/mirror/evidence", t->dir);
    CHECK(access(path, F_OK) != 0);
}

#define HASHES "the mirror is not what it was: its hashes do not lead to the root that it keeps"
#define FIRST  "SET hashes = CAST(zeroblob(32) || substr(hashes, 33) AS BLOB)"

static void a_tile_that_rotted_is_no_fork(void)
{
    static const char *const spoils[] = {
        "UPDATE tile " FIRST " WHERE level = 1",
        "UPDATE tile " FIRST " WHERE level = 0 AND idx = 2",
    };
    for (size_t i = 0; i < sizeof spoils / sizeof spoils[0]; i++) {
        struct stand t;
        stand_make(&t);
        run(&t, spoils[i]);
        check_mirror_damaged(&t, ENTRIES, HASHES);
        check_mirror_damaged(&t, EARLIER, HASHES);
        made_starts(t.log.whole, 5);
        check_mirror_damaged(&t, ENTRIES + 5, HASHES);
        served_done(&t.log);
    }
}

/* The kept root is made of a hash above it. */
static void a_tile_that_only_an_earlier_root_is_made_of_is_no_fork(void)
{
    struct stand t;
    stand_make(&t);
    run(&t, "UPDATE tile " FIRST " WHERE level = 0 AND idx = 0");
    check_mirror_damaged(&t, EARLIER, HASHES);
    CHECK_OK(sync_to(&t, &t.log, ENTRIES));
    served_done(&t.log);
}

static void a_checkpoint_that_rotted_is_no_fork(void)
{
    struct stand t;
    stand_make(&t);
    run(&t, "UPDATE checkpoint SET note = CAST(replace(note, '600', '601') AS BLOB)");
    check_mirror_damaged(&t, ENTRIES,
                         "the mirror is not what it was: the checkpoint that it keeps is none");
    run(&t, "UPDATE checkpoint SET note = zeroblob(200)");
    check_mirror_damaged(&t, ENTRIES,
                         "the mirror is not what it was: the checkpoint that it keeps is none");
    served_done(&t.log);
}

static void what_the_log_s_key_has_not_signed_convicts_nobody(void)
{
    char other[ORIGIN_MAX_BYTES + 64];
    const uint8_t key[32] = {1};
    struct stand t;
    stand_make(&t);
    vkey_write(MADE_ORIGIN, 0x01, key, other);
    t.vkey = other;
    check_mirror_damaged(&t, ENTRIES,
                         "the mirror is not what it was: the log's key has not signed the "
                         "checkpoint that it keeps");
    served_done(&t.log);
}

static void two_signed_roots_convict(void)
{
    struct stand t;
    struct served_log other;
    stand_make(&t);
    served_make(&other, t.dir, 3);
    served_erasure(&other, 0);
    made_starts(other.whole, ENTRIES);
    CHECK_STATUS(sync_to(&t, &other, EARLIER), REFUSE(CONSISTENCY));
    CHECK_U64(t.outcome.verdict, SYNC_FORKED);
    CHECK_STATUS(sync_to(&t, &other, ENTRIES + 4), REFUSE(CONSISTENCY));
    CHECK_U64(t.outcome.verdict, SYNC_FORKED);
    CHECK(t.outcome.evidence[0] != '\0');
    served_done(&other);
    served_done(&t.log);
}

TESTS(mirror_spoiled, {"a tile that rotted is no fork", a_tile_that_rotted_is_no_fork},
      {"a tile that only an earlier root is made of is no fork",
       a_tile_that_only_an_earlier_root_is_made_of_is_no_fork},
      {"a checkpoint that rotted is no fork", a_checkpoint_that_rotted_is_no_fork},
      {"what the log's key has not signed convicts nobody",
       what_the_log_s_key_has_not_signed_convicts_nobody},
      {"two signed roots convict", two_signed_roots_convict})
