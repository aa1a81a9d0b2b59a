#include "libcomity/sent_parts.h"

/* The answer that a proved entry gives. What was not relayed says why, as a refusal does. */
static struct sent_answer answer_of(const struct outer *outer)
{
    char code[32] = "";
    struct sent_answer answer = {.stage = outer->stage, .proved = true};
    if (outer->kind == ENTRY_HOLD)
        answer.code = REFUSAL_HELD;
    else if (slice_copy_text(outer->code, code, sizeof code))
        answer.code = refusal_find(code);
    return answer;
}

/* What the archive has was verified before it was kept, and its log followed from there on: the
 * same octets again prove nothing new. Of another gateway's log it would be step by step each time.
 */
static bool is_kept(struct comity *c, struct arena *arena, const struct receipt_place *place,
                    struct slice receipt)
{
    struct slice kept;
    return !failed(receipt_load(c->archive, arena, place, &kept)) && slice_equal(kept, receipt);
}

/* claimed: what the receipt says that it is, which it is held to here. */
static struct status keep_answer(struct comity *c, struct arena *arena, const struct own_message *m,
                                 const struct outer *claimed, struct slice receipt,
                                 struct comity_fault *reterr)
{
    struct proved proved;
    struct expected entry = {claimed->kind, claimed->stage, claimed->hop};
    struct receipt_place place = {m->envelope->claims.id, claimed->stage, claimed->hop};
    if (!is_answer(c, claimed))
        return fault_verify(reterr, REFUSE(RECEIPT_KIND), "a receipt is of no answer to a sender");
    if (!is_kept(c, arena, &place, receipt)) {
        struct status s = receipt_accept(c, arena, receipt, m->envelope, entry, &proved, reterr);
        if (!failed(s) && !receipt_known(c->archive, &place))
            s = record_receipt(c->archive, &place, receipt);
        if (failed(s))
            return s;
    }
    struct sent_answer answer = answer_of(claimed);
    return answer_note(c, arena, place.id, &answer);
}

static struct status read_claims(struct arena *arena, struct slice receipt, struct outer *ret_outer,
                                 struct comity_fault *reterr)
{
    struct status s = receipt_claims(arena, receipt, ret_outer);
    return s.code == CODE_REFUSED ? fault_verify(reterr, s, "a receipt does not hold") : s;
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
        struct outer claimed;
        s = read_claims(arena, row->receipts.at[i], &claimed, reterr);
        if (!failed(s))
            s = keep_answer(c, arena, message, &claimed, row->receipts.at[i], reterr);
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
    struct outer claimed;
    struct own_message message;
    struct status s = read_claims(arena, receipt, &claimed, reterr);
    if (failed(s))
        return s;
    if (failed(s = sent_load(c, arena, claimed.id, &message)))
        return fault_set(reterr, s, "a receipt came for a message that is not in the archive");
    if (failed(s = keep_answer(c, arena, &message, &claimed, receipt, reterr)))
        return s;
    *ret_key = (struct message_key){claimed.from, claimed.id, claimed.to};
    return OK;
}
