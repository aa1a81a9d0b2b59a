#include "made_mirror.h"
#include "support/check.h"
#include "support/folder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"

#define ARENA_BYTES (16U << 20)

static struct mirror *reopened(struct mirror *m, const char *dir)
{
    char error[MIRROR_ERROR_BYTES];
    mirror_close(m);
    if (!CHECK_OK(mirror_open(dir, error, &m)))
        fprintf(stderr, "%s\n", error);
    return m;
}

struct seen {
    uint64_t next, opened;
    struct mirror *mirror;
};

static struct status see(void *owner, const struct mirror_entry *entry)
{
    struct seen *seen = owner;
    CHECK_U64(entry->index, seen->next);
    CHECK_U64(entry->opened.time_ms, MADE_BEGAN_MS);
    seen->next++;
    seen->opened += entry->opened.has_outer && entry->opened.has_inner;
    return OK;
}

static void what_was_put_is_there_once_it_is_signed(void)
{
    const char *dir = fresh_folder();
    struct mirror *m = made_mirror(dir);
    struct arena *a = arena_new(ARENA_BYTES);
    struct seen seen = {0};
    struct mirror_entry e;
    struct mirror_log log;
    struct slice note;
    made_starts(m, 600);
    CHECK_U64(mirror_size(m), 0);
    CHECK_STATUS(mirror_entry(m, a, 0, &e), FAIL(ABSENT));
    CHECK_STATUS(mirror_checkpoint(m, a, &note), FAIL(ABSENT));
    made_keep(m);
    m = reopened(m, dir);
    CHECK_U64(mirror_size(m), 600);
    CHECK_U64(mirror_seen_ms(m), MADE_BEGAN_MS);
    CHECK_OK(mirror_walk(m, 0, UINT64_MAX, see, &seen));
    CHECK_U64(seen.next, 600);
    CHECK_U64(seen.opened, 600);
    CHECK_OK(mirror_entry(m, a, 599, &e));
    CHECK_U64(e.opened.outer.kind, ENTRY_START_STOP);
    CHECK_STATUS(mirror_entry(m, a, 600, &e), FAIL(ABSENT));
    CHECK_OK(mirror_log(m, a, &log));
    CHECK_TEXT(log.origin, MADE_ORIGIN);
    CHECK_TEXT(log.gateway, MADE_GATEWAY);
    CHECK_OK(mirror_checkpoint(m, a, &note));
    CHECK(slice_begins(note, slice_text(MADE_ORIGIN "\n600\n")));
    arena_free(a);
    mirror_close(m);
}

/* ---- opening ---- */

static void one_process_writes_and_others_read(void)
{
    const char *dir = fresh_folder();
    const struct mirror_log log = {MADE_ORIGIN, MADE_GATEWAY, ""};
    char error[MIRROR_ERROR_BYTES];
    struct mirror *m = made_mirror(dir), *other = NULL;
    CHECK_STATUS(mirror_make(dir, &log, error, &other), FAIL(CONFIG));
    CHECK(strstr(error, "another process") != NULL && other == NULL);
    made_starts(m, 3);
    made_keep(m);
    CHECK_OK(mirror_open(dir, error, &other));
    CHECK_U64(mirror_size(other), 3);
    CHECK_STATUS(mirror_begin(other), FAIL(STORE));
    made_starts(m, 1);
    made_keep(m);
    CHECK_U64(mirror_size(other), 3);
    mirror_close(other);
    mirror_close(m);
}

static void a_folder_is_the_mirror_of_one_log(void)
{
    static const struct mirror_log others[] = {
        {"xa-gw-02.comity.example/audit/2026", MADE_GATEWAY, ""}, {MADE_ORIGIN, "XA-GW-02", ""}};
    const char *dir = fresh_folder();
    char error[MIRROR_ERROR_BYTES];
    struct mirror *other = NULL;
    CHECK_STATUS(mirror_open(dir, error, &other), FAIL(ABSENT));
    CHECK(strstr(error, "there is no mirror") != NULL);
    mirror_close(made_mirror(dir));
    for (size_t i = 0; i < 2; i++) {
        CHECK_STATUS(mirror_make(dir, &others[i], error, &other), FAIL(CONFIG));
        CHECK(strstr(error, MADE_ORIGIN) != NULL);
    }
    mirror_close(made_mirror(dir));
}

/* ---- proofs ---- */

static void every_entry_is_proved_under_the_kept_checkpoint(void)
{
    static const uint64_t sizes[] = {1, 2, 255, 256, 257, 513};
    const char *dir = fresh_folder();
    struct mirror *m = made_mirror(dir);
    struct digest root;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct arena *a = arena_new(ARENA_BYTES);
        made_starts(m, sizes[i] - mirror_count(m));
        made_keep(m);
        CHECK_OK(mirror_root(m, sizes[i], &root));
        for (uint64_t index = 0; index < sizes[i]; index += 1 + sizes[i] / 7) {
            struct slices path;
            struct mirror_entry e;
            CHECK_OK(mirror_proof(m, a, index, &path));
            CHECK_OK(mirror_entry(m, a, index, &e));
            const struct digest leaf = merkle_leaf(e.row.entry);
            CHECK(merkle_included(&leaf, index, sizes[i], path, &root));
        }
        struct slices path;
        made_starts(m, 1); /* which nobody has signed */
        CHECK_STATUS(mirror_proof(m, a, sizes[i], &path), FAIL(ABSENT));
        CHECK_OK(mirror_shed(m));
        arena_free(a);
    }
    mirror_close(m);
}

/* ---- writing ---- */

static struct status put_one(struct mirror *m, const struct opened_entry *row)
{
    CHECK_OK(mirror_begin(m));
    struct status s = mirror_put(m, row);
    if (failed(s))
        mirror_abandon(m);
    else
        CHECK_OK(mirror_commit(m));
    return s;
}

static void what_does_not_fit_is_not_put(void)
{
    const char *dir = fresh_folder();
    struct mirror *m = made_mirror(dir);
    struct arena *a = arena_new(ARENA_BYTES);
    struct mirror_entry e;
    made_starts(m, 5);
    made_keep(m);
    CHECK_OK(mirror_entry(m, a, 3, &e));
    struct opened_entry other = e.row;
    other.index = 4; /* where another entry is */
    CHECK_STATUS(put_one(m, &other), REFUSE(RECEIPT_ENTRY));
    const struct opened_entry early =
        made_row(a, 5, MADE_BEGAN_MS - 1, &e.opened.outer, &e.opened.inner);
    CHECK_STATUS(put_one(m, &early), REFUSE(RECEIPT_ENTRY));
    other.index = 6;
    CHECK_STATUS(put_one(m, &other), FAIL(ABSENT));
    struct opened_entry changed = e.row;
    changed.inner.key = e.row.outer.key;
    CHECK_STATUS(put_one(m, &changed), REFUSE(OPENING_INNER));
    CHECK_OK(put_one(m, &e.row));
    CHECK_U64(mirror_count(m), 5);
    arena_free(a);
    mirror_close(m);
}

static void what_was_forgotten_does_not_come_again(void)
{
    const char *dir = fresh_folder();
    struct mirror *m = made_mirror(dir);
    struct arena *a = arena_new(ARENA_BYTES);
    struct mirror_entry whole, e;
    made_starts(m, 5);
    made_keep(m);
    CHECK_OK(mirror_entry(m, a, 3, &whole));
    struct opened_entry less = whole.row, bare = {.index = 3, .entry = whole.row.entry};
    less.closed = (struct opening){0};
    CHECK_OK(put_one(m, &less));
    CHECK_OK(put_one(m, &whole.row));
    CHECK_OK(mirror_entry(m, a, 3, &e));
    CHECK(e.opened.has_outer && e.opened.has_inner && !e.opened.has_closed);
    CHECK_OK(put_one(m, &bare));
    CHECK_OK(put_one(m, &whole.row));
    CHECK_OK(mirror_entry(m, a, 3, &e));
    CHECK(!e.opened.has_outer && !e.opened.has_inner && !e.opened.has_closed);
    CHECK_U64(e.opened.time_ms, whole.opened.time_ms);
    arena_free(a);
    mirror_close(m);
}

static void only_a_checkpoint_of_what_is_there_is_kept(void)
{
    const char *dir = fresh_folder();
    struct mirror *m = made_mirror(dir);
    struct buffer four = buffer_new(NOTE_MAX_BYTES), five = buffer_new(NOTE_MAX_BYTES);
    made_starts(m, 5);
    made_note(m, 4, &four);
    made_note(m, 5, &five);
    CHECK_OK(mirror_begin(m));
    CHECK_OK(mirror_keep(m, buffer_slice(&five), MADE_BEGAN_MS));
    CHECK_STATUS(mirror_keep(m, buffer_slice(&four), MADE_BEGAN_MS), REFUSE(CONSISTENCY));
    mirror_abandon(m);
    CHECK_U64(mirror_size(m), 0);
    CHECK_OK(mirror_begin(m));
    CHECK_OK(mirror_keep(m, buffer_slice(&four), MADE_BEGAN_MS));
    CHECK_OK(mirror_commit(m));
    CHECK_OK(mirror_shed(m));
    CHECK_U64(mirror_count(m), 4);
    CHECK_OK(mirror_begin(m));
    CHECK_STATUS(mirror_keep(m, buffer_slice(&five), MADE_BEGAN_MS), FAIL(ABSENT));
    five.at[0] ^= 1;
    CHECK_STATUS(mirror_keep(m, buffer_slice(&five), MADE_BEGAN_MS), REFUSE(NOTE_ORIGIN));
    CHECK_STATUS(mirror_keep(m, slice_text("none"), MADE_BEGAN_MS), REFUSE(NOTE_SHAPE));
    mirror_abandon(m);
    buffer_done(&four);
    buffer_done(&five);
    mirror_close(m);
}

static void what_is_abandoned_was_never_there(void)
{
    const char *dir = fresh_folder();
    struct mirror *m = made_mirror(dir);
    struct arena *a = arena_new(ARENA_BYTES);
    struct digest before, after;
    struct mirror_entry e;
    made_starts(m, 300);
    made_keep(m);
    CHECK_OK(mirror_entry(m, a, 299, &e));
    CHECK_OK(mirror_root(m, 300, &before));
    CHECK_OK(mirror_begin(m));
    for (unsigned i = 0; i < 300; i++)
        CHECK_OK(mirror_append(m, e.row.entry));
    mirror_abandon(m);
    CHECK_U64(mirror_count(m), 300);
    made_starts(m, 300);
    made_keep(m);
    CHECK_OK(mirror_root(m, 300, &after));
    CHECK_BYTES(digest_slice(&after), digest_slice(&before));
    arena_free(a);
    mirror_close(m);
}

TESTS(mirror, {"what was put is there once it is signed", what_was_put_is_there_once_it_is_signed},
      {"one process writes and others read", one_process_writes_and_others_read},
      {"a folder is the mirror of one log", a_folder_is_the_mirror_of_one_log},
      {"every entry is proved under the kept checkpoint",
       every_entry_is_proved_under_the_kept_checkpoint},
      {"what does not fit is not put", what_does_not_fit_is_not_put},
      {"what was forgotten does not come again", what_was_forgotten_does_not_come_again},
      {"only a checkpoint of what is there is kept", only_a_checkpoint_of_what_is_there_is_kept},
      {"what is abandoned was never there", what_is_abandoned_was_never_there})
