#include "fixture.h"

#include "base/file.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { THREADS = 4, EACH = 50 };

struct poster {
    struct fixture *f;
    struct collector collector;
    uint64_t first;
    pthread_t thread;
};

static void *post_many(void *owner)
{
    struct poster *p = owner;
    for (uint64_t n = p->first; n < p->first + EACH; n++) {
        struct letter l;
        letter_write(&l, n, n % 3);
        l.posting.owner = &p->collector;
        if (failed(journal_post(p->f->journal, &l.posting, collector_done)))
            abort();
    }
    return NULL;
}

static void post_from_threads(struct fixture *f, struct poster posters[THREADS], uint64_t first)
{
    for (size_t i = 0; i < THREADS; i++) {
        posters[i].f = f;
        posters[i].first = first + i * EACH;
        collector_make(&posters[i].collector);
        CHECK(pthread_create(&posters[i].thread, NULL, post_many, &posters[i]) == 0);
    }
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(posters[i].thread, NULL);
}

static void check_results(struct fixture *f, struct poster *p)
{
    struct journal_result *results = collector_take(&p->collector, EACH);
    struct proved proved;
    uint64_t last = 0;
    for (struct journal_result *r = results; r != NULL; r = r->next) {
        struct arena *a = arena_new(1 << 20);
        CHECK_OK(r->status);
        CHECK(r->index > last); /* in the order of their posting */
        last = r->index;
        if (proves(f, a, r->receipt, &proved))
            CHECK_U64(proved.receipt.index, r->index);
        arena_free(a);
    }
    results_free(results);
    collector_free(&p->collector);
}

static void check_numbers(struct fixture *f)
{
    uint64_t numbers[3] = {0}, after = 0;
    struct journal_reader *reader = NULL;
    struct delivery *rows;
    size_t count = 0;
    CHECK_OK(journal_reader_open(f->journal, &reader));
    do {
        struct arena *a = arena_new(16 << 20);
        CHECK_OK(journal_undelivered(
            reader, a,
            &(struct journal_page){.party = slice_text("XC-CA-01"), .after = after, .limit = 50},
            &rows, &count));
        for (size_t i = 0; i < count; i++) {
            struct delivery d;
            struct release release;
            CHECK_U64(rows[i].delivery_number, ++after);
            CHECK_OK(journal_fetch(reader, a, &rows[i].key, 0, &d));
            CHECK_OK(release_parse(a, d.release, &release));
            CHECK_U64(release.number, ++numbers[rows[i].thread.at[15]]);
        }
        arena_free(a);
    } while (count > 0);
    CHECK_U64(after, THREADS * EACH);
    journal_reader_close(reader);
}

static void two_hundred_postings_of_four_threads_are_all_proved(void)
{
    struct fixture f;
    struct poster posters[THREADS];
    uint64_t size = 0;
    fixture_begin(&f);
    post_from_threads(&f, posters, 0);
    for (size_t i = 0; i < THREADS; i++)
        check_results(&f, &posters[i]);
    check_numbers(&f);
    fixture_close(&f);
    CHECK(published_log_verifies(&f, &size));
    CHECK_U64(size, THREADS * EACH + 2); /* with start and stop */
    CHECK(published_log_is_exact(&f, size));
    fixture_end(&f);
}

static void the_published_log_has_no_other_files_while_it_grows(void)
{
    struct fixture f;
    uint64_t size = 0;
    fixture_begin(&f);
    for (uint64_t round = 0; round < 4; round++) { /* past two full tiles */
        struct poster posters[THREADS];
        char stray[200];
        post_from_threads(&f, posters, round * THREADS * EACH);
        for (size_t i = 0; i < THREADS; i++)
            check_results(&f, &posters[i]);
        fixture_close(&f);
        CHECK(published_log_verifies(&f, &size));
        CHECK(published_log_is_exact(&f, size));
        /* What a crash between two publications leaves behind goes at the next start. */
        snprintf(stray, sizeof stray, "%s/tile/0/000.p", f.log);
        CHECK_OK(folder_make(stray, 0755));
        snprintf(stray, sizeof stray, "%s/tile/0/000.p/7", f.log);
        CHECK_OK(file_write(stray, slice_text("stray"), 0644));
        snprintf(stray, sizeof stray, "%s/tile/entries/000", f.log);
        unlink(stray); /* and what is missing is written again */
        CHECK_OK(fixture_open(&f, T0 + round));
    }
    fixture_close(&f);
    CHECK(published_log_verifies(&f, &size));
    CHECK_U64(size, 4 * THREADS * EACH + 10);
    CHECK(published_log_is_exact(&f, size));
    fixture_end(&f);
}

static void what_was_posted_is_there_after_reopening(void)
{
    struct fixture f;
    struct letter l;
    struct proved before, after;
    struct delivery d;
    struct journal_reader *reader = NULL;
    fixture_begin(&f);
    struct arena *a = arena_new(1 << 20);
    letter_write(&l, 1, 1);
    struct journal_result *r = post_one(&f, &l.posting);
    CHECK(proves(&f, a, r->receipt, &before));
    fixture_close(&f);
    CHECK_OK(fixture_open(&f, T0 + 2000000));
    CHECK_OK(journal_reader_open(f.journal, &reader));
    const struct message_key key = {r->from, r->id, r->to};
    if (CHECK_OK(journal_fetch(reader, a, &key, before.note.size, &d))) {
        CHECK_BYTES(d.body, slice_text(l.body));
        if (proves(&f, a, d.receipt, &after)) {
            CHECK_U64(after.note.size, 4); /* start, disclosure, stop, start */
            CHECK(merkle_consistent(before.note.size, after.note.size, &before.note.root,
                                    &after.note.root, after.receipt.proof));
        }
    }
    struct journal_result *again = post_one(&f, &l.posting);
    CHECK(again->repeated);
    CHECK_U64(again->index, 1);
    journal_result_free(again);
    journal_result_free(r);
    journal_reader_close(reader);
    arena_free(a);
    fixture_end(&f);
}

static void journal_files(struct fixture *f, char database[static 160], char copy[static 160])
{
    snprintf(database, 160, "%s/journal.db", f->path);
    snprintf(copy, 160, "%s/copy", f->root);
}

static void an_older_journal_is_refused(void)
{
    struct fixture f;
    struct letter l;
    char database[160], copy[160];
    fixture_begin(&f);
    letter_write(&l, 1, 1);
    journal_result_free(post_one(&f, &l.posting));
    fixture_close(&f);
    journal_files(&f, database, copy);
    file_copy(database, copy);
    CHECK_OK(fixture_open(&f, T0));
    letter_write(&l, 2, 1);
    journal_result_free(post_one(&f, &l.posting));
    fixture_close(&f);
    file_copy(copy, database);
    CHECK_STATUS(fixture_open(&f, T0), FAIL(FORK));
    CHECK(strstr(f.error, "holds 3 entries, but a checkpoint over 6 was signed") != NULL);
    fixture_end(&f);
}

static void a_fresh_journal_beside_a_lock_is_refused(void)
{
    struct fixture f;
    fixture_begin(&f);
    fixture_close(&f);
    CHECK_OK(folder_remove(f.path));
    CHECK_STATUS(fixture_open(&f, T0), FAIL(FORK));
    CHECK(strstr(f.error, "holds 0 entries") != NULL);
    fixture_end(&f);
}

static void a_journal_whose_lock_is_lost_is_refused(void)
{
    struct fixture f;
    fixture_begin(&f);
    fixture_close(&f);
    CHECK(unlink(f.lock) == 0);
    CHECK_STATUS(fixture_open(&f, T0), FAIL(FORK));
    CHECK(strstr(f.error, "has never seen this log") != NULL);
    fixture_end(&f);
}

static void a_changed_entry_is_refused(void)
{
    struct fixture f;
    struct letter l;
    struct proved proved;
    char database[160], copy[160];
    fixture_begin(&f);
    struct arena *a = arena_new(1 << 20);
    letter_write(&l, 1, 1);
    struct journal_result *r = post_one(&f, &l.posting);
    CHECK(proves(&f, a, r->receipt, &proved));
    fixture_close(&f);
    journal_files(&f, database, copy);
    struct buffer text = buffer_new(64U << 20);
    CHECK_OK(file_read(database, &text));
    size_t changed = 0;
    for (size_t i = 0; i + ENTRY_BYTES <= text.length; i++)
        if (memcmp(text.at + i, proved.receipt.entry.at, ENTRY_BYTES) == 0) {
            text.at[i + 20] ^= 1;
            changed++;
        }
    CHECK(changed > 0);
    CHECK_OK(file_write(database, buffer_slice(&text), 0600));
    CHECK_STATUS(fixture_open(&f, T0), FAIL(FORK));
    buffer_done(&text);
    journal_result_free(r);
    arena_free(a);
    fixture_end(&f);
}

static void a_second_process_is_refused(void)
{
    struct fixture f;
    struct journal *second = NULL;
    char error[256];
    fixture_begin(&f);
    CHECK_STATUS(journal_open(&f.settings, T0, &second, error, sizeof error), FAIL(STORE));
    CHECK(strstr(error, "another process holds it") != NULL);
    fixture_end(&f);
}

static void nothing_secret_is_in_any_file(void)
{
    struct fixture f;
    struct letter l;
    struct stat st;
    char database[160], copy[160];
    fixture_begin(&f);
    letter_write(&l, 1, 1);
    journal_result_free(post_one(&f, &l.posting));
    letter_write(&l, 2, 1);
    letter_turn(&l, POSTING_HOLD, "E_HELD");
    journal_result_free(post_one(&f, &l.posting));
    for (int closed = 0; closed < 2; closed++) { /* in the write-ahead log, then in the database */
        CHECK(!any_file_holds(f.root, slice_text("SECRET-")));
        CHECK(!any_file_holds(f.root, slice_text("ANNA-KARLSSON")));
        CHECK(!any_file_holds(f.root, slice_text("INVESTIGATION")));
        CHECK(any_file_holds(f.root, slice_text("XC-CA-01"))); /* for routing, in clear */
        if (closed == 0)
            fixture_close(&f);
    }
    journal_files(&f, database, copy);
    CHECK(stat(database, &st) == 0 && (st.st_mode & 077) == 0);
    CHECK(stat(f.lock, &st) == 0 && (st.st_mode & 077) == 0);
    fixture_end(&f);
}

/* ---- kill -9 ---- */

/* The child posts one after the other and writes each acknowledged number to the pipe. */
_Noreturn static void child_run(struct fixture *f, int acknowledged, uint64_t first)
{
    if (failed(fixture_open(f, T0)))
        _exit(3);
    struct collector c;
    collector_make(&c);
    for (uint64_t n = first;; n++) {
        struct letter l;
        letter_write(&l, n, n % 3);
        l.posting.owner = &c;
        if (failed(journal_post(f->journal, &l.posting, collector_done)))
            _exit(4);
        struct journal_result *r = collector_take(&c, 1);
        if (failed(r->status))
            _exit(5);
        if (write(acknowledged, &n, sizeof n) != sizeof n)
            _exit(6);
        journal_result_free(r);
    }
}

/* Kills the child after some acknowledgements; gives how many there were in all. */
static uint64_t killed_run(struct fixture *f, uint64_t first, uint64_t kill_after)
{
    int ends[2], state = 0;
    uint64_t n = 0, count = 0;
    CHECK(pipe(ends) == 0);
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        child_run(f, ends[1], first);
    }
    close(ends[1]);
    while (read(ends[0], &n, sizeof n) == sizeof n) {
        CHECK_U64(n, first + count);
        if (++count == kill_after)
            kill(child, SIGKILL);
    }
    close(ends[0]);
    CHECK(waitpid(child, &state, 0) == child && WIFSIGNALED(state));
    return count;
}

static void nothing_acknowledged_is_lost_by_kill_9(void)
{
    struct fixture f;
    uint64_t total = 0, size = 0;
    fixture_make(&f);
    for (uint64_t round = 0; round < 10; round++) {
        total += killed_run(&f, total, 1 + round * 7);
        struct journal_reader *reader = NULL;
        if (!CHECK_OK(fixture_open(&f, T0)))
            break;
        CHECK_OK(journal_reader_open(f.journal, &reader));
        for (uint64_t n = 0; n < total; n++) {
            struct arena *a = arena_new(1 << 20);
            struct letter l;
            struct delivery d;
            struct proved proved;
            letter_write(&l, n, n % 3);
            const struct message_key key = {l.posting.message.from, l.posting.message.id,
                                            l.posting.message.to};
            if (CHECK_OK(journal_fetch(reader, a, &key, 0, &d)))
                CHECK(proves(&f, a, d.receipt, &proved));
            arena_free(a);
        }
        journal_reader_close(reader);
        fixture_close(&f);
        CHECK(published_log_verifies(&f, &size));
        CHECK(size >= total);
        CHECK(published_log_is_exact(&f, size));
    }
    fixture_end(&f);
}

TESTS(journal_durability,
      {"nothing acknowledged is lost by kill -9", nothing_acknowledged_is_lost_by_kill_9},
      {"two hundred postings of four threads are all proved",
       two_hundred_postings_of_four_threads_are_all_proved},
      {"the published log has no other files while it grows",
       the_published_log_has_no_other_files_while_it_grows},
      {"what was posted is there after reopening", what_was_posted_is_there_after_reopening},
      {"an older journal is refused", an_older_journal_is_refused},
      {"a fresh journal beside a lock is refused", a_fresh_journal_beside_a_lock_is_refused},
      {"a journal whose lock is lost is refused", a_journal_whose_lock_is_lost_is_refused},
      {"a changed entry is refused", a_changed_entry_is_refused},
      {"a second process is refused", a_second_process_is_refused},
      {"nothing secret is in any file", nothing_secret_is_in_any_file})
