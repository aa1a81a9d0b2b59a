#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "fixture.h"
#include "gateway.h"
#include "home.h"
#include "libcomity/client.h"
#include "session/query.h"

static struct comity *comity;
static struct comity_sent *sent;
static struct comity_fault fault;

/* What the gateway saw: the octets of each SUBMIT's seal, and how often it was asked. */
static struct digest seals[4];
static atomic_uint submits;

static void begin(serve *fn)
{
    CHECK_OK(crypto_thread_start());
    (void)home_log_key();
    submits = 0;
    gateway_start("XA/gateways/XA-GW-01", fn);
    struct comity_options options = {
        .home = home_make(gateway_address()), .context = "xa-ca-01", .timeout_ms = 3000};
    comity = NULL;
    sent = NULL;
    if (!CHECK_U64(comity_open(&options, &comity, &fault), COMITY_DONE))
        fprintf(stderr, "%s\n", fault.message);
}

static void end(void)
{
    comity_sent_free(sent);
    comity_close(comity);
    gateway_stop();
}

static enum comity_exit send_a3(bool dry_run)
{
    return home_send(comity, dry_run, &sent, &fault);
}

/* Hears the next SUBMIT and opens its seal. */
static const struct envelope *hear_submit(struct served *s, struct frame *f)
{
    const struct envelope *envelope = NULL;
    *f = serve_await(s, FRAME_SUBMIT);
    if (f->kind == FRAME_SUBMIT &&
        !failed(envelope_open(s->arena, f->as.submit.message.seal, f->as.submit.message_raw.length,
                              &envelope)))
        seals[submits++ % 4] = envelope->digest;
    return envelope;
}

static void answer_receipt(struct served *s, const struct frame *f, struct entry_wish wish)
{
    struct frame answer = {.kind = FRAME_RECEIPT,
                           .as.receipt = {.answers = f->number,
                                          .receipt = receipt_for(s->arena, &wish),
                                          .report = {true, 69, 3, 31}}};
    serve_give(s, &answer);
}

static void answer_refuse(struct served *s, const struct frame *f, const char *code)
{
    struct frame answer = {.kind = FRAME_REFUSE,
                           .as.refuse = {.answers = f->number, .code = slice_text(code)}};
    serve_give(s, &answer);
}

static void accept(struct served *s)
{
    struct frame f;
    const struct envelope *envelope = serve_greet(s) ? hear_submit(s, &f) : NULL;
    if (envelope == NULL)
        return;
    bool dry = (f.as.submit.flags & SUBMIT_DRY_RUN) != 0;
    answer_receipt(s, &f,
                   (struct entry_wish){dry ? ENTRY_CONSULTATION : ENTRY_DISCLOSURE,
                                       dry ? STAGE_NONE : STAGE_ACCEPTED, envelope, NULL, 5, NULL});
    serve_end(s);
}

static void an_accepted_message_is_proved(void)
{
    begin(accept);
    CHECK_U64(send_a3(false), COMITY_DONE);
    if (CHECK(sent != NULL && sent->count == 1)) {
        const struct comity_recipient *r = &sent->recipients[0];
        CHECK_TEXT(r->party, "XC-CA-01");
        CHECK_TEXT(r->outcome, "accepted");
        CHECK_TEXT(r->stage, "accepted");
        CHECK_TEXT(r->code, "");
        CHECK(r->proved && r->reported);
        CHECK_U64(r->withheld, 31);
        CHECK_U64(strlen(r->id), 36);
        CHECK_U64(strlen(sent->thread), 36);
    }
    end();
}

static void a_dry_run_leaves_nothing_behind(void)
{
    begin(accept);
    CHECK_U64(send_a3(true), COMITY_DONE);
    if (CHECK(sent != NULL)) {
        char id[37];
        snprintf(id, sizeof id, "%s", sent->recipients[0].id);
        CHECK_TEXT(sent->recipients[0].stage, "none");
        comity_sent_free(sent);
        CHECK_U64(comity_resume(comity, id, &sent, &fault), COMITY_UNKNOWN);
        CHECK_TEXT(fault.code, "E_UNKNOWN");
    }
    end();
}

static void cut_first(struct served *s)
{
    struct frame f;
    const struct envelope *envelope = serve_greet(s) ? hear_submit(s, &f) : NULL;
    if (envelope == NULL || s->turn == 0)
        return; /* the link breaks before anything is said */
    answer_receipt(s, &f,
                   (struct entry_wish){ENTRY_DISCLOSURE, STAGE_ACCEPTED, envelope, NULL, 1, NULL});
    serve_end(s);
}

static void after_a_break_the_same_octets_are_sent(void)
{
    begin(cut_first);
    CHECK_U64(send_a3(false), COMITY_DONE);
    CHECK_U64(submits, 2);
    CHECK_BYTES(digest_slice(&seals[0]), digest_slice(&seals[1]));
    end();
}

static void cut_twice(struct served *s)
{
    struct frame f;
    const struct envelope *envelope = serve_greet(s) ? hear_submit(s, &f) : NULL;
    if (envelope == NULL || s->turn < 2)
        return;
    answer_receipt(s, &f,
                   (struct entry_wish){ENTRY_DISCLOSURE, STAGE_ACCEPTED, envelope, NULL, 1, NULL});
    serve_end(s);
}

static void a_doubtful_outcome_is_resumed(void)
{
    begin(cut_twice);
    CHECK_U64(send_a3(false), COMITY_DOUBT);
    CHECK_U64(fault.exit, COMITY_DOUBT);
    CHECK(strstr(fault.hint, "--resume") != NULL);
    if (CHECK(sent != NULL)) {
        char id[37];
        CHECK_TEXT(sent->recipients[0].outcome, "unknown");
        snprintf(id, sizeof id, "%s", sent->recipients[0].id);
        comity_sent_free(sent);
        CHECK_U64(comity_resume(comity, id, &sent, &fault), COMITY_DONE);
        CHECK_TEXT(sent->recipients[0].id, id);
        CHECK_TEXT(sent->recipients[0].outcome, "accepted");
    }
    CHECK_U64(submits, 3);
    CHECK_BYTES(digest_slice(&seals[0]), digest_slice(&seals[2]));
    end();
}

static void be_busy_once(struct served *s)
{
    struct frame f, ping = {.kind = FRAME_PING};
    if (!serve_greet(s) || hear_submit(s, &f) == NULL)
        return;
    struct frame busy = {
        .kind = FRAME_REFUSE,
        .as.refuse = {.answers = f.number, .code = slice_text("E_UNAVAILABLE"), .retry_ms = 50}};
    serve_give(s, &busy);
    serve_give(s, &ping); /* the link lives on meanwhile */
    const struct envelope *envelope = hear_submit(s, &f);
    if (envelope == NULL)
        return;
    answer_receipt(s, &f,
                   (struct entry_wish){ENTRY_DISCLOSURE, STAGE_ACCEPTED, envelope, NULL, 1, NULL});
    serve_end(s);
}

static void a_busy_gateway_is_asked_again(void)
{
    begin(be_busy_once);
    CHECK_U64(send_a3(false), COMITY_DONE);
    CHECK_U64(submits, 2);
    CHECK_BYTES(digest_slice(&seals[0]), digest_slice(&seals[1]));
    end();
}

static void hold(struct served *s)
{
    struct frame f;
    if (serve_greet(s) && hear_submit(s, &f) != NULL) {
        answer_refuse(s, &f, "E_HELD");
        serve_end(s);
    }
}

static void a_held_message_is_neither_accepted_nor_refused(void)
{
    begin(hold);
    CHECK_U64(send_a3(false), COMITY_REFUSED);
    CHECK_TEXT(fault.code, "E_HELD");
    if (CHECK(sent != NULL)) {
        CHECK_TEXT(sent->recipients[0].outcome, "held");
        CHECK_TEXT(sent->recipients[0].code, "E_HELD");
        CHECK(!sent->recipients[0].proved); /* no receipt came with it */
    }
    end();
}

/* A refusal and what the log has of it, one a connection. */
static const struct refused {
    const char *code; /* in REFUSE */
    enum entry_kind kind;
    enum stage stage;
    const char *logged;
    bool forged;
    enum comity_exit exit;
} refused[] = {
    {"E_PURPOSE", ENTRY_REFUSAL, STAGE_REJECTED, "E_PURPOSE", false, COMITY_REFUSED},
    {"E_HELD", ENTRY_HOLD, STAGE_NONE, "E_HELD", false, COMITY_REFUSED},
    {"E_PURPOSE", ENTRY_REFUSAL, STAGE_REJECTED, "E_ROUTE", false, COMITY_VERIFY},
    {"E_PURPOSE", ENTRY_REFUSAL, STAGE_REJECTED, NULL, false, COMITY_VERIFY},
    {"E_HELD", ENTRY_HOLD, STAGE_NONE, "E_PURPOSE", false, COMITY_VERIFY},
    {"E_HELD", ENTRY_REFUSAL, STAGE_REJECTED, "E_HELD", false, COMITY_VERIFY},
    {"E_PURPOSE", ENTRY_HOLD, STAGE_NONE, "E_PURPOSE", false, COMITY_VERIFY},
    {"E_PURPOSE", ENTRY_DISCLOSURE, STAGE_ACCEPTED, NULL, false, COMITY_VERIFY},
    {"E_PURPOSE", ENTRY_REFUSAL, STAGE_REJECTED, "E_PURPOSE", true, COMITY_VERIFY},
};
static const struct refused *refused_now;

static void refuse_with_receipt(struct served *s)
{
    struct frame f;
    const struct envelope *envelope = serve_greet(s) ? hear_submit(s, &f) : NULL;
    if (envelope == NULL)
        return;
    const struct refused *now = refused_now;
    struct entry_wish wish = {now->kind, now->stage, envelope, NULL, 1, now->logged};
    if (now->forged)
        wish.key = vector_sealer()->key; /* not the log's */
    struct frame answer = {.kind = FRAME_REFUSE,
                           .as.refuse = {.answers = f.number,
                                         .code = slice_text(now->code),
                                         .receipt = receipt_for(s->arena, &wish)}};
    serve_give(s, &answer);
    serve_end(s);
}

/* Each has a log of its own: its receipt is the first that is seen of it. */
static void a_refusal_is_the_one_in_the_log(void)
{
    (void)vector_sealer();
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        refused_now = &refused[i];
        bool holds = refused_now->exit == COMITY_REFUSED;
        begin(refuse_with_receipt);
        CHECK_U64(send_a3(false), refused_now->exit);
        const char *code = holds ? refused_now->code : refused_now->forged ? "E_SIG" : "E_HASH";
        CHECK_TEXT(fault.code, code);
        if (CHECK(sent != NULL)) {
            const struct comity_recipient *r = &sent->recipients[0];
            CHECK(r->proved == holds);
            CHECK_TEXT(r->outcome, !holds                            ? "unknown"
                                   : refused_now->kind == ENTRY_HOLD ? "held"
                                                                     : "refused");
            CHECK_TEXT(r->code, code);
        }
        end();
    }
}

/* Receipts that must not be believed, one a connection. */
static void deceive(struct served *s)
{
    struct frame f;
    const struct envelope *envelope = serve_greet(s) ? hear_submit(s, &f) : NULL;
    if (envelope == NULL)
        return;
    struct entry_wish wish = {ENTRY_DISCLOSURE, STAGE_ACCEPTED, envelope, NULL, 4, NULL};
    struct envelope other = *envelope;
    other.digest.octets[0] ^= 1;
    if (s->turn == 0)
        wish.key = vector_sealer()->key; /* not the log's */
    else if (s->turn == 1)
        wish.envelope = &other; /* another message's */
    else if (s->turn == 2)
        wish.kind = ENTRY_CONSULTATION; /* only asked about */
    answer_receipt(s, &f, wish);
    serve_end(s);
}

static void a_receipt_that_does_not_hold_is_no_receipt(void)
{
    (void)vector_sealer();
    begin(deceive);
    for (unsigned i = 0; i < 3; i++) {
        CHECK_U64(send_a3(false), COMITY_VERIFY);
        if (CHECK(sent != NULL)) {
            CHECK_TEXT(sent->recipients[0].outcome, "unknown");
            CHECK(!sent->recipients[0].proved);
        }
        comity_sent_free(sent);
        sent = NULL;
        client_drop_link(comity); /* the gateway takes one link at a time */
    }
    end();
}

/* A log of 6 entries, then one of 6 others, then an older one without a proof. */
static void rewrite(struct served *s)
{
    struct frame f;
    static const uint64_t sizes[] = {6, 6, 3};
    const struct envelope *envelope = serve_greet(s) ? hear_submit(s, &f) : NULL;
    if (envelope == NULL)
        return;
    answer_receipt(s, &f,
                   (struct entry_wish){ENTRY_DISCLOSURE, STAGE_ACCEPTED, envelope, NULL,
                                       sizes[s->turn % 3], NULL});
    f = serve_hear(s);
    if (f.kind == FRAME_QUERY) {
        answer_refuse(s, &f, "E_UNKNOWN");
        serve_end(s);
    } else if (f.kind == FRAME_BYE) {
        struct frame bye = {.kind = FRAME_BYE};
        serve_give(s, &bye);
    }
}

static void a_log_that_was_rewritten_is_noticed(void)
{
    static const enum comity_exit exits[] = {COMITY_DONE, COMITY_FORK, COMITY_STALE};
    begin(rewrite);
    for (unsigned i = 0; i < 3; i++) {
        CHECK_U64(send_a3(false), exits[i]);
        comity_sent_free(sent);
        sent = NULL;
        client_drop_link(comity);
    }
    end();
}

static void a_wrong_document_is_not_sent(void)
{
    static const char document[] = "{\"type\":\"mla.request\"}";
    struct comity_letter letter = {.document = document, .length = sizeof document - 1};
    begin(accept);
    CHECK_U64(comity_send(comity, &letter, &sent, &fault), COMITY_INPUT);
    CHECK(sent == NULL);
    CHECK_TEXT(fault.code, "E_INCOMPLETE");
    CHECK_U64(submits, 0);
    end();
}

static void nobody_there_leaves_the_message_to_be_resumed(void)
{
    begin(accept);
    gateway_stop();
    CHECK_U64(send_a3(false), COMITY_UNAVAILABLE);
    if (CHECK(sent != NULL)) {
        CHECK_TEXT(sent->recipients[0].outcome, "unsent");
        CHECK(strstr(fault.hint, "--resume") != NULL);
    }
    comity_sent_free(sent);
    comity_close(comity);
}

TESTS(clients_send, {"an accepted message is proved", an_accepted_message_is_proved},
      {"a dry run leaves nothing behind", a_dry_run_leaves_nothing_behind},
      {"after a break the same octets are sent", after_a_break_the_same_octets_are_sent},
      {"a doubtful outcome is resumed", a_doubtful_outcome_is_resumed},
      {"a busy gateway is asked again", a_busy_gateway_is_asked_again},
      {"a held message is neither accepted nor refused",
       a_held_message_is_neither_accepted_nor_refused},
      {"a refusal is the one in the log", a_refusal_is_the_one_in_the_log},
      {"a receipt that does not hold is no receipt", a_receipt_that_does_not_hold_is_no_receipt},
      {"a log that was rewritten is noticed", a_log_that_was_rewritten_is_noticed},
      {"a wrong document is not sent", a_wrong_document_is_not_sent},
      {"nobody there leaves the message to be resumed",
       nobody_there_leaves_the_message_to_be_resumed})
