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
#define LAST   "SET hashes = CAST(substr(hashes, 1, length(hashes) - 32) || zeroblob(32) AS BLOB)"
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

/* ---- entries ---- */

/* The next one may not be earlier than it. */
static void a_last_entry_that_rotted_blames_nobody(void)
{
    static const char *const spoils[] = {
        "UPDATE entry SET time = time + 1000 WHERE idx = 599",
        "UPDATE entry SET entry = zeroblob(79) WHERE idx = 599",
    };
    for (size_t i = 0; i < sizeof spoils / sizeof spoils[0]; i++) {
        struct stand t;
        stand_make(&t);
        made_starts(t.log.whole, 5);
        run(&t, spoils[i]);
        check_mirror_damaged(&t, ENTRIES + 5,
                             "the mirror is not what it was: its last entry is not what its hashes "
                             "say");
        served_done(&t.log);
    }
}

/* It cannot be written without: what is appended builds on it. */
static void a_mirror_that_lacks_a_tile_is_refused(void)
{
    struct stand t;
    struct mirror *m = NULL;
    char path[160], error[MIRROR_ERROR_BYTES];
    stand_make(&t);
    snprintf(path, sizeof path, "%s/mirror", t.dir);
    run(&t, "DELETE FROM tile WHERE level = 1");
    CHECK_STATUS(mirror_write(path, error, &m), REFUSE(CONSISTENCY));
    CHECK(strstr(error, "its entries and hashes are not whole") != NULL);
    served_done(&t.log);
}

/* Breaks a sync off one file later each time, until the mirror has more entries than that, and
 * keeps a checkpoint of that many. */
static void break_off(struct stand *t, uint64_t entries, uint64_t kept)
{
    bool is_there = false;
    for (t->log.broken_off = 1; !is_there; t->log.broken_off++) {
        t->log.fetched = 0;
        CHECK_STATUS(sync_to(t, &t->log, mirror_count(t->log.whole)), FAIL(NETWORK));
        struct mirror *mirror = open_with_room(t);
        is_there = mirror_count(mirror) > entries && mirror_size(mirror) == kept;
        mirror_close(mirror);
    }
    t->log.broken_off = 0;
}

/* No checkpoint signs it: it is taken again. */
static void what_rotted_behind_the_kept_checkpoint_is_taken_again(void)
{
    static const char *const spoils[] = {
        "UPDATE entry SET time = time + 1000 WHERE idx = (SELECT max(idx) FROM entry)",
        "UPDATE entry SET entry = zeroblob(79) WHERE idx = (SELECT max(idx) FROM entry)",
        "UPDATE tile " LAST " WHERE level = 1",
    };
    for (size_t i = 0; i < sizeof spoils / sizeof spoils[0]; i++) {
        struct stand t;
        stand_make(&t);
        made_starts(t.log.whole, 4UL * ENTRIES);
        break_off(&t, 2UL * ENTRIES, ENTRIES);
        run(&t, spoils[i]);
        CHECK_OK(sync_to(&t, &t.log, 5UL * ENTRIES));
        CHECK_U64(t.outcome.verdict, SYNC_GOOD);
        CHECK_U64(t.outcome.added, 4UL * ENTRIES);
        CHECK_U64(whole_size(&t), 5UL * ENTRIES);
        served_done(&t.log);
    }
}

/* What is left after it cannot be gone on with. */
static void a_kept_entry_that_is_gone_behind_others_is_told(void)
{
    struct stand t;
    stand_make(&t);
    made_starts(t.log.whole, 4UL * ENTRIES);
    break_off(&t, 2UL * ENTRIES, ENTRIES);
    run(&t, "DELETE FROM entry WHERE idx = 599");
    check_mirror_damaged(&t, ENTRIES,
                         "the mirror is not what it was: what its checkpoint signs is not whole");
    served_done(&t.log);
}

/* What is wrong with its openings is not the gateway's fault. */
static void an_entry_that_rotted_before_it_was_opened_blames_nobody(void)
{
    struct stand t;
    stand_make(&t);
    made_starts(t.log.whole, ENTRIES);
    break_off(&t, ENTRIES, 2UL * ENTRIES);
    run(&t, "UPDATE entry SET entry = zeroblob(79) WHERE idx = 700");
    check_mirror_damaged(&t, 2UL * ENTRIES,
                         "the mirror is not what it was: an entry is not what its hashes say");
    served_done(&t.log);
}

static void an_entry_that_rotted_before_it_was_erased_blames_nobody(void)
{
    static const char *const spoils[] = {
        "UPDATE opening SET slot = CAST(substr(slot, 1, 40) || zeroblob(99) AS BLOB) WHERE idx = 5",
        "DELETE FROM entry WHERE idx = 5",
    };
    for (size_t i = 0; i < sizeof spoils / sizeof spoils[0]; i++) {
        struct stand t;
        stand_make(&t);
        served_erase(&t.log, 5);
        served_erasure(&t.log, 5);
        run(&t, spoils[i]);
        check_mirror_damaged(&t, ENTRIES + 1,
                             "the mirror is not what it was: an entry that was erased meanwhile, "
                             "or a log's first one, is not what it was");
        served_done(&t.log);
    }
}

/* ---- no room ---- */

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
      {"a last entry that rotted blames nobody", a_last_entry_that_rotted_blames_nobody},
      {"a mirror that lacks a tile is refused", a_mirror_that_lacks_a_tile_is_refused},
      {"what rotted behind the kept checkpoint is taken again",
       what_rotted_behind_the_kept_checkpoint_is_taken_again},
      {"a kept entry that is gone behind others is told",
       a_kept_entry_that_is_gone_behind_others_is_told},
      {"an entry that rotted before it was opened blames nobody",
       an_entry_that_rotted_before_it_was_opened_blames_nobody},
      {"an entry that rotted before it was erased blames nobody",
       an_entry_that_rotted_before_it_was_erased_blames_nobody},
      {"on a full disk what was taken stays whole", on_a_full_disk_what_was_taken_stays_whole})
