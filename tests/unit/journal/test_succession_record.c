#include "years.h"

#include "base/encoding.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

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
    years_lose_lock(&y);
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

/* The journal is an older one; what is published goes beyond it. */
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
}

/* Begun by a start that then ended for another reason; nothing was signed. One in which something
 * was signed succeeds none. */
static void a_log_that_was_begun_succeeds_while_it_is_empty(void)
{
    const struct lock_state begun[] = {{.root = merkle_root_of(NULL, 0)}, {.size = 1}};
    for (size_t i = 0; i < 2; i++) {
        struct years y;
        struct lock *lock = NULL;
        years_begin(&y);
        years_post(&y, 1, 3);
        fixture_close(&y.f);
        CHECK_OK(lock_open(y.f.lock, &lock));
        CHECK_OK(lock_start(lock, NEXT, &begun[i]));
        lock_close(lock);
        years_succeed(&y, OLD, NEXT);
        if (i == 0) {
            CHECK_OK(fixture_open(&y.f, T0));
            check_proved(&y, 2, OLD);
        } else {
            CHECK_STATUS(fixture_open(&y.f, T0), FAIL(FORK));
            CHECK(strstr(y.f.error, "the log " NEXT " was written before") != NULL);
        }
        fixture_end(&y.f);
    }
}

/* The next log has another key, which key_end frees; the former's is that of the fixture. */
static struct key *key_change(struct years *y)
{
    static const uint8_t seed[32] = {7};
    struct key *other = NULL;
    years_succeed(y, OLD, NEXT);
    CHECK_OK(key_from_seed(seed, &other));
    y->f.settings.log_key = other;
    return other;
}

static void key_end(struct years *y, struct key *other)
{
    y->f.settings.log_key = y->f.log_key;
    key_free(other);
    fixture_end(&y->f);
}

static void a_log_that_forked_is_closed_where_the_record_says(void)
{
    struct years y;
    fork_begin(&y);
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
    struct years y;
    char path[128];
    years_begin(&y);
    years_post(&y, 1, 3);
    fixture_close(&y.f);
    struct key *other = key_change(&y);
    path_in(&y, "log/checkpoint", path);
    years_copy(&y, "log/checkpoint", "checkpoint.kept");
    CHECK(unlink(path) == 0);
    CHECK_STATUS(fixture_open(&y.f, T0), FAIL(CONFIG));
    CHECK(strstr(y.f.error, "there is no checkpoint of the log " OLD) != NULL);
    years_copy(&y, "checkpoint.kept", "log/checkpoint");
    CHECK_OK(fixture_open(&y.f, T0));
    check_proved(&y, 2, OLD);
    fixture_close(&y.f);
    CHECK_U64(verified_size(&y, "log/log", 0), 4);
    key_end(&y, other);
}

/* Where both keys are configured the log is signed to its end, also beyond what was published. */
static void with_the_key_that_it_had_a_log_ends_without_a_published_checkpoint(void)
{
    struct years y;
    years_begin(&y);
    years_post(&y, 1, 3);
    fixture_close(&y.f);
    years_copy(&y, "log/checkpoint", "checkpoint.kept");
    CHECK_OK(fixture_open(&y.f, T0));
    years_post(&y, 3, 5);
    fixture_close(&y.f);
    years_copy(&y, "checkpoint.kept", "log/checkpoint"); /* it was killed before it published */
    struct key *other = key_change(&y);
    y.f.settings.former_key = other; /* that is not the one */
    CHECK(failed(fixture_open(&y.f, T0)));
    CHECK(strstr(y.f.error, "Set log.former_key to the file of its key") != NULL);
    y.f.settings.former_key = y.f.log_key;
    CHECK_OK(fixture_open(&y.f, T0));
    check_proved(&y, 4, OLD);
    fixture_close(&y.f);
    CHECK_U64(verified_size(&y, "log/log", 0), 8);
    y.f.settings.former_key = NULL; /* it is not asked for again */
    CHECK_OK(fixture_open(&y.f, T0));
    check_proved(&y, 4, OLD);
    fixture_close(&y.f);
    key_end(&y, other);
}

static void a_log_that_forked_is_closed_by_the_record_under_another_key(void)
{
    struct years y;
    fork_begin(&y);
    struct key *other = key_change(&y);
    CHECK_STATUS(fixture_open(&y.f, T0), FAIL(FORK));
    take_end(&y);
    CHECK_U64(y.before.size, 4);
    CHECK(failed(fixture_open(&y.f, T0)));
    CHECK(strstr(y.f.error, "there is no checkpoint of the log " OLD) != NULL);
    y.f.settings.former_key = y.f.log_key;
    CHECK_OK(fixture_open(&y.f, T0));
    years_close_rows(&y);
    check_proved(&y, 2, OLD);
    fixture_close(&y.f);
    CHECK_U64(verified_size(&y, "log/log", 0), 4);
    key_end(&y, other);
}

TESTS(journal_succession_record,
      {"a lost lock is mended by a record and by nothing else",
       a_lost_lock_is_mended_by_a_record_and_by_nothing_else},
      {"a log that was begun succeeds while it is empty",
       a_log_that_was_begun_succeeds_while_it_is_empty},
      {"a log that forked is closed where the record says",
       a_log_that_forked_is_closed_where_the_record_says},
      {"under another key the published checkpoint ends the log",
       under_another_key_the_published_checkpoint_ends_the_log},
      {"with the key that it had a log ends without a published checkpoint",
       with_the_key_that_it_had_a_log_ends_without_a_published_checkpoint},
      {"a log that forked is closed by the record under another key",
       a_log_that_forked_is_closed_by_the_record_under_another_key})
