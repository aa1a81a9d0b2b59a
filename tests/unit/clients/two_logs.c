#include "two_logs.h"

#include <stdio.h>
#include <string.h>

#include "fixture.h"
#include "gateway.h"
#include "home.h"
#include "libcomity/client.h"
#include "libcomity/records.h"
#include "libcomity/uuid.h"

#define PAGE_ROWS 2 /* however many are asked for */

struct comity *comity;
struct comity_fault fault;
static struct arena *arena;
struct ledger near, far;
static struct crossing mail[4];
static size_t mail_count;

struct told_steps steps;
atomic_uint pages, consistencies, busy;

static void give_unknown(struct served *s, const struct frame *f)
{
    serve_refuse(s, f, "E_UNKNOWN", 0);
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
    serve_answer(s, f, (struct slices){rows, mail_count});
}

static void give_message(struct served *s, const struct frame *f, const struct message_key *key)
{
    for (size_t i = 0; i < mail_count; i++)
        if (slice_equal(mail[i].key.id, key->id)) {
            struct buffer b = buffer_new(2U << 20);
            fetch_row_write(&b, &mail[i].deliver);
            struct slice row = row_kept(s, &b);
            serve_answer(s, f, (struct slices){&row, 1});
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
    serve_answer(s, f, (struct slices){&row, 1});
}

/* From what it has lost to what was verified last. */
static void give_last_step(struct served *s, const struct frame *f, const struct query_args *q)
{
    const struct ledger *log = steps.rewritten != NULL ? steps.rewritten : steps.log;
    uint64_t size = steps.sizes[steps.count - 1];
    struct buffer b = buffer_new(8192);
    struct digest root = ledger_root(log, size);
    steps_row_write(&b, &(struct steps_row){q->old_size, size, digest_slice(&root),
                                            ledger_proof(log, s->arena, q->old_size, size)});
    struct slice row = row_kept(s, &b);
    serve_answer(s, f, (struct slices){&row, 1});
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
    size_t known = steps.count;
    pages++;
    if (busy > 0 && (steps.lost == 0 || steps.lost == q->old_size)) {
        busy--;
        serve_refuse(s, f, "E_UNAVAILABLE", BUSY_MS);
        return;
    }
    if (steps.lost != 0 && q->old_size == steps.lost) {
        give_last_step(s, f, q);
        return;
    }
    if (busy > 0)
        known--;
    while (first < known && steps.sizes[first] != q->old_size)
        first++;
    if (first == known || !slice_is(q->origin, far.origin)) {
        give_unknown(s, f);
        return;
    }
    while (count < PAGE_ROWS && first + count + 1 < known) {
        rows[count] = step_row(s, first + count + 1);
        count++;
    }
    serve_answer(s, f, (struct slices){rows, count});
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

void logs_begin(void)
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

void logs_leave(void)
{
    client_drop_link(comity);
    gateway_stop();
}

void logs_end(void)
{
    comity_close(comity);
    arena_free(arena);
}

void logs_verify_far(uint64_t size)
{
    steps.sizes[steps.count++] = size;
}

void logs_lose_last(void)
{
    steps.lost = steps.sizes[--steps.count];
}

void logs_cross(uint64_t near_size, uint64_t far_size)
{
    ledger_grow(&near, near_size - 1, 0);
    ledger_grow(&far, far_size - 1, 0);
    mail[mail_count++] = crossing_make(arena, &near, &far);
    logs_verify_far(far_size);
}

void logs_read(size_t number, enum comity_exit wanted)
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

uint64_t logs_kept(const struct ledger *ledger)
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

void logs_check_evidence(size_t number, uint64_t kept, uint64_t other)
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

void logs_begin_between(void)
{
    logs_begin();
    logs_cross(5, 7);
    logs_read(0, COMITY_DONE);
    ledger_grow(&far, 20, 0);
    logs_verify_far(9);
    logs_verify_far(15);
    logs_verify_far(20);
}

void logs_check_unread(enum comity_exit wanted, const char *code)
{
    logs_read(1, wanted);
    CHECK_TEXT(fault.code, code);
    CHECK_U64(logs_kept(&near), 5);
    CHECK_U64(logs_kept(&far), 7);
}
