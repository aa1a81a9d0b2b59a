#include "foreign.h"
#include "stand.h"
#include "watch.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"

/* A backup in the place of a lost journal: the log goes on as one history. */

static struct status fetched(struct stand *s, uint64_t n)
{
    struct letter l;
    letter_write(&l, n, 1);
    return fetch_status(&s->f, &l);
}

static uint64_t release_number(struct stand *s, uint64_t n)
{
    struct journal_reader *reader = NULL;
    struct letter l;
    struct delivery d;
    struct release release = {0};
    struct arena *a = arena_new(1 << 20);
    letter_write(&l, n, 1);
    const struct message_key key = letter_key(&l);
    CHECK_OK(journal_reader_open(s->f.journal, &reader));
    CHECK_OK(journal_fetch(reader, a, &key, 0, &d));
    CHECK_OK(release_parse(a, d.release, &release));
    uint64_t number = release.number;
    journal_reader_close(reader);
    arena_free(a);
    return number;
}

static uint64_t restored_size(struct stand *s)
{
    struct journal_reader *reader = NULL;
    uint64_t size = 99;
    CHECK_OK(journal_reader_open(s->f.journal, &reader));
    CHECK_OK(journal_restored(reader, &size));
    journal_reader_close(reader);
    return size;
}

static uint64_t signed_size(struct stand *s)
{
    struct journal_health h;
    journal_health(s->f.journal, &h);
    return h.signed_size;
}

static void the_log_goes_on_where_the_published_one_ends(void)
{
    const uint64_t after = 300; /* over the edge of a bundle */
    struct stand s;
    stand_begin(&s, after);
    CHECK_OK(stand_restore(&s, false));
    CHECK_U64(s.outcome.backup.size, FIRST + BEFORE);
    CHECK_U64(s.outcome.signed_size, FIRST + BEFORE + after + 1); /* with the stop entry */
    CHECK_U64(s.outcome.lost, after + 1);
    CHECK_U64(s.outcome.missing, 0);
    CHECK(is_there(s.outcome.aside, "journal.db"));
    CHECK(!is_there(s.f.path, "restoring"));
    CHECK_OK(fixture_open(&s.f, T0 + 30000));
    CHECK_TEXT(s.f.error, "");
    CHECK_U64(signed_size(&s), s.outcome.signed_size + 2); /* the start, and that it was restored */
    CHECK_U64(restored_size(&s), s.outcome.signed_size);
    CHECK_OK(fetched(&s, BEFORE));
    CHECK_STATUS(fetched(&s, BEFORE + 1), FAIL(ABSENT));
    letters_post(&s.f, BEFORE + 1, BEFORE + 2);
    CHECK_OK(fetched(&s, BEFORE + 1));
    CHECK_U64(check_whole(&s.f), s.outcome.signed_size + 2 + 2 + 1);
    CHECK_OK(fixture_open(&s.f, T0 + 40000)); /* it tells of it once */
    CHECK_U64(check_whole(&s.f), s.outcome.signed_size + 2 + 2 + 1 + 2);
    fixture_end(&s.f);
}

static void no_number_is_given_twice(void)
{
    struct stand s;
    struct letter l;
    uint64_t given;
    stand_begin(&s, 0);
    CHECK_OK(fixture_open(&s.f, T0));
    letters_post(&s.f, BEFORE + 1, BEFORE + 4);
    given = release_number(&s, BEFORE + 4);
    CHECK_U64(given, BEFORE + 4);
    letter_write(&l, 90, 2); /* a thread that the backup does not know */
    CHECK_OK(post_status(&s.f, &l.posting));
    fixture_close(&s.f);
    CHECK_OK(stand_restore(&s, false));
    CHECK_OK(fixture_open(&s.f, T0 + 30000));
    letters_post(&s.f, 91, 92);
    CHECK(release_number(&s, 91) > given);
    CHECK_U64(release_number(&s, 92), release_number(&s, 91) + 1);
    letter_write(&l, 93, 2);
    CHECK_OK(post_status(&s.f, &l.posting));
    CHECK(release_number(&s, 93) > 1);
    letter_write(&l, 94, 3);
    CHECK_OK(post_status(&s.f, &l.posting));
    CHECK(release_number(&s, 94) > 1);
    CHECK_U64(release_number(&s, 93), release_number(&s, 94)); /* both began behind what was lost */
    fixture_end(&s.f);
}

static size_t overdue(struct stand *s, uint64_t now_ms)
{
    struct journal_reader *reader = NULL;
    struct delivery *rows;
    size_t count = 99;
    struct arena *a = arena_new(1 << 20);
    CHECK_OK(journal_reader_open(s->f.journal, &reader));
    CHECK_OK(journal_overdue(reader, a, now_ms, 100, &rows, &count));
    journal_reader_close(reader);
    arena_free(a);
    return count;
}

/* What was taken in time is told again by who took it: given up at once it would be told wrong. */
static void nothing_is_given_up_before_peers_had_a_day(void)
{
    const uint64_t day_ms = 86400000;
    struct stand s = {0};
    struct letter out, in;
    fixture_begin(&s.f);
    CHECK_OK(vkey_parse(slice_text(s.f.vkey), &s.key));
    snprintf(s.backup, sizeof s.backup, "%s/backup", s.f.root);
    letters_post(&s.f, 1, BEFORE);
    letter_out(&out, BEFORE + 1);
    CHECK_OK(post_status(&s.f, &out.posting));
    letter_in(&in, BEFORE + 2);
    CHECK_OK(post_status(&s.f, &in.posting));
    stand_backup(&s);
    fixture_close(&s.f);
    s.now_ms = T0 + 60 * day_ms; /* after everything has expired */
    CHECK_OK(stand_restore(&s, false));
    CHECK_OK(fixture_open(&s.f, s.now_ms));
    CHECK_U64(overdue(&s, s.now_ms), BEFORE + 1); /* of what no peer was given none can tell */
    CHECK_U64(overdue(&s, s.now_ms + day_ms), BEFORE + 1);
    CHECK_U64(overdue(&s, s.now_ms + day_ms + 1), BEFORE + 2);
    fixture_end(&s.f);
}

/* Ends as a machine does that loses its power: lock and backup are of one size. */
static void leave_at_once(struct stand *s)
{
    if (failed(fixture_open(&s->f, T0)))
        _exit(1);
    letters_post(&s->f, 1, BEFORE);
    stand_backup(s);
    _exit(0);
}

static void a_backup_that_lacks_nothing_is_put_in_place(void)
{
    struct stand s = {0};
    int state = 0;
    fixture_make(&s.f);
    CHECK_OK(vkey_parse(slice_text(s.f.vkey), &s.key));
    snprintf(s.backup, sizeof s.backup, "%s/backup", s.f.root);
    pid_t child = fork();
    if (child == 0)
        leave_at_once(&s);
    CHECK(waitpid(child, &state, 0) == child && WIFEXITED(state) && WEXITSTATUS(state) == 0);
    CHECK_OK(folder_remove(s.f.log)); /* it is not needed */
    CHECK_OK(stand_restore(&s, false));
    CHECK_U64(s.outcome.signed_size, s.outcome.backup.size);
    CHECK_U64(s.outcome.lost, 0);
    CHECK(is_there(s.outcome.aside, "journal.db-wal")); /* beside the new one it would be read */
    CHECK(!is_there(s.f.path, "journal.db-wal"));
    CHECK_OK(fixture_open(&s.f, T0 + 30000));
    CHECK_U64(restored_size(&s), s.outcome.signed_size);
    CHECK_OK(fetched(&s, BEFORE));
    CHECK_U64(check_whole(&s.f), s.outcome.signed_size + 3);
    fixture_end(&s.f);
}

static void a_journal_that_is_gone_altogether_is_made_again(void)
{
    struct stand s;
    stand_begin(&s, 3);
    CHECK_OK(folder_remove(s.f.path));
    CHECK_OK(stand_restore(&s, false));
    CHECK_TEXT(s.outcome.aside, "");
    CHECK_OK(fixture_open(&s.f, T0 + 30000));
    CHECK_OK(fetched(&s, BEFORE));
    (void)check_whole(&s.f);
    fixture_end(&s.f);
}

static void a_dry_run_tells_the_same_and_changes_nothing(void)
{
    struct stand s;
    stand_begin(&s, 3);
    const struct digest before = stand_digest(&s);
    CHECK_OK(stand_restore(&s, true));
    CHECK_U64(s.outcome.lost, 4);
    CHECK_TEXT(s.outcome.aside, "");
    CHECK(!is_there(s.f.path, "restoring"));
    const struct digest after = stand_digest(&s);
    CHECK(digest_equal(&after, digest_slice(&before)));
    CHECK_OK(fixture_open(&s.f, T0 + 30000));
    CHECK_OK(fetched(&s, BEFORE + 3));
    CHECK_U64(restored_size(&s), 0);
    fixture_end(&s.f);
}

static void restored_twice_nothing_is_lost_of_either(void)
{
    struct stand s;
    char aside[RESTORE_PATH_BYTES];
    stand_begin(&s, 3);
    CHECK_OK(stand_restore(&s, false));
    snprintf(aside, sizeof aside, "%s", s.outcome.aside);
    CHECK_OK(stand_restore(&s, false)); /* in the same second */
    CHECK(strcmp(aside, s.outcome.aside) != 0);
    CHECK(is_there(aside, "journal.db") && is_there(s.outcome.aside, "journal.db"));
    CHECK_OK(fixture_open(&s.f, T0 + 30000));
    letters_post(&s.f, 20, 21);
    fixture_close(&s.f);
    CHECK_OK(stand_restore(&s, false)); /* and what was restored is restored again */
    CHECK_U64(s.outcome.lost, 4 + 2 + 2 + 1);
    CHECK_OK(fixture_open(&s.f, T0 + 40000));
    CHECK_U64(restored_size(&s), s.outcome.signed_size);
    (void)check_whole(&s.f);
    fixture_end(&s.f);
}

/* Killed between two files: a write-ahead log apart from its database is of no use to anybody. */
static void cut_off_while_it_lays_aside_it_goes_on_with_the_same_folder(void)
{
    struct stand s;
    char folder[160], mark[160], path[256], inside[256];
    stand_begin(&s, 1);
    snprintf(folder, sizeof folder, "%s/journal.before-restore-begun", s.f.path);
    CHECK(mkdir(folder, 0700) == 0);
    snprintf(mark, sizeof mark, "%s/journal.switching", s.f.path);
    CHECK_OK(file_write(mark, slice_text(folder), 0600));
    snprintf(path, sizeof path, "%s/journal.db-wal", s.f.path);
    CHECK_OK(file_write(path, slice_text("what was written last"), 0600));
    snprintf(path, sizeof path, "%s/journal.db", s.f.path);
    snprintf(inside, sizeof inside, "%s/journal.db", folder);
    CHECK(rename(path, inside) == 0);
    CHECK_OK(stand_restore(&s, false));
    CHECK_TEXT(s.outcome.aside, folder);
    CHECK(is_there(folder, "journal.db"));
    CHECK(is_there(folder, "journal.db-wal"));
    CHECK(!is_there(s.f.path, "journal.switching"));
    CHECK_OK(file_write(mark, slice_text(folder), 0600)); /* killed once more */
    CHECK_OK(stand_restore(&s, false));
    CHECK(strcmp(s.outcome.aside, folder) != 0); /* the old one stays what it is */
    CHECK_OK(fixture_open(&s.f, T0 + 30000));
    CHECK_TEXT(s.f.error, "");
    fixture_end(&s.f);
}

TESTS(journal_restore,
      {"the log goes on where the published one ends",
       the_log_goes_on_where_the_published_one_ends},
      {"no number is given twice", no_number_is_given_twice},
      {"nothing is given up before peers had a day", nothing_is_given_up_before_peers_had_a_day},
      {"a backup that lacks nothing is put in place", a_backup_that_lacks_nothing_is_put_in_place},
      {"a journal that is gone altogether is made again",
       a_journal_that_is_gone_altogether_is_made_again},
      {"a dry run tells the same and changes nothing",
       a_dry_run_tells_the_same_and_changes_nothing},
      {"restored twice, nothing is lost of either", restored_twice_nothing_is_lost_of_either},
      {"cut off while it lays aside it goes on with the same folder",
       cut_off_while_it_lays_aside_it_goes_on_with_the_same_folder})
