#include "disk.h"
#include "stand.h"
#include "watch.h"

#include "base/file.h"
#include "journal/lock.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* What journal and lock database keep of the rulebooks that were in force, whatever happens between
 * the two. */

static const struct digest second = {{2}};

/* What the last start was told. */
static char told_kept[32], told_locked[32];
static const char *in_force;

static struct status judge(void *owner, struct arena *arena, const struct journal_laws *before,
                           struct slice *ret_objects, char *error, size_t room)
{
    (void)owner, (void)arena, (void)error, (void)room;
    CHECK(slice_copy_text(before->kept, told_kept, sizeof told_kept));
    CHECK(slice_copy_text(before->locked, told_locked, sizeof told_locked));
    *ret_objects = slice_text(in_force);
    return OK;
}

static void law_begin(struct stand *s)
{
    *s = (struct stand){0};
    fixture_make(&s->f);
    CHECK_OK(vkey_parse(slice_text(s->f.vkey), &s->key));
    snprintf(s->backup, sizeof s->backup, "%s/backup", s->f.root);
    s->f.settings.judge_law = judge;
    in_force = "law 4";
}

static void check_start(struct stand *s, const char *kept, const char *locked)
{
    CHECK_OK(fixture_open(&s->f, T0 + 30000));
    CHECK_TEXT(told_kept, kept);
    CHECK_TEXT(told_locked, locked);
    fixture_close(&s->f);
}

static bool all_is_signed(const struct journal_health *h)
{
    return h->signed_size == 2;
}

static void both_keep_what_is_in_force(void)
{
    struct stand s;
    law_begin(&s);
    CHECK_OK(fixture_open(&s.f, T0));
    CHECK_TEXT(told_kept, "");
    CHECK_TEXT(told_locked, "");
    CHECK_OK(journal_law(s.f.journal, &second, slice_text("law 5"), T0 + 1));
    CHECK(await_health(&s.f, all_is_signed));
    fixture_close(&s.f);
    in_force = "law 5";
    check_start(&s, "law 5", "law 5");
    in_force = "law 6"; /* was put there while it did not run */
    check_start(&s, "law 5", "law 5");
    check_start(&s, "law 6", "law 6");
    fixture_end(&s.f);
}

#define MANY_BYTES (3U << 20) /* as of thirty years of two hundred gateways */

static uint8_t many[MANY_BYTES];
static size_t told_many;

static struct status judge_many(void *owner, struct arena *arena, const struct journal_laws *before,
                                struct slice *ret_objects, char *error, size_t room)
{
    (void)owner, (void)arena, (void)error, (void)room;
    told_many = before->locked.length;
    *ret_objects = slice_over(many, sizeof many);
    return OK;
}

static void much_is_kept_as_well(void)
{
    struct stand s;
    law_begin(&s);
    memset(many, 'a', sizeof many);
    s.f.settings.judge_law = judge_many;
    CHECK_OK(fixture_open(&s.f, T0));
    many[0] = 'b';
    CHECK_OK(journal_law(s.f.journal, &second, slice_over(many, sizeof many), T0 + 1));
    CHECK(await_health(&s.f, all_is_signed));
    fixture_close(&s.f);
    CHECK_OK(fixture_open(&s.f, T0 + 2));
    CHECK_U64(told_many, sizeof many);
    fixture_end(&s.f);
}

static void a_restored_backup_brings_back_the_journals_alone(void)
{
    struct stand s;
    law_begin(&s);
    CHECK_OK(fixture_open(&s.f, T0));
    stand_backup(&s);
    CHECK_OK(journal_law(s.f.journal, &second, slice_text("law 5"), T0 + 1));
    fixture_close(&s.f);
    CHECK_OK(stand_restore(&s, false));
    in_force = "law 5";
    check_start(&s, "law 4", "law 5");
    check_start(&s, "law 5", "law 5"); /* it was told again */
    fixture_end(&s.f);
}

/* As comityd before this one left it. */
static void a_lock_that_keeps_nothing_yet_learns_it_at_the_start(void)
{
    struct stand s;
    sqlite3 *db = NULL;
    law_begin(&s);
    CHECK_OK(fixture_open(&s.f, T0));
    fixture_close(&s.f);
    CHECK(sqlite3_open(s.f.lock, &db) == SQLITE_OK);
    CHECK(sqlite3_exec(db, "DROP TABLE law", NULL, NULL, NULL) == SQLITE_OK);
    sqlite3_close(db);
    check_start(&s, "law 4", "");
    check_start(&s, "law 4", "law 4");
    fixture_end(&s.f);
}

/* ---- ended on the way ---- */

_Noreturn static void end_on_the_way(struct stand *s, const struct disk_plan *plan)
{
    if (failed(fixture_open(&s->f, T0)) || !await_health(&s->f, health_is_published))
        _exit(1);
    disk_plan(plan);
    if (failed(journal_law(s->f.journal, &second, slice_text("law 5"), T0 + 1)))
        _exit(2);
    fixture_close(&s->f);
    _exit(3);
}

static void check_ended_at(const struct disk_plan *plan, const char *kept, const char *locked)
{
    struct stand s;
    int state = 0;
    law_begin(&s);
    pid_t child = fork();
    if (child == 0)
        end_on_the_way(&s, plan);
    CHECK(waitpid(child, &state, 0) == child && WIFEXITED(state));
    CHECK_U64((uint64_t)WEXITSTATUS(state), DISK_EXIT);
    in_force = "law 5";
    check_start(&s, kept, locked);
    check_start(&s, "law 5", "law 5");
    CHECK_OK(fixture_open(&s.f, T0 + 30000));
    (void)check_whole(&s.f);
    fixture_end(&s.f);
}

static void ended_between_journal_and_lock_the_journal_knows(void)
{
    static const struct disk_plan before = {DISK_WRITE, "/journal.db-wal", false, 1, 0},
                                  between = {DISK_WRITE, "/lock.db-wal", false, 1, 0},
                                  after = {DISK_SYNC, "/lock.db-wal", false, 1, 0};
    check_ended_at(&before, "law 4", "law 4");
    check_ended_at(&between, "law 5", "law 4");
    check_ended_at(&after, "law 5", "law 5");
}

/* Whatever a start signs of what was committed before, the lock knows with it. */
static void what_the_next_start_signs_the_lock_knows_with_it(void)
{
    static const struct disk_plan between = {DISK_WRITE, "/lock.db-wal", false, 1, 0};
    for (uint64_t nth = 1; nth < 12; nth++) {
        const struct disk_plan later = {DISK_WRITE, "/lock.db-wal", false, nth, 0};
        struct lock *lock = NULL;
        struct lock_state state = {0};
        struct slice objects = {NULL, 0};
        struct stand s;
        int end = 0;
        struct arena *a = arena_new(1 << 16);
        law_begin(&s);
        pid_t child = fork();
        if (child == 0)
            end_on_the_way(&s, &between);
        CHECK(waitpid(child, &end, 0) == child && WEXITSTATUS(end) == DISK_EXIT);
        in_force = "law 5";
        child = fork();
        if (child == 0) {
            disk_plan(&later);
            _exit(failed(fixture_open(&s.f, T0 + 20000)) ? 4 : 5);
        }
        CHECK(waitpid(child, &end, 0) == child && WIFEXITED(end));
        CHECK_OK(lock_open(s.f.lock, &lock));
        CHECK_OK(lock_last(lock, s.f.settings.origin, &state));
        CHECK_OK(lock_law(lock, a, s.f.settings.origin, &objects));
        CHECK(state.size < 2 || slice_is(objects, "law 5"));
        lock_close(lock);
        arena_free(a);
        fixture_end(&s.f);
    }
}

TESTS(journal_law, {"much is kept as well", much_is_kept_as_well},
      {"both keep what is in force", both_keep_what_is_in_force},
      {"a restored backup brings back the journal's alone",
       a_restored_backup_brings_back_the_journals_alone},
      {"a lock that keeps nothing yet learns it at the start",
       a_lock_that_keeps_nothing_yet_learns_it_at_the_start},
      {"ended between journal and lock the journal knows",
       ended_between_journal_and_lock_the_journal_knows},
      {"what the next start signs the lock knows with it",
       what_the_next_start_signs_the_lock_knows_with_it})
