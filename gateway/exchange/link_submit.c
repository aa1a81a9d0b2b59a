/* SUBMIT, and what the journal makes of it. */

#include <string.h>

#include "exchange/link.h"

static struct status answer_receipt(struct exchange_link *l, uint64_t answers, struct slice receipt,
                                    const struct report *report, struct moment now)
{
    struct frame f = {
        .kind = FRAME_RECEIPT,
        .as.receipt = {.answers = answers, .receipt = receipt, .report = *report},
    };
    return link_give(l, &f, now);
}

/* The first answer again: with its receipt, without report and detail. */
static struct status answer_again(struct exchange_link *l, uint64_t answers,
                                  const struct seen *seen, struct moment now)
{
    static const struct report none = {0};
    char code[32];
    session_settle(&l->session, 1);
    if (seen->kind == ENTRY_DISCLOSURE)
        return answer_receipt(l, answers, seen->receipt, &none, now);
    if (!slice_copy_text(seen->code, code, sizeof code))
        return FAIL(STORE);
    return link_refuse(l, answers, refusal_find(code), (struct slice){0}, seen->receipt, 0, now);
}

static struct status try_again(struct exchange_link *l, uint64_t answers, struct moment now)
{
    session_settle(&l->session, 1);
    return link_refuse(l, answers, REFUSAL_UNAVAILABLE, (struct slice){0}, (struct slice){0},
                       link_retry_ms(l, answers), now);
}

/* Before anything is judged: overload must cost less than work. One line when it begins, and one
 * when it ends. */
bool link_is_shed(struct exchange_link *l, const char *frame, struct moment now)
{
    struct exchange *x = l->exchange;
    struct status s = journal_admits(x->settings.journal);
    if (failed(s) && !x->shedding)
        link_say(l, now, "overload.began", frame, s);
    if (!failed(s) && x->shedding)
        link_say(l, now, "overload.ended", frame, (struct status){0});
    x->shedding = failed(s);
    return x->shedding;
}

/* A hold is an answer that the law gives: no fault of the sender's. */
static bool is_refusal(const struct judgement *j)
{
    return j->code != REFUSAL_NONE && j->code != REFUSAL_HELD;
}

/* What has no entry has not been refused: it may be tried again. */
static struct status pass_over(struct exchange_link *l, uint64_t answers, enum rate_verdict verdict,
                               struct moment now)
{
    return verdict == RATE_STORMS ? REFUSE(PEER_RATE) : try_again(l, answers, now);
}

static struct status answer_outcome(struct pending *p, const struct journal_result *r,
                                    struct moment now)
{
    struct exchange_link *l = p->link;
    struct slice detail = p->has_detail ? slice_text(p->detail) : (struct slice){0};
    if (r->status.code == CODE_REFUSED)
        return link_refuse(l, p->answers, reason_refusal(r->status.reason), (struct slice){0},
                           (struct slice){0}, 0, now);
    if (failed(r->status))
        return link_refuse(l, p->answers, REFUSAL_UNAVAILABLE, (struct slice){0}, (struct slice){0},
                           link_retry_ms(l, p->answers), now);
    /* Two links may race with one message: what was held first stays held. */
    enum refusal code = r->kind == POSTING_HOLD         ? REFUSAL_HELD
                        : r->kind == POSTING_DISCLOSURE ? REFUSAL_NONE
                                                        : p->code;
    if (code == REFUSAL_NONE)
        return answer_receipt(l, p->answers, r->receipt, &p->report, now);
    return link_refuse(l, p->answers, code, detail, r->receipt, 0, now);
}

static void answer_submit(struct pending *p, const struct journal_result *r, struct moment now)
{
    struct exchange_link *l = p->link;
    session_settle(&l->session, 1);
    if (failed(answer_outcome(p, r, now)))
        l->over = true;
    else
        link_grant(l, now); /* a peer without credit cannot ask for it */
}

static struct status post_judgement(struct exchange_link *l, uint64_t answers, struct judgement *j,
                                    struct moment now)
{
    struct pending *p = pending_new(l, answers);
    if (p == NULL)
        return try_again(l, answers, now);
    p->answer = answer_submit;
    p->report = j->report;
    p->code = j->code;
    p->has_detail = j->detail.length > 0;
    slice_copy_text(j->detail, p->detail, sizeof p->detail);
    struct status s = link_post(l, &j->posting, p);
    if (!failed(s))
        return OK;
    pending_free(p);
    link_say(l, now, "submit.unavailable", "SUBMIT", s);
    return try_again(l, answers, now);
}

/* The operator wants what was accepted to flow off before a planned end. */
static bool is_draining(const struct exchange *x)
{
    return x->settings.draining != NULL && atomic_load(x->settings.draining);
}

struct status link_take_submit(struct exchange_link *l, struct arena *arena,
                               const struct frame *frame, struct moment now)
{
    struct judgement j;
    struct judge judge = link_judge(l, now);
    if (is_draining(l->exchange) || link_is_shed(l, "SUBMIT", now))
        return try_again(l, frame->number, now);
    if ((frame->as.submit.flags & SUBMIT_DRY_RUN) == 0) /* which moves nothing */
        judge.candidate = snapshot_candidate(l->exchange->snapshot);
    struct status s = judge_submit(arena, &judge, &frame->as.submit, &j);
    if (failed(s)) {
        link_say(l, now, "submit.failed", "SUBMIT", s);
        return try_again(l, frame->number, now);
    }
    if (j.repeated)
        return answer_again(l, frame->number, &j.seen, now);
    enum rate_verdict verdict = is_refusal(&j) ? link_rate(l, now) : RATE_FINE;
    if (verdict != RATE_FINE)
        return pass_over(l, frame->number, verdict, now);
    if (j.code != REFUSAL_NONE)
        link_say(l, now, "submit.refused", "SUBMIT", j.why);
    return post_judgement(l, frame->number, &j, now);
}

void link_result(struct pending *p, const struct journal_result *r, struct moment now)
{
    if (p->answer != NULL && !p->link->over)
        p->answer(p, r, now);
}
