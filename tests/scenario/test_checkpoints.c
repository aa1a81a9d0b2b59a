/* How far a log is, told by itself between gateways. */

#include <string.h>

#include "exchange/foreign.h"
#include "exchange/link_peer.h"
#include "scenario/telling.h"

static size_t told(const struct pair *p, unsigned from, size_t since)
{
    return trunk_passed(p->trunk, from, FRAME_CHECKPOINT, since);
}

static uint64_t kept_size(struct world *w, const char *origin)
{
    struct arena *arena = arena_new((size_t)1 << 20);
    uint64_t size = telling_kept(w, arena, origin).size;
    arena_free(arena);
    return size;
}

static void a_log_that_went_on_is_told_after_ten_seconds_and_once(void)
{
    struct pair p = telling_begin();
    CHECK_U64(kept_size(p.xc, WORLD_ORIGIN), 1);
    CHECK_U64(kept_size(p.xa, XC_ORIGIN), 1);
    telling_grow(&p);
    size_t count = p.trunk->count;
    telling_pass(&p, PEER_CHECKPOINT_MS - 1);
    CHECK_U64(told(&p, PAIR_XA, count), 0);
    telling_pass(&p, 1);
    CHECK_U64(told(&p, PAIR_XA, count), 1);
    telling_pass(&p, PEER_CHECKPOINT_MS);
    CHECK_U64(told(&p, PAIR_XA, count), 2); /* it is to be kept */
    CHECK_U64(kept_size(p.xc, WORLD_ORIGIN), world_log_size(p.xa));
    telling_grow(&p);
    telling_grow(&p);
    telling_pass(&p, PEER_CHECKPOINT_MS);
    CHECK_U64(told(&p, PAIR_XA, count), 3);
    for (unsigned i = 0; i < 9; i++)
        telling_pass(&p, PEER_CHECKPOINT_MS);
    CHECK_U64(told(&p, PAIR_XA, count), 4);
    CHECK_U64(kept_size(p.xc, WORLD_ORIGIN), 4);
    CHECK_U64(told(&p, PAIR_XC, count), 0);
    CHECK(p.trunk->links[0] != NULL);
    pair_end(&p);
}

static void what_a_receipt_has_proved_is_not_told_again(void)
{
    struct pair p = telling_begin();
    struct letter *letter = plain_letter(p.xa);
    size_t count = p.trunk->count;
    telling_pass(&p, PEER_CHECKPOINT_MS / 2);
    CHECK(scene_send(p.sender, letter) != NULL);
    pair_settle(&p);
    CHECK_U64(kept_size(p.xc, WORLD_ORIGIN), world_log_size(p.xa));
    telling_grow(&p);
    telling_pass(&p, PEER_CHECKPOINT_MS - 1);
    CHECK_U64(told(&p, PAIR_XA, count), 0); /* ten seconds from that proof on */
    telling_pass(&p, 1);
    CHECK_U64(told(&p, PAIR_XA, count), 1);
    telling_pass(&p, PEER_CHECKPOINT_MS);
    telling_pass(&p, PEER_CHECKPOINT_MS);
    CHECK_U64(told(&p, PAIR_XA, count), 2); /* and that it is to be kept */
    letter_free(letter);
    pair_end(&p);
}

static void receipts_and_checkpoints_prove_one_after_the_other(void)
{
    struct pair p = telling_begin();
    for (unsigned i = 0; i < 4; i++) {
        telling_grow(&p);
        telling_pass(&p, PEER_CHECKPOINT_MS);
        scene_send_many(p.sender, 1);
        pair_settle(&p);
        CHECK_U64(kept_size(p.xc, WORLD_ORIGIN), world_log_size(p.xa));
    }
    trunk_dial(p.trunk); /* and from there on the next link */
    telling_grow(&p);
    telling_pass(&p, PEER_CHECKPOINT_MS);
    telling_pass(&p, PEER_CHECKPOINT_MS);
    CHECK_U64(kept_size(p.xc, WORLD_ORIGIN), world_log_size(p.xa));
    CHECK(p.trunk->links[0] != NULL);
    CHECK_U64(scene_lines(p.xc, "checkpoint."), 0);
    pair_end(&p);
}

/* Each step is kept for good. Told is the log all the same, and on every link. */
static void of_a_log_that_goes_on_all_day_few_steps_are_kept(void)
{
    struct pair p = telling_begin();
    size_t count = p.trunk->count;
    for (unsigned i = 0; i < 90; i++) {
        telling_grow(&p);
        telling_pass(&p, PEER_CHECKPOINT_MS);
        if (i == 45)
            trunk_dial(p.trunk);
    }
    CHECK(told(&p, PAIR_XA, count) >= 80);
    CHECK_U64(telling_steps(p.xc), 1 + PEER_STEPS);
    uint64_t size = kept_size(p.xc, WORLD_ORIGIN);
    telling_pass(&p, PEER_STEP_MS);
    telling_pass(&p, PEER_CHECKPOINT_MS);
    CHECK_U64(telling_steps(p.xc), 2 + PEER_STEPS);
    CHECK(kept_size(p.xc, WORLD_ORIGIN) > size);
    scene_send_many(p.sender, 1); /* and the next receipt is proved from there */
    pair_settle(&p);
    CHECK_U64(kept_size(p.xc, WORLD_ORIGIN), world_log_size(p.xa));
    CHECK_U64(telling_steps(p.xc), 3 + PEER_STEPS);
    CHECK(p.trunk->links[0] != NULL);
    CHECK_U64(scene_lines(p.xc, "peer."), scene_lines(p.xc, "peer.rulebook"));
    pair_end(&p);
}

/* Also by a gateway that would have each of them kept. */
static void who_makes_too_many_steps_is_left(void)
{
    struct pair p = telling_begin();
    for (unsigned i = 0; i < 2 * PEER_STEPS; i++) {
        foreign_find(p.xa->exchange, slice_text(XC_ORIGIN))->given_ms = 0;
        telling_grow(&p);
        telling_step(&p);
        CHECK(p.trunk->links[0] != NULL);
    }
    foreign_find(p.xa->exchange, slice_text(XC_ORIGIN))->given_ms = 0;
    telling_grow(&p);
    telling_step(&p);
    CHECK(p.trunk->links[0] == NULL);
    CHECK(scene_reason(p.xc, "peer.rate"));
    CHECK_U64(telling_steps(p.xc), 1 + 2 * PEER_STEPS);
    pair_end(&p);
}

/* Two histories of which no message tells. */
static void a_fork_is_found_without_any_message(void)
{
    struct pair p = telling_begin();
    struct peer_fork fork;
    struct arena *arena = arena_new((size_t)1 << 20);
    world_stop(p.xa);
    world_start_anew(p.xa);
    p.sender = client_dial(p.xa, "XA-CA-01");
    telling_grow(&p);
    trunk_dial(p.trunk);
    CHECK(p.trunk->links[0] != NULL);
    telling_pass(&p, PEER_CHECKPOINT_MS);
    CHECK(p.trunk->links[0] == NULL);
    CHECK_U64(scene_lines(p.xc, "peer.fork"), 1);
    CHECK_U64(scene_lines(p.xc, "\"level\":\"alarm\""), 1);
    CHECK(scene_reason(p.xc, "checkpoint.fork"));
    if (CHECK_OK(journal_peer_fork(p.xc->reader, arena, slice_text(WORLD_ORIGIN), &fork)))
        CHECK(!slice_equal(fork.kept, fork.given));
    CHECK_U64(kept_size(p.xc, WORLD_ORIGIN), 1);
    trunk_dial(p.trunk); /* there is no link any more */
    CHECK(p.trunk->links[0] == NULL);
    arena_free(arena);
    pair_end(&p);
}

/* What a bad gateway does to its next CHECKPOINT. */
struct spoiler {
    void (*spoil)(struct checkpoint_frame *checkpoint, const struct spoiler *spoiler,
                  struct arena *arena);
    struct slice note; /* of another log, or of this one under another key */
};

static bool spoil_next(void *owner, unsigned from, struct frame *frame, struct arena *arena)
{
    const struct spoiler *s = owner;
    if (from == PAIR_XA && frame->kind == FRAME_CHECKPOINT)
        s->spoil(&frame->as.checkpoint, s, arena);
    return true;
}

static void name_another_log(struct checkpoint_frame *c, const struct spoiler *s,
                             struct arena *arena)
{
    (void)s, (void)arena;
    c->origin = slice_text(XC_ORIGIN);
}

static void bring_another_note(struct checkpoint_frame *c, const struct spoiler *s,
                               struct arena *arena)
{
    (void)arena;
    c->note = s->note;
}

static void tell_of_another_log(struct checkpoint_frame *c, const struct spoiler *s,
                                struct arena *arena)
{
    name_another_log(c, s, arena);
    bring_another_note(c, s, arena);
}

static void alter_the_signature(struct checkpoint_frame *c, const struct spoiler *s,
                                struct arena *arena)
{
    (void)s;
    struct slice copy = arena_copy(arena, c->note);
    uint8_t *octets = arena_alloc(arena, copy.length);
    memcpy(octets, copy.at, copy.length);
    octets[copy.length - 10] = octets[copy.length - 10] == 'A' ? 'B' : 'A';
    c->note = slice_over(octets, copy.length);
}

static void bring_no_note(struct checkpoint_frame *c, const struct spoiler *s, struct arena *arena)
{
    (void)s, (void)arena;
    c->note = slice_text("note");
}

static void leave_out_the_proof(struct checkpoint_frame *c, const struct spoiler *s,
                                struct arena *arena)
{
    (void)s, (void)arena;
    c->old_size = 0;
    c->path.count = 0;
}

static void change_the_proof(struct checkpoint_frame *c, const struct spoiler *s,
                             struct arena *arena)
{
    (void)s, (void)arena;
    c->path.at[0] = slice_text("0123456789abcdef0123456789abcdef");
}

static void a_checkpoint_that_does_not_hold_is_refused(void)
{
    static const struct {
        void (*spoil)(struct checkpoint_frame *checkpoint, const struct spoiler *spoiler,
                      struct arena *arena);
        const char *reason;
    } tricks[] = {
        {name_another_log, "note.origin"},     {bring_another_note, "note.origin"},
        {tell_of_another_log, "note.origin"},  {alter_the_signature, "note.signature"},
        {bring_no_note, "note.shape"},         {leave_out_the_proof, "checkpoint.unproved"},
        {change_the_proof, "checkpoint.fork"},
    };
    for (size_t i = 0; i < sizeof tricks / sizeof tricks[0]; i++) {
        struct pair p = telling_begin();
        struct arena *arena = arena_new((size_t)1 << 20);
        struct spoiler spoiler = {tricks[i].spoil, telling_kept(p.xa, arena, XC_ORIGIN).note};
        uint64_t size = world_log_size(p.xc);
        telling_grow(&p);
        p.trunk->gate = spoil_next;
        p.trunk->owner = &spoiler;
        telling_pass(&p, PEER_CHECKPOINT_MS);
        CHECK(p.trunk->links[0] == NULL);
        CHECK(scene_reason(p.xc, tricks[i].reason));
        CHECK_U64(world_log_size(p.xc), size + 1);
        CHECK_U64(kept_size(p.xc, WORLD_ORIGIN), 1);
        CHECK_U64(scene_lines(p.xc, "peer.fork"), tricks[i].spoil == change_the_proof ? 1 : 0);
        arena_free(arena);
        pair_end(&p);
    }
}

/* The same true checkpoint without end: the link is over before anything has grown. */
static void a_stream_of_checkpoints_breaks_the_protocol(void)
{
    struct pair p = telling_begin();
    struct arena *arena = arena_new((size_t)1 << 20);
    struct peer_checkpoint own = telling_kept(p.xc, arena, WORLD_ORIGIN);
    trunk_cut(p.trunk);
    struct client *rogue = client_dial(p.xc, "XA-GW-01");
    uint64_t answers = p.xc->results;
    unsigned sent = 0;
    for (; sent < 1000 && rogue->link != NULL; sent++) {
        struct frame f = {.kind = FRAME_CHECKPOINT,
                          .number = ++rogue->session.out.number,
                          .as.checkpoint = {.origin = own.origin, .note = own.note}};
        client_force(rogue, &f);
    }
    CHECK(sent <= 7); /* what may have waited on a slow line, and one more */
    CHECK(scene_reason(p.xc, "frame.credit"));
    pair_settle(&p);
    CHECK(p.xc->results <= answers + 1); /* the entry */
    arena_free(arena);
    pair_end(&p);
}

TESTS(checkpoints,
      {"a log that went on is told after ten seconds, and once",
       a_log_that_went_on_is_told_after_ten_seconds_and_once},
      {"what a receipt has proved is not told again", what_a_receipt_has_proved_is_not_told_again},
      {"receipts and checkpoints prove one after the other",
       receipts_and_checkpoints_prove_one_after_the_other},
      {"of a log that goes on all day few steps are kept",
       of_a_log_that_goes_on_all_day_few_steps_are_kept},
      {"who makes too many steps is left", who_makes_too_many_steps_is_left},
      {"a fork is found without any message", a_fork_is_found_without_any_message},
      {"a checkpoint that does not hold is refused", a_checkpoint_that_does_not_hold_is_refused},
      {"a stream of checkpoints breaks the protocol", a_stream_of_checkpoints_breaks_the_protocol})
