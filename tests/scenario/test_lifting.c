/* A message that is held, at either gateway, and let go later (PROTOCOL.md 6.5): on the other side
 * it is as if it had never been held. Each test tells its story in two worlds. */

#include <stdio.h>
#include <string.h>

#include "scenario/story.h"

#define HOUR_MS 3600000U
#define DAY_MS  86400000U
#define BUNDLED (2U + ENTRY_BYTES)

static const char holds[] = PAIR_RULES_LATER(PAIR_HOLDS);
static const char nothing[] = PAIR_RULES_LATER(" forbid \"T-06 what nobody sends\"\n"
                                               "  fields tag.biometric\n"
                                               "  notice silent\n  basis \"test\"\n");

/* Where letters are written, and sealed anew: their drafts borrow from its rulebook. */
static struct world *desk_new(void)
{
    return world_new(&(struct world_settings){.apart = true});
}

/* ---- hop 1 holds, and lets go ---- */

/* Letters of one thread; they are sealed once, and sent in each world. */
struct case_letters {
    struct letter *before, *held, *lifted, *other, *after;
};

static void thread_seal(struct letter *letter)
{
    static const uint8_t thread[UUID_BYTES] = {[6] = 0x40, [8] = 0x80};
    letter->draft.claims.thread = slice_over(thread, sizeof thread);
    letter_seal(letter, "XA-CA-01");
}

/* The one that is held has another seal than the one that is lifted, of the same document. */
static struct case_letters case_write(void)
{
    static const uint8_t list[] = {0x91, 0xa2, 'X', 'C'};
    struct world *w = desk_new();
    struct case_letters c = {.before = plain_letter(w), .held = a3_letter(w)};
    thread_seal(c.before);
    thread_seal(c.held);
    for (size_t i = 0; i < c.held->submit.locals_count; i++)
        if (slice_holds(c.held->submit.locals[i].path, slice_text("officials_implicated")))
            c.held->submit.locals[i].value = value_read(slice_over(list, sizeof list));
    c.other = scene_letter(w, plain_document("UNTOC18"), "XA-CA-01", "XC-POL-01");
    thread_seal(c.other);
    world_pass(w, HOUR_MS);
    c.lifted = a3_letter(w);
    thread_seal(c.lifted);
    c.after = plain_letter(w);
    thread_seal(c.after);
    world_free(w);
    return c;
}

static void case_free(struct case_letters *c)
{
    letter_free(c->before);
    letter_free(c->held);
    letter_free(c->lifted);
    letter_free(c->other);
    letter_free(c->after);
}

static void send_and_read(struct story *s, struct letter *letter)
{
    CHECK(scene_send(s->pair.sender, letter) != NULL);
    pair_settle(&s->pair);
    client_take(s->pair.recipient, pair_delivery(&s->pair, letter), &letter->key, STAGE_DELIVERED);
    pair_settle(&s->pair);
    client_take(s->pair.recipient, 0, &letter->key, STAGE_RETRIEVED);
    pair_settle(&s->pair);
}

enum first_try { NEVER_TRIED, HELD, REFUSED };

static struct story *tell_lifting(const struct case_letters *c, enum first_try first,
                                  bool placeless)
{
    struct story *s = story_new(NULL, placeless);
    trunk_dial(s->pair.trunk);
    send_and_read(s, c->before);
    if (first == HELD)
        CHECK(scene_refused(s->pair.sender, c->held, "E_HELD") != NULL);
    if (first == REFUSED)
        CHECK(scene_refused(s->pair.sender, c->other, "E_ROLE") != NULL);
    pair_settle(&s->pair);
    trunk_pass(s->pair.trunk, HOUR_MS);
    send_and_read(s, c->lifted);
    send_and_read(s, c->after);
    if (first == HELD)
        for (size_t i = 0; i < 2; i++) {
            const struct slice traces[] = {c->held->key.id, c->held->submit.message.seal};
            CHECK(world_keeps(s->pair.xa, traces[0]));
            CHECK(!world_keeps(s->pair.xc, traces[i]));
        }
    story_finish(s);
    return s;
}

/* Any other entry of the sender's gateway in place of the hold's, here that of a refusal, makes the
 * same world in every length, number, index, time and tile, of both logs. */
static void what_was_held_and_lifted_came_as_if_it_had_never_been_held(void)
{
    struct case_letters c = case_write();
    struct story *lifted = tell_lifting(&c, HELD, false);
    struct story *other = tell_lifting(&c, REFUSED, false);
    story_same_at_peer(lifted, other);
    CHECK(sketch_same(&lifted->logs[PAIR_XA], &other->logs[PAIR_XA]));
    story_free(lifted);
    story_free(other);
    case_free(&c);
}

/* Where there was no entry in its place, nothing differs but where things stand in the sender's
 * log, and that the peer hears that this log has grown, as it does of any entry. How many entries a
 * log has, and when they were made, is not protected; what they are is: an entry is 79 octets of a
 * time and two hashes, whatever it says. */
static void a_hold_adds_an_entry_to_its_own_log_and_nothing_else(void)
{
    struct case_letters c = case_write();
    struct story *lifted = tell_lifting(&c, HELD, true);
    struct story *never = tell_lifting(&c, NEVER_TRIED, true);
    uint64_t with, without;
    char bundle[64];
    story_same_at_peer(lifted, never);
    world_start(lifted->pair.xa);
    world_start(never->pair.xa);
    with = world_log_size(lifted->pair.xa);
    without = world_log_size(never->pair.xa);
    CHECK_U64(with, without + 1);
    /* before those starts: end and start are entries too */
    snprintf(bundle, sizeof bundle, "/tile/entries/000.p/%llu %llu", (unsigned long long)with - 1,
             (unsigned long long)(with - 1) * BUNDLED);
    CHECK(slice_holds(buffer_slice(&lifted->logs[PAIR_XA].text), slice_text(bundle)));
    story_free(lifted);
    story_free(never);
    case_free(&c);
}

/* ---- hop 2 holds, and lets go ---- */

enum late { FETCHED_LATE, LIFTED };

/* An entry of XC's gateway about something else. */
static void ask_something_else(struct story *s, const struct letter *question)
{
    struct client *police = client_dial(s->pair.xc, "XC-POL-01");
    CHECK(client_submit(police, &question->submit) != NULL);
    client_free(police);
    pair_settle(&s->pair);
}

/* It comes over when nobody fetches it; the next day law 2 is in force, which holds nothing; then
 * it is fetched, kept and shown. */
static struct story *tell_waiting(enum late late, struct letter *letter,
                                  const struct letter *question, bool placeless)
{
    struct story *s = story_new(late == LIFTED ? holds : nothing, placeless);
    client_cut(s->pair.recipient);
    CHECK(scene_send(s->pair.sender, letter) != NULL);
    pair_settle(&s->pair);
    pair_dial_at_midnight(&s->pair);
    pair_settle(&s->pair);
    trunk_pass(s->pair.trunk, DAY_MS);
    pair_renew(&s->pair, 2, NULL);
    trunk_dial(s->pair.trunk);
    exchange_overdue(s->pair.xc->exchange, s->pair.xc->now);
    pair_settle(&s->pair);
    CHECK_U64(scene_lines(s->pair.xc, "hold.lifted"), late == LIFTED);
    if (question != NULL && late == FETCHED_LATE)
        ask_something_else(s, question);
    trunk_pass(s->pair.trunk, HOUR_MS);
    s->pair.recipient = client_dial(s->pair.xc, "XC-CA-01");
    client_take(s->pair.recipient, pair_delivery(&s->pair, letter), &letter->key, STAGE_DELIVERED);
    pair_settle(&s->pair);
    trunk_pass(s->pair.trunk, HOUR_MS);
    client_take(s->pair.recipient, 0, &letter->key, STAGE_RETRIEVED);
    story_finish(s);
    return s;
}

/* For the sender and its gateway it is as one that its recipient fetched late, in every length,
 * number, time and tile, where another entry stands in the place of the lifting's. */
static void what_hop_2_held_and_lifted_is_as_if_it_had_been_fetched_late(void)
{
    struct world *desk = desk_new();
    struct letter *letter = plain_letter(desk);
    world_pass(desk, 2 * (uint64_t)DAY_MS);
    struct letter *question =
        scene_letter(desk, plain_document("UNTOC18"), "XC-POL-01", "XA-CA-01");
    question->submit.flags = SUBMIT_DRY_RUN;
    struct story *lifted = tell_waiting(LIFTED, letter, question, false);
    struct story *late = tell_waiting(FETCHED_LATE, letter, question, false);
    story_same_at_sender(lifted, late);
    story_free(lifted);
    story_free(late);
    letter_free(question);
    letter_free(letter);
    world_free(desk);
}

/* Without another entry in its place: one more in hop 2's log, as with a hold at hop 1. */
static void lifting_adds_an_entry_to_the_log_of_hop_2_and_nothing_else(void)
{
    struct world *desk = desk_new();
    struct letter *letter = plain_letter(desk);
    struct story *lifted = tell_waiting(LIFTED, letter, NULL, true);
    struct story *late = tell_waiting(FETCHED_LATE, letter, NULL, true);
    CHECK(sketch_same(&lifted->sent[PAIR_XA], &late->sent[PAIR_XA]));
    CHECK(sketch_same(&lifted->sent[PAIR_XC], &late->sent[PAIR_XC]));
    CHECK(sketch_same(&lifted->sender, &late->sender));
    CHECK(sketch_same(&lifted->logs[PAIR_XA], &late->logs[PAIR_XA]));
    world_start(lifted->pair.xc);
    world_start(late->pair.xc);
    CHECK_U64(world_log_size(lifted->pair.xc), world_log_size(late->pair.xc) + 1);
    story_free(lifted);
    story_free(late);
    letter_free(letter);
    world_free(desk);
}

TESTS(lifting,
      {"what was held and lifted came as if it had never been held",
       what_was_held_and_lifted_came_as_if_it_had_never_been_held},
      {"a hold adds an entry to its own log and nothing else",
       a_hold_adds_an_entry_to_its_own_log_and_nothing_else},
      {"what hop 2 held and lifted is as if it had been fetched late",
       what_hop_2_held_and_lifted_is_as_if_it_had_been_fetched_late},
      {"lifting adds an entry to the log of hop 2 and nothing else",
       lifting_adds_an_entry_to_the_log_of_hop_2_and_nothing_else})
