/* One message that cannot go on never stops those behind it. */

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "exchange/link.h"
#include "exchange/link_peer.h"
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

/* ---- what the peer puts off ---- */

/* To XC the law of the peer is another one whenever this message comes. */
struct poison {
    struct trunk *trunk;
    const struct letter *letter; /* NULL: all are well */
    uint64_t law;
    unsigned came;
};

static bool put_off(void *owner, unsigned from, struct frame *frame, struct arena *arena)
{
    struct poison *a = owner;
    (void)arena;
    if (from != PAIR_XA || frame->kind != FRAME_DELIVER)
        return true;
    bool is_it = a->letter != NULL &&
                 slice_equal(frame->as.deliver.message.seal, a->letter->submit.message.seal);
    a->trunk->links[PAIR_XC]->peer->law = a->law + is_it;
    a->came += is_it;
    return true;
}

static struct letter *send_to_another_thread(struct pair *p)
{
    static const uint8_t thread[UUID_BYTES] = {7, [6] = 0x40, [8] = 0x80};
    struct letter *letter = plain_letter(p->xa);
    letter->draft.claims.thread = slice_over(thread, sizeof thread);
    letter_seal(letter, "XA-CA-01");
    CHECK(scene_send(p->sender, letter) != NULL);
    return letter;
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
    trunk_dial(p.trunk);
    CHECK(pair_delivery(&p, other) != 0);
    CHECK(pair_notice(&p, other, &relayed));
    pair_settle(&p);
    CHECK(!client_has_unread(p.recipient)); /* what is behind it in its thread waits with it */
    CHECK_U64(poison.came, ASIDE_TRIES);
    CHECK_U64(scene_lines(p.xa, "relay.aside"), 1);
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

TESTS(poison,
      {"what cannot be read holds up no message to a peer",
       what_cannot_be_read_holds_up_no_message_to_a_peer},
      {"what is put off again and again is laid aside",
       what_is_put_off_again_and_again_is_laid_aside},
      {"what is alone is not laid aside", what_is_alone_is_not_laid_aside},
      {"a peer that takes nothing lays nothing aside",
       a_peer_that_takes_nothing_lays_nothing_aside})
