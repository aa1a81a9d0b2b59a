/* A mirror that its disk has changed, or has no room for, and a log that is honest. */

#include "mirror/mirror_parts.h"
#include "served_log.h"
#include "support/check.h"
#include "support/folder.h"

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
    unsigned pages; /* of the database, for which there is room; 0: there is always */
};

static struct mirror *open_with_room(const struct stand *t)
{
    char path[160], sql[64];
    snprintf(path, sizeof path, "%s/mirror", t->dir);
    snprintf(sql, sizeof sql, "PRAGMA max_page_count = %u", t->pages);
    struct mirror *mirror = made_mirror(path);
    CHECK(t->pages == 0 || sqlite3_exec(mirror->db, sql, NULL, NULL, NULL) == SQLITE_OK);
    return mirror;
}

static struct status sync_to(struct stand *t, struct served_log *log, uint64_t size)
{
    struct buffer note = buffer_new(NOTE_MAX_BYTES);
    struct mirror *mirror = open_with_room(t);
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

/* ---- no room ---- */

/* What it keeps is one checkpoint or the other, and what that signs. */
static uint64_t whole_size(const struct stand *t)
{
    struct digest root, at_gateway, kept;
    struct mirror *mirror = open_with_room(t);
    const uint64_t size = mirror_size(mirror);
    CHECK_OK(mirror_root(mirror, size, &root));
    CHECK_OK(mirror_root(t->log.whole, size, &at_gateway));
    CHECK_OK(mirror_kept_root(mirror, slice_text(t->vkey), &kept));
    CHECK_BYTES(digest_slice(&root), digest_slice(&at_gateway));
    CHECK_BYTES(digest_slice(&root), digest_slice(&kept));
    mirror_close(mirror);
    return size;
}

/* A page more each time, so that the disk is full at each step. */
static void on_a_full_disk_what_was_taken_stays_whole(void)
{
    struct stand t;
    struct status s = FAIL(FULL);
    unsigned earlier = 0, later = 0;
    stand_make(&t);
    made_starts(t.log.whole, ENTRIES);
    for (t.pages = 1; s.code == CODE_FULL; t.pages++) {
        const uint64_t size = whole_size(&t);
        earlier += size == ENTRIES;
        later += size == 2UL * ENTRIES;
        s = sync_to(&t, &t.log, 2UL * ENTRIES);
    }
    CHECK_OK(s);
    CHECK(earlier > 1 && later > 1);
    CHECK_U64(earlier + later, t.pages - 1);
    CHECK_U64(whole_size(&t), 2UL * ENTRIES);
    served_done(&t.log);
}

TESTS(mirror_spoiled, {"a tile that rotted is no fork", a_tile_that_rotted_is_no_fork},
      {"a tile that only an earlier root is made of is no fork",
       a_tile_that_only_an_earlier_root_is_made_of_is_no_fork},
      {"a checkpoint that rotted is no fork", a_checkpoint_that_rotted_is_no_fork},
      {"what the log's key has not signed convicts nobody",
       what_the_log_s_key_has_not_signed_convicts_nobody},
      {"two signed roots convict", two_signed_roots_convict},
      {"on a full disk what was taken stays whole", on_a_full_disk_what_was_taken_stays_whole})
