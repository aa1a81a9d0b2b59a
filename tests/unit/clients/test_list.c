/* comity_list: received and own messages, from the archive and from the gateway. */

#include <stdio.h>
#include <string.h>

#include "fixture.h"
#include "gateway.h"
#include "home.h"
#include "libcomity/client.h"
#include "libcomity/clock.h"
#include "libcomity/uuid.h"
#include "session/query.h"

#define HOUR_MS 3600000U

static struct comity *comity;
static struct comity_sent *sent;
static struct comity_rows *rows;
static struct comity_fault fault;

/* What the gateway does and says; set while no link is open. */
static const char *refusal;     /* of a SUBMIT; NULL: it is accepted */
static uint64_t status_stage;   /* of the one submission */
static const char *status_code; /* NULL: none */
static bool has_mail;           /* one message in the inbox */
static uint8_t own_id[UUID_BYTES];
static struct entry_wish proof;    /* the status's receipt; kind ENTRY_NONE: it has none */
static struct slice proof_receipt; /* made once: the log does not change */
static const struct envelope *own_envelope;

static void take_submit(struct served *s, const struct frame *f)
{
    const struct envelope *envelope;
    struct frame answer = {.kind = FRAME_RECEIPT, .as.receipt.answers = f->number};
    if (!CHECK_OK(envelope_open(s->arena, f->as.submit.message.seal,
                                f->as.submit.message_raw.length, &envelope)))
        return;
    memcpy(own_id, envelope->claims.id.at, UUID_BYTES);
    own_envelope = envelope;
    struct entry_wish wish = {ENTRY_DISCLOSURE, STAGE_ACCEPTED, envelope, NULL, 1, NULL};
    answer.as.receipt.receipt = receipt_for(s->arena, &wish);
    if (refusal != NULL)
        answer = (struct frame){
            .kind = FRAME_REFUSE,
            .as.refuse = {.answers = f->number, .code = slice_text(refusal)},
        };
    serve_give(s, &answer);
}

static void put_inbox(struct buffer *b)
{
    static const uint8_t id[UUID_BYTES] = {9, [6] = 0x40, [8] = 0x80};
    struct inbox_row row = {
        .key = {slice_text("XC-CA-01"), slice_over(id, sizeof id), slice_text("XA-CA-01")},
        .thread = slice_over(id, sizeof id),
        .type = slice_text("mla.request"),
        .stage = STAGE_ACCEPTED,
        .received_ms = clock_wall_ms() + HOUR_MS,
        .deadline_ms = CREATED_MS,
    };
    inbox_row_write(b, &row);
}

static void put_status(struct served *s, struct buffer *b)
{
    struct status_row row = {
        .key = {slice_text("XA-CA-01"), slice_over(own_id, sizeof own_id), slice_text("XC-CA-01")},
        .stage = status_stage,
    };
    if (status_code != NULL)
        row.code = slice_text(status_code);
    proof.envelope = own_envelope;
    if (proof.kind != ENTRY_NONE && proof_receipt.at == NULL)
        proof_receipt = receipt_for(s->arena, &proof);
    if (proof.kind != ENTRY_NONE)
        row.receipts = (struct slices){&proof_receipt, 1};
    status_row_write(b, &row);
}

static void take_query(struct served *s, const struct frame *f)
{
    struct buffer b = buffer_new(65536);
    bool mail = f->as.query.what == QUERY_INBOX && has_mail;
    if (mail)
        put_inbox(&b);
    else if (f->as.query.what == QUERY_STATUS)
        put_status(s, &b);
    struct slice row = buffer_slice(&b);
    struct frame answer = {
        .kind = FRAME_ANSWER,
        .as.answer = {.answers = f->number,
                      .what = f->as.query.what,
                      .rows = {&row, row.length > 0 ? 1 : 0}},
    };
    serve_give(s, &answer);
    buffer_done(&b);
}

static void attend(struct served *s)
{
    struct frame bye = {.kind = FRAME_BYE};
    if (!serve_greet(s))
        return;
    for (struct frame f = serve_hear(s); f.kind != FRAME_NONE; f = serve_hear(s)) {
        if (f.kind == FRAME_SUBMIT)
            take_submit(s, &f);
        else if (f.kind == FRAME_QUERY)
            take_query(s, &f);
        else if (f.kind == FRAME_BYE)
            break;
    }
    serve_give(s, &bye);
}

static void begin(void)
{
    CHECK_OK(crypto_thread_start());
    (void)home_log_key();
    (void)vector_sealer();
    refusal = status_code = NULL;
    status_stage = STAGE_ACCEPTED;
    has_mail = false;
    proof = (struct entry_wish){.size = 1};
    proof_receipt = (struct slice){0};
    gateway_start("XA/gateways/XA-GW-01", attend);
    struct comity_options options = {
        .home = home_make(gateway_address()), .context = "xa-ca-01", .timeout_ms = 3000};
    comity = NULL;
    sent = NULL;
    rows = NULL;
    CHECK_U64(comity_open(&options, &comity, &fault), COMITY_DONE);
}

/* The gateway goes away: what is known must be known here. */
static void leave(void)
{
    client_drop_link(comity);
    gateway_stop();
}

static void end(void)
{
    comity_rows_free(rows);
    comity_sent_free(sent);
    comity_close(comity);
}

static void send_a3(enum comity_exit wanted)
{
    CHECK_U64(home_send(comity, false, &sent, &fault), wanted);
    CHECK(sent != NULL && sent->count == 1);
}

/* Lists anew; the first row, or empty ones where there are not as many. */
static const struct comity_row *list(const char *thread, bool due, enum comity_exit wanted,
                                     size_t count)
{
    comity_rows_free(rows);
    CHECK_U64(comity_list(comity, thread, due, &rows, &fault), wanted);
    static const struct comity_row none[3];
    return CHECK(rows != NULL) && CHECK_U64(rows->count, count) && count > 0 ? rows->at : none;
}

static void check_row(const struct comity_row *row, const char *direction, const char *state,
                      const char *stage, const char *code)
{
    CHECK_TEXT(row->direction, direction);
    CHECK_TEXT(row->state, state);
    CHECK_TEXT(row->stage, stage);
    CHECK_TEXT(row->code, code);
}

static void both_directions_are_listed_newest_first(void)
{
    begin();
    send_a3(COMITY_DONE);
    has_mail = true;
    status_stage = STAGE_DELIVERED;
    const struct comity_row *at = list(NULL, false, COMITY_DONE, 2);
    check_row(&at[0], "received", "open", "accepted", "");
    check_row(&at[1], "sent", "sent", "accepted", ""); /* delivered is said, but not proved */
    CHECK(at[1].proved);
    CHECK_TEXT(at[1].id, sent->recipients[0].id);
    CHECK_TEXT(at[1].thread, sent->thread);
    CHECK_TEXT(at[1].type, "mla.request");
    CHECK_TEXT(at[1].from, "XA-CA-01");
    CHECK_TEXT(at[1].to, "XC-CA-01");
    CHECK_TEXT(at[1].urgency, "URGENT");
    CHECK(at[1].case_ref[0] != '\0');
    CHECK(at[1].received_ms != 0 && at[1].received_ms <= clock_wall_ms());
    leave();
    end();
}

/* What comity_status and the list say of the one message, which is the same. */
static void check_progress(const char *outcome, const char *stage, const char *code, bool proved)
{
    comity_sent_free(sent);
    char id[UUID_TEXT_BYTES];
    uuid_write(slice_over(own_id, sizeof own_id), id);
    CHECK_U64(comity_status(comity, id, &sent, &fault), COMITY_DONE);
    if (CHECK(sent != NULL)) {
        const struct comity_recipient *r = &sent->recipients[0];
        CHECK_TEXT(r->outcome, outcome);
        CHECK_TEXT(r->stage, stage);
        CHECK_TEXT(r->code, code);
        CHECK(r->proved == proved);
    }
    const struct comity_row *row = list(NULL, false, COMITY_DONE, 1);
    check_row(row, "sent", strcmp(outcome, "accepted") == 0 ? "sent" : outcome, stage, code);
    CHECK(row->proved == proved);
}

/* A message of which nothing is proved, and of which the gateway will say anything. */
static void begin_unproved(void)
{
    begin();
    refusal = "E_HELD";
    send_a3(COMITY_REFUSED);
    status_stage = STAGE_RETRIEVED;
}

static void without_a_receipt_it_is_the_gateways_word(void)
{
    begin_unproved();
    check_progress("accepted", "retrieved", "", false);
    status_stage = STAGE_NONE;
    status_code = "E_HELD";
    check_progress("held", "none", "E_HELD", false);
    status_stage = STAGE_REJECTED;
    status_code = "E_PURPOSE";
    check_progress("refused", "rejected", "E_PURPOSE", false);
    leave();
    end();
}

static void a_receipt_counts_and_not_what_the_row_says(void)
{
    static const struct {
        enum entry_kind kind;
        enum stage proved, said;
        const char *code, *said_code, *outcome;
    } lies[] = {
        {ENTRY_DISCLOSURE, STAGE_ACCEPTED, STAGE_RETRIEVED, "", NULL, "accepted"},
        {ENTRY_DISCLOSURE, STAGE_ACCEPTED, STAGE_REJECTED, "", "E_PURPOSE", "accepted"},
        {ENTRY_HOLD, STAGE_NONE, STAGE_RETRIEVED, "E_HELD", NULL, "held"},
        {ENTRY_REFUSAL, STAGE_REJECTED, STAGE_DELIVERED, "E_PURPOSE", NULL, "refused"},
        {ENTRY_REFUSAL, STAGE_REJECTED, STAGE_REJECTED, "E_PURPOSE", "E_ROUTE", "refused"},
        {ENTRY_STAGE, STAGE_DELIVERED, STAGE_NONE, "", "E_HELD", "accepted"},
    };
    for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
        begin_unproved();
        proof.kind = lies[i].kind;
        proof.stage = lies[i].proved;
        proof.code = lies[i].code;
        status_stage = lies[i].said;
        status_code = lies[i].said_code;
        check_progress(lies[i].outcome, stage_name(lies[i].proved), lies[i].code, true);
        proof.kind = ENTRY_NONE; /* what was proved once stays so, whatever is said later */
        check_progress(lies[i].outcome, stage_name(lies[i].proved), lies[i].code, true);
        leave();
        end();
    }
}

static void a_forged_receipt_proves_nothing(void)
{
    char id[UUID_TEXT_BYTES];
    begin_unproved();
    proof.kind = ENTRY_DISCLOSURE;
    proof.stage = STAGE_ACCEPTED;
    proof.key = vector_sealer()->key; /* not the log's */
    uuid_write(slice_over(own_id, sizeof own_id), id);
    comity_sent_free(sent);
    CHECK_U64(comity_status(comity, id, &sent, &fault), COMITY_VERIFY);
    CHECK(sent == NULL);
    const struct comity_row *row = list(NULL, false, COMITY_VERIFY, 1);
    CHECK_U64(fault.exit, COMITY_VERIFY);
    check_row(row, "sent", "held", "none", "E_HELD");
    CHECK(!row->proved);
    leave();
    end();
}

/* Another program that keeps checkpoints now: this one waits for it, and not for ever. */
static void a_checkpoint_is_kept_by_one_at_a_time(void)
{
    struct archive *other = NULL;
    char id[UUID_TEXT_BYTES];
    begin_unproved();
    proof.kind = ENTRY_DISCLOSURE;
    proof.stage = STAGE_ACCEPTED;
    uuid_write(slice_over(own_id, sizeof own_id), id);
    comity->options.timeout_ms = 50;
    comity_sent_free(sent);
    if (CHECK_OK(archive_open(comity->context.archive, &other, &fault)) &&
        CHECK_OK(archive_lock(other, 0))) {
        CHECK_U64(comity_status(comity, id, &sent, &fault), COMITY_FAILED);
        CHECK(strstr(fault.message, "another process") != NULL);
        archive_unlock(other);
    }
    archive_close(other);
    comity->options.timeout_ms = 3000;
    check_progress("accepted", "accepted", "", true);
    leave();
    end();
}

static void a_list_can_be_of_one_thread(void)
{
    begin();
    send_a3(COMITY_DONE);
    has_mail = true;
    CHECK_TEXT(list(sent->thread, false, COMITY_DONE, 1)->direction, "sent");
    list("315236d8-8f13-4eea-bec7-2226d35db015", false, COMITY_DONE, 0);
    struct comity_rows *none;
    CHECK_U64(comity_list(comity, "no id", false, &none, &fault), COMITY_UNKNOWN);
    CHECK(none == NULL);
    leave();
    end();
}

static void the_next_deadline_comes_first(void)
{
    begin();
    send_a3(COMITY_DONE);
    has_mail = true;
    const struct comity_row *at = list(NULL, true, COMITY_DONE, 2);
    CHECK_TEXT(at[0].direction, "received");
    CHECK(at[0].due_ms != 0 && at[0].due_ms < at[1].due_ms);
    leave();
    end();
}

static void a_held_message_is_held_until_the_gateway_says_else(void)
{
    begin();
    refusal = status_code = "E_HELD";
    status_stage = STAGE_NONE;
    send_a3(COMITY_REFUSED);
    check_row(list(NULL, true, COMITY_DONE, 1), "sent", "held", "none", "E_HELD");
    status_code = NULL;
    status_stage = STAGE_ACCEPTED;
    check_row(list(NULL, true, COMITY_DONE, 1), "sent", "sent", "accepted", "");
    leave();
    check_row(list(NULL, true, COMITY_UNAVAILABLE, 1), "sent", "held", "none", "E_HELD");
    end();
}

static void a_refused_message_is_listed_but_not_due(void)
{
    begin();
    refusal = "E_PURPOSE";
    send_a3(COMITY_REFUSED);
    leave();
    check_row(list(NULL, false, COMITY_UNAVAILABLE, 1), "sent", "refused", "rejected", "E_PURPOSE");
    list(NULL, true, COMITY_UNAVAILABLE, 0);
    end();
}

static void without_a_gateway_what_is_known_is_listed(void)
{
    begin();
    leave();
    send_a3(COMITY_UNAVAILABLE);
    check_row(list(NULL, true, COMITY_UNAVAILABLE, 1), "sent", "unsent", "none", "");
    CHECK_TEXT(fault.code, "E_UNAVAILABLE");
    end();
}

static void keep_reply(const char *from)
{
    home_keep(comity, &(struct home_message){.own = slice_over(own_id, sizeof own_id),
                                             .replies = true,
                                             .from = from,
                                             .received_ms = clock_wall_ms() + HOUR_MS});
}

static void a_reply_of_the_party_that_was_asked_answers(void)
{
    begin();
    send_a3(COMITY_DONE);
    leave();
    keep_reply("XC-CA-02");
    check_row(&list(NULL, false, COMITY_UNAVAILABLE, 2)[1], "sent", "sent", "accepted", "");
    keep_reply("XC-CA-01");
    check_row(&list(NULL, false, COMITY_UNAVAILABLE, 3)[2], "sent", "answered", "accepted", "");
    check_row(&rows->at[0], "received", "open", "delivered", "");
    const struct comity_row *due = list(NULL, true, COMITY_UNAVAILABLE, 2);
    CHECK_TEXT(due[0].direction, "received");
    CHECK_TEXT(due[1].direction, "received");
    end();
}

TESTS(clients_list,
      {"both directions are listed, newest first", both_directions_are_listed_newest_first},
      {"without a receipt it is the gateway's word", without_a_receipt_it_is_the_gateways_word},
      {"a receipt counts, and not what the row says", a_receipt_counts_and_not_what_the_row_says},
      {"a forged receipt proves nothing", a_forged_receipt_proves_nothing},
      {"a checkpoint is kept by one at a time", a_checkpoint_is_kept_by_one_at_a_time},
      {"a list can be of one thread", a_list_can_be_of_one_thread},
      {"the next deadline comes first", the_next_deadline_comes_first},
      {"a held message is held until the gateway says else",
       a_held_message_is_held_until_the_gateway_says_else},
      {"a refused message is listed, but not due", a_refused_message_is_listed_but_not_due},
      {"without a gateway what is known is listed", without_a_gateway_what_is_known_is_listed},
      {"a reply of the party that was asked answers", a_reply_of_the_party_that_was_asked_answers})
