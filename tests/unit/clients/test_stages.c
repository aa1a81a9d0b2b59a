/* How far an own message to another State has come: which gateway's receipts prove what. */

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "comity/commands.h"
#include "fixture.h"
#include "gateway.h"
#include "home.h"
#include "ledger.h"
#include "libcomity/client.h"
#include "libcomity/records.h"
#include "libcomity/rows.h"

#define RECEIPTS_MAX 8

static const char *home;
static struct comity *comity;
static struct comity_sent *sent;
static struct comity_fault fault;
static struct comity_stages *timeline;
static struct arena *arena;
static struct ledger near, far;

static const struct envelope *own;          /* what was submitted */
static struct slice receipts[RECEIPTS_MAX]; /* that the gateway has of it */
static size_t receipt_count;
static uint64_t sizes[RECEIPTS_MAX]; /* of the far log, that the gateway has verified */
static size_t size_count;
static bool pushes; /* the last of them as soon as there is credit */
static atomic_uint takens;

static struct slice enter(struct ledger *ledger, struct entry_told told)
{
    told.envelope = own;
    struct ledger_entry entry = ledger_enter(ledger, arena, &told);
    return ledger_receipt(ledger, arena, &entry);
}

static void take_submit(struct served *s, const struct frame *f)
{
    struct slice seal = arena_copy(arena, f->as.submit.message.seal);
    struct frame answer = {.kind = FRAME_RECEIPT, .as.receipt.answers = f->number};
    CHECK_OK(envelope_open(arena, seal, seal.length, &own));
    answer.as.receipt.receipt = receipts[receipt_count++] =
        enter(&near, (struct entry_told){ENTRY_DISCLOSURE, STAGE_ACCEPTED, 1, NULL, {0}, NULL});
    serve_give(s, &answer);
}

/* The next step of the far log, alone on its page. */
static void put_step(struct buffer *b, struct arena *room, uint64_t old)
{
    for (size_t i = 0; i < size_count; i++)
        if (sizes[i] > old) {
            struct digest root = ledger_root(&far, sizes[i]);
            struct slices proof = ledger_proof(&far, room, old, sizes[i]);
            struct steps_row step = {old, sizes[i], digest_slice(&root), proof};
            steps_row_write(b, &step);
            return;
        }
}

static void take_query(struct served *s, const struct frame *f)
{
    struct query_args q = {0};
    struct buffer b = buffer_new(65536);
    CHECK_OK(query_args_parse(&f->as.query, &q));
    const struct claims *claims = &own->claims;
    struct status_row status = {.key = {claims->from, claims->id, claims->to},
                                .stage = STAGE_ACCEPTED,
                                .receipts = {receipts, receipt_count}};
    if (q.what == QUERY_STATUS)
        status_row_write(&b, &status);
    else if (q.what == QUERY_CONSISTENCY)
        consistency_row_write(&b, ledger_proof(&near, s->arena, q.old_size, q.new_size));
    else if (q.what == QUERY_STEPS)
        put_step(&b, s->arena, q.old_size);
    struct slice row = buffer_slice(&b);
    struct frame answer = {.kind = FRAME_ANSWER,
                           .as.answer = {.answers = f->number,
                                         .what = q.what,
                                         .rows = {&row, row.length > 0 ? 1 : 0}}};
    serve_give(s, &answer);
    buffer_done(&b);
}

static void push_last(struct served *s)
{
    struct frame push = {.kind = FRAME_RECEIPT, .as.receipt.receipt = receipts[receipt_count - 1]};
    serve_give(s, &push);
    pushes = false;
}

static void attend(struct served *s)
{
    struct frame f = {.kind = FRAME_BYE}, bye = {.kind = FRAME_BYE};
    if (!serve_greet(s))
        return;
    for (f = serve_hear(s); f.kind != FRAME_BYE && f.kind != FRAME_NONE; f = serve_hear(s)) {
        takens += f.kind == FRAME_TAKEN && f.as.taken.stage == STAGE_NONE;
        if (f.kind == FRAME_SUBMIT)
            take_submit(s, &f);
        else if (f.kind == FRAME_QUERY)
            take_query(s, &f);
        else if (f.kind == FRAME_CREDIT && pushes)
            push_last(s);
    }
    if (f.kind == FRAME_BYE)
        serve_give(s, &bye);
}

/* The case A.3 is sent to another State and accepted. */
static void begin(void)
{
    CHECK_OK(crypto_thread_start());
    near = ledger_near();
    far = ledger_far();
    ledger_grow(&near, 2, 0);
    ledger_grow(&far, 5, 0);
    receipt_count = size_count = 0;
    pushes = false;
    takens = 0;
    arena = arena_new(CLIENT_ARENA_BYTES);
    gateway_start("XA/gateways/XA-GW-01", attend);
    home = home_make_two(gateway_address());
    struct comity_options options = {.home = home, .context = "xa-ca-01", .timeout_ms = 3000};
    comity = NULL;
    sent = NULL;
    timeline = NULL;
    CHECK_U64(comity_open(&options, &comity, &fault), COMITY_DONE);
    CHECK_U64(home_send(comity, false, &sent, &fault), COMITY_DONE);
    CHECK(own != NULL && sent != NULL);
}

static void leave(void)
{
    client_drop_link(comity);
    gateway_stop();
}

static void end(void)
{
    comity_stages_free(timeline);
    comity_sent_free(sent);
    comity_close(comity);
    arena_free(arena);
}

static const char *own_id(void)
{
    static char id[UUID_TEXT_BYTES];
    uuid_write(own->claims.id, id);
    return id;
}

/* Another receipt of it is to be had. */
static void add(struct ledger *ledger, enum stage stage, uint64_t hop, const char *code)
{
    receipts[receipt_count++] =
        enter(ledger, (struct entry_told){ENTRY_STAGE, stage, hop, NULL, {0}, code});
    if (ledger == &far)
        sizes[size_count++] = far.count;
}

static void progress_is(enum comity_exit wanted, const char *stage, const char *code)
{
    comity_sent_free(sent);
    sent = NULL;
    if (!CHECK_U64(comity_status(comity, own_id(), &sent, &fault), wanted))
        fprintf(stderr, "%s\n", fault.message);
    if (wanted != COMITY_DONE || !CHECK(sent != NULL))
        return;
    CHECK_TEXT(sent->recipients[0].outcome, "accepted");
    CHECK_TEXT(sent->recipients[0].stage, stage);
    CHECK_TEXT(sent->recipients[0].code, code);
    CHECK(sent->recipients[0].proved);
}

static const struct comity_stages *line(size_t count)
{
    static const struct comity_stages none;
    comity_stages_free(timeline);
    timeline = NULL;
    CHECK_U64(comity_timeline(comity, own_id(), &timeline, &fault), COMITY_DONE);
    return CHECK(timeline != NULL) && CHECK_U64(timeline->count, count) ? timeline : &none;
}

static void check_stage(const struct comity_stages *t, size_t i, const char *stage,
                        const struct ledger *ledger, uint64_t index)
{
    if (!CHECK(i < t->count))
        return;
    CHECK_TEXT(t->at[i].stage, stage);
    CHECK_TEXT(t->at[i].gateway, ledger->gateway);
    CHECK_TEXT(t->at[i].origin, ledger->origin);
    CHECK_U64(t->at[i].index, index);
    CHECK(t->at[i].time_ms >= own->claims.created_ms && t->at[i].size > index);
}

static void each_stage_is_proved_by_the_gateway_that_wrote_it(void)
{
    begin();
    add(&far, STAGE_RELAYED, 2, NULL);
    progress_is(COMITY_DONE, "relayed", "");
    ledger_grow(&far, 9, 0);
    add(&far, STAGE_DELIVERED, 2, NULL);
    add(&far, STAGE_RETRIEVED, 2, NULL);
    progress_is(COMITY_DONE, "retrieved", "");
    leave();
    const struct comity_stages *t = line(4);
    check_stage(t, 0, "accepted", &near, 2);
    check_stage(t, 1, "relayed", &far, 5);
    check_stage(t, 2, "delivered", &far, 9);
    check_stage(t, 3, "retrieved", &far, 10);
    for (size_t i = 0; i < t->count; i++)
        CHECK(!t->at[i].failed);
    CHECK_TEXT(t->known.stage, "retrieved");
    CHECK_TEXT(t->known.party, "XC-CA-01");
    if (CHECK(sent != NULL))
        CHECK_TEXT(t->thread, sent->thread);
    end();
}

static void check_listed(const char *stage, const char *code)
{
    struct comity_rows *rows = NULL;
    CHECK_U64(comity_list(comity, NULL, false, &rows, &fault), COMITY_DONE);
    if (CHECK(rows != NULL && rows->count == 1)) {
        CHECK_TEXT(rows->at[0].state, "sent");
        CHECK_TEXT(rows->at[0].stage, stage);
        CHECK_TEXT(rows->at[0].code, code);
        CHECK(rows->at[0].proved);
    }
    comity_rows_free(rows);
}

static void the_list_says_how_far_it_has_come(void)
{
    begin();
    add(&far, STAGE_RELAYED, 2, NULL);
    check_listed("relayed", "");
    add(&far, STAGE_DELIVERED, 2, NULL);
    check_listed("delivered", "");
    leave();
    end();
    begin();
    add(&near, STAGE_NOT_RELAYED, 1, "E_ROUTE");
    check_listed("not relayed", "E_ROUTE");
    leave();
    end();
}

static void a_pushed_stage_is_kept_and_taken(void)
{
    size_t count = 9;
    begin();
    add(&far, STAGE_RELAYED, 2, NULL);
    pushes = true;
    CHECK_U64(comity_receive(comity, 300, &count, &fault), COMITY_DONE);
    CHECK_U64(count, 0);
    leave();
    CHECK_U64(takens, 1);
    check_stage(line(2), 1, "relayed", &far, 5);
    end();
}

static void failures_are_told_in_words_with_the_reason(void)
{
    static const struct {
        enum stage stage;
        uint64_t hop;
        const char *code, *word;
    } failures[] = {
        {STAGE_NOT_RELAYED, 1, "E_SCHEMA", "not relayed"},
        {STAGE_NOT_DELIVERED, 1, NULL, "not delivered"},
        {STAGE_NOT_DELIVERED, 2, NULL, "not delivered"},
        {STAGE_NOT_RETRIEVED, 2, NULL, "not retrieved"},
    };
    for (size_t i = 0; i < sizeof failures / sizeof failures[0]; i++) {
        const char *code = failures[i].code == NULL ? "" : failures[i].code;
        begin();
        struct ledger *ledger = failures[i].hop == 1 ? &near : &far;
        add(ledger, failures[i].stage, failures[i].hop, failures[i].code);
        progress_is(COMITY_DONE, failures[i].word, code);
        leave();
        const struct comity_stages *t = line(2);
        check_stage(t, 1, failures[i].word, ledger, ledger->count - 1);
        CHECK(t->count == 2 && t->at[1].failed && !t->at[0].failed);
        CHECK(t->count == 2 && strcmp(t->at[1].code, code) == 0);
        end();
    }
}

/* Both gateways may say that it was not delivered: neither hides the other's entry. */
static void one_stage_of_two_gateways_is_two_entries(void)
{
    begin();
    add(&near, STAGE_NOT_DELIVERED, 1, NULL);
    add(&far, STAGE_NOT_DELIVERED, 2, NULL);
    progress_is(COMITY_DONE, "not delivered", "");
    leave();
    check_stage(line(3), 2, "not delivered", &far, 5);
    end();
}

/* Who claims what in whose log, and why it is not believed. */
static const struct deceit {
    bool near_log, near_key;
    enum stage stage;
    uint64_t hop;
    const char *reason;
} deceits[] = {
    {true, true, STAGE_RELAYED, 2, "note.origin"},    /* the own gateway as the other one */
    {false, true, STAGE_DELIVERED, 2, "note.key"},    /* under the other log's name */
    {true, true, STAGE_DELIVERED, 1, "receipt.kind"}, /* what only the other one can know */
    {false, false, STAGE_NOT_RELAYED, 2, "receipt.kind"},
    {false, false, STAGE_NOT_DELIVERED, 1, "note.origin"}, /* the other one as our own */
    {false, false, STAGE_REJECTED, 2, "receipt.kind"},
};

static void a_stage_by_the_wrong_gateway_is_not_believed(void)
{
    for (size_t i = 0; i < sizeof deceits / sizeof deceits[0]; i++) {
        const struct deceit *d = &deceits[i];
        begin();
        struct ledger *ledger = d->near_log ? &near : &far;
        ledger->key = d->near_key ? home_log_key() : home_far_key();
        add(ledger, d->stage, d->hop, NULL);
        progress_is(COMITY_VERIFY, NULL, NULL);
        if (!CHECK(strstr(fault.message, d->reason) != NULL))
            fprintf(stderr, "%zu: %s\n", i, fault.message);
        leave();
        check_stage(line(1), 0, "accepted", &near, 2);
        end();
    }
}

/* Entries of the other log that are not those that were seen before. */
static void a_stage_in_a_rewritten_log_is_a_fork(void)
{
    begin();
    add(&far, STAGE_RELAYED, 2, NULL);
    progress_is(COMITY_DONE, "relayed", "");
    far = ledger_far();
    ledger_grow(&far, 9, 1);
    add(&far, STAGE_DELIVERED, 2, NULL);
    receipts[1] = receipts[--receipt_count];
    progress_is(COMITY_FORK, NULL, NULL);
    CHECK(strstr(fault.hint, "contradiction") != NULL);
    leave();
    (void)line(2);
    end();
}

static void nothing_is_told_of_others_messages(void)
{
    begin();
    CHECK_U64(comity_timeline(comity, "7d0e6f0a-52d3-4f4e-9a53-0a4be1d7b0c1", &timeline, &fault),
              COMITY_UNKNOWN);
    CHECK_U64(comity_timeline(comity, "none", &timeline, &fault), COMITY_UNKNOWN);
    CHECK(timeline == NULL);
    comity_stages_free(NULL);
    leave();
    end();
}

/* What request show prints of it, into a file. */
static char *printed(const char *option, enum comity_exit wanted)
{
    char path[] = "/tmp/comity-stages-XXXXXX", words[5][40];
    const char *const given[] = {"show", own_id(), "--context", "xa-ca-01", option};
    char *argv[6] = {NULL};
    struct invocation inv = {0};
    for (size_t i = 0; i < 5; i++) {
        snprintf(words[i], sizeof words[i], "%s", given[i]);
        argv[i] = words[i];
    }
    setenv("COMITY_HOME", home, 1);
    CHECK_U64(invocation_read(&request_show_command, 5, argv, &inv, &fault), COMITY_DONE);
    (void)fflush(stdout);
    int out = dup(STDOUT_FILENO), file = mkstemp(path);
    CHECK(out >= 0 && file >= 0 && dup2(file, STDOUT_FILENO) >= 0);
    CHECK_U64(request_show_command.run(&inv, &fault), wanted);
    (void)fflush(stdout);
    CHECK(dup2(out, STDOUT_FILENO) >= 0);
    close(out);
    close(file);
    invocation_done(&inv);
    struct slice text = file_octets(path);
    CHECK(unlink(path) == 0);
    return strndup((const char *)text.at, text.length);
}

static void check_json(const char *text)
{
    json_error_t error;
    json_t *whole = json_loads(text, 0, &error);
    json_t *stages = json_object_get(whole, "timeline"), *stage = json_array_get(stages, 1);
    json_t *chain = json_object_get(json_object_get(whole, "verified"), "chain");
    const char *name = NULL, *time = NULL, *gateway = NULL, *first = NULL, *second = NULL;
    json_int_t index = 0, size = 0;
    CHECK_U64(json_array_size(stages), 3);
    CHECK(json_unpack(stage, "{s:s,s:s,s:s,s:I}", "stage", &name, "time", &time, "gateway",
                      &gateway, "index", &index) == 0);
    CHECK_TEXT(name, "relayed");
    CHECK_TEXT(gateway, "XC-GW-01");
    CHECK(index == 5 && time != NULL && time[4] == '-');
    CHECK_U64(json_array_size(chain), 2);
    CHECK(json_unpack(chain, "[{s:s},{s:s,s:I}]", "gateway", &first, "gateway", &second, "size",
                      &size) == 0);
    CHECK_TEXT(first, "XA-GW-01");
    CHECK_TEXT(second, "XC-GW-01");
    CHECK(size == 7);
    CHECK_U64(json_array_size(json_object_get(whole, "recipients")), 1);
    json_decref(whole);
}

static void the_command_shows_them_with_and_without_the_gateway(void)
{
    begin();
    add(&far, STAGE_RELAYED, 2, NULL);
    add(&far, STAGE_NOT_DELIVERED, 2, NULL);
    client_drop_link(comity); /* the gateway serves one at a time */
    char *text = printed("--json", COMITY_DONE);
    check_json(text);
    gateway_stop();
    char *known = printed("--json", COMITY_UNAVAILABLE);
    char *drawn = printed("--quiet", COMITY_UNAVAILABLE);
    check_json(known);
    const char *accepted = strstr(drawn, "o  accepted"), *relayed = strstr(drawn, "o  relayed");
    const char *lost = strstr(drawn, "x  not delivered");
    CHECK(accepted != NULL && relayed > accepted && lost > relayed);
    CHECK(relayed != NULL && strstr(relayed, "XC-GW-01  entry 5 of 6\n  |\n") != NULL);
    free(text);
    free(known);
    free(drawn);
    end();
}

TESTS(clients_stages,
      {"each stage is proved by the gateway that wrote it",
       each_stage_is_proved_by_the_gateway_that_wrote_it},
      {"the list says how far it has come", the_list_says_how_far_it_has_come},
      {"a pushed stage is kept and taken", a_pushed_stage_is_kept_and_taken},
      {"failures are told in words, with the reason", failures_are_told_in_words_with_the_reason},
      {"one stage of two gateways is two entries", one_stage_of_two_gateways_is_two_entries},
      {"a stage by the wrong gateway is not believed",
       a_stage_by_the_wrong_gateway_is_not_believed},
      {"a stage in a rewritten log is a fork", a_stage_in_a_rewritten_log_is_a_fork},
      {"nothing is told of others' messages", nothing_is_told_of_others_messages},
      {"the command shows them with and without the gateway",
       the_command_shows_them_with_and_without_the_gateway})
