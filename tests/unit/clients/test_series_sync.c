/* A sync that goes from one log to the next: what it says of the one before, and what was erased in
 * that. */

#include "mirror/sync.h"

#include <stdio.h>
#include <string.h>

#include "audit/tlog_proof.h"
#include "base/encoding.h"
#include "base/file.h"
#include "mirror/mirror_parts.h"
#include "searched.h"
#include "served_log.h"
#include "support/check.h"
#include "support/folder.h"

#define ARENA_BYTES (16U << 20)
#define NEXT_ORIGIN "xa-gw-01.comity.example/audit/2027"
#define ENDED       "2026"
#define FORMER_SIZE 300
#define NEXT_SIZE   260
#define SPAN        (UINT64_C(1) << SERIES_SPAN_BITS)

/* A gateway with a log that ended and the one that it writes, and the mirrors of both. */
struct stand {
    char dir[128];
    struct served_log former, next;
    struct served_log *forged; /* whose openings are given in the place of next's; NULL: none */
    struct begun_proof told;   /* that the former one ended; empty: nobody says so */
    struct arena *arena;
    struct series *series;
    struct sync_outcome outcome;
};

/* Takes what names the log that ended out of a path; false where nothing does. */
static bool unname(char *path, const char *name)
{
    char *at = strstr(path, name);
    if (at != NULL)
        memmove(at, at + strlen(name), strlen(at + strlen(name)) + 1);
    return at != NULL;
}

static struct served_log *source_of(struct stand *t, char *path)
{
    if (unname(path, ENDED "/") || unname(path, "&log=" ENDED))
        return &t->former;
    return t->forged != NULL && strncmp(path, "/openings", 9) == 0 ? t->forged : &t->next;
}

static void fetch(void *source, struct sync_file *files, size_t count)
{
    struct stand *t = source;
    for (size_t i = 0; i < count; i++)
        served_fetch(source_of(t, files[i].path), &files[i], 1);
}

static void words_of(struct stand *t, char words[static 256])
{
    char root[64];
    struct digest digest;
    CHECK_OK(mirror_root(t->former.whole, FORMER_SIZE, &digest));
    base64_write(digest_slice(&digest), root);
    snprintf(words, 256, "start; succeeds %s, which ended at %d root %s", MADE_ORIGIN, FORMER_SIZE,
             root);
}

static void stand_make(struct stand *t)
{
    char path[160], words[256], error[MIRROR_ERROR_BYTES];
    *t = (struct stand){.arena = arena_new(ARENA_BYTES)};
    snprintf(t->dir, sizeof t->dir, "%s", fresh_folder());
    served_make(&t->former, t->dir, FORMER_SIZE);
    snprintf(path, sizeof path, "%s/next", t->dir);
    t->next = (struct served_log){.whole = made_log(path, NEXT_ORIGIN, MADE_ORIGIN)};
    words_of(t, words);
    made_start(t->next.whole, words);
    made_starts(t->next.whole, NEXT_SIZE - 1);
    snprintf(path, sizeof path, "%s/mirrors", t->dir);
    CHECK_OK(series_make(path, MADE_GATEWAY, error, &t->series));
}

static void stand_done(struct stand *t)
{
    series_close(t->series);
    served_done(&t->former);
    served_done(&t->next);
    arena_free(t->arena);
}

static struct status sync_to(struct stand *t, size_t position, uint64_t size)
{
    struct buffer note = buffer_new(NOTE_MAX_BYTES);
    made_note(position == 0 ? t->former.whole : t->next.whole, size, &note);
    const struct sync_settings settings = {.mirror = series_log(t->series, position)->mirror,
                                           .ended = position == 0 ? ENDED : NULL,
                                           .series = t->series,
                                           .position = position,
                                           .told = t->told,
                                           .fetch = fetch,
                                           .source = t};
    struct status s = sync_log(&settings, buffer_slice(&note), &t->outcome);
    buffer_done(&note);
    return s;
}

static void sync_both(struct stand *t)
{
    static const struct mirror_log logs[] = {{MADE_ORIGIN, MADE_GATEWAY, ""},
                                             {NEXT_ORIGIN, MADE_GATEWAY, MADE_ORIGIN}};
    char error[MIRROR_ERROR_BYTES];
    for (size_t i = 0; i < 2; i++) {
        CHECK_OK(series_add(t->series, &logs[i], error));
        CHECK_OK(sync_to(t, i, i == 0 ? FORMER_SIZE : NEXT_SIZE));
    }
}

static bool is_forgotten(struct stand *t, struct series_place place)
{
    struct mirror_entry e;
    return CHECK_OK(series_entry(t->series, t->arena, place, &e)) && !e.opened.has_outer &&
           !e.opened.has_inner;
}

/* ---- both ---- */

static void both_are_taken_from_where_they_are_served(void)
{
    struct stand t;
    stand_make(&t);
    sync_both(&t);
    CHECK_U64(mirror_size(series_log(t.series, 0)->mirror), FORMER_SIZE);
    CHECK_U64(mirror_unopened(series_log(t.series, 0)->mirror), FORMER_SIZE);
    CHECK_U64(mirror_unopened(series_log(t.series, 1)->mirror), NEXT_SIZE);
    CHECK_OK(series_joint(t.series, 1));
    stand_done(&t);
}

static void a_log_before_that_rotted_blames_nobody(void)
{
    static const struct mirror_log next = {NEXT_ORIGIN, MADE_GATEWAY, MADE_ORIGIN};
    char error[MIRROR_ERROR_BYTES];
    struct stand t;
    stand_make(&t);
    CHECK_OK(series_add(t.series, &(struct mirror_log){MADE_ORIGIN, MADE_GATEWAY, ""}, error));
    CHECK_OK(sync_to(&t, 0, FORMER_SIZE));
    CHECK_OK(series_add(t.series, &next, error));
    CHECK_U64((uint64_t)sqlite3_exec(series_log(t.series, 0)->mirror->db,
                                     "UPDATE entry SET entry = zeroblob(79) WHERE idx = 299", NULL,
                                     NULL, NULL),
              SQLITE_OK);
    CHECK_STATUS(sync_to(&t, 1, NEXT_SIZE), REFUSE(CONSISTENCY));
    CHECK_U64(t.outcome.verdict, SYNC_MIRROR_DAMAGED);
    stand_done(&t);
}

/* Nothing of it is taken, and the one before stays what it was. */
static void a_log_that_begins_before_the_one_before_ended_is_not_taken(void)
{
    static const struct mirror_log next = {NEXT_ORIGIN, MADE_GATEWAY, MADE_ORIGIN};
    char path[160], error[MIRROR_ERROR_BYTES];
    struct stand t;
    stand_make(&t);
    mirror_close(t.next.whole);
    snprintf(path, sizeof path, "%s/early", t.dir);
    t.next.whole = made_log(path, NEXT_ORIGIN, MADE_ORIGIN);
    titled_put(t.next.whole, MADE_BEGAN_MS - 1, "a", "b");
    made_starts(t.next.whole, NEXT_SIZE - 1);
    CHECK_OK(series_add(t.series, &(struct mirror_log){MADE_ORIGIN, MADE_GATEWAY, ""}, error));
    CHECK_OK(sync_to(&t, 0, FORMER_SIZE));
    CHECK_OK(series_add(t.series, &next, error));
    CHECK_STATUS(sync_to(&t, 1, NEXT_SIZE), REFUSE(CONSISTENCY));
    CHECK_U64(t.outcome.verdict, SYNC_DAMAGED);
    CHECK(strstr(t.outcome.said, "earlier than the last one of the log before") != NULL);
    CHECK_U64(mirror_count(series_log(t.series, 1)->mirror), 0);
    CHECK_U64(mirror_size(series_log(t.series, 0)->mirror), FORMER_SIZE);
    stand_done(&t);
}

static void an_end_before_what_was_kept_is_a_fork(void)
{
    struct stand t;
    stand_make(&t);
    sync_both(&t);
    CHECK_STATUS(sync_to(&t, 0, FORMER_SIZE - 1), REFUSE(CONSISTENCY));
    CHECK_U64(t.outcome.verdict, SYNC_FORKED);
    CHECK(strstr(t.outcome.evidence, "/2026/evidence/") != NULL);
    CHECK_U64(mirror_size(series_log(t.series, 0)->mirror), FORMER_SIZE);
    CHECK_STATUS(sync_to(&t, 1, NEXT_SIZE - 1), REFUSE(CONSISTENCY));
    CHECK_U64(t.outcome.verdict, SYNC_BEHIND); /* it goes on */
    stand_done(&t);
}

/* ---- what was erased ---- */

static void an_entry_of_the_earlier_log_is_forgotten(void)
{
    struct stand t;
    stand_make(&t);
    sync_both(&t);
    served_erase(&t.former, 5);
    served_erase(&t.next, 5);
    served_erasure(&t.next, SPAN + 5);
    CHECK_OK(sync_to(&t, 1, NEXT_SIZE + 1));
    CHECK(is_forgotten(&t, (struct series_place){0, 5}));
    CHECK(!is_forgotten(&t, (struct series_place){0, 4}));
    CHECK(!is_forgotten(&t, (struct series_place){1, 5})); /* which nothing has named */
    stand_done(&t);
}

/* The log has another entry there, and says nothing of it. */
static void an_erasure_that_is_not_in_the_log_takes_nothing_from_the_earlier_one(void)
{
    char path[160];
    struct stand t;
    struct served_log forged;
    stand_make(&t);
    sync_both(&t);
    snprintf(path, sizeof path, "%s/forged", t.dir);
    forged = (struct served_log){.whole = made_log(path, NEXT_ORIGIN, MADE_ORIGIN)};
    made_starts(forged.whole, NEXT_SIZE);
    served_erasure(&forged, SPAN + 5);
    t.forged = &forged;
    made_starts(t.next.whole, 1);
    served_erase(&t.former, 5);
    CHECK_STATUS(sync_to(&t, 1, NEXT_SIZE + 1), REFUSE(CONSISTENCY));
    CHECK_U64(t.outcome.verdict, SYNC_DAMAGED);
    CHECK(!is_forgotten(&t, (struct series_place){0, 5}));
    served_done(&forged);
    stand_done(&t);
}

static void what_no_mirror_has_is_passed_over(void)
{
    static const uint64_t none[] = {SPAN + FORMER_SIZE, 2 * SPAN + 5, 3 * SPAN, 4000 * SPAN};
    struct stand t;
    stand_make(&t);
    sync_both(&t);
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
        served_erasure(&t.next, none[i]);
    CHECK_OK(sync_to(&t, 1, NEXT_SIZE + 4));
    CHECK(!is_forgotten(&t, (struct series_place){0, 5}));
    CHECK(!is_forgotten(&t, (struct series_place){1, 5}));
    stand_done(&t);
}

static void no_erasure_of_the_earlier_log_is_passed_over_when_a_sync_is_broken_off(void)
{
    struct stand t;
    stand_make(&t);
    sync_both(&t);
    served_erase(&t.former, 5);
    served_erasure(&t.next, SPAN + 5);
    t.former.broken_off = t.former.fetched + 1;
    CHECK_STATUS(sync_to(&t, 1, NEXT_SIZE + 1), FAIL(NETWORK));
    CHECK(!is_forgotten(&t, (struct series_place){0, 5}));
    t.former.broken_off = 0;
    CHECK_OK(sync_to(&t, 1, NEXT_SIZE + 1));
    CHECK(is_forgotten(&t, (struct series_place){0, 5}));
    stand_done(&t);
}

/* ---- where the one before ended ---- */

static struct status begun(struct stand *t, struct begun *ret_begun)
{
    struct buffer note = buffer_new(NOTE_MAX_BYTES);
    const struct sync_settings settings = {.fetch = fetch, .source = t};
    made_note(t->next.whole, NEXT_SIZE, &note);
    struct status s = sync_begun(&settings, buffer_slice(&note), t->arena, ret_begun, &t->outcome);
    buffer_done(&note);
    return s;
}

static void a_log_says_where_the_one_before_ended(void)
{
    struct stand t;
    struct begun b = {0};
    struct digest root;
    stand_make(&t);
    CHECK_OK(begun(&t, &b));
    CHECK_OK(mirror_root(t.former.whole, FORMER_SIZE, &root));
    CHECK(slice_is(b.origin, MADE_ORIGIN));
    CHECK_U64(b.size, FORMER_SIZE);
    CHECK_BYTES(digest_slice(&b.root), digest_slice(&root));
    served_erase(&t.next, 0);
    CHECK_STATUS(begun(&t, &b), FAIL(ABSENT));
    stand_done(&t);
}

/* As somebody does who has nothing but both files. */
static void check_proof(struct stand *t, const struct begun *b)
{
    struct note note;
    struct begun said = {0};
    struct tlog_proof proof;
    struct opened opened;
    struct opened_entry *rows = NULL;
    size_t count = 0;
    CHECK_OK(openings_parse(t->arena, b->proof.openings, &rows, &count));
    CHECK_U64(count, 1);
    CHECK_OK(opened_entry_read(t->arena, &rows[0], &opened));
    CHECK(begun_read(&opened, &said));
    CHECK_BYTES(said.origin, b->origin);
    CHECK_U64(said.size, b->size);
    CHECK_OK(tlog_proof_parse(t->arena, b->proof.proof, &proof));
    CHECK_OK(note_parse(proof.note, &note));
    CHECK(slice_is(note.origin, NEXT_ORIGIN));
    const struct digest leaf = merkle_leaf(rows[0].entry);
    CHECK(proof.index == 0 && merkle_included(&leaf, 0, note.size, proof.path, &note.root));
}

static void check_kept(struct stand *t, const char *ending, struct slice wanted)
{
    char path[MIRROR_PATH_BYTES + 16];
    struct buffer found = buffer_new(OPENINGS_MAX_BYTES);
    snprintf(path, sizeof path, "%s%s", t->outcome.evidence, ending);
    CHECK_OK(file_read(path, &found));
    CHECK_BYTES(buffer_slice(&found), wanted);
    buffer_done(&found);
}

/* Both checkpoints of the log are in order, each at its time: it is the next one that contradicts.
 */
static void what_tells_of_an_end_is_kept_with_what_it_contradicts(void)
{
    struct stand t;
    struct begun b = {0};
    stand_make(&t);
    sync_both(&t);
    CHECK_OK(begun(&t, &b));
    check_proof(&t, &b);
    t.told = b.proof;
    CHECK_STATUS(sync_to(&t, 0, FORMER_SIZE - 1), REFUSE(CONSISTENCY));
    CHECK_U64(t.outcome.verdict, SYNC_FORKED);
    check_kept(&t, ".openings", b.proof.openings);
    check_kept(&t, ".proof", b.proof.proof);
    stand_done(&t);
}

static void no_changed_octet_of_what_it_says_is_believed(void)
{
    struct stand t;
    struct begun b = {0};
    stand_make(&t);
    CHECK_OK(begun(&t, &b));
    const unsigned files = t.next.fetched;
    for (unsigned file = 1; file <= files; file++) {
        t.next.fetched = 0;
        t.next.flipped = file;
        struct status s = begun(&t, &b);
        /* a bundle of entries is not what proves the first one */
        CHECK(s.code == CODE_REFUSED || (file == 1 && !failed(s)));
        t.next.flipped = 0;
        t.next.fetched = 0;
        t.next.missing = file;
        CHECK_STATUS(begun(&t, &b), REFUSE(CONSISTENCY));
        CHECK_U64(t.outcome.verdict, SYNC_MISSING);
        t.next.missing = 0;
    }
    stand_done(&t);
}

TESTS(series_sync,
      {"both are taken from where they are served", both_are_taken_from_where_they_are_served},
      {"a log before that rotted blames nobody", a_log_before_that_rotted_blames_nobody},
      {"a log that begins before the one before ended is not taken",
       a_log_that_begins_before_the_one_before_ended_is_not_taken},
      {"an end before what was kept is a fork", an_end_before_what_was_kept_is_a_fork},
      {"an entry of the earlier log is forgotten", an_entry_of_the_earlier_log_is_forgotten},
      {"an erasure that is not in the log takes nothing from the earlier one",
       an_erasure_that_is_not_in_the_log_takes_nothing_from_the_earlier_one},
      {"what no mirror has is passed over", what_no_mirror_has_is_passed_over},
      {"no erasure of the earlier log is passed over when a sync is broken off",
       no_erasure_of_the_earlier_log_is_passed_over_when_a_sync_is_broken_off},
      {"a log says where the one before ended", a_log_says_where_the_one_before_ended},
      {"what tells of an end is kept with what it contradicts",
       what_tells_of_an_end_is_kept_with_what_it_contradicts},
      {"no changed octet of what it says is believed",
       no_changed_octet_of_what_it_says_is_believed})
