/* comity_timeline: the proved stages of an own message, out of the archive. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libcomity/rows.h"
#include "libcomity/sent_parts.h"

#define HELD_WORD "held" /* no stage: what is held has not come anywhere */

static const enum stage stages[] = {STAGE_NONE,        STAGE_ACCEPTED,      STAGE_RELAYED,
                                    STAGE_DELIVERED,   STAGE_RETRIEVED,     STAGE_REJECTED,
                                    STAGE_NOT_RELAYED, STAGE_NOT_DELIVERED, STAGE_NOT_RETRIEVED};

#define STAGES     (sizeof stages / sizeof stages[0])
#define STAGES_MAX (HOPS_MAX * STAGES)

struct gathering {
    struct comity *comity;
    struct arena *arena;
    const struct own_message *message;
    struct comity_stages *timeline;
};

static void put_stage(struct comity_stage *at, const struct proved *proved)
{
    const struct outer *outer = &proved->outer;
    bool held = outer->kind == ENTRY_HOLD;
    snprintf(at->stage, sizeof at->stage, "%s", held ? HELD_WORD : stage_word(outer->stage));
    text_cut(at->gateway, sizeof at->gateway, outer->gateway);
    text_cut(at->origin, sizeof at->origin, proved->note.origin);
    text_cut(at->code, sizeof at->code, outer->code);
    at->time_ms = proved->time_ms;
    at->index = proved->receipt.index;
    at->size = proved->note.size;
    at->failed = held || outer->stage >= STAGE_REJECTED;
}

/* A receipt was checked when it came, and is once more, whatever has become of the archive. */
static struct status add_receipt(struct gathering *g, struct slice receipt,
                                 struct comity_fault *reterr)
{
    struct outer claimed;
    struct proved proved;
    struct status s = receipt_claims(g->arena, receipt, &claimed);
    if (failed(s))
        return fault_verify(reterr, s, "a receipt does not hold");
    struct expected entry = {claimed.kind, claimed.stage, claimed.hop};
    if (!is_answer(g->comity, &claimed))
        return fault_verify(reterr, REFUSE(RECEIPT_KIND), "a receipt is of no answer to a sender");
    s = receipt_hold(g->comity, g->arena, receipt, g->message->envelope, entry, &proved, reterr);
    if (!failed(s))
        put_stage(&g->timeline->at[g->timeline->count++], &proved);
    return s;
}

static struct status add_receipts(struct gathering *g, struct comity_fault *reterr)
{
    struct status s = OK;
    for (size_t i = 0; i < STAGES_MAX && !failed(s); i++) {
        struct slice receipt;
        struct receipt_place place = {g->message->envelope->claims.id, stages[i / HOPS_MAX],
                                      1 + i % HOPS_MAX};
        s = receipt_load(g->comity->archive, g->arena, &place, &receipt);
        if (s.code == CODE_ABSENT)
            s = OK;
        else if (failed(s))
            s = fault_set(reterr, s, "a receipt cannot be read from the archive");
        else
            s = add_receipt(g, receipt, reterr);
    }
    return s;
}

/* What is of the same time stays in the order of the stages. */
static void sort_by_time(struct comity_stages *t)
{
    for (size_t i = 1; i < t->count; i++)
        for (size_t k = i; k > 0 && t->at[k - 1].time_ms > t->at[k].time_ms; k--) {
            struct comity_stage later = t->at[k - 1];
            t->at[k - 1] = t->at[k];
            t->at[k] = later;
        }
}

static struct status fill(struct gathering *g, struct comity_fault *reterr)
{
    struct sent_answer answer;
    struct comity_stages *t = g->timeline;
    const struct claims *claims = &g->message->envelope->claims;
    uuid_write(claims->thread, t->thread);
    sent_begin(claims, &t->known);
    struct status s = answer_load(g->comity->archive, g->arena, claims->id, &answer);
    if (!failed(s))
        sent_tell(&answer, &t->known);
    else if (s.code != CODE_ABSENT)
        return fault_set(reterr, s, "an answer cannot be read from the archive");
    s = add_receipts(g, reterr);
    if (!failed(s))
        sort_by_time(t);
    return s;
}

static struct comity_stages *timeline_new(void)
{
    struct comity_stages *t = calloc(1, sizeof *t);
    if (t != NULL)
        t->at = calloc(STAGES_MAX, sizeof *t->at);
    if (t != NULL && t->at == NULL) {
        free(t);
        return NULL;
    }
    return t;
}

enum comity_exit comity_timeline(struct comity *c, const char *id,
                                 struct comity_stages **ret_stages, struct comity_fault *reterr)
{
    struct own_message message;
    struct gathering g = {c, arena_new(CLIENT_ARENA_BYTES), &message, timeline_new()};
    struct status s = client_begin(c, 0, reterr);
    if (g.arena == NULL || g.timeline == NULL)
        s = FAIL(MEMORY);
    if (!failed(s))
        s = sent_find(c, g.arena, id, &message, reterr);
    if (!failed(s))
        s = fill(&g, reterr);
    if (!failed(s))
        *ret_stages = g.timeline;
    else
        comity_stages_free(g.timeline);
    arena_free(g.arena);
    return fault_exit(reterr, s);
}

void comity_stages_free(struct comity_stages *t)
{
    if (t == NULL)
        return;
    free(t->at);
    free(t);
}
