#include "exchange/judge.h"

#include "audit/chain.h"
#include "exchange/candidate.h"
#include "exchange/disclosure.h"
#include "exchange/judge_claims.h"
#include "exchange/records.h"
#include "message/submission.h"
#include "policy/decide.h"

#define PSEUDONYM_DOMAIN         "comity-pseudonym-1"
#define PSEUDONYM_CASE_MAX_BYTES 512

/* What the pipeline has made so far; each stage adds what the next one takes. */
struct work {
    struct arena *arena;
    const struct judge *judge;
    const struct submit *submit;
    const struct envelope *envelope; /* NULL until it holds */
    const struct contents *contents;
    const struct claims *claims;
    const struct document *document;
    const struct leaf *locals;
    const struct decision *decision;
    struct slices approvals; /* digests of the officers' approvals */
    struct slices replaced;  /* releases that this one replaces */
    struct slice detail;
};

static struct status judge_document(struct work *w, const struct message_type *type)
{
    const struct contents *contents = w->contents;
    struct leaf *leaves = arena_array(w->arena, contents->field_count, sizeof *leaves);
    if (leaves == NULL)
        return FAIL(MEMORY);
    for (size_t i = 0; i < contents->field_count; i++)
        leaves[i] = (struct leaf){contents->fields[i].path, contents->fields[i].value};
    const struct claim_facts facts = {
        .purpose = w->claims->purpose,
        .urgency = w->claims->urgency,
        .instrument = w->claims->instrument,
    };
    return document_judge(w->arena, type, &facts, leaves, contents->field_count, &w->document,
                          &w->detail);
}

/* LOCAL values that the law does not know are refused: it could not protect by them (R-GEN-01). */
static struct status judge_locals(struct work *w, const struct message_type *type)
{
    struct leaf *leaves = arena_array(w->arena, w->submit->locals_count, sizeof *leaves);
    if (leaves == NULL)
        return FAIL(MEMORY);
    for (size_t i = 0; i < w->submit->locals_count; i++) {
        leaves[i] = (struct leaf){w->submit->locals[i].path, w->submit->locals[i].value};
        struct status s = local_judge(type, &leaves[i]);
        if (failed(s)) {
            w->detail = leaves[i].path;
            return s;
        }
    }
    w->locals = leaves;
    return OK;
}

/*
 * One key per recipient and case, so that two recipients cannot join their files, nor one recipient
 * two cases. Where the sender names no case the thread is one.
 */
static struct status pseudonym_key(const struct work *w, struct digest *ret_key)
{
    const struct claims *c = w->claims;
    struct buffer case_of = buffer_new(PSEUDONYM_CASE_MAX_BYTES);
    bool named = c->case_ref.length > 0;
    mp_put_text(&case_of, c->to);
    mp_put_bytes(&case_of, named ? (struct slice){NULL, 0} : c->thread);
    mp_put_text(&case_of, c->case_ref);
    struct status s = case_of.failed ? FAIL(MEMORY) : OK;
    if (!failed(s))
        *ret_key = keyring_index(w->judge->keyring, PSEUDONYM_DOMAIN, buffer_slice(&case_of));
    buffer_done(&case_of);
    return s;
}

static struct status judge_law(struct work *w)
{
    struct digest key;
    struct status s = pseudonym_key(w, &key);
    if (failed(s))
        return s;
    const struct question question = {
        .rulebook = w->judge->rulebook,
        .claims = w->claims,
        .document = w->document,
        .locals = w->locals,
        .local_count = w->submit->locals_count,
        .at_ms = w->judge->at_ms,
        .approved = w->approvals.count > 0,
        .pseudonym_key = key.octets,
    };
    s = policy_decide(w->arena, &question, &w->decision);
    if (!failed(s))
        candidate_ask(w->judge->candidate, w->judge, &question, w->decision);
    secret_wipe(&key, sizeof key);
    return s;
}

/* Nobody has to send approvals; those that come must hold, or the log would name false witnesses.
 */
static struct status judge_approvals(struct work *w)
{
    const struct approval_wanted wanted = {
        .action = slice_text("release"),
        .party = w->claims->from,
        .object = &w->envelope->digest,
        .at_ms = w->judge->at_ms,
        .directory = w->judge->rulebook->directory,
        .revoked = w->judge->revoked,
    };
    return w->submit->approvals.count == 0
               ? OK
               : approvals_check(w->arena, w->submit->approvals, &wanted, &w->approvals);
}

/* Everything between a verified submission and a decision; a refusal here is the sender's fault. */
static struct status judge_content(struct work *w)
{
    const struct message_type *type =
        schema_type(w->judge->rulebook->schema, w->claims->type, w->claims->schema);
    struct status s;
    if (w->judge->at_ms >= rulebook_until_ms(w->judge->rulebook, w->claims->from, w->claims->to))
        return FAIL(FULL); /* no law: it comes again, when there is one */
    if (type == NULL)
        return REFUSE(TYPE_UNKNOWN);
    if (failed(s = claims_judge(w->judge, type, w->claims, &w->detail)) ||
        failed(s = judge_document(w, type)) || failed(s = judge_locals(w, type)) ||
        failed(s = judge_approvals(w)))
        return s;
    return judge_law(w);
}

struct look_up {
    const struct work *work;
    struct seen *seen;
};

/* The replay table of the checks: what was said to this key before. A dry run leaves nothing. */
static struct status seen_before(void *store, const struct message_key *key,
                                 struct digest *ret_seal)
{
    struct look_up *l = store;
    const struct judge *judge = l->work->judge;
    if ((l->work->submit->flags & SUBMIT_DRY_RUN) != 0)
        return FAIL(ABSENT);
    struct status s = journal_seen(judge->reader, l->work->arena, key, judge->reader_size, l->seen);
    if (!failed(s))
        *ret_seal = l->seen->seal;
    return s;
}

static struct status open_submission(struct work *w, struct judgement *judgement)
{
    const struct submission *submission;
    struct look_up look_up = {w, &judgement->seen};
    const struct submission_context context = {
        .link = w->judge->party,
        .directory = w->judge->rulebook->directory,
        .revoked = w->judge->revoked,
        .now_ms = w->judge->at_ms,
        .seen = seen_before,
        .store = &look_up,
    };
    struct status s = submission_judge(w->arena, w->submit, &context, &submission);
    if (failed(s))
        return s;
    judgement->repeated = submission->repeated;
    w->envelope = verified_envelope(submission->verified);
    w->claims = &w->envelope->claims;
    w->contents = submission->repeated ? NULL : submission->contents;
    return OK;
}

/* An envelope that opens names the message it is about, even where its seal does not hold. */
static struct status named_envelope(const struct work *w, const struct envelope **ret_envelope)
{
    *ret_envelope = w->envelope;
    if (w->envelope != NULL)
        return OK;
    struct status s = envelope_open(w->arena, w->submit->message.seal,
                                    w->submit->message_raw.length, ret_envelope);
    return s.code == CODE_REFUSED ? OK : s;
}

static void keep_refusal(struct judgement *j, const struct work *w, struct status why)
{
    j->why = why;
    j->code = reason_refusal(why.reason);
    j->detail = w->detail;
}

/* The decision as the judgement tells it. Holds have no detail: it could be an oracle (R-ASY-03).
 */
static void keep_decision(struct judgement *j, const struct work *w)
{
    const struct decision *d = w->decision;
    j->report = (struct report){true, d->released, d->transformed, d->withheld_total};
    if (d->outcome == OUTCOME_DELIVER)
        return;
    j->code = d->outcome == OUTCOME_HOLD ? REFUSAL_HELD : d->code;
    j->why = d->outcome == OUTCOME_HOLD ? REFUSE(LAW_HELD) : REFUSE(LAW_REFUSED);
    j->report.present = false;
}

static struct status write_posting(const struct work *w, struct judgement *j)
{
    const struct envelope *envelope;
    struct status s = named_envelope(w, &envelope);
    if (failed(s))
        return s;
    const struct disclosure disclosure = {
        .judge = w->judge,
        .hop = HOP_FIRST,
        .dry = (w->submit->flags & SUBMIT_DRY_RUN) != 0,
        .locals = w->submit->locals,
        .local_count = w->submit->locals_count,
        .envelope = envelope,
        .contents = w->contents,
        .document = w->document,
        .decision = w->decision,
        .approvals = w->approvals,
        .replaced = w->replaced,
        .code = j->code,
        .detail = j->detail,
    };
    return disclosure_posting(w->arena, &disclosure, &j->posting);
}

/* s: what the stages before the law have said, or the law itself. */
static struct status finish(const struct work *w, struct status s, struct judgement *j)
{
    if (failed(s) && s.code != CODE_REFUSED)
        return s;
    if (failed(s))
        keep_refusal(j, w, s);
    else
        keep_decision(j, w);
    return write_posting(w, j);
}

struct status judge_submit(struct arena *arena, const struct judge *judge,
                           const struct submit *submit, struct judgement *ret_judgement)
{
    struct judgement j = {0};
    struct work w = {.arena = arena, .judge = judge, .submit = submit};
    struct status s = open_submission(&w, &j);
    if (!failed(s) && !j.repeated)
        s = judge_content(&w);
    if (!j.repeated)
        s = finish(&w, s, &j);
    if (!failed(s))
        *ret_judgement = j;
    return s;
}

struct status judge_sound(struct arena *arena, const struct judge *judge, const struct sound *sound,
                          struct judgement *ret_judgement)
{
    struct judgement j = {0};
    const struct submit submit = {.locals = sound->locals, .locals_count = sound->local_count};
    struct work w = {
        .arena = arena,
        .judge = judge,
        .submit = &submit,
        .envelope = sound->envelope,
        .claims = &sound->envelope->claims,
        .contents = sound->contents,
        .replaced = sound->replaced,
    };
    struct status s = judge_content(&w);
    s = finish(&w, s, &j);
    if (!failed(s))
        *ret_judgement = j;
    return s;
}

struct status judge_refusal(const struct judge *judge, struct status why,
                            struct posting *ret_posting)
{
    struct posting p = {.kind = POSTING_REFUSAL, .at_ms = judge->at_ms};
    struct status s = records_write_refusal(judge, why, &p);
    if (!failed(s))
        *ret_posting = p;
    return s;
}
