/* Whose certificate was revoked, or whose row in the directory is over: of what waits nothing
 * leaves, and nothing new begins. What was done before stays good. */

#include "exchange/link.h"
#include "scenario/pair.h"

#define HOUR_MS       3600000U
#define PAST_MIDNIGHT (17U * HOUR_MS) /* from WORLD_START_MS on: the rows that end are over */

static const struct entry_wanted relayed = {ENTRY_STAGE, STAGE_RELAYED, 2};
static const struct entry_wanted not_relayed = {ENTRY_STAGE, STAGE_NOT_RELAYED, 1};

/* A pair of which one party's row ends today. */
static struct pair ending(const char *party)
{
    return pair_new(&(struct pair_settings){.xa_law = 1, .xc_law = 1, .ends = party});
}

static struct pair pair(void)
{
    return ending(NULL);
}

static void end(struct pair *p, struct letter *letter)
{
    letter_free(letter);
    pair_end(p);
}

/* The next notice says that it failed there, with this code. */
static void expect_failure(struct client *sender, const struct letter *letter,
                           const struct entry_wanted *wanted, const char *code)
{
    struct outer outer;
    struct proved proved;
    const struct heard *h = client_hear(sender, FRAME_RECEIPT);
    if (CHECK(h != NULL) &&
        CHECK(scene_receipt(sender->world, letter, h->frame.as.receipt.receipt, wanted, &proved)) &&
        CHECK(scene_outer(letter->arena, h->frame.as.receipt.receipt, &outer)))
        CHECK_BYTES(outer.code, slice_text(code));
}

static void expect_none_delivered(struct pair *p)
{
    pair_settle(p);
    for (const struct heard *h = p->recipient->heard; h != NULL; h = h->next)
        CHECK(h->frame.kind != FRAME_DELIVER);
}

static void expect_none_left(struct pair *p)
{
    expect_none_delivered(p);
    CHECK_U64(trunk_passed(p->trunk, PAIR_XA, FRAME_DELIVER, 0), 0);
}

/* ---- revoked ---- */

static void what_a_revoked_certificate_has_sealed_does_not_leave(void)
{
    struct pair p = pair();
    trunk_cut(p.trunk);
    struct letter *letter = pair_send(&p);
    pair_pass(&p, HOUR_MS);
    world_revoke(p.xa, "XA-CA-01", p.xa->now.wall_ms - 1000);
    trunk_dial(p.trunk);
    expect_failure(p.sender, letter, &not_relayed, "E_SIG");
    CHECK_U64(scene_lines(p.xa, "seal.revoked"), 1);
    expect_none_left(&p);
    end(&p, letter);
}

static void what_others_have_sealed_leaves(void)
{
    struct pair p = pair();
    trunk_cut(p.trunk);
    struct letter *letter = pair_send(&p);
    world_revoke(p.xa, "XA-POL-01", p.xa->now.wall_ms - 1000);
    trunk_dial(p.trunk);
    CHECK(pair_notice(&p, letter, &relayed));
    CHECK(pair_delivery(&p, letter) != 0);
    end(&p, letter);
}

/* Both are at home here. */
static void nor_does_it_reach_a_party_of_the_same_gateway(void)
{
    static const struct entry_wanted not_delivered = {ENTRY_STAGE, STAGE_NOT_DELIVERED, 1};
    struct world *w = world_new(&(struct world_settings){0});
    struct client *sender = client_dial(w, "XA-CA-01");
    struct letter *letter = plain_letter(w);
    CHECK(scene_send(sender, letter) != NULL);
    world_pass(w, 1000);
    world_revoke(w, "XA-CA-01", w->now.wall_ms);
    struct client *recipient = client_dial(w, "XC-CA-01");
    expect_failure(sender, letter, &not_delivered, "E_SIG");
    CHECK(!client_has_unread(recipient));
    letter_free(letter);
    world_free(w);
}

static void what_a_revoked_certificate_seals_is_refused(void)
{
    struct pair p = pair();
    world_revoke(p.xa, "XA-CA-01", p.xa->now.wall_ms);
    struct letter *letter = plain_letter(p.xa);
    CHECK(scene_refused(p.sender, letter, "E_SIG") != NULL);
    CHECK(scene_reason(p.xa, "seal.revoked"));
    expect_none_left(&p);
    end(&p, letter);
}

/* The list has come to the recipient's gateway alone. */
static void what_was_accepted_after_the_revocation_the_peer_refuses(void)
{
    struct pair p = pair();
    world_revoke(p.xc, "XA-CA-01", p.xc->now.wall_ms - 1000);
    struct letter *letter = pair_send(&p);
    expect_failure(p.sender, letter, &not_relayed, "E_SIG");
    CHECK(scene_reason(p.xc, "seal.revoked"));
    expect_none_delivered(&p);
    end(&p, letter);
}

static void what_was_accepted_before_the_revocation_the_peer_takes(void)
{
    struct pair p = pair();
    trunk_cut(p.trunk);
    struct letter *letter = pair_send(&p);
    pair_pass(&p, 2000);
    world_revoke(p.xc, "XA-CA-01", p.xc->now.wall_ms);
    trunk_dial(p.trunk);
    CHECK(pair_notice(&p, letter, &relayed));
    CHECK(pair_delivery(&p, letter) != 0);
    end(&p, letter);
}

/* It was there already when the list came. */
static void what_waits_at_the_peer_is_judged_by_its_first_entry(void)
{
    static const struct entry_wanted not_delivered = {ENTRY_STAGE, STAGE_NOT_DELIVERED, 2};
    struct pair p;
    struct letter *before = pair_begin_away(&p);
    pair_pass(&p, 10000);
    struct letter *after = pair_send(&p);
    CHECK(pair_notice(&p, after, &relayed));
    world_revoke(p.xc, "XA-CA-01", p.xc->now.wall_ms - 5000);
    p.recipient = client_dial(p.xc, "XC-CA-01");
    CHECK(pair_delivery(&p, before) != 0);
    expect_failure(p.sender, after, &not_delivered, "E_SIG");
    pair_settle(&p);
    CHECK(!client_has_unread(p.recipient));
    letter_free(before);
    end(&p, after);
}

/* ---- over ---- */

static void to_a_party_whose_row_is_over_nothing_leaves(void)
{
    struct pair p = ending("XC-CA-01");
    trunk_cut(p.trunk);
    struct letter *letter = pair_send(&p);
    pair_pass(&p, PAST_MIDNIGHT);
    trunk_dial(p.trunk);
    expect_failure(p.sender, letter, &not_relayed, "E_ROUTE");
    expect_none_left(&p);
    end(&p, letter);
}

static void of_a_party_whose_row_is_over_nothing_leaves(void)
{
    struct pair p = ending("XA-CA-01");
    trunk_cut(p.trunk);
    struct letter *letter = pair_send(&p);
    pair_pass(&p, PAST_MIDNIGHT);
    trunk_dial(p.trunk);
    pair_settle(&p);
    CHECK_U64(scene_lines(p.xa, "relay.withdrawn"), 1);
    expect_none_left(&p);
    end(&p, letter);
}

static void until_its_last_moment_it_leaves(void)
{
    struct pair p = ending("XC-CA-01");
    trunk_cut(p.trunk);
    struct letter *letter = pair_send(&p);
    pair_pass(&p, 86400000U - WORLD_START_MS % 86400000U - 1);
    trunk_dial(p.trunk);
    CHECK(pair_notice(&p, letter, &relayed));
    end(&p, letter);
}

static void to_a_party_whose_row_is_over_nothing_is_taken(void)
{
    struct pair p = ending("XC-CA-01");
    pair_pass(&p, PAST_MIDNIGHT);
    struct letter *letter = plain_letter(p.xa);
    CHECK(scene_refused(p.sender, letter, "E_ROUTE") != NULL);
    end(&p, letter);
}

/* The sender's gateway has not got there yet. */
static void nor_by_its_own_gateway_from_a_peer(void)
{
    struct pair p = ending("XC-CA-01");
    trunk_cut(p.trunk);
    struct letter *letter = pair_send(&p);
    pair_dial_at_midnight(&p);
    expect_failure(p.sender, letter, &not_relayed, "E_ROUTE");
    expect_none_delivered(&p);
    end(&p, letter);
}

static void expect_ended(struct client *c)
{
    client_drain(c);
    CHECK(client_hear(c, FRAME_BYE) != NULL);
    CHECK(c->link == NULL);
    CHECK(scene_reason(c->world, "route.unknown"));
}

static void who_is_over_is_put_off_its_link(void)
{
    struct world *w = world_new(&(struct world_settings){.ends = "XA-CA-01"});
    struct client *xa = client_dial(w, "XA-CA-01");
    world_pass(w, PAST_MIDNIGHT);
    CHECK_OK(exchange_tick(xa->link, w->now));
    expect_ended(xa);
    expect_ended(client_connect(w, "XA-CA-01"));
    world_free(w);
}

static void who_is_over_asks_nothing(void)
{
    struct world *w = world_new(&(struct world_settings){.ends = "XA-CA-01"});
    struct client *xa = client_dial(w, "XA-CA-01");
    struct frame ping = {.kind = FRAME_PING};
    world_pass(w, PAST_MIDNIGHT);
    (void)client_give(xa, &ping);
    expect_ended(xa);
    for (const struct heard *h = xa->heard; h != NULL; h = h->next)
        CHECK(h->frame.kind != FRAME_PONG);
    world_free(w);
}

/* It had left while the sender's row lasted, and is proved as on the day it was sent. */
static void what_came_over_before_is_read_for_ever(void)
{
    struct pair p = ending("XA-CA-01");
    client_cut(p.recipient);
    struct letter *letter = pair_send(&p);
    CHECK(pair_notice(&p, letter, &relayed));
    pair_pass(&p, PAST_MIDNIGHT);
    p.recipient = client_dial(p.xc, "XC-CA-01");
    CHECK(pair_delivery(&p, letter) != 0);
    end(&p, letter);
}

TESTS(withdrawn,
      {"what a revoked certificate has sealed does not leave",
       what_a_revoked_certificate_has_sealed_does_not_leave},
      {"what others have sealed leaves", what_others_have_sealed_leaves},
      {"nor does it reach a party of the same gateway",
       nor_does_it_reach_a_party_of_the_same_gateway},
      {"what a revoked certificate seals is refused", what_a_revoked_certificate_seals_is_refused},
      {"what was accepted after the revocation the peer refuses",
       what_was_accepted_after_the_revocation_the_peer_refuses},
      {"what was accepted before the revocation the peer takes",
       what_was_accepted_before_the_revocation_the_peer_takes},
      {"what waits at the peer is judged by its first entry",
       what_waits_at_the_peer_is_judged_by_its_first_entry},
      {"to a party whose row is over nothing leaves", to_a_party_whose_row_is_over_nothing_leaves},
      {"of a party whose row is over nothing leaves", of_a_party_whose_row_is_over_nothing_leaves},
      {"until its last moment it leaves", until_its_last_moment_it_leaves},
      {"to a party whose row is over nothing is taken",
       to_a_party_whose_row_is_over_nothing_is_taken},
      {"nor by its own gateway from a peer", nor_by_its_own_gateway_from_a_peer},
      {"who is over is put off its link", who_is_over_is_put_off_its_link},
      {"who is over asks nothing", who_is_over_asks_nothing},
      {"what came over before is read for ever", what_came_over_before_is_read_for_ever})
