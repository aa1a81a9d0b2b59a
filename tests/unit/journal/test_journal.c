#include "fixture.h"

#include <string.h>

static void a_disclosure_gets_a_receipt_that_proves(void)
{
    struct fixture f;
    struct letter l;
    struct proved proved;
    fixture_begin(&f);
    struct arena *a = arena_new(1 << 20);
    letter_write(&l, 1, 1);
    l.posting.token = 77;
    struct journal_result *r = post_one(&f, &l.posting);
    CHECK_OK(r->status);
    CHECK_U64(r->token, 77);
    CHECK_U64(r->index, 1); /* after the start entry */
    CHECK(!r->repeated);
    CHECK_BYTES(r->id, slice_over(l.id, 16));
    CHECK_BYTES(r->to, slice_text("XC-CA-01"));
    if (proves(&f, a, r->receipt, &proved)) {
        CHECK_U64(proved.outer.kind, ENTRY_DISCLOSURE);
        CHECK_U64(proved.outer.stage, STAGE_ACCEPTED);
        CHECK_U64(proved.outer.hop, 1);
        CHECK_BYTES(proved.outer.seal, slice_over(l.seal, 32));
        CHECK_U64(proved.receipt.index, 1);
        CHECK_U64(proved.note.size, 2);
        CHECK_U64(proved.time_ms, l.posting.at_ms);
    }
    journal_result_free(r);
    arena_free(a);
    fixture_end(&f);
}

static void what_is_fetched_is_what_was_posted(void)
{
    struct fixture f;
    struct letter l;
    struct proved proved;
    struct release release;
    struct delivery d;
    struct journal_reader *reader = NULL;
    fixture_begin(&f);
    struct arena *a = arena_new(1 << 20);
    letter_write(&l, 1, 1);
    journal_result_free(post_one(&f, &l.posting));
    CHECK_OK(journal_reader_open(f.journal, &reader));
    const struct message_key key = letter_key(&l);
    if (CHECK_OK(journal_fetch(reader, a, &key, 1, &d))) {
        CHECK_BYTES(d.body, slice_text(l.body));
        CHECK_BYTES(d.inbox, slice_text("SECRET-CASE-7/2026"));
        CHECK_BYTES(d.thread, slice_over(l.thread, 16));
        CHECK_BYTES(d.type, slice_text("mla.request"));
        CHECK_U64(d.delivery_number, 1);
        CHECK_U64(d.stage, STAGE_ACCEPTED);
        CHECK_OK(release_parse(a, d.release, &release));
        CHECK_U64(release.number, 1);
        CHECK_U64(release.time_ms, d.received_ms);
        if (proves(&f, a, d.receipt, &proved)) {
            struct digest digest = digest_of(SEPARATION_RELEASE, d.release);
            CHECK_BYTES(proved.outer.release, digest_slice(&digest));
            CHECK_U64(proved.time_ms, release.time_ms);
            CHECK(proved.receipt.has_proof);
            CHECK_U64(proved.receipt.old_size, 1);
        }
    }
    struct message_key other = key;
    other.to = slice_text("XC-JUD-01");
    CHECK_STATUS(journal_fetch(reader, a, &other, 0, &d), FAIL(ABSENT));
    journal_reader_close(reader);
    arena_free(a);
    fixture_end(&f);
}

static void the_same_seal_again_gets_the_first_receipt_and_another_is_refused(void)
{
    struct fixture f;
    struct letter l;
    struct proved proved;
    fixture_begin(&f);
    struct arena *a = arena_new(1 << 20);
    letter_write(&l, 1, 1);
    journal_result_free(post_one(&f, &l.posting));
    memset(&l.posting.keys, 0x5a, sizeof l.posting.keys);
    struct journal_result *again = post_one(&f, &l.posting);
    CHECK_OK(again->status);
    CHECK(again->repeated);
    CHECK_U64(again->index, 1);
    if (proves(&f, a, again->receipt, &proved))
        CHECK_U64(proved.receipt.index, 1);
    l.seal[0] ^= 1;
    struct journal_result *other = post_one(&f, &l.posting);
    CHECK_STATUS(other->status, REFUSE(REPLAY_OTHER));
    CHECK_U64(other->receipt.length, 0);
    journal_result_free(again);
    journal_result_free(other);
    arena_free(a);
    fixture_end(&f);
}

static void one_refused_posting_does_not_spoil_its_batch(void)
{
    enum { COUNT = 40 };
    static struct letter letters[COUNT];
    struct fixture f;
    struct collector c;
    fixture_begin(&f);
    collector_make(&c);
    for (uint64_t n = 0; n < COUNT; n++) {
        letter_write(&letters[n], n < 20 ? n : n - 20, 1); /* the second half: the same keys */
        letters[n].seal[0] ^= n % 2 == 0 ? 0 : (uint8_t)(n >= 20);
        letters[n].posting.owner = &c;
        letters[n].posting.token = n;
        CHECK_OK(journal_post(f.journal, &letters[n].posting, collector_done));
    }
    struct journal_result *results = collector_take(&c, COUNT);
    for (struct journal_result *r = results; r != NULL; r = r->next) {
        bool repeat = r->token >= 20;
        bool other = repeat && r->token % 2 == 1;
        CHECK_STATUS(r->status, other ? REFUSE(REPLAY_OTHER) : OK);
        CHECK(r->repeated == (repeat && !other));
        CHECK(other || r->index == r->token % 20 + 1);
    }
    results_free(results);
    collector_free(&c);
    fixture_end(&f);
}

static void a_hold_is_kept_aside_and_can_be_lifted(void)
{
    struct fixture f;
    struct letter l;
    struct seen seen;
    struct delivery d, *rows = NULL;
    size_t count = 9;
    struct journal_reader *reader = NULL;
    fixture_begin(&f);
    struct arena *a = arena_new(4 << 20);
    letter_write(&l, 1, 1);
    const struct posting disclosure = l.posting;
    letter_turn(&l, POSTING_HOLD, "E_HELD");
    journal_result_free(post_one(&f, &l.posting));
    CHECK_OK(journal_reader_open(f.journal, &reader));
    const struct message_key key = letter_key(&l);
    if (CHECK_OK(journal_seen(reader, a, &key, 0, &seen))) {
        CHECK_U64(seen.kind, ENTRY_HOLD);
        CHECK_BYTES(seen.code, slice_text("E_HELD"));
        CHECK_BYTES(digest_slice(&seen.seal), slice_over(l.seal, 32));
    }
    CHECK_STATUS(journal_fetch(reader, a, &key, 0, &d), FAIL(ABSENT));
    CHECK_OK(journal_inbox(reader, a, &(struct journal_page){.party = key.to, .limit = 100}, &rows,
                           &count));
    CHECK_U64(count, 0);

    /* A disclosure that does not say what it replaces is answered with the hold. */
    struct journal_result *r = post_one(&f, &disclosure);
    CHECK_OK(r->status);
    CHECK(r->repeated);
    CHECK_U64(r->kind, POSTING_HOLD);
    journal_result_free(r);

    struct posting lifted = disclosure;
    lifted.inner.has_related = true;
    lifted.inner.related = 1;
    r = post_one(&f, &lifted);
    CHECK_OK(r->status);
    CHECK(!r->repeated);
    CHECK_U64(r->index, 2);
    journal_result_free(r);
    if (CHECK_OK(journal_fetch(reader, a, &key, 0, &d)))
        CHECK_BYTES(d.body, slice_text(l.body));
    CHECK_OK(journal_seen(reader, a, &key, 0, &seen));
    CHECK_U64(seen.kind, ENTRY_DISCLOSURE);
    journal_reader_close(reader);
    arena_free(a);
    fixture_end(&f);
}

static void a_new_decision_supersedes_and_keeps_its_number(void)
{
    struct fixture f;
    struct letter first, second;
    struct delivery d, *rows = NULL;
    struct release release;
    size_t count = 0;
    struct journal_reader *reader = NULL;
    fixture_begin(&f);
    struct arena *a = arena_new(4 << 20);
    letter_write(&first, 1, 7);
    letter_write(&second, 2, 7);
    journal_result_free(post_one(&f, &first.posting));
    journal_result_free(post_one(&f, &second.posting));
    first.posting.inner.has_related = true;
    first.posting.inner.related = 1;
    first.posting.message.body = slice_text("narrower");
    struct journal_result *r = post_one(&f, &first.posting);
    CHECK_OK(r->status);
    CHECK(!r->repeated);
    CHECK_U64(r->index, 3);
    journal_result_free(r);
    CHECK_OK(journal_reader_open(f.journal, &reader));
    const struct message_key key = letter_key(&first);
    if (CHECK_OK(journal_fetch(reader, a, &key, 0, &d))) {
        CHECK_BYTES(d.body, slice_text("narrower"));
        CHECK_OK(release_parse(a, d.release, &release));
        CHECK_U64(release.number, 1);
    }
    CHECK_OK(journal_undelivered(reader, a, &(struct journal_page){.party = key.to, .limit = 100},
                                 &rows, &count));
    CHECK_U64(count, 2);
    CHECK_U64(rows[0].delivery_number, 1); /* nothing overtakes it */
    CHECK_U64(rows[1].delivery_number, 2);
    journal_reader_close(reader);
    arena_free(a);
    fixture_end(&f);
}

static void refusals_are_never_unique_but_the_first_is_remembered(void)
{
    struct fixture f;
    struct letter l;
    struct seen seen;
    struct journal_reader *reader = NULL;
    fixture_begin(&f);
    struct arena *a = arena_new(4 << 20);
    letter_write(&l, 1, 1);
    const struct posting disclosure = l.posting;
    letter_turn(&l, POSTING_REFUSAL, "E_INCOMPLETE");
    struct journal_result *r = post_one(&f, &l.posting);
    CHECK_OK(r->status);
    CHECK_U64(r->index, 1);
    journal_result_free(r);
    letter_turn(&l, POSTING_REFUSAL, "E_LANG");
    r = post_one(&f, &l.posting);
    CHECK_OK(r->status);
    CHECK_U64(r->index, 2);
    CHECK(!r->repeated);
    journal_result_free(r);
    CHECK_OK(journal_reader_open(f.journal, &reader));
    const struct message_key key = letter_key(&l);
    CHECK_OK(journal_seen(reader, a, &key, 0, &seen));
    CHECK_U64(seen.kind, ENTRY_REFUSAL);
    CHECK_BYTES(seen.code, slice_text("E_INCOMPLETE"));
    journal_result_free(post_one(&f, &disclosure));
    CHECK_OK(journal_seen(reader, a, &key, 0, &seen));
    CHECK_U64(seen.kind, ENTRY_DISCLOSURE);

    /* Something refused that is about no message. */
    l.posting.outer = (struct outer){.gateway = slice_text("XA-GW-01"),
                                     .rulebook = l.posting.outer.rulebook,
                                     .code = slice_text("E_SCHEMA")};
    r = post_one(&f, &l.posting);
    CHECK_OK(r->status);
    CHECK_U64(r->index, 4);
    journal_result_free(r);
    journal_reader_close(reader);
    arena_free(a);
    fixture_end(&f);
}

static void a_question_leaves_an_entry_and_nothing_else(void)
{
    struct fixture f;
    struct letter l;
    struct seen seen;
    struct proved proved;
    struct journal_reader *reader = NULL;
    fixture_begin(&f);
    struct arena *a = arena_new(1 << 20);
    letter_write(&l, 1, 1);
    l.posting.kind = POSTING_QUESTION;
    l.posting.outer.stage = STAGE_NONE;
    struct journal_result *r = post_one(&f, &l.posting);
    CHECK_OK(r->status);
    if (proves(&f, a, r->receipt, &proved))
        CHECK_U64(proved.outer.kind, ENTRY_CONSULTATION);
    journal_result_free(r);
    CHECK_OK(journal_reader_open(f.journal, &reader));
    const struct message_key key = letter_key(&l);
    CHECK_STATUS(journal_seen(reader, a, &key, 0, &seen), FAIL(ABSENT));
    journal_reader_close(reader);
    arena_free(a);
    fixture_end(&f);
}

static void time_never_falls(void)
{
    struct fixture f;
    struct letter l;
    struct proved proved;
    fixture_begin(&f);
    struct arena *a = arena_new(1 << 20);
    letter_write(&l, 1, 1);
    l.posting.at_ms = T0 - 5000;
    struct journal_result *r = post_one(&f, &l.posting);
    if (proves(&f, a, r->receipt, &proved))
        CHECK_U64(proved.time_ms, T0);
    journal_result_free(r);
    arena_free(a);
    fixture_end(&f);
}

/* The log was ahead of its clock once: what is entered now, nobody would accept. */
static void a_disclosure_far_from_the_time_of_the_log_is_put_off(void)
{
    static const uint64_t ahead = 3600000;
    struct fixture f;
    struct letter l;
    struct journal_health health;
    fixture_begin(&f);
    letter_write(&l, 1, 1);
    letter_turn(&l, POSTING_REFUSAL, "E_EXPIRED");
    l.posting.at_ms += ahead;
    journal_result_free(post_one(&f, &l.posting));
    journal_health(f.journal, &health);
    CHECK_U64(health.time_ms, l.posting.at_ms);
    letter_write(&l, 2, 1);
    struct journal_result *r = post_one(&f, &l.posting);
    CHECK_STATUS(r->status, FAIL(FULL));
    CHECK_U64(r->receipt.length, 0);
    journal_result_free(r);
    l.posting.at_ms += ahead;
    l.posting.message.created_ms += ahead;
    r = post_one(&f, &l.posting);
    CHECK_OK(r->status);
    CHECK_U64(r->index, 2); /* nothing was entered between */
    journal_result_free(r);
    fixture_end(&f);
}

static void a_full_queue_says_so(void)
{
    struct fixture f;
    struct letter l;
    fixture_make(&f);
    f.settings.queue_max_bytes = 512;
    CHECK_OK(fixture_open(&f, T0));
    letter_write(&l, 1, 1);
    CHECK_STATUS(journal_post(f.journal, &l.posting, collector_done), FAIL(FULL));
    fixture_end(&f);
}

TESTS(journal, {"a disclosure gets a receipt that proves", a_disclosure_gets_a_receipt_that_proves},
      {"what is fetched is what was posted", what_is_fetched_is_what_was_posted},
      {"the same seal again gets the first receipt and another is refused",
       the_same_seal_again_gets_the_first_receipt_and_another_is_refused},
      {"one refused posting does not spoil its batch",
       one_refused_posting_does_not_spoil_its_batch},
      {"a hold is kept aside and can be lifted", a_hold_is_kept_aside_and_can_be_lifted},
      {"a new decision supersedes and keeps its number",
       a_new_decision_supersedes_and_keeps_its_number},
      {"refusals are never unique but the first is remembered",
       refusals_are_never_unique_but_the_first_is_remembered},
      {"a question leaves an entry and nothing else", a_question_leaves_an_entry_and_nothing_else},
      {"time never falls", time_never_falls},
      {"a disclosure far from the time of the log is put off",
       a_disclosure_far_from_the_time_of_the_log_is_put_off},
      {"a full queue says so", a_full_queue_says_so})
