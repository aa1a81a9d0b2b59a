/* What becomes of messages between two gateways where one of them cannot, or will not, go on. */

#include <string.h>

#include "exchange/link.h"
#include "exchange/link_peer.h"
#include "scenario/pair.h"

#define NO_ROOM ((uint64_t)1 << 62) /* no disk has as much free space */
#define LETTERS 4

static const struct entry_wanted relayed = {ENTRY_STAGE, STAGE_RELAYED, 2};
static const struct entry_wanted not_relayed = {ENTRY_STAGE, STAGE_NOT_RELAYED, 1};
static const struct entry_wanted not_delivered = {ENTRY_STAGE, STAGE_NOT_DELIVERED, 2};
static const struct entry_wanted not_retrieved = {ENTRY_STAGE, STAGE_NOT_RETRIEVED, 2};
static const struct entry_wanted given_up = {ENTRY_STAGE, STAGE_NOT_DELIVERED, 1};

#define DAY_MS 86400000ULL

/* What both have, and hop 2 alone judges by. */
static const char holds[] = PAIR_RULES_LATER(PAIR_HOLDS);
static const char refuses_eio[] = PAIR_RULES_LATER(" refuse \"T-02 the EIO\"\n"
                                                   "  when message.instrument is EIO\n"
                                                   "  code E_PURPOSE\n  basis \"test\"\n");

/* Letters of one thread, sent. */
static void send_thread(struct pair *p, struct letter **letters)
{
    for (size_t i = 0; i < LETTERS; i++)
        letters[i] = pair_send(p);
    pair_settle(p);
}

static void expire(struct pair *p, const struct letter *letter, uint64_t after_ms)
{
    uint64_t until = letter->draft.claims.expires_ms + after_ms;
    trunk_pass(p->trunk, until - p->xa->now.wall_ms);
}

/* They come in the order in which they were sent, and are free then. */
static void expect_thread(struct pair *p, struct letter **letters)
{
    for (size_t i = 0; i < LETTERS; i++)
        pair_delivery(p, letters[i]);
    for (size_t i = 0; i < LETTERS; i++) {
        CHECK(pair_notice(p, letters[i], &relayed));
        letter_free(letters[i]);
    }
    pair_settle(p);
    CHECK(!client_has_unread(p->recipient));
    CHECK(!client_has_unread(p->sender));
}

/* How far XC has verified XA's log, as its journal keeps it. */
static uint64_t kept_size(struct pair *p)
{
    struct arena *arena = arena_new((size_t)1 << 20);
    struct peer_checkpoint kept = {0};
    struct status s =
        journal_peer_checkpoint(p->xc->reader, arena, slice_text(WORLD_ORIGIN), &kept);
    CHECK(!failed(s) || s.code == CODE_ABSENT);
    arena_free(arena);
    return kept.size;
}

static void overload_at_the_peer_keeps_the_order_of_a_thread(void)
{
    struct pair p = pair_new(&(struct pair_settings){0});
    struct letter *letters[LETTERS];
    pair_restart(&p, p.xc, NO_ROOM);
    uint64_t size = world_log_size(p.xc);
    send_thread(&p, letters);
    CHECK_U64(trunk_passed(p.trunk, PAIR_XC, FRAME_REFUSE, 0),
              trunk_passed(p.trunk, PAIR_XA, FRAME_DELIVER, 0));
    size_t count = p.trunk->count;
    trunk_pass(p.trunk, RETRY_MS - 1);
    CHECK_U64(trunk_passed(p.trunk, PAIR_XA, FRAME_DELIVER, count), 0); /* not before the time */
    trunk_pass(p.trunk, RETRY_SPREAD_MS + 1);
    pair_settle(&p);
    CHECK(trunk_passed(p.trunk, PAIR_XA, FRAME_DELIVER, count) > 0);
    CHECK(p.trunk->links[0] != NULL); /* what was refused was looked at: its proofs go on */
    CHECK_U64(world_log_size(p.xc), size);
    CHECK_U64(kept_size(&p), world_log_size(p.xa));
    CHECK(!client_has_unread(p.sender));
    pair_restart(&p, p.xc, 0);
    expect_thread(&p, letters);
    pair_end(&p);
}

/* One refusal for now, and on the same link everything behind it is refused until it comes again.
 */
static void another_law_at_the_peer_loses_nothing(void)
{
    struct pair p = pair_new(&(struct pair_settings){.xa_law = 2, .xc_law = 1});
    struct letter *letters[LETTERS];
    CHECK_U64(scene_lines(p.xa, "peer.versions"), 1);
    CHECK_U64(scene_lines(p.xc, "peer.versions"), 1);
    send_thread(&p, letters);
    CHECK_U64(trunk_passed(p.trunk, PAIR_XC, FRAME_RECEIPT, 0), 0);
    CHECK(!client_has_unread(p.recipient));
    CHECK(!client_has_unread(p.sender));
    size_t count = p.trunk->count;
    trunk_pass(p.trunk, PEER_STALE_MS - 1);
    CHECK_U64(trunk_passed(p.trunk, PAIR_XA, FRAME_DELIVER, count), 0);
    trunk_pass(p.trunk, 1);
    pair_settle(&p);
    CHECK(trunk_passed(p.trunk, PAIR_XA, FRAME_DELIVER, count) > 0);
    CHECK_U64(trunk_passed(p.trunk, PAIR_XC, FRAME_REFUSE, count),
              trunk_passed(p.trunk, PAIR_XA, FRAME_DELIVER, count));
    world_renew_law(p.xc, 2);
    trunk_turn(p.trunk);
    CHECK(p.trunk->links[0] == NULL); /* its greeting is no longer so */
    count = p.trunk->count;
    trunk_dial(p.trunk);
    expect_thread(&p, letters);
    CHECK_U64(trunk_passed(p.trunk, PAIR_XC, FRAME_REFUSE, count), 0);
    pair_end(&p);
}

/* To XC the law of the peer is another one while the first message comes. */
struct another_law {
    struct trunk *trunk;
    unsigned delivered;
};

static bool another_law(void *owner, unsigned from, struct frame *frame, struct arena *arena)
{
    struct another_law *a = owner;
    (void)arena;
    if (from == PAIR_XA && frame->kind == FRAME_DELIVER)
        a->trunk->links[PAIR_XC]->peer->law += ++a->delivered == 1 ? 1 : -1ULL;
    return true;
}

/* Refused for now is the first of them alone; the second would be taken. */
static void begin_behind(struct pair *p, struct letter **first, struct letter **second)
{
    *p = pair_new(&(struct pair_settings){0});
    trunk_cut(p->trunk);
    *first = plain_letter(p->xa);
    (*first)->draft.claims.expires_ms = p->xa->now.wall_ms + 3600000;
    letter_seal(*first, "XA-CA-01");
    CHECK(scene_send(p->sender, *first) != NULL);
    *second = plain_letter(p->xa);
    CHECK(scene_send(p->sender, *second) != NULL);
    struct another_law at_first = {.trunk = p->trunk};
    p->trunk->gate = another_law;
    p->trunk->owner = &at_first;
    trunk_dial(p->trunk);
    pair_settle(p);
    p->trunk->gate = NULL;
    CHECK_U64(at_first.delivered, 2);
    CHECK_U64(trunk_passed(p->trunk, PAIR_XC, FRAME_REFUSE, 0), 2);
}

static void nothing_overtakes_what_was_refused_for_now(void)
{
    struct pair p;
    struct letter *first, *second;
    begin_behind(&p, &first, &second);
    CHECK(!client_has_unread(p.recipient));
    trunk_pass(p.trunk, PEER_STALE_MS);
    CHECK(pair_delivery(&p, first) != 0);
    CHECK(pair_delivery(&p, second) != 0);
    CHECK_U64(trunk_passed(p.trunk, PAIR_XC, FRAME_REFUSE, 0), 2);
    letter_free(first);
    letter_free(second);
    pair_end(&p);
}

/* The peer would wait for it for ever on this link. */
static void what_expires_before_it_comes_again_ends_the_link(void)
{
    struct pair p;
    struct letter *first, *second;
    begin_behind(&p, &first, &second);
    p.trunk->links[PAIR_XC]->peer->law++; /* it is refused once more */
    expire(&p, first, 1);
    pair_settle(&p);
    exchange_overdue(p.xa->exchange, p.xa->now);
    CHECK(pair_notice(&p, first, &not_relayed));
    trunk_pass(p.trunk, PEER_STALE_MS);
    pair_settle(&p);
    CHECK(p.trunk->links[0] == NULL);
    CHECK(!client_has_unread(p.recipient));
    trunk_dial(p.trunk);
    CHECK(pair_notice(&p, second, &relayed));
    CHECK(pair_delivery(&p, second) != 0);
    letter_free(first);
    letter_free(second);
    pair_end(&p);
}

static void what_the_peer_never_takes_holds_up_nothing(void)
{
    struct pair p = pair_new(&(struct pair_settings){.rules = refuses_eio});
    struct letter *bad = scene_letter(p.xa, plain_document("EIO"), "XA-JUD-01", "XC-CA-01");
    struct letter *good = plain_letter(p.xa);
    struct client *court = client_dial(p.xa, "XA-JUD-01");
    struct proved proved;
    trunk_cut(p.trunk);
    CHECK(scene_send(court, bad) != NULL);
    CHECK(scene_send(p.sender, good) != NULL);
    pair_dial_at_midnight(&p);
    const struct heard *h = client_hear(court, FRAME_RECEIPT);
    if (CHECK(h != NULL) &&
        scene_receipt(p.xa, bad, h->frame.as.receipt.receipt, &not_relayed, &proved))
        CHECK_BYTES(proved.outer.code, slice_text("E_PURPOSE"));
    CHECK(pair_notice(&p, good, &relayed));
    CHECK(pair_delivery(&p, good) != 0);
    size_t count = p.trunk->count;
    trunk_dial(p.trunk); /* it does not come again */
    pair_settle(&p);
    CHECK_U64(trunk_passed(p.trunk, PAIR_XA, FRAME_DELIVER, count), 0);
    CHECK_U64(scene_lines(p.xa, "relay.refused"), 1);
    letter_free(bad);
    letter_free(good);
    pair_end(&p);
}

/* What goes over the link, without the octets themselves. */
static void note_traffic(const char *rules, struct passed *traffic, size_t *ret_count,
                         uint64_t *ret_log)
{
    struct pair p = pair_new(&(struct pair_settings){.rules = rules});
    struct letter *letter = plain_letter(p.xa);
    trunk_cut(p.trunk);
    CHECK(scene_send(p.sender, letter) != NULL);
    pair_dial_at_midnight(&p);
    CHECK(pair_notice(&p, letter, &relayed));
    pair_settle(&p);
    CHECK(client_has_unread(p.recipient) == (rules == NULL));
    memcpy(traffic, p.trunk->passed, sizeof p.trunk->passed);
    *ret_count = p.trunk->count;
    *ret_log = world_log_size(p.xc);
    letter_free(letter);
    pair_end(&p);
}

static void the_peer_cannot_tell_what_is_held(void)
{
    static struct passed open[TRUNK_FRAMES], held[TRUNK_FRAMES];
    size_t open_count, held_count;
    uint64_t open_log, held_log;
    note_traffic(NULL, open, &open_count, &open_log);
    note_traffic(holds, held, &held_count, &held_log);
    CHECK_U64(held_log, open_log);
    CHECK_U64(held_count, open_count);
    for (size_t i = 0; i < open_count && i < held_count; i++) {
        CHECK_U64(held[i].from, open[i].from);
        CHECK_U64(held[i].kind, open[i].kind);
        CHECK_U64(held[i].length, open[i].length);
    }
}

static void what_the_peer_did_not_take_in_time_fails(void)
{
    struct pair p = pair_new(&(struct pair_settings){0});
    struct letter *letter = plain_letter(p.xa);
    trunk_cut(p.trunk);
    CHECK(scene_send(p.sender, letter) != NULL);
    exchange_overdue(p.xa->exchange, p.xa->now);
    pair_settle(&p);
    CHECK(!client_has_unread(p.sender));
    expire(&p, letter, 1);
    exchange_overdue(p.xa->exchange, p.xa->now);
    CHECK(pair_notice(&p, letter, &not_relayed));
    trunk_dial(p.trunk);
    pair_settle(&p);
    CHECK_U64(trunk_passed(p.trunk, PAIR_XA, FRAME_DELIVER, 0), 0);
    letter_free(letter);
    pair_end(&p);
}

/* Whether it is held or its recipient did not come. */
static void what_was_not_delivered_in_time_fails_where_it_lies(void)
{
    for (size_t i = 0; i < 2; i++) {
        struct pair p = pair_new(&(struct pair_settings){.rules = i == 0 ? NULL : holds});
        struct letter *letter = plain_letter(p.xa);
        trunk_cut(p.trunk);
        CHECK(scene_send(p.sender, letter) != NULL);
        pair_dial_at_midnight(&p);
        CHECK(pair_notice(&p, letter, &relayed));
        expire(&p, letter, 1);
        exchange_overdue(p.xa->exchange, p.xa->now); /* the peer has a day to say so */
        exchange_overdue(p.xc->exchange, p.xc->now);
        CHECK(pair_notice(&p, letter, &not_delivered));
        exchange_overdue(p.xc->exchange, p.xc->now); /* once */
        expire(&p, letter, 2 * 86400000ULL);
        exchange_overdue(p.xa->exchange, p.xa->now);
        pair_settle(&p);
        CHECK(!client_has_unread(p.sender));
        letter_free(letter);
        pair_end(&p);
    }
}

/* Its recipient's gateway says so, once; that a person sees it later is taken and changes nothing.
 */
static void what_is_delivered_and_shown_to_nobody_fails_where_it_lies(void)
{
    struct pair p = pair_new(&(struct pair_settings){0});
    struct letter *letter = plain_letter(p.xa);
    CHECK(scene_send(p.sender, letter) != NULL);
    CHECK(pair_notice(&p, letter, &relayed));
    pair_take(&p, letter, pair_delivery(&p, letter));
    expire(&p, letter, 0);
    exchange_overdue(p.xc->exchange, p.xc->now);
    pair_settle(&p);
    CHECK(!client_has_unread(p.sender));
    expire(&p, letter, 1);
    for (size_t i = 0; i < 2; i++) {
        exchange_overdue(p.xa->exchange, p.xa->now);
        exchange_overdue(p.xc->exchange, p.xc->now);
        pair_settle(&p);
    }
    CHECK(pair_notice(&p, letter, &not_retrieved));
    uint64_t size = world_log_size(p.xc);
    client_take(p.recipient, 0, &letter->key, STAGE_RETRIEVED);
    expire(&p, letter, 2 * DAY_MS);
    exchange_overdue(p.xa->exchange, p.xa->now);
    exchange_overdue(p.xc->exchange, p.xc->now);
    pair_settle(&p);
    CHECK_U64(world_log_size(p.xc), size);
    CHECK(!client_has_unread(p.sender));
    letter_free(letter);
    pair_end(&p);
}

static void silence_after_taking_over_becomes_a_failure(void)
{
    struct pair p = pair_new(&(struct pair_settings){0});
    struct letter *letter = plain_letter(p.xa);
    CHECK(scene_send(p.sender, letter) != NULL);
    CHECK(pair_notice(&p, letter, &relayed));
    trunk_cut(p.trunk);
    expire(&p, letter, 86400001);
    exchange_overdue(p.xa->exchange, p.xa->now);
    CHECK(pair_notice(&p, letter, &given_up));
    /* a late success is taken, and changes nothing */
    client_take(p.recipient, pair_delivery(&p, letter), &letter->key, STAGE_DELIVERED);
    trunk_dial(p.trunk);
    pair_settle(&p);
    CHECK_U64(trunk_passed(p.trunk, PAIR_XA, FRAME_TAKEN, 0), 1);
    CHECK(!client_has_unread(p.sender));
    letter_free(letter);
    pair_end(&p);
}

TESTS(relaying,
      {"overload at the peer keeps the order of a thread",
       overload_at_the_peer_keeps_the_order_of_a_thread},
      {"another law at the peer loses nothing", another_law_at_the_peer_loses_nothing},
      {"nothing overtakes what was refused for now", nothing_overtakes_what_was_refused_for_now},
      {"what expires before it comes again ends the link",
       what_expires_before_it_comes_again_ends_the_link},
      {"what the peer never takes holds up nothing", what_the_peer_never_takes_holds_up_nothing},
      {"the peer cannot tell what is held", the_peer_cannot_tell_what_is_held},
      {"what the peer did not take in time fails", what_the_peer_did_not_take_in_time_fails},
      {"what was not delivered in time fails where it lies",
       what_was_not_delivered_in_time_fails_where_it_lies},
      {"what is delivered and shown to nobody fails where it lies",
       what_is_delivered_and_shown_to_nobody_fails_where_it_lies},
      {"silence after taking over becomes a failure", silence_after_taking_over_becomes_a_failure})
