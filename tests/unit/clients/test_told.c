/* What a gateway tells by CHECKPOINT of the log of another one. */

#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "fixture.h"
#include "gateway.h"
#include "home.h"
#include "ledger.h"
#include "libcomity/client.h"
#include "libcomity/clock.h"
#include "libcomity/records.h"

#define SCRIPT_MAX 8
#define STEPS_MAX  8
#define PAGE_ROWS  2 /* however many are asked for */
#define RECEIVE_MS 1500U

#define NO_MESSAGE "00000000-0000-0000-0000-000000000000"

static struct comity *comity;
static struct comity_fault fault;
static struct arena *arena;
static struct ledger far, other; /* the log of XC-GW-01, and another under its name and key */

/* What the gateway says with its next answer; in the arena. */
static struct checkpoint_frame script[SCRIPT_MAX];
static size_t script_count;
static bool more_comes; /* and something else right behind it */

/* How far it says it has followed that log: sizes, from 0 on. */
static uint64_t sizes[STEPS_MAX];
static size_t size_count;
static const struct ledger *followed;
static atomic_uint pages;
static atomic_bool for_ever;
static atomic_bool busy; /* it has to ask the other gateway first, and never comes to an end */

static void force(struct served *s, const struct checkpoint_frame *checkpoint)
{
    /* faster than the table would let it be given */
    struct frame f = {
        .kind = FRAME_CHECKPOINT, .number = ++s->session.out.number, .as.checkpoint = *checkpoint};
    serve_force(s, &f);
}

static void give_script(struct served *s)
{
    for (size_t i = 0; i < script_count; i++)
        force(s, &script[i]);
    struct frame nonsense = {.kind = FRAME_RECEIPT, .as.receipt.receipt = slice_text("no receipt")};
    if (more_comes && script_count > 0)
        serve_give(s, &nonsense);
    script_count = 0;
}

static struct slice step_row(struct served *s, size_t number)
{
    struct buffer b = buffer_new(8192);
    struct digest root = ledger_root(followed, sizes[number]);
    struct steps_row row = {sizes[number - 1], sizes[number], digest_slice(&root),
                            ledger_proof(followed, s->arena, sizes[number - 1], sizes[number])};
    steps_row_write(&b, &row);
    struct slice octets = arena_copy(s->arena, buffer_slice(&b));
    buffer_done(&b);
    return octets;
}

static void give_steps(struct served *s, const struct frame *f, const struct query_args *q)
{
    struct slice rows[PAGE_ROWS];
    size_t count = 0, first = 0;
    pages++;
    while (first < size_count && sizes[first] != q->old_size)
        first++;
    if (busy || first == size_count) {
        serve_refuse(s, f, busy ? "E_UNAVAILABLE" : "E_UNKNOWN", busy);
        return;
    }
    for (; count < PAGE_ROWS && first + count + 1 < size_count; count++)
        rows[count] = step_row(s, first + count + 1);
    serve_answer(s, f, (struct slices){rows, count});
}

/* One a second, as long as the client is there. */
static void tell_for_ever(struct served *s)
{
    struct pollfd p = {.fd = s->descriptor, .events = POLLIN};
    const struct checkpoint_frame checkpoint = script[0];
    do
        force(s, &checkpoint);
    while (poll(&p, 1, 1000) == 0);
}

static void attend(struct served *s)
{
    struct query_args q = {0};
    struct frame f = {.kind = FRAME_BYE}, bye = {.kind = FRAME_BYE};
    if (!serve_greet(s))
        return;
    for (f = serve_hear(s); f.kind != FRAME_BYE && f.kind != FRAME_NONE; f = serve_hear(s)) {
        bool asked = f.kind == FRAME_QUERY && !failed(query_args_parse(&f.as.query, &q));
        if (f.kind == FRAME_CREDIT && for_ever)
            tell_for_ever(s);
        else if (f.kind == FRAME_CREDIT || (asked && q.what == QUERY_INBOX))
            give_script(s);
        if (asked && q.what == QUERY_STEPS)
            give_steps(s, &f, &q);
        else if (asked)
            serve_answer(s, &f, (struct slices){0});
    }
    if (f.kind == FRAME_BYE)
        serve_give(s, &bye);
}

static void begin(void)
{
    CHECK_OK(crypto_thread_start());
    far = ledger_far();
    other = ledger_far();
    ledger_grow(&far, 40, 0);
    ledger_grow(&other, 40, 1);
    followed = &far;
    size_count = 1;
    script_count = 0;
    more_comes = false;
    pages = 0;
    for_ever = false;
    busy = false;
    arena = arena_new(CLIENT_ARENA_BYTES);
    gateway_start("XA/gateways/XA-GW-01", attend);
    struct comity_options options = {
        .home = home_make_two(gateway_address()), .context = "xa-ca-01", .timeout_ms = 3000};
    comity = NULL;
    CHECK_U64(comity_open(&options, &comity, &fault), COMITY_DONE);
}

static void end(void)
{
    comity_close(comity);
    gateway_stop();
    arena_free(arena);
}

static struct slice note_of(const struct ledger *log, uint64_t size, const struct key *key)
{
    struct buffer b = buffer_new(NOTE_MAX_BYTES);
    struct digest root = ledger_root(log, size);
    CHECK_OK(note_sign(key, log->origin, size, &root, &b));
    struct slice note = arena_copy(arena, buffer_slice(&b));
    buffer_done(&b);
    return note;
}

/* With its next answer the gateway tells of this step of a log. */
static struct checkpoint_frame *tell(const struct ledger *log, uint64_t old, uint64_t size)
{
    struct checkpoint_frame *c = &script[script_count++];
    *c = (struct checkpoint_frame){
        .origin = slice_text(log->origin), .note = note_of(log, size, log->key), .old_size = old};
    if (old > 0)
        c->path = ledger_proof(log, arena, old, size);
    return c;
}

static void follow(uint64_t size)
{
    sizes[size_count++] = size;
}

static void list(enum comity_exit wanted, const char *code)
{
    struct comity_rows *rows = NULL;
    if (!CHECK_U64(comity_inbox(comity, NULL, &rows, &fault), wanted))
        fprintf(stderr, "%s\n", fault.message);
    CHECK_TEXT(fault.code, code);
    CHECK((rows != NULL) == (wanted == COMITY_DONE));
    comity_rows_free(rows);
}

/* One call reads what is told, the next one judges it. */
static void hear(enum comity_exit wanted, const char *code)
{
    list(COMITY_DONE, "");
    list(wanted, code);
}

static uint64_t kept_size(void)
{
    struct known_checkpoint *known;
    size_t count = 0, unsound = 0;
    CHECK_OK(checkpoints_load(comity->archive, arena, &known, &count, &unsound));
    for (size_t i = 0; i < count; i++)
        if (slice_is(known[i].origin, far.origin))
            return known[i].size;
    return 0;
}

static void begin_at(uint64_t size)
{
    begin();
    tell(&far, 0, size);
    hear(COMITY_DONE, "");
    CHECK_U64(kept_size(), size);
}

static bool see_evidence(void *owner, const struct comity_archived *record)
{
    struct buffer *text = owner;
    buffer_print(text, "%s %s\n%.*s", record->id, record->origin, (int)record->length,
                 (const char *)record->octets);
    return true;
}

/* Both notes as they were signed, with the id of no message. */
static void check_evidence(struct slice kept, struct slice given)
{
    struct buffer text = buffer_new(65536), wanted = buffer_new(65536);
    CHECK(strstr(fault.hint, "contradiction") != NULL);
    CHECK_U64(comity_archive_each(comity, COMITY_CONTRADICTION, see_evidence, &text, &fault),
              COMITY_DONE);
    buffer_print(&wanted, "%s %s\n%.*s\n%.*s", NO_MESSAGE, far.origin, (int)kept.length,
                 (const char *)kept.at, (int)given.length, (const char *)given.at);
    CHECK_BYTES(buffer_slice(&text), buffer_slice(&wanted));
    buffer_done(&text);
    buffer_done(&wanted);
}

static void check_no_evidence(void)
{
    struct buffer text = buffer_new(65536);
    CHECK_U64(comity_archive_each(comity, COMITY_CONTRADICTION, see_evidence, &text, &fault),
              COMITY_DONE);
    CHECK_U64(text.length, 0);
    buffer_done(&text);
}

static void what_is_told_is_kept(void)
{
    begin();
    tell(&far, 0, 7);
    list(COMITY_DONE, "");
    CHECK_U64(kept_size(), 0);
    tell(&far, 7, 9);
    list(COMITY_DONE, "");
    CHECK_U64(kept_size(), 7);
    list(COMITY_DONE, "");
    CHECK_U64(kept_size(), 9);
    tell(&far, 7, 9); /* once more */
    hear(COMITY_DONE, "");
    CHECK_U64(kept_size(), 9);
    CHECK_U64(pages, 0);
    end();
}

static void who_waits_keeps_it_at_once(void)
{
    size_t count = 1;
    begin();
    tell(&far, 0, 7);
    CHECK_U64(comity_receive(comity, 300, &count, &fault), COMITY_DONE);
    CHECK_U64(count, 0);
    CHECK_U64(kept_size(), 7);
    end();
}

static void nobody_waits_longer_for_it(void)
{
    begin();
    tell(&far, 0, 7);
    for_ever = true;
    uint64_t begun = clock_mono_ms();
    CHECK_U64(comity_receive(comity, RECEIVE_MS, NULL, &fault), COMITY_DONE);
    CHECK(clock_mono_ms() - begun <
          (uint64_t)10 * RECEIVE_MS); /* and not the time of a whole call */
    CHECK_U64(kept_size(), 7);
    end();
}

static void over_a_gap_the_steps_are_asked(void)
{
    begin_at(7);
    follow(7);
    follow(9);
    follow(15);
    follow(23);
    tell(&far, 15, 23);
    hear(COMITY_DONE, "");
    CHECK_U64(kept_size(), 23);
    CHECK_U64(pages, 2);
    end();
}

static void without_the_steps_it_stays_unproved(void)
{
    begin_at(7);
    tell(&far, 15, 23);
    hear(COMITY_STALE, "E_STALE");
    CHECK_U64(kept_size(), 7);
    check_no_evidence();
    list(COMITY_DONE, "");
    end();
}

/* It is told again; and a question that needs it waits by itself. */
static void what_the_gateway_has_to_ask_for_itself_is_left(void)
{
    begin_at(7);
    follow(7);
    follow(23);
    busy = true;
    tell(&far, 15, 23);
    hear(COMITY_DONE, "");
    CHECK_U64(kept_size(), 7);
    CHECK_U64(pages, 1);
    busy = false;
    tell(&far, 15, 23);
    hear(COMITY_DONE, "");
    CHECK_U64(kept_size(), 23);
    end();
}

static void another_root_of_the_same_size_is_a_fork(void)
{
    begin_at(7);
    struct slice given = tell(&other, 0, 7)->note;
    hear(COMITY_FORK, "E_FORK");
    check_evidence(note_of(&far, 7, far.key), given);
    CHECK_U64(kept_size(), 7);
    list(COMITY_DONE, "");
    end();
}

static void a_path_that_does_not_lead_there_is_a_fork(void)
{
    begin_at(7);
    struct slice given = tell(&other, 7, 9)->note;
    hear(COMITY_FORK, "E_FORK");
    check_evidence(note_of(&far, 7, far.key), given);
    CHECK_U64(kept_size(), 7);
    end();
}

static void what_comes_later_does_not_take_the_place_of_the_first_evidence(void)
{
    begin_at(7);
    struct slice given = tell(&other, 0, 7)->note;
    hear(COMITY_FORK, "E_FORK");
    tell(&other, 7, 9);
    hear(COMITY_FORK, "E_FORK");
    check_evidence(note_of(&far, 7, far.key), given);
    end();
}

static void steps_that_lead_elsewhere_are_a_fork(void)
{
    begin_at(7);
    follow(7);
    follow(23);
    struct slice given = tell(&other, 15, 23)->note;
    hear(COMITY_FORK, "E_FORK");
    check_evidence(note_of(&far, 7, far.key), given);
    CHECK_U64(pages, 1);
    end();
}

static void who_waits_is_told_of_a_fork(void)
{
    begin_at(7);
    struct slice given = tell(&other, 7, 9)->note;
    CHECK_U64(comity_receive(comity, 300, NULL, &fault), COMITY_FORK);
    CHECK_TEXT(fault.code, "E_FORK");
    check_evidence(note_of(&far, 7, far.key), given);
    end();
}

/* What comes behind it, good or bad, does not take the fork's place. */
static void who_waits_is_told_of_a_fork_first(void)
{
    begin_at(7);
    more_comes = true;
    tell(&other, 7, 9);
    CHECK_U64(comity_receive(comity, 300, NULL, &fault), COMITY_FORK);
    CHECK_TEXT(fault.code, "E_FORK");
    end();
}

/* Read late, or by a process that is not the only one. */
static void what_is_past_changes_nothing(void)
{
    begin_at(9);
    tell(&far, 5, 7); /* the gateway does not say how it goes on */
    hear(COMITY_DONE, "");
    follow(7);
    follow(9);
    tell(&far, 5, 7);
    hear(COMITY_DONE, "");
    CHECK_U64(kept_size(), 9);
    CHECK_U64(pages, 2);
    check_no_evidence();
    struct slice given = tell(&other, 5, 7)->note; /* this never was */
    hear(COMITY_FORK, "E_FORK");
    check_evidence(note_of(&far, 9, far.key), given);
    end();
}

static void what_cannot_be_checked_is_passed_over(void)
{
    begin_at(7);
    tell(&far, 7, 9)->note = note_of(&far, 9, home_log_key());
    hear(COMITY_DONE, "");
    struct ledger stranger = far;
    stranger.origin = "xb-gw-01.comity.example/audit/test";
    tell(&stranger, 0, 9);
    hear(COMITY_DONE, "");
    CHECK_U64(kept_size(), 7);
    check_no_evidence();
    end();
}

static void a_note_that_nobody_signed_does_not_hold(void)
{
    begin_at(7);
    struct checkpoint_frame *c = tell(&far, 7, 9);
    uint8_t *octets = arena_alloc(arena, c->note.length);
    memcpy(octets, c->note.at, c->note.length);
    octets[c->note.length - 10] = octets[c->note.length - 10] == 'A' ? 'B' : 'A';
    c->note = slice_over(octets, c->note.length);
    hear(COMITY_VERIFY, "E_SIG");
    tell(&far, 7, 9)->note = slice_text("note");
    hear(COMITY_VERIFY, "E_SCHEMA");
    CHECK_U64(kept_size(), 7);
    end();
}

/* Nothing that the gateway sends unasked takes more room than a checkpoint. */
static void what_is_too_long_breaks_the_protocol(void)
{
    begin();
    uint8_t *octets = arena_alloc(arena, NOTE_MAX_BYTES + 1);
    memset(octets, 'a', NOTE_MAX_BYTES + 1);
    tell(&far, 0, 7)->note = slice_over(octets, NOTE_MAX_BYTES + 1);
    list(COMITY_VERIFY, "E_SCHEMA");
    end();
}

TESTS(clients_told, {"what is told is kept", what_is_told_is_kept},
      {"who waits keeps it at once", who_waits_keeps_it_at_once},
      {"nobody waits longer for it", nobody_waits_longer_for_it},
      {"over a gap the steps are asked", over_a_gap_the_steps_are_asked},
      {"without the steps it stays unproved", without_the_steps_it_stays_unproved},
      {"what the gateway has to ask for itself is left",
       what_the_gateway_has_to_ask_for_itself_is_left},
      {"another root of the same size is a fork", another_root_of_the_same_size_is_a_fork},
      {"a path that does not lead there is a fork", a_path_that_does_not_lead_there_is_a_fork},
      {"what comes later does not take the place of the first evidence",
       what_comes_later_does_not_take_the_place_of_the_first_evidence},
      {"steps that lead elsewhere are a fork", steps_that_lead_elsewhere_are_a_fork},
      {"who waits is told of a fork", who_waits_is_told_of_a_fork},
      {"who waits is told of a fork first", who_waits_is_told_of_a_fork_first},
      {"what is past changes nothing", what_is_past_changes_nothing},
      {"what cannot be checked is passed over", what_cannot_be_checked_is_passed_over},
      {"a note that nobody signed does not hold", a_note_that_nobody_signed_does_not_hold},
      {"what is too long breaks the protocol", what_is_too_long_breaks_the_protocol})
