/* What a party may ask, and that what is not its own looks like what is not there. */

#include <string.h>

#include "audit/cose_receipt.h"
#include "scenario/scene.h"
#include "session/query.h"

/* A world with one letter of A.3 to XC-CA-01 and one that is held. */
struct archive {
    struct world *world;
    struct client *xa, *xc;
    struct letter *letter, *held;
    struct arena *arena;
};

static struct archive archive_begin(void)
{
    struct archive a = {.world = world_new(&(struct world_settings){0}),
                        .arena = arena_new((size_t)64 << 20)};
    a.xa = client_dial(a.world, "XA-CA-01");
    a.xc = client_dial(a.world, "XC-CA-01");
    a.letter = a3_letter(a.world);
    a.held = held_letter(a.world);
    CHECK(scene_send(a.xa, a.letter) != NULL);
    CHECK(scene_refused(a.xa, a.held, "E_HELD") != NULL);
    CHECK(client_hear(a.xc, FRAME_DELIVER) != NULL);
    return a;
}

static void archive_end(struct archive *a)
{
    letter_free(a->letter);
    letter_free(a->held);
    arena_free(a->arena);
    world_free(a->world);
}

/* The answer to a question, which must be one of count rows. */
static const struct answer *ask(struct client *c, const struct query_args *args, size_t count)
{
    const struct heard *h = client_ask(c, args);
    if (h == NULL || !CHECK_U64(h->frame.kind, FRAME_ANSWER))
        return NULL;
    CHECK_U64(h->frame.as.answer.what, args->what);
    return CHECK_U64(h->frame.as.answer.rows.count, count) ? &h->frame.as.answer : NULL;
}

static void the_inbox_lists_without_consuming(void)
{
    struct archive a = archive_begin();
    const struct query_args args = {.what = QUERY_INBOX, .limit = 10};
    struct inbox_row row;
    for (unsigned i = 0; i < 2; i++) {
        const struct answer *answer = ask(a.xc, &args, 1);
        if (answer == NULL || !CHECK_OK(inbox_row_parse(a.arena, answer->rows.at[0], &row)))
            continue;
        CHECK(answer->next.at == NULL);
        CHECK_BYTES(row.key.id, a.letter->key.id);
        CHECK_BYTES(row.key.from, slice_text("XA-CA-01"));
        CHECK_BYTES(row.thread, a.letter->draft.claims.thread);
        CHECK_BYTES(row.type, slice_text("mla.request"));
        CHECK_U64(row.stage, STAGE_ACCEPTED);
        CHECK_U64(row.received_ms, WORLD_START_MS);
        CHECK_BYTES(row.urgency, slice_text("URGENT"));
        CHECK_U64(row.deadline_ms, 1790006400000); /* 2026-09-21T16:00:00Z */
        CHECK_U64(row.handling.count, 0);
        CHECK_BYTES(row.case_ref, slice_text("PA-2026-0417"));
    }
    archive_end(&a);
}

static void the_inbox_of_a_thread_holds_that_thread_alone(void)
{
    struct archive a = archive_begin();
    struct query_args args = {
        .what = QUERY_INBOX, .limit = 10, .thread = a.letter->draft.claims.thread};
    ask(a.xc, &args, 1);
    args.thread = a.held->draft.claims.thread;
    ask(a.xc, &args, 0);
    archive_end(&a);
}

static void pages_go_on_where_the_last_ended(void)
{
    enum { LETTERS = 5 };
    struct archive a = archive_begin();
    struct letter *letters[LETTERS];
    for (size_t i = 0; i < LETTERS; i++) {
        letters[i] = plain_letter(a.world);
        CHECK(scene_send(a.xa, letters[i]) != NULL);
    }
    struct query_args args = {.what = QUERY_INBOX, .limit = 2};
    struct inbox_row row;
    for (size_t page = 0; page < 3; page++) {
        const struct answer *answer = ask(a.xc, &args, 2);
        if (answer == NULL)
            break;
        for (size_t i = 0; i < 2; i++)
            if (CHECK_OK(inbox_row_parse(a.arena, answer->rows.at[i], &row)))
                CHECK_BYTES(row.key.id,
                            page + i == 0 ? a.letter->key.id : letters[2 * page + i - 1]->key.id);
        args.after = arena_copy(a.arena, answer->next);
        CHECK(answer->next.at != NULL || page == 2);
    }
    if (args.after.at != NULL)
        ask(a.xc, &args, 0);
    for (size_t i = 0; i < LETTERS; i++)
        letter_free(letters[i]);
    archive_end(&a);
}

static void what_is_fetched_can_be_verified(void)
{
    struct archive a = archive_begin();
    const struct query_args args = {.what = QUERY_FETCH, .has_key = true, .key = a.letter->key};
    const struct answer *answer = ask(a.xc, &args, 1);
    struct deliver deliver;
    if (answer != NULL && CHECK_OK(fetch_row_parse(a.arena, answer->rows.at[0], &deliver))) {
        const struct delivery_verified *v = scene_verify(a.world, a.arena, &deliver, "XC-CA-01");
        if (CHECK(v != NULL))
            CHECK_U64(v->contents->field_count, 69);
    }
    archive_end(&a);
}

static void senders_see_the_stages_of_their_own(void)
{
    struct archive a = archive_begin();
    client_take(a.xc, 0, &a.letter->key, STAGE_DELIVERED);
    CHECK(client_hear(a.xa, FRAME_RECEIPT) != NULL);
    struct query_args args = {
        .what = QUERY_STATUS, .limit = 10, .has_key = true, .key = a.letter->key};
    const struct answer *answer = ask(a.xa, &args, 1);
    struct status_row row;
    struct proved proved;
    static const struct entry_wanted stages[] = {{ENTRY_DISCLOSURE, STAGE_ACCEPTED, 1},
                                                 {ENTRY_STAGE, STAGE_DELIVERED, 1}};
    if (answer != NULL && CHECK_OK(status_row_parse(a.arena, answer->rows.at[0], &row))) {
        CHECK_U64(row.stage, STAGE_DELIVERED);
        CHECK(row.code.at == NULL);
        if (CHECK_U64(row.receipts.count, 2))
            for (size_t i = 0; i < 2; i++)
                scene_receipt(a.world, a.letter, row.receipts.at[i], &stages[i], &proved);
    }
    args.key = a.held->key;
    answer = ask(a.xa, &args, 1);
    static const struct entry_wanted held = {ENTRY_HOLD, STAGE_NONE, 1};
    if (answer != NULL && CHECK_OK(status_row_parse(a.arena, answer->rows.at[0], &row))) {
        CHECK_BYTES(row.code, slice_text("E_HELD"));
        if (CHECK_U64(row.receipts.count, 1))
            scene_receipt(a.world, a.held, row.receipts.at[0], &held, &proved);
    }
    args.has_key = false;
    ask(a.xa, &args, 2);
    ask(a.xc, &args, 0);
    archive_end(&a);
}

/* Their receipts are made anew: many in one answer would keep all other links waiting. */
static void statuses_come_a_few_at_a_time(void)
{
    enum { MANY = 20, FEW = 8 };
    struct world *w = world_new(&(struct world_settings){0});
    struct client *xa = client_dial(w, "XA-CA-01");
    scene_send_many(xa, MANY);
    struct query_args args = {.what = QUERY_STATUS, .limit = 100};
    const struct answer *a = ask(xa, &args, FEW);
    for (size_t left = MANY - FEW; a != NULL && left > 0;) {
        size_t count = left < FEW ? left : FEW;
        args.after = a->next;
        a = ask(xa, &args, count);
        left -= count;
    }
    CHECK(a != NULL && a->next.at == NULL);
    world_free(w);
}

static void checkpoints_are_signed_and_grow_consistently(void)
{
    struct archive a = archive_begin();
    struct query_args args = {.what = QUERY_CHECKPOINT, .origin = slice_text(WORLD_ORIGIN)};
    const struct gateway_row *gateway =
        directory_gateway(a.world->rulebook->directory, slice_text(WORLD_GATEWAY));
    struct note notes[2];
    struct vkey vkey;
    CHECK_OK(vkey_parse(gateway->logs[0].vkey, &vkey));
    for (size_t i = 0; i < 2; i++) {
        struct slice text;
        const struct answer *answer = ask(a.xc, &args, 1);
        if (answer == NULL || !CHECK_OK(checkpoint_row_parse(answer->rows.at[0], &text)) ||
            !CHECK_OK(note_parse(text, &notes[i])) || !CHECK_OK(note_verify(&notes[i], &vkey)))
            goto out;
        client_take(a.xc, 0, &a.letter->key, STAGE_RETRIEVED);
        CHECK(i == 1 || client_hear(a.xa, FRAME_RECEIPT) != NULL);
    }
    CHECK_U64(notes[0].size, 3);
    CHECK_U64(notes[1].size, 4);
    args = (struct query_args){.what = QUERY_CONSISTENCY,
                               .origin = slice_text(WORLD_ORIGIN),
                               .old_size = notes[0].size,
                               .new_size = notes[1].size};
    const struct answer *answer = ask(a.xc, &args, 1);
    struct slices path;
    if (answer != NULL && CHECK_OK(consistency_row_parse(a.arena, answer->rows.at[0], &path)))
        CHECK(
            merkle_consistent(notes[0].size, notes[1].size, &notes[0].root, &notes[1].root, path));
out:
    archive_end(&a);
}

/* A receipt on a link whose party has named a checkpoint proves that the log grew from it. */
static void receipts_prove_growth_from_the_readers_checkpoint(void)
{
    struct archive a = archive_begin();
    struct client *c = client_connect(a.world, "XC-CA-01");
    struct frame hello = client_hello(c);
    const uint8_t root[DIGEST_BYTES] = {0};
    struct known_checkpoint known = {slice_text(WORLD_ORIGIN), 1, slice_over(root, sizeof root)};
    hello.as.hello.checkpoints = &known;
    hello.as.hello.checkpoints_count = 1;
    client_give(c, &hello);
    const struct heard *h = client_hear(c, FRAME_DELIVER);
    struct receipt receipt;
    if (CHECK(h != NULL) &&
        CHECK_OK(receipt_parse(a.arena, h->frame.as.deliver.receipts.at[0], &receipt))) {
        CHECK(receipt.has_proof);
        CHECK_U64(receipt.old_size, 1);
    }
    archive_end(&a);
}

/* Two questions on fresh links, so that numbers are the same; the answers must be, too. */
static void check_same_answer(struct world *w, const char *party, const struct query_args *one,
                              const struct query_args *two)
{
    struct client *a = client_dial(w, party), *b = client_dial(w, party);
    while (client_has_unread(a) && client_hear(a, FRAME_DELIVER) != NULL)
        ;
    while (client_has_unread(b) && client_hear(b, FRAME_DELIVER) != NULL)
        ;
    const struct heard *x = client_ask(a, one), *y = client_ask(b, two);
    if (x != NULL && y != NULL) {
        CHECK_U64(x->frame.kind, FRAME_REFUSE);
        CHECK_BYTES(x->frame.as.refuse.code, slice_text("E_UNKNOWN"));
        CHECK(x->frame.as.refuse.detail.at == NULL);
        CHECK_BYTES(y->octets, x->octets);
    }
    client_free(a);
    client_free(b);
}

static void what_is_not_ones_own_looks_like_what_is_not_there(void)
{
    struct archive a = archive_begin();
    static const char *const others[] = {"XC-POL-01", "XA-CA-01", "XA-POL-01"};
    uint8_t invented[UUID_BYTES] = {[6] = 0x40, [8] = 0x80, [15] = 1};
    struct query_args real = {.what = QUERY_FETCH, .has_key = true, .key = a.letter->key};
    struct query_args none = real;
    none.key.id = slice_over(invented, sizeof invented);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        real.key.to = none.key.to = a.letter->key.to;
        check_same_answer(a.world, others[i], &real, &none);
        real.key.to = none.key.to = slice_text(others[i]); /* a guess at the id */
        check_same_answer(a.world, others[i], &real, &none);
    }
    real.key = a.held->key; /* held: its recipient must not know */
    none.key.to = a.held->key.to;
    check_same_answer(a.world, "XC-CA-01", &real, &none);
    real.what = none.what = QUERY_STATUS; /* of a message that others sent */
    real.limit = none.limit = 1;
    real.key = a.letter->key;
    check_same_answer(a.world, "XC-CA-01", &real, &none);
    check_same_answer(a.world, "XA-POL-01", &real, &none);
    archive_end(&a);
}

static void what_there_is_none_of_is_unknown(void)
{
    struct archive a = archive_begin();
    const struct query_args questions[] = {
        {.what = QUERY_CHECKPOINT, .origin = slice_text("xz-gw-01.comity.example/audit/2026")},
        {.what = QUERY_CONSISTENCY, .origin = slice_text("x"), .old_size = 1, .new_size = 2},
        {.what = QUERY_CONSISTENCY,
         .origin = slice_text(WORLD_ORIGIN),
         .old_size = 1,
         .new_size = 4000},
        {.what = QUERY_RULEBOOK, .object = slice_text("states"), .number = 77},
    };
    for (size_t i = 0; i < sizeof questions / sizeof questions[0]; i++) {
        const struct heard *h = client_ask(a.xc, &questions[i]);
        if (h != NULL && CHECK_U64(h->frame.kind, FRAME_REFUSE))
            CHECK_BYTES(h->frame.as.refuse.code, slice_text("E_UNKNOWN"));
    }
    archive_end(&a);
}

/* The COSE receipt that this party is given verifies for the entry that a receipt has. */
static void check_cose(struct archive *a, struct client *c, const struct letter *letter,
                       enum stage stage, struct slice receipt)
{
    const struct query_args args = {.what = QUERY_COSE, .key = letter->key, .stage = stage};
    const struct answer *answer = ask(c, &args, 1);
    const struct gateway_row *gateway =
        directory_gateway(a->world->rulebook->directory, slice_text(WORLD_GATEWAY));
    struct slice octets;
    struct cose_receipt cose;
    struct receipt r;
    struct vkey vkey;
    CHECK_OK(vkey_parse(gateway->logs[0].vkey, &vkey));
    if (answer == NULL || !CHECK_OK(cose_row_parse(answer->rows.at[0], &octets)) ||
        !CHECK_OK(cose_receipt_parse(a->arena, octets, &cose)) ||
        !CHECK_OK(receipt_parse(a->arena, receipt, &r)))
        return;
    const struct digest leaf = merkle_leaf(r.entry);
    CHECK_OK(cose_receipt_verify(&cose, &leaf, &vkey));
    CHECK_U64(cose.index, r.index);
    CHECK_BYTES(slice_over(cose.id, sizeof cose.id), letter->key.id);
}

static void check_no_cose(struct client *c, const struct letter *letter, uint64_t stage)
{
    const struct query_args args = {.what = QUERY_COSE, .key = letter->key, .stage = stage};
    const struct heard *h = client_ask(c, &args);
    if (CHECK(h != NULL) && CHECK_U64(h->frame.kind, FRAME_REFUSE))
        CHECK_BYTES(h->frame.as.refuse.code, slice_text("E_UNKNOWN"));
}

static void cose_receipts_are_for_both_parties_of_a_message(void)
{
    struct archive a = archive_begin();
    struct client *other = client_dial(a.world, "XA-POL-01");
    struct status_row row;
    check_no_cose(a.xc, a.letter, STAGE_ACCEPTED); /* not yet */
    client_take(a.xc, 0, &a.letter->key, STAGE_DELIVERED);
    CHECK(client_hear(a.xa, FRAME_RECEIPT) != NULL);
    const struct query_args args = {
        .what = QUERY_STATUS, .limit = 1, .has_key = true, .key = a.letter->key};
    const struct answer *answer = ask(a.xa, &args, 1);
    if (answer != NULL && CHECK_OK(status_row_parse(a.arena, answer->rows.at[0], &row)) &&
        CHECK_U64(row.receipts.count, 2)) {
        struct slice accepted = arena_copy(a.arena, row.receipts.at[0]);
        struct slice delivered = arena_copy(a.arena, row.receipts.at[1]);
        check_cose(&a, a.xa, a.letter, STAGE_ACCEPTED, accepted);
        check_cose(&a, a.xa, a.letter, STAGE_DELIVERED, delivered);
        check_cose(&a, a.xc, a.letter, STAGE_ACCEPTED, accepted);
        check_cose(&a, a.xc, a.letter, STAGE_DELIVERED, delivered);
    }
    check_no_cose(other, a.letter, STAGE_ACCEPTED);
    check_no_cose(a.xa, a.letter, STAGE_RETRIEVED); /* there is no such entry */
    check_no_cose(a.xa, a.letter, STAGE_NONE);
    check_no_cose(a.xa, a.letter, 21);
    check_no_cose(a.xa, a.letter, COUNT_MAX);
    archive_end(&a);
}

static void a_recipient_gets_no_cose_receipt_of_what_is_held(void)
{
    struct archive a = archive_begin();
    const struct query_args args = {
        .what = QUERY_STATUS, .limit = 1, .has_key = true, .key = a.held->key};
    const struct answer *answer = ask(a.xa, &args, 1);
    struct status_row row;
    if (answer != NULL && CHECK_OK(status_row_parse(a.arena, answer->rows.at[0], &row)))
        check_cose(&a, a.xa, a.held, STAGE_NONE, arena_copy(a.arena, row.receipts.at[0]));
    for (uint64_t stage = 0; stage <= STAGE_NOT_RETRIEVED; stage++)
        check_no_cose(a.xc, a.held, stage);
    archive_end(&a);
}

TESTS(queries, {"the inbox lists without consuming", the_inbox_lists_without_consuming},
      {"the inbox of a thread holds that thread alone",
       the_inbox_of_a_thread_holds_that_thread_alone},
      {"pages go on where the last ended", pages_go_on_where_the_last_ended},
      {"what is fetched can be verified", what_is_fetched_can_be_verified},
      {"senders see the stages of their own", senders_see_the_stages_of_their_own},
      {"statuses come a few at a time", statuses_come_a_few_at_a_time},
      {"checkpoints are signed and grow consistently",
       checkpoints_are_signed_and_grow_consistently},
      {"receipts prove growth from the reader's checkpoint",
       receipts_prove_growth_from_the_readers_checkpoint},
      {"COSE receipts are for both parties of a message",
       cose_receipts_are_for_both_parties_of_a_message},
      {"a recipient gets no COSE receipt of what is held",
       a_recipient_gets_no_cose_receipt_of_what_is_held},
      {"what is not one's own looks like what is not there",
       what_is_not_ones_own_looks_like_what_is_not_there},
      {"what there is none of is unknown", what_there_is_none_of_is_unknown})
