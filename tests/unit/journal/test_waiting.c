#include "disk.h"
#include "foreign.h"
#include "watch.h"

#include "journal/reader.h"

#include <errno.h>
#include <string.h>

#include "support/await.h"

/* What is committed but cannot be signed, and the entries that the journal owes. */

static const struct disk_plan lock_full = {DISK_WRITE, "/lock.db-wal", false, 0, ENOSPC};
static const struct disk_plan wal_full = {DISK_WRITE, "/journal.db-wal", false, 0, ENOSPC};

/* A journal whose lock is on a full disk, and a letter that waits for it. */
struct stall {
    struct fixture f;
    struct letter l;
    struct collector c;
};

static void stall_begin(struct stall *s)
{
    fixture_begin(&s->f);
    collector_make(&s->c);
    letter_write(&s->l, 1, 1);
    s->l.posting.owner = &s->c;
    disk_plan(&lock_full);
    CHECK_OK(journal_post(s->f.journal, &s->l.posting, collector_done));
    CHECK(await_health(&s->f, health_is_stalled));
}

static void stall_end(struct stall *s)
{
    disk_plan(NULL);
    collector_free(&s->c);
    fixture_end(&s->f);
}

static void check_results(struct collector *c, size_t count, struct status want)
{
    if (!CHECK(collector_await(c, count)))
        return;
    struct journal_result *results = collector_take(c, count);
    uint64_t last = 0;
    for (struct journal_result *r = results; r != NULL; r = r->next) {
        CHECK_STATUS(r->status, want);
        CHECK(!r->repeated); /* it is announced to its recipient */
        CHECK((r->receipt.length > 0) == !failed(want));
        CHECK(failed(want) || r->index > last);
        last = r->index;
    }
    results_free(results);
}

static void what_the_lock_cannot_take_waits_and_is_answered_then(void)
{
    struct stall s;
    struct letter next;
    stall_begin(&s);
    CHECK_STATUS(fetch_status(&s.f, &s.l), FAIL(ABSENT)); /* no checkpoint covers it */
    CHECK_STATUS(journal_admits(s.f.journal), FAIL(FULL));
    letter_write(&next, 2, 1);
    CHECK_STATUS(journal_post(s.f.journal, &next.posting, collector_done), FAIL(FULL));
    next = s.l;
    letter_stage(&next, STAGE_DELIVERED);
    next.posting.owner = &s.c;
    CHECK_OK(journal_post(s.f.journal, &next.posting, collector_done));
    CHECK_U64(collector_count(&s.c), 0);
    CHECK(!journal_dead(s.f.journal));
    disk_plan(NULL); /* and nothing else is posted */
    check_results(&s.c, 2, OK);
    CHECK_OK(fetch_status(&s.f, &s.l));
    CHECK(await_health(&s.f, health_is_fine));
    CHECK_OK(journal_admits(s.f.journal));
    CHECK_U64(check_whole(&s.f), 4);
    stall_end(&s);
}

/* A box as a reader sees it. */
struct looker {
    struct journal_reader *reader;
    struct arena *a;
    struct journal_page page;
};

static bool has_nothing_undelivered(void *owner)
{
    struct looker *l = owner;
    struct delivery *rows;
    size_t count = 99;
    CHECK_OK(journal_undelivered(l->reader, l->a, &l->page, &rows, &count));
    return count == 0;
}

static size_t notices_seen(struct looker *l, struct notice **ret_rows)
{
    size_t count = 99;
    l->page.party = slice_text("XA-CA-01");
    CHECK_OK(journal_notices(l->reader, l->a, &l->page, ret_rows, &count));
    return count;
}

/* A peer's receipt needs no signature; but told first, it would have links page over the other. */
static void a_peers_receipt_is_not_told_before_what_was_committed_before_it(void)
{
    struct fixture f;
    struct collector c;
    struct letter home, out;
    struct notice *notices;
    struct looker looker = {.page = {.party = slice_text("XC-GW-01"), .limit = 10}};
    fixture_begin(&f);
    collector_make(&c);
    letter_write(&home, 1, 1);
    letter_out(&out, 2);
    CHECK_OK(post_status(&f, &home.posting));
    CHECK_OK(post_status(&f, &out.posting));
    CHECK_OK(journal_reader_open(f.journal, &looker.reader));
    looker.a = arena_new(64U << 20);
    letter_stage(&home, STAGE_DELIVERED);
    letter_remote(&out, STAGE_RELAYED, "RECEIPT-2");
    home.posting.owner = out.posting.owner = &c;
    disk_plan(&lock_full);
    CHECK_OK(journal_post(f.journal, &home.posting, collector_done));
    CHECK_OK(journal_post(f.journal, &out.posting, collector_done));
    CHECK(await(has_nothing_undelivered, &looker)); /* it is committed */
    CHECK_U64(notices_seen(&looker, &notices), 0);
    disk_plan(NULL);
    if (CHECK(collector_await(&c, 2)) && CHECK_U64(notices_seen(&looker, &notices), 2)) {
        CHECK_U64(notices[0].stage, STAGE_DELIVERED);
        CHECK_U64(notices[1].stage, STAGE_RELAYED);
    }
    results_free(collector_take(&c, 0));
    journal_reader_close(looker.reader);
    arena_free(looker.a);
    collector_free(&c);
    fixture_end(&f);
}

static void what_waits_counts_against_the_queue(void)
{
    struct stall s;
    struct journal_health h;
    stall_begin(&s);
    journal_health(s.f.journal, &h);
    CHECK(h.queued_bytes > 1000);
    CHECK_U64(h.signed_size, 1);
    disk_plan(NULL);
    check_results(&s.c, 1, OK);
    journal_health(s.f.journal, &h);
    CHECK_U64(h.queued_bytes, 0);
    CHECK_U64(h.signed_size, 2);
    stall_end(&s);
}

static void a_failure_that_ends_the_journal_answers_what_waits(void)
{
    static const struct disk_plan broken = {DISK_SYNC, "/lock.db-wal", false, 0, EIO};
    struct stall s;
    stall_begin(&s);
    disk_plan(&broken);
    check_results(&s.c, 1, FAIL(STORE));
    CHECK(journal_dead(s.f.journal));
    disk_plan(NULL);
    fixture_close(&s.f);
    CHECK_OK(fixture_open(&s.f, T0)); /* the rows are there: signed now, and told */
    CHECK_OK(fetch_status(&s.f, &s.l));
    struct journal_result *r = post_one(&s.f, &s.l.posting);
    CHECK_OK(r->status);
    CHECK(r->repeated);
    journal_result_free(r);
    stall_end(&s);
}

static void closing_answers_what_waits(void)
{
    struct stall s;
    stall_begin(&s);
    CHECK_STATUS(journal_close(s.f.journal, T0 + 10000), FAIL(FULL)); /* it is not signed */
    s.f.journal = NULL;
    check_results(&s.c, 1, FAIL(FULL));
    CHECK_STATUS(fixture_open(&s.f, T0), FAIL(FULL));
    CHECK(strstr(s.f.error, "full") != NULL);
    disk_plan(NULL);
    CHECK_OK(fixture_open(&s.f, T0));
    CHECK_OK(fetch_status(&s.f, &s.l));
    stall_end(&s);
}

/* ---- another rulebook ---- */

static void check_entry(struct fixture *f, uint64_t index, enum entry_kind kind,
                        const struct digest *rulebook)
{
    struct journal_reader *reader = NULL;
    struct look look;
    struct looked_entry entry = {0};
    struct arena *a = arena_new(1 << 20);
    CHECK_OK(journal_reader_open(f->journal, &reader));
    struct status s = look_begin(reader, a, 0, &look);
    if (!failed(s))
        s = look_entry(&look, index, &entry);
    if (CHECK_OK(look_end(&look, s))) {
        CHECK_U64(entry.outer.kind, kind);
        CHECK_BYTES(entry.outer.rulebook, digest_slice(rulebook));
    }
    journal_reader_close(reader);
    arena_free(a);
}

static void another_rulebook_gets_an_entry_and_is_named_at_the_end(void)
{
    const struct digest first = {{1}}, second = {{2}};
    struct fixture f;
    fixture_make(&f);
    f.settings.rulebook = first;
    CHECK_OK(fixture_open(&f, T0));
    CHECK_OK(journal_law(f.journal, &second, (struct slice){0}, T0 + 1));
    fixture_close(&f);
    f.settings.rulebook = second;
    CHECK_OK(fixture_open(&f, T0));
    check_entry(&f, 0, ENTRY_START_STOP, &first);
    check_entry(&f, 1, ENTRY_LAW, &second);
    check_entry(&f, 2, ENTRY_START_STOP, &second);
    fixture_end(&f);
}

/* Entries that tell of this rulebook. */
static unsigned laws_of(struct fixture *f, const struct digest *rulebook)
{
    struct journal_reader *reader = NULL;
    struct look look;
    struct looked_entry entry = {0};
    unsigned laws = 0;
    struct arena *a = arena_new(1 << 20);
    CHECK_OK(journal_reader_open(f->journal, &reader));
    struct status s = look_begin(reader, a, 0, &look);
    for (uint64_t i = 0; !failed(s) && !failed(s = look_entry(&look, i, &entry)); i++)
        laws += entry.outer.kind == ENTRY_LAW &&
                slice_equal(entry.outer.rulebook, digest_slice(rulebook));
    CHECK_STATUS(look_end(&look, s), FAIL(ABSENT));
    journal_reader_close(reader);
    arena_free(a);
    return laws;
}

static struct slice in_force;

static struct status takes_what_is_in_force(void *owner, struct arena *arena,
                                            const struct journal_laws *before,
                                            struct slice *ret_objects, char *error, size_t room)
{
    (void)owner, (void)before;
    (void)arena, (void)error, (void)room;
    *ret_objects = in_force;
    return OK;
}

/* Whichever write of the start fails first, the next one makes up for it. */
static void a_start_that_fails_loses_no_entry_about_the_rulebook(void)
{
    const struct digest first = {{1}}, second = {{2}};
    bool struck = true;
    for (uint64_t nth = 1; struck && nth < 40; nth++) {
        const struct disk_plan fails = {DISK_WRITE, "/journal.db-wal", false, nth, EIO};
        struct fixture f;
        fixture_make(&f);
        f.settings.rulebook = first;
        f.settings.judge_law = takes_what_is_in_force;
        in_force = slice_text("first");
        CHECK_OK(fixture_open(&f, T0));
        fixture_close(&f);
        f.settings.rulebook = second;
        in_force = slice_text("second");
        disk_plan(&fails);
        struct status s = fixture_open(&f, T0);
        struck = disk_struck() > 0;
        disk_plan(NULL);
        if (!failed(s))
            fixture_close(&f);
        CHECK_OK(fixture_open(&f, T0));
        CHECK_U64(laws_of(&f, &second), 1);
        fixture_end(&f);
    }
    CHECK(!struck);
}

/* Reloads in quick succession: the journal answers both at once. */
static void two_rulebooks_in_one_batch_get_an_entry_each(void)
{
    const struct digest second = {{2}}, third = {{3}};
    struct fixture f;
    struct gate gate;
    fixture_begin(&f);
    gate_shut(&gate, &f);
    CHECK_OK(journal_law(f.journal, &second, (struct slice){0}, T0 + 1));
    CHECK_OK(journal_law(f.journal, &third, (struct slice){0}, T0 + 2));
    gate_open(&gate);
    fixture_close(&f);
    CHECK_OK(fixture_open(&f, T0));
    check_entry(&f, 2, ENTRY_LAW, &second); /* after the start and the gate */
    check_entry(&f, 3, ENTRY_LAW, &third);
    check_entry(&f, 4, ENTRY_START_STOP, &third);
    fixture_end(&f);
}

static bool tried_again(const struct journal_health *h)
{
    return h->signed_size == 1 && disk_struck() > 4; /* more than one batch */
}

static bool two_are_signed(const struct journal_health *h)
{
    return h->signed_size == 2;
}

static void a_rulebook_whose_entry_finds_no_room_is_owed(void)
{
    const struct digest second = {{2}};
    struct fixture f;
    fixture_begin(&f);
    disk_plan(&wal_full);
    CHECK_OK(journal_law(f.journal, &second, (struct slice){0}, T0 + 1));
    CHECK(await_health(&f, tried_again));
    disk_plan(NULL);
    CHECK(await_health(&f, two_are_signed));
    check_entry(&f, 1, ENTRY_LAW, &second);
    fixture_end(&f);
}

static void a_rulebook_that_cannot_be_queued_has_changed_nothing(void)
{
    const struct digest second = {{2}};
    struct fixture f;
    fixture_make(&f);
    f.settings.queue_max_bytes = 512;
    CHECK_OK(fixture_open(&f, T0));
    CHECK_STATUS(journal_law(f.journal, &second, (struct slice){0}, T0 + 1), FAIL(FULL));
    fixture_close(&f);
    CHECK_OK(fixture_open(&f, T0));
    check_entry(&f, 1, ENTRY_START_STOP, &f.settings.rulebook);
    fixture_end(&f);
}

TESTS(journal_waiting,
      {"what the lock cannot take waits and is answered then",
       what_the_lock_cannot_take_waits_and_is_answered_then},
      {"a peer's receipt is not told before what was committed before it",
       a_peers_receipt_is_not_told_before_what_was_committed_before_it},
      {"what waits counts against the queue", what_waits_counts_against_the_queue},
      {"a failure that ends the journal answers what waits",
       a_failure_that_ends_the_journal_answers_what_waits},
      {"closing answers what waits", closing_answers_what_waits},
      {"another rulebook gets an entry and is named at the end",
       another_rulebook_gets_an_entry_and_is_named_at_the_end},
      {"a start that fails loses no entry about the rulebook",
       a_start_that_fails_loses_no_entry_about_the_rulebook},
      {"two rulebooks in one batch get an entry each",
       two_rulebooks_in_one_batch_get_an_entry_each},
      {"a rulebook whose entry finds no room is owed",
       a_rulebook_whose_entry_finds_no_room_is_owed},
      {"a rulebook that cannot be queued has changed nothing",
       a_rulebook_that_cannot_be_queued_has_changed_nothing})
