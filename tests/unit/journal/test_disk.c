#include "disk.h"
#include "watch.h"

#include "journal/lock.h"

#include <errno.h>

/* Files whose writing or syncing fails: what is told to whom, and what ends the journal. */

static const struct disk_plan wal_full = {DISK_WRITE, "/journal.db-wal", false, 0, ENOSPC};
static const struct disk_plan log_full = {DISK_WRITE, "/log/", false, 0, ENOSPC};

static void a_full_disk_refuses_and_goes_on_when_there_is_room(void)
{
    struct fixture f;
    struct letter l;
    fixture_begin(&f);
    letter_write(&l, 1, 1);
    disk_plan(&wal_full);
    CHECK_STATUS(post_status(&f, &l.posting), FAIL(FULL));
    CHECK(await_health(&f, health_is_fine)); /* without a floor it may be tried again */
    CHECK_STATUS(post_status(&f, &l.posting), FAIL(FULL));
    CHECK(!journal_dead(f.journal));
    disk_plan(NULL);
    CHECK(await_health(&f, health_is_fine));
    CHECK_STATUS(fetch_status(&f, &l), FAIL(ABSENT));
    CHECK_OK(post_status(&f, &l.posting));
    CHECK_OK(fetch_status(&f, &l));
    CHECK_U64(check_whole(&f), 3);
    fixture_end(&f);
}

static void a_failed_sync_ends_the_journal(void)
{
    static const struct disk_plan plan = {DISK_SYNC, "/journal.db-wal", false, 0, EIO};
    struct fixture f;
    struct letter l;
    fixture_begin(&f);
    letter_write(&l, 1, 1);
    disk_plan(&plan);
    CHECK_STATUS(post_status(&f, &l.posting), FAIL(STORE));
    CHECK(journal_dead(f.journal));
    disk_plan(NULL);
    CHECK_STATUS(journal_post(f.journal, &l.posting, collector_done), FAIL(STORE));
    CHECK_STATUS(journal_admits(f.journal), FAIL(STORE));
    fixture_close(&f);
    CHECK_OK(fixture_open(&f, T0)); /* the next process recovers */
    CHECK_OK(post_status(&f, &l.posting));
    (void)check_whole(&f);
    fixture_end(&f);
}

static void a_lock_that_cannot_be_synced_ends_the_journal(void)
{
    static const struct disk_plan plan = {DISK_SYNC, "/lock.db-wal", false, 0, EIO};
    struct fixture f;
    struct letter l;
    fixture_begin(&f);
    letter_write(&l, 1, 1);
    disk_plan(&plan);
    CHECK_STATUS(post_status(&f, &l.posting), FAIL(STORE));
    CHECK(journal_dead(f.journal));
    disk_plan(NULL);
    CHECK_STATUS(fetch_status(&f, &l), FAIL(ABSENT));
    fixture_end(&f);
}

/* A journal that moves its write-ahead log into the database every few postings. */
static void begin_tidy(struct fixture *f)
{
    fixture_make(f);
    f->settings.wal_max_bytes = 1 << 20;
    CHECK_OK(fixture_open(f, T0));
}

static void a_checkpoint_that_cannot_be_synced_ends_the_journal(void)
{
    static const struct disk_plan plan = {DISK_SYNC, "/journal.db", true, 0, EIO};
    struct fixture f;
    struct letter l;
    uint64_t told = 0;
    begin_tidy(&f);
    disk_plan(&plan);
    for (uint64_t n = 1; n < 100 && disk_struck() == 0; n++) {
        letter_write(&l, n, 1);
        struct status s = post_status(&f, &l.posting);
        told += failed(s) ? 0 : 1;
        CHECK(!failed(s) || s.code == CODE_STORE);
    }
    CHECK(await_death(&f));
    CHECK(told > 0);
    disk_plan(NULL);
    CHECK_STATUS(journal_post(f.journal, &l.posting, collector_done), FAIL(STORE));
    fixture_close(&f);
    CHECK_OK(fixture_open(&f, T0)); /* what was told is there */
    for (uint64_t n = 1; n <= told; n++) {
        letter_write(&l, n, 1);
        CHECK_OK(fetch_status(&f, &l));
    }
    (void)check_whole(&f);
    fixture_end(&f);
}

static void a_lock_whose_log_cannot_be_moved_is_not_believed(void)
{
    static const struct disk_plan plan = {DISK_SYNC, "/lock.db", true, 0, EIO};
    enum { MOVES = 1100 };
    struct fixture f;
    struct lock *lock = NULL;
    struct lock_state from = {0};
    size_t refused = 0;
    fixture_make(&f);
    CHECK_OK(lock_open(f.lock, &lock));
    CHECK_OK(lock_start(lock, "origin", &from));
    disk_plan(&plan);
    for (uint64_t n = 1; n <= MOVES; n++) {
        const struct lock_state to = {.size = n};
        CHECK_OK(lock_move(lock, "origin", &from, &to, (struct slice){0}));
        refused += failed(lock_tidy(lock));
        from = to;
    }
    CHECK(disk_struck() > 0);
    CHECK(refused > 0);
    disk_plan(NULL);
    CHECK_STATUS(lock_tidy(lock), FAIL(STORE)); /* for good */
    lock_close(lock);
    fixture_end(&f);
}

static bool publishing_failed(const struct journal_health *h)
{
    return h->publishing_failed;
}

static void publishing_says_that_it_fails_and_recovers(void)
{
    struct fixture f;
    struct letter l;
    uint64_t size = 0;
    fixture_begin(&f);
    CHECK(await_health(&f, health_is_published));
    disk_plan(&log_full);
    letter_write(&l, 1, 1);
    CHECK_OK(post_status(&f, &l.posting));
    CHECK(await_health(&f, publishing_failed));
    disk_plan(NULL);
    CHECK(await_health(&f, health_is_published)); /* nobody posts meanwhile */
    CHECK(published_log_verifies(&f, &size));
    CHECK_U64(size, 2);
    fixture_end(&f);
}

static void a_log_folder_that_fails_delays_no_receipt(void)
{
    struct fixture f;
    struct letter l;
    fixture_begin(&f);
    disk_plan(&log_full);
    for (uint64_t n = 1; n < 5; n++) {
        letter_write(&l, n, 1);
        CHECK_OK(post_status(&f, &l.posting));
    }
    disk_plan(NULL);
    CHECK_U64(check_whole(&f), 6);
    fixture_end(&f);
}

TESTS(journal_disk,
      {"a full disk refuses and goes on when there is room",
       a_full_disk_refuses_and_goes_on_when_there_is_room},
      {"a failed sync ends the journal", a_failed_sync_ends_the_journal},
      {"a lock that cannot be synced ends the journal",
       a_lock_that_cannot_be_synced_ends_the_journal},
      {"a checkpoint that cannot be synced ends the journal",
       a_checkpoint_that_cannot_be_synced_ends_the_journal},
      {"a lock whose log cannot be moved is not believed",
       a_lock_whose_log_cannot_be_moved_is_not_believed},
      {"publishing says that it fails and recovers", publishing_says_that_it_fails_and_recovers},
      {"a log folder that fails delays no receipt", a_log_folder_that_fails_delays_no_receipt})
