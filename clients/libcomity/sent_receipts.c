#include "libcomity/sent_parts.h"

#include "libcomity/reading.h"

#define OWN 1U /* hop 1: a sender hears of it from the own gateway */
#define FAR 2U /* hop 2: from the recipient's, where that is another one */

/* Kinds of entries that are receipts for a sender: stages, and who writes them where both parties
 * are at home at one gateway, and where not. */
static const struct {
    enum entry_kind kind;
    enum stage from, to;
    unsigned at_home, abroad;
} answers[] = {
    {ENTRY_DISCLOSURE, STAGE_ACCEPTED, STAGE_ACCEPTED, OWN, OWN},
    {ENTRY_HOLD, STAGE_NONE, STAGE_NONE, OWN, OWN},
    {ENTRY_REFUSAL, STAGE_REJECTED, STAGE_REJECTED, OWN, OWN},
    {ENTRY_STAGE, STAGE_RELAYED, STAGE_RETRIEVED, OWN, FAR},
    {ENTRY_STAGE, STAGE_NOT_RELAYED, STAGE_NOT_RELAYED, OWN, OWN},
    {ENTRY_STAGE, STAGE_NOT_DELIVERED, STAGE_NOT_DELIVERED, OWN, OWN | FAR},
    {ENTRY_STAGE, STAGE_NOT_RETRIEVED, STAGE_NOT_RETRIEVED, OWN, FAR},
};

/* The gateway of a hop: NULL where there is no such hop from here to there. */
static const struct gateway_row *gateway_of(const struct comity *c, struct slice to, uint64_t hop)
{
    const struct gateway_row *far = directory_home(c->rulebook->directory, to);
    if (hop == 1)
        return c->home;
    return hop == 2 && far != c->home ? far : NULL;
}

bool is_answer(const struct comity *c, const struct outer *outer)
{
    bool abroad = gateway_of(c, outer->to, 2) != NULL;
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++)
        if (outer->kind == answers[i].kind && outer->stage >= answers[i].from &&
            outer->stage <= answers[i].to)
            return ((abroad ? answers[i].abroad : answers[i].at_home) & outer->hop) != 0;
    return false;
}

struct status receipt_claims(struct arena *arena, struct slice octets, struct outer *ret_outer)
{
    struct receipt receipt;
    struct status s = receipt_parse(arena, octets, &receipt);
    return failed(s) ? s : outer_parse(receipt.record, ret_outer);
}

struct status receipt_hold(const struct comity *c, struct arena *arena, struct slice octets,
                           const struct envelope *envelope, struct expected entry,
                           struct proved *ret_proved, struct comity_fault *reterr)
{
    struct receipt_wanted wanted = {
        .kind = entry.kind,
        .stage = entry.stage,
        .hop = entry.hop,
        .gateway = gateway_of(c, envelope->claims.to, entry.hop),
        .claims = &envelope->claims,
        .seal = &envelope->digest,
    };
    struct status s = wanted.gateway == NULL ? REFUSE(RECEIPT_GATEWAY)
                                             : receipt_check(arena, octets, &wanted, ret_proved);
    return s.code == CODE_REFUSED ? fault_verify(reterr, s, "a receipt does not hold") : s;
}

struct status receipt_accept(struct comity *c, struct arena *arena, struct slice octets,
                             const struct envelope *envelope, struct expected entry,
                             struct proved *ret_proved, struct comity_fault *reterr)
{
    struct status s = receipt_hold(c, arena, octets, envelope, entry, ret_proved, reterr);
    return failed(s) ? s : reading_advance(c, arena, ret_proved, reterr);
}

unsigned stage_rank(enum stage stage)
{
    return stage == STAGE_NONE ? 0 : stage == STAGE_REJECTED ? 1 : 1U + (unsigned)stage;
}

/* Keeps it, unless more is proved already: a word never undoes a proof. */
struct status answer_note(struct comity *c, struct arena *arena, struct slice id,
                          const struct sent_answer *answer)
{
    struct sent_answer before = {0}, kept = *answer;
    struct status s = answer_load(c->archive, arena, id, &before);
    if (failed(s) && s.code != CODE_ABSENT)
        return s;
    bool same = before.stage == answer->stage && before.code == answer->code;
    if (before.proved &&
        (!answer->proved || same || stage_rank(before.stage) > stage_rank(answer->stage)))
        return OK;
    kept.report = before.report;
    return record_answer(c->archive, id, &kept);
}
