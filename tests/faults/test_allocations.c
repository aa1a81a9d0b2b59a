/*
 * Memory that is out at any one moment: what was asked for works, or is refused as unavailable and
 * can be asked for again. Nothing is lost, kept twice or leaked, nobody is blamed, the log holds.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "faults/aftermath.h"
#include "session/query.h"
#include "support/allocations.h"

#define ARENA_BYTES ((size_t)16 << 20)
#define LEAST_STEPS 10 /* a sweep that failed less often has not failed at all */

/* Only such statuses come of memory that is out. */
static void check_ours(struct status s)
{
    if (s.code != CODE_OK && s.code != CODE_MEMORY)
        fprintf(stderr, "got %s (%s)\n", code_name(s.code), reason_name(s.reason));
    CHECK(s.code == CODE_OK || s.code == CODE_MEMORY);
}

/* The octets of a frame; the client's session has counted it. */
static struct buffer octets_of(struct client *c, struct frame *frame)
{
    struct buffer b = buffer_new(FRAME_HEAD_BYTES + FRAME_MAX_BYTES);
    CHECK_OK(session_give(&c->session, frame, c->world->now.mono_ms));
    frame_write(&b, frame);
    return b;
}

/* Gives octets to the exchange while the n-th allocation fails; whether one did. */
static bool take_failing(struct client *c, struct buffer *octets, uint64_t n)
{
    allocations_fail_at(n);
    struct status s = exchange_take(c->link, buffer_slice(octets), c->world->now);
    bool failed = allocations_failed();
    allocations_fail_at(0);
    buffer_done(octets);
    check_ours(s);
    client_drain(c);
    check_nobody_blamed(c);
    return failed;
}

/* ---- frames that are taken ---- */

static void a_submit_survives_any_allocation_that_fails(void)
{
    struct world *w = world_new(&(struct world_settings){0});
    bool went_wrong = true;
    uint64_t n = 0, size = 0;
    while (went_wrong) {
        struct letter *letter = plain_letter(w);
        struct client *xa = client_dial(w, "XA-CA-01");
        struct frame f = {.kind = FRAME_SUBMIT, .as.submit = letter->submit};
        struct buffer octets = octets_of(xa, &f);
        went_wrong = take_failing(xa, &octets, ++n);
        client_free(xa);
        check_arrives_once(w, letter);
        letter_free(letter);
        CHECK_U64(world_log_size(w), 1 + 2 * n); /* a disclosure and a stage each, and no more */
    }
    CHECK(n > LEAST_STEPS);
    end_and_verify(w, &size);
    CHECK_U64(size, 1 + 2 * n + 1);
}

/* One kind of frame that does not change what the gateway keeps, or may be given again. */
struct step {
    const char *name;
    void (*make)(const struct letter *letter, struct frame *frame, struct buffer *args);
    const char *party;
};

static void ask(const struct query_args *args, struct frame *frame, struct buffer *b)
{
    query_args_write(b, args);
    *frame = (struct frame){.kind = FRAME_QUERY,
                            .as.query = {.what = args->what, .args = buffer_slice(b)}};
}

static void make_inbox(const struct letter *letter, struct frame *frame, struct buffer *args)
{
    (void)letter;
    ask(&(struct query_args){.what = QUERY_INBOX, .limit = 10}, frame, args);
}

static void make_fetch(const struct letter *letter, struct frame *frame, struct buffer *args)
{
    ask(&(struct query_args){.what = QUERY_FETCH, .has_key = true, .key = letter->key}, frame,
        args);
}

static void make_status(const struct letter *letter, struct frame *frame, struct buffer *args)
{
    ask(
        &(struct query_args){
            .what = QUERY_STATUS, .limit = 10, .has_key = true, .key = letter->key},
        frame, args);
}

static void make_checkpoint(const struct letter *letter, struct frame *frame, struct buffer *args)
{
    (void)letter;
    ask(&(struct query_args){.what = QUERY_CHECKPOINT, .origin = slice_text(WORLD_ORIGIN)}, frame,
        args);
}

static void make_consistency(const struct letter *letter, struct frame *frame, struct buffer *args)
{
    (void)letter;
    ask(&(struct query_args){.what = QUERY_CONSISTENCY,
                             .origin = slice_text(WORLD_ORIGIN),
                             .old_size = 1,
                             .new_size = 2},
        frame, args);
}

static void make_taken(const struct letter *letter, struct frame *frame, struct buffer *args)
{
    (void)args;
    *frame = (struct frame){.kind = FRAME_TAKEN,
                            .as.taken = {.key = letter->key, .stage = STAGE_DELIVERED}};
}

static void make_ping(const struct letter *letter, struct frame *frame, struct buffer *args)
{
    (void)letter, (void)args;
    *frame = (struct frame){.kind = FRAME_PING};
}

static const struct step steps[] = {
    {"inbox", make_inbox, "XC-CA-01"},
    {"fetch", make_fetch, "XC-CA-01"},
    {"status", make_status, "XA-CA-01"},
    {"checkpoint", make_checkpoint, "XA-CA-01"},
    {"consistency", make_consistency, "XA-CA-01"},
    {"taken", make_taken, "XC-CA-01"},
    {"ping", make_ping, "XA-CA-01"},
};

static void frames_survive_any_allocation_that_fails(void)
{
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        struct world *w = world_new(&(struct world_settings){0});
        struct client *xa = client_dial(w, "XA-CA-01");
        struct letter *letter = plain_letter(w);
        CHECK(scene_send(xa, letter) != NULL);
        client_free(xa);
        bool went_wrong = true;
        uint64_t n = 0;
        while (went_wrong) {
            struct client *c = client_dial(w, steps[i].party);
            struct buffer args = buffer_new(4096);
            struct frame f;
            steps[i].make(letter, &f, &args);
            struct buffer octets = octets_of(c, &f);
            buffer_done(&args);
            went_wrong = take_failing(c, &octets, ++n);
            client_free(c);
        }
        CHECK(n > 1);
        uint64_t size = 0;
        letter_free(letter);
        end_and_verify(w, &size);
    }
}

static void a_greeting_survives_any_allocation_that_fails(void)
{
    struct world *w = world_new(&(struct world_settings){0});
    struct client *xa = client_dial(w, "XA-CA-01");
    struct letter *letter = plain_letter(w);
    CHECK(scene_send(xa, letter) != NULL); /* so that there is something to be pushed */
    bool went_wrong = true;
    uint64_t n = 0;
    while (went_wrong) {
        struct client *xc = client_connect(w, "XC-CA-01");
        struct frame hello = client_hello(xc);
        struct buffer octets = octets_of(xc, &hello);
        went_wrong = take_failing(xc, &octets, ++n);
        client_free(xc);
    }
    CHECK(n > LEAST_STEPS);
    check_arrives_once(w, letter);
    letter_free(letter);
    world_free(w);
}

/* ---- results that come back ---- */

/* Gives the exchange what the journal has answered, and a party its mail, while the n-th allocation
 * fails; whether one did. */
static bool results_failing(struct world *w, const char *party, uint64_t n)
{
    struct journal_result *results = world_take_results(w);
    if (!CHECK(results != NULL))
        return false;
    allocations_fail_at(n);
    exchange_results(w->exchange, results, w->now);
    exchange_mail(w->exchange, slice_text(party), w->now);
    bool failed = allocations_failed();
    allocations_fail_at(0);
    return failed;
}

static void part(struct client *c)
{
    client_drain(c);
    check_nobody_blamed(c);
    client_free(c);
}

static bool answer_failing(struct world *w, uint64_t n)
{
    struct letter *letter = plain_letter(w);
    struct client *xa = client_dial(w, "XA-CA-01"), *xc = client_dial(w, "XC-CA-01");
    struct frame f = {.kind = FRAME_SUBMIT, .as.submit = letter->submit};
    client_give(xa, &f);
    bool went_wrong = results_failing(w, "XC-CA-01", n);
    part(xa);
    part(xc);
    check_arrives_once(w, letter);
    letter_free(letter);
    return went_wrong;
}

static bool notice_failing(struct world *w, uint64_t n)
{
    struct letter *letter = plain_letter(w);
    struct client *xa = client_dial(w, "XA-CA-01"), *xc = client_dial(w, "XC-CA-01");
    CHECK(scene_send(xa, letter) != NULL);
    const struct heard *h = client_hear(xc, FRAME_DELIVER);
    if (CHECK(h != NULL))
        client_take(xc, h->frame.number, &letter->key, STAGE_DELIVERED);
    bool went_wrong = results_failing(w, "XA-CA-01", n);
    part(xa);
    part(xc);
    check_told_once(w, letter);
    letter_free(letter);
    return went_wrong;
}

/* Each round makes a disclosure and a stage, and no more, however it ends. */
static void sweep_results(bool (*round)(struct world *w, uint64_t n))
{
    struct world *w = world_new(&(struct world_settings){0});
    uint64_t n = 0, size = 0;
    while (round(w, ++n))
        ;
    CHECK(n > LEAST_STEPS);
    end_and_verify(w, &size);
    CHECK_U64(size, 1 + 2 * n + 1);
}

static void answers_survive_any_allocation_that_fails(void)
{
    sweep_results(answer_failing);
}

static void notices_survive_any_allocation_that_fails(void)
{
    sweep_results(notice_failing);
}

/* ---- the journal's own threads ---- */

static void the_journal_survives_any_allocation_that_fails(void)
{
    struct world *w = world_new(&(struct world_settings){0});
    bool went_wrong = true;
    uint64_t n = 0, size = 0;
    while (went_wrong) {
        struct letter *letter = plain_letter(w);
        struct client *xa = client_dial(w, "XA-CA-01");
        allocations_fail_elsewhere_at(++n);
        const struct heard *h = client_submit(xa, &letter->submit);
        went_wrong = allocations_failed_elsewhere();
        allocations_fail_elsewhere_at(0);
        CHECK(h != NULL && (h->frame.kind == FRAME_RECEIPT || h->frame.kind == FRAME_REFUSE));
        check_nobody_blamed(xa);
        client_free(xa);
        if (journal_dead(w->journal)) { /* the process would end and start again */
            world_stop(w);
            world_start(w);
        }
        check_arrives_once(w, letter);
        letter_free(letter);
    }
    CHECK(n > LEAST_STEPS);
    end_and_verify(w, &size);
    CHECK(size >= 1 + 2 * n);
}

/* ---- what recipients verify ---- */

static void verifying_survives_any_allocation_that_fails(void)
{
    struct world *w = world_new(&(struct world_settings){0});
    struct client *xa = client_dial(w, "XA-CA-01"), *xc = client_dial(w, "XC-CA-01");
    struct letter *letter = a3_letter(w);
    CHECK(scene_send(xa, letter) != NULL);
    const struct heard *h = client_hear(xc, FRAME_DELIVER);
    const struct reader_state reader = {.me = slice_text("XC-CA-01"), .now_ms = w->now.wall_ms};
    bool went_wrong = CHECK(h != NULL);
    uint64_t n = 0;
    struct status s = OK;
    while (went_wrong) {
        struct frame frame;
        const struct delivery_verified *verified = NULL;
        allocations_fail_at(++n);
        struct arena *arena = arena_new(ARENA_BYTES);
        s = arena == NULL ? FAIL(MEMORY) : frame_parse(arena, h->octets, &frame);
        if (!failed(s))
            s = chain_verify(arena, &frame.as.deliver, w->rulebook->directory, &reader, &verified);
        went_wrong = allocations_failed();
        allocations_fail_at(0);
        check_ours(s);
        CHECK((verified != NULL) == !failed(s));
        arena_free(arena);
    }
    CHECK_OK(s);
    CHECK(n > 2); /* an arena takes its memory in blocks */
    letter_free(letter);
    world_free(w);
}

TESTS(allocations,
      {"a submit survives any allocation that fails", a_submit_survives_any_allocation_that_fails},
      {"frames survive any allocation that fails", frames_survive_any_allocation_that_fails},
      {"a greeting survives any allocation that fails",
       a_greeting_survives_any_allocation_that_fails},
      {"answers survive any allocation that fails", answers_survive_any_allocation_that_fails},
      {"notices survive any allocation that fails", notices_survive_any_allocation_that_fails},
      {"the journal survives any allocation that fails",
       the_journal_survives_any_allocation_that_fails},
      {"verifying survives any allocation that fails",
       verifying_survives_any_allocation_that_fails})
