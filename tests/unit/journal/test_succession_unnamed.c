#include "years.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Journals of version 7 and before, which do not say which log they hold. The lock database or the
 * directory's record does, and until one of them has, nothing is written that would stay. */

static void run(struct years *y, const char *sql)
{
    sqlite3 *db = NULL;
    char path[128];
    path_in(y, "journal/journal.db", path);
    CHECK(sqlite3_open(path, &db) == SQLITE_OK);
    CHECK(sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK);
    sqlite3_close(db);
}

/* As version 7 left it. */
static void take_name(struct years *y)
{
    run(y, "DROP INDEX entry_open; DROP TABLE log; PRAGMA user_version = 7;");
}

/* What the journal says that its log of this number is; "" where it says nothing. */
static void check_name(struct years *y, int number, const char *origin)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *s = NULL;
    char path[128];
    path_in(y, "journal/journal.db", path);
    CHECK(sqlite3_open(path, &db) == SQLITE_OK);
    CHECK(sqlite3_prepare_v2(db, "SELECT coalesce(max(origin), '') FROM log WHERE number = ?", -1,
                             &s, NULL) == SQLITE_OK);
    CHECK(sqlite3_bind_int(s, 1, number) == SQLITE_OK);
    if (CHECK(sqlite3_step(s) == SQLITE_ROW))
        CHECK_TEXT((const char *)sqlite3_column_text(s, 0), origin);
    sqlite3_finalize(s);
    sqlite3_close(db);
}

/* The file system of the lock is away, and what is made where it was is nothing. */
static void check_refused_without_lock(struct years *y)
{
    years_copy(y, "lock.db", "lock.kept");
    for (int i = 0; i < 2; i++) {
        years_lose_lock(y);
        CHECK_STATUS(fixture_open(&y->f, T0), FAIL(FORK));
        CHECK(strstr(y->f.error, "does not say which log it holds") != NULL);
        CHECK(strstr(y->f.error, "nothing may be signed") != NULL);
        check_name(y, 0, "");
    }
    years_lose_lock(y);
    years_copy(y, "lock.kept", "lock.db");
}

static void the_configured_log_goes_on_once_the_lock_is_back(void)
{
    struct years y;
    years_begin_in(&y, NEXT);
    years_post(&y, 1, 3);
    fixture_close(&y.f);
    take_name(&y);
    years_succeed(&y, OLD, NEXT); /* that was in an earlier journal */
    check_refused_without_lock(&y);
    CHECK_OK(fixture_open(&y.f, T0));
    years_post(&y, 3, 4);
    check_proved(&y, 2, NEXT);
    fixture_close(&y.f);
    check_name(&y, 0, NEXT);
    fixture_end(&y.f);
}

static void the_next_log_follows_once_the_lock_is_back(void)
{
    struct years y;
    years_begin(&y);
    years_post(&y, 1, 3);
    fixture_close(&y.f);
    take_name(&y);
    years_succeed(&y, OLD, NEXT);
    check_refused_without_lock(&y);
    y.f.settings.before = NULL; /* the directory does not name it yet */
    check_refused_without_lock(&y);
    years_succeed(&y, OLD, NEXT);
    CHECK_OK(fixture_open(&y.f, T0));
    years_post(&y, 3, 4);
    check_proved(&y, 2, OLD);
    check_proved(&y, 3, NEXT);
    fixture_close(&y.f);
    check_name(&y, 0, OLD);
    check_name(&y, 1, NEXT);
    CHECK_U64(verified_size(&y, "log/log", 0), 4);
    fixture_end(&y.f);
}

static void where_the_lock_is_lost_the_record_says_it(void)
{
    struct years y;
    years_begin(&y);
    years_post(&y, 1, 3);
    fixture_close(&y.f);
    const struct lock_state end = years_signed(&y, OLD);
    take_name(&y);
    years_lose_lock(&y);
    years_succeed(&y, OLD, NEXT);
    y.before.is_closed = true;
    y.before.size = end.size - 1;
    y.before.root = end.root;
    CHECK_STATUS(fixture_open(&y.f, T0), FAIL(FORK));
    check_name(&y, 0, "");
    y.before.size = end.size;
    CHECK_OK(fixture_open(&y.f, T0));
    check_proved(&y, 2, OLD);
    fixture_close(&y.f);
    check_name(&y, 0, OLD);
    fixture_end(&y.f);
}

/* As where log.origin is mistyped: no closing, which would be for ever, is asked for. */
static void where_the_lock_holds_another_log_that_is_named(void)
{
    struct years y;
    years_begin(&y);
    years_post(&y, 1, 3);
    fixture_close(&y.f);
    take_name(&y);
    y.f.settings.origin = NEXT;
    CHECK_STATUS(fixture_open(&y.f, T0), FAIL(CONFIG));
    CHECK(strstr(y.f.error, "the lock database holds the log " OLD) != NULL);
    check_name(&y, 0, "");
    y.f.settings.origin = OLD;
    CHECK_OK(fixture_open(&y.f, T0));
    check_proved(&y, 2, OLD);
    fixture_end(&y.f);
}

/* The next log has begun and nothing is signed in it: entries of the former are none of it. */
static void an_older_copy_is_not_taken_for_the_log_that_has_begun(void)
{
    struct years y;
    struct lock *lock = NULL;
    years_begin(&y);
    years_post(&y, 1, 3);
    fixture_close(&y.f);
    take_name(&y);
    years_copy(&y, "journal/journal.db", "older");
    CHECK_OK(fixture_open(&y.f, T0));
    years_post(&y, 3, 5);
    fixture_close(&y.f);
    take_name(&y);
    years_copy(&y, "journal/journal.db", "newest");
    const struct lock_state end = years_signed(&y, OLD);
    CHECK_OK(lock_open(y.f.lock, &lock));
    CHECK_OK(lock_succeed(lock, OLD, &end, NEXT));
    lock_close(lock);
    years_succeed(&y, OLD, NEXT);
    years_copy(&y, "older", "journal/journal.db");
    CHECK_STATUS(fixture_open(&y.f, T0), FAIL(FORK));
    check_name(&y, 0, "");
    years_copy(&y, "newest", "journal/journal.db");
    CHECK_OK(fixture_open(&y.f, T0));
    check_proved(&y, 4, OLD);
    fixture_close(&y.f);
    check_name(&y, 0, OLD);
    check_name(&y, 1, NEXT);
    fixture_end(&y.f);
}

/* The file system of the journal is away at the change of the year. */
static void an_empty_journal_does_not_begin_the_next_log(void)
{
    struct years y;
    char path[128];
    years_begin(&y);
    years_post(&y, 1, 3);
    fixture_close(&y.f);
    years_copy(&y, "journal/journal.db", "newest");
    path_in(&y, "journal/journal.db", path);
    CHECK(unlink(path) == 0);
    years_succeed(&y, OLD, NEXT);
    CHECK_STATUS(fixture_open(&y.f, T0), FAIL(FORK));
    CHECK(strstr(y.f.error, "is empty, but the lock database holds 4 entries") != NULL);
    CHECK_U64(years_signed(&y, NEXT).size, 0);
    years_copy(&y, "newest", "journal/journal.db");
    CHECK_OK(fixture_open(&y.f, T0));
    check_proved(&y, 2, OLD);
    fixture_end(&y.f);
}

TESTS(journal_succession_unnamed,
      {"an empty journal does not begin the next log",
       an_empty_journal_does_not_begin_the_next_log},
      {"the configured log goes on once the lock is back",
       the_configured_log_goes_on_once_the_lock_is_back},
      {"the next log follows once the lock is back", the_next_log_follows_once_the_lock_is_back},
      {"where the lock is lost the record says it", where_the_lock_is_lost_the_record_says_it},
      {"where the lock holds another log, that is named",
       where_the_lock_holds_another_log_that_is_named},
      {"an older copy is not taken for the log that has begun",
       an_older_copy_is_not_taken_for_the_log_that_has_begun})
