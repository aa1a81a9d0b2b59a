#include "libcomity/sent.h"

#include <stdio.h>
#include <string.h>

#include "libcomity/clock.h"
#include "libcomity/reading.h"
#include "libcomity/uuid.h"

#define RETRY_MAX_MS 10000
#define HOP          1 /* entries about an own message are of the own gateway */

static void put_text(char *text, size_t room, struct slice from)
{
    if (!slice_copy_text(from, text, room) && room > 0)
        text[room - 1] = '\0';
}

void sent_begin(const struct claims *claims, struct comity_recipient *r)
{
    memset(r, 0, sizeof *r);
    put_text(r->party, sizeof r->party, claims->to);
    uuid_write(claims->id, r->id);
    snprintf(r->outcome, sizeof r->outcome, "unsent");
    snprintf(r->stage, sizeof r->stage, "%s", stage_name(STAGE_NONE));
    r->exit = COMITY_UNAVAILABLE;
}

static struct status open_own(struct arena *arena, const struct submit *submit,
                              const struct envelope **ret_envelope)
{
    struct status s =
        envelope_open(arena, submit->message.seal, submit->message.seal.length, ret_envelope);
    return s.code == CODE_REFUSED ? FAIL(STORE) : s;
}

struct status sent_load(struct comity *c, struct arena *arena, struct slice id,
                        struct own_message *ret_message)
{
    struct submit *submit = arena_alloc(arena, sizeof *submit);
    const struct envelope *envelope;
    struct status s =
        submit == NULL ? FAIL(MEMORY) : submission_load(c->archive, arena, id, submit);
    if (failed(s) || failed(s = open_own(arena, submit, &envelope)))
        return s;
    *ret_message = (struct own_message){submit, envelope, false};
    return OK;
}

struct walk {
    sent_visit *visit;
    void *owner;
};

static struct status visit_own(void *owner, struct arena *arena, const struct submit *submit)
{
    const struct walk *walk = owner;
    const struct envelope *envelope;
    struct status s = open_own(arena, submit, &envelope);
    if (failed(s))
        return s;
    struct own_message message = {submit, envelope, false};
    return walk->visit(walk->owner, arena, &message);
}

struct status sent_each(struct comity *c, sent_visit *visit, void *owner)
{
    struct walk walk = {visit, owner};
    return submissions_each(c->archive, visit_own, &walk);
}

/* What a receipt's entry is to be. */
struct expected {
    enum entry_kind kind;
    enum stage stage;
};

/* Checks that a receipt is the entry that was to be made, and that its log is the known one. */
static struct status check_receipt(struct comity *c, struct arena *arena, struct slice octets,
                                   const struct envelope *envelope, struct expected entry,
                                   struct proved *ret_proved, struct comity_fault *reterr)
{
    struct receipt_wanted wanted = {
        .kind = entry.kind,
        .stage = entry.stage,
        .hop = HOP,
        .gateway = c->home,
        .claims = &envelope->claims,
        .seal = &envelope->digest,
    };
    struct status s = receipt_check(arena, octets, &wanted, ret_proved);
    if (failed(s))
        return s.code == CODE_REFUSED ? fault_verify(reterr, s, "a receipt does not hold") : s;
    return reading_advance(c, arena, ret_proved, reterr);
}

/* What was refused may be sent again and accepted; what was accepted is never refused any more. */
static unsigned rank(enum stage stage)
{
    return stage == STAGE_NONE ? 0 : stage == STAGE_REJECTED ? 1 : 1U + (unsigned)stage;
}

/* Keeps it, unless more is proved already: a word never undoes a proof. */
static struct status note_answer(struct comity *c, struct arena *arena, struct slice id,
                                 const struct sent_answer *answer)
{
    struct sent_answer before = {0}, kept = *answer;
    struct status s = answer_load(c->archive, arena, id, &before);
    if (failed(s) && s.code != CODE_ABSENT)
        return s;
    bool same = before.stage == answer->stage && before.code == answer->code;
    if (before.proved && (!answer->proved || same || rank(before.stage) > rank(answer->stage)))
        return OK;
    kept.report = before.report;
    return record_answer(c->archive, id, &kept);
}

/* What is said once is remembered: the answer to octets sent again has no report any more. */
static void put_report(struct comity *c, struct arena *arena, struct slice id,
                       const struct report *report, struct sent_answer *answer)
{
    struct sent_answer before;
    answer->report = *report;
    if (!report->present && !failed(answer_load(c->archive, arena, id, &before))) {
        answer->report = before.report;
        if (before.proved && rank(before.stage) > rank(answer->stage))
            answer->stage = before.stage;
    }
}

static struct status keep_acceptance(struct comity *c, struct slice id, struct slice receipt,
                                     const struct sent_answer *answer)
{
    struct status s = record_receipt(c->archive, id, STAGE_ACCEPTED, receipt);
    return failed(s) ? s : record_answer(c->archive, id, answer);
}

static struct status take_receipt(struct comity *c, struct arena *arena,
                                  const struct own_message *m, const struct receipt_frame *f,
                                  struct comity_recipient *r, struct comity_fault *reterr)
{
    struct proved proved;
    struct sent_answer answer = {.stage = m->dry_run ? STAGE_NONE : STAGE_ACCEPTED, .proved = true};
    struct slice id = m->envelope->claims.id;
    struct expected entry = {m->dry_run ? ENTRY_CONSULTATION : ENTRY_DISCLOSURE, answer.stage};
    struct status s = check_receipt(c, arena, f->receipt, m->envelope, entry, &proved, reterr);
    if (failed(s))
        return s;
    put_report(c, arena, id, &f->report, &answer);
    snprintf(r->outcome, sizeof r->outcome, "accepted");
    snprintf(r->stage, sizeof r->stage, "%s", stage_name(answer.stage));
    r->proved = true;
    r->exit = COMITY_DONE;
    r->reported = answer.report.present;
    r->released = answer.report.released;
    r->transformed = answer.report.transformed;
    r->withheld = answer.report.withheld;
    return m->dry_run ? OK : keep_acceptance(c, id, f->receipt, &answer);
}

/* Without a receipt it is the gateway's word only; with one it must be the log's refusal. */
static struct status prove_refusal(struct comity *c, struct arena *arena,
                                   const struct own_message *m, const struct refuse *f, bool held,
                                   bool *ret_proved, struct comity_fault *reterr)
{
    struct proved proved;
    struct expected entry = held && !m->dry_run ? (struct expected){ENTRY_HOLD, STAGE_NONE}
                                                : (struct expected){ENTRY_REFUSAL, STAGE_REJECTED};
    *ret_proved = false;
    if (f->receipt.at == NULL)
        return OK;
    struct status s = check_receipt(c, arena, f->receipt, m->envelope, entry, &proved, reterr);
    if (failed(s))
        return s;
    if (!slice_equal(proved.outer.code, f->code))
        return fault_verify(reterr, REFUSE(RECEIPT_KIND), "a receipt is of another refusal");
    *ret_proved = true;
    return m->dry_run ? OK
                      : record_receipt(c->archive, m->envelope->claims.id, entry.stage, f->receipt);
}

static void tell_refusal(const struct comity_recipient *r, enum refusal refusal,
                         struct comity_fault *reterr)
{
    (void)fault_input(reterr, refusal, "%s: %s%s%s", r->party,
                      refusal == REFUSAL_HELD ? "the message is held" : "the message was refused",
                      r->detail[0] == '\0' ? "" : ": ", r->detail);
    fault_hint(reterr, "%s", refusal_advice(refusal));
    if (refusal == REFUSAL_UNAVAILABLE)
        fault_hint(reterr, "send it again: --resume %s", r->id);
}

static struct status take_refusal(struct comity *c, struct arena *arena,
                                  const struct own_message *m, const struct refuse *f,
                                  struct comity_recipient *r, struct comity_fault *reterr)
{
    char code[sizeof r->code];
    put_text(code, sizeof code, f->code);
    enum refusal refusal = refusal_find(code);
    bool held = refusal == REFUSAL_HELD, later = refusal == REFUSAL_UNAVAILABLE;
    struct sent_answer answer = {.code = refusal, .stage = held ? STAGE_NONE : STAGE_REJECTED};
    struct status s = later ? OK : prove_refusal(c, arena, m, f, held, &answer.proved, reterr);
    if (failed(s))
        return s;
    snprintf(r->code, sizeof r->code, "%s", code);
    put_text(r->detail, sizeof r->detail, f->detail);
    r->exit = exit_of(refusal);
    tell_refusal(r, refusal, reterr);
    if (later)
        return OK;
    snprintf(r->outcome, sizeof r->outcome, "%s", held ? "held" : "refused");
    snprintf(r->stage, sizeof r->stage, "%s", stage_name(answer.stage));
    r->proved = answer.proved;
    return m->dry_run ? OK : note_answer(c, arena, m->envelope->claims.id, &answer);
}

/* One attempt. *ret_sent: it may have reached the gateway. */
static struct status submit_once(struct comity *c, struct arena *arena, const struct own_message *m,
                                 struct frame *ret_answer, bool *ret_sent,
                                 struct comity_fault *reterr)
{
    struct connection *link;
    struct frame f = {.kind = FRAME_SUBMIT, .as.submit = *m->submit};
    f.as.submit.flags = m->dry_run ? SUBMIT_DRY_RUN : 0;
    struct status s = client_link(c, &link, reterr);
    if (failed(s))
        return s;
    *ret_sent = true;
    return connection_ask(link, arena, &f, ret_answer, reterr);
}

/* How long the gateway asks to wait before the same is tried again; 0: not at all. */
static uint64_t retry_after(const struct frame *f)
{
    char code[32] = "";
    if (f->kind != FRAME_REFUSE || !slice_copy_text(f->as.refuse.code, code, sizeof code) ||
        refusal_find(code) != REFUSAL_UNAVAILABLE)
        return 0;
    return f->as.refuse.retry_ms > RETRY_MAX_MS ? RETRY_MAX_MS : f->as.refuse.retry_ms;
}

/* The same octets again are always safe: the gateway answers as the first time. */
static struct status submit(struct comity *c, struct arena *arena, const struct own_message *m,
                            struct frame *ret_answer, bool *ret_sent, struct comity_fault *reterr)
{
    struct comity_fault ignored;
    uint64_t until = clock_mono_ms() + c->options.timeout_ms;
    bool broken_before = false;
    for (;;) {
        struct status s = submit_once(c, arena, m, ret_answer, ret_sent, reterr);
        uint64_t wait = failed(s) ? 0 : retry_after(ret_answer);
        bool broke = s.code == CODE_NETWORK && *ret_sent && !broken_before;
        if ((wait == 0 && !broke) || clock_mono_ms() + wait >= until)
            return s;
        broken_before = broken_before || broke;
        if (wait > 0 && c->link != NULL)
            (void)!failed(connection_wait(c->link, wait, &ignored)); /* the next one will tell */
    }
}

static void in_doubt(struct comity_recipient *r, bool dry_run, struct comity_fault *reterr)
{
    if (dry_run)
        return;
    snprintf(r->outcome, sizeof r->outcome, "unknown");
    r->exit = reterr->exit = COMITY_DOUBT;
    fault_hint(reterr, "it may have arrived; sending it again is safe: --resume %s", r->id);
}

void sent_submit(struct comity *c, struct arena *arena, const struct own_message *message,
                 struct comity_recipient *r, struct comity_fault *reterr)
{
    struct frame answer;
    bool sent = false;
    struct status s = submit(c, arena, message, &answer, &sent, reterr);
    if (!failed(s) && answer.kind == FRAME_RECEIPT)
        s = take_receipt(c, arena, message, &answer.as.receipt, r, reterr);
    else if (!failed(s) && answer.kind == FRAME_REFUSE)
        s = take_refusal(c, arena, message, &answer.as.refuse, r, reterr);
    if (!failed(s))
        return;
    r->exit = fault_exit(reterr, s);
    snprintf(r->code, sizeof r->code, "%s", reterr->code);
    if (s.code == CODE_NETWORK && sent)
        in_doubt(r, message->dry_run, reterr);
    else if (sent)
        snprintf(r->outcome, sizeof r->outcome, "unknown");
    else if (!message->dry_run)
        fault_hint(reterr, "the sealed message is archived: --resume %s", r->id);
}

static struct status prove(struct comity *c, struct arena *arena, struct slice receipt,
                           struct proved *ret_proved, struct comity_fault *reterr)
{
    struct status s = receipt_prove(arena, receipt, c->home, ret_proved);
    return s.code == CODE_REFUSED ? fault_verify(reterr, s, "a receipt does not hold") : s;
}

/* Kinds of entries that are receipts for a sender, each with the stages it may have. */
static bool is_answer(const struct outer *outer)
{
    static const struct {
        enum entry_kind kind;
        enum stage from, to;
    } answers[] = {
        {ENTRY_DISCLOSURE, STAGE_ACCEPTED, STAGE_ACCEPTED},
        {ENTRY_HOLD, STAGE_NONE, STAGE_NONE},
        {ENTRY_REFUSAL, STAGE_REJECTED, STAGE_REJECTED},
        {ENTRY_STAGE, STAGE_RELAYED, STAGE_RETRIEVED},
        {ENTRY_STAGE, STAGE_NOT_RELAYED, STAGE_NOT_RETRIEVED},
    };
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++)
        if (outer->kind == answers[i].kind && outer->stage >= answers[i].from &&
            outer->stage <= answers[i].to)
            return true;
    return false;
}

static struct status keep_answer(struct comity *c, struct arena *arena, const struct own_message *m,
                                 struct proved *proved, struct slice receipt,
                                 struct comity_fault *reterr)
{
    const struct outer *outer = &proved->outer;
    char code[32] = "";
    if (!is_answer(outer))
        return fault_verify(reterr, REFUSE(RECEIPT_KIND), "a receipt is of no answer to a sender");
    struct status s = check_receipt(c, arena, receipt, m->envelope,
                                    (struct expected){outer->kind, outer->stage}, proved, reterr);
    if (!failed(s) && !receipt_known(c->archive, outer->id, outer->stage))
        s = record_receipt(c->archive, outer->id, outer->stage, receipt);
    if (failed(s))
        return s;
    struct sent_answer answer = {.stage = outer->stage, .proved = true};
    if (outer->kind == ENTRY_HOLD)
        answer.code = REFUSAL_HELD;
    else if (outer->kind == ENTRY_REFUSAL && slice_copy_text(outer->code, code, sizeof code))
        answer.code = refusal_find(code);
    return note_answer(c, arena, outer->id, &answer);
}

/* What the gateway says without a receipt. A stage of times to come is one after acceptance. */
static struct sent_answer word_of(const struct status_row *row)
{
    char code[32] = "";
    struct sent_answer answer = {.stage = STAGE_ACCEPTED};
    if (row->stage <= STAGE_NOT_RETRIEVED)
        answer.stage = (enum stage)row->stage;
    if (slice_copy_text(row->code, code, sizeof code))
        answer.code = refusal_find(code);
    return answer;
}

struct status sent_progress(struct comity *c, struct arena *arena,
                            const struct own_message *message, const struct status_row *row,
                            struct sent_answer *ret_answer, struct comity_fault *reterr)
{
    struct status s = OK;
    struct sent_answer known = {0}, word = word_of(row);
    for (size_t i = 0; i < row->receipts.count && !failed(s); i++) {
        struct proved proved;
        s = prove(c, arena, row->receipts.at[i], &proved, reterr);
        if (!failed(s))
            s = keep_answer(c, arena, message, &proved, row->receipts.at[i], reterr);
    }
    if (failed(s))
        return s;
    s = answer_load(c->archive, arena, message->envelope->claims.id, &known);
    if (failed(s) && s.code != CODE_ABSENT)
        return s;
    word.report = known.report;
    *ret_answer = known.proved ? known : word;
    return OK;
}

const char *sent_outcome(const struct sent_answer *answer)
{
    bool refused = answer->code != REFUSAL_NONE && answer->code != REFUSAL_HELD;
    return answer->stage == STAGE_REJECTED || refused ? "refused"
           : answer->stage == STAGE_NONE              ? "held"
                                                      : "accepted";
}

struct status sent_stage(struct comity *c, struct arena *arena, struct slice receipt,
                         struct message_key *ret_key, struct comity_fault *reterr)
{
    struct proved proved;
    struct own_message message;
    struct status s = prove(c, arena, receipt, &proved, reterr);
    if (failed(s))
        return s;
    if (failed(s = sent_load(c, arena, proved.outer.id, &message)))
        return fault_set(reterr, s, "a receipt came for a message that is not in the archive");
    if (failed(s = keep_answer(c, arena, &message, &proved, receipt, reterr)))
        return s;
    *ret_key = (struct message_key){proved.outer.from, proved.outer.id, proved.outer.to};
    return OK;
}
