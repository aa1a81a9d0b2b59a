/* What the law wants an entry of each kind to say: who did what, by which rules, to whom, and why
 * (R-AUD-01). */

#include "journal/erasure.h"
#include "journal/keys.h"
#include "scenario/pair.h"
#include "scenario/reading.h"
#include "session/query.h"

#define DAY_MS 86400000ULL

/* Members of the two records. */
enum {
    MESSAGE = 1, /* id, from, to, type, purpose, seal */
    CODE = 2,
    FIELDS = 4, /* level, rule and basis of each */
    SUBJECTS = 8,
    CASE = 16,
    LEGAL = 32, /* instrument and legal basis */
    TIER = 64,
    REASON = 128, /* in the open record or in the closed one */
    RELATED = 256,
    DECIDED = MESSAGE | FIELDS | SUBJECTS | CASE | LEGAL | TIER,
    CLAIMED = MESSAGE | CASE | LEGAL | TIER,
};

/* Every kind that this gateway makes. What is not asked for may be there as well, but for `never`.
 */
static const struct row {
    enum entry_kind kind;
    enum stage stage;
    uint64_t hop;
    const char *op, *actor;
    unsigned wants, never;
} rows[] = {
    {ENTRY_START_STOP, STAGE_NONE, 0, "OPERATE", NULL, REASON, MESSAGE},
    {ENTRY_DISCLOSURE, STAGE_ACCEPTED, 1, "DISCLOSE", "XA-CA-01", DECIDED, CODE | RELATED},
    {ENTRY_DISCLOSURE, STAGE_RELAYED, 2, "DISCLOSE", "XA-GW-01", DECIDED, CODE | RELATED},
    {ENTRY_DISCLOSURE, STAGE_RELAYED, 2, "RELEASE", "XC-GW-01", DECIDED | RELATED, CODE},
    {ENTRY_HOLD, STAGE_NONE, 1, "HOLD", "XA-CA-01", DECIDED | CODE | REASON, 0},
    {ENTRY_HOLD, STAGE_NONE, 2, "HOLD", "XA-GW-01", DECIDED | CODE | REASON, 0},
    {ENTRY_REFUSAL, STAGE_REJECTED, 1, "DISCLOSE", "XA-CA-01", CLAIMED | CODE | REASON, 0},
    {ENTRY_CONSULTATION, STAGE_NONE, 1, "CONSULT", "XA-CA-01", DECIDED, CODE},
    {ENTRY_CONSULTATION, STAGE_NONE, 2, "CONSULT", "XC-CA-01", CLAIMED, CODE},
    {ENTRY_STAGE, STAGE_RELAYED, 2, "TRANSFER", "XC-GW-01", MESSAGE, CODE | SUBJECTS},
    {ENTRY_STAGE, STAGE_DELIVERED, 2, "COLLECT", "XC-CA-01", MESSAGE, CODE},
    {ENTRY_STAGE, STAGE_RETRIEVED, 2, "CONSULT", "XC-CA-01", MESSAGE, CODE},
    {ENTRY_STAGE, STAGE_NOT_RETRIEVED, 2, "TRANSFER", "XC-GW-01", MESSAGE, 0},
    {ENTRY_LAW, STAGE_NONE, 0, "POLICY_CHANGE", NULL, REASON, MESSAGE},
    {ENTRY_KEY, STAGE_NONE, 0, "KEY_CHANGE", "XA-GW-01", REASON, MESSAGE},
    {ENTRY_ERASURE, STAGE_NONE, 0, "ERASE", "XA-GW-01", REASON | RELATED, MESSAGE | SUBJECTS},
    {ENTRY_OPERATOR, STAGE_NONE, 0, "OPERATE", "XA-GW-01", REASON, MESSAGE},
    {ENTRY_AUDITOR, STAGE_NONE, 0, "AUDIT_READ", "XA-MIN-01", REASON, MESSAGE},
    {ENTRY_REFUSAL, STAGE_REJECTED, 0, "AUDIT_READ", "XB-MIN-01", REASON | CODE, MESSAGE},
};

#define ROWS (sizeof rows / sizeof rows[0])

static bool fields_are_whole(const struct inner *i)
{
    for (size_t k = 0; k < i->field_count; k++) {
        const struct inner_field *f = &i->fields[k];
        if (f->path.length == 0 || f->category.length == 0 || f->level.length == 0 ||
            f->rule.length == 0)
            return false;
    }
    return i->field_count > 0;
}

static unsigned members_of(const struct opened *e)
{
    const struct outer *o = &e->outer;
    const struct inner *i = &e->inner;
    const struct {
        unsigned member;
        bool has;
    } all[] = {
        {MESSAGE, o->id.length == 16 && o->from.length > 0 && o->to.length > 0 &&
                      o->type.length > 0 && o->purpose.length > 0 && o->seal.length == 32},
        {CODE, o->code.length > 0},
        {FIELDS, fields_are_whole(i)},
        {SUBJECTS, i->subjects.count > 0},
        {CASE, i->case_pseudonym.length == 32},
        {LEGAL, i->instrument.length > 0 && i->legal_basis.count > 0},
        {TIER, i->tier.length > 0},
        {REASON, i->justification.length > 0 || e->closed.closed_justification.length > 0},
        {RELATED, i->has_related},
    };
    unsigned members = 0;
    for (size_t k = 0; k < sizeof all / sizeof all[0]; k++)
        members |= all[k].has ? all[k].member : 0;
    return members;
}

static bool is_row(const struct row *r, const struct opened *e)
{
    return r->kind == e->outer.kind && r->stage == e->outer.stage && r->hop == e->outer.hop &&
           slice_is(e->inner.op, r->op);
}

static const struct row *row_of(const struct opened *e)
{
    for (size_t i = 0; i < ROWS; i++)
        if (is_row(&rows[i], e))
            return &rows[i];
    return NULL;
}

static void check_entry(const struct opened *e, const struct row *r)
{
    const unsigned members = members_of(e);
    if (!CHECK_U64(members & r->wants, r->wants) || !CHECK_U64(members & r->never, 0))
        fprintf(stderr, "kind %d, stage %d, hop %d, op %s\n", (int)r->kind, (int)r->stage,
                (int)r->hop, r->op);
    CHECK(e->inner.actor.length > 0);
    CHECK(r->actor == NULL || CHECK_BYTES(e->inner.actor, slice_text(r->actor)));
    CHECK_U64(e->outer.rulebook.length, 32);
    CHECK(e->outer.gateway.length > 0);
}

/* Each entry is of a row; which rows there were. */
static void check_log(struct world *w, bool seen[static ROWS])
{
    struct reading r = reading_of(w, true);
    for (size_t i = 0; i < r.count; i++) {
        const struct row *row = row_of(&r.opened[i]);
        if (row == NULL)
            fprintf(stderr, "kind %d, stage %d, hop %d, op %.*s is in no row\n",
                    (int)r.opened[i].outer.kind, (int)r.opened[i].outer.stage,
                    (int)r.opened[i].outer.hop, (int)r.opened[i].inner.op.length,
                    (const char *)r.opened[i].inner.op.at);
        if (!CHECK(row != NULL))
            continue;
        seen[row - rows] = true;
        check_entry(&r.opened[i], row);
    }
    reading_done(&r);
}

/* ---- what happens ---- */

static void free_all(void *owner, struct journal_result *results)
{
    (void)owner;
    for (struct journal_result *r = results, *next; r != NULL; r = next) {
        next = r->next;
        journal_result_free(r);
    }
}

/* What others than parties and peers do. */
static void run_gateway(struct world *w, const struct letter *about)
{
    const uint64_t now = w->now.wall_ms, size = world_log_size(w);
    const struct operator_act act = {.what = "drain"};
    const struct auditor_act reads = {.party = slice_text("XA-MIN-01"), .count = 9};
    const struct auditor_act denied = {.party = slice_text("XB-MIN-01"), .code = REFUSAL_ROLE};
    const struct erasure_order order = {
        .erasure = {.act = ERASURE_MESSAGE, .ground = slice_text("basis: LED 16; order: 7")},
        .key = about->key};
    CHECK_OK(journal_operator(w->journal, &act, now, NULL, free_all));
    CHECK_OK(journal_auditor(w->journal, &reads, now, NULL, free_all));
    CHECK_OK(journal_auditor(w->journal, &denied, now, NULL, free_all));
    CHECK_OK(journal_erase(w->journal, &order, now, NULL, free_all));
    CHECK_OK(journal_keys(w->journal, slice_text("XA-GW-01 tls: 01\n"), now));
    CHECK_OK(journal_keys(w->journal, slice_text("XA-GW-01 tls: 02\n"), now));
    world_settle(w);
    CHECK_U64(world_log_size(w), size + 5);
}

static void ask_and_be_refused(struct pair *p)
{
    struct letter *question = plain_letter(p->xa), *held = held_letter(p->xa);
    struct letter *other = plain_letter(p->xa);
    letter_put_text(other, "persons/~9f3c20aa17b04e55/asylum/status", "PENDING");
    letter_seal(other, "XA-CA-01");
    question->submit.flags = SUBMIT_DRY_RUN;
    CHECK(client_submit(p->sender, &question->submit) != NULL);
    CHECK(scene_refused(p->sender, held, "E_HELD") != NULL);
    const struct heard *h = client_submit(p->sender, &other->submit);
    CHECK(h != NULL && h->frame.kind == FRAME_REFUSE);
    letter_free(question);
    letter_free(held);
    letter_free(other);
}

static void read_again(struct pair *p, const struct letter *letter)
{
    const struct query_args args = {.what = QUERY_FETCH, .has_key = true, .key = letter->key};
    const struct heard *h = client_ask(p->recipient, &args);
    CHECK(h != NULL && h->frame.kind == FRAME_ANSWER);
}

static const char holds_tomorrow[] =
    "policy \"Rules of a test\"\n version 1\n authority \"XA\"\n basis \"A test\"\n"
    " in force 2026-09-08 until 2026-09-08\n" PAIR_HOLDS "end\n";

static void send_and_read(struct pair *p, struct letter *letter)
{
    static const struct entry_wanted relayed = {ENTRY_STAGE, STAGE_RELAYED, 2};
    CHECK(pair_notice(p, letter, &relayed));
    pair_take(p, letter, pair_delivery(p, letter));
    read_again(p, letter);
    client_take(p->recipient, 0, &letter->key, STAGE_RETRIEVED);
    pair_settle(p);
}

/* Hop 2 holds it for a day, lets it go, and it is never shown to anybody. */
static void hold_and_release(struct pair *p)
{
    trunk_cut(p->trunk);
    struct letter *letter = pair_send(p);
    pair_dial_at_midnight(p);
    exchange_overdue(p->xc->exchange, p->xc->now);
    pair_settle(p);
    pair_pass(p, DAY_MS);
    exchange_overdue(p->xc->exchange, p->xc->now);
    pair_settle(p);
    const struct heard *h = client_hear(p->recipient, FRAME_DELIVER);
    client_take(p->recipient, h == NULL ? 0 : h->frame.number, &letter->key, STAGE_DELIVERED);
    pair_settle(p);
    pair_pass(p, 40 * DAY_MS);
    exchange_overdue(p->xc->exchange, p->xc->now);
    pair_settle(p);
    letter_free(letter);
}

static void check_logs(struct pair *p)
{
    bool seen[ROWS] = {0};
    check_log(p->xa, seen);
    check_log(p->xc, seen);
    for (size_t i = 0; i < ROWS; i++)
        if (!CHECK(seen[i]))
            fprintf(stderr, "no entry of kind %d, stage %d, hop %d, op %s\n", (int)rows[i].kind,
                    (int)rows[i].stage, (int)rows[i].hop, rows[i].op);
}

static void each_kind_says_what_the_law_asks(void)
{
    struct pair p =
        pair_new(&(struct pair_settings){.xa_law = 1, .xc_law = 1, .rules = holds_tomorrow});
    ask_and_be_refused(&p);
    struct letter *letter = pair_send(&p);
    send_and_read(&p, letter);
    run_gateway(p.xa, letter);
    hold_and_release(&p);
    world_renew_law(p.xa, 2);
    pair_settle(&p);
    check_logs(&p);
    letter_free(letter);
    pair_end(&p);
}

TESTS(recorded, {"each kind says what the law asks", each_kind_says_what_the_law_asks})
