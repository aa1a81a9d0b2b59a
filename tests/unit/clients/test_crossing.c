/* Messages that came over two gateways, and the log of the one that is not ours. */

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "gateway.h"
#include "home.h"
#include "ledger.h"
#include "libcomity/client.h"
#include "libcomity/records.h"
#include "libcomity/uuid.h"

#define PAGE_ROWS  2 /* however many are asked for */
#define STEPS_MAX  16
#define BUSY_MS    200
#define TIMEOUT_MS 3000

static struct comity *comity;
static struct comity_fault fault;
static struct arena *arena;
static struct ledger near, far;
static struct crossing mail[4];
static size_t mail_count;

/* What the gateway verified of the far log; sizes, from 0 on, and where it is dishonest. */
static struct {
    uint64_t sizes[STEPS_MAX];
    size_t count;
    const struct ledger *log; /* that it tells of */
    size_t forged;            /* number of the step with another octet in its proof; 0: none */
    uint64_t lost;            /* size that it has not kept, and leads past; 0: none */
    const struct ledger *rewritten; /* that it tells of from there on; NULL: the same */
    size_t apart; /* number of the step that does not begin where it should; 0: none */
} steps;
static atomic_uint pages, consistencies;
static atomic_uint busy; /* how often it has to ask the other gateway before it can say */

static void give_answer(struct served *s, const struct frame *f, struct slices rows)
{
    struct frame answer = {
        .kind = FRAME_ANSWER,
        .as.answer = {.answers = f->number, .what = f->as.query.what, .rows = rows},
    };
    struct frame credit = {.kind = FRAME_CREDIT, .as.credit = {0, 1}};
    serve_give(s, &answer);
    serve_give(s, &credit);
}

static void give_refusal(struct served *s, const struct frame *f, const char *code,
                         uint64_t retry_ms)
{
    struct frame refuse = {
        .kind = FRAME_REFUSE,
        .as.refuse = {.answers = f->number, .code = slice_text(code), .retry_ms = retry_ms}};
    struct frame credit = {.kind = FRAME_CREDIT, .as.credit = {0, 1}};
    serve_give(s, &refuse);
    serve_give(s, &credit);
}

static void give_unknown(struct served *s, const struct frame *f)
{
    give_refusal(s, f, "E_UNKNOWN", 0);
}

static struct slice row_kept(struct served *s, struct buffer *b)
{
    struct slice row = arena_copy(s->arena, buffer_slice(b));
    buffer_done(b);
    return row;
}

static void give_inbox(struct served *s, const struct frame *f)
{
    struct slice rows[4];
    for (size_t i = 0; i < mail_count; i++) {
        struct buffer b = buffer_new(4096);
        const struct claims *claims = &mail[i].envelope->claims;
        struct inbox_row row = {.key = mail[i].key,
                                .thread = claims->thread,
                                .type = claims->type,
                                .stage = STAGE_RELAYED,
                                .received_ms = claims->created_ms};
        inbox_row_write(&b, &row);
        rows[i] = row_kept(s, &b);
    }
    give_answer(s, f, (struct slices){rows, mail_count});
}

static void give_message(struct served *s, const struct frame *f, const struct message_key *key)
{
    for (size_t i = 0; i < mail_count; i++)
        if (slice_equal(mail[i].key.id, key->id)) {
            struct buffer b = buffer_new(2U << 20);
            fetch_row_write(&b, &mail[i].deliver);
            struct slice row = row_kept(s, &b);
            give_answer(s, f, (struct slices){&row, 1});
            return;
        }
    give_unknown(s, f);
}

/* The own log is one: every proof is to be had. */
static void give_consistency(struct served *s, const struct frame *f, const struct query_args *q)
{
    struct buffer b = buffer_new(8192);
    consistencies++;
    if (!slice_is(q->origin, near.origin)) {
        give_unknown(s, f);
        return;
    }
    consistency_row_write(&b, ledger_proof(&near, s->arena, q->old_size, q->new_size));
    struct slice row = row_kept(s, &b);
    give_answer(s, f, (struct slices){&row, 1});
}

/* From wherever it is asked to what was verified last. */
static void give_last_step(struct served *s, const struct frame *f, const struct query_args *q)
{
    bool is_other = q->old_size == steps.lost && steps.rewritten != NULL;
    const struct ledger *log = is_other ? steps.rewritten : steps.log;
    uint64_t size = steps.sizes[steps.count - 1];
    struct buffer b = buffer_new(8192);
    struct digest root = ledger_root(log, size);
    steps_row_write(&b, &(struct steps_row){q->old_size, size, digest_slice(&root),
                                            ledger_proof(log, s->arena, q->old_size, size)});
    struct slice row = row_kept(s, &b);
    give_answer(s, f, (struct slices){&row, 1});
}

static struct slice step_row(struct served *s, size_t number)
{
    struct buffer b = buffer_new(8192);
    uint64_t old = steps.sizes[number - 1], size = steps.sizes[number];
    struct digest root = ledger_root(steps.log, size);
    struct steps_row row = {old, size, digest_slice(&root),
                            ledger_proof(steps.log, s->arena, old, size)};
    if (number == steps.forged)
        row.path.at[0] = digest_slice(&root); /* which no proof holds */
    row.old_size -= number == steps.apart;
    steps_row_write(&b, &row);
    return row_kept(s, &b);
}

static void give_steps(struct served *s, const struct frame *f, const struct query_args *q)
{
    struct slice rows[PAGE_ROWS];
    size_t count = 0, first = 0;
    pages++;
    if (busy > 0) {
        busy--;
        give_refusal(s, f, "E_UNAVAILABLE", BUSY_MS);
        return;
    }
    if (steps.lost != 0) {
        give_last_step(s, f, q);
        return;
    }
    while (first < steps.count && steps.sizes[first] != q->old_size)
        first++;
    if (first == steps.count || !slice_is(q->origin, far.origin)) {
        give_unknown(s, f);
        return;
    }
    while (count < PAGE_ROWS && first + count + 1 < steps.count) {
        rows[count] = step_row(s, first + count + 1);
        count++;
    }
    give_answer(s, f, (struct slices){rows, count});
}

static void take_query(struct served *s, const struct frame *f)
{
    struct query_args q = {0};
    CHECK_OK(query_args_parse(&f->as.query, &q));
    if (q.what == QUERY_INBOX)
        give_inbox(s, f);
    else if (q.what == QUERY_FETCH)
        give_message(s, f, &q.key);
    else if (q.what == QUERY_CONSISTENCY)
        give_consistency(s, f, &q);
    else if (q.what == QUERY_STEPS)
        give_steps(s, f, &q);
    else
        give_unknown(s, f);
}

static void attend(struct served *s)
{
    struct frame f = {.kind = FRAME_BYE}, bye = {.kind = FRAME_BYE};
    if (!serve_greet(s))
        return;
    for (f = serve_hear(s); f.kind != FRAME_BYE && f.kind != FRAME_NONE; f = serve_hear(s))
        if (f.kind == FRAME_QUERY)
            take_query(s, &f);
    if (f.kind == FRAME_BYE)
        serve_give(s, &bye);
}

static void begin(void)
{
    CHECK_OK(crypto_thread_start());
    near = ledger_near();
    far = ledger_far();
    ledger_grow(&near, 2, 0);
    ledger_grow(&far, 3, 0);
    memset(&steps, 0, sizeof steps);
    steps.log = &far;
    steps.count = 1;
    mail_count = 0;
    pages = consistencies = 0;
    busy = 0;
    arena = arena_new(CLIENT_ARENA_BYTES);
    gateway_start("XA/gateways/XA-GW-01", attend);
    struct comity_options options = {
        .home = home_make_two(gateway_address()), .context = "xa-ca-01", .timeout_ms = TIMEOUT_MS};
    comity = NULL;
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
    comity_close(comity);
    arena_free(arena);
}

/* The gateway has verified the far log at this size. */
static void verify_far(uint64_t size)
{
    steps.sizes[steps.count++] = size;
}

/* A message comes by both gateways, whose logs are then this long. */
static void cross(uint64_t near_size, uint64_t far_size)
{
    ledger_grow(&near, near_size - 1, 0);
    ledger_grow(&far, far_size - 1, 0);
    mail[mail_count++] = crossing_make(arena, &near, &far);
    verify_far(far_size);
}

static void read_mail(size_t number, enum comity_exit wanted)
{
    char id[UUID_TEXT_BYTES];
    struct comity_shown *shown = NULL;
    uuid_write(mail[number].key.id, id);
    if (!CHECK_U64(comity_show(comity, id, false, &shown, &fault), wanted))
        fprintf(stderr, "%s\n", fault.message);
    if (wanted == COMITY_DONE && CHECK(shown != NULL))
        CHECK(strstr(shown->json, "\"gateway\":\"XC-GW-01\"") != NULL &&
              strstr(shown->json, "\"gateway\":\"XA-GW-01\"") != NULL);
    comity_shown_free(shown);
}

/* The size of a log's kept checkpoint; 0: none. */
static uint64_t kept_size(const struct ledger *ledger)
{
    struct known_checkpoint *known;
    size_t count = 0, unsound = 0;
    CHECK_OK(checkpoints_load(comity->archive, arena, &known, &count, &unsound));
    for (size_t i = 0; i < count; i++)
        if (slice_is(known[i].origin, ledger->origin))
            return known[i].size;
    return 0;
}

static bool see_evidence(void *owner, const struct comity_archived *record)
{
    char *text = owner;
    snprintf(text, NOTE_MAX_BYTES, "%s %s\n%.*s", record->id, record->origin, (int)record->length,
             (const char *)record->octets);
    return true;
}

/* Both checkpoints of the far log, each as it was signed, and the message that came with one. */
static void check_evidence(size_t number, uint64_t kept, uint64_t other)
{
    char id[UUID_TEXT_BYTES], text[NOTE_MAX_BYTES] = "", wanted[128];
    CHECK(strstr(fault.hint, "contradiction") != NULL);
    CHECK_U64(comity_archive_each(comity, COMITY_CONTRADICTION, see_evidence, text, &fault),
              COMITY_DONE);
    uuid_write(mail[number].key.id, id);
    snprintf(wanted, sizeof wanted, "%s %s\n%s\n%llu\n", id, far.origin, far.origin,
             (unsigned long long)kept);
    CHECK(strncmp(text, wanted, strlen(wanted)) == 0);
    const char *second = strstr(text + strlen(id) + 1 + 2 * (strlen(far.origin) + 1), far.origin);
    snprintf(wanted, sizeof wanted, "%s\n%llu\n", far.origin, (unsigned long long)other);
    const char *signature = strstr(text, "\n\n\xe2\x80\x94 ");
    while (second != NULL && strncmp(second, wanted, strlen(wanted)) != 0)
        second = strstr(second + 1, far.origin);
    CHECK(second != NULL && signature != NULL && signature < second);
    CHECK(second != NULL && strstr(second, "\n\n\xe2\x80\x94 ") != NULL);
}

static void both_logs_are_kept_and_it_is_read_without_the_gateway(void)
{
    begin();
    cross(5, 7);
    read_mail(0, COMITY_DONE);
    CHECK_U64(kept_size(&near), 5);
    CHECK_U64(kept_size(&far), 7);
    CHECK_U64(pages, 0);
    leave();
    read_mail(0, COMITY_DONE);
    end();
}

static void the_other_log_is_followed_step_by_step(void)
{
    begin();
    cross(5, 7);
    read_mail(0, COMITY_DONE);
    ledger_grow(&far, 20, 0);
    verify_far(9);
    verify_far(15);
    verify_far(20);
    cross(9, 23);
    verify_far(23); /* and further, which is not asked for */
    read_mail(1, COMITY_DONE);
    CHECK_U64(pages, 2);
    CHECK_U64(consistencies, 1);
    CHECK_U64(kept_size(&near), 9);
    CHECK_U64(kept_size(&far), 23);
    leave();
    end();
}

/* The later of two messages is read first. */
static void an_older_message_is_followed_back(void)
{
    begin();
    cross(5, 7);
    ledger_grow(&far, 15, 0);
    verify_far(15);
    cross(9, 23);
    read_mail(1, COMITY_DONE);
    read_mail(0, COMITY_DONE);
    CHECK_U64(pages, 1);
    CHECK_U64(kept_size(&near), 9);
    CHECK_U64(kept_size(&far), 23);
    leave();
    end();
}

/* Two messages, with steps of the far log between them; the first is read. */
static void begin_between(void)
{
    begin();
    cross(5, 7);
    read_mail(0, COMITY_DONE);
    ledger_grow(&far, 20, 0);
    verify_far(9);
    verify_far(15);
    verify_far(20);
}

static void check_unread(enum comity_exit wanted, const char *code)
{
    read_mail(1, wanted);
    CHECK_TEXT(fault.code, code);
    CHECK_U64(kept_size(&near), 5);
    CHECK_U64(kept_size(&far), 7);
}

static void a_missing_step_leaves_it_unread(void)
{
    begin_between();
    cross(9, 23);
    steps.count--; /* the last one is not known */
    check_unread(COMITY_STALE, "E_STALE");
    steps.sizes[1] = 8; /* nor where it would begin */
    check_unread(COMITY_STALE, "E_STALE");
    steps.sizes[1] = 7;
    steps.count++;
    steps.sizes[5] = 24; /* it leads past the message */
    ledger_grow(&far, 24, 0);
    check_unread(COMITY_STALE, "E_STALE");
    steps.sizes[5] = 23;
    read_mail(1, COMITY_DONE);
    leave();
    end();
}

static void steps_that_do_not_join_are_no_answer(void)
{
    begin_between();
    cross(9, 23);
    steps.apart = 3;
    check_unread(COMITY_VERIFY, "E_SCHEMA");
    leave();
    end();
}

static void a_forged_step_is_a_fork(void)
{
    begin_between();
    cross(9, 23);
    steps.forged = 4;
    check_unread(COMITY_FORK, "E_FORK");
    check_evidence(1, 7, 23);
    steps.forged = 0;
    read_mail(1, COMITY_DONE);
    leave();
    end();
}

/* Its gateway was restored from a backup, and has to ask how the log goes on. */
static void what_the_gateway_has_to_ask_for_is_waited_for(void)
{
    begin_between();
    cross(9, 23);
    busy = 3;
    read_mail(1, COMITY_DONE);
    CHECK_U64(busy, 0);
    CHECK_U64(pages, 5);
    CHECK_U64(kept_size(&far), 23);
    leave();
    end();
}

/* The archive is locked meanwhile; another process waits for it as long as for an answer. */
static void for_less_long_than_another_process_waits(void)
{
    begin_between();
    cross(9, 23);
    busy = 1000;
    check_unread(COMITY_UNAVAILABLE, "E_UNAVAILABLE");
    CHECK(busy < 1000 && 1000 - busy <= TIMEOUT_MS / 2 / BUSY_MS + 1);
    busy = 0;
    read_mail(1, COMITY_DONE);
    leave();
    end();
}

/* The later of two messages is read first; the gateway has not kept its checkpoint. */
static void what_was_followed_past_is_joined_behind_it(void)
{
    begin();
    cross(5, 7);
    cross(9, 23);
    read_mail(1, COMITY_DONE);
    ledger_grow(&far, 30, 0);
    verify_far(30);
    steps.lost = 23;
    read_mail(0, COMITY_DONE);
    CHECK_U64(pages, 2);
    CHECK_U64(kept_size(&far), 23);
    leave();
    end();
}

static void what_does_not_join_behind_it_is_a_fork(void)
{
    static struct ledger other;
    begin();
    cross(5, 7);
    cross(9, 23);
    other = far;
    ledger_grow(&far, 30, 0);
    verify_far(30);
    steps.lost = 23;
    read_mail(1, COMITY_DONE);
    ledger_grow(&other, 30, 1);
    steps.rewritten = &other; /* it goes on in two ways */
    read_mail(0, COMITY_FORK);
    CHECK_TEXT(fault.code, "E_FORK");
    leave();
    end();
}

/* The other gateway has proved it with what is no proof, or with one of another history. */
static void what_was_waited_for_and_is_false_is_a_fork(void)
{
    begin_between();
    cross(9, 23);
    busy = 1;
    steps.forged = 2;
    check_unread(COMITY_FORK, "E_FORK");
    check_evidence(1, 7, 23);
    CHECK_U64(pages, 2);
    leave();
    end();
}

/* Another log under the same name and key: other entries, and then the message's. */
static void rewrite_far(uint64_t size)
{
    far = ledger_far();
    ledger_grow(&far, size, 1);
}

static void another_root_of_the_same_size_is_a_fork(void)
{
    begin();
    cross(5, 7);
    read_mail(0, COMITY_DONE);
    rewrite_far(3);
    cross(9, 7);
    check_unread(COMITY_FORK, "E_FORK");
    check_evidence(1, 7, 7);
    CHECK_U64(pages, 0);
    leave();
    end();
}

static void a_history_that_leads_elsewhere_is_a_fork(void)
{
    static struct ledger honest;
    begin_between();
    honest = far;
    ledger_grow(&honest, 23, 0);
    steps.log = &honest;
    rewrite_far(20);
    cross(9, 23);
    check_unread(COMITY_FORK, "E_FORK");
    check_evidence(1, 7, 23);
    leave();
    end();
}

TESTS(clients_crossing,
      {"what the gateway has to ask for is waited for",
       what_the_gateway_has_to_ask_for_is_waited_for},
      {"what was followed past is joined behind it", what_was_followed_past_is_joined_behind_it},
      {"what does not join behind it is a fork", what_does_not_join_behind_it_is_a_fork},
      {"for less long than another process waits", for_less_long_than_another_process_waits},
      {"what was waited for and is false is a fork", what_was_waited_for_and_is_false_is_a_fork},
      {"both logs are kept and it is read without the gateway",
       both_logs_are_kept_and_it_is_read_without_the_gateway},
      {"the other log is followed step by step", the_other_log_is_followed_step_by_step},
      {"an older message is followed back", an_older_message_is_followed_back},
      {"a missing step leaves it unread", a_missing_step_leaves_it_unread},
      {"steps that do not join are no answer", steps_that_do_not_join_are_no_answer},
      {"a forged step is a fork", a_forged_step_is_a_fork},
      {"another root of the same size is a fork", another_root_of_the_same_size_is_a_fork},
      {"a history that leads elsewhere is a fork", a_history_that_leads_elsewhere_is_a_fork})
