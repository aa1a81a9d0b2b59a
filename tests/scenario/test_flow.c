/* What a party can make grow has a limit, and what is slow is waited for. */

#include <string.h>

#include "exchange/link.h"
#include "scenario/scene.h"
#include "session/query.h"

#define MANY_OCTETS ((size_t)64 << 20)

/* A client may spend all its credit at once and wait; it must get it back without another word. */
static void credit_comes_back_when_the_journal_has_answered(void)
{
    struct world *w = world_new(&(struct world_settings){0});
    struct client *xa = client_dial(w, "XA-CA-01");
    uint64_t credit = session_credit(&xa->session);
    CHECK_U64(credit, link_limits_default.credits);
    for (uint64_t i = 0; i < credit; i++) {
        struct letter *letter = plain_letter(w);
        struct frame f = {.kind = FRAME_SUBMIT, .as.submit = letter->submit};
        client_give(xa, &f);
        letter_free(letter);
    }
    CHECK(world_await_results(w, credit));
    for (uint64_t i = 0; i < credit; i++)
        CHECK(client_hear(xa, FRAME_RECEIPT) != NULL);
    CHECK(session_credit(&xa->session) > 0);
    struct letter *letter = plain_letter(w);
    CHECK(scene_send(xa, letter) != NULL);
    letter_free(letter);
    world_free(w);
}

static void who_sends_without_credit_is_cut_off(void)
{
    struct world *w = world_new(&(struct world_settings){0});
    struct client *xa = client_dial(w, "XA-CA-01");
    struct buffer b = buffer_new(MANY_OCTETS);
    for (uint64_t i = 0; i <= link_limits_default.credits; i++) {
        struct letter *letter = plain_letter(w);
        struct frame f = {.kind = FRAME_SUBMIT, .as.submit = letter->submit};
        struct status s = session_give(&xa->session, &f, w->now.mono_ms);
        CHECK_STATUS(s, i < link_limits_default.credits ? OK : REFUSE(FRAME_CREDIT));
        f.number = i + 2; /* HELLO was the first */
        frame_write(&b, &f);
        letter_free(letter);
    }
    CHECK_OK(client_octets(xa, buffer_slice(&b)));
    const struct heard *bye = client_hear(xa, FRAME_BYE);
    if (CHECK(bye != NULL))
        CHECK_BYTES(bye->frame.as.bye_code, slice_text("E_STATE"));
    /* All that came before it, and the breach. */
    CHECK(world_await_results(w, link_limits_default.credits + 1));
    CHECK_U64(world_log_size(w), 1 + link_limits_default.credits + 1);
    buffer_done(&b);
    world_free(w);
}

/* Questions with long answers from a peer that does not read them. */
static void who_does_not_read_is_not_read_from(void)
{
    enum { QUESTIONS = 30 };
    struct world *w = world_new(&(struct world_settings){0});
    struct client *xa = client_dial(w, "XA-CA-01"), *xc = client_dial(w, "XC-CA-01");
    struct letter *letter = a3_letter(w);
    struct buffer questions = buffer_new(MANY_OCTETS), args = buffer_new(4096);
    CHECK(scene_send(xa, letter) != NULL);
    CHECK(client_hear(xc, FRAME_DELIVER) != NULL);
    query_args_write(
        &args, &(struct query_args){.what = QUERY_FETCH, .has_key = true, .key = letter->key});
    struct frame f = {.kind = FRAME_QUERY,
                      .as.query = {.what = QUERY_FETCH, .args = buffer_slice(&args)}};
    for (unsigned i = 0; i < QUESTIONS; i++) {
        CHECK_OK(session_give(&xc->session, &f, w->now.mono_ms));
        frame_write(&questions, &f);
    }
    CHECK_OK(exchange_take(xc->link, buffer_slice(&questions), w->now));
    CHECK(!exchange_wants(xc->link));
    CHECK(exchange_output(xc->link)->length < LINK_OUTPUT_MAX);
    size_t before = exchange_output(xc->link)->length;
    exchange_mail(w->exchange, slice_text("XC-CA-01"), w->now);
    CHECK_U64(exchange_output(xc->link)->length, before);
    /* It reads after all: the rest is answered from what was taken already. */
    for (unsigned i = 0; i < QUESTIONS; i++) {
        client_drain(xc);
        CHECK(exchange_wants(xc->link));
        CHECK_OK(exchange_take(xc->link, (struct slice){0}, w->now));
    }
    client_drain(xc);
    for (unsigned i = 0; i < QUESTIONS; i++)
        CHECK(client_hear(xc, FRAME_ANSWER) != NULL);
    buffer_done(&questions);
    buffer_done(&args);
    letter_free(letter);
    world_free(w);
}

static void a_full_queue_asks_to_try_again(void)
{
    struct world *w = world_new(&(struct world_settings){.queue_bytes = 8192});
    struct client *xa = client_dial(w, "XA-CA-01"), *xc = client_dial(w, "XC-CA-01");
    struct letter *letter = a3_letter(w);
    for (unsigned i = 0; i < 2; i++) {
        const struct heard *h = scene_refused(xa, letter, "E_UNAVAILABLE");
        if (h == NULL)
            break;
        CHECK(h->frame.as.refuse.retry_ms >= RETRY_MS &&
              h->frame.as.refuse.retry_ms < RETRY_MS + RETRY_SPREAD_MS);
        CHECK(h->frame.as.refuse.receipt.at == NULL);
        CHECK(h->frame.as.refuse.detail.at == NULL);
    }
    CHECK_U64(world_log_size(w), 1);
    CHECK(!client_has_unread(xc));
    world_stop(w);
    w->settings.queue_bytes = 0;
    world_start(w);
    xa = client_dial(w, "XA-CA-01");
    CHECK(scene_send(xa, letter) != NULL); /* the same octets */
    letter_free(letter);
    world_free(w);
}

/* Deliveries stop at the credit that the client gave. */
static void nothing_is_pushed_without_credit(void)
{
    enum { LETTERS = 5, CREDIT = 2 };
    struct world *w = world_new(&(struct world_settings){0});
    struct client *xa = client_dial(w, "XA-CA-01");
    struct letter *letters[LETTERS];
    for (unsigned i = 0; i < LETTERS; i++) {
        letters[i] = plain_letter(w);
        CHECK(scene_send(xa, letters[i]) != NULL);
    }
    struct client *xc = client_connect(w, "XC-CA-01");
    xc->session.ours.credits = CREDIT;
    xc->keeps_credit = true;
    client_greet(xc);
    for (unsigned i = 0; i < CREDIT; i++)
        CHECK(client_hear(xc, FRAME_DELIVER) != NULL);
    CHECK(client_hear(xc, FRAME_WELCOME) != NULL);
    CHECK(!client_has_unread(xc));
    struct frame credit = {.kind = FRAME_CREDIT, .as.credit = {.amount = LETTERS}};
    client_give(xc, &credit);
    for (unsigned i = CREDIT; i < LETTERS; i++)
        CHECK(client_hear(xc, FRAME_DELIVER) != NULL);
    CHECK(!client_has_unread(xc));
    for (unsigned i = 0; i < LETTERS; i++)
        letter_free(letters[i]);
    world_free(w);
}

/* TAKEN costs no credit; what one link asks of the journal is limited all the same. */
static void who_takes_without_end_waits_for_the_journal(void)
{
    static const uint8_t id[UUID_BYTES] = {1};
    struct world *w = world_new(&(struct world_settings){0});
    struct client *xc = client_dial(w, "XC-CA-01");
    uint64_t before = w->results;
    struct frame f = {
        .kind = FRAME_TAKEN,
        .as.taken = {.key = {slice_text("XA-CA-01"), slice_over(id, sizeof id),
                             slice_text("XC-CA-01")},
                     .stage = STAGE_RETRIEVED},
    };
    for (unsigned i = 0; i < link_limits_default.pending; i++) {
        CHECK(exchange_wants(xc->link));
        client_give(xc, &f);
    }
    CHECK(!exchange_wants(xc->link));
    client_give(xc, &f);
    CHECK(world_await_results(w, before + link_limits_default.pending));
    CHECK(exchange_wants(xc->link));
    CHECK_OK(exchange_take(xc->link, (struct slice){0}, w->now));
    CHECK(world_await_results(w, before + link_limits_default.pending + 1));
    world_free(w);
}

/* What was sent before BYE is answered before the other BYE. */
static void bye_waits_for_the_answers(void)
{
    struct world *w = world_new(&(struct world_settings){0});
    struct client *xa = client_dial(w, "XA-CA-01");
    struct letter *letter = plain_letter(w);
    struct frame submit = {.kind = FRAME_SUBMIT, .as.submit = letter->submit};
    struct frame bye = {.kind = FRAME_BYE};
    client_give(xa, &submit);
    client_give(xa, &bye);
    CHECK(client_hear(xa, FRAME_RECEIPT) != NULL);
    CHECK(client_hear(xa, FRAME_BYE) != NULL);
    letter_free(letter);
    world_free(w);
}

/* A line for every delivery that was refused, not for every REFUSE that somebody can write. */
static void a_delivery_is_refused_once(void)
{
    struct world *w = world_new(&(struct world_settings){0});
    struct client *xa = client_dial(w, "XA-CA-01"), *xc = client_dial(w, "XC-CA-01");
    struct letter *letter = plain_letter(w);
    CHECK(scene_send(xa, letter) != NULL);
    const struct heard *deliver = client_hear(xc, FRAME_DELIVER);
    if (CHECK(deliver != NULL)) {
        struct frame f = {
            .kind = FRAME_REFUSE,
            .as.refuse = {.answers = deliver->frame.number, .code = slice_text("E_HASH")}};
        client_give(xc, &f);
        CHECK(slice_holds(buffer_slice(&w->diagnostics), slice_text("delivery.refused")));
        size_t said = w->diagnostics.length;
        client_give(xc, &f);
        CHECK_U64(w->diagnostics.length, said);
    }
    letter_free(letter);
    world_free(w);
}

TESTS(flow,
      {"credit comes back when the journal has answered",
       credit_comes_back_when_the_journal_has_answered},
      {"who sends without credit is cut off", who_sends_without_credit_is_cut_off},
      {"who does not read is not read from", who_does_not_read_is_not_read_from},
      {"a full queue asks to try again", a_full_queue_asks_to_try_again},
      {"nothing is pushed without credit", nothing_is_pushed_without_credit},
      {"who takes without end waits for the journal", who_takes_without_end_waits_for_the_journal},
      {"BYE waits for the answers", bye_waits_for_the_answers},
      {"a delivery is refused once", a_delivery_is_refused_once})
