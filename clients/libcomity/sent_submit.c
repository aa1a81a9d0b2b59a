#include <stdio.h>

#include "libcomity/clock.h"
#include "libcomity/rows.h"
#include "libcomity/sent_parts.h"

#define OWN_HOP 1 /* whoever answers a submission is the own gateway */

/* What is said once is remembered: the answer to octets sent again has no report any more. */
static void put_report(struct comity *c, struct arena *arena, struct slice id,
                       const struct report *report, struct sent_answer *answer)
{
    struct sent_answer before;
    answer->report = *report;
    if (!report->present && !failed(answer_load(c->archive, arena, id, &before))) {
        answer->report = before.report;
        if (before.proved && stage_rank(before.stage) > stage_rank(answer->stage))
            answer->stage = before.stage;
    }
}

static struct status keep_acceptance(struct comity *c, struct slice id, struct slice receipt,
                                     const struct sent_answer *answer)
{
    struct receipt_place place = {id, STAGE_ACCEPTED, OWN_HOP};
    struct status s = record_receipt(c->archive, &place, receipt);
    return failed(s) ? s : record_answer(c->archive, id, answer);
}

static struct status take_receipt(struct comity *c, struct arena *arena,
                                  const struct own_message *m, const struct receipt_frame *f,
                                  struct comity_recipient *r, struct comity_fault *reterr)
{
    struct proved proved;
    struct sent_answer answer = {.stage = m->dry_run ? STAGE_NONE : STAGE_ACCEPTED, .proved = true};
    struct slice id = m->envelope->claims.id;
    struct expected entry = {m->dry_run ? ENTRY_CONSULTATION : ENTRY_DISCLOSURE, answer.stage,
                             OWN_HOP};
    struct status s = receipt_accept(c, arena, f->receipt, m->envelope, entry, &proved, reterr);
    if (failed(s))
        return s;
    put_report(c, arena, id, &f->report, &answer);
    snprintf(r->outcome, sizeof r->outcome, "accepted");
    snprintf(r->stage, sizeof r->stage, "%s", stage_word(answer.stage));
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
    struct expected entry = held && !m->dry_run
                                ? (struct expected){ENTRY_HOLD, STAGE_NONE, OWN_HOP}
                                : (struct expected){ENTRY_REFUSAL, STAGE_REJECTED, OWN_HOP};
    struct receipt_place place = {m->envelope->claims.id, entry.stage, entry.hop};
    *ret_proved = false;
    if (f->receipt.at == NULL)
        return OK;
    struct status s = receipt_accept(c, arena, f->receipt, m->envelope, entry, &proved, reterr);
    if (failed(s))
        return s;
    if (!slice_equal(proved.outer.code, f->code))
        return fault_verify(reterr, REFUSE(RECEIPT_KIND), "a receipt is of another refusal");
    *ret_proved = true;
    return m->dry_run ? OK : record_receipt(c->archive, &place, f->receipt);
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
    text_cut(code, sizeof code, f->code);
    enum refusal refusal = refusal_find(code);
    bool held = refusal == REFUSAL_HELD, later = refusal == REFUSAL_UNAVAILABLE;
    struct sent_answer answer = {.code = refusal, .stage = held ? STAGE_NONE : STAGE_REJECTED};
    struct status s = later ? OK : prove_refusal(c, arena, m, f, held, &answer.proved, reterr);
    if (failed(s))
        return s;
    snprintf(r->code, sizeof r->code, "%s", code);
    text_cut(r->detail, sizeof r->detail, f->detail);
    r->exit = exit_of(refusal);
    tell_refusal(r, refusal, reterr);
    if (later)
        return OK;
    snprintf(r->outcome, sizeof r->outcome, "%s", held ? "held" : "refused");
    snprintf(r->stage, sizeof r->stage, "%s", stage_word(answer.stage));
    r->proved = answer.proved;
    return m->dry_run ? OK : answer_note(c, arena, m->envelope->claims.id, &answer);
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

/* The same octets again are always safe: the gateway answers as the first time. */
static struct status submit(struct comity *c, struct arena *arena, const struct own_message *m,
                            struct frame *ret_answer, bool *ret_sent, struct comity_fault *reterr)
{
    struct comity_fault ignored;
    uint64_t until = clock_mono_ms() + c->options.timeout_ms;
    bool broken_before = false;
    for (;;) {
        *reterr = (struct comity_fault){0}; /* of the attempt before */
        struct status s = submit_once(c, arena, m, ret_answer, ret_sent, reterr);
        uint64_t wait = failed(s) ? 0 : client_retry_after(ret_answer);
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
    if (reterr->exit == COMITY_DONE)
        (void)!failed(fault_set(reterr, s, "what became of message %s cannot be kept in %s", r->id,
                                c->context.archive));
    r->exit = fault_exit(reterr, s);
    snprintf(r->code, sizeof r->code, "%s", reterr->code);
    if (s.code == CODE_NETWORK && sent)
        in_doubt(r, message->dry_run, reterr);
    else if (sent)
        snprintf(r->outcome, sizeof r->outcome, "unknown");
    else if (!message->dry_run)
        fault_hint(reterr, "the sealed message is archived: --resume %s", r->id);
}
