/* Case A.3 over two gateways, and what becomes of messages when the other side is away. */

#include <string.h>

#include "libcomity/document.h"
#include "scenario/pair.h"
#include "session/query.h"

static const struct entry_wanted accepted = {ENTRY_DISCLOSURE, STAGE_ACCEPTED, 1};
static const struct entry_wanted relayed = {ENTRY_STAGE, STAGE_RELAYED, 2};
static const struct entry_wanted delivered = {ENTRY_STAGE, STAGE_DELIVERED, 2};
static const struct entry_wanted retrieved = {ENTRY_STAGE, STAGE_RETRIEVED, 2};

static void check_document(const struct delivery_verified *verified, struct arena *arena)
{
    const struct comity_value *values;
    size_t count;
    json_t *document = NULL;
    struct slice text = file_octets(tests_path("cases/a3-delivered.json"));
    json_t *wanted = json_loadb((const char *)text.at, text.length, 0, NULL);
    if (CHECK(wanted != NULL) && CHECK_OK(document_values(arena, verified, &values, &count)) &&
        CHECK_OK(document_json(&verified->envelope->claims, values, count, &document)))
        CHECK(json_equal(document, wanted));
    json_decref(document);
    json_decref(wanted);
}

static void a3_goes_over_two_gateways(void)
{
    struct pair p = pair_new(&(struct pair_settings){0});
    struct letter *letter = a3_letter(p.xa);
    struct arena *arena = arena_new((size_t)16 << 20);
    struct proved proved;
    const struct heard *receipt = scene_send(p.sender, letter);
    if (CHECK(receipt != NULL))
        scene_receipt(p.xa, letter, receipt->frame.as.receipt.receipt, &accepted, &proved);
    const struct heard *h = client_hear(p.recipient, FRAME_DELIVER);
    const struct delivery_verified *v =
        CHECK(h != NULL) ? scene_verify(p.xc, arena, &h->frame.as.deliver, "XC-CA-01") : NULL;
    if (CHECK(v != NULL)) {
        CHECK_U64(v->hops, 2);
        CHECK_U64(v->releases[0].number, 0);
        CHECK_U64(v->releases[1].number, 1);
        check_document(v, arena);
    }
    CHECK(pair_notice(&p, letter, &relayed));
    if (h != NULL)
        client_take(p.recipient, h->frame.number, &letter->key, STAGE_DELIVERED);
    CHECK(pair_notice(&p, letter, &delivered));
    client_take(p.recipient, 0, &letter->key, STAGE_RETRIEVED);
    CHECK(pair_notice(&p, letter, &retrieved));
    pair_settle(&p);
    CHECK_U64(world_log_size(p.xa), 2);
    CHECK_U64(world_log_size(p.xc), 5); /* start, relayed, disclosed, delivered, retrieved */
    CHECK(!client_has_unread(p.sender));
    CHECK(!client_has_unread(p.recipient));
    arena_free(arena);
    letter_free(letter);
    pair_end(&p);
}

/* The stages of a letter that was delivered, all of them. */
static void check_stages(struct pair *p, const struct letter *letter)
{
    CHECK(pair_notice(p, letter, &relayed));
    client_take(p->recipient, pair_delivery(p, letter), &letter->key, STAGE_DELIVERED);
    CHECK(pair_notice(p, letter, &delivered));
}

static void what_is_sent_while_the_peer_is_away_waits(void)
{
    struct pair p = pair_new(&(struct pair_settings){0});
    world_stop(p.xc);
    struct letter *one = plain_letter(p.xa), *two = plain_letter(p.xa);
    CHECK(scene_send(p.sender, one) != NULL);
    world_pass(p.xa, 86400000);
    world_pass(p.xc, 86400000);
    letter_free(two);
    two = plain_letter(p.xa);
    CHECK(scene_send(p.sender, two) != NULL);
    CHECK(!client_has_unread(p.sender));
    world_stop(p.xa); /* our own gateway may end meanwhile, too */
    world_start(p.xa);
    world_start(p.xc);
    trunk_dial(p.trunk);
    pair_redial(&p);
    CHECK(pair_notice(&p, one, &relayed));
    CHECK(pair_notice(&p, two, &relayed));
    client_take(p.recipient, pair_delivery(&p, one), &one->key, STAGE_DELIVERED);
    client_take(p.recipient, pair_delivery(&p, two), &two->key, STAGE_DELIVERED);
    CHECK(pair_notice(&p, one, &delivered));
    CHECK(pair_notice(&p, two, &delivered));
    letter_free(one);
    letter_free(two);
    pair_end(&p);
}

/* The connection is lost right before the n-th frame of a kind from an end. */
struct loss {
    unsigned from;
    enum frame_kind kind;
    bool lost;
};

static bool lose(void *owner, unsigned from, struct frame *frame, struct arena *arena)
{
    struct loss *loss = owner;
    (void)arena;
    bool hit = !loss->lost && from == loss->from && frame->kind == loss->kind;
    loss->lost = loss->lost || hit;
    return !hit;
}

static void lose_next(struct pair *p, struct loss *loss)
{
    p->trunk->gate = lose;
    p->trunk->owner = loss;
}

static void an_answer_that_was_lost_is_given_again(void)
{
    struct pair p = pair_new(&(struct pair_settings){0});
    struct loss loss = {.from = PAIR_XC, .kind = FRAME_RECEIPT};
    struct letter *letter = plain_letter(p.xa);
    lose_next(&p, &loss);
    CHECK(scene_send(p.sender, letter) != NULL);
    pair_settle(&p);
    CHECK(loss.lost);
    CHECK(!client_has_unread(p.sender));
    uint64_t size = world_log_size(p.xc);
    trunk_dial(p.trunk);
    check_stages(&p, letter);
    pair_settle(&p);
    CHECK_U64(world_log_size(p.xc), size + 1); /* delivered; relayed and disclosed but once */
    CHECK(!client_has_unread(p.recipient));
    letter_free(letter);
    pair_end(&p);
}

static void a_stage_that_was_lost_is_told_again(void)
{
    static const enum frame_kind kinds[] = {FRAME_RECEIPT, FRAME_TAKEN};
    for (size_t i = 0; i < 2; i++) {
        struct pair p = pair_new(&(struct pair_settings){0});
        struct loss loss = {.from = i == 0 ? PAIR_XC : PAIR_XA, .kind = kinds[i]};
        struct letter *letter = plain_letter(p.xa);
        CHECK(scene_send(p.sender, letter) != NULL);
        CHECK(pair_notice(&p, letter, &relayed));
        lose_next(&p, &loss);
        client_take(p.recipient, pair_delivery(&p, letter), &letter->key, STAGE_DELIVERED);
        pair_settle(&p);
        CHECK(loss.lost);
        size_t count = p.trunk->count;
        trunk_dial(p.trunk);
        CHECK(pair_notice(&p, letter, &delivered));
        pair_settle(&p);
        CHECK_U64(trunk_passed(p.trunk, PAIR_XC, FRAME_RECEIPT, count), 1);
        CHECK_U64(trunk_passed(p.trunk, PAIR_XA, FRAME_TAKEN, count), 1);
        CHECK(!client_has_unread(p.sender));
        count = p.trunk->count;
        trunk_dial(p.trunk); /* and not once more */
        CHECK_U64(trunk_passed(p.trunk, PAIR_XC, FRAME_RECEIPT, count), 0);
        letter_free(letter);
        pair_end(&p);
    }
}

/* In both directions over the one link, each answered to whom it concerns. */
static void both_sides_send_over_one_link(void)
{
    struct pair p = pair_new(&(struct pair_settings){0});
    struct letter *there = plain_letter(p.xa);
    struct letter *back = scene_letter(p.xc, plain_document("UNTOC18"), "XC-CA-01", "XA-CA-01");
    CHECK(scene_send(p.sender, there) != NULL);
    CHECK(scene_send(p.recipient, back) != NULL);
    CHECK(client_hear(p.recipient, FRAME_DELIVER) != NULL);
    CHECK(client_hear(p.sender, FRAME_DELIVER) != NULL);
    CHECK(pair_notice(&p, there, &relayed));
    CHECK(client_hear(p.recipient, FRAME_RECEIPT) != NULL);
    letter_free(there);
    letter_free(back);
    pair_end(&p);
}

/* From the checkpoint that a reader keeps of a foreign log it comes to every later one. */
static void readers_learn_how_far_a_foreign_log_was_verified(void)
{
    struct pair p = pair_new(&(struct pair_settings){0});
    struct arena *arena = arena_new((size_t)1 << 20);
    struct steps_row row, last = {0};
    for (unsigned i = 0; i < 3; i++) {
        scene_send_many(p.sender, 1);
        CHECK(client_hear(p.sender, FRAME_RECEIPT) != NULL);
    }
    pair_settle(&p);
    CHECK(p.trunk->links[0] != NULL);
    const struct query_args args = {
        .what = QUERY_STEPS, .origin = slice_text(WORLD_ORIGIN), .limit = 100};
    const struct heard *h = client_ask(p.recipient, &args);
    if (CHECK(h != NULL) && CHECK_U64(h->frame.kind, FRAME_ANSWER)) {
        const struct slices rows = h->frame.as.answer.rows;
        CHECK(rows.count >= 1);
        for (size_t i = 0; i < rows.count; i++) {
            CHECK_OK(steps_row_parse(arena, rows.at[i], &row));
            CHECK_U64(row.old_size, last.size);
            struct digest old = last.size == 0 ? (struct digest){0} : digest_read(last.root);
            struct digest root = digest_read(row.root);
            CHECK(last.size == 0 || merkle_consistent(last.size, row.size, &old, &root, row.path));
            last = row;
        }
        CHECK_U64(last.size, world_log_size(p.xa));
    }
    struct query_args other = args;
    other.origin = slice_text("xd-gw-01.comity.example/audit/2026");
    h = client_ask(p.recipient, &other);
    if (CHECK(h != NULL) && CHECK_U64(h->frame.kind, FRAME_REFUSE))
        CHECK_BYTES(h->frame.as.refuse.code, slice_text("E_UNKNOWN"));
    other = args;
    other.old_size = 1000;
    h = client_ask(p.recipient, &other);
    if (CHECK(h != NULL) && CHECK_U64(h->frame.kind, FRAME_REFUSE))
        CHECK_BYTES(h->frame.as.refuse.code, slice_text("E_UNAVAILABLE"));
    pair_settle(&p); /* the other one was asked, and its log is shorter */
    h = client_ask(p.recipient, &other);
    if (CHECK(h != NULL) && CHECK_U64(h->frame.kind, FRAME_REFUSE))
        CHECK_BYTES(h->frame.as.refuse.code, slice_text("E_UNKNOWN"));
    arena_free(arena);
    pair_end(&p);
}

TESTS(federation, {"A.3 goes over two gateways", a3_goes_over_two_gateways},
      {"what is sent while the peer is away waits", what_is_sent_while_the_peer_is_away_waits},
      {"an answer that was lost is given again", an_answer_that_was_lost_is_given_again},
      {"a stage that was lost is told again", a_stage_that_was_lost_is_told_again},
      {"both sides send over one link", both_sides_send_over_one_link},
      {"readers learn how far a foreign log was verified",
       readers_learn_how_far_a_foreign_log_was_verified})
