/* Local attributes: holds, and that a recipient of another State cannot tell whether there are any
 * (R-ASY-03, R-WIT-01, R-SAFE-01). */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenario/scene.h"
#include "session/query.h"

/* A.3 with officials of this State implicated in V1's LOCAL block. */
static struct letter *implicated_letter(const struct world *w, const char *states)
{
    static const char empty[] = "\"officials_implicated\": []";
    const char *text = a3_document(), *at = strstr(text, empty);
    size_t room = strlen(text) + 64;
    char *document = malloc(room);
    if (!CHECK(at != NULL) || !CHECK(document != NULL))
        exit(1);
    snprintf(document, room, "%.*s\"officials_implicated\": [%s]%s", (int)(at - text), text, states,
             at + sizeof empty - 1);
    struct letter *letter = scene_letter(w, document, "XA-CA-01", "XC-CA-01");
    free(document);
    return letter;
}

static void implicated_officials_hold_the_message(void)
{
    struct world *w = world_new(&(struct world_settings){0});
    struct client *xa = client_dial(w, "XA-CA-01"), *xc = client_dial(w, "XC-CA-01");
    struct letter *letter = implicated_letter(w, "\"XC\"");
    const struct heard *h = scene_refused(xa, letter, "E_HELD");
    struct proved proved;
    static const struct entry_wanted held = {ENTRY_HOLD, STAGE_NONE, 1};
    if (h != NULL) {
        CHECK(h->frame.as.refuse.detail.at == NULL);
        CHECK_U64(h->frame.as.refuse.retry_ms, 0);
        if (scene_receipt(w, letter, h->frame.as.refuse.receipt, &held, &proved))
            CHECK_BYTES(proved.outer.code, slice_text("E_HELD"));
    }
    CHECK_U64(world_log_size(w), 2);

    /* Nothing is there for XC, now or on another link, whatever it asks. */
    CHECK(!client_has_unread(xc));
    client_free(xc);
    xc = client_dial(w, "XC-CA-01");
    CHECK(!client_has_unread(xc));
    letter_free(letter);
    world_free(w);
}

static void what_is_held_is_held_again(void)
{
    struct world *w = world_new(&(struct world_settings){0});
    struct client *xa = client_dial(w, "XA-CA-01");
    struct letter *letter = implicated_letter(w, "\"XC\"");
    const struct heard *first = scene_refused(xa, letter, "E_HELD");
    const struct heard *again = scene_refused(xa, letter, "E_HELD");
    struct receipt a = {0}, b = {.index = 1};
    if (first != NULL && again != NULL &&
        CHECK_OK(receipt_parse(letter->arena, first->frame.as.refuse.receipt, &a)) &&
        CHECK_OK(receipt_parse(letter->arena, again->frame.as.refuse.receipt, &b))) {
        CHECK_U64(b.index, a.index);
        CHECK_BYTES(b.entry, a.entry);
        CHECK(again->frame.as.refuse.detail.at == NULL);
    }
    CHECK_U64(world_log_size(w), 2);
    letter_free(letter);
    world_free(w);
}

static void officials_of_other_states_hold_nothing(void)
{
    struct world *w = world_new(&(struct world_settings){0});
    struct client *xa = client_dial(w, "XA-CA-01"), *xc = client_dial(w, "XC-CA-01");
    struct letter *letter = implicated_letter(w, "\"XB\"");
    CHECK(scene_send(xa, letter) != NULL);
    CHECK(client_hear(xc, FRAME_DELIVER) != NULL);
    letter_free(letter);
    world_free(w);
}

static void a_dry_run_of_a_hold_keeps_nothing(void)
{
    struct world *w = world_new(&(struct world_settings){0});
    struct client *xa = client_dial(w, "XA-CA-01");
    struct letter *letter = implicated_letter(w, "\"XC\"");
    letter->submit.flags = SUBMIT_DRY_RUN;
    const struct heard *h = scene_refused(xa, letter, "E_HELD");
    struct outer outer;
    if (h != NULL && scene_outer(letter->arena, h->frame.as.refuse.receipt, &outer))
        CHECK_U64(outer.kind, ENTRY_REFUSAL);
    CHECK_U64(world_log_size(w), 2);
    letter->submit.flags = 0; /* the message itself is still new, and is kept for a human */
    h = scene_refused(xa, letter, "E_HELD");
    if (h != NULL && scene_outer(letter->arena, h->frame.as.refuse.receipt, &outer))
        CHECK_U64(outer.kind, ENTRY_HOLD);
    CHECK_U64(world_log_size(w), 3);
    letter_free(letter);
    world_free(w);
}

static void asylum_and_witness_data_as_fields_go_back(void)
{
    static const char *const paths[] = {"asylum/country", "witness/programme"};
    for (size_t i = 0; i < 2; i++) {
        struct world *w = world_new(&(struct world_settings){0});
        struct client *xa = client_dial(w, "XA-CA-01"), *xc = client_dial(w, "XC-CA-01");
        struct letter *letter = plain_letter(w);
        char path[PATH_MAX_BYTES + 1];
        struct slice person = {0};
        for (size_t f = 0; f < letter->draft.field_count; f++)
            if (slice_begins(letter->draft.fields[f].path, slice_text("persons/")))
                person = slice_part(letter->draft.fields[f].path, 0, 8 + 17);
        snprintf(path, sizeof path, "%.*s/%s", (int)person.length, (const char *)person.at,
                 paths[i]);
        letter_put_text(letter, path, i == 0 ? "XA" : "WPU-31");
        letter_seal(letter, "XA-CA-01");
        CHECK(scene_refused(xa, letter, "E_CATEGORY") != NULL);
        CHECK(!client_has_unread(xc));
        letter_free(letter);
        world_free(w);
    }
}

/* What XC hears of a letter from its first frame to its last, and what XA hears of it. */
struct story {
    struct world *world;
    struct client *xa, *xc;
};

static struct story tell(struct letter *letter)
{
    struct story s = {.world = world_new(&(struct world_settings){.repeatable = true})};
    s.xa = client_dial(s.world, "XA-CA-01");
    s.xc = client_dial(s.world, "XC-CA-01");
    CHECK(scene_send(s.xa, letter) != NULL);
    const struct heard *d = client_hear(s.xc, FRAME_DELIVER);
    if (CHECK(d != NULL))
        client_take(s.xc, d->frame.number, &letter->key, STAGE_RETRIEVED);
    CHECK(client_hear(s.xa, FRAME_RECEIPT) != NULL);
    static const uint8_t none[UUID_BYTES];
    const struct query_args inbox = {.what = QUERY_INBOX, .limit = 100};
    const struct query_args fetch = {.what = QUERY_FETCH, .has_key = true, .key = letter->key};
    const struct query_args other = {
        .what = QUERY_FETCH,
        .has_key = true,
        .key = {letter->key.from, slice_over(none, sizeof none), letter->key.to}};
    client_ask(s.xc, &inbox);
    client_ask(s.xc, &fetch);
    client_ask(s.xc, &other);
    return s;
}

/* Entries are keyed hashes under keys of the journal's own, so receipts differ in octets. What can
 * be compared of them is compared: everything but hashes, keys and signatures. */
static void check_same_receipt(struct arena *arena, struct slice a, struct slice b)
{
    struct receipt one = {0}, two = {0};
    struct note n = {0}, m = {0};
    struct outer o, p;
    CHECK_U64(b.length, a.length);
    if (!CHECK_OK(receipt_parse(arena, a, &one)) || !CHECK_OK(receipt_parse(arena, b, &two)) ||
        !CHECK_OK(note_parse(one.note, &n)) || !CHECK_OK(note_parse(two.note, &m)) ||
        !CHECK_OK(outer_parse(one.record, &o)) || !CHECK_OK(outer_parse(two.record, &p)))
        return;
    CHECK_BYTES(two.record, one.record); /* release digest included */
    CHECK_BYTES(slice_part(two.entry, 0, 11), slice_part(one.entry, 0, 11)); /* version and time */
    CHECK_U64(two.index, one.index);
    CHECK_U64(two.path.count, one.path.count);
    CHECK_U64(m.size, n.size);
    CHECK_U64(two.note.length, one.note.length);
    CHECK_U64(two.has_proof, one.has_proof);
    CHECK_U64(two.proof.count, one.proof.count);
}

static void check_same_deliver(struct arena *arena, const struct deliver *a,
                               const struct deliver *b)
{
    CHECK_BYTES(b->message_raw, a->message_raw);
    CHECK_U64(b->derived.count, a->derived.count);
    for (size_t i = 0; i < a->derived.count && i < b->derived.count; i++)
        CHECK_BYTES(b->derived.at[i], a->derived.at[i]);
    CHECK_BYTES(b->releases.at[0], a->releases.at[0]);
    check_same_receipt(arena, a->receipts.at[0], b->receipts.at[0]);
}

static void check_same_frame(struct arena *arena, const struct heard *a, const struct heard *b)
{
    CHECK_U64(b->frame.kind, a->frame.kind);
    CHECK_U64(b->octets.length, a->octets.length);
    CHECK_U64(b->at_ms, a->at_ms);
    if (a->frame.kind != b->frame.kind)
        return;
    if (a->frame.kind == FRAME_DELIVER)
        check_same_deliver(arena, &a->frame.as.deliver, &b->frame.as.deliver);
    else if (a->frame.kind == FRAME_RECEIPT)
        check_same_receipt(arena, a->frame.as.receipt.receipt, b->frame.as.receipt.receipt);
    else if (a->frame.kind != FRAME_WELCOME && a->frame.kind != FRAME_ANSWER)
        CHECK_BYTES(b->octets, a->octets);
}

static void check_same_story(const struct client *a, const struct client *b)
{
    struct arena *arena = arena_new((size_t)16 << 20);
    const struct heard *one = a->heard, *two = b->heard;
    CHECK_U64(b->count, a->count);
    for (; one != NULL && two != NULL; one = one->next, two = two->next)
        check_same_frame(arena, one, two);
    arena_free(arena);
}

static void who_gets_it_cannot_tell_whether_there_were_local_attributes(void)
{
    static const char *const blocks[] = {"asylum", "witness", "health", "loc", "risk"};
    struct world *w = world_new(&(struct world_settings){0});
    struct letter *with = a3_letter(w);
    world_free(w);
    struct story told = tell(with);
    /* Of the sealed message nothing changes: local values are no part of it. */
    for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++) {
        letter_drop_local(with, blocks[i]);
        struct story untold = tell(with);
        check_same_story(told.xc, untold.xc);
        check_same_story(told.xa, untold.xa);
        world_free(untold.world);
    }
    CHECK_U64(with->submit.locals_count, 0);
    world_free(told.world);
    letter_free(with);
}

TESTS(local, {"implicated officials hold the message", implicated_officials_hold_the_message},
      {"what is held is held again", what_is_held_is_held_again},
      {"officials of other States hold nothing", officials_of_other_states_hold_nothing},
      {"a dry run of a hold keeps nothing", a_dry_run_of_a_hold_keeps_nothing},
      {"asylum and witness data as fields go back", asylum_and_witness_data_as_fields_go_back},
      {"who gets it cannot tell whether there were local attributes",
       who_gets_it_cannot_tell_whether_there_were_local_attributes})
