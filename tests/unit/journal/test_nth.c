#include "disk.h"
#include "watch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/*
 * Any one call on any file fails: opening, three postings and closing end in a result or in a clear
 * error, and the next process finds what was acknowledged, once, under a log that verifies.
 */

#define BALLAST     65536
#define SHORT_STEP  7 /* coprime to what repeats itself in a run */
#define CALLS_LEAST 60
#define CALLS_MOST  5000

/* What a run was told. */
struct told {
    bool opened;
    bool letters[2];
    bool stage;
};

static bool is_clear(struct status s)
{
    return s.code == CODE_OK || s.code == CODE_FULL || s.code == CODE_STORE;
}

static bool post_told(struct fixture *f, const struct posting *posting)
{
    struct posting p = *posting;
    struct collector c;
    collector_make(&c);
    p.owner = &c;
    struct status s = journal_post(f->journal, &p, collector_done);
    if (!failed(s) && CHECK(collector_await(&c, 1))) {
        struct journal_result *r = collector_take(&c, 1);
        s = r->status;
        CHECK((r->receipt.length > 0) == !failed(s));
        results_free(r);
    }
    collector_free(&c);
    /* A stage of a letter that was not taken is refused. */
    CHECK(is_clear(s) || (posting->kind == POSTING_STAGE && s.reason == REASON_QUERY_UNKNOWN));
    return !failed(s);
}

static struct told run(struct fixture *f)
{
    struct told told = {0};
    struct letter l;
    struct status s = fixture_open(f, T0);
    CHECK(is_clear(s));
    told.opened = !failed(s);
    CHECK(told.opened == (f->error[0] == '\0'));
    if (!told.opened)
        return told;
    for (uint64_t n = 0; n < 2; n++) {
        letter_write(&l, n + 1, 1);
        told.letters[n] = post_told(f, &l.posting);
    }
    letter_write(&l, 1, 1);
    letter_stage(&l, STAGE_DELIVERED);
    told.stage = post_told(f, &l.posting);
    fixture_close(f);
    return told;
}

static void check_once(struct fixture *f, const struct posting *posting, bool was_told)
{
    struct journal_result *r = post_one(f, posting);
    CHECK_OK(r->status);
    CHECK(r->repeated || !was_told);
    journal_result_free(r);
}

static void check_after(struct fixture *f, const struct told *told)
{
    struct letter l;
    if (!CHECK_OK(fixture_open(f, T0)))
        return;
    for (uint64_t n = 0; n < 2; n++) {
        letter_write(&l, n + 1, 1);
        check_once(f, &l.posting, told->letters[n]);
        CHECK_OK(fetch_status(f, &l));
    }
    letter_write(&l, 1, 1);
    letter_stage(&l, STAGE_DELIVERED);
    check_once(f, &l.posting, told->stage);
    CHECK(check_whole(f) >= 5); /* start, three, stop */
}

/* Whether the n-th call was made at all. */
static bool nth_fails(uint64_t n, int error)
{
    struct fixture f;
    fixture_make(&f);
    f.settings.ballast_bytes = BALLAST;
    f.settings.wal_max_bytes = 1 << 20; /* its log is moved after each batch */
    const struct disk_plan plan = {DISK_ANY, f.root, false, n, error};
    disk_plan(&plan);
    const struct told told = run(&f);
    bool struck = disk_struck() > 0;
    disk_plan(NULL);
    check_after(&f, &told);
    fixture_end(&f);
    return struck;
}

static void any_call_on_a_file_may_fail(void)
{
    uint64_t step = getenv("COMITY_LONG") != NULL ? 1 : SHORT_STEP, n = 1;
    while (n < CALLS_MOST && nth_fails(n, n / step % 2 == 0 ? EIO : ENOSPC))
        n += step;
    CHECK(n > CALLS_LEAST && n < CALLS_MOST);
}

TESTS(journal_nth, {"any call on a file may fail", any_call_on_a_file_may_fail})
