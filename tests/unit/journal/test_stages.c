#include "fixture.h"

#include <string.h>

/* A journal with one message in it, a reader and an arena. */
struct scene {
    struct fixture f;
    struct letter l;
    struct journal_reader *reader;
    struct arena *a;
};

static void scene_begin(struct scene *s)
{
    fixture_begin(&s->f);
    s->a = arena_new(8 << 20);
    s->reader = NULL;
    letter_write(&s->l, 1, 1);
    journal_result_free(post_one(&s->f, &s->l.posting));
    CHECK_OK(journal_reader_open(s->f.journal, &s->reader));
}

static void scene_end(struct scene *s)
{
    journal_reader_close(s->reader);
    arena_free(s->a);
    fixture_end(&s->f);
}

static void a_stage_says_what_its_disclosure_said(void)
{
    struct scene s;
    struct proved first, stage;
    struct seen seen;
    scene_begin(&s);
    const struct message_key key = letter_key(&s.l);
    CHECK_OK(journal_seen(s.reader, s.a, &key, 0, &seen));
    letter_stage(&s.l, STAGE_DELIVERED);
    s.l.posting.reader_size = 2;
    struct journal_result *r = post_one(&s.f, &s.l.posting);
    CHECK_OK(r->status);
    CHECK_U64(r->index, 2);
    if (proves(&s.f, s.a, seen.receipt, &first) && proves(&s.f, s.a, r->receipt, &stage)) {
        CHECK_U64(stage.outer.kind, ENTRY_STAGE);
        CHECK_U64(stage.outer.stage, STAGE_DELIVERED);
        CHECK_U64(stage.outer.hop, 1);
        CHECK_BYTES(stage.outer.id, first.outer.id);
        CHECK_BYTES(stage.outer.type, first.outer.type);
        CHECK_BYTES(stage.outer.purpose, first.outer.purpose);
        CHECK_BYTES(stage.outer.seal, first.outer.seal);
        CHECK_BYTES(stage.outer.release, first.outer.release);
        CHECK(stage.receipt.has_proof);
        CHECK(merkle_consistent(2, stage.note.size, &first.note.root, &stage.note.root,
                                stage.receipt.proof));
    }
    journal_result_free(r);
    scene_end(&s);
}

static void stages_go_forward_only(void)
{
    static const struct {
        enum stage stage;
        bool refused, repeated;
        uint64_t index;
    } steps[] = {
        {STAGE_NOT_RETRIEVED, true, false, 0}, /* not before it was delivered */
        {STAGE_RELAYED, true, false, 0},       {STAGE_DELIVERED, false, false, 2},
        {STAGE_DELIVERED, false, true, 2},     {STAGE_NOT_DELIVERED, true, false, 0},
        {STAGE_RETRIEVED, false, false, 3},    {STAGE_RETRIEVED, false, true, 3},
        {STAGE_DELIVERED, false, true, 2},     {STAGE_NONE, true, false, 0},
    };
    struct scene s;
    scene_begin(&s);
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        letter_stage(&s.l, steps[i].stage);
        struct journal_result *r = post_one(&s.f, &s.l.posting);
        CHECK_STATUS(r->status, steps[i].refused ? REFUSE(QUERY_UNKNOWN) : OK);
        CHECK(r->repeated == steps[i].repeated);
        CHECK_U64(r->index, steps[i].index);
        CHECK((r->receipt.length > 0) == !steps[i].refused);
        journal_result_free(r);
    }
    scene_end(&s);
}

static void retrieval_implies_delivery(void)
{
    struct scene s;
    struct delivery *rows;
    size_t count = 9;
    scene_begin(&s);
    letter_stage(&s.l, STAGE_RETRIEVED);
    struct journal_result *r = post_one(&s.f, &s.l.posting);
    CHECK_OK(r->status);
    CHECK_U64(r->index, 2);
    journal_result_free(r);
    letter_stage(&s.l, STAGE_DELIVERED);
    r = post_one(&s.f, &s.l.posting);
    CHECK_OK(r->status);
    CHECK(r->repeated);
    CHECK_U64(r->index, 2);
    journal_result_free(r);
    CHECK_OK(journal_undelivered(
        s.reader, s.a, &(struct journal_page){.party = slice_text("XC-CA-01"), .limit = 10}, &rows,
        &count));
    CHECK_U64(count, 0);
    CHECK_OK(journal_inbox(s.reader, s.a,
                           &(struct journal_page){.party = slice_text("XC-CA-01"), .limit = 10},
                           &rows, &count));
    CHECK_U64(count, 1);
    CHECK_U64(rows[0].stage, STAGE_RETRIEVED);
    scene_end(&s);
}

static void a_stage_of_another_recipient_is_unknown(void)
{
    struct scene s;
    scene_begin(&s);
    letter_stage(&s.l, STAGE_DELIVERED);
    s.l.posting.key.to = slice_text("XC-JUD-01");
    struct journal_result *r = post_one(&s.f, &s.l.posting);
    CHECK_STATUS(r->status, REFUSE(QUERY_UNKNOWN));
    CHECK_BYTES(r->to, slice_text("XC-JUD-01"));
    journal_result_free(r);

    struct letter held;
    letter_write(&held, 2, 1);
    letter_turn(&held, POSTING_HOLD, "E_HELD");
    journal_result_free(post_one(&s.f, &held.posting));
    letter_stage(&held, STAGE_DELIVERED);
    r = post_one(&s.f, &held.posting);
    CHECK_STATUS(r->status, REFUSE(QUERY_UNKNOWN));
    journal_result_free(r);
    scene_end(&s);
}

static void a_notice_stays_until_it_is_taken(void)
{
    struct scene s;
    struct notice *notices;
    struct proved proved;
    size_t count = 9;
    scene_begin(&s);
    struct journal_page page = {.party = slice_text("XA-CA-01"), .limit = 10};
    CHECK_OK(journal_notices(s.reader, s.a, &page, &notices, &count));
    CHECK_U64(count, 0); /* the disclosure's receipt was the direct answer */
    letter_stage(&s.l, STAGE_DELIVERED);
    journal_result_free(post_one(&s.f, &s.l.posting));
    letter_stage(&s.l, STAGE_RETRIEVED);
    journal_result_free(post_one(&s.f, &s.l.posting));
    CHECK_OK(journal_notices(s.reader, s.a, &page, &notices, &count));
    if (CHECK_U64(count, 2)) {
        CHECK_U64(notices[0].stage, STAGE_DELIVERED);
        CHECK_U64(notices[1].stage, STAGE_RETRIEVED);
        CHECK_BYTES(notices[0].key.id, slice_over(s.l.id, 16));
        CHECK(proves(&s.f, s.a, notices[1].receipt, &proved));
        page.after = notices[0].number;
        CHECK_OK(journal_notices(s.reader, s.a, &page, &notices, &count));
        CHECK_U64(count, 1);
        page.after = 0;
    }
    CHECK_OK(journal_notices(s.reader, s.a,
                             &(struct journal_page){.party = slice_text("XC-CA-01"), .limit = 10},
                             &notices, &count));
    CHECK_U64(count, 0);
    letter_stage(&s.l, STAGE_DELIVERED);
    s.l.posting.kind = POSTING_NOTICE_TAKEN;
    struct journal_result *r = post_one(&s.f, &s.l.posting);
    CHECK_OK(r->status);
    CHECK_U64(r->receipt.length, 0);
    journal_result_free(r);
    r = post_one(&s.f, &s.l.posting); /* and again */
    CHECK_OK(r->status);
    journal_result_free(r);
    CHECK_OK(journal_notices(s.reader, s.a, &page, &notices, &count));
    if (CHECK_U64(count, 1))
        CHECK_U64(notices[0].stage, STAGE_RETRIEVED);
    scene_end(&s);
}

static void a_sender_sees_every_receipt_of_its_submissions(void)
{
    struct scene s;
    struct submission_row *rows;
    struct proved proved;
    struct letter refused, held;
    size_t count = 0;
    scene_begin(&s);
    const struct slice sender = slice_text("XA-CA-01");
    letter_write(&refused, 2, 1);
    letter_turn(&refused, POSTING_REFUSAL, "E_LANG");
    journal_result_free(post_one(&s.f, &refused.posting));
    letter_write(&held, 3, 1);
    letter_turn(&held, POSTING_HOLD, "E_HELD");
    journal_result_free(post_one(&s.f, &held.posting));
    letter_stage(&s.l, STAGE_RETRIEVED);
    journal_result_free(post_one(&s.f, &s.l.posting));
    CHECK_OK(journal_submissions(
        s.reader, s.a, &(struct journal_page){.party = sender, .limit = 10, .reader_size = 1},
        &rows, &count));
    if (CHECK_U64(count, 3)) {
        CHECK_U64(rows[0].stage, STAGE_RETRIEVED);
        CHECK_U64(rows[0].receipts.count, 2);
        CHECK_U64(rows[0].code.length, 0);
        CHECK(proves(&s.f, s.a, rows[0].receipts.at[0], &proved));
        CHECK_U64(proved.outer.kind, ENTRY_DISCLOSURE);
        CHECK(proves(&s.f, s.a, rows[0].receipts.at[1], &proved));
        CHECK_U64(proved.outer.stage, STAGE_RETRIEVED);
        CHECK_U64(rows[1].stage, STAGE_REJECTED);
        CHECK_BYTES(rows[1].code, slice_text("E_LANG"));
        CHECK_U64(rows[2].stage, STAGE_NONE);
        CHECK_BYTES(rows[2].code, slice_text("E_HELD"));
        CHECK_OK(journal_submissions(
            s.reader, s.a,
            &(struct journal_page){.party = sender, .after = rows[1].number, .limit = 10}, &rows,
            &count));
        CHECK_U64(count, 1);
    }
    const struct message_key key = letter_key(&s.l);
    CHECK_OK(journal_submissions(s.reader, s.a,
                                 &(struct journal_page){.party = sender, .key = &key, .limit = 1},
                                 &rows, &count));
    CHECK_U64(count, 1);
    CHECK_OK(journal_submissions(
        s.reader, s.a,
        &(struct journal_page){.party = slice_text("XC-CA-01"), .key = &key, .limit = 1}, &rows,
        &count));
    CHECK_U64(count, 0);
    scene_end(&s);
}

static void lists_are_paged_and_bounded(void)
{
    enum { COUNT = 110 };
    struct scene s;
    struct delivery *rows;
    struct collector c;
    size_t count = 0;
    scene_begin(&s);
    collector_make(&c);
    for (uint64_t n = 2; n <= COUNT; n++) {
        struct letter l;
        letter_write(&l, n, n % 2);
        l.posting.owner = &c;
        CHECK_OK(journal_post(s.f.journal, &l.posting, collector_done));
    }
    results_free(collector_take(&c, COUNT - 1));
    collector_free(&c);
    const struct slice party = slice_text("XC-CA-01");
    CHECK_OK(journal_inbox(s.reader, s.a, &(struct journal_page){.party = party, .limit = 1000},
                           &rows, &count));
    if (CHECK_U64(count, 100)) {
        for (size_t i = 0; i < count; i++)
            CHECK_U64(rows[i].delivery_number, i + 1);
        CHECK_U64(rows[0].body.length, 0);
        CHECK_BYTES(rows[0].inbox, slice_text("SECRET-CASE-7/2026"));
    }
    CHECK_OK(journal_inbox(s.reader, s.a,
                           &(struct journal_page){.party = party, .after = 100, .limit = 1000},
                           &rows, &count));
    CHECK_U64(count, COUNT - 100);
    CHECK_OK(journal_inbox(
        s.reader, s.a,
        &(struct journal_page){.party = party, .limit = 100, .thread = slice_over(s.l.thread, 16)},
        &rows, &count));
    CHECK_U64(count, COUNT / 2);
    CHECK_OK(journal_undelivered(
        s.reader, s.a, &(struct journal_page){.party = slice_text("XA-CA-01"), .limit = 100}, &rows,
        &count));
    CHECK_U64(count, 0);
    scene_end(&s);
}

static void what_expires_undelivered_can_be_found_and_ended(void)
{
    struct scene s;
    struct delivery *rows;
    size_t count = 9;
    scene_begin(&s);
    CHECK_OK(journal_overdue(s.reader, s.a, T0 + 86400000, 10, &rows, &count));
    CHECK_U64(count, 0);
    CHECK_OK(journal_overdue(s.reader, s.a, T0 + 86400001, 10, &rows, &count));
    if (CHECK_U64(count, 1))
        CHECK_BYTES(rows[0].key.id, slice_over(s.l.id, 16));
    letter_stage(&s.l, STAGE_NOT_DELIVERED);
    struct journal_result *r = post_one(&s.f, &s.l.posting);
    CHECK_OK(r->status);
    journal_result_free(r);
    CHECK_OK(journal_overdue(s.reader, s.a, T0 + 86400001, 10, &rows, &count));
    CHECK_U64(count, 0);
    scene_end(&s);
}

static void consistency_is_proved_between_any_two_sizes(void)
{
    struct scene s;
    struct proved earlier, later;
    struct seen seen;
    struct slices path;
    struct slice note;
    uint64_t size = 0;
    scene_begin(&s);
    const struct message_key key = letter_key(&s.l);
    CHECK_OK(journal_seen(s.reader, s.a, &key, 0, &seen));
    CHECK(proves(&s.f, s.a, seen.receipt, &earlier));
    for (uint64_t n = 2; n < 9; n++) {
        struct letter l;
        letter_write(&l, n, 1);
        journal_result_free(post_one(&s.f, &l.posting));
    }
    CHECK_OK(journal_seen(s.reader, s.a, &key, 0, &seen));
    CHECK(proves(&s.f, s.a, seen.receipt, &later)); /* under the newest checkpoint */
    CHECK_U64(later.note.size, 9);
    CHECK_OK(journal_consistency(s.reader, s.a, 2, 9, &path));
    CHECK(merkle_consistent(2, 9, &earlier.note.root, &later.note.root, path));
    CHECK_STATUS(journal_consistency(s.reader, s.a, 2, 10, &path), FAIL(ABSENT));
    CHECK_OK(journal_checkpoint(s.reader, s.a, &note, &size));
    CHECK_U64(size, 9);
    CHECK_BYTES(note, later.receipt.note);
    scene_end(&s);
}

/* Its failure may be signed, in a part of the log whose openings were lost. */
static void what_has_expired_waits_for_no_recipient(void)
{
    struct scene s;
    struct delivery *rows;
    size_t count = 0;
    scene_begin(&s);
    struct journal_page page = {.party = s.l.to, .limit = 10};
    const uint64_t expires_ms = s.l.posting.message.expires_ms;
    CHECK_OK(journal_undelivered(s.reader, s.a, &page, &rows, &count));
    CHECK_U64(count, 1);
    page.now_ms = expires_ms;
    CHECK_OK(journal_undelivered(s.reader, s.a, &page, &rows, &count));
    CHECK_U64(count, 1);
    page.now_ms = expires_ms + 1;
    CHECK_OK(journal_undelivered(s.reader, s.a, &page, &rows, &count));
    CHECK_U64(count, 0);
    scene_end(&s);
}

TESTS(journal_stages,
      {"a stage says what its disclosure said", a_stage_says_what_its_disclosure_said},
      {"stages go forward only", stages_go_forward_only},
      {"retrieval implies delivery", retrieval_implies_delivery},
      {"a stage of another recipient is unknown", a_stage_of_another_recipient_is_unknown},
      {"a notice stays until it is taken", a_notice_stays_until_it_is_taken},
      {"a sender sees every receipt of its submissions",
       a_sender_sees_every_receipt_of_its_submissions},
      {"lists are paged and bounded", lists_are_paged_and_bounded},
      {"what expires undelivered can be found and ended",
       what_expires_undelivered_can_be_found_and_ended},
      {"what has expired waits for no recipient", what_has_expired_waits_for_no_recipient},
      {"consistency is proved between any two sizes", consistency_is_proved_between_any_two_sizes})
