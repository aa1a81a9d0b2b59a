/* Deliveries come until they are taken, once in effect, oldest first. */

#include <stdio.h>
#include <string.h>

#include "audit/note.h"
#include "exchange/link.h"
#include "scenario/scene.h"

static struct letter *sent(struct world *w, struct client *xa)
{
    struct letter *letter = plain_letter(w);
    CHECK(scene_send(xa, letter) != NULL);
    return letter;
}

/* Whether the next delivery on this link is this letter; its number. */
static uint64_t expect(struct client *xc, const struct letter *letter)
{
    struct arena *arena = arena_new((size_t)4 << 20);
    const struct envelope *envelope;
    const struct heard *h = client_hear(xc, FRAME_DELIVER);
    if (CHECK(h != NULL) &&
        CHECK_OK(envelope_open(arena, h->frame.as.deliver.message.seal, 0, &envelope)))
        CHECK_BYTES(envelope->claims.id, letter->key.id);
    arena_free(arena);
    return h == NULL ? 0 : h->frame.number;
}

static void what_comes_while_the_recipient_is_away_waits(void)
{
    struct world *w = world_new(&(struct world_settings){0});
    struct client *xa = client_dial(w, "XA-CA-01");
    struct letter *one = sent(w, xa), *two = sent(w, xa);
    struct client *xc = client_dial(w, "XC-CA-01");
    expect(xc, one);
    expect(xc, two);
    CHECK(!client_has_unread(xc));
    letter_free(one);
    letter_free(two);
    world_free(w);
}

static void it_waits_through_a_restart(void)
{
    struct world *w = world_new(&(struct world_settings){0});
    struct letter *letter = sent(w, client_dial(w, "XA-CA-01"));
    world_stop(w);
    world_pass(w, 86400000);
    world_start(w);
    struct client *xc = client_dial(w, "XC-CA-01");
    struct arena *arena = arena_new((size_t)16 << 20);
    const struct heard *h = client_hear(xc, FRAME_DELIVER);
    if (CHECK(h != NULL))
        CHECK(scene_verify(w, arena, &h->frame.as.deliver, "XC-CA-01") != NULL);
    arena_free(arena);
    letter_free(letter);
    world_free(w);
}

static void what_is_not_answered_comes_again_on_the_next_link(void)
{
    struct world *w = world_new(&(struct world_settings){0});
    struct client *xa = client_dial(w, "XA-CA-01"), *xc = client_dial(w, "XC-CA-01");
    struct letter *letter = sent(w, xa);
    expect(xc, letter);
    client_free(xc);
    xc = client_dial(w, "XC-CA-01");
    uint64_t number = expect(xc, letter);
    client_take(xc, number, &letter->key, STAGE_DELIVERED);
    CHECK(client_hear(xa, FRAME_RECEIPT) != NULL);
    client_free(xc);
    xc = client_dial(w, "XC-CA-01");
    CHECK(!client_has_unread(xc));
    letter_free(letter);
    world_free(w);
}

static void what_is_refused_comes_again_on_the_next_link_only(void)
{
    struct world *w = world_new(&(struct world_settings){0});
    struct client *xa = client_dial(w, "XA-CA-01"), *xc = client_dial(w, "XC-CA-01");
    struct letter *first = sent(w, xa);
    struct frame refuse = {
        .kind = FRAME_REFUSE,
        .as.refuse = {.answers = expect(xc, first), .code = slice_text("E_STALE")}};
    uint64_t size = world_log_size(w);
    client_give(xc, &refuse);
    struct letter *second = sent(w, xa);
    expect(xc, second);
    CHECK(!client_has_unread(xc));
    CHECK(xc->link != NULL);
    client_free(xc);
    xc = client_dial(w, "XC-CA-01");
    expect(xc, first);
    expect(xc, second);
    CHECK_U64(world_log_size(w), size + 1); /* the second letter's */
    letter_free(first);
    letter_free(second);
    world_free(w);
}

static void stages_are_written_once_and_never_back(void)
{
    struct world *w = world_new(&(struct world_settings){0});
    struct client *xa = client_dial(w, "XA-CA-01"), *xc = client_dial(w, "XC-CA-01");
    struct letter *letter = sent(w, xa);
    expect(xc, letter);
    client_take(xc, 0, &letter->key, STAGE_RETRIEVED);
    CHECK(client_hear(xa, FRAME_RECEIPT) != NULL);
    uint64_t size = world_log_size(w), results = w->results;
    client_take(xc, 0, &letter->key, STAGE_RETRIEVED);
    client_take(xc, 0, &letter->key, STAGE_DELIVERED);
    CHECK(world_await_results(w, results + 2));
    CHECK_U64(world_log_size(w), size);
    CHECK(!client_has_unread(xa));
    CHECK(xc->link != NULL);
    letter_free(letter);
    world_free(w);
}

static void what_was_never_sent_cannot_be_taken(void)
{
    struct world *w = world_new(&(struct world_settings){0});
    struct client *xc = client_dial(w, "XC-CA-01");
    uint64_t size = world_log_size(w);
    uint8_t id[UUID_BYTES] = {[6] = 0x40, [8] = 0x80};
    const struct message_key key = {slice_text("XA-CA-01"), slice_over(id, sizeof id),
                                    slice_text("XC-CA-01")};
    client_take(xc, 0, &key, STAGE_DELIVERED);
    CHECK(world_await_results(w, w->results + 1));
    CHECK_U64(world_log_size(w), size);
    CHECK(xc->link != NULL);
    world_free(w);
}

static void nobody_takes_for_others(void)
{
    struct world *w = world_new(&(struct world_settings){0});
    struct client *xa = client_dial(w, "XA-CA-01"), *xc = client_dial(w, "XC-CA-01");
    struct letter *letter = sent(w, xa);
    expect(xc, letter);
    struct client *police = client_dial(w, "XC-POL-01");
    client_take(police, 0, &letter->key, STAGE_DELIVERED);
    const struct heard *bye = client_hear(police, FRAME_BYE);
    if (CHECK(bye != NULL))
        CHECK_BYTES(bye->frame.as.bye_code, slice_text("E_ROUTE"));
    CHECK(!client_has_unread(xa));
    client_free(xc);
    xc = client_dial(w, "XC-CA-01");
    expect(xc, letter);
    letter_free(letter);
    world_free(w);
}

/* A client that takes nothing gets no more than can be remembered of it. */
static void no_more_is_pushed_than_can_be_outstanding(void)
{
    enum { LETTERS = LINK_OUTSTANDING + 3 };
    struct world *w = world_new(&(struct world_settings){0});
    struct client *xa = client_dial(w, "XA-CA-01");
    struct letter *letters[LETTERS];
    uint64_t numbers[LETTERS];
    for (size_t i = 0; i < LETTERS; i++)
        letters[i] = sent(w, xa);
    struct client *xc = client_dial(w, "XC-CA-01");
    for (size_t i = 0; i < LINK_OUTSTANDING; i++)
        numbers[i] = expect(xc, letters[i]);
    CHECK(!client_has_unread(xc));
    for (size_t i = 0; i < 3; i++)
        client_take(xc, numbers[i], &letters[i]->key, STAGE_DELIVERED);
    for (size_t i = LINK_OUTSTANDING; i < LETTERS; i++)
        expect(xc, letters[i]);
    CHECK(!client_has_unread(xc));
    for (size_t i = 0; i < LETTERS; i++)
        letter_free(letters[i]);
    world_free(w);
}

/* From which size of the log the receipt of a frame is proved, 0: from none, and to which. */
struct proof {
    uint64_t from, to;
};

static struct proof proof_of(const struct heard *h)
{
    struct arena *arena = arena_new((size_t)1 << 20);
    struct receipt receipt = {0};
    struct note note = {0};
    struct slice octets = h == NULL                        ? (struct slice){0}
                          : h->frame.kind == FRAME_DELIVER ? h->frame.as.deliver.receipts.at[0]
                                                           : h->frame.as.receipt.receipt;
    CHECK_OK(receipt_parse(arena, octets, &receipt));
    CHECK_OK(note_parse(receipt.note, &note));
    struct proof proof = {receipt.has_proof ? receipt.old_size : 0, note.size};
    arena_free(arena);
    return proof;
}

/* The next delivery on this link, and the proof in its receipt. */
static const struct heard *next_proof(struct client *xa, struct client *xc, struct proof *ret_proof)
{
    letter_free(sent(xc->world, xa));
    const struct heard *h = client_hear(xc, FRAME_DELIVER);
    if (CHECK(h != NULL))
        *ret_proof = proof_of(h);
    return h;
}

static struct message_key key_of(struct arena *arena, const struct heard *h)
{
    const struct envelope *e = NULL;
    if (h == NULL || !CHECK_OK(envelope_open(arena, h->frame.as.deliver.message.seal, 0, &e)))
        return (struct message_key){0};
    return (struct message_key){e->claims.from, e->claims.id, e->claims.to};
}

/* What the party has taken it has verified: its next receipts are proved from there. */
static void proofs_begin_at_what_was_taken(void)
{
    struct world *w = world_new(&(struct world_settings){0});
    struct client *xa = client_dial(w, "XA-CA-01"), *xc = client_dial(w, "XC-CA-01");
    struct arena *arena = arena_new((size_t)16 << 20);
    struct proof one = {0}, two = {0};
    const struct heard *h = next_proof(xa, xc, &one);
    const struct message_key key = key_of(arena, h);
    CHECK_U64(one.from, 0); /* the party has named no checkpoint */
    if (h != NULL)
        client_take(xc, h->frame.number, &key, STAGE_DELIVERED);
    CHECK_U64(xc->link->reader_size, one.to);
    const struct heard *notice = client_hear(xa, FRAME_RECEIPT);
    if (CHECK(notice != NULL)) {
        CHECK_U64(xa->link->reader_size, 0);
        client_take(xa, notice->frame.number, &key, STAGE_NONE);
        CHECK_U64(xa->link->reader_size, proof_of(notice).to);
    }
    next_proof(xa, xc, &two);
    CHECK_U64(two.from, one.to);
    arena_free(arena);
    world_free(w);
}

/* On its way is as good as read: frames come in order. */
static void proofs_go_on_from_what_is_on_its_way(void)
{
    struct world *w = world_new(&(struct world_settings){0});
    struct client *xa = client_dial(w, "XA-CA-01"), *xc = client_dial(w, "XC-CA-01");
    struct proof one = {0}, two = {0}, three = {0};
    next_proof(xa, xc, &one);
    next_proof(xa, xc, &two);
    next_proof(xa, xc, &three);
    CHECK_U64(two.from, one.to);
    CHECK_U64(three.from, two.to);
    CHECK_U64(xc->link->reader_size, 0);
    world_free(w);
}

/* What the party did not accept it does not keep. */
static void proofs_do_not_begin_at_what_was_refused(void)
{
    struct world *w = world_new(&(struct world_settings){0});
    struct client *xa = client_dial(w, "XA-CA-01"), *xc = client_dial(w, "XC-CA-01");
    struct proof one = {0}, two = {0}, three = {0};
    next_proof(xa, xc, &one);
    const struct heard *h = next_proof(xa, xc, &two);
    struct frame refuse = {.kind = FRAME_REFUSE, .as.refuse = {.code = slice_text("E_STALE")}};
    refuse.as.refuse.answers = h == NULL ? 0 : h->frame.number;
    client_give(xc, &refuse);
    next_proof(xa, xc, &three);
    CHECK_U64(three.from, one.to);
    world_free(w);
}

static void numbers_rise_by_one_in_each_thread(void)
{
    struct world *w = world_new(&(struct world_settings){0});
    struct client *xa = client_dial(w, "XA-CA-01"), *xc = client_dial(w, "XC-CA-01");
    struct arena *arena = arena_new((size_t)64 << 20);
    uint8_t thread[UUID_BYTES] = {[6] = 0x40, [8] = 0x80};
    for (uint64_t i = 1; i <= 4; i++) {
        struct letter *letter = plain_letter(w);
        if (i != 3)
            letter->draft.claims.thread = slice_over(thread, sizeof thread);
        letter_seal(letter, "XA-CA-01");
        CHECK(scene_send(xa, letter) != NULL);
        const struct heard *h = client_hear(xc, FRAME_DELIVER);
        const struct delivery_verified *v =
            h == NULL ? NULL : scene_verify(w, arena, &h->frame.as.deliver, "XC-CA-01");
        if (CHECK(v != NULL))
            CHECK_U64(v->releases[0].number, i == 3 ? 1 : i == 4 ? 3 : i);
        letter_free(letter);
    }
    arena_free(arena);
    world_free(w);
}

TESTS(delivery,
      {"what comes while the recipient is away waits",
       what_comes_while_the_recipient_is_away_waits},
      {"it waits through a restart", it_waits_through_a_restart},
      {"what is not answered comes again on the next link",
       what_is_not_answered_comes_again_on_the_next_link},
      {"what is refused comes again on the next link only",
       what_is_refused_comes_again_on_the_next_link_only},
      {"stages are written once and never back", stages_are_written_once_and_never_back},
      {"what was never sent cannot be taken", what_was_never_sent_cannot_be_taken},
      {"nobody takes for others", nobody_takes_for_others},
      {"no more is pushed than can be outstanding", no_more_is_pushed_than_can_be_outstanding},
      {"proofs begin at what was taken", proofs_begin_at_what_was_taken},
      {"proofs go on from what is on its way", proofs_go_on_from_what_is_on_its_way},
      {"proofs do not begin at what was refused", proofs_do_not_begin_at_what_was_refused},
      {"numbers rise by one in each thread", numbers_rise_by_one_in_each_thread})
