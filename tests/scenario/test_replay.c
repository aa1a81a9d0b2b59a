/* The same submission again, another one under its key, and questions that leave nothing. */

#include <string.h>

#include "scenario/scene.h"
#include "session/query.h"

#define HOUR_MS 3600000U

static struct slice entry_of(struct arena *arena, struct slice receipt, uint64_t *ret_index)
{
    struct receipt r = {0};
    CHECK_OK(receipt_parse(arena, receipt, &r));
    *ret_index = r.index;
    return r.entry;
}

/* Two receipts of one entry: the later may stand under a later checkpoint. */
static void check_same_entry(struct arena *arena, struct slice first, struct slice again)
{
    uint64_t first_index = 0, again_index = 1;
    struct slice entry = entry_of(arena, first, &first_index);
    CHECK_BYTES(entry_of(arena, again, &again_index), entry);
    CHECK_U64(again_index, first_index);
}

static void the_same_octets_get_the_same_answer(void)
{
    struct world *w = world_new(&(struct world_settings){0});
    struct client *xa = client_dial(w, "XA-CA-01");
    struct letter *letter = a3_letter(w);
    struct letter *other = plain_letter(w);
    const struct heard *first = scene_send(xa, letter);
    CHECK(scene_send(xa, other) != NULL); /* the log goes on between the two */
    world_pass(w, 6 * HOUR_MS);           /* long after `created` was fresh */
    uint64_t size = world_log_size(w);
    const struct heard *again = scene_send(xa, letter);
    if (first != NULL && again != NULL)
        check_same_entry(letter->arena, first->frame.as.receipt.receipt,
                         again->frame.as.receipt.receipt);
    CHECK_U64(world_log_size(w), size);
    world_stop(w);
    world_start(w);
    xa = client_dial(w, "XA-CA-01");
    again = scene_send(xa, letter);
    if (first != NULL && again != NULL)
        check_same_entry(letter->arena, first->frame.as.receipt.receipt,
                         again->frame.as.receipt.receipt);
    struct client *xc = client_dial(w, "XC-CA-01");
    CHECK(client_hear(xc, FRAME_DELIVER) != NULL);
    CHECK(client_hear(xc, FRAME_DELIVER) != NULL);
    CHECK(!client_has_unread(xc)); /* two letters, whatever was sent how often */
    letter_free(letter);
    letter_free(other);
    world_free(w);
}

/* Both are judged before either is in the journal. */
static void the_same_octets_twice_at_once_are_one_message(void)
{
    struct world *w = world_new(&(struct world_settings){0});
    struct client *one = client_dial(w, "XA-CA-01"), *two = client_dial(w, "XA-CA-01");
    struct client *xc = client_dial(w, "XC-CA-01");
    struct letter *letter = plain_letter(w);
    struct frame f = {.kind = FRAME_SUBMIT, .as.submit = letter->submit}, g = f;
    client_give(one, &f);
    client_give(two, &g);
    const struct heard *a = client_hear(one, FRAME_RECEIPT), *b = client_hear(two, FRAME_RECEIPT);
    if (CHECK(a != NULL) && CHECK(b != NULL))
        check_same_entry(letter->arena, a->frame.as.receipt.receipt, b->frame.as.receipt.receipt);
    CHECK_U64(world_log_size(w), 2);
    CHECK(client_hear(xc, FRAME_DELIVER) != NULL);
    CHECK(!client_has_unread(xc));
    letter_free(letter);
    world_free(w);
}

static void another_seal_under_the_same_key_is_refused(void)
{
    struct world *w = world_new(&(struct world_settings){0});
    struct client *xa = client_dial(w, "XA-CA-01");
    struct letter *letter = plain_letter(w);
    CHECK(scene_send(xa, letter) != NULL);
    letter_seal(letter, "XA-CA-01"); /* new salts: the same claims but for the digests */
    const struct heard *h = scene_refused(xa, letter, "E_REPLAY");
    CHECK(scene_reason(w, "replay.other"));
    struct outer outer;
    if (h != NULL && scene_outer(letter->arena, h->frame.as.refuse.receipt, &outer)) {
        CHECK_U64(outer.kind, ENTRY_REFUSAL);
        CHECK_BYTES(outer.code, slice_text("E_REPLAY"));
    }
    CHECK_U64(world_log_size(w), 3);
    letter_free(letter);
    world_free(w);
}

static void what_was_refused_is_refused_again(void)
{
    struct world *w = world_new(&(struct world_settings){0});
    struct client *xa = client_dial(w, "XA-CA-01");
    struct letter *letter = plain_letter(w);
    letter_put_text(letter, "weather", "fine");
    letter_seal(letter, "XA-CA-01");
    const struct heard *first = scene_refused(xa, letter, "E_SCHEMA");
    const struct heard *again = scene_refused(xa, letter, "E_SCHEMA");
    if (first != NULL && again != NULL)
        check_same_entry(letter->arena, first->frame.as.refuse.receipt,
                         again->frame.as.refuse.receipt);
    CHECK_U64(world_log_size(w), 2);
    letter_drop(letter, "weather");
    letter_seal(letter, "XA-CA-01");
    CHECK(scene_refused(xa, letter, "E_REPLAY") != NULL); /* mended, it is another message */
    letter_free(letter);
    world_free(w);
}

/* How many submissions the gateway keeps for a party. */
static size_t kept_for(struct client *c)
{
    const struct query_args args = {.what = QUERY_STATUS, .limit = 100};
    const struct heard *h = client_ask(c, &args);
    return h != NULL && CHECK_U64(h->frame.kind, FRAME_ANSWER) ? h->frame.as.answer.rows.count : 99;
}

/* Anybody can write another's name on an envelope. */
static void what_is_not_the_senders_takes_no_key(void)
{
    struct world *w = world_new(&(struct world_settings){0});
    struct client *xa = client_dial(w, "XA-CA-01"), *xc = client_dial(w, "XC-CA-01");
    struct letter *letter = plain_letter(w);
    letter_seal(letter, "XC-CA-01");
    CHECK(scene_refused(xc, letter, "E_ROLE") != NULL);
    CHECK(scene_refused(xa, letter, "E_SIG") != NULL);
    CHECK_U64(kept_for(xa), 0);
    letter_seal(letter, "XA-CA-01");
    CHECK(scene_send(xa, letter) != NULL);
    CHECK_U64(kept_for(xa), 1);
    letter_free(letter);
    world_free(w);
}

static void a_dry_run_leaves_an_entry_and_nothing_else(void)
{
    struct world *w = world_new(&(struct world_settings){0});
    struct client *xa = client_dial(w, "XA-CA-01"), *xc = client_dial(w, "XC-CA-01");
    struct letter *letter = a3_letter(w);
    letter->submit.flags = SUBMIT_DRY_RUN;
    const struct heard *h = scene_send(xa, letter);
    struct outer outer;
    if (h != NULL && scene_outer(letter->arena, h->frame.as.receipt.receipt, &outer)) {
        CHECK_U64(outer.kind, ENTRY_CONSULTATION);
        CHECK_U64(outer.release.length, 0);
        CHECK_U64(h->frame.as.receipt.report.released, 69);
        CHECK_U64(h->frame.as.receipt.report.transformed, 3);
        CHECK_U64(h->frame.as.receipt.report.withheld, 31);
    }
    CHECK_U64(world_log_size(w), 2);
    /* Asking again is asked again, and the message itself is still new. */
    CHECK(scene_send(xa, letter) != NULL);
    CHECK_U64(world_log_size(w), 3);
    CHECK(!client_has_unread(xc));
    letter->submit.flags = 0;
    CHECK(scene_send(xa, letter) != NULL);
    CHECK(client_hear(xc, FRAME_DELIVER) != NULL);
    CHECK_U64(world_log_size(w), 4);
    letter_free(letter);
    world_free(w);
}

static void a_dry_run_tells_of_refusals(void)
{
    struct world *w = world_new(&(struct world_settings){0});
    struct client *xa = client_dial(w, "XA-CA-01");
    struct letter *letter = plain_letter(w);
    letter_put_text(letter, "weather", "fine");
    letter_seal(letter, "XA-CA-01");
    letter->submit.flags = SUBMIT_DRY_RUN;
    const struct heard *h = scene_refused(xa, letter, "E_SCHEMA");
    if (h != NULL)
        CHECK_BYTES(h->frame.as.refuse.detail, slice_text("weather"));
    CHECK_U64(world_log_size(w), 2);
    letter->submit.flags = 0; /* and takes no key, either */
    h = scene_refused(xa, letter, "E_SCHEMA");
    if (h != NULL)
        CHECK_BYTES(h->frame.as.refuse.detail, slice_text("weather"));
    CHECK_U64(world_log_size(w), 3);
    letter_free(letter);
    world_free(w);
}

TESTS(replay, {"the same octets get the same answer", the_same_octets_get_the_same_answer},
      {"the same octets twice at once are one message",
       the_same_octets_twice_at_once_are_one_message},
      {"another seal under the same key is refused", another_seal_under_the_same_key_is_refused},
      {"what was refused is refused again", what_was_refused_is_refused_again},
      {"what is not the sender's takes no key", what_is_not_the_senders_takes_no_key},
      {"a dry run leaves an entry and nothing else", a_dry_run_leaves_an_entry_and_nothing_else},
      {"a dry run tells of refusals", a_dry_run_tells_of_refusals})
