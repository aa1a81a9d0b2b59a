#include "libcomity/sent_parts.h"

#include "libcomity/reading.h"

#define HOP 1 /* entries about an own message are of the own gateway */

struct status receipt_accept(struct comity *c, struct arena *arena, struct slice octets,
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
