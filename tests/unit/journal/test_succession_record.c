#include "years.h"

#include "base/encoding.h"

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

static void a_log_that_forked_is_closed_where_the_record_says(void)
{
    struct years y;
    years_begin(&y);
    years_post(&y, 1, 3);
    fixture_close(&y.f);
    years_copy(&y, "journal/journal.db", "older");
    CHECK_OK(fixture_open(&y.f, T0));
    years_post(&y, 3, 6);
    fixture_close(&y.f);
    years_copy(&y, "older", "journal/journal.db"); /* and the entries after it are nowhere */
    CHECK_STATUS(fixture_open(&y.f, T0), FAIL(FORK));
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
    CHECK_STATUS(fixture_open(&y.f, T0), FAIL(ABSENT));
    CHECK(strstr(y.f.error, "there is no checkpoint of the log " OLD) != NULL);
    years_copy(&y, "checkpoint.kept", "log/checkpoint");
    CHECK_OK(fixture_open(&y.f, T0));
    check_proved(&y, 2, OLD);
    fixture_close(&y.f);
    CHECK_U64(verified_size(&y, "log/log", 0), 4);
    y.f.settings.log_key = own;
    key_free(other);
    fixture_end(&y.f);
}

TESTS(journal_succession_record,
      {"a lost lock is mended by a record and by nothing else",
       a_lost_lock_is_mended_by_a_record_and_by_nothing_else},
      {"a log that forked is closed where the record says",
       a_log_that_forked_is_closed_where_the_record_says},
      {"under another key the published checkpoint ends the log",
       under_another_key_the_published_checkpoint_ends_the_log})
