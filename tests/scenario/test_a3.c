/* Case A.3, end to end at one gateway, at the days of the case. */

#include <string.h>

#include "libcomity/document.h"
#include "scenario/scene.h"

static const struct entry_wanted accepted = {ENTRY_DISCLOSURE, STAGE_ACCEPTED, 1};
static const struct entry_wanted delivered = {ENTRY_STAGE, STAGE_DELIVERED, 1};
static const struct entry_wanted retrieved = {ENTRY_STAGE, STAGE_RETRIEVED, 1};

/* A world in which A.3 was sent and has come to XC. */
struct a3 {
    struct world *world;
    struct client *xa, *xc;
    struct letter *letter;
    const struct heard *receipt, *deliver;
};

static struct a3 a3_begin(void)
{
    struct a3 a = {.world = world_new(&(struct world_settings){0})};
    a.xa = client_dial(a.world, "XA-CA-01");
    a.xc = client_dial(a.world, "XC-CA-01");
    a.letter = a3_letter(a.world);
    a.receipt = scene_send(a.xa, a.letter);
    a.deliver = client_hear(a.xc, FRAME_DELIVER);
    CHECK(a.deliver != NULL);
    return a;
}

static void a3_end(struct a3 *a)
{
    letter_free(a->letter);
    world_free(a->world);
}

static void the_sender_gets_a_receipt_and_the_numbers(void)
{
    struct a3 a = a3_begin();
    struct proved proved;
    if (a.receipt != NULL) {
        const struct receipt_frame *r = &a.receipt->frame.as.receipt;
        CHECK(r->report.present);
        CHECK_U64(r->report.released, 69);
        CHECK_U64(r->report.transformed, 3);
        CHECK_U64(r->report.withheld, 31); /* of 100 */
        if (scene_receipt(a.world, a.letter, r->receipt, &accepted, &proved)) {
            CHECK_U64(proved.time_ms, WORLD_START_MS);
            CHECK_U64(proved.receipt.index, 1); /* 0 is the start of the log */
        }
    }
    CHECK_U64(world_log_size(a.world), 2);
    a3_end(&a);
}

static void check_document(const struct delivery_verified *verified, struct arena *arena)
{
    const struct comity_value *values;
    size_t count;
    json_t *document = NULL, *wanted;
    struct slice text = file_octets(tests_path("cases/a3-delivered.json"));
    wanted = json_loadb((const char *)text.at, text.length, 0, NULL);
    if (CHECK(wanted != NULL) && CHECK_OK(document_values(arena, verified, &values, &count)) &&
        CHECK_OK(document_json(&verified->envelope->claims, values, count, &document)))
        CHECK(json_equal(document, wanted));
    json_decref(document);
    json_decref(wanted);
}

static void the_recipient_can_verify_and_read_what_the_law_gives(void)
{
    struct a3 a = a3_begin();
    struct arena *arena = arena_new((size_t)16 << 20);
    const struct delivery_verified *v =
        a.deliver == NULL ? NULL
                          : scene_verify(a.world, arena, &a.deliver->frame.as.deliver, "XC-CA-01");
    if (v != NULL) {
        CHECK_U64(v->hops, 1);
        CHECK_U64(v->contents->field_count, 69);
        CHECK_U64(v->contents->derived_count, 3);
        CHECK_U64(v->releases[0].withheld_count, 7);
        CHECK_U64(v->releases[0].number, 1);
        CHECK_U64(v->releases[0].digests.count, v->envelope->claims.digests.count);
        CHECK_U64(v->releases[0].obligations.count, 2);
        check_document(v, arena);
    }
    arena_free(arena);
    a3_end(&a);
}

static void nobody_else_can_read_it(void)
{
    struct a3 a = a3_begin();
    struct arena *arena = arena_new((size_t)16 << 20);
    const struct delivery_verified *verified = NULL;
    const struct reader_state reader = {.me = slice_text("XC-POL-01"),
                                        .now_ms = a.world->now.wall_ms};
    if (a.deliver != NULL)
        CHECK_STATUS(chain_verify(arena, &a.deliver->frame.as.deliver, a.world->rulebook->directory,
                                  &reader, &verified),
                     REFUSE(READER_RECIPIENT));
    CHECK(verified == NULL);
    arena_free(arena);
    a3_end(&a);
}

static void the_sender_learns_that_it_was_kept_and_shown(void)
{
    static const struct {
        uint64_t stage;
        const struct entry_wanted *entry;
    } steps[] = {{STAGE_DELIVERED, &delivered}, {STAGE_RETRIEVED, &retrieved}};
    struct a3 a = a3_begin();
    uint64_t answers = a.deliver == NULL ? 0 : a.deliver->frame.number;
    for (size_t i = 0; i < 2; i++) {
        struct proved proved;
        world_pass(a.world, 3600000);
        client_take(a.xc, i == 0 ? answers : 0, &a.letter->key, steps[i].stage);
        const struct heard *notice = client_hear(a.xa, FRAME_RECEIPT);
        if (!CHECK(notice != NULL))
            break;
        CHECK_U64(notice->frame.as.receipt.answers, 0);
        CHECK(!notice->frame.as.receipt.report.present);
        if (scene_receipt(a.world, a.letter, notice->frame.as.receipt.receipt, steps[i].entry,
                          &proved))
            CHECK_U64(proved.time_ms, a.world->now.wall_ms);
        client_take(a.xa, notice->frame.number, &a.letter->key, 0);
    }
    /* Taken notices do not come again, nor does the message. */
    CHECK(world_await_results(a.world, 5));
    client_free(a.xa);
    client_free(a.xc);
    a.xa = client_dial(a.world, "XA-CA-01");
    a.xc = client_dial(a.world, "XC-CA-01");
    CHECK(!client_has_unread(a.xa));
    CHECK(!client_has_unread(a.xc));
    CHECK_U64(world_log_size(a.world), 4);
    a3_end(&a);
}

static void notices_that_were_not_taken_come_again(void)
{
    struct a3 a = a3_begin();
    if (a.deliver != NULL)
        client_take(a.xc, a.deliver->frame.number, &a.letter->key, STAGE_DELIVERED);
    CHECK(client_hear(a.xa, FRAME_RECEIPT) != NULL);
    client_free(a.xa);
    a.xa = client_dial(a.world, "XA-CA-01");
    const struct heard *again = client_hear(a.xa, FRAME_RECEIPT);
    if (CHECK(again != NULL))
        CHECK_U64(again->frame.as.receipt.answers, 0);
    a3_end(&a);
}

static void what_must_not_be_seen_is_in_no_frame_and_no_file(void)
{
    struct a3 a = a3_begin();
    if (a.deliver != NULL)
        client_take(a.xc, a.deliver->frame.number, &a.letter->key, STAGE_RETRIEVED);
    CHECK(client_hear(a.xa, FRAME_RECEIPT) != NULL);
    /* The search itself: what XC may see is found in its frames, and routing in the files. */
    CHECK(scene_heard(a.xc, "Halmar"));
    CHECK(world_keeps(a.world, slice_text("XC-CA-01")));
    CHECK(letter_holds(a.letter, "Dostan"));
    for (size_t i = 0; a3_secrets[i] != NULL; i++) {
        CHECK(!scene_heard(a.xc, a3_secrets[i]));
        CHECK(!world_keeps(a.world, slice_text(a3_secrets[i])));
        CHECK(!slice_holds(buffer_slice(&a.world->diagnostics), slice_text(a3_secrets[i])));
    }
    CHECK(!world_keeps(a.world, slice_text("Halmar")));
    world_stop(a.world); /* what is written at the end counts, too */
    for (size_t i = 0; a3_secrets[i] != NULL; i++)
        CHECK(!world_keeps(a.world, slice_text(a3_secrets[i])));
    a3_end(&a);
}

TESTS(a3, {"the sender gets a receipt and the numbers", the_sender_gets_a_receipt_and_the_numbers},
      {"the recipient can verify and read what the law gives",
       the_recipient_can_verify_and_read_what_the_law_gives},
      {"nobody else can read it", nobody_else_can_read_it},
      {"the sender learns that it was kept and shown",
       the_sender_learns_that_it_was_kept_and_shown},
      {"notices that were not taken come again", notices_that_were_not_taken_come_again},
      {"what must not be seen is in no frame and no file",
       what_must_not_be_seen_is_in_no_frame_and_no_file})
