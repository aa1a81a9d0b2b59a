#include "support/check.h"
#include "support/small_rulebook.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "app/adoption.h"
#include "app/received.h"
#include "base/encoding.h"
#include "wire/cbor.h"

#define ARENA ((size_t)64 << 20)
#define NOW   1790000000000ULL

static struct buffer said;
static char journal[] = "/tmp/comity-adoption-XXXXXX";

static void keep(void *out, const struct diagnostics_line *line)
{
    (void)out;
    diagnostics_json(line, &said);
}

static const struct diagnostics diagnostics = {.sink = keep, .gateway = "XA-GW-01"};

/* Whether this was said since the last question. */
static bool was_said(const char *text)
{
    struct slice all = buffer_slice(&said), part = slice_text(text);
    bool found = false;
    for (size_t i = 0; i + part.length <= all.length && !found; i++)
        found = slice_begins(slice_part(all, i, SIZE_MAX), part);
    if (!found)
        fprintf(stderr, "not said: %s\nbut: %.*s\n", text, (int)all.length, (const char *)all.at);
    buffer_clear(&said);
    return found;
}

/* ---- a small rulebook ---- */

/* Parsed; its files live in the arena. */
static struct rulebook *rulebook_with(struct arena *arena, unsigned law, unsigned states,
                                      const char *extra, struct text_files *ret_files)
{
    *ret_files = small_rulebook(arena, law, states, extra);
    struct rulebook *rulebook = NULL;
    struct text_error error = {0};
    if (!CHECK_OK(rulebook_parse(ret_files, &rulebook, &error)))
        fprintf(stderr, "%s:%u: %s\n", error.file, error.line, error.message);
    return rulebook;
}

static struct objects *objects_with(unsigned law, unsigned states, const char *extra)
{
    struct arena *arena = arena_new(ARENA);
    struct text_files files;
    struct objects *objects = NULL;
    struct rulebook *rulebook = rulebook_with(arena, law, states, extra, &files);
    CHECK_OK(objects_new(&files, rulebook, NULL, 0, &objects));
    rulebook_free(rulebook);
    arena_free(arena);
    return objects;
}

/* ---- one that takes things in ---- */

struct world {
    struct state state;
    struct adoption *adoption;
};

static struct tls_context *context(void)
{
    static const char *const states[] = {"XA", "XB", "XC"};
    struct tls_authority authorities[3];
    const char *lists[3];
    char error[256];
    struct tls_context *made = NULL;
    for (size_t i = 0; i < 3; i++) {
        snprintf(authorities[i].state, sizeof authorities[i].state, "%s", states[i]);
        authorities[i].certificates = pki("%s/ca.crt", states[i]);
        lists[i] = pki("%s/crl.pem", states[i]);
    }
    const struct tls_settings settings = {.certificate = pki("XA/gateways/XA-GW-01/tls.crt"),
                                          .key = pki("XA/gateways/XA-GW-01/tls.key"),
                                          .authorities = authorities,
                                          .authority_count = 3,
                                          .revocations = lists,
                                          .revocation_count = 3};
    CHECK_OK(tls_context_new(&settings, error, sizeof error, &made));
    return made;
}

static struct world begin(void)
{
    static const struct adoption_settings settings = {journal, &diagnostics};
    struct arena *arena = arena_new(ARENA);
    struct text_files files;
    struct rulebook *rulebook = rulebook_with(arena, 4, 3, "", &files);
    arena_free(arena);
    snprintf(journal, sizeof journal, "/tmp/comity-adoption-XXXXXX");
    CHECK(mkdtemp(journal) != NULL);
    buffer_done(&said);
    said = buffer_new(1 << 20);
    return (struct world){{context(), snapshot_new(rulebook, objects_with(4, 3, "")), NULL, ""},
                          adoption_new(&settings)};
}

static void end(struct world *w)
{
    tls_context_free(w->state.context);
    snapshot_drop(w->state.snapshot);
    adoption_free(w->adoption);
    CHECK_OK(folder_remove(journal));
    buffer_done(&said);
    said = (struct buffer){0};
}

static const char *giver = "XC-GW-01";

static void take_at(struct world *w, const struct object *object, uint64_t at_ms)
{
    struct arrival arrival = {.object = *object};
    snprintf(arrival.peer, sizeof arrival.peer, "%s", giver);
    adoption_take(w->adoption, &w->state, &arrival,
                  (struct moment){.wall_ms = at_ms, .mono_ms = at_ms - NOW});
}

static struct arena *kept;

static void read_kept(struct offers *offers)
{
    char folder[100];
    snprintf(folder, sizeof folder, "%s/received", journal);
    arena_free(kept);
    kept = arena_new(1 << 20);
    CHECK_OK(offers_read(kept, folder, offers));
}

/* The law under another number, with this at its end. */
static void offer_law(struct world *w, unsigned number, const char *extra, uint64_t at_ms)
{
    struct objects *objects = objects_with(number, 3, extra);
    take_at(w, objects_find(objects, slice_text("law")), at_ms);
    objects_free(objects);
}

/* ---- objects of the rulebook ---- */

static void an_object_that_fits_is_offered_once(void)
{
    struct world w = begin();
    struct offers offers;
    struct objects *newer = objects_with(5, 3, "");
    const struct object *law = objects_find(newer, slice_text("law"));
    read_kept(&offers); /* the folder is not there */
    CHECK_U64(offers.count, 0);
    take_at(&w, law, NOW);
    CHECK(was_said("\"level\":\"notice\",\"event\":\"rulebook.offered\",\"gateway\":\"XA-GW-01\","
                   "\"peer\":\"XC-GW-01\",\"text\":\"law number 5 "));
    take_at(&w, law, NOW + 1000);
    CHECK_U64(said.length, 0);
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
    CHECK(!adoption_waits(w.adoption));
    objects_free(newer);
    end(&w);
}

static void what_is_not_newer_is_passed_over(void)
{
    struct world w = begin();
    struct offers offers;
    offer_law(&w, 4, "codes more ONE\n", NOW);
    offer_law(&w, 3, "", NOW);
    CHECK_U64(said.length, 0);
    read_kept(&offers);
    CHECK_U64(offers.count, 0);
    end(&w);
}

static void what_does_not_fit_is_named(void)
{
    struct world w = begin();
    struct offers offers;
    struct objects *newer = objects_with(5, 3, "");
    struct object law = *objects_find(newer, slice_text("law"));
    law.number = 6;
    take_at(&w, &law, NOW);
    CHECK(was_said("\"level\":\"warning\",\"event\":\"rulebook.unfit\",\"gateway\":\"XA-GW-01\","
                   "\"peer\":\"XC-GW-01\",\"text\":\"law number 6 "));
    law.number = 5;
    law.digest.octets[0] ^= 1;
    take_at(&w, &law, NOW);
    CHECK(was_said(": it has another number or digest than was announced"));
    law.octets = slice_part(law.octets, 0, law.octets.length - 1);
    take_at(&w, &law, NOW);
    CHECK(was_said(": its octets are no object of a rulebook"));

    struct buffer bad = buffer_new(1000);
    cbor_put_array(&bad, 2);
    cbor_put_array(&bad, 1);
    cbor_put_array(&bad, 2);
    cbor_put_text(&bad, slice_text("vocabulary"));
    cbor_put_bytes(&bad, slice_text("law number 5\nnonsense\n"));
    cbor_put_array(&bad, 0);
    law.octets = buffer_slice(&bad);
    take_at(&w, &law, NOW);
    CHECK(was_said(": law/vocabulary:2:1: "));
    law.name = slice_text("../law");
    take_at(&w, &law, NOW);
    CHECK_U64(said.length, 0);
    read_kept(&offers);
    CHECK_U64(offers.count, 0);
    buffer_done(&bad);
    objects_free(newer);
    end(&w);
}

/* A state of ours goes with it only if it fits our law. */
static void an_object_is_judged_with_our_others(void)
{
    struct world w = begin();
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
    take_at(&w, &object, NOW);
    CHECK(was_said("parties:XA number 1 0000000000000000: parties/XA/demo:2:"));
    buffer_done(&parties);
    end(&w);
}

static void of_a_peer_the_newest_of_each_object_is_kept(void)
{
    struct world w = begin();
    struct offers offers;
    giver = "XB-GW-01";
    offer_law(&w, 5, "", NOW + 60000); /* by a clock that was ahead */
    giver = "XC-GW-01";
    for (unsigned i = 0; i < 11; i++)
        offer_law(&w, 6 + i, "", NOW + i);
    CHECK(was_said("no more is said"));
    read_kept(&offers);
    CHECK_U64(offers.count, 2);
    CHECK_U64(offers.at[0].number, 16);
    CHECK_TEXT(offers.at[1].peer, "XB-GW-01");
    end(&w);
}

/* An offer of its own, without a look at what is in it. */
static void keep_one(const char *peer, unsigned object, uint64_t since_ms)
{
    char folder[100];
    bool is_new;
    struct arena *own = arena_new(ARENA);
    struct offer o = {.number = 9, .since_ms = since_ms};
    snprintf(folder, sizeof folder, "%s/received", journal);
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
    struct world w = begin();
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
    end(&w);
}

static void what_is_offered_by_two_is_said_once(void)
{
    struct world w = begin();
    struct offers offers;
    offer_law(&w, 5, "", NOW);
    CHECK(was_said("rulebook.offered"));
    giver = "XB-GW-01";
    offer_law(&w, 5, "", NOW + 1);
    giver = "XC-GW-01";
    CHECK_U64(said.length, 0);
    read_kept(&offers);
    CHECK_U64(offers.count, 2);
    end(&w);
}

static void what_is_not_newer_any_more_is_offered_no_longer(void)
{
    struct world w = begin();
    struct offers offers;
    struct arena *own = arena_new(ARENA);
    struct text_files files;
    offer_law(&w, 5, "", NOW);
    giver = "XB-GW-01";
    offer_law(&w, 6, "", NOW + 1);
    giver = "XC-GW-01";
    snapshot_drop(w.state.snapshot);
    w.state.snapshot = snapshot_new(rulebook_with(own, 5, 3, "codes more ONE\n", &files),
                                    objects_with(5, 3, "codes more ONE\n"));
    adoption_renewed(w.adoption, &w.state, (struct moment){.wall_ms = NOW});
    read_kept(&offers);
    CHECK_U64(offers.count, 1);
    CHECK_U64(offers.at[0].number, 6);
    arena_free(own);
    end(&w);
}

static void two_offers_of_one_number_stand_side_by_side(void)
{
    struct world w = begin();
    struct offers offers;
    offer_law(&w, 5, "", NOW);
    giver = "XB-GW-01";
    offer_law(&w, 5, "codes more ONE\n", NOW + 1);
    giver = "XC-GW-01";
    read_kept(&offers);
    CHECK_U64(offers.count, 2);
    CHECK(!digest_equal(&offers.at[0].digest, digest_slice(&offers.at[1].digest)));
    end(&w);
}

static void who_is_refused_too_often_fills_no_lines(void)
{
    struct world w = begin();
    const struct object law = {
        .name = slice_text("law"), .number = 9, .octets = slice_text("\x80")};
    for (unsigned i = 0; i < 100; i++)
        take_at(&w, &law, NOW);
    size_t lines = 0;
    for (size_t i = 0; i < said.length; i++)
        lines += said.at[i] == '\n';
    CHECK_U64(lines, 11);
    CHECK(was_said("no more is said"));
    end(&w);
}

/* ---- revocation lists ---- */

/* A list of the PKI as its object; to be freed. */
static struct buffer lists_object(const char *name)
{
    struct buffer out = buffer_new(1 << 16);
    struct slice pem = file_octets(pki("%s", name));
    const char *begin_line = strchr((const char *)pem.at, '\n'), *end_line;
    end_line = strstr(begin_line, "-----END");
    char base64[8000];
    uint8_t der[8000];
    size_t length = 0;
    for (const char *p = begin_line; p < end_line; p++)
        if (*p != '\n')
            base64[length++] = *p;
    size_t octets = 0;
    CHECK(base64_read(slice_over(base64, length), der, sizeof der, &octets));
    cbor_put_array(&out, 1);
    cbor_put_bytes(&out, slice_over(der, octets));
    return out;
}

static void give_lists(struct world *w, const char *state, const char *name)
{
    char object_name[32];
    struct buffer octets = lists_object(name);
    snprintf(object_name, sizeof object_name, "revocations:%s", state);
    const struct object object = {
        .name = slice_text(object_name), .number = 2, .octets = buffer_slice(&octets)};
    take_at(w, &object, (uint64_t)time(NULL) * 1000);
    buffer_done(&octets);
}

static bool is_kept(const char *state)
{
    char path[100];
    struct stat st;
    snprintf(path, sizeof path, "%s/received/revocations-%s.pem", journal, state);
    return stat(path, &st) == 0 && (st.st_mode & 0777) == 0600;
}

static void newer_lists_are_kept_and_wait_for_a_reload(void)
{
    struct world w = begin();
    give_lists(&w, "XC", "twin/second.pem");
    CHECK(was_said("\"level\":\"notice\",\"event\":\"revocations.received\",\"gateway\":"
                   "\"XA-GW-01\",\"peer\":\"XC-GW-01\",\"text\":\"revocation list 3 of XC\""));
    CHECK(is_kept("XC"));
    CHECK(adoption_waits(w.adoption));
    adoption_done(w.adoption);
    give_lists(&w, "XC", "twin/first.pem"); /* not in use yet, and nevertheless newer */
    CHECK_U64(said.length, 0);
    CHECK(!adoption_waits(w.adoption));
    end(&w);
}

static void lists_that_nobody_signed_are_refused(void)
{
    struct world w = begin();
    static const struct {
        const char *state, *name, *line;
    } rows[] = {
        {"XA", "bad/rogue/crl.pem", "a revocation list of XA is signed by no configured CA of it"},
        {"XB", "twin/second.pem", "a revocation list of XB is signed by no configured CA of it"},
        {"XC", "twin/narrow.pem", "a revocation list of XC is not about all"},
        {"XD", "twin/second.pem", "a revocation list of XD is signed by no configured CA of it"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        give_lists(&w, rows[i].state, rows[i].name);
        CHECK(was_said(rows[i].line));
        CHECK(!is_kept(rows[i].state));
    }
    const struct object object = {
        .name = slice_text("revocations:XC"), .number = 9, .octets = slice_text("\x81")};
    take_at(&w, &object, (uint64_t)time(NULL) * 1000);
    CHECK(was_said("\"level\":\"warning\",\"event\":\"revocations.refused\",\"gateway\":"
                   "\"XA-GW-01\",\"peer\":\"XC-GW-01\",\"text\":\"what was given for XC is no "));
    CHECK(!adoption_waits(w.adoption));
    end(&w);
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
      {"who is refused too often fills no lines", who_is_refused_too_often_fills_no_lines},
      {"newer lists are kept and wait for a reload", newer_lists_are_kept_and_wait_for_a_reload},
      {"lists that nobody signed are refused", lists_that_nobody_signed_are_refused})
