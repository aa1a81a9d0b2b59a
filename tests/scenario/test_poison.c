/* One message that cannot go on never stops those behind it. */

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "exchange/link.h"
#include "exchange/link_peer.h"
#include "journal/crypt.h"
#include "scenario/pair.h"

#define NO_ROOM ((uint64_t)1 << 62) /* no disk has as much free space */

static const struct entry_wanted relayed = {ENTRY_STAGE, STAGE_RELAYED, 2};

/* ---- what cannot be read ---- */

/* Another program has been at the journal. */
static void spoil(const struct world *w, const char *change)
{
    char path[128];
    sqlite3 *db = NULL;
    snprintf(path, sizeof path, "%s/journal/journal.db", w->folder);
    CHECK(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK);
    CHECK(sqlite3_exec(db, change, NULL, NULL, NULL) == SQLITE_OK);
    CHECK_U64((uint64_t)sqlite3_changes(db), 1);
    sqlite3_close(db);
}

/* Of the first message in a box. */
#define FIRST " WHERE delivery = 1"
static const char *const changes[] = {
    "UPDATE message SET body = zeroblob(64)" FIRST,  /* does not open */
    "UPDATE message SET wrapped = NULL" FIRST,       /* its key is gone */
    "UPDATE message SET body = zeroblob(7)" FIRST,   /* too short for anything */
    "UPDATE message SET inbox = zeroblob(64)" FIRST, /* nobody asks for that here */
};

/* Tries what failed once more, as often as that may be. */
static void pass_tries(struct pair *p)
{
    for (unsigned i = 0; i < 4; i++) {
        trunk_pass(p->trunk, RETRY_MS + RETRY_SPREAD_MS);
        pair_settle(p);
    }
}

static void what_cannot_be_read_holds_up_no_message_to_a_peer(void)
{
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        struct pair p = pair_new(&(struct pair_settings){0});
        trunk_cut(p.trunk);
        struct letter *bad = plain_letter(p.xa), *good = plain_letter(p.xa);
        CHECK(scene_send(p.sender, bad) != NULL);
        CHECK(scene_send(p.sender, good) != NULL);
        spoil(p.xa, changes[i]);
        trunk_dial(p.trunk);
        pass_tries(&p);
        CHECK(pair_notice(&p, good, &relayed));
        letter_free(bad);
        letter_free(good);
        pair_end(&p);
    }
}

/* ---- what is held and cannot be read ---- */

/* The first of what a peer has brought and is held. */
#define HELD "(SELECT min(number) FROM message WHERE kind = 12 AND relayed > 0)"
static const char *const held_changes[] = {
    "UPDATE message SET body = zeroblob(64) WHERE number = " HELD,
    "UPDATE message SET wrapped = NULL WHERE number = " HELD,
    "UPDATE entry SET outer_opening = zeroblob(64)"
    " WHERE number = (SELECT entry FROM message WHERE number = " HELD ")",
    "UPDATE entry SET entry = zeroblob(7)" /* as if the disk could not give it */
    " WHERE number = (SELECT entry FROM message WHERE number = " HELD ")",
    NULL, /* it opens, and is no message */
};

static uint64_t held_number(sqlite3 *db)
{
    sqlite3_stmt *statement = NULL;
    CHECK(sqlite3_prepare_v2(db, "SELECT " HELD, -1, &statement, NULL) == SQLITE_OK);
    CHECK(sqlite3_step(statement) == SQLITE_ROW);
    uint64_t number = (uint64_t)sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return number;
}

static void write_held(sqlite3 *db, uint64_t number, struct slice wrapped, struct slice octets)
{
    sqlite3_stmt *statement = NULL;
    CHECK(sqlite3_prepare_v2(db, "UPDATE message SET wrapped = ?, body = ? WHERE number = ?", -1,
                             &statement, NULL) == SQLITE_OK);
    sqlite3_bind_blob(statement, 1, wrapped.at, (int)wrapped.length, SQLITE_STATIC);
    sqlite3_bind_blob(statement, 2, octets.at, (int)octets.length, SQLITE_STATIC);
    sqlite3_bind_int64(statement, 3, (sqlite3_int64)number);
    CHECK(sqlite3_step(statement) == SQLITE_DONE);
    sqlite3_finalize(statement);
}

/* With the gateway's own key. */
static void seal_nonsense(const struct world *w)
{
    char path[128];
    sqlite3 *db = NULL;
    struct slice plain[] = {slice_text("nonsense"), {NULL, 0}, {NULL, 0}};
    struct slice sealed[3], wrapped = {0};
    struct arena *arena = arena_new((size_t)1 << 16);
    snprintf(path, sizeof path, "%s/journal/journal.db", w->folder);
    CHECK(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK);
    const struct place place = {"message", held_number(db)};
    CHECK_OK(slots_seal(arena, w->keyring, &place, (struct slices){plain, 3}, sealed, &wrapped));
    write_held(db, place.row, wrapped, sealed[0]);
    sqlite3_close(db);
    arena_free(arena);
}

static void what_is_held_and_cannot_be_read_holds_up_nothing_behind_it(void)
{
    static const char holds[] = PAIR_RULES_LATER(PAIR_HOLDS);
    for (size_t i = 0; i < sizeof held_changes / sizeof held_changes[0]; i++) {
        struct pair p = pair_new(&(struct pair_settings){.xa_law = 1, .xc_law = 1, .rules = holds});
        trunk_cut(p.trunk);
        struct letter *bad = pair_send(&p), *good = pair_send(&p);
        pair_dial_at_midnight(&p);
        CHECK(pair_notice(&p, bad, &relayed));
        CHECK(pair_notice(&p, good, &relayed));
        if (held_changes[i] == NULL)
            seal_nonsense(p.xc);
        else
            spoil(p.xc, held_changes[i]);
        pair_renew(&p, 2, NULL);
        for (unsigned k = 0; k < 3; k++) { /* as often as it is tried */
            exchange_overdue(p.xc->exchange, p.xc->now);
            pair_settle(&p);
        }
        CHECK(pair_delivery(&p, good) != 0);
        CHECK_U64(scene_lines(p.xc, "hold.lifted"), 1);
        letter_free(bad);
        letter_free(good);
        pair_end(&p);
    }
}

/* ---- what the peer puts off ---- */

/* To XC the law of the peer is another one whenever this message comes. */
struct poison {
    struct trunk *trunk;
    const struct letter *letter; /* NULL: all are well */
    const struct letter *second; /* another one; NULL: none */
    uint64_t law;
    unsigned came;
};

static bool is_of(const struct frame *frame, const struct letter *letter)
{
    return letter != NULL &&
           slice_equal(frame->as.deliver.message.seal, letter->submit.message.seal);
}

static bool put_off(void *owner, unsigned from, struct frame *frame, struct arena *arena)
{
    struct poison *a = owner;
    (void)arena;
    if (from != PAIR_XA || frame->kind != FRAME_DELIVER)
        return true;
    bool is_it = is_of(frame, a->letter) || is_of(frame, a->second);
    a->trunk->links[PAIR_XC]->peer->law = a->law + is_it;
    a->came += is_it;
    return true;
}

static struct letter *send_to_thread(struct pair *p, uint8_t number)
{
    const uint8_t thread[UUID_BYTES] = {number, [6] = 0x40, [8] = 0x80};
    struct letter *letter = plain_letter(p->xa);
    letter->draft.claims.thread = slice_over(thread, sizeof thread);
    letter_seal(letter, "XA-CA-01");
    CHECK(scene_send(p->sender, letter) != NULL);
    return letter;
}

static struct letter *send_to_another_thread(struct pair *p)
{
    return send_to_thread(p, 7);
}

static void begin_poison(struct pair *p, struct poison *poison)
{
    *p = pair_new(&(struct pair_settings){0});
    *poison = (struct poison){.trunk = p->trunk, .law = p->trunk->links[PAIR_XC]->peer->law};
    trunk_cut(p->trunk);
    p->trunk->gate = put_off;
    p->trunk->owner = poison;
}

/* Until its sender leaves the link. */
static void put_off_until_it_is_too_much(struct pair *p, struct poison *poison)
{
    trunk_dial(p->trunk);
    pair_settle(p);
    for (unsigned i = 1; i <= ASIDE_TRIES; i++) {
        CHECK_U64(poison->came, i);
        CHECK(p->trunk->links[PAIR_XA] != NULL);
        trunk_pass(p->trunk, PEER_STALE_MS);
        pair_settle(p);
    }
    CHECK_U64(poison->came, ASIDE_TRIES);
    CHECK(p->trunk->links[PAIR_XA] == NULL);
}

/* What an operator of XA's gateway is told of is this letter alone. */
static void check_told(const struct pair *p, const struct letter *letter)
{
    struct aside a;
    if (CHECK(asides_at(p->xa->asides, 0, p->xa->now, &a))) {
        CHECK_TEXT(a.box, "XC-GW-01");
        CHECK_TEXT(a.from, "XA-CA-01");
        CHECK_TEXT(a.to, "XC-CA-01");
        CHECK_BYTES(slice_over(a.id, sizeof a.id), letter->key.id);
        CHECK(a.since_ms <= p->xa->now.wall_ms);
    }
    CHECK(!asides_at(p->xa->asides, 1, p->xa->now, &a));
}

static bool is_any_told(const struct pair *p)
{
    struct aside a;
    return asides_at(p->xa->asides, 0, p->xa->now, &a);
}

static void what_is_put_off_again_and_again_is_laid_aside(void)
{
    struct pair p;
    struct poison poison;
    begin_poison(&p, &poison);
    struct letter *bad = pair_send(&p), *behind = pair_send(&p);
    struct letter *other = send_to_another_thread(&p);
    poison.letter = bad;
    put_off_until_it_is_too_much(&p, &poison);
    CHECK(!client_has_unread(p.recipient));
    CHECK(!is_any_told(&p)); /* perhaps nothing is wrong with it */
    trunk_dial(p.trunk);
    CHECK(pair_delivery(&p, other) != 0);
    CHECK(pair_notice(&p, other, &relayed));
    pair_settle(&p);
    CHECK(!client_has_unread(p.recipient)); /* what is behind it in its thread waits with it */
    CHECK_U64(poison.came, ASIDE_TRIES);
    CHECK_U64(scene_lines(p.xa, "relay.aside"), 1);
    check_told(&p, bad);
    trunk_pass(p.trunk, ASIDE_MS); /* it is tried again, once */
    trunk_turn(p.trunk);
    CHECK(p.trunk->links[PAIR_XA] == NULL);
    trunk_dial(p.trunk);
    pair_settle(&p);
    CHECK_U64(poison.came, ASIDE_TRIES + 1);
    trunk_pass(p.trunk, PEER_STALE_MS);
    pair_settle(&p);
    CHECK(p.trunk->links[PAIR_XA] == NULL);
    poison.letter = NULL;
    trunk_dial(p.trunk);
    pair_settle(&p);
    CHECK(!client_has_unread(p.recipient));
    trunk_pass(p.trunk, ASIDE_MS);
    trunk_turn(p.trunk);
    trunk_dial(p.trunk);
    CHECK(pair_delivery(&p, bad) != 0);
    CHECK(pair_delivery(&p, behind) != 0);
    pair_settle(&p);
    CHECK(!is_any_told(&p));
    letter_free(bad);
    letter_free(behind);
    letter_free(other);
    pair_end(&p);
}

/* It is tried again at once, for nothing could show that the peer takes others. */
static void what_is_alone_is_not_laid_aside(void)
{
    struct pair p;
    struct poison poison;
    begin_poison(&p, &poison);
    struct letter *bad = pair_send(&p), *behind = pair_send(&p);
    poison.letter = bad;
    put_off_until_it_is_too_much(&p, &poison);
    poison.letter = NULL;
    trunk_dial(p.trunk);
    CHECK(pair_delivery(&p, bad) != 0);
    CHECK(pair_delivery(&p, behind) != 0);
    CHECK_U64(scene_lines(p.xa, "relay.aside"), 0);
    letter_free(bad);
    letter_free(behind);
    pair_end(&p);
}

/* Where the next one is put off, too, all keep their order. */
static void a_peer_that_takes_nothing_lays_nothing_aside(void)
{
    struct pair p = pair_new(&(struct pair_settings){0});
    trunk_cut(p.trunk);
    struct letter *first = pair_send(&p), *other = send_to_another_thread(&p);
    pair_restart(&p, p.xc, NO_ROOM);
    pair_settle(&p);
    for (unsigned i = 0; i < 3 * ASIDE_TRIES; i++) {
        if (p.trunk->links[PAIR_XA] == NULL)
            trunk_dial(p.trunk);
        trunk_pass(p.trunk, RETRY_MS + RETRY_SPREAD_MS);
        pair_settle(&p);
    }
    CHECK_U64(scene_lines(p.xa, "relay.aside"), 0);
    pair_restart(&p, p.xc, 0);
    for (unsigned i = 0; i < 2; i++) { /* where it was left in between */
        pair_settle(&p);
        if (p.trunk->links[PAIR_XA] == NULL)
            trunk_dial(p.trunk);
    }
    CHECK(pair_delivery(&p, first) != 0);
    CHECK(pair_delivery(&p, other) != 0);
    letter_free(first);
    letter_free(other);
    pair_end(&p);
}

/* The link is left after one waiting time. */
static void dial_and_be_put_off(struct pair *p)
{
    trunk_dial(p->trunk);
    pair_settle(p);
    CHECK(p->trunk->links[PAIR_XA] != NULL);
    trunk_pass(p->trunk, PEER_STALE_MS);
    pair_settle(p);
    CHECK(p->trunk->links[PAIR_XA] == NULL);
}

static void two_in_a_row_hold_up_nothing_behind_them(void)
{
    struct pair p;
    struct poison poison;
    begin_poison(&p, &poison);
    struct letter *bad = pair_send(&p), *next = send_to_thread(&p, 1);
    struct letter *good = send_to_thread(&p, 2);
    poison.letter = bad;
    put_off_until_it_is_too_much(&p, &poison);
    poison.second = next;
    dial_and_be_put_off(&p);
    CHECK_U64(poison.came, ASIDE_TRIES + 1);
    CHECK(!is_any_told(&p));
    trunk_dial(p.trunk);
    CHECK(pair_delivery(&p, good) != 0);
    CHECK(pair_notice(&p, good, &relayed));
    CHECK_U64(scene_lines(p.xa, "relay.aside"), 2);
    trunk_pass(p.trunk, 0);
    CHECK(p.trunk->links[PAIR_XA] == NULL);
    dial_and_be_put_off(&p); /* what was put off but once has another attempt */
    CHECK_U64(poison.came, ASIDE_TRIES + 2);
    trunk_pass(p.trunk, ASIDE_MS);
    dial_and_be_put_off(&p); /* one at a time */
    CHECK_U64(poison.came, ASIDE_TRIES + 3);
    struct letter *late = send_to_thread(&p, 3);
    trunk_dial(p.trunk);
    CHECK(pair_delivery(&p, late) != 0);
    pair_settle(&p);
    CHECK_U64(poison.came, ASIDE_TRIES + 3);
    poison.letter = poison.second = NULL;
    trunk_pass(p.trunk, ASIDE_MS);
    trunk_turn(p.trunk);
    trunk_dial(p.trunk);
    CHECK(pair_delivery(&p, next) != 0);
    pair_settle(&p);
    trunk_pass(p.trunk, 0);
    CHECK(p.trunk->links[PAIR_XA] == NULL);
    trunk_dial(p.trunk); /* the other one need not wait: the peer has changed its mind */
    CHECK(pair_delivery(&p, bad) != 0);
    pair_settle(&p);
    CHECK(!is_any_told(&p));
    letter_free(bad);
    letter_free(next);
    letter_free(good);
    letter_free(late);
    pair_end(&p);
}

TESTS(poison,
      {"what cannot be read holds up no message to a peer",
       what_cannot_be_read_holds_up_no_message_to_a_peer},
      {"what is held and cannot be read holds up nothing behind it",
       what_is_held_and_cannot_be_read_holds_up_nothing_behind_it},
      {"what is put off again and again is laid aside",
       what_is_put_off_again_and_again_is_laid_aside},
      {"what is alone is not laid aside", what_is_alone_is_not_laid_aside},
      {"a peer that takes nothing lays nothing aside",
       a_peer_that_takes_nothing_lays_nothing_aside},
      {"two in a row hold up nothing behind them", two_in_a_row_hold_up_nothing_behind_them})
