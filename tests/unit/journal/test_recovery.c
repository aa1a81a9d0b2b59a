#include "disk.h"
#include "foreign.h"
#include "watch.h"

#include "base/file.h"
#include "journal/lock.h"
#include "journal/tree.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* What is there after a process ended at each point between a posting and its publication. */

/* ---- ends at a chosen call ---- */

/* Letter 2: one entry, or the two of one that a peer has relayed. */
typedef void second_letter(struct letter *l, uint64_t n);

static void letter_home(struct letter *l, uint64_t n)
{
    letter_write(l, n, 1);
}

/* The child posts letter 1, gets its answer, and ends somewhere on the way of letter 2. */
_Noreturn static void end_on_the_way(struct fixture *f, const struct disk_plan *plan,
                                     second_letter *second)
{
    struct letter l;
    if (failed(fixture_open(f, T0)))
        _exit(1);
    letter_write(&l, 1, 1);
    if (failed(post_status(f, &l.posting)) || !await_health(f, health_is_published))
        _exit(2);
    disk_plan(plan);
    second(&l, 2);
    (void)post_status(f, &l.posting);
    for (uint64_t n = 3; n < 200; n++) { /* where the call comes later */
        letter_write(&l, n, 1);
        (void)post_status(f, &l.posting);
    }
    fixture_close(f);
    _exit(3);
}

static void end_at(struct fixture *f, const struct disk_plan *plan, second_letter *second)
{
    int state = 0;
    fixture_make(f);
    f->settings.wal_max_bytes = 16 << 20; /* after a few letters its log is moved */
    pid_t child = fork();
    if (child == 0)
        end_on_the_way(f, plan, second);
    CHECK(waitpid(child, &state, 0) == child && WIFEXITED(state));
    CHECK_U64((uint64_t)WEXITSTATUS(state), DISK_EXIT);
    CHECK_OK(fixture_open(f, T0));
}

/* Letter 1 was acknowledged. Letter 2 was there or not; posted again it is there once. */
static void check_recovered(struct fixture *f, second_letter *second, bool second_is_there)
{
    struct letter l;
    letter_write(&l, 1, 1);
    CHECK_OK(fetch_status(f, &l));
    second(&l, 2);
    CHECK_STATUS(fetch_status(f, &l),
                 second_is_there ? OK : FAIL(ABSENT)); /* signed at the start */
    struct journal_result *r = post_one(f, &l.posting);
    CHECK_OK(r->status);
    CHECK(r->receipt.length > 0);
    CHECK(r->repeated == second_is_there);
    journal_result_free(r);
    CHECK_OK(fetch_status(f, &l));
    (void)check_whole(f);
    fixture_end(f);
}

static void check_ended_at(const struct disk_plan *plan, bool second_is_there)
{
    second_letter *const seconds[] = {letter_home, letter_in};
    for (size_t i = 0; i < 2; i++) {
        struct fixture f;
        end_at(&f, plan, seconds[i]);
        check_recovered(&f, seconds[i], second_is_there);
    }
}

static void ended_while_rows_are_written(void)
{
    static const struct disk_plan plan = {DISK_WRITE, "/journal.db-wal", false, 2, 0};
    check_ended_at(&plan, false);
}

static void ended_while_the_commit_is_synced(void)
{
    static const struct disk_plan plan = {DISK_SYNC, "/journal.db-wal", false, 1, 0};
    /* written but not synced: here it is there, after a power cut it may not */
    check_ended_at(&plan, true);
}

static void ended_between_commit_and_lock(void)
{
    static const struct disk_plan plan = {DISK_WRITE, "/lock.db-wal", false, 1, 0};
    check_ended_at(&plan, true);
}

static void ended_between_lock_and_signature(void)
{
    static const struct disk_plan plan = {DISK_SYNC, "/lock.db-wal", false, 1, 0};
    /* the last call of a move */
    check_ended_at(&plan, true);
}

static void ended_before_the_first_tile(void)
{
    static const struct disk_plan plan = {DISK_OPEN, "/log/tile/", false, 1, 0};
    check_ended_at(&plan, true);
}

static void ended_between_tiles_and_checkpoint(void)
{
    static const struct disk_plan plan = {DISK_RENAME, "/log/checkpoint", true, 1, 0};
    check_ended_at(&plan, true);
}

static void ended_while_old_tiles_are_removed(void)
{
    static const struct disk_plan plan = {DISK_UNLINK, "/log/tile/", false, 1, 0};
    check_ended_at(&plan, true);
}

static void ended_while_the_log_is_moved_into_the_database(void)
{
    static const struct disk_plan plan = {DISK_WRITE, "/journal.db", true, 3, 0};
    check_ended_at(&plan, true);
}

/* ---- a torn or damaged write-ahead log ---- */

enum { TORN_BATCHES = 12, TORN_EACH = 3 };

/* Commits batches of three letters and is killed. */
_Noreturn static void leave_log(struct fixture *f)
{
    struct collector c;
    collector_make(&c);
    if (failed(fixture_open(f, T0)))
        _exit(1);
    for (uint64_t b = 0; b < TORN_BATCHES; b++) {
        struct gate gate;
        gate_shut(&gate, f); /* an entry of its own */
        for (uint64_t n = 0; n < TORN_EACH; n++) {
            struct letter l;
            letter_write(&l, 1 + b * TORN_EACH + n, 1);
            l.posting.owner = &c;
            if (failed(journal_post(f->journal, &l.posting, collector_done)))
                _exit(2);
        }
        gate_open(&gate);
        results_free(collector_take(&c, TORN_EACH));
    }
    _exit(0);
}

/* The start, then a gate's entry and three letters, again and again. */
static bool is_batch_boundary(uint64_t size)
{
    return size == 0 || (size - 1) % (1 + TORN_EACH) <= 1;
}

static void path_of(const struct fixture *f, const char *name, char path[static 200])
{
    snprintf(path, 200, "%s/%s", f->root, name);
}

static void copy_named(const struct fixture *f, const char *from, const char *to)
{
    char source[200], target[200];
    path_of(f, from, source);
    path_of(f, to, target);
    file_copy(source, target);
}

static void remove_named(const struct fixture *f, const char *name)
{
    char path[200];
    path_of(f, name, path);
    (void)unlink(path);
}

static const char *const kept_files[][2] = {
    {"journal/journal.db", "kept.db"},
    {"journal/journal.db-wal", "kept.db-wal"},
    {"lock.db", "kept-lock"},
    {"lock.db-wal", "kept-lock-wal"},
};
#define KEPT_FILES (sizeof kept_files / sizeof kept_files[0])

static void files_keep(const struct fixture *f)
{
    for (size_t i = 0; i < KEPT_FILES; i++)
        copy_named(f, kept_files[i][0], kept_files[i][1]);
}

static void files_restore(const struct fixture *f)
{
    remove_named(f, "journal/journal.db-shm");
    remove_named(f, "lock.db-shm");
    for (size_t i = 0; i < KEPT_FILES; i++)
        copy_named(f, kept_files[i][1], kept_files[i][0]);
}

/* Numbers that look random and are the same in each run. */
static uint64_t next_random(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *state >> 33;
}

/* Cuts the log at random, or overwrites 512 octets of it. */
static void log_damage(const struct fixture *f, uint64_t *random)
{
    char path[200];
    path_of(f, "journal/journal.db-wal", path);
    uint64_t length = file_size(f, "journal/journal.db-wal");
    uint64_t at = next_random(random) % length;
    uint8_t noise[512];
    for (size_t i = 0; i < sizeof noise; i++)
        noise[i] = (uint8_t)next_random(random);
    if (next_random(random) % 2 == 0) {
        CHECK(truncate(path, (off_t)at) == 0);
        return;
    }
    FILE *file = fopen(path, "r+b");
    if (!CHECK(file != NULL))
        return;
    CHECK(fseek(file, (long)at, SEEK_SET) == 0);
    CHECK(fwrite(noise, 1, sizeof noise, file) == sizeof noise);
    CHECK(fclose(file) == 0);
}

/* What is left is a whole number of batches, and the tree is that of its entries. */
static uint64_t check_consistent(const struct fixture *f)
{
    struct store *store = NULL;
    struct tree tree = {0};
    struct digest root;
    if (!CHECK_OK(store_open(f->path, STORE_WRITER, &store)))
        return 0;
    CHECK_OK(store_tree(store, &tree));
    CHECK_OK(tree_root(store, 0, 0, tree.edge.size, &root));
    const struct digest edge = merkle_root(&tree.edge);
    CHECK(digest_equal(&root, digest_slice(&edge)));
    CHECK(is_batch_boundary(tree.edge.size));
    store_close(store);
    return tree.edge.size;
}

static void check_damaged(struct fixture *f, uint64_t whole)
{
    uint64_t left = check_consistent(f);
    struct status s = fixture_open(f, T0);
    if (left == whole) {
        CHECK_OK(s);
    } else {
        CHECK_STATUS(s, FAIL(FORK));
        CHECK(strstr(f->error, "it is an older copy") != NULL);
        CHECK(strstr(f->error, "Put the newest journal.db") != NULL);
    }
    fixture_close(f);
}

static void a_damaged_log_is_a_batch_boundary_and_is_not_signed_again(void)
{
    bool is_long = getenv("COMITY_LONG") != NULL;
    uint64_t random = 1, whole = 1 + TORN_BATCHES * (1 + TORN_EACH), lost = 0;
    struct fixture f;
    int state = 0;
    fixture_make(&f);
    pid_t child = fork();
    if (child == 0)
        leave_log(&f);
    CHECK(waitpid(child, &state, 0) == child && WIFEXITED(state) && WEXITSTATUS(state) == 0);
    files_keep(&f);
    for (int i = 0; i < (is_long ? 600 : 40); i++) {
        files_restore(&f);
        log_damage(&f, &random);
        check_damaged(&f, whole);
        lost += f.error[0] != '\0';
    }
    CHECK(lost > 0);
    files_restore(&f);
    check_damaged(&f, whole); /* undamaged, it goes on */
    CHECK_TEXT(f.error, "");
    fixture_end(&f);
}

TESTS(journal_recovery, {"ended while rows are written", ended_while_rows_are_written},
      {"ended while the commit is synced", ended_while_the_commit_is_synced},
      {"ended between commit and lock", ended_between_commit_and_lock},
      {"ended between lock and signature", ended_between_lock_and_signature},
      {"ended before the first tile", ended_before_the_first_tile},
      {"ended between tiles and checkpoint", ended_between_tiles_and_checkpoint},
      {"ended while old tiles are removed", ended_while_old_tiles_are_removed},
      {"ended while the log is moved into the database",
       ended_while_the_log_is_moved_into_the_database},
      {"a damaged log is a batch boundary and is not signed again",
       a_damaged_log_is_a_batch_boundary_and_is_not_signed_again})
