/* Refusals cost an entry each, and a party gets only so many of those. */

#include <stdio.h>
#include <string.h>

#include "exchange/link.h"
#include "scenario/scene.h"

#define RATE     5U
#define TOKEN_MS (60000U / RATE)

static const struct link_limits limits = {
    .links_per_party = 128,
    .refusals_per_minute = RATE,
    .credits = 32,
    .pending = 128,
    .frame_ms = 20000,
};

static struct world *world(void)
{
    return world_new(&(struct world_settings){.limits = &limits});
}

static struct letter *bad_letter(const struct world *w, const char *from, const char *to)
{
    const struct letter_question question = {
        .rulebook = w->rulebook,
        .document = plain_document("UNTOC18"),
        .from = from,
        .to = to,
        .now_ms = w->now.wall_ms,
    };
    struct letter *letter = letter_draft(&question);
    letter_put_text(letter, "weather", "fine");
    letter_seal(letter, from);
    return letter;
}

/* Submits another bad letter; the answer. The log has this size afterwards. */
static const struct refuse *refused(struct client *xa, uint64_t size)
{
    struct letter *letter = bad_letter(xa->world, "XA-CA-01", "XC-CA-01");
    const struct heard *h = client_submit(xa, &letter->submit);
    letter_free(letter);
    if (h == NULL || !CHECK_U64(h->frame.kind, FRAME_REFUSE))
        return NULL;
    if (!CHECK(world_await_log(xa->world, size)))
        return NULL;
    CHECK_U64(world_log_size(xa->world), size);
    return &h->frame.as.refuse;
}

/* Uses the party's tokens up, and a refusal more: the one that is told instead. */
static void run_dry(struct client *xa)
{
    for (unsigned i = 0; i < RATE; i++) {
        const struct refuse *r = refused(xa, world_log_size(xa->world) + 1);
        if (r != NULL)
            CHECK_BYTES(r->code, slice_text("E_SCHEMA"));
    }
    const struct refuse *r = refused(xa, world_log_size(xa->world) + 1);
    if (r != NULL)
        CHECK_BYTES(r->code, slice_text("E_UNAVAILABLE"));
}

static void too_many_refusals_get_one_entry_that_says_so(void)
{
    struct world *w = world();
    struct client *xa = client_dial(w, "XA-CA-01");
    run_dry(xa);
    CHECK_U64(world_log_size(w), 1 + RATE + 1);
    CHECK_U64(scene_lines(w, "peer.rate"), 1);
    for (unsigned i = 0; i < 10; i++) {
        const struct refuse *r = refused(xa, 1 + RATE + 1);
        if (r == NULL)
            continue;
        CHECK_BYTES(r->code, slice_text("E_UNAVAILABLE"));
        CHECK(r->retry_ms >= RETRY_MS);
        CHECK(r->receipt.at == NULL && r->detail.at == NULL);
    }
    CHECK(xa->link != NULL);
    world_free(w);
}

/* What had no entry is not answered before: later it is judged again. */
static void who_waits_is_told_the_reason_again(void)
{
    struct world *w = world();
    struct client *xa = client_dial(w, "XA-CA-01");
    run_dry(xa);
    struct letter *letter = bad_letter(w, "XA-CA-01", "XC-CA-01");
    CHECK(scene_refused(xa, letter, "E_UNAVAILABLE") != NULL);
    world_pass(w, TOKEN_MS);
    const struct heard *h = scene_refused(xa, letter, "E_SCHEMA");
    if (CHECK(h != NULL))
        CHECK(h->frame.as.refuse.receipt.at != NULL);
    letter_free(letter);
    world_free(w);
}

static void what_is_right_is_taken_however_much_was_wrong(void)
{
    struct world *w = world();
    struct client *xa = client_dial(w, "XA-CA-01"), *xc = client_dial(w, "XC-CA-01");
    run_dry(xa);
    struct letter *letter = plain_letter(w);
    CHECK(scene_send(xa, letter) != NULL);
    CHECK(client_hear(xc, FRAME_DELIVER) != NULL);
    letter_free(letter);
    world_free(w);
}

/* Tokens are the party's: neither another link nor the next one has others. */
static void all_links_of_a_party_share_its_tokens(void)
{
    struct world *w = world();
    struct client *one = client_dial(w, "XA-CA-01"), *two = client_dial(w, "XA-CA-01");
    run_dry(one);
    refused(two, 1 + RATE + 1);
    client_free(one);
    client_free(two);
    refused(client_dial(w, "XA-CA-01"), 1 + RATE + 1);
    struct client *xc = client_dial(w, "XC-CA-01");
    struct letter *letter = bad_letter(w, "XC-CA-01", "XA-CA-01");
    CHECK(scene_refused(xc, letter, "E_SCHEMA") != NULL); /* another party has its own */
    letter_free(letter);
    world_free(w);
}

/* The link ends; so does the next one as soon as it goes on, and the log says no more about it. */
static void a_storm_of_refusals_ends_the_link(void)
{
    struct world *w = world();
    struct client *xa = client_dial(w, "XA-CA-01");
    uint64_t size = 1 + RATE + 1;
    run_dry(xa);
    for (unsigned i = RATE + 1; i < RATE * RATE_STORM; i++)
        refused(xa, size);
    for (unsigned i = 0; i < 3; i++) {
        struct letter *letter = bad_letter(w, "XA-CA-01", "XC-CA-01");
        struct frame f = {.kind = FRAME_SUBMIT, .as.submit = letter->submit};
        client_give(xa, &f);
        const struct heard *bye = client_hear(xa, FRAME_BYE);
        if (CHECK(bye != NULL))
            CHECK_BYTES(bye->frame.as.bye_code, slice_text("E_UNAVAILABLE"));
        CHECK(xa->link == NULL);
        letter_free(letter);
        xa = client_dial(w, "XA-CA-01");
    }
    struct client *xc = client_dial(w, "XC-CA-01");
    struct letter *letter = bad_letter(w, "XC-CA-01", "XA-CA-01");
    CHECK(scene_refused(xc, letter, "E_SCHEMA") != NULL); /* the journal has answered all */
    CHECK_U64(world_log_size(w), size + 1);
    letter_free(letter);
    world_free(w);
}

/* Connects, breaks the protocol; the BYE must say why, whether or not the log does. */
static void break_in(struct world *w, const char *name, const char *code)
{
    struct client *c = client_connect(w, name);
    if (c->link != NULL)
        CHECK_STATUS(client_octets(c, slice_over("\x00\x00\x00\x00", 4)), REFUSE(FRAME_SIZE));
    const struct heard *bye = client_hear(c, FRAME_BYE);
    if (CHECK(bye != NULL))
        CHECK_BYTES(bye->frame.as.bye_code, slice_text(code));
    CHECK(c->link == NULL);
    client_free(c);
}

static void broken_links_do_not_fill_the_log(void)
{
    struct world *w = world();
    for (unsigned i = 0; i < 200; i++)
        break_in(w, "XA-CA-01", "E_SIZE");
    CHECK(world_await_results(w, RATE + 1));
    struct client *xa = client_dial(w, "XA-CA-01"); /* who behaves is served all the same */
    struct letter *letter = plain_letter(w);
    CHECK(scene_send(xa, letter) != NULL);
    CHECK_U64(world_log_size(w), 1 + RATE + 1 + 1);
    letter_free(letter);
    world_free(w);
}

/* Anybody's name can stand in a certificate of a State; strangers cannot use up a table. */
static void strangers_together_do_not_fill_the_log(void)
{
    static const char *const names[] = {"XB-CA-01", "XA-CA-09", "XD-GW-01", "XC-GW-01"};
    struct world *w = world();
    for (unsigned i = 0; i < 200; i++)
        break_in(w, names[i % 4], "E_ROUTE");
    CHECK(world_await_results(w, RATE * 2 + 1)); /* XB-CA-01 is in the directory */
    struct client *xc = client_dial(w, "XC-CA-01");
    struct letter *letter = bad_letter(w, "XC-CA-01", "XA-CA-01");
    CHECK(scene_refused(xc, letter, "E_SCHEMA") != NULL);
    CHECK_U64(world_log_size(w), 1 + 2 * (RATE + 1) + 1);
    letter_free(letter);
    world_free(w);
}

/* A hold is an answer of the law: it is journalled however often. */
static void holds_are_no_refusals(void)
{
    struct world *w = world();
    struct client *xa = client_dial(w, "XA-CA-01");
    run_dry(xa);
    struct letter *letter = held_letter(w);
    CHECK(scene_refused(xa, letter, "E_HELD") != NULL);
    CHECK_U64(world_log_size(w), 1 + RATE + 1 + 1);
    letter_free(letter);
    world_free(w);
}

/* Who is ended for who it is gets the entry, whatever it did before. */
static void a_revoked_peer_is_always_logged(void)
{
    struct world *w = world();
    struct client *xa = client_dial(w, "XA-CA-01");
    run_dry(xa);
    exchange_end(xa->link, REFUSE(PEER_REVOKED), w->now);
    exchange_end(xa->link, REFUSE(PEER_REVOKED), w->now); /* once */
    client_drain(xa);
    const struct heard *bye = client_hear(xa, FRAME_BYE);
    if (CHECK(bye != NULL))
        CHECK_BYTES(bye->frame.as.bye_code, slice_text("E_SIG"));
    CHECK(xa->link == NULL);
    CHECK(scene_reason(w, "peer.revoked"));
    CHECK(world_await_log(w, 1 + RATE + 2));
    CHECK_U64(world_log_size(w), 1 + RATE + 2);
    world_free(w);
}

TESTS(rates,
      {"too many refusals get one entry that says so",
       too_many_refusals_get_one_entry_that_says_so},
      {"who waits is told the reason again", who_waits_is_told_the_reason_again},
      {"what is right is taken however much was wrong",
       what_is_right_is_taken_however_much_was_wrong},
      {"all links of a party share its tokens", all_links_of_a_party_share_its_tokens},
      {"a storm of refusals ends the link", a_storm_of_refusals_ends_the_link},
      {"broken links do not fill the log", broken_links_do_not_fill_the_log},
      {"strangers together do not fill the log", strangers_together_do_not_fill_the_log},
      {"holds are no refusals", holds_are_no_refusals},
      {"a revoked peer is always logged", a_revoked_peer_is_always_logged})
