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

/* Checks that a receipt is the entry that was to be made, and that its log is the known one. */
static struct status check_receipt(struct comity *c, struct arena *arena, struct slice octets,
                                   const struct envelope *envelope, enum entry_kind kind,
                                   enum stage stage, struct comity_fault *reterr)
{
    struct proved proved;
    struct receipt_wanted wanted = {
        .kind = kind,
        .stage = stage,
        .hop = HOP,
        .gateway = c->home,
        .claims = &envelope->claims,
        .seal = &envelope->digest,
    };
    struct status s = receipt_check(arena, octets, &wanted, &proved);
    if (failed(s))
        return s.code == CODE_REFUSED ? fault_verify(reterr, s, "a receipt does not hold") : s;
    return reading_advance(c, arena, &proved, reterr);
}

/* What is said once is remembered: the answer to octets sent again has no report any more. */
static void put_report(struct comity *c, struct arena *arena, struct slice id,
                       const struct report *report, struct sent_answer *answer)
{
    struct sent_answer before;
    answer->report = *report;
    if (!report->present && !failed(answer_load(c->archive, arena, id, &before))) {
        answer->report = before.report;
        if (before.stage > answer->stage)
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
    struct sent_answer answer = {.stage = m->dry_run ? STAGE_NONE : STAGE_ACCEPTED};
    struct slice id = m->envelope->claims.id;
    enum entry_kind kind = m->dry_run ? ENTRY_CONSULTATION : ENTRY_DISCLOSURE;
    struct status s = check_receipt(c, arena, f->receipt, m->envelope, kind, answer.stage, reterr);
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

/* A refusal counts without a receipt, too: then it is the gateway's word only. */
static void prove_refusal(struct comity *c, struct arena *arena, const struct own_message *m,
                          const struct refuse *f, bool held, struct comity_recipient *r)
{
    struct comity_fault ignored;
    if (f->receipt.at == NULL)
        return;
    struct status s = held && !m->dry_run ? check_receipt(c, arena, f->receipt, m->envelope,
                                                          ENTRY_HOLD, STAGE_NONE, &ignored)
                                          : check_receipt(c, arena, f->receipt, m->envelope,
                                                          ENTRY_REFUSAL, STAGE_REJECTED, &ignored);
    r->proved = !failed(s);
    enum stage stage = held ? STAGE_NONE : STAGE_REJECTED;
    if (r->proved && !m->dry_run)
        (void)!failed(record_receipt(c->archive, m->envelope->claims.id, stage, f->receipt));
}

static struct status take_refusal(struct comity *c, struct arena *arena,
                                  const struct own_message *m, const struct refuse *f,
                                  struct comity_recipient *r, struct comity_fault *reterr)
{
    put_text(r->code, sizeof r->code, f->code);
    put_text(r->detail, sizeof r->detail, f->detail);
    enum refusal refusal = refusal_find(r->code);
    bool held = refusal == REFUSAL_HELD;
    struct sent_answer answer = {refusal, held ? STAGE_NONE : STAGE_REJECTED, {0}};
    r->exit = exit_of(refusal);
    (void)fault_input(reterr, refusal, "%s: %s%s%s", r->party,
                      held ? "the message is held" : "the message was refused",
                      r->detail[0] == '\0' ? "" : ": ", r->detail);
    if (refusal == REFUSAL_UNAVAILABLE) {
        fault_hint(reterr, "send it again: --resume %s", r->id);
        return OK;
    }
    snprintf(r->outcome, sizeof r->outcome, "%s", held ? "held" : "refused");
    snprintf(r->stage, sizeof r->stage, "%s", stage_name(answer.stage));
    prove_refusal(c, arena, m, f, held, r);
    return m->dry_run ? OK : record_answer(c->archive, m->envelope->claims.id, &answer);
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
                                 const struct proved *proved, struct slice receipt,
                                 struct comity_fault *reterr)
{
    const struct outer *outer = &proved->outer;
    if (!is_answer(outer))
        return fault_verify(reterr, REFUSE(RECEIPT_KIND), "a receipt is of no answer to a sender");
    struct status s =
        check_receipt(c, arena, receipt, m->envelope, outer->kind, outer->stage, reterr);
    return failed(s) ? s : record_receipt(c->archive, outer->id, outer->stage, receipt);
}

struct status sent_prove(struct comity *c, struct arena *arena, const struct own_message *message,
                         struct slice receipt, struct comity_fault *reterr)
{
    struct proved proved;
    struct status s = prove(c, arena, receipt, &proved, reterr);
    return failed(s) ? s : keep_answer(c, arena, message, &proved, receipt, reterr);
}

/* The last stage that is known; one that comes late does not undo it. */
static void note_stage(struct comity *c, struct arena *arena, const struct outer *outer)
{
    struct sent_answer answer = {0};
    if (!failed(answer_load(c->archive, arena, outer->id, &answer)) && answer.stage >= outer->stage)
        return;
    answer.stage = outer->stage;
    (void)!failed(record_answer(c->archive, outer->id, &answer));
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
    note_stage(c, arena, &proved.outer);
    *ret_key = (struct message_key){proved.outer.from, proved.outer.id, proved.outer.to};
    return OK;
}
