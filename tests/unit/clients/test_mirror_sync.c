#include "served_log.h"
#include "support/check.h"
#include "support/folder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "mirror/mirror_parts.h"

#define ARENA_BYTES (16U << 20)
#define NOW_MS      (MADE_BEGAN_MS + 7)

/* A gateway's log, and the mirror of it. */
struct stand {
    char dir[128];
    struct served_log log;
    struct mirror *mirror;
    struct sync_outcome outcome;
    const char *stale;
};

static void stand_make(struct stand *t, uint64_t count)
{
    *t = (struct stand){0};
    snprintf(t->dir, sizeof t->dir, "%s", fresh_folder());
    served_make(&t->log, t->dir, count);
}

static struct mirror *stand_mirror(struct stand *t)
{
    char path[160];
    snprintf(path, sizeof path, "%s/mirror", t->dir);
    return made_mirror(path);
}

static void stand_done(struct stand *t)
{
    served_done(&t->log);
    mirror_close(t->mirror);
}

/* As each run of the command does: opened, synced to a checkpoint of this log, and left open. */
static struct status sync_to(struct stand *t, struct served_log *log, uint64_t size)
{
    struct buffer note = buffer_new(NOTE_MAX_BYTES);
    mirror_close(t->mirror);
    t->mirror = stand_mirror(t);
    made_note(log->whole, size, &note);
    const struct sync_settings settings = {.mirror = t->mirror,
                                           .fetch = served_fetch,
                                           .source = log,
                                           .now_ms = NOW_MS,
                                           .stale = t->stale};
    struct status s = sync_log(&settings, buffer_slice(&note), &t->outcome);
    buffer_done(&note);
    return s;
}

static struct status sync(struct stand *t)
{
    return sync_to(t, &t->log, mirror_count(t->log.whole));
}

static struct status see_same(void *owner, const struct mirror_entry *entry)
{
    struct stand *t = owner;
    struct mirror_entry at_gateway;
    struct arena *arena = arena_new(ARENA_BYTES);
    CHECK_OK(mirror_entry_any(t->log.whole, arena, entry->index, &at_gateway));
    CHECK_BYTES(entry->row.entry, at_gateway.row.entry);
    CHECK_BYTES(entry->row.outer.record, at_gateway.row.outer.record);
    CHECK_BYTES(entry->row.inner.record, at_gateway.row.inner.record);
    arena_free(arena);
    return OK;
}

/* It has what the gateway had at this size, and nothing more. */
static void check_same(struct stand *t, uint64_t size)
{
    struct digest root, at_gateway;
    CHECK_U64(mirror_size(t->mirror), size);
    CHECK_U64(mirror_count(t->mirror), size);
    CHECK_OK(mirror_root(t->mirror, size, &root));
    CHECK_OK(mirror_root(t->log.whole, size, &at_gateway));
    CHECK_BYTES(digest_slice(&root), digest_slice(&at_gateway));
    CHECK_U64(mirror_unopened(t->mirror), size);
    CHECK_OK(mirror_walk(t->mirror, 0, UINT64_MAX, see_same, t));
}

static void check_refused(struct stand *t, struct status s, enum sync_verdict verdict)
{
    CHECK_STATUS(s, REFUSE(CONSISTENCY));
    CHECK_U64(t->outcome.verdict, verdict);
    CHECK(t->outcome.said[0] != '\0');
}

/* ---- what is taken ---- */

static void a_sync_takes_what_is_there_and_the_next_one_what_is_new(void)
{
    static const uint64_t sizes[] = {1, 2, 255, 256, 257, 300, 1030};
    struct stand t;
    stand_make(&t, 0);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        const uint64_t before = mirror_count(t.log.whole);
        made_starts(t.log.whole, sizes[i] - before);
        CHECK_OK(sync(&t));
        CHECK_U64(t.outcome.added, sizes[i] - before);
        CHECK_U64(t.outcome.openings, sizes[i] - before);
        check_same(&t, sizes[i]);
    }
    CHECK_OK(sync(&t));
    CHECK_U64(t.outcome.added, 0);
    CHECK_U64(t.outcome.openings, 0);
    stand_done(&t);
}

static void a_sync_that_is_broken_off_goes_on(void)
{
    struct stand t;
    stand_make(&t, 300);
    CHECK_OK(sync(&t));
    made_starts(t.log.whole, 2400);
    unsigned runs = 0;
    for (struct status s = FAIL(NETWORK); failed(s) && runs < 100; runs++) {
        t.log.fetched = 0;
        t.log.broken_off = 13; /* a few files in each run, once the proof is made */
        s = sync(&t);
        CHECK(!failed(s) || s.code == CODE_NETWORK);
        CHECK(mirror_size(t.mirror) == 300 || mirror_size(t.mirror) == 2700);
    }
    CHECK(runs > 3);
    check_same(&t, 2700);
    stand_done(&t);
}

static void what_was_taken_for_a_tree_that_is_not_shown_again_is_taken_back(void)
{
    struct stand t;
    stand_make(&t, 100);
    CHECK_OK(sync(&t));
    made_starts(t.log.whole, 1500);
    t.log.broken_off = 16;
    CHECK_STATUS(sync(&t), FAIL(NETWORK));
    CHECK(mirror_count(t.mirror) > 400 && mirror_size(t.mirror) == 100);
    t.log.broken_off = 0;
    CHECK_OK(sync_to(&t, &t.log, 400));
    CHECK_U64(mirror_size(t.mirror), 400);
    CHECK_U64(mirror_count(t.mirror), 400);
    CHECK_OK(sync(&t));
    check_same(&t, 1600);
    stand_done(&t);
}

/* ---- what is not ---- */

static void no_changed_octet_of_what_is_served_is_taken(void)
{
    unsigned files = 0, of_openings = 0;
    for (bool is_refused = true; is_refused;) {
        struct stand t;
        stand_make(&t, 300);
        CHECK_OK(sync(&t));
        made_starts(t.log.whole, 800);
        t.log.fetched = 0;
        t.log.flipped = ++files;
        struct status s = sync(&t);
        is_refused = failed(s);
        if (is_refused) {
            const bool is_opening = strncmp(t.log.last, "/openings", 9) == 0;
            check_refused(&t, s, SYNC_DAMAGED);
            CHECK_U64(mirror_size(t.mirror), is_opening ? 1100 : 300);
            CHECK(is_opening || mirror_count(t.mirror) == 300);
            of_openings += is_opening;
            t.log.flipped = 0;
            CHECK_OK(sync(&t));
        }
        check_same(&t, 1100);
        stand_done(&t);
    }
    CHECK_U64(of_openings, 4);
    CHECK(files > 12);
}

static void a_file_that_is_missing_is_said(void)
{
    struct stand t;
    stand_make(&t, 600);
    for (unsigned file = 1; file <= 7; file++) {
        t.log.fetched = 0;
        t.log.missing = file;
        check_refused(&t, sync(&t), SYNC_MISSING);
    }
    t.log.missing = 0;
    CHECK_OK(sync(&t));
    check_same(&t, 600);
    stand_done(&t);
}

static void check_evidence(struct stand *t, const struct served_log *log, uint64_t kept,
                           uint64_t shown)
{
    char path[MIRROR_PATH_BYTES + 8];
    struct buffer found = buffer_new(NOTE_MAX_BYTES), note = buffer_new(NOTE_MAX_BYTES);
    snprintf(path, sizeof path, "%s.kept", t->outcome.evidence);
    CHECK_OK(file_read(path, &found));
    made_note(t->log.whole, kept, &note);
    CHECK_BYTES(buffer_slice(&found), buffer_slice(&note));
    buffer_clear(&found);
    buffer_clear(&note);
    snprintf(path, sizeof path, "%s.shown", t->outcome.evidence);
    CHECK_OK(file_read(path, &found));
    made_note(log->whole, shown, &note);
    CHECK_BYTES(buffer_slice(&found), buffer_slice(&note));
    buffer_done(&found);
    buffer_done(&note);
}

static void another_history_is_kept_as_evidence_and_not_taken(void)
{
    static const uint64_t shown[] = {599, 600, 601, 700, 1025, 5};
    struct stand t;
    struct served_log other;
    stand_make(&t, 3);
    served_make(&other, t.dir, 3);
    served_erasure(&other, 0);
    made_starts(t.log.whole, 597);
    made_starts(other.whole, 1100);
    CHECK_OK(sync(&t));
    for (size_t i = 0; i < sizeof shown / sizeof shown[0]; i++) {
        t.stale = i % 2 == 0 ? NULL : "too old"; /* a contradiction is one at any age */
        check_refused(&t, sync_to(&t, &other, shown[i]), SYNC_FORKED);
        check_evidence(&t, &other, 600, shown[i]);
        check_same(&t, 600);
    }
    t.stale = NULL;
    check_refused(&t, sync_to(&t, &other, 599), SYNC_FORKED);
    check_evidence(&t, &other, 600, 599);
    made_starts(t.log.whole, 10);
    CHECK_OK(sync(&t));
    check_same(&t, 610);
    served_done(&other);
    stand_done(&t);
}

static void of_what_contradicts_so_much_is_kept_and_no_more(void)
{
    struct stand t;
    struct served_log other;
    stand_make(&t, 3);
    served_make(&other, t.dir, 2);
    served_erasure(&other, 0);
    made_starts(other.whole, MIRROR_EVIDENCE_MAX);
    CHECK_OK(sync(&t));
    for (uint64_t size = 3; size <= MIRROR_EVIDENCE_MAX; size++)
        check_refused(&t, sync_to(&t, &other, size), SYNC_FORKED);
    CHECK_TEXT(t.outcome.evidence, "");
    check_refused(&t, sync_to(&t, &other, 3), SYNC_FORKED); /* which is there */
    check_evidence(&t, &other, 3, 3);
    snprintf(t.outcome.evidence, sizeof t.outcome.evidence, "%s/mirror/evidence", t.dir);
    CHECK(folder_has_room(t.outcome.evidence, 0, MIRROR_EVIDENCE_MAX));
    served_done(&other);
    stand_done(&t);
}

static void another_history_is_found_where_the_kept_tree_is_a_whole_one(void)
{
    struct stand t;
    struct served_log other;
    stand_make(&t, 256);
    served_make(&other, t.dir, 255);
    served_erasure(&other, 0);
    made_starts(other.whole, 300);
    CHECK_OK(sync(&t));
    check_refused(&t, sync_to(&t, &other, 556), SYNC_FORKED);
    check_evidence(&t, &other, 256, 556);
    check_same(&t, 256);
    served_done(&other);
    stand_done(&t);
}

static void an_old_copy_or_a_stale_checkpoint_is_not_taken(void)
{
    struct stand t;
    stand_make(&t, 300);
    CHECK_OK(sync(&t));
    check_refused(&t, sync_to(&t, &t.log, 299), SYNC_BEHIND);
    check_same(&t, 300);
    made_starts(t.log.whole, 100);
    t.stale = "nobody has cosigned it";
    check_refused(&t, sync(&t), SYNC_STALE);
    CHECK_TEXT(t.outcome.said, t.stale);
    check_same(&t, 300);
    stand_done(&t);
}

/* ---- what is forgotten ---- */

static bool is_in_a_file(const char *dir, struct slice octets)
{
    static const char *const names[] = {"mirror.db", "mirror.db-wal"};
    bool is = false;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char path[160];
        struct buffer file = buffer_new(64U << 20);
        snprintf(path, sizeof path, "%s/mirror/%s", dir, names[i]);
        const struct status s = file_read(path, &file);
        CHECK(!failed(s) || s.code == CODE_ABSENT);
        for (size_t at = 0; at + octets.length <= file.length && !is; at++)
            is = memcmp(file.at + at, octets.at, octets.length) == 0;
        buffer_done(&file);
    }
    return is;
}

#define WORD "quetzalcoatl"

static void served_reason(struct served_log *log)
{
    static const uint8_t rulebook[32] = {1};
    const struct outer outer = {.kind = ENTRY_OPERATOR,
                                .gateway = slice_text(MADE_GATEWAY),
                                .rulebook = slice_over(rulebook, sizeof rulebook)};
    const struct inner inner = {.op = slice_text("OPERATE"),
                                .actor = slice_text(MADE_GATEWAY),
                                .justification = slice_text("because of " WORD)};
    made_put(log->whole, MADE_BEGAN_MS, &outer, &inner);
}

static void what_was_erased_is_forgotten(void)
{
    struct stand t;
    struct mirror_entry e;
    struct arena *arena = arena_new(ARENA_BYTES);
    stand_make(&t, 300);
    served_reason(&t.log);
    made_starts(t.log.whole, 40);
    CHECK_OK(sync(&t));
    CHECK_OK(mirror_entry(t.mirror, arena, 300, &e));
    const struct slice key = arena_copy(arena, e.row.outer.key);
    CHECK(e.opened.has_inner && is_in_a_file(t.dir, key));
    CHECK(is_in_a_file(t.dir, slice_text(WORD)));
    served_erase(&t.log, 300);
    served_erasure(&t.log, 300);
    served_erasure(&t.log, 6); /* of which only the body was */
    CHECK_OK(sync(&t));
    CHECK_OK(mirror_entry(t.mirror, arena, 300, &e));
    CHECK(!e.opened.has_outer && !e.opened.has_inner);
    CHECK(!is_in_a_file(t.dir, key));
    CHECK(!is_in_a_file(t.dir, slice_text(WORD)));
    CHECK_OK(mirror_entry(t.mirror, arena, 6, &e));
    CHECK(e.opened.has_outer && e.opened.has_inner);
    check_same(&t, 343);
    arena_free(arena);
    stand_done(&t);
}

static void no_erasure_is_passed_over_when_a_sync_is_broken_off(void)
{
    struct stand t;
    struct mirror_entry e;
    struct arena *arena = arena_new(ARENA_BYTES);
    stand_make(&t, 300);
    CHECK_OK(sync(&t));
    served_erase(&t.log, 5);
    served_erasure(&t.log, 5);
    struct status s = FAIL(NETWORK);
    for (unsigned file = 1; failed(s) && file < 20; file++) {
        t.log.fetched = 0;
        t.log.broken_off = file;
        s = sync(&t);
    }
    CHECK_OK(s);
    CHECK_OK(mirror_entry(t.mirror, arena, 5, &e));
    CHECK(!e.opened.has_outer && !e.opened.has_inner);
    arena_free(arena);
    stand_done(&t);
}

TESTS(mirror_sync,
      {"a sync takes what is there, and the next one what is new",
       a_sync_takes_what_is_there_and_the_next_one_what_is_new},
      {"a sync that is broken off goes on", a_sync_that_is_broken_off_goes_on},
      {"what was taken for a tree that is not shown again is taken back",
       what_was_taken_for_a_tree_that_is_not_shown_again_is_taken_back},
      {"no changed octet of what is served is taken", no_changed_octet_of_what_is_served_is_taken},
      {"a file that is missing is said", a_file_that_is_missing_is_said},
      {"of what contradicts so much is kept and no more",
       of_what_contradicts_so_much_is_kept_and_no_more},
      {"another history is kept as evidence and not taken",
       another_history_is_kept_as_evidence_and_not_taken},
      {"another history is found where the kept tree is a whole one",
       another_history_is_found_where_the_kept_tree_is_a_whole_one},
      {"an old copy or a stale checkpoint is not taken",
       an_old_copy_or_a_stale_checkpoint_is_not_taken},
      {"what was erased is forgotten", what_was_erased_is_forgotten},
      {"no erasure is passed over when a sync is broken off",
       no_erasure_is_passed_over_when_a_sync_is_broken_off})
