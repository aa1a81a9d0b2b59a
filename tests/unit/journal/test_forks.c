#include "fixture.h"

#include "audit/note.h"
#include "base/file.h"
#include "journal/state.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What the lock's refusals leave for whoever has to judge them. */

static void path_of(const struct fixture *f, const char *below, char path[static 192])
{
    snprintf(path, 192, "%s/%s", f->root, below);
}

static void copy_as(const struct fixture *f, const char *from, const char *to)
{
    char a[192], b[192];
    path_of(f, from, a);
    path_of(f, to, b);
    file_copy(a, b);
}

/* Journal, published checkpoint and lock as they are now. */
static void moment_keep(const struct fixture *f, const char *name)
{
    char path[192], below[64];
    path_of(f, name, path);
    CHECK_OK(folder_make(path, 0700));
    snprintf(below, sizeof below, "%s/journal.db", name);
    copy_as(f, "journal/journal.db", below);
    snprintf(below, sizeof below, "%s/checkpoint", name);
    copy_as(f, "log/checkpoint", below);
    snprintf(below, sizeof below, "%s/lock.db", name);
    copy_as(f, "lock.db", below);
}

static void moment_journal(const struct fixture *f, const char *name)
{
    char below[64];
    snprintf(below, sizeof below, "%s/journal.db", name);
    copy_as(f, below, "journal/journal.db");
}

static void moment_log(const struct fixture *f, const char *name)
{
    char below[64];
    CHECK_OK(folder_remove(f->log));
    CHECK_OK(folder_make(f->log, 0700));
    snprintf(below, sizeof below, "%s/checkpoint", name);
    copy_as(f, below, "log/checkpoint");
}

static void moment_lock(const struct fixture *f, const char *name)
{
    char below[64];
    snprintf(below, sizeof below, "%s/lock.db", name);
    copy_as(f, below, "lock.db");
}

static void post_and_close(struct fixture *f, uint64_t number)
{
    struct letter l;
    CHECK_OK(fixture_open(f, T0));
    letter_write(&l, number, 1);
    journal_result_free(post_one(f, &l.posting));
    fixture_close(f);
}

/* Two moments of a log: "old", then "new". */
static void grown(struct fixture *f)
{
    fixture_make(f);
    post_and_close(f, 1);
    moment_keep(f, "old");
    post_and_close(f, 2);
    moment_keep(f, "new");
}

/* Reads a file that the error names; empty where it is not there. */
static struct slice kept(struct fixture *f, const char *what, struct buffer *out)
{
    char path[192] = "";
    const char *at = strstr(f->error, "are kept as ");
    if (!CHECK(at != NULL))
        return (struct slice){NULL, 0};
    const char *end = strstr(at, ".*");
    if (!CHECK(end != NULL))
        return (struct slice){NULL, 0};
    at += strlen("are kept as ");
    snprintf(path, sizeof path, "%.*s.%s", (int)(end - at), at, what);
    struct stat st;
    if (lstat(path, &st) == 0)
        CHECK_U64(st.st_mode & 07777, 0600);
    buffer_clear(out);
    (void)failed(file_read(path, out));
    return buffer_slice(out);
}

static bool verifies(struct fixture *f, struct slice text, struct note *ret_note)
{
    struct vkey vkey;
    return CHECK_OK(vkey_parse(slice_text(f->vkey), &vkey)) &&
           CHECK_OK(note_parse(text, ret_note)) && CHECK_OK(note_verify(ret_note, &vkey));
}

static bool same_as(const struct fixture *f, const char *below, struct slice text)
{
    char path[192];
    struct buffer other = buffer_new(NOTE_MAX_BYTES);
    path_of(f, below, path);
    bool same = CHECK_OK(file_read(path, &other)) && slice_equal(buffer_slice(&other), text);
    buffer_done(&other);
    return same;
}

static size_t kept_count(const struct fixture *f)
{
    char path[192];
    struct text_files files = {NULL, 0};
    struct arena *a = arena_new(1 << 20);
    path_of(f, "forks", path);
    struct status s = folder_read(a, path, 1000, &files);
    size_t count = failed(s) ? 0 : files.count;
    arena_free(a);
    return count;
}

static void a_journal_rolled_back_leaves_what_was_signed_before_and_after(void)
{
    struct fixture f;
    struct note lock, journal;
    struct buffer a = buffer_new(NOTE_MAX_BYTES), b = buffer_new(NOTE_MAX_BYTES);
    grown(&f);
    moment_journal(&f, "old");
    moment_log(&f, "old");
    CHECK_STATUS(fixture_open(&f, T0), FAIL(FORK));
    CHECK(strstr(f.error, "but a checkpoint over 6 was signed") != NULL);
    if (verifies(&f, kept(&f, "lock.note", &a), &lock) &&
        verifies(&f, kept(&f, "journal.note", &b), &journal)) {
        CHECK_U64(lock.size, 6);
        CHECK_U64(journal.size, 3);
        CHECK(same_as(&f, "new/checkpoint", lock.text)); /* the very octets that were signed */
        CHECK(same_as(&f, "old/checkpoint", journal.text));
    }
    CHECK_STATUS(fixture_open(&f, T0), FAIL(FORK));
    CHECK_U64(kept_count(&f), 2); /* once */
    buffer_done(&a);
    buffer_done(&b);
    fixture_end(&f);
}

static void another_history_leaves_the_checkpoints_of_both(void)
{
    struct fixture f;
    struct note lock, journal;
    struct buffer a = buffer_new(NOTE_MAX_BYTES), b = buffer_new(NOTE_MAX_BYTES);
    grown(&f);
    moment_journal(&f, "old");
    moment_log(&f, "old");
    moment_lock(&f, "old");
    post_and_close(&f, 3);
    moment_lock(&f, "new");
    CHECK_STATUS(fixture_open(&f, T0), FAIL(FORK));
    CHECK(strstr(f.error, "do not give the root of the last signed checkpoint") != NULL);
    if (verifies(&f, kept(&f, "lock.note", &a), &lock) &&
        verifies(&f, kept(&f, "journal.note", &b), &journal)) {
        CHECK_U64(lock.size, 6);
        CHECK_U64(journal.size, 6);
        CHECK(!digest_equal(&lock.root, digest_slice(&journal.root)));
        CHECK(same_as(&f, "new/checkpoint", lock.text));
        CHECK(same_as(&f, "log/checkpoint", journal.text));
    }
    buffer_done(&a);
    buffer_done(&b);
    fixture_end(&f);
}

static void a_longer_other_history_leaves_the_checkpoints_of_both(void)
{
    struct fixture f;
    struct note lock, journal;
    struct buffer a = buffer_new(NOTE_MAX_BYTES), b = buffer_new(NOTE_MAX_BYTES);
    grown(&f);
    moment_journal(&f, "old");
    moment_log(&f, "old");
    moment_lock(&f, "old");
    post_and_close(&f, 3);
    post_and_close(&f, 4);
    moment_lock(&f, "new");
    CHECK_STATUS(fixture_open(&f, T0), FAIL(FORK));
    if (verifies(&f, kept(&f, "lock.note", &a), &lock) &&
        verifies(&f, kept(&f, "journal.note", &b), &journal)) {
        CHECK_U64(lock.size, 6);
        CHECK_U64(journal.size, 9);
    }
    buffer_done(&a);
    buffer_done(&b);
    fixture_end(&f);
}

/* journal.db alone was put back: what is published is of the lock's history. */
static void where_nothing_signed_is_the_journals_what_it_holds_is_kept_unsigned(void)
{
    struct fixture f;
    struct note note;
    struct buffer a = buffer_new(NOTE_MAX_BYTES), b = buffer_new(NOTE_MAX_BYTES);
    grown(&f);
    moment_journal(&f, "old");
    CHECK_STATUS(fixture_open(&f, T0), FAIL(FORK));
    if (verifies(&f, kept(&f, "lock.note", &a), &note))
        CHECK_U64(note.size, 6);
    CHECK_U64(kept(&f, "journal.note", &b).length, 0);
    struct slice text = kept(&f, "journal.unsigned", &b);
    struct buffer old = buffer_new(NOTE_MAX_BYTES);
    char path[192];
    path_of(&f, "old/checkpoint", path);
    CHECK_OK(file_read(path, &old));
    if (CHECK_OK(note_parse(buffer_slice(&old), &note)))
        CHECK(slice_equal(text, note.body));
    buffer_done(&old);
    buffer_done(&a);
    buffer_done(&b);
    fixture_end(&f);
}

/* A backup was copied into the journal's folder, with the checkpoint that lay beside it. */
static void the_checkpoint_of_a_backup_in_the_journals_folder_counts(void)
{
    struct fixture f;
    struct note note;
    struct buffer a = buffer_new(NOTE_MAX_BYTES);
    grown(&f);
    moment_journal(&f, "old");
    copy_as(&f, "old/checkpoint", "journal/checkpoint");
    CHECK_STATUS(fixture_open(&f, T0), FAIL(FORK));
    if (verifies(&f, kept(&f, "journal.note", &a), &note))
        CHECK_U64(note.size, 3);
    buffer_done(&a);
    fixture_end(&f);
}

/* A third history was published: that says nothing of what the journal holds. */
static void a_checkpoint_that_the_journal_does_not_give_is_not_the_journals(void)
{
    struct fixture f;
    struct buffer a = buffer_new(NOTE_MAX_BYTES);
    grown(&f);
    moment_lock(&f, "old");
    moment_journal(&f, "old");
    moment_log(&f, "old");
    post_and_close(&f, 4);
    moment_keep(&f, "third");
    moment_lock(&f, "old");
    moment_journal(&f, "old");
    moment_log(&f, "old");
    post_and_close(&f, 3);
    moment_log(&f, "third");
    moment_lock(&f, "new");
    CHECK_STATUS(fixture_open(&f, T0), FAIL(FORK));
    CHECK(kept(&f, "lock.note", &a).length > 0);
    CHECK_U64(kept(&f, "journal.note", &a).length, 0);
    CHECK(kept(&f, "journal.unsigned", &a).length > 0);
    buffer_done(&a);
    fixture_end(&f);
}

/* The lock has moved beside a gateway that works: what that signed last is the other side. */
static void a_lock_that_moved_meanwhile_signs_nothing_and_leaves_both(void)
{
    struct fixture f;
    struct letter l;
    struct note lock, journal;
    char path[192];
    struct arena *arena = arena_new(1 << 20);
    struct text_files files = {NULL, 0};
    fixture_begin(&f);
    struct journal *j = f.journal;
    const struct lock_state other = {.size = 7, .root = {{7}}};
    pthread_mutex_lock(&j->mutex); /* its thread waits for work */
    CHECK_OK(lock_move(j->lock, j->origin, &j->locked, &other, (struct slice){NULL, 0}));
    pthread_mutex_unlock(&j->mutex);
    letter_write(&l, 1, 1);
    struct journal_result *r = post_one(&f, &l.posting);
    CHECK(failed(r->status));
    CHECK(journal_dead(j));
    journal_result_free(r);
    path_of(&f, "forks", path);
    if (CHECK_OK(folder_read(arena, path, 10, &files)) && CHECK_U64(files.count, 2) &&
        verifies(&f, files.at[0].text, &journal) && verifies(&f, files.at[1].text, &lock)) {
        CHECK_U64(journal.size, 1);
        CHECK_U64(lock.size, 7);
    }
    arena_free(arena);
    fixture_end(&f);
}

static void without_a_lock_there_is_nothing_to_keep(void)
{
    struct fixture f;
    grown(&f);
    CHECK(unlink(f.lock) == 0);
    CHECK_STATUS(fixture_open(&f, T0), FAIL(FORK));
    CHECK(strstr(f.error, "has never seen this log") != NULL);
    CHECK_U64(kept_count(&f), 0);
    fixture_end(&f);
}

static void a_full_folder_takes_no_more_and_the_refusal_stands(void)
{
    struct fixture f;
    char path[192], below[32];
    grown(&f);
    path_of(&f, "forks", path);
    CHECK_OK(folder_make(path, 0700));
    for (int i = 0; i < 63; i++) {
        snprintf(below, sizeof below, "forks/%d", i);
        copy_as(&f, "old/checkpoint", below);
    }
    moment_journal(&f, "old");
    CHECK_STATUS(fixture_open(&f, T0), FAIL(FORK));
    CHECK(strstr(f.error, "could not be kept: full") != NULL);
    CHECK_U64(kept_count(&f), 63);
    path_of(&f, "forks/0", path);
    CHECK(unlink(path) == 0);
    CHECK_STATUS(fixture_open(&f, T0), FAIL(FORK));
    CHECK(strstr(f.error, "are kept as ") != NULL);
    CHECK_U64(kept_count(&f), 64);
    fixture_end(&f);
}

TESTS(journal_forks,
      {"a journal rolled back leaves what was signed before and after",
       a_journal_rolled_back_leaves_what_was_signed_before_and_after},
      {"another history leaves the checkpoints of both",
       another_history_leaves_the_checkpoints_of_both},
      {"a longer other history leaves the checkpoints of both",
       a_longer_other_history_leaves_the_checkpoints_of_both},
      {"where nothing signed is the journals what it holds is kept unsigned",
       where_nothing_signed_is_the_journals_what_it_holds_is_kept_unsigned},
      {"the checkpoint of a backup in the journals folder counts",
       the_checkpoint_of_a_backup_in_the_journals_folder_counts},
      {"a checkpoint that the journal does not give is not the journals",
       a_checkpoint_that_the_journal_does_not_give_is_not_the_journals},
      {"a lock that moved meanwhile signs nothing and leaves both",
       a_lock_that_moved_meanwhile_signs_nothing_and_leaves_both},
      {"without a lock there is nothing to keep", without_a_lock_there_is_nothing_to_keep},
      {"a full folder takes no more and the refusal stands",
       a_full_folder_takes_no_more_and_the_refusal_stands})
