/*
 * Memory that is out at any one moment: what was asked for works, or is refused as unavailable, and
 * can be asked for again; nothing is lost, kept twice or leaked, and the log holds.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/tile.h"
#include "scenario/scene.h"
#include "support/allocations.h"

#define ARENA_BYTES ((size_t)16 << 20)

/* A world that goes on while allocations fail in it. */
struct siege {
    struct world *world;
    struct client *xa, *xc;
    struct letter *letter;
    uint64_t size; /* of the log, before the letter */
    unsigned seen; /* deliveries so far */
};

static void dial_again(struct siege *s)
{
    if (s->xa == NULL || s->xa->link == NULL) {
        client_free(s->xa);
        s->xa = client_dial(s->world, "XA-CA-01");
    }
    if (s->xc == NULL || s->xc->link == NULL) {
        client_free(s->xc);
        s->xc = client_dial(s->world, "XC-CA-01");
    }
}

static struct siege siege_begin(void)
{
    struct siege s = {.world = world_new(&(struct world_settings){0})};
    dial_again(&s);
    return s;
}

static void round_begin(struct siege *s)
{
    dial_again(s);
    s->letter = scene_letter(s->world, plain_document("UNTOC18"), "XA-CA-01", "XC-CA-01");
    s->size = world_log_size(s->world);
}

/* The same octets once more: accepted now, whatever became of them before, and only once. */
static void round_end(struct siege *s)
{
    dial_again(s);
    const struct heard *h = client_submit(s->xa, &s->letter->submit);
    if (CHECK(h != NULL))
        CHECK_U64(h->frame.kind, FRAME_RECEIPT);
    CHECK_U64(world_log_size(s->world), s->size + 1);
    letter_free(s->letter);
    s->letter = NULL;
}

/* The octets of a SUBMIT; the session of the client has counted it. */
static struct buffer submit_octets(struct siege *s)
{
    struct buffer b = buffer_new(FRAME_HEAD_BYTES + FRAME_MAX_BYTES);
    struct frame f = {.kind = FRAME_SUBMIT, .as.submit = s->letter->submit};
    CHECK_OK(session_give(&s->xa->session, &f, s->world->now.mono_ms));
    frame_write(&b, &f);
    return b;
}

/* An answer that says that it worked or that it did not, now; no answer only where the link went. */
static void check_answer(struct siege *s, struct status taken)
{
    CHECK(taken.code == CODE_OK || taken.code == CODE_MEMORY);
    client_drain(s->xa);
    if (failed(taken) || s->xa->link == NULL)
        return;
    CHECK(world_await_results(s->world, s->world->results));
    for (const struct heard *h = s->xa->heard; h != NULL; h = h->next)
        if (h->frame.kind == FRAME_REFUSE) {
            CHECK_BYTES(h->frame.as.refuse.code, slice_text("E_UNAVAILABLE"));
            CHECK(h->frame.as.refuse.retry_ms > 0);
        }
    CHECK(s->xa->heard->frame.kind == FRAME_WELCOME);
}

/* Deliveries that came to XC and were not counted yet; each is taken. */
static void count_deliveries(struct siege *s)
{
    dial_again(s);
    world_turn(s->world);
    while (client_has_unread(s->xc)) {
        const struct heard *h = client_hear(s->xc, FRAME_DELIVER);
        if (h == NULL)
            break;
        s->seen++;
    }
}

static void siege_end(struct siege *s, unsigned letters)
{
    /* Everything is there for a fresh link, as often as it was sent: once. */
    client_free(s->xc);
    s->xc = client_dial(s->world, "XC-CA-01");
    uint64_t size = world_log_size(s->world);
    CHECK_U64(size, 1 + letters);
    world_stop(s->world);
    world_start(s->world); /* would refuse to start over a log that does not hold */
    CHECK_U64(world_log_size(s->world), size + 2);
    world_free(s->world);
}

/* While a frame is taken, judged and posted. */
static void a_submit_survives_any_allocation_that_fails(void)
{
    struct siege s = siege_begin();
    bool went_wrong = true;
    unsigned letters = 0;
    for (uint64_t n = 1; went_wrong; n++, letters++) {
        round_begin(&s);
        struct buffer octets = submit_octets(&s);
        allocations_fail_at(n);
        struct status taken = exchange_take(s.xa->link, buffer_slice(&octets), s.world->now);
        went_wrong = allocations_failed();
        allocations_fail_at(0);
        buffer_done(&octets);
        check_answer(&s, taken);
        /* With a fresh link per round the answers of each stand alone. */
        client_free(s.xa);
        s.xa = NULL;
        round_end(&s);
    }
    CHECK(letters > 50); /* it did fail somewhere */
    siege_end(&s, letters);
}

/* While results are answered and deliveries pushed. */
static void answers_and_deliveries_survive_any_allocation_that_fails(void)
{
    struct siege s = siege_begin();
    bool went_wrong = true;
    unsigned letters = 0;
    for (uint64_t n = 1; went_wrong; n++, letters++) {
        round_begin(&s);
        struct buffer octets = submit_octets(&s);
        CHECK_OK(exchange_take(s.xa->link, buffer_slice(&octets), s.world->now));
        buffer_done(&octets);
        struct journal_result *results = world_results(s.world);
        allocations_fail_at(n);
        exchange_results(s.world->exchange, results, s.world->now);
        exchange_mail(s.world->exchange, slice_text("XC-CA-01"), s.world->now);
        went_wrong = allocations_failed();
        allocations_fail_at(0);
        client_drain(s.xa);
        client_drain(s.xc);
        client_free(s.xa);
        client_free(s.xc);
        s.xa = s.xc = NULL;
        round_end(&s);
        s.seen = 0;
        count_deliveries(&s);
        CHECK(s.seen >= 1);
        struct heard *last = s.xc->last;
        if (CHECK(last != NULL && last->frame.kind == FRAME_DELIVER)) {
            client_take(s.xc, last->frame.number, &s.taken, STAGE_DELIVERED);
        }
    }
    siege_end(&s, letters);
}
