#include "libcomity/sent_parts.h"

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
    struct status s = receipt_accept(c, arena, receipt, m->envelope,
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
    return answer_note(c, arena, outer->id, &answer);
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
