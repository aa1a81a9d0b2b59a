/*
 * Memory that is out at any one moment while the journal takes what comes from a peer gateway and
 * goes to one, or is asked about it: it works, or fails as out of memory and can be done again.
 * Nothing is lost, kept twice or leaked, and the log holds.
 */

#include <stdio.h>

#include "support/allocations.h"
#include "unit/journal/foreign.h"
#include "unit/journal/watch.h"

#define ARENA_BYTES ((size_t)4 << 20)
#define LEAST_STEPS 5 /* a sweep that failed less often has not failed at all */

static bool is_ours(struct status s)
{
    if (s.code != CODE_OK && s.code != CODE_MEMORY)
        fprintf(stderr, "got %s (%s)\n", code_name(s.code), reason_name(s.reason));
    return CHECK(s.code == CODE_OK || s.code == CODE_MEMORY);
}

/* ---- posting ---- */

/* What is posted: letter n, or what is to be said of it. It points into checkpoint. */
typedef void posting_make(struct letter *l, uint64_t n, struct foreign_checkpoint *checkpoint);

static void make_in(struct letter *l, uint64_t n, struct foreign_checkpoint *checkpoint)
{
    (void)checkpoint;
    letter_in(l, n);
}

static void make_held(struct letter *l, uint64_t n, struct foreign_checkpoint *checkpoint)
{
    (void)checkpoint;
    letter_in(l, n);
    letter_turn(l, POSTING_HOLD, "E_HELD");
}

static void make_out(struct letter *l, uint64_t n, struct foreign_checkpoint *checkpoint)
{
    (void)checkpoint;
    letter_out(l, n);
}

static void make_remote(struct letter *l, uint64_t n, struct foreign_checkpoint *checkpoint)
{
    struct foreign_log log;
    letter_out(l, n);
    letter_remote(l, STAGE_DELIVERED, "a receipt");
    foreign_log_make(&log, FOREIGN_LEAVES);
    foreign_checkpoint(&log, 0, 7, checkpoint);
    l->posting.peer = checkpoint->checkpoint;
}

/* Its claims let it be kept no longer. */
static void make_over(struct letter *l, uint64_t n, struct foreign_checkpoint *checkpoint)
{
    (void)checkpoint;
    letter_out(l, n);
    l->posting.message.retain_ms = T0;
}

static void make_run(struct letter *l, uint64_t n, struct foreign_checkpoint *checkpoint)
{
    (void)checkpoint;
    letter_out(l, n);
    l->posting.kind = POSTING_ERASURE;
    l->posting.outer = (struct outer){.rulebook = l->posting.outer.rulebook};
    l->posting.inner = (struct inner){0};
}

struct posting_case {
    const char *name;
    posting_make *before, *make;
    uint64_t entries; /* that it makes */
};

static const struct posting_case cases[] = {
    {"in", NULL, make_in, 2},        {"held", NULL, make_held, 2},
    {"out", NULL, make_out, 1},      {"remote", make_out, make_remote, 0},
    {"run", make_over, make_run, 1},
};
#define CASES (sizeof cases / sizeof cases[0])

static uint64_t signed_size(struct fixture *f)
{
    struct journal_health h;
    journal_health(f->journal, &h);
    return h.signed_size;
}

static struct status post_made(struct fixture *f, uint64_t n, posting_make *make)
{
    struct letter l;
    struct foreign_checkpoint checkpoint;
    make(&l, n, &checkpoint);
    return post_status(f, &l.posting);
}

/* The n-th allocation of this thread or of the others fails; whether one did. Done again until it
 * works, what is posted is there once. */
static bool posting_failing(struct fixture *f, const struct posting_case *c, bool elsewhere,
                            uint64_t n)
{
    if (c->before != NULL)
        CHECK_OK(post_made(f, n, c->before));
    uint64_t size = signed_size(f);
    if (elsewhere)
        allocations_fail_elsewhere_at(n);
    else
        allocations_fail_at(n);
    struct status s = post_made(f, n, c->make);
    bool failed_so = elsewhere ? allocations_failed_elsewhere() : allocations_failed();
    allocations_fail_elsewhere_at(0);
    allocations_fail_at(0);
    is_ours(s);
    CHECK_OK(post_made(f, n, c->make));
    CHECK_U64(signed_size(f), size + c->entries);
    return failed_so;
}

static void sweep_postings(bool elsewhere)
{
    uint64_t steps = 0;
    for (size_t i = 0; i < CASES; i++) {
        struct fixture f;
        uint64_t n = 0;
        fixture_begin(&f);
        while (posting_failing(&f, &cases[i], elsewhere, ++n))
            steps++;
        (void)check_whole(&f);
        fixture_end(&f);
    }
    CHECK(steps > LEAST_STEPS);
}

static void a_posting_survives_any_allocation_that_fails(void)
{
    sweep_postings(false);
}

static void the_journals_threads_survive_any_allocation_that_fails(void)
{
    sweep_postings(true);
}

/* ---- asking ---- */

struct asker {
    struct journal_reader *reader;
    struct arena *a;
    struct letter in, out;
    size_t count;
};

static struct status ask_seen(struct asker *k)
{
    struct seen seen;
    const struct message_key key = letter_key(&k->in);
    return journal_seen(k->reader, k->a, &key, 1, &seen);
}

static struct status ask_stage(struct asker *k)
{
    struct slice receipt;
    const struct message_key key = letter_key(&k->in);
    return journal_stage_receipt(k->reader, k->a, &key, STAGE_RELAYED, 1, &receipt);
}

static struct status ask_submissions(struct asker *k)
{
    struct submission_row *rows;
    const struct journal_page page = {.party = k->out.from, .limit = 10};
    return journal_submissions(k->reader, k->a, &page, &rows, &k->count);
}

static struct status ask_notices(struct asker *k)
{
    struct notice *rows;
    const struct journal_page page = {.party = k->out.from, .limit = 10};
    return journal_notices(k->reader, k->a, &page, &rows, &k->count);
}

static struct status ask_overdue(struct asker *k)
{
    struct delivery *rows;
    return journal_overdue(k->reader, k->a, UINT64_MAX >> 1, 10, &rows, &k->count);
}

static struct status ask_checkpoint(struct asker *k)
{
    struct peer_checkpoint checkpoint;
    return journal_peer_checkpoint(k->reader, k->a, slice_text(FOREIGN_ORIGIN), &checkpoint);
}

static struct status ask_steps(struct asker *k)
{
    struct peer_checkpoint *rows;
    return journal_peer_steps(k->reader, k->a, slice_text(FOREIGN_ORIGIN), 0, 10, &rows, &k->count);
}

typedef struct status question(struct asker *k);

static question *const questions[] = {
    ask_seen, ask_stage, ask_submissions, ask_notices, ask_overdue, ask_checkpoint, ask_steps,
};

/* An arena that is too small fails at each of its steps; allocations besides it fail, too. */
static void sweep_question(struct asker *k, question *ask)
{
    struct status s = FAIL(MEMORY);
    uint64_t n = 0;
    bool went_wrong = true;
    while (went_wrong) {
        allocations_fail_at(++n);
        k->a = arena_new(ARENA_BYTES);
        s = k->a == NULL ? FAIL(MEMORY) : ask(k);
        went_wrong = allocations_failed();
        allocations_fail_at(0);
        arena_free(k->a);
        is_ours(s);
    }
    CHECK(n > 1);
    for (size_t bytes = 0; bytes == 0 || failed(s); bytes += 64) {
        k->a = arena_new(bytes);
        s = ask(k);
        arena_free(k->a);
        if (!is_ours(s))
            return;
    }
}

static void questions_survive_any_allocation_that_fails(void)
{
    struct fixture f;
    struct asker k = {0};
    fixture_begin(&f);
    letter_in(&k.in, 1);
    CHECK_OK(post_status(&f, &k.in.posting));
    CHECK_OK(post_made(&f, 2, make_out));
    CHECK_OK(post_made(&f, 2, make_remote));
    CHECK_OK(post_made(&f, 3, make_out)); /* which is due one day */
    letter_out(&k.out, 2);
    CHECK_OK(journal_reader_open(f.journal, &k.reader));
    for (size_t i = 0; i < sizeof questions / sizeof questions[0]; i++)
        sweep_question(&k, questions[i]);
    journal_reader_close(k.reader);
    fixture_end(&f);
}

TESTS(journal_allocations,
      {"a posting survives any allocation that fails",
       a_posting_survives_any_allocation_that_fails},
      {"the journal's threads survive any allocation that fails",
       the_journals_threads_survive_any_allocation_that_fails},
      {"questions survive any allocation that fails", questions_survive_any_allocation_that_fails})
