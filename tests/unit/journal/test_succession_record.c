#include "years.h"

#include "base/encoding.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void lock_lose(const struct years *y)
{
    static const char *const names[] = {"lock.db", "lock.db-wal", "lock.db-shm"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char path[128];
        path_in(y, names[i], path);
        (void)unlink(path);
    }
}

/* Reads "closed at N root "R"" out of the sentence, as the authorities would. */
static void take_end(struct years *y)
{
    static const char closed[] = "closed at ", root[] = " root \"";
    size_t length = 0;
    const char *at = strstr(y->f.error, closed);
    if (!CHECK(at != NULL))
        return;
    const struct slice size = slice_part(slice_text(at), sizeof closed - 1, SIZE_MAX);
    const size_t digits = slice_find(size, ' ');
    const struct slice text = slice_part(size, digits + sizeof root - 1, 44);
    y->before.is_closed = true;
    CHECK(decimal_read(slice_part(size, 0, digits), INT64_MAX, &y->before.size));
    CHECK(base64_read(text, y->before.root.octets, 32, &length));
}

static void a_lost_lock_is_mended_by_a_record_and_by_nothing_else(void)
{
    struct years y;
    years_begin(&y);
    years_post(&y, 1, 5);
    fixture_close(&y.f);
    lock_lose(&y);
    CHECK_STATUS(fixture_open(&y.f, T0), FAIL(FORK));
    CHECK(strstr(y.f.error, "has never seen this log; nothing may be signed") != NULL);
    years_succeed(&y, OLD, NEXT);
    CHECK_STATUS(fixture_open(&y.f, T0), FAIL(FORK));
    CHECK(strstr(y.f.error, "the lock database does not vouch for the log " OLD) != NULL);
    take_end(&y);
    CHECK_U64(y.before.size, 6);
    y.before.root.octets[0] ^= 1; /* another history than the journal's */
    CHECK_STATUS(fixture_open(&y.f, T0), FAIL(FORK));
    CHECK(strstr(y.f.error, "by the directory the log " OLD " is closed at 6") != NULL);
    y.before.root.octets[0] ^= 1;
    y.before.size--; /* or a shorter one */
    CHECK_STATUS(fixture_open(&y.f, T0), FAIL(FORK));
    y.before.size++;
    CHECK_OK(fixture_open(&y.f, T0));
    years_post(&y, 5, 6);
    years_close_rows(&y);
    check_proved(&y, 4, OLD);
    check_proved(&y, 5, NEXT);
    fixture_end(&y.f);
}

/* The journal is an older one, and the entries after it are nowhere. */
static void fork_begin(struct years *y)
{
    years_begin(y);
    years_post(y, 1, 3);
    fixture_close(&y->f);
    years_copy(y, "journal/journal.db", "older");
    CHECK_OK(fixture_open(&y->f, T0));
    years_post(y, 3, 6);
    fixture_close(&y->f);
    years_copy(y, "older", "journal/journal.db");
    CHECK_STATUS(fixture_open(&y->f, T0), FAIL(FORK));
}

static void a_log_that_forked_is_closed_where_the_record_says(void)
{
    struct years y;
    fork_begin(&y);
    years_succeed(&y, OLD, NEXT);
    CHECK_STATUS(fixture_open(&y.f, T0), FAIL(FORK));
    take_end(&y);
    CHECK_U64(y.before.size, 4);
    CHECK_OK(fixture_open(&y.f, T0));
    years_close_rows(&y);
    check_proved(&y, 2, OLD);
    fixture_close(&y.f);
    CHECK_U64(verified_size(&y, "log/log", 0), 4);
    fixture_end(&y.f);
}

static void under_another_key_the_published_checkpoint_ends_the_log(void)
{
    static const uint8_t seed[32] = {7};
    struct years y;
    struct key *other = NULL;
    char path[128];
    years_begin(&y);
    years_post(&y, 1, 3);
    fixture_close(&y.f);
    years_succeed(&y, OLD, NEXT);
    CHECK_OK(key_from_seed(seed, &other));
    const struct key *own = y.f.settings.log_key;
    y.f.settings.log_key = other;
    path_in(&y, "log/checkpoint", path);
    years_copy(&y, "log/checkpoint", "checkpoint.kept");
    CHECK(unlink(path) == 0);
    CHECK_STATUS(fixture_open(&y.f, T0), FAIL(CONFIG));
    CHECK(strstr(y.f.error, "there is no checkpoint of the log " OLD) != NULL);
    CHECK(strstr(y.f.error, "Set log.former_key") != NULL);
    y.f.settings.former_key = other; /* that is not its key either */
    CHECK_STATUS(fixture_open(&y.f, T0), FAIL(CONFIG));
    y.f.settings.former_key = NULL;
    years_copy(&y, "checkpoint.kept", "log/checkpoint");
    CHECK_OK(fixture_open(&y.f, T0));
    check_proved(&y, 2, OLD);
    fixture_close(&y.f);
    CHECK_U64(verified_size(&y, "log/log", 0), 4);
    y.f.settings.log_key = own;
    key_free(other);
    fixture_end(&y.f);
}

/* What was published last is of the history that is none any more. */
static void under_another_key_a_forked_log_ends_with_its_own(void)
{
    static const uint8_t seed[32] = {7};
    struct years y;
    struct key *other = NULL;
    fork_begin(&y);
    CHECK_OK(key_from_seed(seed, &other));
    const struct key *own = y.f.settings.log_key;
    y.f.settings.log_key = other;
    years_succeed(&y, OLD, NEXT);
    CHECK_STATUS(fixture_open(&y.f, T0), FAIL(FORK));
    take_end(&y);
    CHECK_STATUS(fixture_open(&y.f, T0), FAIL(CONFIG));
    y.f.settings.former_key = own;
    CHECK_OK(fixture_open(&y.f, T0));
    years_close_rows(&y);
    check_proved(&y, 2, OLD);
    fixture_close(&y.f);
    CHECK_U64(verified_size(&y, "log/log", 0), 4);
    y.f.settings.log_key = own;
    y.f.settings.former_key = NULL;
    key_free(other);
    fixture_end(&y.f);
}

/* ---- a journal that does not say whose log it holds ---- */

static void name_lose(const struct years *y)
{
    char path[128];
    sqlite3 *db = NULL;
    path_in(y, "journal/journal.db", path);
    CHECK(sqlite3_open(path, &db) == SQLITE_OK);
    CHECK(sqlite3_exec(db, "DELETE FROM log", NULL, NULL, NULL) == SQLITE_OK);
    CHECK_U64((uint64_t)sqlite3_changes(db), 1);
    sqlite3_close(db);
}

/* As one that was made before it did. While the lock is away nothing vouches for a name, and a
 * name that was guessed then would be believed once it is back. */
static void a_name_is_written_once_something_vouches_for_it(void)
{
    struct years y;
    years_begin(&y);
    years_post(&y, 1, 3);
    fixture_close(&y.f);
    name_lose(&y);
    years_copy(&y, "lock.db", "lock.kept");
    lock_lose(&y);
    CHECK_STATUS(fixture_open(&y.f, T0), FAIL(FORK));
    years_succeed(&y, OLD, NEXT);
    CHECK_STATUS(fixture_open(&y.f, T0), FAIL(FORK));
    y.f.settings.before = NULL;
    CHECK_STATUS(fixture_open(&y.f, T0), FAIL(FORK));
    lock_lose(&y);
    years_copy(&y, "lock.kept", "lock.db");
    y.f.settings.origin = OLD;
    CHECK_OK(fixture_open(&y.f, T0));
    years_post(&y, 3, 4);
    fixture_close(&y.f);
    years_succeed(&y, OLD, NEXT);
    CHECK_OK(fixture_open(&y.f, T0));
    years_close_rows(&y);
    check_proved(&y, 3, OLD);
    fixture_end(&y.f);
}

static void a_log_without_a_name_ends_as_the_lock_or_the_record_says(void)
{
    for (unsigned i = 0; i < 2; i++) {
        struct years y;
        years_begin(&y);
        years_post(&y, 1, 3);
        fixture_close(&y.f);
        name_lose(&y);
        years_succeed(&y, OLD, NEXT);
        if (i == 1) {
            lock_lose(&y);
            CHECK_STATUS(fixture_open(&y.f, T0), FAIL(FORK));
            take_end(&y);
        }
        CHECK_OK(fixture_open(&y.f, T0));
        years_close_rows(&y);
        check_proved(&y, 2, OLD);
        fixture_close(&y.f);
        CHECK_U64(verified_size(&y, "log/log", 0), 4);
        fixture_end(&y.f);
    }
}

TESTS(journal_succession_record,
      {"a lost lock is mended by a record and by nothing else",
       a_lost_lock_is_mended_by_a_record_and_by_nothing_else},
      {"a log that forked is closed where the record says",
       a_log_that_forked_is_closed_where_the_record_says},
      {"under another key the published checkpoint ends the log",
       under_another_key_the_published_checkpoint_ends_the_log},
      {"under another key a forked log ends with its own",
       under_another_key_a_forked_log_ends_with_its_own},
      {"a name is written once something vouches for it",
       a_name_is_written_once_something_vouches_for_it},
      {"a log without a name ends as the lock or the record says",
       a_log_without_a_name_ends_as_the_lock_or_the_record_says})
