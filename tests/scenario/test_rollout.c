/* A law on its way to both sides while messages wait between them, or at hop 2: they go on as the
 * law of now lets them, and as if nothing had been where it changes nothing. */

#include <string.h>

#include "exchange/link_peer.h"
#include "scenario/pair.h"

#define DAY_MS  86400000ULL
#define LETTERS 4U

static const struct entry_wanted relayed = {ENTRY_STAGE, STAGE_RELAYED, 2};
static const struct entry_wanted not_delivered = {ENTRY_STAGE, STAGE_NOT_DELIVERED, 2};

static const char refuses[] = PAIR_RULES(PAIR_REFUSES);
static const char forbids[] = PAIR_RULES(PAIR_FORBIDS);
static const char account[] = "XC71CRLB0000000047110815";

static void expect_code(struct pair *p, const struct letter *letter, const char *code)
{
    struct proved proved;
    const struct heard *h = client_hear(p->sender, FRAME_RECEIPT);
    if (CHECK(h != NULL) &&
        scene_receipt(p->xa, letter, h->frame.as.receipt.receipt, &not_delivered, &proved))
        CHECK_BYTES(proved.outer.code, slice_text(code));
}

static void three_days_under_two_laws_lose_nothing(void)
{
    struct pair p = pair_new(&(struct pair_settings){.xa_law = 1, .xc_law = 1});
    struct letter *letters[LETTERS];
    trunk_cut(p.trunk);
    for (size_t i = 0; i < LETTERS; i++) {
        if (i == LETTERS - 1)
            pair_renew(&p, 2, NULL);
        letters[i] = pair_send(&p);
        pair_pass(&p, DAY_MS);
    }
    uint64_t size = world_log_acts(p.xa);
    trunk_dial(p.trunk);
    for (size_t i = 0; i < LETTERS; i++)
        CHECK(pair_delivery_by(&p, letters[i], (struct pair_laws){i == LETTERS - 1 ? 2 : 1, 2}) !=
              0);
    for (size_t i = 0; i < LETTERS; i++) {
        CHECK(pair_notice(&p, letters[i], &relayed));
        letter_free(letters[i]);
    }
    CHECK_U64(trunk_passed(p.trunk, PAIR_XC, FRAME_REFUSE, 0), 0);
    CHECK_U64(trunk_passed(p.trunk, PAIR_XA, FRAME_DELIVER, 0), LETTERS);
    CHECK_U64(world_log_acts(p.xa), size);
    CHECK(!client_has_unread(p.sender));
    pair_end(&p);
}

/* ---- directories ---- */

/* Its sender is new: XC does not know it yet, and what XC cannot verify it does not refuse for
 * good. */
static void a_party_that_one_side_does_not_know_yet_loses_nothing(void)
{
    struct pair p = pair_new(&(struct pair_settings){0});
    world_renew(p.xc, "XA-CA-01");
    trunk_turn(p.trunk);
    trunk_dial(p.trunk);
    struct letter *letter = pair_send(&p);
    pair_settle(&p);
    CHECK(scene_reason(p.xc, "directory.other"));
    CHECK_U64(trunk_passed(p.trunk, PAIR_XC, FRAME_REFUSE, 0), 1);
    CHECK(!client_has_unread(p.recipient));
    pair_pass(&p, DAY_MS);
    CHECK(!client_has_unread(p.sender)); /* of no failure */
    world_renew(p.xc, "");
    trunk_turn(p.trunk);
    trunk_dial(p.trunk);
    CHECK(pair_notice(&p, letter, &relayed));
    CHECK(pair_delivery(&p, letter) != 0);
    letter_free(letter);
    pair_end(&p);
}

/* ---- links ---- */

static bool note_codes(void *owner, unsigned from, struct frame *frame, struct arena *arena)
{
    bool *has_code = owner;
    (void)from, (void)arena;
    *has_code = *has_code || (frame->kind == FRAME_BYE && frame->as.bye_code.length > 0);
    return true;
}

static void another_rulebook_has_links_dialled_again(void)
{
    struct pair p = pair_new(&(struct pair_settings){.xa_law = 1, .xc_law = 1});
    bool has_code = false;
    p.trunk->gate = note_codes;
    p.trunk->owner = &has_code;
    exchange_renew(p.xa->exchange, p.xa->snapshot, p.xa->now); /* the same */
    trunk_turn(p.trunk);
    CHECK(p.trunk->links[0] != NULL);
    for (unsigned i = 0; i < 2; i++) {
        world_renew_law(i == 0 ? p.xa : p.xc, 2);
        CHECK(p.trunk->links[0] != NULL);
        trunk_turn(p.trunk);
        CHECK(p.trunk->links[0] == NULL);
        CHECK_U64(trunk_passed(p.trunk, PAIR_XA, FRAME_BYE, 0), i + 1);
        CHECK_U64(trunk_passed(p.trunk, PAIR_XC, FRAME_BYE, 0), i + 1);
        trunk_dial(p.trunk);
    }
    CHECK(!has_code);
    struct letter *letter = pair_send(&p);
    CHECK(pair_delivery_by(&p, letter, (struct pair_laws){2, 2}) != 0);
    letter_free(letter);
    pair_end(&p);
}

/* What is on its way is answered first: it is handed over but once. */
static void what_is_on_its_way_is_answered_before_the_link_is_left(void)
{
    struct pair p = pair_new(&(struct pair_settings){.xa_law = 1, .xc_law = 1});
    struct letter *letter = plain_letter(p.xa);
    CHECK(scene_send(p.sender, letter) != NULL);
    world_renew_law(p.xc, 2);
    world_renew_law(p.xa, 2);
    trunk_turn(p.trunk);
    pair_settle(&p);
    trunk_dial(p.trunk);
    CHECK(pair_notice(&p, letter, &relayed));
    CHECK(pair_delivery(&p, letter) != 0);
    CHECK_U64(trunk_passed(p.trunk, PAIR_XC, FRAME_REFUSE, 0), 0);
    letter_free(letter);
    pair_end(&p);
}

/* ---- in the box of a party at hop 2 ---- */

static void what_the_new_law_does_not_change_is_delivered_as_it_is(void)
{
    struct pair p;
    struct letter *letter = pair_begin_away(&p);
    uint64_t size = world_log_acts(p.xc);
    pair_pass(&p, DAY_MS);
    pair_renew_and_meet(&p, NULL);
    pair_take(&p, letter, pair_delivery_by(&p, letter, (struct pair_laws){1, 1}));
    CHECK(scene_heard(p.recipient, account));
    CHECK_U64(world_log_acts(p.xc), size + 1); /* delivered */
    pair_end_quiet(&p, letter);
}

/* However old it is: hop 1's entry is the one that has to be near the message. */
static void what_the_new_law_forbids_is_not_delivered(void)
{
    struct pair p;
    struct letter *letter = pair_begin_away(&p);
    uint64_t size = world_log_acts(p.xc);
    pair_pass(&p, DAY_MS);
    pair_renew_and_meet(&p, forbids);
    CHECK_U64(world_log_acts(p.xc), size + 1); /* replaces */
    pair_take(&p, letter, pair_delivery_by(&p, letter, (struct pair_laws){1, 2}));
    CHECK(!scene_heard(p.recipient, account));
    CHECK(scene_heard(p.recipient, "Halmar"));
    pair_end_quiet(&p, letter);
}

static void what_the_new_law_refuses_is_not_delivered(void)
{
    struct pair p;
    struct letter *letter = pair_begin_away(&p);
    pair_renew_and_meet(&p, refuses);
    expect_code(&p, letter, "E_PURPOSE");
    CHECK_U64(scene_lines(p.xc, "delivery.withdrawn"), 1);
    pair_end_quiet(&p, letter);
}

/* Nobody there could verify its seal. */
static void from_a_party_that_is_no_longer_there_nothing_is_delivered(void)
{
    struct pair p;
    struct letter *letter = pair_begin_away(&p);
    world_renew(p.xc, "XA-CA-01");
    trunk_turn(p.trunk);
    p.recipient = client_dial(p.xc, "XC-CA-01");
    trunk_dial(p.trunk);
    expect_code(&p, letter, "E_ROUTE");
    pair_end_quiet(&p, letter);
}

/* What was a mistake is put right by the next rulebook; what is not fails in its time. */
static void for_a_party_that_is_no_longer_there_it_waits_until_it_expires(void)
{
    for (unsigned i = 0; i < 2; i++) {
        struct pair p;
        struct letter *letter = pair_begin_away(&p);
        world_renew(p.xc, "XC-CA-01");
        pair_pass(&p, DAY_MS);
        exchange_overdue(p.xc->exchange, p.xc->now);
        pair_settle(&p);
        p.recipient = client_connect(p.xc, "XC-CA-01");
        CHECK(p.recipient->link == NULL);
        CHECK(!scene_heard(p.recipient, account));
        if (i == 0) {
            world_renew(p.xc, NULL);
            p.recipient = client_dial(p.xc, "XC-CA-01");
            trunk_dial(p.trunk);
            pair_take(&p, letter, pair_delivery_by(&p, letter, (struct pair_laws){1, 1}));
            pair_end_quiet(&p, letter);
            continue;
        }
        pair_pass(&p, letter->draft.claims.expires_ms - p.xc->now.wall_ms + 1);
        exchange_overdue(p.xc->exchange, p.xc->now);
        trunk_dial(p.trunk);
        expect_code(&p, letter, "E_EXPIRED");
        letter_free(letter);
        pair_end(&p);
    }
}

TESTS(rollout, {"three days under two laws lose nothing", three_days_under_two_laws_lose_nothing},
      {"a party that one side does not know yet loses nothing",
       a_party_that_one_side_does_not_know_yet_loses_nothing},
      {"another rulebook has links dialled again", another_rulebook_has_links_dialled_again},
      {"what is on its way is answered before the link is left",
       what_is_on_its_way_is_answered_before_the_link_is_left},
      {"what the new law does not change is delivered as it is",
       what_the_new_law_does_not_change_is_delivered_as_it_is},
      {"what the new law forbids is not delivered", what_the_new_law_forbids_is_not_delivered},
      {"what the new law refuses is not delivered", what_the_new_law_refuses_is_not_delivered},
      {"from a party that is no longer there nothing is delivered",
       from_a_party_that_is_no_longer_there_nothing_is_delivered},
      {"for a party that is no longer there it waits until it expires",
       for_a_party_that_is_no_longer_there_it_waits_until_it_expires})
