#include "disk.h"
#include "watch.h"

#include "journal/store.h"

#include <stdatomic.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* The write-ahead log: bounded under constant writes, beside readers, after a kill. */

#define WAL      "journal/journal.db-wal"
#define WAL_MAX  (4U << 20)
#define BODY     8000
#define MANY     250
#define ONE_MORE (256U << 10) /* what one batch may add to a log that is at its bound */

struct long_letter {
    struct letter letter;
    uint8_t body[BODY];
};

static void long_write(struct long_letter *l, uint64_t n)
{
    letter_write(&l->letter, n, 1);
    memset(l->body, (int)(n % 251), sizeof l->body);
    l->letter.posting.message.body = slice_over(l->body, sizeof l->body);
}

static struct status long_post(struct fixture *f, uint64_t n)
{
    struct long_letter l;
    long_write(&l, n);
    struct status s = journal_admits(f->journal);
    return failed(s) ? s : post_status(f, &l.letter.posting);
}

static void begin(struct fixture *f)
{
    fixture_make(f);
    f->settings.wal_max_bytes = WAL_MAX;
    CHECK_OK(fixture_open(f, T0));
}

struct looker {
    struct fixture *f;
    atomic_bool stop;
    uint64_t looks;
    pthread_t thread;
};

static void *look_always(void *owner)
{
    struct looker *l = owner;
    struct journal_reader *reader = NULL;
    if (failed(journal_reader_open(l->f->journal, &reader)))
        return NULL;
    const struct journal_page page = {.party = slice_text("XC-CA-01"), .limit = 10};
    while (!atomic_load(&l->stop)) {
        struct arena *a = arena_new(16 << 20);
        struct delivery *rows;
        size_t count = 0;
        struct status s = journal_inbox(reader, a, &page, &rows, &count);
        arena_free(a);
        if (failed(s) && s.code != CODE_FULL) /* left without a processor for over a second */
            break;
        l->looks++;
    }
    journal_reader_close(reader);
    return NULL;
}

static void the_log_stays_small_under_constant_writes_and_looks(void)
{
    struct fixture f;
    struct looker looker = {.f = &f};
    uint64_t most = 0;
    begin(&f);
    CHECK(pthread_create(&looker.thread, NULL, look_always, &looker) == 0);
    for (uint64_t n = 1; n <= MANY; n++) {
        struct status s = long_post(&f, n);
        while (s.code == CODE_FULL && CHECK(await_health(&f, health_is_fine)))
            s = long_post(&f, n); /* the reader had been left without a processor for long */
        CHECK_OK(s);
        uint64_t size = file_size(&f, WAL);
        most = size > most ? size : most;
    }
    atomic_store(&looker.stop, true);
    (void)pthread_join(looker.thread, NULL);
    CHECK(looker.looks > 0);
    CHECK(most > WAL_MAX / 32);
    CHECK(most <= WAL_MAX + ONE_MORE);
    fixture_end(&f);
}

static bool log_is_over(const struct journal_health *h)
{
    return h->low && h->wal_bytes > WAL_MAX;
}

/* Posts long letters until they are shed; gives how many there are. */
static uint64_t post_until_shed(struct fixture *f)
{
    uint64_t n = 0;
    struct status s = OK;
    while (!failed(s) && n < 10000)
        s = long_post(f, ++n);
    CHECK_STATUS(s, FAIL(FULL));
    return n - 1;
}

static void a_reader_that_stays_stops_new_work_alone(void)
{
    struct fixture f;
    struct store *stranger = NULL;
    struct tree tree;
    struct letter l;
    begin(&f);
    CHECK_OK(store_open(f.path, STORE_READER, &stranger));
    CHECK_OK(store_look(stranger));
    CHECK_OK(store_tree(stranger, &tree));
    uint64_t kept = post_until_shed(&f);
    CHECK(await_health(&f, log_is_over));
    CHECK(file_size(&f, WAL) <= WAL_MAX + ONE_MORE);
    letter_write(&l, kept, 1);
    CHECK_OK(fetch_status(&f, &l));
    letter_stage(&l, STAGE_DELIVERED);
    CHECK_OK(post_status(&f, &l.posting));
    CHECK_OK(store_tree(stranger, &tree)); /* it still sees what it saw */
    CHECK_U64(tree.edge.size, 1);
    store_leave(stranger);
    CHECK(await_health(&f, health_is_fine)); /* nobody posts meanwhile */
    CHECK(file_size(&f, WAL) < ONE_MORE);    /* the room is given back */
    CHECK_OK(long_post(&f, kept + 1));
    store_close(stranger);
    (void)check_whole(&f);
    fixture_end(&f);
}

/* A process that fills the log without ever moving it, and is killed. */
_Noreturn static void fill_and_die(struct fixture *f)
{
    f->settings.wal_max_bytes = 0;
    if (failed(fixture_open(f, T0)))
        _exit(1);
    for (uint64_t n = 1; n <= MANY - 50; n++) /* not as many as would be moved */
        if (failed(long_post(f, n)))
            _exit(2);
    _exit(0);
}

static bool log_is_begun_again(const struct journal_health *h)
{
    return h->wal_bytes < WAL_MAX / 32 && !h->low;
}

static void the_log_of_a_killed_process_is_moved_by_the_next(void)
{
    struct fixture f;
    int state = 0;
    fixture_make(&f);
    f.settings.wal_max_bytes = WAL_MAX / 8;
    pid_t child = fork();
    if (child == 0)
        fill_and_die(&f);
    CHECK(waitpid(child, &state, 0) == child && WIFEXITED(state) && WEXITSTATUS(state) == 0);
    uint64_t before = file_size(&f, "journal/journal.db");
    CHECK(file_size(&f, WAL) > WAL_MAX + ONE_MORE); /* as much is written by as many letters */
    CHECK_OK(fixture_open(&f, T0));                 /* its start entry is all that is written */
    CHECK(await_health(&f, log_is_begun_again));
    CHECK(file_size(&f, "journal/journal.db") > before + WAL_MAX / 8);
    fixture_end(&f);
}

static void a_look_that_lasts_too_long_is_told_to_come_again(void)
{
    struct fixture f;
    struct store *reader = NULL;
    struct tree tree;
    begin(&f);
    CHECK_OK(store_open(f.path, STORE_READER, &reader));
    CHECK_OK(store_look(reader));
    CHECK_OK(store_tree(reader, &tree));
    disk_clock_forward(LOOK_MS);
    CHECK_STATUS(store_tree(reader, &tree), FAIL(FULL));
    CHECK(!store_broken(reader));
    store_leave(reader);
    CHECK_OK(store_look(reader));
    CHECK_OK(store_tree(reader, &tree));
    store_leave(reader);
    store_close(reader);
    fixture_end(&f);
}

static struct status list_all(struct store *reader)
{
    const struct list_wanted wanted = {
        .listing = LIST_MAILBOX,
        .party = slice_text("XC-CA-01"),
        .below = UINT32_MAX,
        .limit = MANY,
    };
    struct arena *a = arena_new(16 << 20);
    struct message_row *rows = NULL;
    size_t count = 0;
    struct status s = store_list(reader, a, &wanted, &rows, &count);
    CHECK(failed(s) || count == MANY);
    arena_free(a);
    return s;
}

static void a_statement_that_lasts_too_long_is_told_to_come_again(void)
{
    struct fixture f;
    struct store *reader = NULL;
    begin(&f);
    for (uint64_t n = 1; n <= MANY; n++)
        CHECK_OK(long_post(&f, n));
    CHECK_OK(store_open(f.path, STORE_READER, &reader));
    CHECK_OK(store_look(reader));
    CHECK_OK(list_all(reader));
    store_leave(reader);
    disk_clock_runs(LOOK_MS * 3 / 5); /* it begins in time and is over at the next look */
    CHECK_OK(store_look(reader));
    CHECK_STATUS(list_all(reader), FAIL(FULL));
    CHECK(!store_broken(reader));
    store_leave(reader);
    disk_clock_runs(0);
    CHECK_OK(store_look(reader));
    CHECK_OK(list_all(reader));
    store_leave(reader);
    store_close(reader);
    fixture_end(&f);
}

TESTS(journal_wal,
      {"the log of a killed process is moved by the next",
       the_log_of_a_killed_process_is_moved_by_the_next},
      {"the log stays small under constant writes and looks",
       the_log_stays_small_under_constant_writes_and_looks},
      {"a reader that stays stops new work alone", a_reader_that_stays_stops_new_work_alone},
      {"a look that lasts too long is told to come again",
       a_look_that_lasts_too_long_is_told_to_come_again},
      {"a statement that lasts too long is told to come again",
       a_statement_that_lasts_too_long_is_told_to_come_again})
