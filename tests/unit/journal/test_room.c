#include "disk.h"
#include "watch.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* Room on the disk and in the queue: new work is shed first, what was accepted keeps flowing. */

#define MIB  ((uint64_t)1 << 20)
#define ROOM (100 * MIB) /* on the disk at first */

static const struct disk_plan once_full = {DISK_WRITE, "/journal.db-wal", false, 1, ENOSPC};

static void post_letter(struct fixture *f, struct letter *l, uint64_t n)
{
    letter_write(l, n, 1);
    CHECK_OK(post_status(f, &l->posting));
}

static struct status post_stage(struct fixture *f, struct letter *l, enum stage stage)
{
    letter_stage(l, stage);
    return post_status(f, &l->posting);
}

static void check_sheds_new_work(struct fixture *f, uint64_t n)
{
    struct letter l;
    letter_write(&l, n, 1);
    CHECK_STATUS(journal_admits(f->journal), FAIL(FULL));
    CHECK_STATUS(journal_post(f->journal, &l.posting, collector_done), FAIL(FULL));
    letter_turn(&l, POSTING_HOLD, "E_HELD");
    CHECK_STATUS(journal_post(f->journal, &l.posting, collector_done), FAIL(FULL));
    letter_turn(&l, POSTING_REFUSAL, "E_SCHEMA");
    CHECK_STATUS(journal_post(f->journal, &l.posting, collector_done), FAIL(FULL));
    l.posting.kind = POSTING_QUESTION;
    CHECK_STATUS(journal_post(f->journal, &l.posting, collector_done), FAIL(FULL));
}

static void begin_with_room(struct fixture *f, uint64_t ballast, uint64_t floor)
{
    fixture_make(f);
    f->settings.ballast_bytes = ballast;
    f->settings.floor_bytes = floor;
    disk_free_is(ROOM);
    CHECK_OK(fixture_open(f, T0));
}

static void end_with_room(struct fixture *f)
{
    fixture_end(f);
    disk_free_is(UINT64_MAX);
    disk_plan(NULL);
}

static void below_the_floor_only_what_was_accepted_goes_on(void)
{
    struct fixture f;
    struct letter l, next;
    begin_with_room(&f, 0, 10 * MIB);
    CHECK_OK(journal_admits(f.journal));
    post_letter(&f, &l, 1);
    disk_free_is(10 * MIB - 1);
    CHECK(await_health(&f, health_is_low)); /* nobody posts meanwhile */
    check_sheds_new_work(&f, 2);
    CHECK_OK(post_stage(&f, &l, STAGE_DELIVERED));
    CHECK_OK(fetch_status(&f, &l));
    CHECK(await_health(&f, health_is_published));
    disk_free_is(10 * MIB);
    CHECK(await_health(&f, health_is_fine));
    CHECK_OK(journal_admits(f.journal));
    post_letter(&f, &next, 2);
    CHECK_U64(check_whole(&f), 5);
    end_with_room(&f);
}

static bool ballast_stat(const struct fixture *f, struct stat *st)
{
    char path[200];
    snprintf(path, sizeof path, "%s/ballast", f->path);
    return lstat(path, st) == 0;
}

static void the_ballast_is_real_and_kept(void)
{
    static const uint64_t sizes[] = {2 * MIB, 2 * MIB, MIB, 3 * MIB};
    struct fixture f;
    struct stat st;
    fixture_make(&f);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        f.settings.ballast_bytes = sizes[i];
        CHECK_OK(fixture_open(&f, T0));
        if (CHECK(ballast_stat(&f, &st))) {
            CHECK_U64((uint64_t)st.st_size, sizes[i]);
            CHECK((uint64_t)st.st_blocks * 512 >= sizes[i]);
            CHECK_U64(st.st_mode & 07777, 0600);
        }
        fixture_close(&f);
    }
    f.settings.ballast_bytes = 0;
    CHECK_OK(fixture_open(&f, T0));
    CHECK(!ballast_stat(&f, &st));
    end_with_room(&f);
}

/* In one batch: a new letter, and a stage of one that was accepted. */
static void post_both(struct fixture *f, struct letter *stage, struct letter *letter,
                      struct collector *c)
{
    struct gate gate;
    gate_shut(&gate, f);
    stage->posting.owner = c;
    letter->posting.owner = c;
    CHECK_OK(journal_post(f->journal, &letter->posting, collector_done));
    CHECK_OK(journal_post(f->journal, &stage->posting, collector_done));
    disk_plan(&once_full);
    gate_open(&gate);
}

static void check_stage_alone(struct collector *c)
{
    struct journal_result *results = collector_take(c, 2);
    for (struct journal_result *r = results; r != NULL; r = r->next) {
        bool stage = r->kind == POSTING_STAGE;
        CHECK_STATUS(r->status, stage ? OK : FAIL(FULL));
        CHECK((r->receipt.length > 0) == stage);
    }
    results_free(results);
}

static bool free_is_half_more(const struct journal_health *h)
{
    return h->free_bytes == 3 * MIB / 2;
}

static void a_full_disk_takes_the_ballast_for_deliveries(void)
{
    struct fixture f;
    struct letter old, new;
    struct collector c;
    struct stat st;
    begin_with_room(&f, MIB, MIB);
    collector_make(&c);
    post_letter(&f, &old, 1);
    letter_stage(&old, STAGE_DELIVERED);
    letter_write(&new, 2, 1);
    disk_free_is(MIB);
    post_both(&f, &old, &new, &c);
    check_stage_alone(&c);
    CHECK(disk_struck() == 1);
    CHECK(!ballast_stat(&f, &st));
    check_sheds_new_work(&f, 2);
    CHECK_STATUS(fetch_status(&f, &new), FAIL(ABSENT));
    CHECK_OK(post_stage(&f, &old, STAGE_RETRIEVED));
    disk_free_is(3 * MIB / 2); /* over the floor, but the ballast does not fit */
    CHECK(await_health(&f, free_is_half_more));
    check_sheds_new_work(&f, 2);
    disk_free_is(3 * MIB);
    CHECK(await_health(&f, health_is_fine));
    CHECK(ballast_stat(&f, &st));
    post_letter(&f, &new, 2);
    CHECK_U64(check_whole(&f), 7); /* start, letter, the gate, two stages, letter, stop */
    collector_free(&c);
    end_with_room(&f);
}

static void without_its_ballast_nothing_new_is_taken(void)
{
    static const struct disk_plan plan = {DISK_ALLOCATE, "/ballast", true, 0, ENOSPC};
    struct fixture f;
    struct stat st;
    struct letter l;
    disk_plan(&plan);
    begin_with_room(&f, MIB, 0);
    CHECK(!ballast_stat(&f, &st));
    check_sheds_new_work(&f, 1);
    disk_plan(NULL);
    CHECK(await_health(&f, health_is_fine));
    CHECK(ballast_stat(&f, &st));
    post_letter(&f, &l, 1);
    end_with_room(&f);
}

static void stages_find_room_in_a_queue_that_is_full_for_new_work(void)
{
    struct fixture f;
    struct letter l;
    struct gate gate;
    struct collector c;
    struct journal_health h;
    size_t letters = 0, stages = 0;
    fixture_make(&f);
    f.settings.queue_max_bytes = 400000;
    CHECK_OK(fixture_open(&f, T0));
    collector_make(&c);
    gate_shut(&gate, &f);
    for (;; letters++) {
        letter_write(&l, letters + 1, 1);
        l.posting.owner = &c;
        if (failed(journal_post(f.journal, &l.posting, collector_done)))
            break;
    }
    journal_health(f.journal, &h);
    CHECK(letters > 2 && h.queued_bytes <= 300000 && h.queued_bytes > 250000);
    for (; letters > 0; stages++) { /* of those letters, again and again */
        letter_write(&l, stages % letters + 1, 1);
        letter_stage(&l, STAGE_DELIVERED);
        l.posting.owner = &c;
        if (failed(journal_post(f.journal, &l.posting, collector_done)))
            break;
    }
    journal_health(f.journal, &h);
    CHECK(stages > 2 && h.queued_bytes <= 400000 && h.queued_bytes > 300000);
    CHECK_STATUS(journal_admits(f.journal), FAIL(FULL));
    gate_open(&gate);
    struct journal_result *results = collector_take(&c, letters + stages);
    for (struct journal_result *r = results; r != NULL; r = r->next)
        CHECK_OK(r->status);
    results_free(results);
    journal_health(f.journal, &h);
    CHECK_U64(h.queued_bytes, 0);
    CHECK_OK(journal_admits(f.journal));
    collector_free(&c);
    fixture_end(&f);
}

/* Its message is written before its records turn out to be too long. */
static void what_fails_halfway_is_left_out_of_its_batch(void)
{
    enum { COUNT = 5, WRONG = 2 };
    static char justification[INNER_MAX_BYTES + 1];
    struct fixture f;
    struct letter letters[COUNT];
    struct gate gate;
    struct collector c;
    fixture_begin(&f);
    collector_make(&c);
    gate_shut(&gate, &f);
    memset(justification, 'x', sizeof justification);
    for (uint64_t n = 0; n < COUNT; n++) {
        letter_write(&letters[n], n + 1, 1);
        letters[n].posting.owner = &c;
        letters[n].posting.token = n;
        if (n == WRONG)
            letters[n].posting.inner.justification =
                slice_over(justification, sizeof justification);
        CHECK_OK(journal_post(f.journal, &letters[n].posting, collector_done));
    }
    gate_open(&gate);
    struct journal_result *results = collector_take(&c, COUNT);
    for (struct journal_result *r = results; r != NULL; r = r->next) {
        CHECK_STATUS(r->status, r->token == WRONG ? FAIL(MEMORY) : OK);
        CHECK_U64(r->index, r->token == WRONG ? 0 : r->token + (r->token < WRONG ? 2 : 1));
    }
    results_free(results);
    for (uint64_t n = 0; n < COUNT; n++)
        CHECK_STATUS(fetch_status(&f, &letters[n]), n == WRONG ? FAIL(ABSENT) : OK);
    CHECK_U64(check_whole(&f), COUNT + 2);
    collector_free(&c);
    fixture_end(&f);
}

TESTS(journal_room,
      {"below the floor only what was accepted goes on",
       below_the_floor_only_what_was_accepted_goes_on},
      {"the ballast is real and kept", the_ballast_is_real_and_kept},
      {"a full disk takes the ballast for deliveries",
       a_full_disk_takes_the_ballast_for_deliveries},
      {"without its ballast nothing new is taken", without_its_ballast_nothing_new_is_taken},
      {"stages find room in a queue that is full for new work",
       stages_find_room_in_a_queue_that_is_full_for_new_work},
      {"what fails halfway is left out of its batch", what_fails_halfway_is_left_out_of_its_batch})
