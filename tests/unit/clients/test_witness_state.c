#include "support/check.h"

#include "../journal/disk.h"
#include "witness_stand.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define WAL "/state.db-wal"

static void a_log_that_grows_is_cosigned(void)
{
    struct stand s;
    struct digest origin = digest_plain(slice_text(WITNESS_ORIGIN));
    struct buffer out = buffer_new(NOTE_MAX_BYTES);
    stand_make(&s);
    CHECK_STATUS(kept_checkpoint(s.kept, &origin, &out), FAIL(ABSENT));
    static const uint64_t sizes[] = {0, 1, 3, 4, 7, 8, 255, 256, 257, 1000};
    for (size_t i = 1; i < sizeof sizes / sizeof sizes[0]; i++) {
        stand_check(&s, sizes[i - 1], sizes[i], WITNESS_GOOD);
        stand_check_shown(&s, sizes[i]);
    }
    stand_done(&s);
}

static void the_same_again_is_cosigned_with_the_time_of_now(void)
{
    struct stand s;
    stand_make(&s);
    stand_check(&s, 0, 5, WITNESS_GOOD);
    for (int i = 0; i < 3; i++) {
        s.now_ms += 60000;
        stand_check(&s, 5, 5, WITNESS_GOOD);
        stand_check_shown(&s, 5);
    }
    stand_done(&s);
}

static void another_size_than_the_last_is_told(void)
{
    struct stand s;
    stand_make(&s);
    struct kept_answer answer = stand_submit(&s, 4, 8);
    CHECK_U64(answer.verdict, WITNESS_ELSEWHERE);
    CHECK_U64(answer.size, 0);
    stand_check(&s, 0, 8, WITNESS_GOOD);
    answer = stand_submit(&s, 4, 9);
    CHECK_U64(answer.verdict, WITNESS_ELSEWHERE);
    CHECK_U64(answer.size, 8);
    stand_check_shown(&s, 8);
    stand_done(&s);
}

static void it_remembers_when_it_starts_again(void)
{
    struct stand s;
    stand_make(&s);
    stand_check(&s, 0, 8, WITNESS_GOOD);
    stand_close(&s);
    CHECK_OK(stand_open(&s));
    stand_check_shown(&s, 8);
    stand_check(&s, 0, 9, WITNESS_ELSEWHERE);
    stand_check(&s, 8, 9, WITNESS_GOOD);
    stand_done(&s);
}

/* ---- two at once ---- */

struct racer {
    struct stand *stand;
    pthread_barrier_t *start;
    uint64_t size;
    struct kept_answer answer;
};

static void *race(void *owner)
{
    struct racer *r = owner;
    struct buffer text = buffer_new(WITNESS_MAX_BYTES), line = buffer_new(NOTE_MAX_BYTES);
    if (failed(crypto_thread_start()))
        abort();
    witness_log_request(&r->stand->log, 4, r->size, &text);
    pthread_barrier_wait(r->start);
    if (failed(stand_ask(r->stand, buffer_slice(&text), &line, &r->answer)))
        r->answer.verdict = WITNESS_NONE;
    buffer_done(&text);
    buffer_done(&line);
    crypto_thread_stop();
    return NULL;
}

static void of_two_that_race_one_is_cosigned(void)
{
    for (int round = 0; round < 10; round++) {
        struct stand s;
        pthread_barrier_t start;
        pthread_t thread;
        stand_make(&s);
        stand_check(&s, 0, 4, WITNESS_GOOD);
        CHECK(pthread_barrier_init(&start, NULL, 2) == 0);
        struct racer small = {.stand = &s, .start = &start, .size = 6};
        struct racer large = {.stand = &s, .start = &start, .size = 9};
        if (CHECK(pthread_create(&thread, NULL, race, &small) == 0)) {
            (void)race(&large);
            pthread_join(thread, NULL);
        }
        CHECK_OK(crypto_thread_start());
        const struct racer *winner = small.answer.verdict == WITNESS_GOOD ? &small : &large;
        const struct racer *loser = winner == &small ? &large : &small;
        CHECK_U64(winner->answer.verdict, WITNESS_GOOD);
        CHECK_U64(loser->answer.verdict, WITNESS_ELSEWHERE);
        CHECK_U64(loser->answer.size, winner->size);
        stand_check_shown(&s, winner->size);
        pthread_barrier_destroy(&start);
        stand_done(&s);
    }
}

/* ---- ends and failing disks ---- */

/* The child ends where the plan says, or between keeping and answering. */
static void end_at(struct stand *s, const struct disk_plan *plan)
{
    int state = 0;
    stand_close(s);
    pid_t child = fork();
    if (child == 0) {
        if (failed(stand_open(s)))
            _exit(1);
        disk_plan(plan);
        (void)stand_submit(s, 5, 8);
        _exit(plan == NULL ? DISK_EXIT : 2);
    }
    CHECK(waitpid(child, &state, 0) == child && WIFEXITED(state));
    CHECK_U64((uint64_t)WEXITSTATUS(state), DISK_EXIT);
    CHECK_OK(stand_open(s));
}

static void what_was_answered_was_kept_before_wherever_it_ends(void)
{
    static const struct disk_plan writing = {DISK_WRITE, WAL, true, 1, 0};
    static const struct disk_plan beginning = {DISK_SYNC, WAL, true, 1, 0}; /* of a new log */
    static const struct disk_plan syncing = {DISK_SYNC, WAL, true, 2, 0};
    static const struct {
        const struct disk_plan *plan;
        bool kept; /* what is written but not synced is there, if not after a power cut */
    } rows[] = {{&writing, false}, {&beginning, false}, {&syncing, true}, {NULL, true}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct stand s;
        stand_make(&s);
        stand_check(&s, 0, 5, WITNESS_GOOD);
        end_at(&s, rows[i].plan);
        stand_check_shown(&s, rows[i].kept ? 8 : 5);
        stand_check(&s, 5, 8, rows[i].kept ? WITNESS_ELSEWHERE : WITNESS_GOOD);
        stand_check(&s, 8, 8, WITNESS_GOOD);
        stand_done(&s);
    }
}

static struct status submit_status(struct stand *s, uint64_t old, uint64_t size)
{
    struct kept_answer answer = {0};
    struct buffer text = buffer_new(WITNESS_MAX_BYTES), line = buffer_new(NOTE_MAX_BYTES);
    witness_log_request(&s->log, old, size, &text);
    struct status status = stand_ask(s, buffer_slice(&text), &line, &answer);
    CHECK(!failed(status) || line.length == 0);
    buffer_done(&text);
    buffer_done(&line);
    return status;
}

static void on_a_full_disk_nothing_is_cosigned_and_then_it_goes_on(void)
{
    static const struct disk_plan full = {DISK_WRITE, WAL, true, 0, ENOSPC};
    struct stand s;
    stand_make(&s);
    stand_check(&s, 0, 5, WITNESS_GOOD);
    disk_plan(&full);
    CHECK_STATUS(submit_status(&s, 5, 8), FAIL(FULL));
    CHECK(disk_struck() > 0);
    CHECK(!kept_broken(s.kept));
    disk_plan(NULL);
    stand_check_shown(&s, 5);
    stand_check(&s, 5, 8, WITNESS_GOOD);
    stand_done(&s);
}

static void after_a_sync_that_failed_nothing_is_cosigned_any_more(void)
{
    static const struct disk_plan failing = {DISK_SYNC, WAL, true, 1, EIO};
    struct stand s;
    stand_make(&s);
    stand_check(&s, 0, 5, WITNESS_GOOD);
    disk_plan(&failing);
    CHECK_STATUS(submit_status(&s, 5, 8), FAIL(STORE));
    CHECK_U64(disk_struck(), 1);
    disk_plan(NULL);
    CHECK(kept_broken(s.kept));
    CHECK_STATUS(submit_status(&s, 5, 8), FAIL(STORE));
    stand_done(&s);
}

TESTS(witness_state, {"a log that grows is cosigned", a_log_that_grows_is_cosigned},
      {"the same again is cosigned with the time of now",
       the_same_again_is_cosigned_with_the_time_of_now},
      {"another size than the last is told", another_size_than_the_last_is_told},
      {"it remembers when it starts again", it_remembers_when_it_starts_again},
      {"of two that race one is cosigned", of_two_that_race_one_is_cosigned},
      {"what was answered was kept before, wherever it ends",
       what_was_answered_was_kept_before_wherever_it_ends},
      {"on a full disk nothing is cosigned, and then it goes on",
       on_a_full_disk_nothing_is_cosigned_and_then_it_goes_on},
      {"after a sync that failed nothing is cosigned any more",
       after_a_sync_that_failed_nothing_is_cosigned_any_more})
