#include "adopter.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "said.h"
#include "support/check.h"
#include "wire/cbor.h"

#define ARENA ((size_t)64 << 20)

static struct arena *kept;

static void read_kept(struct offers *offers)
{
    char folder[100];
    snprintf(folder, sizeof folder, "%s/received", adopter_journal);
    arena_free(kept);
    kept = arena_new(1 << 20);
    CHECK_OK(offers_read(kept, folder, offers));
}

/* The law under another number, with this at its end. */
static void offer_law(struct adopter *a, unsigned number, const char *extra, uint64_t at_ms)
{
    struct objects *objects = objects_with(number, 3, extra);
    adopter_take(a, objects_find(objects, slice_text("law")), at_ms);
    objects_free(objects);
}

static void an_object_that_fits_is_offered_once(void)
{
    struct adopter a = adopter_begin();
    struct offers offers;
    struct objects *newer = objects_with(5, 3, "");
    const struct object *law = objects_find(newer, slice_text("law"));
    read_kept(&offers); /* the folder is not there */
    CHECK_U64(offers.count, 0);
    adopter_take(&a, law, NOW);
    CHECK(said_this("\"level\":\"notice\",\"event\":\"rulebook.offered\",\"gateway\":\"XA-GW-01\","
                    "\"peer\":\"XC-GW-01\",\"text\":\"law number 5 "));
    adopter_take(&a, law, NOW + 1000);
    CHECK_U64(said_lines(), 0);
    read_kept(&offers);
    CHECK_U64(offers.count, 1);
    CHECK_TEXT(offers.at[0].object, "law");
    CHECK_TEXT(offers.at[0].peer, "XC-GW-01");
    CHECK_U64(offers.at[0].number, 5);
    CHECK_U64(offers.at[0].since_ms, NOW);
    CHECK(digest_equal(&offers.at[0].digest, digest_slice(&law->digest)));

    char path[RECEIVED_PATH_BYTES + 32];
    struct stat st;
    snprintf(path, sizeof path, "%s/files/objects/person", offers.at[0].folder);
    CHECK(stat(path, &st) == 0 && (st.st_mode & 0777) == 0600);
    CHECK(strstr(offers.at[0].folder, "/received/law-5-") != NULL);
    CHECK(!adoption_waits(a.adoption));
    objects_free(newer);
    adopter_end(&a);
}

static void what_is_not_newer_is_passed_over(void)
{
    struct adopter a = adopter_begin();
    struct offers offers;
    offer_law(&a, 4, "codes more ONE\n", NOW);
    offer_law(&a, 3, "", NOW);
    CHECK_U64(said_lines(), 0);
    read_kept(&offers);
    CHECK_U64(offers.count, 0);
    adopter_end(&a);
}

static void what_does_not_fit_is_named(void)
{
    struct adopter a = adopter_begin();
    struct offers offers;
    struct objects *newer = objects_with(5, 3, "");
    struct object law = *objects_find(newer, slice_text("law"));
    law.number = 6;
    adopter_take(&a, &law, NOW);
    CHECK(said_this("\"level\":\"warning\",\"event\":\"rulebook.unfit\",\"gateway\":\"XA-GW-01\","
                    "\"peer\":\"XC-GW-01\",\"text\":\"law number 6 "));
    law.number = 5;
    law.digest.octets[0] ^= 1;
    adopter_take(&a, &law, NOW);
    CHECK(said_this(": it has another number or digest than was announced"));
    law.octets = slice_part(law.octets, 0, law.octets.length - 1);
    adopter_take(&a, &law, NOW);
    CHECK(said_this(": its octets are no object of a rulebook"));

    struct buffer bad = buffer_new(1000);
    cbor_put_array(&bad, 2);
    cbor_put_array(&bad, 1);
    cbor_put_array(&bad, 2);
    cbor_put_text(&bad, slice_text("vocabulary"));
    cbor_put_bytes(&bad, slice_text("law number 5\nnonsense\n"));
    cbor_put_array(&bad, 0);
    law.octets = buffer_slice(&bad);
    adopter_take(&a, &law, NOW);
    CHECK(said_this(": law/vocabulary:2:1: "));
    law.name = slice_text("../law");
    adopter_take(&a, &law, NOW);
    CHECK_U64(said_lines(), 0);
    read_kept(&offers);
    CHECK_U64(offers.count, 0);
    buffer_done(&bad);
    objects_free(newer);
    adopter_end(&a);
}

/* A state of ours goes with it only if it fits our law. */
static void an_object_is_judged_with_our_others(void)
{
    struct adopter a = adopter_begin();
    struct buffer parties = buffer_new(1000);
    cbor_put_array(&parties, 2);
    cbor_put_array(&parties, 1);
    cbor_put_array(&parties, 2);
    cbor_put_text(&parties, slice_text("demo"));
    cbor_put_bytes(&parties, slice_text("parties XA number 1\nparty XA-CA-01 \"A\" home XA-GW-02 "
                                        "from 2026-01-01 until 2027-01-01\n"));
    cbor_put_array(&parties, 0);
    const struct object object = {
        .name = slice_text("parties:XA"), .number = 1, .octets = buffer_slice(&parties)};
    adopter_take(&a, &object, NOW);
    CHECK(said_this("parties:XA number 1 0000000000000000: parties/XA/demo:2:"));
    buffer_done(&parties);
    adopter_end(&a);
}

static void of_a_peer_the_newest_of_each_object_is_kept(void)
{
    struct adopter a = adopter_begin();
    struct offers offers;
    giver = "XB-GW-01";
    offer_law(&a, 5, "", NOW + 60000); /* by a clock that was ahead */
    giver = "XC-GW-01";
    for (unsigned i = 0; i < 11; i++)
        offer_law(&a, 6 + i, "", NOW + i);
    CHECK(said_this("no more is said"));
    read_kept(&offers);
    CHECK_U64(offers.count, 2);
    CHECK_U64(offers.at[0].number, 16);
    CHECK_TEXT(offers.at[1].peer, "XB-GW-01");
    adopter_end(&a);
}

/* An offer of its own, without a look at what is in it. */
static void keep_one(const char *peer, unsigned object, uint64_t since_ms)
{
    char folder[100];
    bool is_new;
    struct arena *own = arena_new(ARENA);
    struct offer o = {.number = 9, .since_ms = since_ms};
    snprintf(folder, sizeof folder, "%s/received", adopter_journal);
    snprintf(o.peer, sizeof o.peer, "%s", peer);
    snprintf(o.object, sizeof o.object, "parties:%c%c", 'A' + (int)(object / 26),
             'A' + (int)(object % 26));
    o.digest.octets[0] = (uint8_t)object;
    CHECK_OK(offer_keep(own, folder, &o, &(struct offer_content){{NULL, 0}, {NULL, 0}}, &is_new));
    arena_free(own);
}

/* Who offers much is in nobody's way: not by its own objects, nor together with others. */
static void no_peer_does_away_with_the_offers_of_another(void)
{
    struct adopter a = adopter_begin();
    struct offers offers;
    keep_one("XB-GW-01", 600, NOW);
    for (unsigned i = 0; i < 20; i++)
        keep_one("XC-GW-01", i, NOW + 1 + i);
    read_kept(&offers);
    CHECK_U64(offers.count, 1 + OFFERS_PEER_MAX);
    CHECK_TEXT(offers.at[0].peer, "XB-GW-01");
    CHECK_U64(offers.at[1].since_ms, NOW + 13);
    for (char peer[] = "XD-GW-01"; peer[1] <= 'Q'; peer[1]++)
        for (unsigned i = 0; i < OFFERS_PEER_MAX; i++)
            keep_one(peer, i, NOW + 100 + i);
    read_kept(&offers);
    CHECK_U64(offers.count, OFFERS_MAX);
    CHECK_TEXT(offers.at[0].peer, "XB-GW-01");
    keep_one("XR-GW-01", 1, NOW - 1); /* by a clock that is behind by now */
    read_kept(&offers);
    CHECK_U64(offers.count, OFFERS_MAX);
    CHECK_TEXT(offers.at[0].peer, "XR-GW-01");
    CHECK_TEXT(offers.at[1].peer, "XB-GW-01");
    adopter_end(&a);
}

static void what_is_offered_by_two_is_said_once(void)
{
    struct adopter a = adopter_begin();
    struct offers offers;
    offer_law(&a, 5, "", NOW);
    CHECK(said_this("rulebook.offered"));
    giver = "XB-GW-01";
    offer_law(&a, 5, "", NOW + 1);
    giver = "XC-GW-01";
    CHECK_U64(said_lines(), 0);
    read_kept(&offers);
    CHECK_U64(offers.count, 2);
    adopter_end(&a);
}

static void what_is_not_newer_any_more_is_offered_no_longer(void)
{
    struct adopter a = adopter_begin();
    struct offers offers;
    struct arena *own = arena_new(ARENA);
    struct text_files files;
    offer_law(&a, 5, "", NOW);
    giver = "XB-GW-01";
    offer_law(&a, 6, "", NOW + 1);
    giver = "XC-GW-01";
    snapshot_drop(a.state.snapshot);
    a.state.snapshot = snapshot_new(rulebook_with(own, 5, 3, "codes more ONE\n", &files),
                                    objects_with(5, 3, "codes more ONE\n"));
    adoption_renewed(a.adoption, &a.state, (struct moment){.wall_ms = NOW});
    read_kept(&offers);
    CHECK_U64(offers.count, 1);
    CHECK_U64(offers.at[0].number, 6);
    arena_free(own);
    adopter_end(&a);
}

static void two_offers_of_one_number_stand_side_by_side(void)
{
    struct adopter a = adopter_begin();
    struct offers offers;
    offer_law(&a, 5, "", NOW);
    giver = "XB-GW-01";
    offer_law(&a, 5, "codes more ONE\n", NOW + 1);
    giver = "XC-GW-01";
    read_kept(&offers);
    CHECK_U64(offers.count, 2);
    CHECK(!digest_equal(&offers.at[0].digest, digest_slice(&offers.at[1].digest)));
    adopter_end(&a);
}

static void who_is_refused_too_often_fills_no_lines(void)
{
    struct adopter a = adopter_begin();
    const struct object law = {
        .name = slice_text("law"), .number = 9, .octets = slice_text("\x80")};
    for (unsigned i = 0; i < 100; i++)
        adopter_take(&a, &law, NOW);
    CHECK_U64(said_lines(), 11);
    CHECK(said_this("no more is said"));
    adopter_end(&a);
}

TESTS(app_adoption, {"an object that fits is offered once", an_object_that_fits_is_offered_once},
      {"what is not newer is passed over", what_is_not_newer_is_passed_over},
      {"what does not fit is named", what_does_not_fit_is_named},
      {"an object is judged with our others", an_object_is_judged_with_our_others},
      {"of a peer the newest of each object is kept", of_a_peer_the_newest_of_each_object_is_kept},
      {"no peer does away with the offers of another",
       no_peer_does_away_with_the_offers_of_another},
      {"what is offered by two is said once", what_is_offered_by_two_is_said_once},
      {"what is not newer any more is offered no longer",
       what_is_not_newer_any_more_is_offered_no_longer},
      {"two offers of one number stand side by side", two_offers_of_one_number_stand_side_by_side},
      {"who is refused too often fills no lines", who_is_refused_too_often_fills_no_lines})
