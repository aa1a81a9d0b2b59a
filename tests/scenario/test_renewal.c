/* Another rulebook comes into force while links are open. */

#include <string.h>

#include "exchange/link.h"
#include "scenario/pair.h"
#include "session/query.h"

static struct letter *letter_between(const struct world *w, const char *from, const char *to)
{
    return scene_letter(w, plain_document("UNTOC18"), from, to);
}

/* The entry of this answer names the rulebook that it was judged by. */
static void check_judged_by(struct arena *arena, struct slice receipt,
                            const struct digest *rulebook)
{
    struct outer outer;
    if (scene_outer(arena, receipt, &outer))
        CHECK(digest_equal(rulebook, outer.rulebook));
}

static void who_is_no_longer_at_home_is_ended(void)
{
    struct world *w = world_new(&(struct world_settings){0});
    struct client *xa = client_dial(w, "XA-CA-01"), *police = client_dial(w, "XA-POL-01");
    struct client *officer = client_dial(w, "XA-POL-01/2207");
    uint64_t size = world_log_acts(w);
    world_renew(w, "XA-POL-01");
    CHECK(xa->link != NULL && police->link == NULL && officer->link == NULL);
    const struct heard *bye = client_hear(police, FRAME_BYE);
    if (CHECK(bye != NULL))
        CHECK_BYTES(bye->frame.as.bye_code, slice_text("E_ROUTE"));
    CHECK(scene_reason(w, "route.unknown"));
    world_settle(w);
    CHECK_U64(world_log_acts(w), size + 2);
    struct letter *letter = letter_between(w, "XA-CA-01", "XC-CA-01");
    CHECK(scene_send(xa, letter) != NULL);
    police = client_connect(w, "XA-POL-01");
    CHECK(police->link == NULL);
    letter_free(letter);
    world_free(w);
}

static void what_comes_after_is_judged_by_the_new_one(void)
{
    struct world *w = world_new(&(struct world_settings){0});
    struct client *xa = client_dial(w, "XA-CA-01");
    struct digest old = w->rulebook->digest;
    struct letter *before = letter_between(w, "XA-CA-01", "XC-CA-01");
    struct letter *after = letter_between(w, "XA-CA-01", "XC-CA-01");
    struct letter *gone = letter_between(w, "XA-CA-01", "XA-POL-01");
    const struct heard *h = scene_send(xa, before);
    if (h != NULL)
        check_judged_by(before->arena, h->frame.as.receipt.receipt, &old);
    world_renew(w, "XA-POL-01");
    CHECK(!digest_equal(&old, digest_slice(&w->rulebook->digest)));
    h = scene_send(xa, after);
    if (h != NULL)
        check_judged_by(after->arena, h->frame.as.receipt.receipt, &w->rulebook->digest);
    h = scene_refused(xa, gone, "E_ROUTE");
    if (h != NULL)
        check_judged_by(gone->arena, h->frame.as.refuse.receipt, &w->rulebook->digest);
    letter_free(before);
    letter_free(after);
    letter_free(gone);
    world_free(w);
}

/* The journal has them, or will have: their answers and entries are those of their judgement. */
static void what_has_begun_is_finished_by_the_old_one(void)
{
    enum { LETTERS = 8 };
    struct world *w = world_new(&(struct world_settings){0});
    struct client *xa = client_dial(w, "XA-CA-01");
    struct digest old = w->rulebook->digest;
    struct letter *letters[LETTERS];
    for (unsigned i = 0; i < LETTERS; i++) {
        letters[i] = letter_between(w, "XA-CA-01", i % 2 == 0 ? "XC-CA-01" : "XC-CA-77");
        struct frame f = {.kind = FRAME_SUBMIT, .as.submit = letters[i]->submit};
        client_give(xa, &f);
    }
    world_renew(w, "XC-CA-01"); /* the recipient of what is pending */
    for (unsigned i = 0; i < LETTERS; i++) {
        const struct heard *h = client_hear(xa, i % 2 == 0 ? FRAME_RECEIPT : FRAME_REFUSE);
        if (CHECK(h != NULL))
            check_judged_by(letters[i]->arena,
                            i % 2 == 0 ? h->frame.as.receipt.receipt : h->frame.as.refuse.receipt,
                            &old);
        letter_free(letters[i]);
    }
    CHECK_U64(world_log_acts(w), 1 + LETTERS);
    world_free(w);
}

/* A party that goes while its own work is pending: the work is done, the answer has no link. */
static void who_is_ended_finds_its_answers_when_it_is_back(void)
{
    struct world *w = world_new(&(struct world_settings){0});
    struct client *xa = client_dial(w, "XA-CA-01");
    struct letter *letter = letter_between(w, "XA-CA-01", "XC-CA-01");
    struct frame f = {.kind = FRAME_SUBMIT, .as.submit = letter->submit};
    client_give(xa, &f);
    world_renew(w, "XA-CA-01");
    CHECK(xa->link == NULL);
    world_settle(w);
    CHECK_U64(world_log_acts(w), 3); /* its letter, its end */
    world_renew(w, "");
    xa = client_dial(w, "XA-CA-01");
    CHECK(scene_send(xa, letter) != NULL);
    CHECK_U64(world_log_acts(w), 3);
    letter_free(letter);
    world_free(w);
}

/* A delivery that is on its way is the party's; one that is not waits for its next link. */
static void mail_waits_for_a_party_that_is_back(void)
{
    struct world *w = world_new(&(struct world_settings){0});
    struct client *xa = client_dial(w, "XA-CA-01"), *xc = client_dial(w, "XC-CA-01");
    struct letter *letter = letter_between(w, "XA-CA-01", "XC-CA-01");
    CHECK(scene_send(xa, letter) != NULL);
    CHECK(client_hear(xc, FRAME_DELIVER) != NULL);
    world_renew(w, "XC-CA-01");
    CHECK(xc->link == NULL);
    world_renew(w, "");
    xc = client_dial(w, "XC-CA-01");
    CHECK(client_hear(xc, FRAME_DELIVER) != NULL);
    letter_free(letter);
    world_free(w);
}

/* Its stage is recorded under the rulebook of the moment in which it is taken. */
static void a_stage_names_the_rulebook_of_its_time(void)
{
    struct world *w = world_new(&(struct world_settings){0});
    struct client *xa = client_dial(w, "XA-CA-01"), *xc = client_dial(w, "XC-CA-01");
    struct letter *letter = letter_between(w, "XA-CA-01", "XC-CA-01");
    CHECK(scene_send(xa, letter) != NULL);
    const struct heard *deliver = client_hear(xc, FRAME_DELIVER);
    world_renew(w, "XA-POL-01");
    if (CHECK(deliver != NULL))
        client_take(xc, deliver->frame.number, &letter->key, STAGE_DELIVERED);
    const struct heard *notice = client_hear(xa, FRAME_RECEIPT);
    if (CHECK(notice != NULL))
        check_judged_by(letter->arena, notice->frame.as.receipt.receipt, &w->rulebook->digest);
    letter_free(letter);
    world_free(w);
}

/* Asked for; given by the law that withholds the account, or, with a code, refused. */
static void check_fetched(struct client *xc, const struct letter *letter, const char *code)
{
    const struct query_args args = {.what = QUERY_FETCH, .has_key = true, .key = letter->key};
    const struct heard *h = client_ask(xc, &args);
    if (!CHECK(h != NULL) || !CHECK_U64(h->frame.kind, code == NULL ? FRAME_ANSWER : FRAME_REFUSE))
        return;
    if (code != NULL)
        CHECK_BYTES(h->frame.as.refuse.code, slice_text(code));
    CHECK(!slice_holds(h->octets, slice_text("XC71CRLB0000000047110815")));
}

/* Of two workers one has taken the law in force, and the other not yet. */
static void a_late_worker_decides_nothing_again_by_the_law_before(void)
{
    struct world *w = world_new(&(struct world_settings){.law = 1});
    struct snapshot *before = snapshot_hold(w->snapshot);
    struct client *xa = client_dial(w, "XA-CA-01");
    struct letter *letter = plain_letter(w);
    CHECK(scene_send(xa, letter) != NULL);
    w->settings.rules = PAIR_RULES(PAIR_FORBIDS);
    world_renew_law(w, 2);
    struct client *xc = client_dial(w, "XC-CA-01");
    CHECK(client_hear(xc, FRAME_DELIVER) != NULL);
    check_fetched(xc, letter, NULL);
    exchange_renew(w->exchange, before, w->now);
    check_fetched(xc, letter, "E_UNAVAILABLE");
    exchange_renew(w->exchange, w->snapshot, w->now);
    check_fetched(xc, letter, NULL);
    snapshot_drop(before);
    letter_free(letter);
    world_free(w);
}

TESTS(renewal, {"who is no longer at home is ended", who_is_no_longer_at_home_is_ended},
      {"what comes after is judged by the new one", what_comes_after_is_judged_by_the_new_one},
      {"what has begun is finished by the old one", what_has_begun_is_finished_by_the_old_one},
      {"who is ended finds its answers when it is back",
       who_is_ended_finds_its_answers_when_it_is_back},
      {"mail waits for a party that is back", mail_waits_for_a_party_that_is_back},
      {"a stage names the rulebook of its time", a_stage_names_the_rulebook_of_its_time},
      {"a late worker decides nothing again by the law before",
       a_late_worker_decides_nothing_again_by_the_law_before})
