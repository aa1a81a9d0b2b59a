/* What hop 2 holds or withholds of what a peer brought, after the next law has come into force. */

#include <string.h>

#include "scenario/pair.h"

#define DAY_MS 86400000ULL

static const struct entry_wanted relayed = {ENTRY_STAGE, STAGE_RELAYED, 2};

static const char holds[] = PAIR_RULES(PAIR_HOLDS);
static const char forbids[] = PAIR_RULES(PAIR_FORBIDS);
static const char holds_later[] = PAIR_RULES_LATER(PAIR_HOLDS);
static const char holds_tomorrow[] =
    "policy \"Rules of a test\"\n version 1\n authority \"XA\"\n basis \"A test\"\n"
    " in force 2026-09-08 until 2026-09-08\n" PAIR_HOLDS "end\n";
static const char forbids_later[] = PAIR_RULES_LATER(PAIR_FORBIDS);
static const char forbids_nothing[] = PAIR_RULES_LATER(" forbid \"T-04 what nobody sends\"\n"
                                                       "  fields tag.biometric\n"
                                                       "  notice silent\n  basis \"test\"\n");
static const char forbids_facts_later[] = PAIR_RULES_LATER(" forbid \"T-05 facts\"\n"
                                                           "  fields tag.allegation\n"
                                                           "  notice silent\n"
                                                           "  basis \"test\"\n");
static const char account[] = "XC71CRLB0000000047110815";

static void what_the_new_law_holds_waits_for_the_next(void)
{
    struct pair p;
    struct letter *letter = pair_begin_away(&p);
    uint64_t size = world_log_acts(p.xc);
    pair_renew_and_meet(&p, holds);
    CHECK_U64(world_log_acts(p.xc), size + 1);
    for (unsigned i = 0; i < 2; i++) { /* it was judged by this one */
        exchange_overdue(p.xc->exchange, p.xc->now);
        pair_settle(&p);
    }
    CHECK_U64(world_log_acts(p.xc), size + 1);
    CHECK(!client_has_unread(p.recipient));
    CHECK(!client_has_unread(p.sender));
    pair_renew(&p, 3, forbids);
    exchange_overdue(p.xc->exchange, p.xc->now);
    trunk_dial(p.trunk);
    pair_take(&p, letter, pair_delivery_by(&p, letter, (struct pair_laws){1, 3}));
    CHECK_U64(scene_lines(p.xc, "hold.lifted"), 1);
    CHECK(!scene_heard(p.recipient, account));
    pair_end_quiet(&p, letter);
}

/* The same rulebook: what holds is over by its date. */
static void what_is_held_until_a_date_is_let_go_then(void)
{
    struct pair p =
        pair_new(&(struct pair_settings){.xa_law = 1, .xc_law = 1, .rules = holds_tomorrow});
    trunk_cut(p.trunk);
    struct letter *letter = pair_send(&p);
    pair_dial_at_midnight(&p);
    CHECK(pair_notice(&p, letter, &relayed));
    uint64_t size = world_log_acts(p.xc);
    for (unsigned i = 0; i < 2; i++) {
        exchange_overdue(p.xc->exchange, p.xc->now);
        pair_settle(&p);
        CHECK(client_has_unread(p.recipient) == (i == 1));
        CHECK_U64(world_log_acts(p.xc), size + i);
        pair_pass(&p, DAY_MS);
    }
    CHECK_U64(scene_lines(p.xc, "hold.lifted"), 1);
    pair_take(&p, letter, pair_delivery(&p, letter));
    pair_end_quiet(&p, letter);
}

/* An operator hears that it goes when it does, and once. */
static void what_the_journal_does_not_take_is_not_said_to_be_lifted(void)
{
    struct pair p =
        pair_new(&(struct pair_settings){.xa_law = 1, .xc_law = 1, .rules = holds_later});
    trunk_cut(p.trunk);
    struct letter *letter = pair_send(&p);
    pair_dial_at_midnight(&p);
    CHECK(pair_notice(&p, letter, &relayed));
    pair_renew(&p, 2, NULL);
    exchange_overdue(p.xc->exchange, p.xc->now);
    CHECK_U64(scene_lines(p.xc, "hold.lifted"), 0);
    pair_settle(&p);
    CHECK_U64(scene_lines(p.xc, "hold.lifted"), 1);
    trunk_dial(p.trunk);
    pair_take(&p, letter, pair_delivery(&p, letter));
    pair_end_quiet(&p, letter);
}

/* Many are looked through in turns, each once for each rulebook. */
static void all_that_is_held_is_lifted(void)
{
    enum { MANY = 40 };
    struct pair p =
        pair_new(&(struct pair_settings){.xa_law = 1, .xc_law = 1, .rules = holds_later});
    struct letter *letters[MANY];
    trunk_cut(p.trunk);
    for (size_t i = 0; i < MANY; i++)
        letters[i] = pair_send(&p);
    pair_dial_at_midnight(&p);
    for (size_t i = 0; i < MANY; i++)
        CHECK(pair_notice(&p, letters[i], &relayed));
    pair_settle(&p);
    CHECK(!client_has_unread(p.recipient));
    pair_renew(&p, 2, NULL);
    for (unsigned i = 0; i < 3; i++) {
        exchange_overdue(p.xc->exchange, p.xc->now);
        pair_settle(&p);
    }
    CHECK_U64(scene_lines(p.xc, "hold.lifted"), MANY);
    for (size_t i = 0; i < MANY; i++) {
        uint64_t number = pair_delivery_by(&p, letters[i], (struct pair_laws){1, 2});
        client_take(p.recipient, number, &letters[i]->key, STAGE_DELIVERED);
        letter_free(letters[i]);
    }
    pair_end(&p);
}

/* A letter that comes over when its recipient is away and these rules are in force, then law 2
 * without any, then its delivery. Beside a hold the log grows by an entry more, as it does by
 * whatever else happens there. */
static void tell(const char *rules, struct pair *p)
{
    *p = pair_new(&(struct pair_settings){.xa_law = 1, .xc_law = 1, .rules = rules});
    client_cut(p->recipient);
    trunk_cut(p->trunk);
    struct letter *letter = pair_send(p);
    pair_dial_at_midnight(p);
    CHECK(pair_notice(p, letter, &relayed));
    pair_settle(p);
    pair_renew(p, 2, NULL);
    trunk_dial(p->trunk);
    exchange_overdue(p->xc->exchange, p->xc->now);
    pair_settle(p);
    p->recipient = client_dial(p->xc, "XC-CA-01");
    uint64_t number =
        pair_delivery_by(p, letter, (struct pair_laws){1, rules == holds_later ? 2 : 1});
    if (rules != holds_later) {
        struct letter *other =
            scene_letter(p->xc, plain_document("UNTOC18"), "XC-CA-01", "XC-POL-01");
        other->submit.flags = SUBMIT_DRY_RUN;
        CHECK(client_submit(p->recipient, &other->submit) != NULL);
        letter_free(other);
    }
    pair_take(p, letter, number);
    pair_settle(p);
    letter_free(letter);
}

static void the_far_side_cannot_tell_that_it_was_held(void)
{
    struct pair open, held;
    tell(forbids_nothing, &open);
    tell(holds_later, &held);
    CHECK_U64(scene_lines(held.xc, "hold.lifted"), 1);
    CHECK_U64(scene_lines(open.xc, "hold.lifted"), 0);
    CHECK_U64(world_log_size(held.xc), world_log_size(open.xc));
    CHECK_U64(held.trunk->count, open.trunk->count);
    for (size_t i = 0; i < open.trunk->count && i < held.trunk->count; i++) {
        CHECK_U64(held.trunk->passed[i].from, open.trunk->passed[i].from);
        CHECK_U64(held.trunk->passed[i].kind, open.trunk->passed[i].kind);
        CHECK_U64(held.trunk->passed[i].length, open.trunk->passed[i].length);
    }
    const struct heard *a = open.sender->heard, *b = held.sender->heard;
    for (; a != NULL && b != NULL; a = a->next, b = b->next) {
        CHECK_U64(b->frame.kind, a->frame.kind);
        CHECK_U64(b->octets.length, a->octets.length);
        CHECK_U64(b->at_ms, a->at_ms);
    }
    CHECK(a == NULL && b == NULL);
    pair_end(&open);
    pair_end(&held);
}

/* Of a field that hop 2 withheld nothing is lost: the next law may let it go. */
static void what_hop_2_withheld_may_be_let_go_by_the_next_law(void)
{
    struct pair p =
        pair_new(&(struct pair_settings){.xa_law = 1, .xc_law = 1, .rules = forbids_later});
    client_cut(p.recipient);
    trunk_cut(p.trunk);
    struct letter *letter = pair_send(&p);
    pair_dial_at_midnight(&p);
    CHECK(pair_notice(&p, letter, &relayed));
    pair_settle(&p);
    uint64_t size = world_log_acts(p.xc);
    pair_renew_and_meet(&p, NULL);
    CHECK_U64(world_log_acts(p.xc), size + 1);
    pair_take(&p, letter, pair_delivery_by(&p, letter, (struct pair_laws){1, 2}));
    CHECK(scene_heard(p.recipient, account));
    pair_end_quiet(&p, letter);
}

/* How much of what hop 1 derives of A.3 is delivered, where hop 2 first judges by these rules and
 * the recipient comes after law 2 with those. */
static size_t derived_after(const char *first, const char *second)
{
    struct pair p = pair_new(&(struct pair_settings){.xa_law = 1, .xc_law = 1, .rules = first});
    client_cut(p.recipient);
    trunk_cut(p.trunk);
    struct letter *letter = a3_letter(p.xa);
    CHECK(scene_send(p.sender, letter) != NULL);
    pair_dial_at_midnight(&p);
    CHECK(pair_notice(&p, letter, &relayed));
    pair_renew_and_meet(&p, second);
    pair_take(&p, letter, pair_delivery(&p, letter));
    const struct heard *h = p.recipient->heard;
    while (h != NULL && h->frame.kind != FRAME_DELIVER)
        h = h->next;
    size_t count = h == NULL ? 0 : h->frame.as.deliver.derived.count;
    letter_free(letter);
    pair_end(&p);
    return count;
}

static void what_hop_1_derived_is_judged_again_too(void)
{
    size_t all = derived_after(NULL, NULL);
    CHECK(all > 0);
    CHECK(derived_after(NULL, forbids_facts_later) < all);
    CHECK_U64(derived_after(forbids_facts_later, NULL), all);
}

TESTS(held,
      {"what the new law holds waits for the next", what_the_new_law_holds_waits_for_the_next},
      {"what is held until a date is let go then", what_is_held_until_a_date_is_let_go_then},
      {"what the journal does not take is not said to be lifted",
       what_the_journal_does_not_take_is_not_said_to_be_lifted},
      {"all that is held is lifted", all_that_is_held_is_lifted},
      {"the far side cannot tell that it was held", the_far_side_cannot_tell_that_it_was_held},
      {"what hop 2 withheld may be let go by the next law",
       what_hop_2_withheld_may_be_let_go_by_the_next_law},
      {"what hop 1 derived is judged again too", what_hop_1_derived_is_judged_again_too})
