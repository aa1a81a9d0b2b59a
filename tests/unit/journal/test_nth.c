#include "disk.h"
#include "foreign.h"
#include "watch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/*
 * Any one call on any file fails: opening, six postings and closing end in a result or in a clear
 * error, and the next process finds what was acknowledged, once, under a log that verifies.
 */

#define BALLAST     65536
#define SHORT_STEP  7 /* coprime to what repeats itself in a run */
#define CALLS_LEAST 60
#define CALLS_MOST  5000

/* The postings of a run: the kinds of letters, and a stage of one of them. */
enum { HOME, HOME_AGAIN, OUT, IN, LETTERS };

static void letter_make(struct letter *l, uint64_t n)
{
    if (n == OUT)
        letter_out(l, n + 1);
    else if (n == IN)
        letter_in(l, n + 1);
    else
        letter_write(l, n + 1, 1);
}

/* What a run was told. */
struct told {
    bool opened;
    bool letters[LETTERS];
    bool stage, remote;
};

static void stage_make(struct letter *l)
{
    letter_make(l, HOME);
    letter_stage(l, STAGE_DELIVERED);
}

/* With a checkpoint of the peer's log. */
static void remote_make(struct letter *l, struct foreign_checkpoint *checkpoint)
{
    struct foreign_log log;
    letter_make(l, OUT);
    letter_remote(l, STAGE_DELIVERED, "a receipt");
    foreign_log_make(&log, FOREIGN_LEAVES);
    foreign_checkpoint(&log, 0, 7, checkpoint);
    l->posting.peer = checkpoint->checkpoint;
}

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
        CHECK((r->receipt.length > 0) == (!failed(s) && r->kind != POSTING_REMOTE_STAGE));
        results_free(r);
    }
    collector_free(&c);
    /* A stage of a letter that was not taken is refused. */
    bool is_stage = posting->kind == POSTING_STAGE || posting->kind == POSTING_REMOTE_STAGE;
    CHECK(is_clear(s) || (is_stage && s.reason == REASON_QUERY_UNKNOWN));
    return !failed(s);
}

static struct told run(struct fixture *f)
{
    struct told told = {0};
    struct letter l;
    struct foreign_checkpoint checkpoint;
    struct status s = fixture_open(f, T0);
    CHECK(is_clear(s));
    told.opened = !failed(s);
    CHECK(told.opened == (f->error[0] == '\0'));
    if (!told.opened)
        return told;
    for (uint64_t n = 0; n < LETTERS; n++) {
        letter_make(&l, n);
        told.letters[n] = post_told(f, &l.posting);
    }
    stage_make(&l);
    told.stage = post_told(f, &l.posting);
    remote_make(&l, &checkpoint);
    told.remote = post_told(f, &l.posting);
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

/* A receipt that is kept has moved its letter. */
static void check_nothing_waits(struct fixture *f)
{
    struct desk d = {.f = *f, .a = arena_new(1 << 20)};
    CHECK_OK(journal_reader_open(f->journal, &d.reader));
    CHECK_U64(desk_undelivered(&d, "XC-GW-01"), 0);
    journal_reader_close(d.reader);
    arena_free(d.a);
}

static void check_after(struct fixture *f, const struct told *told)
{
    struct letter l;
    struct foreign_checkpoint checkpoint;
    if (!CHECK_OK(fixture_open(f, T0)))
        return;
    for (uint64_t n = 0; n < LETTERS; n++) {
        letter_make(&l, n);
        check_once(f, &l.posting, told->letters[n]);
        CHECK_OK(fetch_status(f, &l));
    }
    stage_make(&l);
    check_once(f, &l.posting, told->stage);
    remote_make(&l, &checkpoint);
    check_once(f, &l.posting, told->remote);
    check_nothing_waits(f);
    CHECK(check_whole(f) >= 8); /* start, five letters' entries, a stage, stop */
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
