#include "foreign.h"
#include "watch.h"

/* A peer whose journal was restored from a backup is told again what it may have lost. */

#define PEER    "XC-GW-01"
#define HOUR_MS 3600000U

static struct status turn_back_at(struct desk *d, const char *peer, uint64_t size, uint64_t at_ms)
{
    const struct posting p = {.kind = POSTING_REWIND,
                              .at_ms = at_ms,
                              .message = {.box = slice_text(peer)},
                              .restored = size};
    return post_status(&d->f, &p);
}

static struct status turn_back(struct desk *d, const char *peer, uint64_t size)
{
    return turn_back_at(d, peer, size, T0 + 1000);
}

static void post(struct desk *d, const struct posting *posting)
{
    CHECK_OK(post_status(&d->f, posting));
}

/* Letter n of those for the peer, told to be that far. */
static void bring(struct desk *d, uint64_t n, enum stage stage)
{
    struct letter l;
    letter_out(&l, n);
    post(d, &l.posting);
    for (enum stage s = STAGE_RELAYED; s <= stage && stage <= STAGE_RETRIEVED; s++) {
        letter_remote(&l, s, "R");
        post(d, &l.posting);
    }
    if (stage == STAGE_NOT_DELIVERED) {
        letter_remote(&l, STAGE_RELAYED, "R");
        post(d, &l.posting);
        letter_remote(&l, stage, "R");
        post(d, &l.posting);
    }
}

static struct status tell(struct desk *d, uint64_t n, enum stage stage)
{
    struct letter l;
    letter_out(&l, n);
    letter_remote(&l, stage, "AGAIN");
    return post_status(&d->f, &l.posting);
}

static struct status say(struct desk *d, uint64_t n, enum stage stage)
{
    struct letter l;
    letter_out(&l, n);
    letter_stage(&l, stage);
    return post_status(&d->f, &l.posting);
}

/* What the sender of a letter is shown. */
static uint64_t shown(struct desk *d, uint64_t n)
{
    struct letter l;
    struct submission_row *rows;
    size_t count = 0;
    letter_out(&l, n);
    const struct message_key key = letter_key(&l);
    const struct journal_page page = {.party = key.from, .key = &key, .limit = 1};
    CHECK_OK(journal_submissions(d->reader, d->a, &page, &rows, &count));
    return CHECK_U64(count, 1) ? rows[0].stage : STAGE_NONE;
}

static void what_is_not_finished_waits_again_in_its_old_order(void)
{
    static const enum stage stages[] = {STAGE_RELAYED,  STAGE_RETRIEVED,     STAGE_DELIVERED,
                                        STAGE_ACCEPTED, STAGE_NOT_DELIVERED, STAGE_RELAYED};
    static const uint64_t waiting[] = {1, 3, 4, 6};
    struct desk d;
    struct delivery *rows;
    size_t count = 0;
    const struct journal_page page = {.party = slice_text(PEER), .limit = 10};
    desk_begin(&d);
    for (size_t i = 0; i < sizeof stages / sizeof stages[0]; i++)
        bring(&d, i + 1, stages[i]);
    CHECK_U64(desk_undelivered(&d, PEER), 1);
    CHECK_OK(turn_back(&d, "XB-GW-01", 7)); /* another peer's is no matter here */
    CHECK_U64(desk_undelivered(&d, PEER), 1);
    CHECK_OK(turn_back(&d, PEER, 7));
    CHECK_OK(journal_undelivered(d.reader, d.a, &page, &rows, &count));
    if (CHECK_U64(count, 4))
        for (size_t i = 0; i < 4; i++)
            CHECK_U64(rows[i].delivery_number, waiting[i]);
    for (size_t i = 0; i < sizeof stages / sizeof stages[0]; i++)
        CHECK_U64(shown(&d, i + 1), stages[i]); /* no stage goes back */
    desk_end(&d);
}

static void each_restoration_of_a_peer_is_answered_once(void)
{
    struct desk d;
    desk_begin(&d);
    bring(&d, 1, STAGE_RELAYED);
    CHECK_OK(turn_back(&d, PEER, 7));
    CHECK_OK(tell(&d, 1, STAGE_RELAYED));
    CHECK_U64(desk_undelivered(&d, PEER), 0);
    CHECK_OK(turn_back(&d, PEER, 7));
    CHECK_U64(desk_undelivered(&d, PEER), 0);
    desk_again(&d);
    CHECK_OK(turn_back(&d, PEER, 7));
    CHECK_U64(desk_undelivered(&d, PEER), 0);
    CHECK_OK(turn_back_at(&d, PEER, 9, T0 + 1000 + HOUR_MS));
    CHECK_U64(desk_undelivered(&d, PEER), 1);
    desk_end(&d);
}

/* It may say any number, as often as it likes. */
static void a_peer_cannot_have_it_again_and_again(void)
{
    struct desk d;
    desk_begin(&d);
    bring(&d, 1, STAGE_RELAYED);
    CHECK_OK(turn_back(&d, PEER, 7));
    CHECK_OK(tell(&d, 1, STAGE_RELAYED));
    for (uint64_t size = 8; size < 12; size++)
        CHECK_STATUS(turn_back_at(&d, PEER, size, T0 + HOUR_MS), REFUSE(PEER_RATE));
    CHECK_OK(turn_back_at(&d, PEER, 6, T0 + 2 * HOUR_MS)); /* before the one that was answered */
    CHECK_U64(desk_undelivered(&d, PEER), 0);
    CHECK_OK(turn_back_at(&d, PEER, 8, T0 + 2 * HOUR_MS));
    CHECK_U64(desk_undelivered(&d, PEER), 1);
    desk_end(&d);
}

/* The peer could only refuse it. */
static void what_has_expired_does_not_come_again(void)
{
    struct desk d;
    desk_begin(&d);
    bring(&d, 1, STAGE_RELAYED);
    bring(&d, 2, STAGE_DELIVERED);
    CHECK_OK(turn_back_at(&d, PEER, 7, T0 + 24 * HOUR_MS)); /* its last moment */
    CHECK_U64(desk_undelivered(&d, PEER), 0);
    desk_end(&d);
}

static void an_answer_that_is_known_ends_the_waiting_and_what_follows_moves_on(void)
{
    struct desk d;
    desk_begin(&d);
    bring(&d, 1, STAGE_RELAYED);
    bring(&d, 2, STAGE_DELIVERED);
    CHECK_OK(turn_back(&d, PEER, 7));
    CHECK_OK(tell(&d, 1, STAGE_RELAYED));
    CHECK_OK(tell(&d, 2, STAGE_RELAYED));
    CHECK_U64(desk_undelivered(&d, PEER), 0);
    CHECK_U64(shown(&d, 2), STAGE_DELIVERED);
    CHECK_OK(tell(&d, 1, STAGE_DELIVERED));
    CHECK_OK(tell(&d, 2, STAGE_DELIVERED));
    CHECK_OK(tell(&d, 2, STAGE_RETRIEVED));
    CHECK_U64(shown(&d, 1), STAGE_DELIVERED);
    CHECK_U64(shown(&d, 2), STAGE_RETRIEVED);
    desk_end(&d);
}

static void a_later_stage_that_comes_first_ends_the_waiting_too(void)
{
    struct desk d;
    desk_begin(&d);
    bring(&d, 1, STAGE_RELAYED);
    CHECK_OK(turn_back(&d, PEER, 7));
    CHECK_OK(tell(&d, 1, STAGE_RETRIEVED));
    CHECK_U64(desk_undelivered(&d, PEER), 0);
    CHECK_U64(shown(&d, 1), STAGE_RETRIEVED);
    desk_end(&d);
}

/* Its time is over, say: that it was relayed stays true. */
static void what_the_peer_does_not_take_again_is_not_delivered(void)
{
    struct desk d;
    struct letter l;
    struct notice *notices;
    desk_begin(&d);
    bring(&d, 1, STAGE_RELAYED);
    bring(&d, 2, STAGE_DELIVERED);
    size_t before = desk_notices(&d, "XA-CA-01", 0, &notices);
    CHECK_OK(turn_back(&d, PEER, 7));
    CHECK_OK(say(&d, 1, STAGE_NOT_RELAYED));
    letter_out(&l, 2);
    letter_stage(&l, STAGE_NOT_RELAYED);
    struct journal_result *result = post_one(&d.f, &l.posting);
    CHECK(!result->repeated); /* nobody has to look at it again */
    journal_result_free(result);
    CHECK_U64(desk_undelivered(&d, PEER), 0);
    CHECK_U64(shown(&d, 1), STAGE_NOT_DELIVERED);
    CHECK_U64(shown(&d, 2), STAGE_DELIVERED);
    CHECK_U64(desk_notices(&d, "XA-CA-01", 0, &notices), before + 1);
    desk_end(&d);
}

static void what_is_decided_again_meanwhile_still_waits(void)
{
    struct desk d;
    struct letter l;
    struct kept kept = {0};
    uint64_t before;
    desk_begin(&d);
    bring(&d, 1, STAGE_RELAYED);
    letter_out(&l, 1);
    const struct message_key key = letter_key(&l);
    CHECK_OK(turn_back(&d, PEER, 7));
    CHECK_OK(journal_kept(d.reader, d.a, &key, &kept));
    l.posting.inner.has_related = true;
    l.posting.inner.related = before = kept.entry;
    post(&d, &l.posting);
    CHECK_OK(journal_kept(d.reader, d.a, &key, &kept));
    CHECK(kept.entry > before); /* the new decision is in force */
    CHECK_U64(desk_undelivered(&d, PEER), 1);
    CHECK_U64(shown(&d, 1), STAGE_RELAYED);
    CHECK_OK(tell(&d, 1, STAGE_RELAYED));
    CHECK_U64(desk_undelivered(&d, PEER), 0);
    desk_end(&d);
}

/* ---- messages that came from that peer ---- */

static void stages_of_its_own_messages_are_told_again(void)
{
    struct desk d;
    struct letter l;
    struct notice *notices;
    desk_begin(&d);
    for (uint64_t n = 1; n <= 2; n++) {
        letter_in(&l, n);
        post(&d, &l.posting);
        for (enum stage s = STAGE_DELIVERED; s <= STAGE_RETRIEVED; s++) {
            letter_stage(&l, s);
            post(&d, &l.posting);
            l.posting.kind = POSTING_NOTICE_TAKEN;
            if (n == 1 || s == STAGE_DELIVERED)
                post(&d, &l.posting);
        }
    }
    if (!CHECK_U64(desk_notices(&d, PEER, 0, &notices), 1))
        return;
    uint64_t last = notices[0].number; /* the later stage of the second: it follows the other one */
    CHECK_OK(turn_back(&d, PEER, 7));
    CHECK_U64(desk_notices(&d, PEER, 0, &notices), 4); /* each once */
    if (CHECK_U64(desk_notices(&d, PEER, last, &notices), 4))
        for (unsigned i = 0; i < 4; i++)
            CHECK_U64(notices[i].stage, i % 2 == 0 ? STAGE_DELIVERED : STAGE_RETRIEVED);
    letter_in(&l, 3);
    post(&d, &l.posting);
    letter_stage(&l, STAGE_DELIVERED);
    post(&d, &l.posting); /* its number is a new one */
    if (CHECK_U64(desk_notices(&d, PEER, last, &notices), 5))
        CHECK(notices[4].number > notices[3].number);
    desk_end(&d);
}

TESTS(journal_rewind,
      {"what is not finished waits again in its old order",
       what_is_not_finished_waits_again_in_its_old_order},
      {"each restoration of a peer is answered once", each_restoration_of_a_peer_is_answered_once},
      {"a peer cannot have it again and again", a_peer_cannot_have_it_again_and_again},
      {"what has expired does not come again", what_has_expired_does_not_come_again},
      {"an answer that is known ends the waiting, and what follows moves on",
       an_answer_that_is_known_ends_the_waiting_and_what_follows_moves_on},
      {"a later stage that comes first ends the waiting, too",
       a_later_stage_that_comes_first_ends_the_waiting_too},
      {"what the peer does not take again is not delivered",
       what_the_peer_does_not_take_again_is_not_delivered},
      {"what is decided again meanwhile still waits", what_is_decided_again_meanwhile_still_waits},
      {"stages of its own messages are told again", stages_of_its_own_messages_are_told_again})
