/* What waits for a peer gateway while another rulebook comes into force: it leaves as that one
 * allows, or not at all. */

#include <string.h>

#include "exchange/link_peer.h"
#include "scenario/pair.h"

#define LETTERS        3
#define HOUR_MS        3600000U
#define NO_ROOM        (UINT64_C(1) << 62) /* no disk has that much */
#define TO_MIDNIGHT_MS (86400000U - (unsigned)(WORLD_START_MS % 86400000U))

static const struct entry_wanted relayed = {ENTRY_STAGE, STAGE_RELAYED, 2};
static const struct entry_wanted not_relayed = {ENTRY_STAGE, STAGE_NOT_RELAYED, 1};

static const char holds[] = PAIR_RULES(PAIR_HOLDS);
static const char refuses[] = PAIR_RULES(PAIR_REFUSES);
static const char forbids[] = PAIR_RULES(PAIR_FORBIDS);
static const char forbids_later[] = PAIR_RULES_LATER(PAIR_FORBIDS);
static const char account[] = "XC71CRLB0000000047110815";

/* A letter that was decided about under law 1 and waits, for the peer is away. */
static struct letter *begin(struct pair *p)
{
    *p = pair_new(&(struct pair_settings){.xa_law = 1, .xc_law = 1});
    trunk_cut(p->trunk);
    struct letter *letter = plain_letter(p->xa);
    CHECK(scene_send(p->sender, letter) != NULL);
    return letter;
}

/* Law 2 with these rules comes into force at both, and the peer is there again. */
static void renew(struct pair *p, const char *rules)
{
    pair_renew(p, 2, rules);
    trunk_dial(p->trunk);
    pair_settle(p);
}

static void end(struct pair *p, struct letter *letter)
{
    letter_free(letter);
    pair_end(p);
}

/* What is said of the letter now. */
static struct seen see(struct pair *p, const struct letter *letter)
{
    struct seen seen = {0};
    CHECK_OK(journal_seen(p->xa->reader, letter->arena, &letter->key, 0, &seen));
    return seen;
}

static void check_index(const struct letter *letter, const struct seen *seen, uint64_t index)
{
    struct receipt receipt = {0};
    CHECK_OK(receipt_parse(letter->arena, seen->receipt, &receipt));
    CHECK_U64(receipt.index, index);
}

static void check_law(struct pair *p, const struct letter *letter, uint64_t law)
{
    struct delivery d;
    struct release release = {0};
    CHECK_OK(journal_fetch(p->xa->reader, letter->arena, &letter->key, 0, &d));
    CHECK_OK(release_parse(letter->arena, d.release, &release));
    CHECK_U64(release.rulebook.law, law);
}

static void what_the_new_law_forbids_does_not_leave(void)
{
    struct pair p;
    struct letter *letter = begin(&p);
    uint64_t size = world_log_acts(p.xa);
    CHECK_U64(see(&p, letter).kind, ENTRY_DISCLOSURE);
    renew(&p, forbids);
    CHECK(pair_notice(&p, letter, &relayed));
    CHECK(pair_delivery(&p, letter) != 0);
    CHECK(!scene_heard(p.recipient, account));
    CHECK(scene_heard(p.recipient, "Halmar"));
    struct seen seen = see(&p, letter);
    CHECK_U64(seen.kind, ENTRY_DISCLOSURE);
    check_index(letter, &seen, world_log_size(p.xa) - 1); /* the one that replaces */
    CHECK_U64(world_log_acts(p.xa), size + 1);
    end(&p, letter);
}

/* One rulebook says something else tomorrow: a rule comes into force by its date. */
static void what_is_forbidden_from_tomorrow_does_not_leave_then(void)
{
    struct pair p =
        pair_new(&(struct pair_settings){.xa_law = 1, .xc_law = 1, .rules = forbids_later});
    trunk_cut(p.trunk);
    world_pass(p.xa, TO_MIDNIGHT_MS - 60000);
    world_pass(p.xc, TO_MIDNIGHT_MS - 60000);
    struct letter *letter = pair_send(&p);
    uint64_t size = world_log_acts(p.xa);
    pair_pass(&p, 120000);
    trunk_dial(p.trunk);
    CHECK(pair_notice(&p, letter, &relayed));
    CHECK(pair_delivery(&p, letter) != 0);
    CHECK(!scene_heard(p.recipient, account));
    struct seen seen = see(&p, letter);
    check_index(letter, &seen, size);
    CHECK_U64(world_log_acts(p.xa), size + 1);
    struct body body = {0};
    struct delivery d;
    CHECK_OK(journal_fetch(p.xa->reader, letter->arena, &letter->key, 0, &d));
    CHECK_OK(body_parse(letter->arena, d.body, &body));
    CHECK(!slice_holds(body.message, slice_text(account))); /* at XA, not first at XC */
    end(&p, letter);
}

static void under_a_new_number_the_same_leaves(void)
{
    struct pair p;
    struct letter *letter = begin(&p);
    uint64_t size = world_log_acts(p.xa);
    pair_pass(&p, 600000);
    renew(&p, NULL);
    CHECK(pair_notice(&p, letter, &relayed));
    CHECK(pair_delivery(&p, letter) != 0);
    CHECK(scene_heard(p.recipient, account));
    check_law(&p, letter, 1); /* as it was decided, and however old it is */
    CHECK_U64(world_log_acts(p.xa), size);
    CHECK_U64(trunk_passed(p.trunk, PAIR_XC, FRAME_REFUSE, 0), 0);
    end(&p, letter);
}

/* The peer refuses what was decided under the law before its own, until that comes here, too. */
static void a_law_that_reaches_the_peer_first_loses_nothing(void)
{
    struct pair p = pair_new(&(struct pair_settings){.xa_law = 1, .xc_law = 2});
    struct letter *letter = plain_letter(p.xa);
    CHECK(scene_send(p.sender, letter) != NULL);
    pair_settle(&p);
    CHECK_U64(trunk_passed(p.trunk, PAIR_XC, FRAME_REFUSE, 0), 1);
    world_renew_law(p.xa, 2);
    trunk_turn(p.trunk);
    CHECK(p.trunk->links[0] == NULL);
    trunk_dial(p.trunk);
    CHECK(pair_notice(&p, letter, &relayed));
    CHECK(pair_delivery(&p, letter) != 0);
    CHECK_U64(trunk_passed(p.trunk, PAIR_XC, FRAME_REFUSE, 0), 1);
    end(&p, letter);
}

/* What names a law that is in force nowhere no peer would take. */
static void a_law_that_is_taken_back_loses_nothing(void)
{
    struct pair p = pair_new(&(struct pair_settings){.xa_law = 2, .xc_law = 2});
    trunk_cut(p.trunk);
    struct letter *letter = plain_letter(p.xa);
    CHECK(scene_send(p.sender, letter) != NULL);
    pair_renew(&p, 1, NULL);
    trunk_dial(p.trunk);
    CHECK(pair_notice(&p, letter, &relayed));
    CHECK(pair_delivery(&p, letter) != 0);
    check_law(&p, letter, 1);
    CHECK_U64(trunk_passed(p.trunk, PAIR_XC, FRAME_REFUSE, 0), 0);
    end(&p, letter);
}

/* The last one was decided about under the new law and could go at once. */
static void nothing_overtakes_what_is_judged_again(void)
{
    struct pair p = pair_new(&(struct pair_settings){.xa_law = 1, .xc_law = 1});
    struct letter *letters[LETTERS];
    trunk_cut(p.trunk);
    for (size_t i = 0; i < LETTERS; i++) {
        if (i == LETTERS - 1)
            pair_renew(&p, 2, forbids);
        letters[i] = pair_send(&p);
    }
    trunk_dial(p.trunk);
    for (size_t i = 0; i < LETTERS; i++)
        CHECK(pair_delivery(&p, letters[i]) != 0);
    for (size_t i = 0; i < LETTERS; i++) {
        CHECK(pair_notice(&p, letters[i], &relayed));
        letter_free(letters[i]);
    }
    CHECK_U64(trunk_passed(p.trunk, PAIR_XA, FRAME_DELIVER, 0), LETTERS);
    pair_end(&p);
}

static void expect_failure(struct pair *p, const struct letter *letter, const char *code)
{
    struct outer outer;
    const struct heard *h = client_hear(p->sender, FRAME_RECEIPT);
    struct proved proved;
    if (CHECK(h != NULL) &&
        CHECK(scene_receipt(p->xa, letter, h->frame.as.receipt.receipt, &not_relayed, &proved)) &&
        CHECK(scene_outer(letter->arena, h->frame.as.receipt.receipt, &outer)))
        CHECK_BYTES(outer.code, slice_text(code));
    CHECK_U64(trunk_passed(p->trunk, PAIR_XA, FRAME_DELIVER, 0), 0);
    CHECK(!client_has_unread(p->recipient));
}

static void what_the_new_law_refuses_is_not_relayed(void)
{
    struct pair p;
    struct letter *letter = begin(&p);
    renew(&p, refuses);
    expect_failure(&p, letter, "E_PURPOSE");
    end(&p, letter);
}

static void who_is_no_longer_there_gets_nothing(void)
{
    struct pair p;
    struct letter *letter = begin(&p);
    world_renew(p.xa, "XC-CA-01");
    trunk_dial(p.trunk);
    expect_failure(&p, letter, refusal_name(reason_refusal(REASON_ROUTE_UNKNOWN)));
    end(&p, letter);
}

static void who_is_no_longer_there_sends_nothing(void)
{
    struct pair p;
    struct letter *letter = begin(&p);
    world_renew(p.xa, "XA-CA-01");
    trunk_dial(p.trunk);
    pair_settle(&p);
    CHECK_U64(trunk_passed(p.trunk, PAIR_XA, FRAME_DELIVER, 0), 0);
    CHECK_U64(scene_lines(p.xa, "relay.withdrawn"), 1);
    end(&p, letter);
}

static void what_the_new_law_holds_stays(void)
{
    struct pair p;
    struct letter *letter = begin(&p);
    uint64_t size = world_log_acts(p.xa);
    renew(&p, holds);
    struct seen seen = see(&p, letter);
    CHECK_U64(seen.kind, ENTRY_HOLD);
    CHECK_BYTES(seen.code, slice_text("E_HELD"));
    check_index(letter, &seen, world_log_size(p.xa) - 1);
    CHECK_U64(world_log_acts(p.xa), size + 1);
    trunk_dial(p.trunk); /* nor on another link */
    pair_settle(&p);
    CHECK_U64(trunk_passed(p.trunk, PAIR_XA, FRAME_DELIVER, 0), 0);
    CHECK(!client_has_unread(p.sender));
    end(&p, letter);
}

/* The peer gives its receipt for the release that it has taken over. */
static bool lose_receipt(void *owner, unsigned from, struct frame *frame, struct arena *arena)
{
    bool *has_lost = owner;
    (void)arena;
    bool hit = !*has_lost && from == PAIR_XC && frame->kind == FRAME_RECEIPT;
    *has_lost = *has_lost || hit;
    return !hit;
}

static void an_answer_to_what_was_replaced_counts(void)
{
    bool has_lost = false;
    struct pair p = pair_new(&(struct pair_settings){.xa_law = 1, .xc_law = 1});
    struct letter *letter = plain_letter(p.xa);
    p.trunk->gate = lose_receipt;
    p.trunk->owner = &has_lost;
    CHECK(scene_send(p.sender, letter) != NULL);
    pair_settle(&p);
    CHECK(has_lost);
    CHECK(!client_has_unread(p.sender));
    renew(&p, forbids);
    CHECK(pair_notice(&p, letter, &relayed));
    CHECK(p.trunk->links[0] != NULL);
    end(&p, letter);
}

/* No reader takes a release of now for a message of ten minutes ago. */
static void what_is_too_old_for_a_new_release_is_given_up(void)
{
    struct pair p;
    struct letter *letter = begin(&p);
    pair_pass(&p, 600000);
    renew(&p, forbids);
    expect_failure(&p, letter, "E_STALE");
    end(&p, letter);
}

/* The clock was an hour ahead when an entry was written: no entry of now is near the message. */
static void no_release_is_made_that_no_reader_takes(void)
{
    struct pair p;
    struct letter *letter = begin(&p);
    struct letter *other = plain_letter(p.xa);
    const struct moment now = p.xa->now;
    other->submit.flags = SUBMIT_DRY_RUN;
    p.xa->now.wall_ms += HOUR_MS;
    CHECK(client_submit(p.sender, &other->submit) != NULL);
    p.xa->now = now;
    uint64_t size = world_log_acts(p.xa);
    renew(&p, forbids);
    CHECK_U64(trunk_passed(p.trunk, PAIR_XA, FRAME_DELIVER, 0), 0);
    CHECK_U64(world_log_acts(p.xa), size);
    trunk_pass(p.trunk, 600000);
    expect_failure(&p, letter, "E_STALE");
    letter_free(other);
    end(&p, letter);
}

/* It was accepted before, and leaves also where there is no room for anything new. */
static void what_is_judged_again_needs_no_room_for_new_work(void)
{
    struct pair p;
    struct letter *letter = begin(&p);
    pair_renew(&p, 2, forbids);
    pair_restart(&p, p.xa, NO_ROOM);
    CHECK(pair_notice(&p, letter, &relayed));
    CHECK(pair_delivery(&p, letter) != 0);
    CHECK(!scene_heard(p.recipient, account));
    end(&p, letter);
}

static void what_another_directory_does_not_change_goes_as_it_is(void)
{
    struct pair p;
    struct letter *letter = begin(&p);
    pair_pass(&p, 600000);
    uint64_t size = world_log_acts(p.xa);
    world_renew(p.xa, "XB-CA-01");
    trunk_dial(p.trunk);
    CHECK(pair_notice(&p, letter, &relayed));
    CHECK(pair_delivery(&p, letter) != 0);
    CHECK_U64(world_log_acts(p.xa), size);
    end(&p, letter);
}

/* The party is there as before, but what it has sealed with that certificate goes no more. */
static void what_was_sealed_with_a_withdrawn_certificate_does_not_leave(void)
{
    struct pair p;
    struct letter *letter = begin(&p);
    pair_renew(&p, 2, NULL);
    const struct dated_certificates *sealing =
        &directory_party(p.xa->rulebook->directory, slice_text("XA-CA-01"))->sealing;
    for (size_t i = 0; i < sealing->count; i++)
        sealing->at[i].until_ms = p.xa->now.wall_ms - 1;
    size_t count = p.trunk->count;
    trunk_dial(p.trunk);
    CHECK(pair_notice(&p, letter, &not_relayed));
    pair_settle(&p);
    CHECK_U64(trunk_passed(p.trunk, PAIR_XA, FRAME_DELIVER, count), 0);
    CHECK(!client_has_unread(p.recipient));
    CHECK_U64(scene_lines(p.xa, "seal.signer"), 1);
    end(&p, letter);
}

TESTS(again,
      {"what was sealed with a withdrawn certificate does not leave",
       what_was_sealed_with_a_withdrawn_certificate_does_not_leave},
      {"what the new law forbids does not leave", what_the_new_law_forbids_does_not_leave},
      {"what is forbidden from tomorrow does not leave then",
       what_is_forbidden_from_tomorrow_does_not_leave_then},
      {"under a new number the same leaves", under_a_new_number_the_same_leaves},
      {"a law that reaches the peer first loses nothing",
       a_law_that_reaches_the_peer_first_loses_nothing},
      {"a law that is taken back loses nothing", a_law_that_is_taken_back_loses_nothing},
      {"nothing overtakes what is judged again", nothing_overtakes_what_is_judged_again},
      {"what the new law refuses is not relayed", what_the_new_law_refuses_is_not_relayed},
      {"who is no longer there gets nothing", who_is_no_longer_there_gets_nothing},
      {"who is no longer there sends nothing", who_is_no_longer_there_sends_nothing},
      {"what the new law holds stays", what_the_new_law_holds_stays},
      {"an answer to what was replaced counts", an_answer_to_what_was_replaced_counts},
      {"what is too old for a new release is given up",
       what_is_too_old_for_a_new_release_is_given_up},
      {"no release is made that no reader takes", no_release_is_made_that_no_reader_takes},
      {"what is judged again needs no room for new work",
       what_is_judged_again_needs_no_room_for_new_work},
      {"what another directory does not change goes as it is",
       what_another_directory_does_not_change_goes_as_it_is})
