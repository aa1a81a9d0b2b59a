#include "fixture.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * A disk that fails on demand. The database library calls these functions, because the symbols of
 * the program come before those of the C library.
 */

enum fault { FAULT_NONE, FAULT_WRITE_FULL, FAULT_SYNC };

static atomic_int fault;
static const char *_Atomic fault_file; /* end of the name of the file that is hit */

ssize_t pwrite64(int fd, const void *octets, size_t length, off_t offset);

static bool is_hit(int fd, enum fault wanted)
{
    char link[64], name[512];
    const char *end = atomic_load(&fault_file);
    if (atomic_load(&fault) != (int)wanted || end == NULL)
        return false;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, name, sizeof name - 1);
    if (length < (ssize_t)strlen(end))
        return false;
    name[length] = '\0';
    return strcmp(name + length - strlen(end), end) == 0;
}

ssize_t pwrite64(int fd, const void *octets, size_t length, off_t offset)
{
    if (is_hit(fd, FAULT_WRITE_FULL)) {
        errno = ENOSPC;
        return -1;
    }
    return syscall(SYS_pwrite64, fd, octets, length, offset);
}

int fdatasync(int fd)
{
    if (is_hit(fd, FAULT_SYNC)) {
        errno = EIO;
        return -1;
    }
    return (int)syscall(SYS_fdatasync, fd);
}

int fsync(int fd)
{
    if (is_hit(fd, FAULT_SYNC)) {
        errno = EIO;
        return -1;
    }
    return (int)syscall(SYS_fsync, fd);
}

static void fault_set(enum fault which, const char *file)
{
    atomic_store(&fault_file, file);
    atomic_store(&fault, (int)which);
}

static struct status status_of(struct fixture *f, const struct posting *posting)
{
    struct journal_result *r = post_one(f, posting);
    struct status s = r->status;
    CHECK(!failed(s) || r->receipt.length == 0);
    journal_result_free(r);
    return s;
}

static void check_readable(struct fixture *f, const struct letter *l, struct status want)
{
    struct journal_reader *reader = NULL;
    struct delivery d;
    struct arena *a = arena_new(1 << 20);
    const struct message_key key = {slice_text("XA-CA-01"), slice_over(l->id, 16),
                                    slice_text("XC-CA-01")};
    CHECK_OK(journal_reader_open(f->journal, &reader));
    CHECK_STATUS(journal_fetch(reader, a, &key, 0, &d), want);
    journal_reader_close(reader);
    arena_free(a);
}

static void a_full_disk_refuses_and_goes_on_when_there_is_room(void)
{
    struct fixture f;
    struct letter l;
    uint64_t size = 0;
    fixture_begin(&f);
    letter_write(&l, 1, 1);
    fault_set(FAULT_WRITE_FULL, "/journal.db-wal");
    CHECK_STATUS(status_of(&f, &l.posting), FAIL(FULL));
    CHECK_STATUS(status_of(&f, &l.posting), FAIL(FULL));
    CHECK(!journal_dead(f.journal));
    fault_set(FAULT_NONE, NULL);
    check_readable(&f, &l, FAIL(ABSENT));
    CHECK_OK(status_of(&f, &l.posting));
    check_readable(&f, &l, OK);
    fixture_close(&f);
    CHECK(published_log_verifies(&f, &size));
    CHECK_U64(size, 3);
    fixture_end(&f);
}

static void what_the_lock_could_not_take_is_not_told_to_anybody(void)
{
    struct fixture f;
    struct letter l;
    fixture_begin(&f);
    letter_write(&l, 1, 1);
    fault_set(FAULT_WRITE_FULL, "/lock.db-wal");
    CHECK_STATUS(status_of(&f, &l.posting), FAIL(FULL));
    check_readable(&f, &l, FAIL(ABSENT)); /* committed, but no checkpoint covers it */
    fault_set(FAULT_NONE, NULL);
    struct journal_result *r = post_one(&f, &l.posting);
    CHECK_OK(r->status);
    CHECK(r->repeated);
    CHECK_U64(r->index, 1);
    journal_result_free(r);
    check_readable(&f, &l, OK);
    fixture_end(&f);
}

static void a_failed_sync_ends_the_journal(void)
{
    struct fixture f;
    struct letter l;
    uint64_t size = 0;
    fixture_begin(&f);
    letter_write(&l, 1, 1);
    fault_set(FAULT_SYNC, "/journal.db-wal");
    CHECK_STATUS(status_of(&f, &l.posting), FAIL(STORE));
    CHECK(journal_dead(f.journal));
    fault_set(FAULT_NONE, NULL);
    CHECK_STATUS(journal_post(f.journal, &l.posting, collector_done), FAIL(STORE));
    fixture_close(&f);
    CHECK_OK(fixture_open(&f, T0)); /* the next process recovers */
    CHECK_OK(status_of(&f, &l.posting));
    fixture_close(&f);
    CHECK(published_log_verifies(&f, &size));
    fixture_end(&f);
}

static void a_lock_that_cannot_be_synced_ends_the_journal(void)
{
    struct fixture f;
    struct letter l;
    fixture_begin(&f);
    letter_write(&l, 1, 1);
    fault_set(FAULT_SYNC, "/lock.db-wal");
    CHECK_STATUS(status_of(&f, &l.posting), FAIL(STORE));
    CHECK(journal_dead(f.journal));
    fault_set(FAULT_NONE, NULL);
    check_readable(&f, &l, FAIL(ABSENT));
    fixture_end(&f);
}

static void a_log_folder_that_fails_delays_no_receipt(void)
{
    struct fixture f;
    struct letter l;
    uint64_t size = 0;
    fixture_begin(&f);
    fault_set(FAULT_SYNC, ".tmp"); /* every file of the published log */
    for (uint64_t n = 1; n < 5; n++) {
        letter_write(&l, n, 1);
        CHECK_OK(status_of(&f, &l.posting));
    }
    fault_set(FAULT_NONE, NULL);
    fixture_close(&f);
    CHECK(published_log_verifies(&f, &size));
    CHECK_U64(size, 6);
    CHECK(published_log_is_exact(&f, size));
    fixture_end(&f);
}

TESTS(journal_disk,
      {"a full disk refuses and goes on when there is room",
       a_full_disk_refuses_and_goes_on_when_there_is_room},
      {"what the lock could not take is not told to anybody",
       what_the_lock_could_not_take_is_not_told_to_anybody},
      {"a failed sync ends the journal", a_failed_sync_ends_the_journal},
      {"a lock that cannot be synced ends the journal",
       a_lock_that_cannot_be_synced_ends_the_journal},
      {"a log folder that fails delays no receipt", a_log_folder_that_fails_delays_no_receipt})
