#include "erasing.h"
#include "watch.h"

/* What is kept no longer is gone by itself, and what must stay stays. */

static void post(struct fixture *f, const struct posting *posting)
{
    CHECK_OK(post_status(f, posting));
}

/* ---- the retention ---- */

static void what_is_finished_goes_first_and_nothing_before_it_expires(void)
{
    struct desk d;
    struct letter read, waiting;
    erasing_begin(&d);
    post_read(&d.f, &read, 1);
    post_letter(&d.f, &waiting, 2);
    erasing_retain(&d.f, T0 + KEPT_MS); /* letters are accepted some milliseconds after T0 */
    CHECK_OK(fetch_status(&d.f, &read));
    erasing_retain(&d.f, T0 + KEPT_MS + 10);
    CHECK_STATUS(fetch_status(&d.f, &read), FAIL(ABSENT));
    CHECK_OK(fetch_status(&d.f, &waiting));
    erasing_retain(&d.f, T0 + DAY_MS - 1);
    CHECK_OK(fetch_status(&d.f, &waiting));
    CHECK_U64(desk_undelivered(&d, "XC-CA-01"), 1);
    erasing_retain(&d.f, T0 + DAY_MS);
    CHECK_STATUS(fetch_status(&d.f, &waiting), FAIL(ABSENT));
    CHECK_U64(desk_undelivered(&d, "XC-CA-01"), 0);
    desk_end(&d);
}

static void a_run_leaves_one_entry_that_names_nobody(void)
{
    struct desk d;
    struct letter l;
    struct outer outer;
    struct slice inner;
    erasing_begin(&d);
    post_read(&d.f, &l, 1);
    post_read(&d.f, &l, 2);
    uint64_t size = signed_size(&d.f);
    erasing_retain(&d.f, T0 + KEPT_MS + 10);
    CHECK_U64(signed_size(&d.f), size + 2); /* and the question */
    entry_open(&d, size, &outer, &inner);
    CHECK_U64(outer.kind, ENTRY_ERASURE);
    CHECK_U64(outer.from.length + outer.to.length + outer.id.length, 0);
    CHECK(says(inner, "ERASE"));
    CHECK(says(inner, "RETENTION: bodies of 2 messages; kept for 1 hours"));
    CHECK(!says(inner, "-CA-01"));
    erasing_retain(&d.f, T0 + KEPT_MS + 20); /* nothing is due: there is nothing to tell */
    CHECK_U64(signed_size(&d.f), size + 3);
    desk_end(&d);
}

static void more_than_one_run_takes_goes_in_several(void)
{
    const uint64_t letters = 150;
    struct desk d;
    struct letter l;
    erasing_begin(&d);
    for (uint64_t n = 1; n <= letters; n++)
        post_read(&d.f, &l, n);
    uint64_t size = signed_size(&d.f);
    CHECK_OK(journal_retain(d.f.journal, T0 + KEPT_MS + 1000));
    for (int i = 0; i < 5; i++)
        erasing_wait(&d.f);
    CHECK_U64(signed_size(&d.f), size + 5 + 3); /* 64, 64 and 22 */
    for (uint64_t n = 1; n <= letters; n += 13) {
        letter_write(&l, n, 1);
        CHECK_STATUS(fetch_status(&d.f, &l), FAIL(ABSENT));
    }
    (void)check_whole(&d.f);
    desk_end(&d);
}

static void claims_can_end_it_earlier(void)
{
    struct desk d;
    struct letter l;
    erasing_begin(&d);
    letter_write(&l, 1, 1);
    l.posting.message.retain_ms = T0 + HOUR_MS / 2;
    post(&d.f, &l.posting);
    erasing_retain(&d.f, T0 + HOUR_MS / 2 - 1);
    CHECK_OK(fetch_status(&d.f, &l));
    erasing_retain(&d.f, T0 + HOUR_MS / 2);
    CHECK_STATUS(fetch_status(&d.f, &l), FAIL(ABSENT));
    desk_end(&d);
}

static void what_is_held_goes_when_it_has_expired(void)
{
    struct desk d;
    struct letter held, brought;
    erasing_begin(&d);
    letter_write(&held, 1, 1);
    letter_turn(&held, POSTING_HOLD, "E_HELD");
    post(&d.f, &held.posting);
    letter_in(&brought, 2);
    letter_turn(&brought, POSTING_HOLD, "E_HELD");
    post(&d.f, &brought.posting);
    CHECK(row_of(&d, &held).wrapped.at != NULL);
    erasing_retain(&d.f, T0 + DAY_MS - 1);
    CHECK(row_of(&d, &brought).wrapped.at != NULL);
    erasing_retain(&d.f, T0 + DAY_MS);
    CHECK(row_of(&d, &held).wrapped.at == NULL);
    CHECK(row_of(&d, &brought).wrapped.at == NULL);
    struct delivery delivery;
    struct kept kept;
    const struct message_key key = letter_key(&brought);
    CHECK_STATUS(journal_held_one(d.reader, d.a, &key, &delivery, &kept), FAIL(ABSENT));
    desk_end(&d);
}

static void a_clock_that_is_put_back_revives_nothing(void)
{
    struct desk d;
    struct letter l;
    erasing_begin(&d);
    post_read(&d.f, &l, 1);
    struct letter later;
    letter_write(&later, 90, 1);
    later.posting.kind = POSTING_QUESTION;
    later.posting.at_ms = T0 + 2 * DAY_MS; /* the log has been there */
    post(&d.f, &later.posting);
    erasing_retain(&d.f, T0);
    CHECK_STATUS(fetch_status(&d.f, &l), FAIL(ABSENT));
    desk_end(&d);
}

static void another_retention_counts_for_what_is_there(void)
{
    struct desk d;
    struct letter l;
    fixture_make(&d.f);
    CHECK_OK(fixture_open(&d.f, T0)); /* 30 days */
    post_read(&d.f, &l, 1);
    fixture_close(&d.f);
    CHECK_OK(fixture_open(&d.f, T0 + 29 * DAY_MS));
    CHECK_OK(fetch_status(&d.f, &l));
    fixture_close(&d.f);
    d.f.settings.bodies_ms = KEPT_MS;
    CHECK_OK(fixture_open(&d.f, T0)); /* the log's clock has gone on */
    CHECK_STATUS(fetch_status(&d.f, &l), FAIL(ABSENT));
    fixture_end(&d.f);
}

/* ---- what stays ---- */

static void receipts_and_the_answer_to_a_repetition_stay(void)
{
    struct desk d;
    struct letter l, again;
    struct submission_row *rows;
    struct proved proved;
    size_t count = 0;
    erasing_begin(&d);
    post_read(&d.f, &l, 1);
    erasing_retain(&d.f, T0 + DAY_MS);
    CHECK_OK(seen_status(&d, &l));
    const struct journal_page page = {.party = slice_text("XA-CA-01"), .limit = 10};
    CHECK_OK(journal_submissions(d.reader, d.a, &page, &rows, &count));
    if (CHECK_U64(count, 1) && CHECK_U64(rows[0].receipts.count, 2)) {
        CHECK_U64(rows[0].stage, STAGE_RETRIEVED);
        CHECK(proves(&d.f, d.a, rows[0].receipts.at[0], &proved));
        CHECK(proves(&d.f, d.a, rows[0].receipts.at[1], &proved));
    }
    letter_write(&again, 1, 1);
    struct journal_result *r = post_one(&d.f, &again.posting);
    CHECK_OK(r->status);
    CHECK(r->repeated && r->receipt.length > 0);
    journal_result_free(r);
    again.seal[31] ^= 1;
    CHECK_STATUS(post_status(&d.f, &again.posting), REFUSE(REPLAY_OTHER));
    CHECK_STATUS(fetch_status(&d.f, &l), FAIL(ABSENT));
    desk_end(&d);
}

static void a_new_decision_brings_nothing_back(void)
{
    struct desk d;
    struct letter l, again;
    erasing_begin(&d);
    post_read(&d.f, &l, 1);
    erasing_retain(&d.f, T0 + DAY_MS);
    letter_write(&again, 1, 1);
    again.posting.inner.has_related = true;
    again.posting.inner.related = 1;
    again.posting.at_ms = T0 + DAY_MS;
    struct journal_result *r = post_one(&d.f, &again.posting);
    CHECK(r->repeated);
    journal_result_free(r);
    CHECK_STATUS(fetch_status(&d.f, &l), FAIL(ABSENT));
    CHECK(row_of(&d, &l).wrapped.at == NULL);
    desk_end(&d);
}

static void inboxes_and_lists_pass_over_what_is_gone(void)
{
    struct desk d;
    struct letter l[3];
    struct delivery *rows;
    size_t count = 0;
    erasing_begin(&d);
    post_read(&d.f, &l[0], 1);
    post_read(&d.f, &l[1], 2);
    post_letter(&d.f, &l[2], 3);
    erasing_retain(&d.f, T0 + KEPT_MS + 10);
    const struct journal_page page = {.party = slice_text("XC-CA-01"), .limit = 10};
    CHECK_OK(journal_inbox(d.reader, d.a, &page, &rows, &count));
    if (CHECK_U64(count, 1))
        CHECK_BYTES(rows[0].key.id, slice_over(l[2].id, 16));
    desk_end(&d);
}

/* A peer tells what became of a message when only its entry is left. */
static void what_a_peer_tells_late_is_compared_with_the_entry(void)
{
    struct desk d;
    struct letter l;
    struct decided decided;
    erasing_begin(&d);
    letter_out(&l, 1);
    const struct message_key key = letter_key(&l);
    CHECK_STATUS(journal_decided(d.reader, d.a, &key, &decided), FAIL(ABSENT));
    post(&d.f, &l.posting);
    erasing_retain(&d.f, T0 + DAY_MS);
    CHECK_STATUS(fetch_status(&d.f, &l), FAIL(ABSENT));
    if (CHECK_OK(journal_decided(d.reader, d.a, &key, &decided))) {
        CHECK_BYTES(decided.box, slice_text("XC-GW-01"));
        CHECK_BYTES(decided.outer.seal, slice_over(l.seal, 32));
        CHECK_BYTES(decided.outer.type, slice_text("mla.request"));
    }
    letter_remote(&l, STAGE_RELAYED, "a receipt");
    CHECK_OK(post_status(&d.f, &l.posting));
    desk_end(&d);
}

TESTS(journal_erasure,
      {"what is finished goes first, and nothing before it expires",
       what_is_finished_goes_first_and_nothing_before_it_expires},
      {"a run leaves one entry that names nobody", a_run_leaves_one_entry_that_names_nobody},
      {"more than one run takes goes in several", more_than_one_run_takes_goes_in_several},
      {"claims can end it earlier", claims_can_end_it_earlier},
      {"what is held goes when it has expired", what_is_held_goes_when_it_has_expired},
      {"a clock that is put back revives nothing", a_clock_that_is_put_back_revives_nothing},
      {"another retention counts for what is there", another_retention_counts_for_what_is_there},
      {"receipts and the answer to a repetition stay",
       receipts_and_the_answer_to_a_repetition_stay},
      {"a new decision brings nothing back", a_new_decision_brings_nothing_back},
      {"inboxes and lists pass over what is gone", inboxes_and_lists_pass_over_what_is_gone},
      {"what a peer tells late is compared with the entry",
       what_a_peer_tells_late_is_compared_with_the_entry})
