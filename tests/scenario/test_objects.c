/* Rulebook and revocation lists go from gateway to gateway as octets that whoever gets them can
 * check. */

#include <stdio.h>
#include <stdlib.h>

#include "exchange/link_fetch.h"
#include "scenario/pair.h"
#include "scenario/shelf.h"
#include "session/query.h"

#define NEWER_LAW 7U

/* Two gateways that fetch. */
struct library {
    struct pair pair;
    struct shelf xa, xc;
};

static struct library *library_new(const struct pair_settings *settings)
{
    struct library *l = calloc(1, sizeof *l);
    struct pair_settings s = *settings;
    s.offered = shelf_keep;
    s.xa_owner = &l->xa;
    s.xc_owner = &l->xc;
    l->pair = pair_new(&s);
    return l;
}

static void library_end(struct library *l)
{
    pair_end(&l->pair);
    shelf_clear(&l->xa);
    shelf_clear(&l->xc);
    free(l);
}

static void check_offer(const struct offer *offer, const struct world *from, const char *name)
{
    const struct object *o = shelf_own(from, name);
    struct digest digest;
    if (!CHECK(o != NULL))
        return;
    CHECK_TEXT(offer->name, name);
    CHECK_TEXT(offer->peer, from->gateway);
    CHECK_U64(offer->number, o->number);
    CHECK_BYTES(digest_slice(&offer->digest), digest_slice(&o->digest));
    CHECK(slice_equal(buffer_slice(&offer->octets), o->octets));
    if (CHECK_OK(objects_digest(buffer_slice(&offer->octets), slice_text(name), &digest)))
        CHECK_BYTES(digest_slice(&digest), digest_slice(&offer->digest));
}

static void a_newer_law_is_fetched_and_offered_once(void)
{
    struct library *l = library_new(&(struct pair_settings){.xa_law = NEWER_LAW});
    struct trunk *t = l->pair.trunk;
    if (CHECK_U64(l->xc.count, 1)) {
        check_offer(&l->xc.offers[0], l->pair.xa, "law");
        CHECK_U64(l->xc.offers[0].number, NEWER_LAW);
    }
    CHECK_U64(l->xa.count, 0); /* the other one is older */
    CHECK_U64(trunk_passed(t, PAIR_XA, FRAME_QUERY, 0), 1);
    CHECK_U64(trunk_passed(t, PAIR_XC, FRAME_QUERY, 0), 2);
    size_t passed = t->count;
    trunk_pass(t, FETCH_EACH_MS - 1);
    CHECK_U64(trunk_passed(t, PAIR_XA, FRAME_QUERY, passed), 0);
    trunk_pass(t, 1);
    trunk_pass(t, FETCH_EACH_MS);
    CHECK_U64(trunk_passed(t, PAIR_XA, FRAME_QUERY, passed), 2);
    CHECK_U64(trunk_passed(t, PAIR_XC, FRAME_QUERY, passed), 2); /* the same digest no more */
    CHECK_U64(l->xc.count, 1);
    trunk_dial(t); /* another link may bring it again */
    CHECK_U64(l->xc.count, 2);
    library_end(l);
}

static void pass_an_hour(struct library *l)
{
    for (unsigned i = 0; i < FETCH_AGAIN_MS / FETCH_EACH_MS; i++)
        trunk_pass(l->pair.trunk, FETCH_EACH_MS);
    CHECK(l->pair.trunk->links[0] != NULL);
    CHECK_U64(trunk_passed(l->pair.trunk, PAIR_XA, FRAME_HELLO, 0), 1);
}

/* No digest tells whether more have signed it since. */
static void what_is_newer_is_fetched_again_each_hour(void)
{
    struct library *l = library_new(&(struct pair_settings){.xa_law = NEWER_LAW});
    CHECK_U64(l->xc.count, 1);
    pass_an_hour(l);
    CHECK_U64(l->xc.count, 2);
    pass_an_hour(l);
    if (CHECK_U64(l->xc.count, 3))
        check_offer(&l->xc.offers[2], l->pair.xa, "law");
    CHECK_U64(l->xa.count, 0);
    library_end(l);
}

/* The very law that we have, too, once our signatures of it end within a month. */
static void what_we_have_is_fetched_while_our_signatures_end_soon(void)
{
    struct library *l = library_new(&(struct pair_settings){0});
    struct world *xc = l->pair.xc;
    xc->rulebook->law_until_ms = xc->now.wall_ms + FETCH_AHEAD_MS + 2 * (uint64_t)FETCH_EACH_MS;
    trunk_pass(l->pair.trunk, FETCH_EACH_MS);
    trunk_pass(l->pair.trunk, FETCH_EACH_MS);
    CHECK_U64(l->xc.count, 0);
    trunk_pass(l->pair.trunk, FETCH_EACH_MS);
    if (CHECK_U64(l->xc.count, 1))
        check_offer(&l->xc.offers[0], l->pair.xa, "law");
    pass_an_hour(l);
    CHECK_U64(l->xc.count, 2);
    xc->rulebook->law_until_ms = UINT64_MAX; /* it is signed again */
    pass_an_hour(l);
    CHECK_U64(l->xc.count, 2);
    CHECK_U64(l->xa.count, 0);
    library_end(l);
}

/* Lists are no part of the rulebook: the link stays as it is. */
static void what_changes_on_an_open_link_is_fetched(void)
{
    struct slice der = slice_text("a list");
    const struct object_lists lists = {slice_text("XA"), 1, {&der, 1}};
    struct library *l = library_new(&(struct pair_settings){0});
    CHECK_U64(l->xc.count, 0);
    l->pair.xa->settings.lists = &lists;
    l->pair.xa->settings.list_count = 1;
    world_renew(l->pair.xa, NULL);
    trunk_pass(l->pair.trunk, FETCH_EACH_MS);
    CHECK(l->pair.trunk->links[0] != NULL);
    CHECK_U64(trunk_passed(l->pair.trunk, PAIR_XA, FRAME_HELLO, 0), 1);
    if (CHECK_U64(l->xc.count, 1))
        check_offer(&l->xc.offers[0], l->pair.xa, "revocations:XA");
    library_end(l);
}

/* Only a higher number makes a folder newer. */
static void another_content_of_the_same_number_is_left(void)
{
    struct library *l = library_new(&(struct pair_settings){0});
    world_renew(l->pair.xa, "XA-POL-01");
    CHECK(!digest_equal(&shelf_own(l->pair.xa, "parties:XA")->digest,
                        digest_slice(&shelf_own(l->pair.xc, "parties:XA")->digest)));
    trunk_dial(l->pair.trunk);
    CHECK_U64(l->xa.count, 0);
    CHECK_U64(l->xc.count, 0);
    library_end(l);
}

/* Lists of the same number are taken where they differ, older ones never. */
static void lists_are_fetched_by_a_number_that_is_not_lower(void)
{
    static const struct {
        uint64_t number;
        const char *der;
        size_t offers;
    } rows[] = {{5, "a list", 0}, {5, "another", 1}, {6, "another", 1}, {4, "another", 0}};
    struct slice der = slice_text("a list");
    const struct object_lists ours = {slice_text("XA"), 5, {&der, 1}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct slice other = slice_text(rows[i].der);
        const struct object_lists theirs = {slice_text("XA"), rows[i].number, {&other, 1}};
        struct library *l =
            library_new(&(struct pair_settings){.xa_lists = &theirs, .xc_lists = &ours});
        if (!CHECK_U64(l->xc.count, rows[i].offers))
            fprintf(stderr, "row %zu\n", i);
        if (l->xc.count > 0)
            check_offer(&l->xc.offers[0], l->pair.xa, "revocations:XA");
        library_end(l);
    }
}

static void lists_of_a_state_without_any_are_fetched(void)
{
    struct slice der = slice_text("a list");
    const struct object_lists lists = {slice_text("XA"), 1, {&der, 1}};
    struct library *l = library_new(&(struct pair_settings){.xa_lists = &lists});
    if (CHECK_U64(l->xc.count, 1))
        check_offer(&l->xc.offers[0], l->pair.xa, "revocations:XA");
    library_end(l);
}

/* ---- in pieces ---- */

/* Looks at pieces that pass, and does something to one of them. */
struct spoiler {
    unsigned at; /* which ANSWER from XA; 1: the versions */
    void (*spoil)(struct answer *answer, struct arena *arena); /* NULL: the connection is lost */
    unsigned seen;
};

static bool spoil_answer(void *owner, unsigned from, struct frame *frame, struct arena *arena)
{
    struct spoiler *s = owner;
    if (from != PAIR_XA || frame->kind != FRAME_ANSWER || ++s->seen != s->at)
        return true;
    if (s->spoil != NULL)
        s->spoil(&frame->as.answer, arena);
    return s->spoil != NULL;
}

/* XA gets a newer law, and what it answers is spoilt. */
static void spoil(struct library *l, struct spoiler *spoiler)
{
    trunk_cut(l->pair.trunk);
    world_renew_law(l->pair.xa, NEWER_LAW);
    l->pair.trunk->gate = spoil_answer;
    l->pair.trunk->owner = spoiler;
    trunk_dial(l->pair.trunk);
}

static void a_long_object_comes_in_pieces(void)
{
    char *rules = shelf_long_rules();
    struct library *l =
        library_new(&(struct pair_settings){.xa_law = NEWER_LAW, .xa_rules = rules});
    const size_t length = shelf_own(l->pair.xa, "law")->octets.length;
    const size_t pieces = (length + RULEBOOK_CHUNK_BYTES - 1) / RULEBOOK_CHUNK_BYTES;
    CHECK(pieces > 1);
    CHECK_U64(trunk_passed(l->pair.trunk, PAIR_XA, FRAME_ANSWER, 0), 1 + pieces);
    if (CHECK_U64(l->xc.count, 1))
        check_offer(&l->xc.offers[0], l->pair.xa, "law");
    library_end(l);
    free(rules);
}

static void a_link_that_ends_midway_leaves_nothing(void)
{
    char *rules = shelf_long_rules();
    struct library *l = library_new(&(struct pair_settings){.xa_rules = rules});
    struct spoiler lost = {.at = 3};
    spoil(l, &lost);
    CHECK_U64(lost.seen, 3);
    CHECK_U64(l->xc.count, 0);
    CHECK(l->pair.trunk->links[0] == NULL);
    l->pair.trunk->gate = NULL;
    trunk_dial(l->pair.trunk);
    if (CHECK_U64(l->xc.count, 1))
        check_offer(&l->xc.offers[0], l->pair.xa, "law");
    library_end(l);
    free(rules);
}

static void flip_last(struct answer *answer, struct arena *arena)
{
    struct rulebook_row row;
    struct buffer b = buffer_new(FRAME_MAX_BYTES);
    if (!CHECK_OK(rulebook_row_parse(answer->rows.at[0], &row)))
        return;
    uint8_t *copy = arena_alloc(arena, row.octets.length);
    memcpy(copy, row.octets.at, row.octets.length);
    copy[row.octets.length - 2] ^= 1; /* of the last file: behind it no signature follows */
    row.octets = slice_over(copy, row.octets.length);
    rulebook_row_write(&b, &row);
    answer->rows.at[0] = arena_copy(arena, buffer_slice(&b));
    buffer_done(&b);
}

/* The link goes on: what is not right is not taken, and not asked for again. */
static void tampered_octets_are_refused(void)
{
    struct library *l = library_new(&(struct pair_settings){0});
    struct spoiler spoiler = {.at = 2, .spoil = flip_last};
    spoil(l, &spoiler);
    CHECK_U64(l->xc.count, 0);
    CHECK_U64(scene_lines(l->pair.xc, "peer.object"), 1);
    CHECK_U64(scene_lines(l->pair.xc, "object.digest"), 1);
    CHECK(l->pair.trunk->links[0] != NULL);
    trunk_pass(l->pair.trunk, FETCH_EACH_MS);
    CHECK_U64(spoiler.seen, 3); /* the versions, the law, the versions */
    CHECK_U64(l->xc.count, 0);
    library_end(l);
}

static void another_law(struct answer *answer, struct arena *arena)
{
    struct rulebook_row row;
    struct buffer b = buffer_new(FRAME_MAX_BYTES);
    static const uint8_t other[DIGEST_BYTES] = {1};
    if (!CHECK_OK(rulebook_row_parse(answer->rows.at[0], &row)))
        return;
    row.digest = slice_over(other, sizeof other);
    rulebook_row_write(&b, &row);
    answer->rows.at[0] = arena_copy(arena, buffer_slice(&b));
    buffer_done(&b);
}

/* What changes between announcement and answer comes with the next look. */
static void an_object_that_changes_meanwhile_comes_later(void)
{
    struct library *l = library_new(&(struct pair_settings){0});
    struct spoiler spoiler = {.at = 2, .spoil = another_law};
    spoil(l, &spoiler);
    CHECK_U64(l->xc.count, 0);
    CHECK_U64(scene_lines(l->pair.xc, "peer.object"), 0);
    trunk_pass(l->pair.trunk, FETCH_EACH_MS);
    CHECK_U64(l->xc.count, 1);
    library_end(l);
}

static void a_gateway_that_takes_nothing_asks_nothing(void)
{
    struct pair p = pair_new(&(struct pair_settings){.xa_law = NEWER_LAW});
    trunk_pass(p.trunk, FETCH_EACH_MS);
    CHECK_U64(trunk_passed(p.trunk, PAIR_XA, FRAME_QUERY, 0), 0);
    CHECK_U64(trunk_passed(p.trunk, PAIR_XC, FRAME_QUERY, 0), 0);
    pair_end(&p);
}

TESTS(scenario_objects,
      {"a newer law is fetched and offered once a link", a_newer_law_is_fetched_and_offered_once},
      {"what is newer is fetched again each hour", what_is_newer_is_fetched_again_each_hour},
      {"what we have is fetched while our signatures end soon",
       what_we_have_is_fetched_while_our_signatures_end_soon},
      {"what changes on an open link is fetched", what_changes_on_an_open_link_is_fetched},
      {"another content of the same number is left", another_content_of_the_same_number_is_left},
      {"lists are fetched by a number that is not lower",
       lists_are_fetched_by_a_number_that_is_not_lower},
      {"lists of a State without any are fetched", lists_of_a_state_without_any_are_fetched},
      {"a long object comes in pieces", a_long_object_comes_in_pieces},
      {"a link that ends midway leaves nothing", a_link_that_ends_midway_leaves_nothing},
      {"tampered octets are refused", tampered_octets_are_refused},
      {"an object that changes meanwhile comes later",
       an_object_that_changes_meanwhile_comes_later},
      {"a gateway that takes nothing asks nothing", a_gateway_that_takes_nothing_asks_nothing})
