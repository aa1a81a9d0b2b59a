/*
 * Calls to the system that fail under the exchange, each in its turn: what was acknowledged is
 * there, what was not can be asked for again, and neither is there twice. Where the journal gives
 * up, the process would end; the next one finds it complete.
 */

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "faults/aftermath.h"
#include "session/query.h"
#include "support/await.h"
#include "unit/journal/disk.h"

#define LEAST_CALLS 4 /* a sweep that failed less often has not failed at all */

/* ---- reading, which disk.h leaves alone ---- */

static atomic_llong reads_left = -1; /* until one fails; below 0: none fails */
static atomic_bool read_failed;

ssize_t pread64(int fd, void *octets, size_t length, off_t offset);

ssize_t pread64(int fd, void *octets, size_t length, off_t offset)
{
    if (atomic_load(&reads_left) >= 0 && atomic_fetch_sub(&reads_left, 1) == 0) {
        atomic_store(&read_failed, true);
        errno = EIO;
        return -1;
    }
    return syscall(SYS_pread64, fd, octets, length, offset);
}

/* ---- sweeps ---- */

/* What fails, the n-th time from now on. */
struct fault {
    const char *name;
    unsigned ops; /* 0: reading */
    int error;
};

static const struct fault faults[] = {
    {"any call with EIO", DISK_ANY, EIO},
    {"any call with ENOSPC", DISK_ANY, ENOSPC},
    {"reading with EIO", 0, EIO},
};

static void fail_at(const struct world *w, const struct fault *fault, uint64_t n)
{
    static struct disk_plan plan;
    plan = (struct disk_plan){fault->ops, w->folder, false, n, fault->error};
    if (fault->ops != 0)
        disk_plan(&plan);
    atomic_store(&read_failed, false);
    if (fault->ops == 0)
        atomic_store(&reads_left, (long long)n - 1);
}

/* Whether one has failed; from now on none does. */
static bool failed_meanwhile(void)
{
    bool failed = disk_struck() > 0 || atomic_load(&read_failed);
    disk_plan(NULL);
    atomic_store(&reads_left, -1);
    return failed;
}

static bool admits(void *journal)
{
    return !failed(journal_admits(journal));
}

/* The journal goes on by itself, or the process would have ended: then the next one does. Entries
 * that this makes. */
static uint64_t recover(struct world *w)
{
    if (journal_dead(w->journal)) {
        world_stop(w);
        world_start(w);
        return 1; /* who gave up has not written that it stopped */
    }
    CHECK(await(admits, w->journal));
    return 0;
}

/* A gateway that has just started reads what it needs from the disk. Entries that this makes. */
static uint64_t start_again(struct world *w)
{
    world_stop(w);
    world_start(w);
    return 2;
}

static bool is_kept(struct world *w, const struct message_key *key)
{
    struct arena *arena = arena_new((size_t)16 << 20);
    struct delivery delivery;
    struct status s = journal_fetch(w->reader, arena, key, 0, &delivery);
    CHECK(!failed(s) || s.code == CODE_ABSENT);
    arena_free(arena);
    return !failed(s);
}

/* After a sweep of n letters: each has a disclosure and a stage, beside starts and stops. */
static void check_end(struct world *w, const struct fault *fault, uint64_t n, uint64_t starts)
{
    uint64_t size = 0;
    if (!CHECK(n > LEAST_CALLS))
        fprintf(stderr, "%s: only %llu\n", fault->name, (unsigned long long)n);
    end_and_verify(w, &size);
    CHECK_U64(size, 2 * n + 2 + starts);
}

/* ---- submitting ---- */

/* Submits while the n-th call fails; whether one did. *starts: entries of
 * gateways that began and ended, so far. */
static bool submit_failing(struct world *w, const struct fault *fault, uint64_t n, uint64_t *starts)
{
    struct letter *letter = plain_letter(w);
    *starts += fault->ops == 0 ? start_again(w) : 0;
    struct client *xa = client_dial(w, "XA-CA-01");
    fail_at(w, fault, n);
    const struct heard *h = client_submit(xa, &letter->submit);
    bool went_wrong = failed_meanwhile();
    CHECK(h != NULL && (h->frame.kind == FRAME_RECEIPT || h->frame.kind == FRAME_REFUSE));
    bool acknowledged = h != NULL && h->frame.kind == FRAME_RECEIPT;
    check_nobody_blamed(xa);
    client_free(xa);
    *starts += recover(w);
    CHECK(!acknowledged || is_kept(w, &letter->key));
    check_arrives_once(w, letter);
    letter_free(letter);
    return went_wrong;
}

static void a_submit_survives_any_call_that_fails(void)
{
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        struct world *w = world_new(&(struct world_settings){0});
        uint64_t n = 0, starts = 0;
        while (submit_failing(w, &faults[i], ++n, &starts))
            ;
        check_end(w, &faults[i], n, starts);
    }
}

/* ---- being delivered to ---- */

static bool take_failing(struct world *w, const struct fault *fault, uint64_t n, uint64_t *starts)
{
    struct letter *letter = plain_letter(w);
    struct client *xa = client_dial(w, "XA-CA-01");
    CHECK(scene_send(xa, letter) != NULL);
    client_free(xa);
    *starts += fault->ops == 0 ? start_again(w) : 0;
    struct client *xc = client_dial(w, "XC-CA-01");
    fail_at(w, fault, n);
    CHECK(take_mail(w, xc, letter));
    bool went_wrong = failed_meanwhile();
    check_nobody_blamed(xc);
    client_free(xc);
    *starts += recover(w);
    check_told_once(w, letter);
    letter_free(letter);
    return went_wrong;
}

static void a_delivery_survives_any_call_that_fails(void)
{
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        struct world *w = world_new(&(struct world_settings){0});
        uint64_t n = 0, starts = 0;
        while (take_failing(w, &faults[i], ++n, &starts))
            ;
        check_end(w, &faults[i], n, starts);
    }
}

/* ---- asking ---- */

static bool ask_failing(struct world *w, const struct query_args *args, const char *party,
                        uint64_t n)
{
    start_again(w);
    struct client *c = client_dial(w, party);
    fail_at(w, &faults[2], n);
    const struct heard *h = client_ask(c, args);
    bool went_wrong = failed_meanwhile();
    CHECK(h != NULL && (h->frame.kind == FRAME_ANSWER || h->frame.kind == FRAME_REFUSE));
    check_nobody_blamed(c);
    client_free(c);
    recover(w); /* the entry that it was fetched reads tables, too */
    c = client_dial(w, party);
    h = client_ask(c, args);
    CHECK(h != NULL && h->frame.kind == FRAME_ANSWER);
    client_free(c);
    return went_wrong;
}

static void questions_survive_any_call_that_fails(void)
{
    struct world *w = world_new(&(struct world_settings){0});
    struct client *xa = client_dial(w, "XA-CA-01");
    struct letter *letter = plain_letter(w);
    CHECK(scene_send(xa, letter) != NULL);
    client_free(xa);
    const struct {
        const char *party;
        struct query_args args;
    } asked[] = {
        {"XC-CA-01", {.what = QUERY_INBOX, .limit = 10}},
        {"XC-CA-01", {.what = QUERY_FETCH, .has_key = true, .key = letter->key}},
        {"XA-CA-01", {.what = QUERY_STATUS, .limit = 10, .has_key = true, .key = letter->key}},
        {"XA-CA-01", {.what = QUERY_CHECKPOINT, .origin = slice_text(WORLD_ORIGIN)}},
        {"XA-CA-01",
         {.what = QUERY_CONSISTENCY,
          .origin = slice_text(WORLD_ORIGIN),
          .old_size = 1,
          .new_size = 2}},
    };
    uint64_t size = 0, failures = 0;
    for (size_t i = 0; i < sizeof asked / sizeof asked[0]; i++)
        for (uint64_t n = 1; ask_failing(w, &asked[i].args, asked[i].party, n); n++)
            failures++;
    CHECK(failures > LEAST_CALLS);
    letter_free(letter);
    end_and_verify(w, &size);
}

TESTS(calls, {"a submit survives any call that fails", a_submit_survives_any_call_that_fails},
      {"a delivery survives any call that fails", a_delivery_survives_any_call_that_fails},
      {"questions survive any call that fails", questions_survive_any_call_that_fails})
