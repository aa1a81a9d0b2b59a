/* What lies in a party's box at its one home gateway while another rulebook comes into force, and
 * what a party asks for again that it has. */

#include <string.h>

#include "exchange/link.h"
#include "scenario/pair.h"
#include "session/query.h"

#define DAY_MS 86400000ULL
#define LONG_MS                                                                                    \
    600000U /* no reader takes a new release of a message that is older than 5 minutes */
#define LETTERS 6U
#define A_TURN  4U /* judged again in it */

static const struct entry_wanted delivered = {ENTRY_STAGE, STAGE_DELIVERED, 1};
static const struct entry_wanted not_delivered = {ENTRY_STAGE, STAGE_NOT_DELIVERED, 1};

static const char holds[] = PAIR_RULES(PAIR_HOLDS);
static const char refuses[] = PAIR_RULES(PAIR_REFUSES);
static const char forbids[] = PAIR_RULES(PAIR_FORBIDS);
static const char account[] = "XC71CRLB0000000047110815";

struct office {
    struct world *world;
    struct client *sender, *recipient; /* XA-CA-01, XC-CA-01 */
    struct letter *letter;
};

static struct letter *send_one(struct office *o)
{
    static const uint8_t thread[UUID_BYTES] = {[6] = 0x40, [8] = 0x80};
    struct letter *letter = plain_letter(o->world);
    letter->draft.claims.thread = slice_over(thread, sizeof thread);
    letter_seal(letter, "XA-CA-01");
    CHECK(scene_send(o->sender, letter) != NULL);
    return letter;
}

/* One letter, accepted under law 1; its recipient is not there. */
static struct office begin(void)
{
    struct office o = {.world = world_new(&(struct world_settings){.law = 1})};
    o.sender = client_dial(o.world, "XA-CA-01");
    o.letter = send_one(&o);
    return o;
}

static void end(struct office *o)
{
    world_settle(o->world);
    CHECK(!client_has_unread(o->sender));
    CHECK(!client_has_unread(o->recipient));
    letter_free(o->letter);
    world_free(o->world);
}

static void renew(struct office *o, unsigned law, const char *rules)
{
    o->world->settings.rules = rules;
    world_renew_law(o->world, law);
}

static void arrive(struct office *o)
{
    o->recipient = client_dial(o->world, "XC-CA-01");
    world_settle(o->world);
}

/* The next delivery is of this letter, and holds as its recipient checks it; by this law. */
static uint64_t expect_delivery(struct office *o, const struct letter *letter, uint64_t law,
                                uint64_t number)
{
    struct arena *arena = arena_new((size_t)16 << 20);
    const struct heard *h = client_hear(o->recipient, FRAME_DELIVER);
    const struct delivery_verified *v =
        CHECK(h != NULL) ? scene_verify(o->world, arena, &h->frame.as.deliver, "XC-CA-01") : NULL;
    if (CHECK(v != NULL) && CHECK_U64(v->hops, 1)) {
        CHECK_BYTES(v->envelope->claims.id, letter->key.id);
        CHECK_U64(v->releases[0].rulebook.law, law);
        CHECK_U64(v->releases[0].number, number);
    }
    arena_free(arena);
    return h == NULL ? 0 : h->frame.number;
}

static void expect_notice(struct office *o, const struct entry_wanted *wanted, const char *code)
{
    struct proved proved;
    const struct heard *h = client_hear(o->sender, FRAME_RECEIPT);
    if (CHECK(h != NULL) &&
        scene_receipt(o->world, o->letter, h->frame.as.receipt.receipt, wanted, &proved))
        CHECK_BYTES(proved.outer.code, slice_text(code));
}

static void take(struct office *o, uint64_t number)
{
    client_take(o->recipient, number, &o->letter->key, STAGE_DELIVERED);
    expect_notice(o, &delivered, NULL);
}

static void what_the_new_law_does_not_change_goes_as_it_is(void)
{
    struct office o = begin();
    uint64_t size = world_log_acts(o.world);
    world_pass(o.world, DAY_MS);
    renew(&o, 2, NULL);
    arrive(&o);
    CHECK_U64(world_log_acts(o.world), size);
    take(&o, expect_delivery(&o, o.letter, 1, 1));
    CHECK(scene_heard(o.recipient, account));
    end(&o);
}

static void what_the_new_law_forbids_is_not_delivered(void)
{
    struct office o = begin();
    uint64_t size = world_log_acts(o.world);
    renew(&o, 2, forbids);
    arrive(&o);
    CHECK_U64(world_log_acts(o.world), size + 1);
    take(&o, expect_delivery(&o, o.letter, 2, 1));
    CHECK(!scene_heard(o.recipient, account));
    CHECK(scene_heard(o.recipient, "Halmar"));
    end(&o);
}

static void what_is_too_old_for_a_new_release_fails(void)
{
    struct office o = begin();
    world_pass(o.world, LONG_MS);
    renew(&o, 2, forbids);
    arrive(&o);
    expect_notice(&o, &not_delivered, "E_STALE");
    end(&o);
}

static void what_the_new_law_refuses_fails(void)
{
    struct office o = begin();
    renew(&o, 2, refuses);
    arrive(&o);
    expect_notice(&o, &not_delivered, "E_PURPOSE");
    end(&o);
}

/* It is for the sender to seal it anew, and until it expires it could be let go. */
static void what_the_new_law_holds_fails_in_its_time(void)
{
    struct office o = begin();
    renew(&o, 2, holds);
    arrive(&o);
    exchange_overdue(o.world->exchange, o.world->now);
    world_settle(o.world);
    CHECK(!client_has_unread(o.recipient));
    CHECK(!client_has_unread(o.sender));
    world_pass(o.world, o.letter->draft.claims.expires_ms - o.world->now.wall_ms + 1);
    exchange_overdue(o.world->exchange, o.world->now);
    expect_notice(&o, &not_delivered, "E_EXPIRED");
    exchange_overdue(o.world->exchange, o.world->now);
    end(&o);
}

/* The turns of a link, each begun by its timer. */
static void tick(struct office *o)
{
    world_pass(o->world, 1);
    CHECK_OK(exchange_tick(o->recipient->link, o->world->now));
    client_drain(o->recipient);
}

static size_t unread(const struct client *c)
{
    size_t count = 0;
    for (const struct heard *h = c->heard; h != NULL; h = h->next)
        count += !h->read && h->frame.kind == FRAME_DELIVER;
    return count;
}

/* Whether it is changed or not, everything comes in the order in which it was sent, also before
 * what was sent under the new law; and the other links have their turn in between. */
static void many_are_judged_in_turns_and_keep_their_order(void)
{
    for (unsigned i = 0; i < 2; i++) {
        struct office o = begin();
        struct letter *letters[LETTERS] = {o.letter};
        for (size_t k = 1; k < LETTERS; k++) {
            if (k == LETTERS - 1)
                renew(&o, 2, i == 0 ? NULL : forbids);
            letters[k] = send_one(&o);
        }
        o.recipient = client_dial(o.world, "XC-CA-01");
        if (i == 0)
            CHECK_U64(unread(o.recipient), A_TURN);
        for (unsigned k = 0; k < LETTERS; k++) {
            world_settle(o.world);
            tick(&o);
        }
        CHECK_U64(unread(o.recipient), LETTERS);
        for (size_t k = 0; k < LETTERS; k++)
            CHECK(expect_delivery(&o, letters[k], i == 0 && k < LETTERS - 1 ? 1 : 2, k + 1) != 0);
        CHECK(scene_heard(o.recipient, account) == (i == 0));
        for (size_t k = 1; k < LETTERS; k++)
            letter_free(letters[k]);
        end(&o);
    }
}

/* ---- asked for ---- */

static const struct heard *fetch(struct office *o)
{
    const struct query_args args = {.what = QUERY_FETCH, .has_key = true, .key = o->letter->key};
    return client_ask(o->recipient, &args);
}

/* What is fetched holds, was released by this law, and has the account or not. */
static void expect_fetched(struct office *o, uint64_t law, bool has_account)
{
    struct arena *arena = arena_new((size_t)16 << 20);
    struct deliver deliver;
    const struct heard *h = fetch(o);
    const struct delivery_verified *v = NULL;
    if (CHECK(h != NULL) && CHECK_U64(h->frame.kind, FRAME_ANSWER) &&
        CHECK_OK(fetch_row_parse(arena, h->frame.as.answer.rows.at[0], &deliver)))
        v = scene_verify(o->world, arena, &deliver, "XC-CA-01");
    if (CHECK(v != NULL)) {
        CHECK_U64(v->releases[0].rulebook.law, law);
        CHECK_U64(v->releases[0].number, 1);
        CHECK(slice_holds(h->octets, slice_text(account)) == has_account);
    }
    arena_free(arena);
}

static void expect_unknown(struct office *o)
{
    const struct heard *h = fetch(o);
    if (CHECK(h != NULL) && CHECK_U64(h->frame.kind, FRAME_REFUSE))
        CHECK_BYTES(h->frame.as.refuse.code, slice_text("E_UNKNOWN"));
}

static struct inbox_row look(struct office *o)
{
    const struct query_args args = {.what = QUERY_INBOX, .limit = 10};
    struct inbox_row row = {0};
    const struct heard *h = client_ask(o->recipient, &args);
    if (CHECK(h != NULL) && CHECK_U64(h->frame.kind, FRAME_ANSWER) &&
        CHECK_U64(h->frame.as.answer.rows.count, 1))
        CHECK_OK(inbox_row_parse(o->letter->arena, h->frame.as.answer.rows.at[0], &row));
    return row;
}

static void what_was_taken_is_given_again_as_the_new_law_lets_it(void)
{
    struct office o = begin();
    arrive(&o);
    take(&o, expect_delivery(&o, o.letter, 1, 1));
    uint64_t size = world_log_acts(o.world); /* that it is read is an act by itself */
    renew(&o, 2, NULL);
    expect_fetched(&o, 1, true);
    CHECK_U64(world_log_acts(o.world), size + 1);
    renew(&o, 3, forbids);
    expect_fetched(&o, 3, false);
    CHECK_U64(world_log_acts(o.world), size + 3);
    CHECK_U64(look(&o).stage, STAGE_DELIVERED);
    expect_fetched(&o, 3, false);
    CHECK_U64(world_log_acts(o.world), size + 4);
    client_take(o.recipient, 0, &o.letter->key, STAGE_RETRIEVED);
    expect_notice(&o, &(struct entry_wanted){ENTRY_STAGE, STAGE_RETRIEVED, 1}, NULL);
    end(&o);
}

/* It has come, and no stage takes that back; but it does not come again. */
static void what_was_taken_and_is_forbidden_is_not_given_again(void)
{
    static const char *const rules[] = {holds, refuses, forbids};
    struct office o = begin();
    arrive(&o);
    take(&o, expect_delivery(&o, o.letter, 1, 1));
    world_pass(o.world, LONG_MS);
    uint64_t size = world_log_acts(o.world);
    for (unsigned i = 0; i < 3; i++) {
        renew(&o, 2 + i, rules[i]);
        expect_unknown(&o);
    }
    CHECK_U64(look(&o).stage, STAGE_DELIVERED);
    CHECK_U64(world_log_acts(o.world), size);
    renew(&o, 5, NULL);
    expect_fetched(&o, 1, true);
    CHECK_U64(world_log_acts(o.world), size + 1); /* read, and not decided about */
    end(&o);
}

/* Its delivery is on its way and not taken when the law changes. */
static void what_is_asked_for_before_it_is_taken_is_judged_as_it_waits(void)
{
    struct office o = begin();
    arrive(&o);
    CHECK(expect_delivery(&o, o.letter, 1, 1) != 0);
    renew(&o, 2, forbids);
    expect_fetched(&o, 2, false);
    renew(&o, 3, refuses);
    expect_unknown(&o);
    expect_notice(&o, &not_delivered, "E_PURPOSE");
    renew(&o, 4, NULL); /* what was signed as not delivered stays so */
    expect_unknown(&o);
    end(&o);
}

/* Before its failure is signed, too; but what has come may be read for as long as it is kept. */
static void what_has_expired_is_given_only_to_who_has_taken_it(void)
{
    for (unsigned taken = 0; taken < 2; taken++) {
        struct office o = begin();
        const uint64_t left_ms = o.letter->draft.claims.expires_ms - o.world->now.wall_ms;
        arrive(&o);
        uint64_t number = expect_delivery(&o, o.letter, 1, 1);
        if (taken == 1)
            take(&o, number);
        world_pass(o.world, left_ms);
        expect_fetched(&o, 1, true);
        world_pass(o.world, 1);
        if (taken == 1) {
            expect_fetched(&o, 1, true);
        } else {
            expect_unknown(&o);
            exchange_overdue(o.world->exchange, o.world->now);
            expect_notice(&o, &not_delivered, "E_EXPIRED");
        }
        end(&o);
    }
}

/* The next law is in hand while what was judged by the old one is answered. */
static void by_the_law_that_is_replaced_nothing_is_handed_over_any_more(void)
{
    struct office o = begin();
    exchange_pause(o.world->exchange);
    arrive(&o);
    CHECK(!client_has_unread(o.recipient));
    renew(&o, 2, forbids);
    world_settle(o.world);
    take(&o, expect_delivery(&o, o.letter, 2, 1));
    CHECK(!scene_heard(o.recipient, account));
    end(&o);
}

/* Another link of the party's has it decided again while this one looks at it: what stays at home
 * is of that decision then, and would be lost with what goes of the one before. */
static void of_two_decisions_nothing_is_made(void)
{
    struct office o = begin();
    struct delivery before;
    bool goes = true;
    CHECK_OK(journal_fetch(o.world->reader, o.letter->arena, &o.letter->key, 0, &before));
    o.recipient = client_dial(o.world, "XC-CA-01");
    CHECK(expect_delivery(&o, o.letter, 1, 1) != 0);
    renew(&o, 2, forbids);
    expect_fetched(&o, 2, false);
    uint64_t size = world_log_acts(o.world);
    renew(&o, 3, NULL);
    CHECK_OK(link_may_go(o.recipient->link, o.letter->arena, &before, o.world->now, &goes));
    world_settle(o.world);
    CHECK(!goes);
    CHECK_U64(world_log_acts(o.world), size);
    expect_fetched(&o, 3, true);
    end(&o);
}

TESTS(dispatch,
      {"what has expired is given only to who has taken it",
       what_has_expired_is_given_only_to_who_has_taken_it},
      {"what the new law does not change goes as it is",
       what_the_new_law_does_not_change_goes_as_it_is},
      {"what the new law forbids is not delivered", what_the_new_law_forbids_is_not_delivered},
      {"what is too old for a new release fails", what_is_too_old_for_a_new_release_fails},
      {"what the new law refuses fails", what_the_new_law_refuses_fails},
      {"what the new law holds fails in its time", what_the_new_law_holds_fails_in_its_time},
      {"many are judged in turns and keep their order",
       many_are_judged_in_turns_and_keep_their_order},
      {"what was taken is given again as the new law lets it",
       what_was_taken_is_given_again_as_the_new_law_lets_it},
      {"what was taken and is forbidden is not given again",
       what_was_taken_and_is_forbidden_is_not_given_again},
      {"by the law that is replaced nothing is handed over any more",
       by_the_law_that_is_replaced_nothing_is_handed_over_any_more},
      {"of two decisions nothing is made", of_two_decisions_nothing_is_made},
      {"what is asked for before it is taken is judged as it waits",
       what_is_asked_for_before_it_is_taken_is_judged_as_it_waits})
