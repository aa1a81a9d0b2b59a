/* A gateway whose journal was put back from a backup: its peers tell it again what it has lost. */

#include "exchange/link_peer.h"
#include "scenario/restoring.h"
#include "scenario/shelf.h"
#include "scenario/telling.h"
#include "session/query.h"

static const struct entry_wanted relayed = {ENTRY_STAGE, STAGE_RELAYED, 2};
static const struct entry_wanted delivered = {ENTRY_STAGE, STAGE_DELIVERED, 2};

static uint64_t restored_row(struct client *c)
{
    const struct query_args args = {.what = QUERY_VERSIONS};
    const struct heard *h = client_ask(c, &args);
    struct slice previous = {0};
    struct versions_row row;
    uint64_t size = 0;
    if (h == NULL || !CHECK_U64(h->frame.kind, FRAME_ANSWER))
        return 0;
    for (size_t i = 0; i < h->frame.as.answer.rows.count; i++) {
        if (!CHECK_OK(versions_row_parse(h->frame.as.answer.rows.at[i], &row)))
            return 0;
        CHECK(previous.at == NULL || slice_compare(previous, row.name) < 0);
        previous = row.name;
        if (slice_is(row.name, VERSIONS_RESTORED)) {
            static const uint8_t none[DIGEST_BYTES];
            CHECK_BYTES(row.digest, slice_over(none, sizeof none));
            size = row.number;
        }
    }
    return size;
}

static struct pair pair_that_asks(struct shelf *shelves)
{
    return pair_new(&(struct pair_settings){
        .offered = shelf_keep, .xa_owner = &shelves[0], .xc_owner = &shelves[1]});
}

static void what_a_restored_gateway_has_lost_comes_again(void)
{
    struct shelf shelves[2] = {0};
    struct pair p = pair_that_asks(shelves);
    struct letter *kept = plain_letter(p.xa), *lost = plain_letter(p.xa);
    struct letter *waiting = plain_letter(p.xa);
    CHECK_U64(restored_row(p.recipient), 0);
    CHECK(scene_send(p.sender, kept) != NULL);
    CHECK(pair_notice(&p, kept, &relayed));
    uint64_t number = pair_delivery(&p, kept);
    client_take(p.recipient, number, &kept->key, STAGE_DELIVERED);
    CHECK(pair_notice(&p, kept, &delivered));
    pair_settle(&p);
    restoring_back_up(p.xc);
    CHECK(scene_send(p.sender, lost) != NULL);
    CHECK(pair_notice(&p, lost, &relayed));
    CHECK(pair_delivery(&p, lost) != 0); /* and not taken */
    pair_settle(&p);
    uint64_t size = world_log_size(p.xc);
    restoring_lose(&p);
    CHECK(restored_row(p.recipient) > size); /* its start and stop are in it too */
    CHECK(!client_has_unread(p.recipient));  /* it knows nothing of the second one */

    CHECK(scene_send(p.sender, waiting) != NULL);
    size_t passed = p.trunk->count;
    trunk_dial(p.trunk);
    pair_settle(&p);
    CHECK(p.trunk->links[0] == NULL); /* what it has lost comes on the next link */
    CHECK_U64(trunk_passed(p.trunk, PAIR_XA, FRAME_DELIVER, passed), 0); /* and nothing before it */
    trunk_dial(p.trunk);
    pair_settle(&p);
    CHECK(p.trunk->links[0] != NULL);
    CHECK_U64(trunk_passed(p.trunk, PAIR_XA, FRAME_DELIVER, passed), 3);
    CHECK(pair_delivery(&p, lost) != 0);
    CHECK(pair_delivery(&p, waiting) != 0);
    CHECK(!client_has_unread(p.recipient)); /* the first one it still knew */

    passed = p.trunk->count; /* once is enough */
    trunk_pass(p.trunk, FETCH_EACH_MS);
    trunk_dial(p.trunk);
    pair_settle(&p);
    CHECK(p.trunk->links[0] != NULL);
    CHECK_U64(trunk_passed(p.trunk, PAIR_XA, FRAME_DELIVER, passed), 0);
    CHECK_U64(scene_lines(p.xa, "peer.restored"), 1);
    letter_free(kept);
    letter_free(lost);
    letter_free(waiting);
    pair_end(&p);
    shelf_clear(&shelves[0]);
    shelf_clear(&shelves[1]);
}

/* Who says so again within the hour is not waited for, and gets what it has lost after that. */
static void a_second_time_within_an_hour_has_to_wait(void)
{
    struct shelf shelves[2] = {0};
    struct pair p = pair_that_asks(shelves);
    struct letter *lost = plain_letter(p.xa), *later = plain_letter(p.xa);
    restoring_back_up(p.xc);
    restoring_lose(&p);
    trunk_dial(p.trunk);
    pair_settle(&p);
    trunk_dial(p.trunk);
    pair_settle(&p);
    CHECK_U64(scene_lines(p.xa, "peer.restored"), 1);
    CHECK(scene_send(p.sender, lost) != NULL);
    CHECK(pair_notice(&p, lost, &relayed));
    restoring_lose(&p);
    CHECK(scene_send(p.sender, later) != NULL);
    trunk_dial(p.trunk);
    pair_settle(&p);
    CHECK(p.trunk->links[0] != NULL);
    CHECK(pair_delivery(&p, later) != 0);
    for (unsigned i = 0; i < 59; i++) {
        trunk_pass(p.trunk, FETCH_EACH_MS);
        pair_settle(&p);
    }
    CHECK(p.trunk->links[0] != NULL);
    CHECK_U64(scene_lines(p.xa, "peer.restored"), 1);
    CHECK_U64(scene_lines(p.xa, "peer.unrewound"), 1);
    trunk_pass(p.trunk, 2 * FETCH_EACH_MS);
    pair_settle(&p);
    CHECK_U64(scene_lines(p.xa, "peer.restored"), 2);
    CHECK(p.trunk->links[0] == NULL);
    trunk_dial(p.trunk);
    pair_settle(&p);
    CHECK(pair_delivery(&p, lost) != 0);
    letter_free(lost);
    letter_free(later);
    pair_end(&p);
    shelf_clear(&shelves[0]);
    shelf_clear(&shelves[1]);
}

/* Of a log that goes on without mail few steps are told, and those are lost: a party that has seen
 * them would wait for the next one, for up to an hour. */
static void steps_that_it_has_lost_are_told_again(void)
{
    struct shelf shelves[2] = {0};
    struct pair p = pair_that_asks(shelves);
    struct arena *arena = arena_new((size_t)1 << 20);
    telling_pass(&p, PEER_CHECKPOINT_MS);
    restoring_back_up(p.xc);
    for (unsigned i = 0; i < PEER_STEPS; i++) {
        telling_grow(&p);
        telling_step(&p);
    }
    CHECK_U64(telling_kept(p.xc, arena, WORLD_ORIGIN).size, world_log_size(p.xa));
    restoring_lose(&p);
    CHECK_U64(telling_kept(p.xc, arena, WORLD_ORIGIN).size, world_log_size(p.xa) - PEER_STEPS);
    trunk_dial(p.trunk);
    pair_settle(&p);
    CHECK_U64(scene_lines(p.xa, "peer.restored"), 1);
    trunk_dial(p.trunk);
    telling_step(&p);
    CHECK(p.trunk->links[0] != NULL);
    CHECK_U64(telling_kept(p.xc, arena, WORLD_ORIGIN).size, world_log_size(p.xa));
    arena_free(arena);
    pair_end(&p);
    shelf_clear(&shelves[0]);
    shelf_clear(&shelves[1]);
}

TESTS(scenario_restored,
      {"steps that it has lost are told again", steps_that_it_has_lost_are_told_again},
      {"what a restored gateway has lost comes again",
       what_a_restored_gateway_has_lost_comes_again},
      {"a second time within an hour has to wait", a_second_time_within_an_hour_has_to_wait})
