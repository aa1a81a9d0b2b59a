#include "foreign.h"
#include "watch.h"

#include <string.h>

/* Stages that a peer gateway tells of what it has taken over. */

/* A journal with one letter out. */
struct scene {
    struct desk d;
    struct letter l;
};

static void scene_begin(struct scene *s)
{
    desk_begin(&s->d);
    letter_out(&s->l, 1);
    CHECK_OK(post_status(&s->d.f, &s->l.posting));
}

static void scene_end(struct scene *s)
{
    desk_end(&s->d);
}

static void tell(struct scene *s, enum stage stage, const char *receipt)
{
    letter_remote(&s->l, stage, receipt);
    CHECK_OK(post_status(&s->d.f, &s->l.posting));
}

static void taken(struct scene *s, enum stage stage)
{
    letter_stage(&s->l, stage);
    s->l.posting.kind = POSTING_NOTICE_TAKEN;
    CHECK_OK(post_status(&s->d.f, &s->l.posting));
}

static void a_peers_receipt_moves_the_letter_and_goes_to_its_sender(void)
{
    struct scene s;
    struct notice *notices;
    struct journal_health h;
    scene_begin(&s);
    letter_remote(&s.l, STAGE_RELAYED, "RECEIPT-2");
    struct journal_result *r = post_one(&s.d.f, &s.l.posting);
    CHECK_OK(r->status);
    CHECK(!r->repeated);
    CHECK_U64(r->kind, POSTING_REMOTE_STAGE);
    CHECK_U64(r->receipt.length, 0);
    CHECK_BYTES(r->id, slice_over(s.l.id, 16));
    journal_result_free(r);
    CHECK_U64(desk_undelivered(&s.d, "XC-GW-01"), 0);
    if (CHECK_U64(desk_notices(&s.d, "XA-CA-01", 0, &notices), 1)) {
        CHECK_U64(notices[0].stage, STAGE_RELAYED);
        CHECK_BYTES(notices[0].receipt, slice_text("RECEIPT-2"));
        CHECK_BYTES(notices[0].key.id, slice_over(s.l.id, 16));
    }
    journal_health(s.d.f.journal, &h);
    CHECK_U64(h.signed_size, 2);        /* start and disclosure: no entry of ours */
    r = post_one(&s.d.f, &s.l.posting); /* and again */
    CHECK_OK(r->status);
    CHECK(r->repeated);
    journal_result_free(r);
    CHECK_U64(desk_notices(&s.d, "XA-CA-01", 0, &notices), 1);
    taken(&s, STAGE_RELAYED);
    CHECK_U64(desk_notices(&s.d, "XA-CA-01", 0, &notices), 0);
    tell(&s, STAGE_RELAYED, "RECEIPT-2");
    CHECK_U64(desk_notices(&s.d, "XA-CA-01", 0, &notices), 0); /* it is not told twice */
    scene_end(&s);
}

static void stages_of_a_peer_go_forward_only(void)
{
    static const struct {
        enum stage stage;
        bool refused, repeated;
    } steps[] = {
        {STAGE_NONE, true, false},          {STAGE_ACCEPTED, true, false},
        {STAGE_REJECTED, true, false},      {STAGE_NOT_RELAYED, true, false},
        {STAGE_NOT_RETRIEVED, true, false}, /* not before it was delivered */
        {STAGE_DELIVERED, false, false},    {STAGE_RELAYED, false, true}, /* implied */
        {STAGE_NOT_DELIVERED, true, false}, {STAGE_RETRIEVED, false, false},
        {STAGE_DELIVERED, false, true},     {STAGE_NOT_RETRIEVED, true, false},
        {(enum stage)99, true, false},
    };
    struct scene s;
    scene_begin(&s);
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        letter_remote(&s.l, steps[i].stage, "a receipt");
        struct journal_result *r = post_one(&s.d.f, &s.l.posting);
        CHECK_STATUS(r->status, steps[i].refused ? REFUSE(QUERY_UNKNOWN) : OK);
        CHECK(r->repeated == steps[i].repeated);
        journal_result_free(r);
    }
    scene_end(&s);
}

static void a_peer_says_nothing_of_what_it_has_not_got(void)
{
    struct scene s;
    struct letter other;
    scene_begin(&s);
    letter_write(&other, 2, 1); /* for a party at home here */
    CHECK_OK(post_status(&s.d.f, &other.posting));
    letter_remote(&other, STAGE_DELIVERED, "a receipt");
    CHECK_STATUS(post_status(&s.d.f, &other.posting), REFUSE(QUERY_UNKNOWN));
    letter_in(&other, 3);
    CHECK_OK(post_status(&s.d.f, &other.posting));
    letter_remote(&other, STAGE_DELIVERED, "a receipt");
    CHECK_STATUS(post_status(&s.d.f, &other.posting), REFUSE(QUERY_UNKNOWN));
    letter_out(&other, 4);
    letter_turn(&other, POSTING_HOLD, "E_HELD");
    CHECK_OK(post_status(&s.d.f, &other.posting));
    letter_remote(&other, STAGE_RELAYED, "a receipt");
    CHECK_STATUS(post_status(&s.d.f, &other.posting), REFUSE(QUERY_UNKNOWN));
    letter_remote(&other, STAGE_RELAYED, "a receipt");
    memset(other.id, 0x77, sizeof other.id);
    CHECK_STATUS(post_status(&s.d.f, &other.posting), REFUSE(QUERY_UNKNOWN));
    scene_end(&s);
}

static void a_success_after_our_own_failure_is_ignored(void)
{
    static const enum stage failures[] = {STAGE_NOT_RELAYED, STAGE_NOT_DELIVERED};
    static const enum stage late[] = {STAGE_RELAYED, STAGE_DELIVERED, STAGE_RETRIEVED,
                                      STAGE_NOT_DELIVERED};
    for (size_t i = 0; i < 2; i++) {
        struct scene s;
        struct notice *notices;
        scene_begin(&s);
        letter_stage(&s.l, failures[i]);
        CHECK_OK(post_status(&s.d.f, &s.l.posting));
        for (size_t k = 0; k < sizeof late / sizeof late[0]; k++) {
            letter_remote(&s.l, late[k], "late");
            struct journal_result *r = post_one(&s.d.f, &s.l.posting);
            CHECK_OK(r->status); /* so that the peer comes to rest */
            CHECK(r->repeated);
            journal_result_free(r);
        }
        if (CHECK_U64(desk_notices(&s.d, "XA-CA-01", 0, &notices), 1))
            CHECK_U64(notices[0].stage, failures[i]);
        scene_end(&s);
    }
}

/* Both are in one batch: the first wins, and the sender is told one of them. */
static void race(bool ours_first)
{
    struct scene s;
    struct gate gate;
    struct collector c;
    struct letter ours, theirs;
    struct notice *notices;
    scene_begin(&s);
    collector_make(&c);
    letter_out(&ours, 1);
    letter_stage(&ours, STAGE_NOT_DELIVERED);
    letter_out(&theirs, 1);
    letter_remote(&theirs, STAGE_DELIVERED, "theirs");
    ours.posting.owner = theirs.posting.owner = &c;
    gate_shut(&gate, &s.d.f);
    CHECK_OK(
        journal_post(s.d.f.journal, ours_first ? &ours.posting : &theirs.posting, collector_done));
    CHECK_OK(
        journal_post(s.d.f.journal, ours_first ? &theirs.posting : &ours.posting, collector_done));
    gate_open(&gate);
    struct journal_result *results = collector_take(&c, 2);
    CHECK_OK(results->status);
    CHECK(!results->repeated);
    if (ours_first)
        CHECK(results->next->repeated && !failed(results->next->status));
    else
        CHECK_STATUS(results->next->status, REFUSE(QUERY_UNKNOWN));
    results_free(results);
    if (CHECK_U64(desk_notices(&s.d, "XA-CA-01", 0, &notices), 1))
        CHECK_U64(notices[0].stage, ours_first ? STAGE_NOT_DELIVERED : STAGE_DELIVERED);
    collector_free(&c);
    scene_end(&s);
}

static void of_two_stages_that_race_the_first_wins(void)
{
    race(true);
    race(false);
}

static void notices_rise_over_our_own_and_the_peers(void)
{
    struct scene s;
    struct letter home;
    struct notice *notices;
    struct proved proved;
    scene_begin(&s);
    letter_write(&home, 2, 1);
    CHECK_OK(post_status(&s.d.f, &home.posting));
    tell(&s, STAGE_RELAYED, "RECEIPT-2");
    letter_stage(&home, STAGE_DELIVERED);
    CHECK_OK(post_status(&s.d.f, &home.posting));
    tell(&s, STAGE_DELIVERED, "RECEIPT-3");
    if (CHECK_U64(desk_notices(&s.d, "XA-CA-01", 0, &notices), 3)) {
        CHECK_BYTES(notices[0].receipt, slice_text("RECEIPT-2"));
        CHECK(proves(&s.d.f, s.d.a, notices[1].receipt, &proved));
        CHECK_BYTES(notices[1].key.id, slice_over(home.id, 16));
        CHECK_BYTES(notices[2].receipt, slice_text("RECEIPT-3"));
        CHECK(notices[0].number < notices[1].number && notices[1].number < notices[2].number);
        const uint64_t last = notices[2].number;
        CHECK_U64(desk_notices(&s.d, "XA-CA-01", notices[0].number, &notices), 2);
        taken(&s, STAGE_DELIVERED);
        tell(&s, STAGE_RETRIEVED, "RECEIPT-4");
        if (CHECK_U64(desk_notices(&s.d, "XA-CA-01", last, &notices),
                      1)) /* no number comes again */
            CHECK_BYTES(notices[0].receipt, slice_text("RECEIPT-4"));
    }
    scene_end(&s);
}

static void a_sender_finds_the_peers_receipts_among_its_submissions(void)
{
    struct scene s;
    struct submission_row *rows;
    struct proved proved;
    size_t count = 0;
    scene_begin(&s);
    tell(&s, STAGE_RELAYED, "RECEIPT-2");
    const struct journal_page page = {.party = slice_text("XA-CA-01"), .limit = 10};
    CHECK_OK(journal_submissions(s.d.reader, s.d.a, &page, &rows, &count));
    if (CHECK_U64(count, 1) && CHECK_U64(rows[0].receipts.count, 2))
        CHECK_U64(rows[0].stage, STAGE_RELAYED);
    letter_stage(&s.l, STAGE_NOT_DELIVERED);
    CHECK_OK(post_status(&s.d.f, &s.l.posting));
    CHECK_OK(journal_submissions(s.d.reader, s.d.a, &page, &rows, &count));
    if (CHECK_U64(count, 1) && CHECK_U64(rows[0].receipts.count, 3)) {
        CHECK_U64(rows[0].stage, STAGE_NOT_DELIVERED);
        CHECK(proves(&s.d.f, s.d.a, rows[0].receipts.at[0], &proved));
        CHECK_U64(proved.outer.kind, ENTRY_DISCLOSURE);
        CHECK_BYTES(rows[0].receipts.at[1], slice_text("RECEIPT-2"));
        CHECK(proves(&s.d.f, s.d.a, rows[0].receipts.at[2], &proved));
        CHECK_U64(proved.outer.stage, STAGE_NOT_DELIVERED);
    }
    scene_end(&s);
}

static void a_peers_receipts_are_encrypted_and_stay(void)
{
    struct scene s;
    struct notice *notices;
    scene_begin(&s);
    tell(&s, STAGE_DELIVERED, "SECRET-OF-THE-PEER");
    CHECK(!any_file_holds(s.d.f.root, slice_text("SECRET-OF-THE-PEER")));
    desk_again(&s.d);
    CHECK(!any_file_holds(s.d.f.root, slice_text("SECRET-OF-THE-PEER")));
    if (CHECK_U64(desk_notices(&s.d, "XA-CA-01", 0, &notices), 1))
        CHECK_BYTES(notices[0].receipt, slice_text("SECRET-OF-THE-PEER"));
    scene_end(&s);
}

TESTS(journal_remote,
      {"a peer's receipt moves the letter and goes to its sender",
       a_peers_receipt_moves_the_letter_and_goes_to_its_sender},
      {"stages of a peer go forward only", stages_of_a_peer_go_forward_only},
      {"a peer says nothing of what it has not got", a_peer_says_nothing_of_what_it_has_not_got},
      {"a success after our own failure is ignored", a_success_after_our_own_failure_is_ignored},
      {"of two stages that race the first wins", of_two_stages_that_race_the_first_wins},
      {"notices rise over our own and the peers'", notices_rise_over_our_own_and_the_peers},
      {"a sender finds the peer's receipts among its submissions",
       a_sender_finds_the_peers_receipts_among_its_submissions},
      {"a peer's receipts are encrypted and stay", a_peers_receipts_are_encrypted_and_stay})
