/* What an honest peer gateway brings, as the recipient's gateway judges it. */

#include "hop.h"

#include <stdio.h>
#include <string.h>

#include "exchange/disclosure.h"
#include "message/shape.h"

static const char *const secrets[] = {"Dostan",   "Mirela",        "2001-11-05",
                                      "C3390174", "+999551200481", NULL};

static bool holds(struct slice in, const char *text)
{
    return slice_holds(in, slice_text(text));
}

static struct body body_of(struct hop *hop, const struct judgement *j)
{
    struct body body = {0};
    CHECK_OK(body_parse(hop->arena, j->posting.message.body, &body));
    return body;
}

static void a3_over_two_hops_is_a3_over_one(void)
{
    struct hop *hop = hop_new();
    struct letter *letter = hop_a3(hop);
    struct offer offer = hop_judge(hop, letter);
    struct deliver one = hop_deliver(hop, &offer);
    struct judgement j = hop_relay(hop, &one);
    CHECK_U64(j.code, REFUSAL_NONE);
    if (CHECK_U64(j.posting.kind, POSTING_DISCLOSURE)) {
        struct body two = body_of(hop, &j);
        CHECK_U64(one.message.fields.count, 69);
        CHECK_BYTES(two.message, one.message_raw); /* octet for octet, seal and all */
        if (CHECK_U64(two.derived.count, 3) && CHECK_U64(one.derived.count, 3))
            for (size_t i = 0; i < 3; i++)
                CHECK_BYTES(two.derived.at[i], one.derived.at[i]);
        for (size_t i = 0; secrets[i] != NULL; i++)
            CHECK(!holds(j.posting.message.body, secrets[i]));
    }
    letter_free(letter);
    hop_free(hop);
}

static void a_release_of_hop_2_carries_on_what_hop_1_said(void)
{
    struct hop *hop = hop_new();
    struct letter *letter = hop_a3(hop);
    struct offer offer = hop_judge(hop, letter);
    struct deliver d = hop_deliver(hop, &offer);
    struct judgement j = hop_relay(hop, &d);
    const struct release *r = &j.posting.release;
    CHECK_U64(r->hop, 2);
    CHECK_BYTES(r->gateway, slice_text("XC-GW-01"));
    CHECK_BYTES(r->previous_leaf, digest_slice(&hop->log.leaves[1]));
    CHECK_U64(r->previous_size, 2);
    CHECK_U64(r->digests.count, offer.release.digests.count);
    CHECK(slices_ascending(r->digests));
    if (CHECK_U64(r->withheld_count, 7) && CHECK_U64(offer.release.withheld_count, 7))
        for (size_t i = 0; i < 7; i++)
            CHECK_BYTES(r->withheld[i].path, offer.release.withheld[i].path);
    if (CHECK_U64(r->obligations.count, 2))
        for (size_t i = 0; i < 2; i++)
            CHECK_BYTES(r->obligations.at[i], offer.release.obligations.at[i]);
    letter_free(letter);
    hop_free(hop);
}

static void the_posting_names_hop_1_and_where_it_came_from(void)
{
    struct hop *hop = hop_new();
    struct letter *letter = hop_a3(hop);
    struct offer offer = hop_judge(hop, letter);
    struct deliver d = hop_deliver(hop, &offer);
    struct judgement j = hop_relay(hop, &d);
    const struct posting *p = &j.posting;
    struct digest release = digest_of(SEPARATION_RELEASE, d.releases.at[0]);
    CHECK_U64(p->outer.kind, ENTRY_DISCLOSURE);
    CHECK_U64(p->outer.stage, STAGE_RELAYED);
    CHECK_U64(p->outer.hop, 2);
    CHECK_U64(p->outer.code.length, 0);
    CHECK_BYTES(p->inner.actor, slice_text("XA-GW-01"));
    CHECK_U64(p->inner.field_count, 69 + 3);
    CHECK_BYTES(p->message.box, slice_text("XC-CA-01"));
    CHECK_BYTES(p->message.origin, slice_text("XA-GW-01"));
    CHECK_BYTES(p->relayed.release, digest_slice(&release));
    CHECK(memcmp(&p->relayed.keys, &p->keys, sizeof p->keys) != 0);
    struct body body = body_of(hop, &j);
    if (CHECK_U64(body.releases.count, 1) && CHECK_U64(body.receipts.count, 1)) {
        CHECK_BYTES(body.releases.at[0], d.releases.at[0]);
        CHECK_BYTES(body.receipts.at[0], d.receipts.at[0]);
    }
    letter_free(letter);
    hop_free(hop);
}

/* The elements of the DELIVER that the recipient gets. */
static struct deliver delivered(struct hop *hop, const struct letter *letter)
{
    struct delivery kept = {0};
    struct body body = {0};
    CHECK_OK(journal_fetch(hop->world->reader, hop->arena, &letter->key, 0, &kept));
    CHECK_OK(body_parse(hop->arena, kept.body, &body));
    struct slice *both = arena_array(hop->arena, 4, sizeof *both);
    both[0] = body.releases.at[0];
    both[1] = kept.release;
    both[2] = body.receipts.at[0];
    both[3] = kept.receipt;
    struct deliver d = {.message_raw = body.message, .derived = body.derived};
    struct mp_cursor c = mp_over(body.message);
    mp_array_of(&c, 2);
    d.message.seal = mp_bytes(&c, 0, SIZE_MAX);
    d.message.fields = mp_bytes_list(&c, hop->arena, HOP_FIELDS_MAX, 0, SIZE_MAX);
    d.releases = (struct slices){both, 2};
    d.receipts = (struct slices){both + 2, 2};
    return d;
}

static void the_recipient_verifies_both_hops(void)
{
    struct hop *hop = hop_new();
    struct letter *letter = hop_a3(hop);
    struct offer offer = hop_judge(hop, letter);
    struct deliver first = hop_deliver(hop, &offer);
    struct judgement j = hop_relay(hop, &first);
    CHECK(hop_post(hop, &j).length > 0);
    struct deliver d = delivered(hop, letter);
    const struct delivery_verified *v = NULL;
    const struct reader_state reader = {.me = slice_text("XC-CA-01"),
                                        .now_ms = hop->world->now.wall_ms};
    if (CHECK_OK(chain_verify(hop->arena, &d, hop->world->rulebook->directory, &reader, &v))) {
        CHECK_U64(v->hops, 2);
        CHECK_U64(v->contents->field_count, 69);
        CHECK_U64(v->contents->derived_count, 3);
        CHECK_U64(v->releases[0].number, 0);
        CHECK_U64(v->releases[1].number, 1);
    }
    letter_free(letter);
    hop_free(hop);
}

/* A peer that lets everything go: what is certain is taken away again. */
static void what_should_not_have_come_goes_no_further(void)
{
    struct hop *hop = hop_new();
    struct letter *letter = hop_a3(hop);
    struct offer offer = hop_all(hop, letter);
    struct deliver d = hop_deliver(hop, &offer);
    struct judgement j = hop_relay(hop, &d);
    CHECK_U64(j.code, REFUSAL_NONE);
    if (CHECK_U64(j.posting.kind, POSTING_DISCLOSURE)) {
        CHECK(holds(d.message_raw, "Dostan"));
        for (size_t i = 0; secrets[i] != NULL; i++)
            CHECK(!holds(j.posting.message.body, secrets[i]));
        CHECK(holds(j.posting.message.body, "Halmar"));
        CHECK(holds(j.posting.message.local, "Dostan"));   /* kept at home */
        CHECK_U64(j.posting.release.obligations.count, 2); /* that the peer dropped */
        CHECK(j.posting.release.withheld_count >= 7);
        CHECK_U64(j.posting.release.digests.count, offer.release.digests.count);
    }
    letter_free(letter);
    hop_free(hop);
}

static bool is_stage_receipt(struct hop *hop, struct slice octets, const struct deliver *d)
{
    struct receipt receipt;
    struct outer outer;
    struct digest release = digest_of(SEPARATION_RELEASE, d->releases.at[0]);
    return CHECK_OK(receipt_parse(hop->arena, octets, &receipt)) &&
           CHECK_OK(outer_parse(receipt.record, &outer)) && CHECK_U64(outer.kind, ENTRY_STAGE) &&
           CHECK_U64(outer.stage, STAGE_RELAYED) && CHECK_U64(outer.hop, 2) &&
           CHECK_U64(outer.code.length, 0) && CHECK_BYTES(outer.release, digest_slice(&release));
}

/* The name of somebody who is withheld stands in a text: the message waits, and nobody is told. */
static void a_held_message_is_answered_like_any_other(void)
{
    struct hop *hop = hop_new();
    struct letter *letter = hop_a3(hop);
    letter_put_text(letter, "why", "Dostan must not be found");
    letter_seal(letter, "XA-CA-01");
    struct offer offer = hop_all(hop, letter);
    struct deliver d = hop_deliver(hop, &offer);
    struct judgement j = hop_relay(hop, &d);
    CHECK_U64(j.code, REFUSAL_NONE);
    CHECK_OK(j.why);
    CHECK_U64(j.posting.kind, POSTING_HOLD);
    CHECK_U64(j.posting.outer.kind, ENTRY_HOLD);
    CHECK_U64(j.posting.outer.hop, 2);
    CHECK_BYTES(j.posting.outer.code, slice_text("E_HELD"));
    CHECK(is_stage_receipt(hop, hop_post(hop, &j), &d));
    struct deliver again = hop_deliver(hop, &offer);
    j = hop_relay(hop, &again);
    CHECK(j.repeated);
    CHECK_U64(j.seen.kind, ENTRY_DISCLOSURE);
    CHECK(is_stage_receipt(hop, j.seen.receipt, &d));
    letter_free(letter);
    hop_free(hop);
}

static void what_was_answered_is_answered_again_and_nothing_else_under_its_name(void)
{
    struct hop *hop = hop_new();
    struct letter *letter = hop_plain(hop);
    struct offer offer = hop_all(hop, letter);
    struct deliver d = hop_deliver(hop, &offer);
    struct judgement j = hop_relay(hop, &d);
    CHECK(is_stage_receipt(hop, hop_post(hop, &j), &d));
    offer.old = 2;
    hop->kept = hop_checkpoint(hop, &d);
    struct deliver again = hop_deliver(hop, &offer); /* the same message, a new receipt */
    j = hop_relay(hop, &again);
    CHECK(j.repeated);
    CHECK(is_stage_receipt(hop, j.seen.receipt, &d));
    CHECK_U64(j.posting.kind, POSTING_CHECKPOINT);
    CHECK_U64(j.posting.peer.size, 3);

    letter_seal(letter, "XA-CA-01"); /* the same id under another seal */
    struct offer other = hop_all(hop, letter);
    other.old = 2;
    d = hop_deliver(hop, &other);
    j = hop_relay(hop, &d);
    hop_refused(&j, POSTING_QUESTION, REFUSE(REPLAY_OTHER));
    letter_free(letter);
    hop_free(hop);
}

/* Wherever the arena is full, nothing is decided: the peer is to try again. */
static void a_full_arena_decides_nothing(void)
{
    struct hop *hop = hop_new();
    struct letter *letter = hop_a3(hop);
    struct offer offer = hop_judge(hop, letter);
    struct deliver d = hop_deliver(hop, &offer);
    size_t tries = 0;
    for (size_t cap = 64; tries < 200; cap += cap / 8, tries++) {
        struct arena *small = arena_new(cap);
        struct judgement j = {0};
        struct status s = hop_relay_in(hop, small, &d, &j);
        bool done = !failed(s);
        CHECK_U64(j.posting.kind, done ? POSTING_DISCLOSURE : POSTING_NONE);
        CHECK_STATUS(s, done ? OK : FAIL(MEMORY));
        arena_free(small);
        if (done)
            break;
    }
    CHECK(tries > 40 && tries < 200);
    letter_free(letter);
    hop_free(hop);
}

/* Of both States, and neither when they have ended. */
static void nothing_is_decided_under_signatures_that_have_ended(void)
{
    struct hop *hop = hop_new();
    struct letter *letter = hop_a3(hop);
    struct offer offer = hop_judge(hop, letter);
    struct deliver d = hop_deliver(hop, &offer);
    struct judgement j = {0};
    uint64_t *const untils[] = {&hop->world->rulebook->law_until_ms,
                                &hop->world->rulebook->states_until_ms,
                                &hop->world->rulebook->parties_until_ms[0]};
    for (size_t i = 0; i < sizeof untils / sizeof untils[0]; i++) {
        *untils[i] = 1;
        CHECK_STATUS(hop_relay_in(hop, hop->arena, &d, &j), FAIL(FULL));
        CHECK_U64(j.posting.kind, POSTING_NONE);
        *untils[i] = UINT64_MAX;
    }
    j = hop_relay(hop, &d);
    CHECK_U64(j.posting.kind, POSTING_DISCLOSURE);
    letter_free(letter);
    hop_free(hop);
}

TESTS(exchange_relay,
      {"nothing is decided under signatures that have ended",
       nothing_is_decided_under_signatures_that_have_ended},
      {"a full arena decides nothing", a_full_arena_decides_nothing},
      {"A.3 over two hops is A.3 over one", a3_over_two_hops_is_a3_over_one},
      {"a release of hop 2 carries on what hop 1 said",
       a_release_of_hop_2_carries_on_what_hop_1_said},
      {"the posting names hop 1 and where it came from",
       the_posting_names_hop_1_and_where_it_came_from},
      {"the recipient verifies both hops", the_recipient_verifies_both_hops},
      {"what should not have come goes no further", what_should_not_have_come_goes_no_further},
      {"a held message is answered like any other", a_held_message_is_answered_like_any_other},
      {"what was answered is answered again, and nothing else under its name",
       what_was_answered_is_answered_again_and_nothing_else_under_its_name})
