#include "support/check.h"

#include <stdlib.h>

#include "edge/peers.h"

static struct moment at(uint64_t mono_ms)
{
    return (struct moment){.wall_ms = 1790000000000ULL + mono_ms, .mono_ms = mono_ms};
}

/* XA-GW-01, which is ourselves, and these. */
static void renew(struct peers *peers, const char *first, const char *second, uint64_t mono_ms)
{
    struct gateway_row rows[3] = {{.id = slice_text("XA-GW-01")},
                                  {.id = slice_text(first)},
                                  {.id = slice_text(second == NULL ? "" : second)}};
    const struct directory d = {.gateways = rows, .gateway_count = second == NULL ? 2 : 3};
    CHECK_OK(peers_renew(peers, &d, slice_text("XA-GW-01"), at(mono_ms)));
}

static uint64_t away(struct peers *peers, size_t index, uint64_t mono_ms)
{
    struct peer_presence presence = {0};
    CHECK(peers_at(peers, index, at(mono_ms), &presence));
    return presence.away_ms;
}

static void who_was_never_there_is_away_from_the_beginning(void)
{
    struct peers *peers = peers_new();
    renew(peers, "XB-GW-01", NULL, 5);
    renew(peers, "XB-GW-01", "XC-GW-01", 1000);
    CHECK_U64(away(peers, 0, 2000), 1995);
    CHECK_U64(away(peers, 1, 2000), 1000);
    peers_free(peers);
}

static void a_peer_is_up_from_its_first_link_to_its_last(void)
{
    struct peers *peers = peers_new();
    struct slice id = slice_text("XB-GW-01");
    struct peer_presence presence;
    uint64_t up_ms = 0;
    renew(peers, "XB-GW-01", NULL, 0);
    CHECK(peers_open(peers, id, at(100)));
    CHECK(!peers_open(peers, id, at(200)));
    CHECK(!peers_close(peers, id, at(300), &up_ms));
    CHECK(peers_at(peers, 0, at(300), &presence));
    CHECK(presence.is_up);
    CHECK_U64(presence.up_ms, 200);
    CHECK(peers_close(peers, id, at(400), &up_ms));
    CHECK_U64(up_ms, 300);
    CHECK(peers_at(peers, 0, at(500), &presence) && !presence.is_up);
    peers_free(peers);
}

static void what_certificate_a_peer_showed_last_is_known(void)
{
    struct peers *peers = peers_new();
    struct peer_presence presence;
    renew(peers, "XB-GW-01", NULL, 0);
    CHECK(peers_at(peers, 0, at(0), &presence));
    CHECK_U64(presence.until_ms, 0);
    peers_certificate(peers, slice_text("XB-GW-01"), 7);
    peers_certificate(peers, slice_text("XD-GW-01"), 8);
    CHECK(peers_at(peers, 0, at(0), &presence));
    CHECK_U64(presence.until_ms, 7);
    peers_free(peers);
}

static void who_comes_and_goes_is_still_away(void)
{
    struct peers *peers = peers_new();
    struct slice id = slice_text("XB-GW-01");
    uint64_t up_ms, now = 0;
    renew(peers, "XB-GW-01", NULL, 0);
    for (; now < 600000; now += 60000) {
        CHECK(peers_open(peers, id, at(now)));
        CHECK(peers_close(peers, id, at(now + PEER_STEADY_MS - 1), &up_ms));
    }
    CHECK_U64(away(peers, 0, now), now);
    CHECK(peers_open(peers, id, at(now)));
    CHECK_U64(away(peers, 0, now + PEER_STEADY_MS - 1), now + PEER_STEADY_MS - 1);
    CHECK_U64(away(peers, 0, now + PEER_STEADY_MS), 0);
    CHECK(peers_close(peers, id, at(now + PEER_STEADY_MS), &up_ms));
    CHECK_U64(away(peers, 0, now + PEER_STEADY_MS + 7), 7);
    peers_free(peers);
}

static void a_reload_keeps_those_that_stay(void)
{
    struct peers *peers = peers_new();
    struct slice stays = slice_text("XB-GW-01"), goes = slice_text("XC-GW-01");
    struct peer_presence presence;
    uint64_t up_ms = 0;
    renew(peers, "XB-GW-01", "XC-GW-01", 0);
    CHECK(peers_open(peers, stays, at(10)) && peers_open(peers, goes, at(10)));
    renew(peers, "XB-GW-01", "XD-GW-01", 20);
    CHECK(peers_at(peers, 0, at(30), &presence) && presence.is_up);
    CHECK_TEXT(presence.id, "XB-GW-01");
    CHECK(peers_at(peers, 1, at(30), &presence) && !presence.is_up);
    CHECK_TEXT(presence.id, "XD-GW-01");
    CHECK(!peers_at(peers, 2, at(30), &presence));
    renew(peers, "XB-GW-01", "XC-GW-01", 40); /* it is back before its link has ended */
    CHECK(!peers_open(peers, goes, at(50)));
    CHECK(!peers_close(peers, goes, at(60), &up_ms));
    CHECK(peers_close(peers, goes, at(70), &up_ms));
    CHECK_U64(up_ms, 60);
    peers_free(peers);
}

static void strangers_do_not_count(void)
{
    struct peers *peers = peers_new();
    struct peer_presence presence;
    uint64_t up_ms = 0;
    renew(peers, "XB-GW-01", NULL, 0);
    CHECK(!peers_open(peers, slice_text("XD-GW-01"), at(1)));
    CHECK(!peers_close(peers, slice_text("XD-GW-01"), at(2), &up_ms));
    CHECK(!peers_close(peers, slice_text("XB-GW-01"), at(2), &up_ms)); /* was never opened */
    CHECK(!peers_at(peers, 1, at(3), &presence));
    CHECK(peers_open(peers, slice_text("XB-GW-01"), at(4)));
    peers_free(peers);
}

TESTS(edge_peers,
      {"who was never there is away from the beginning",
       who_was_never_there_is_away_from_the_beginning},
      {"a peer is up from its first link to its last",
       a_peer_is_up_from_its_first_link_to_its_last},
      {"what certificate a peer showed last is known",
       what_certificate_a_peer_showed_last_is_known},
      {"who comes and goes is still away", who_comes_and_goes_is_still_away},
      {"a reload keeps those that stay", a_reload_keeps_those_that_stay},
      {"strangers do not count", strangers_do_not_count})
