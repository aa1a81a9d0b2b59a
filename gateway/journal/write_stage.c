#include "journal/crypt.h"
#include "journal/write_steps.h"

#define BIT(stage) (1U << (stage))

/* Which stages may follow: forward only, and none after one that ends it. */
static const uint32_t followers[] = {
    [STAGE_ACCEPTED] = BIT(STAGE_RELAYED) | BIT(STAGE_DELIVERED) | BIT(STAGE_RETRIEVED) |
                       BIT(STAGE_NOT_RELAYED) | BIT(STAGE_NOT_DELIVERED),
    [STAGE_RELAYED] = BIT(STAGE_DELIVERED) | BIT(STAGE_RETRIEVED) | BIT(STAGE_NOT_DELIVERED),
    [STAGE_DELIVERED] = BIT(STAGE_RETRIEVED) | BIT(STAGE_NOT_RETRIEVED),
};

/* Which stages this gateway itself may say of a message, by its way. */
#define OF_RECIPIENT                                                                               \
    (BIT(STAGE_DELIVERED) | BIT(STAGE_RETRIEVED) | BIT(STAGE_NOT_DELIVERED) |                      \
     BIT(STAGE_NOT_RETRIEVED))
static const uint32_t own[WAYS] = {
    [WAY_HOME] = OF_RECIPIENT,
    [WAY_OUT] = BIT(STAGE_NOT_RELAYED) | BIT(STAGE_NOT_DELIVERED),
    [WAY_IN] = OF_RECIPIENT,
};

bool stage_may_follow(enum stage now, uint64_t next)
{
    return (size_t)now < sizeof followers / sizeof followers[0] && next <= STAGE_NOT_RETRIEVED &&
           (followers[now] >> next & 1U) != 0;
}

/* A peer that has lost a message does not take it again. That it was relayed stays true. */
static uint64_t stage_said(const struct message_row *row, uint64_t stage)
{
    bool is_lost = message_is_rewound(row) && stage == STAGE_NOT_RELAYED;
    return is_lost && row->stage == STAGE_RELAYED ? STAGE_NOT_DELIVERED : stage;
}

/* What is held lies in no box; where it was accepted before or a peer brought it, it fails in the
 * end. */
static bool may_be_said(const struct message_row *row, uint64_t stage)
{
    enum way way = message_way(row);
    bool is_ours = stage <= STAGE_NOT_RETRIEVED && (own[way] >> stage & 1U) != 0;
    bool is_in_the_end = stage == row->due || (way == WAY_IN && stage == STAGE_NOT_DELIVERED);
    return is_ours && (row->delivery > 0 || is_in_the_end);
}

/* Whatever the reason, what may not be said of a message is unknown to who says it. */
static struct status concerned(struct writing *w, struct item *item, struct message_row *ret_row)
{
    struct status s = store_message(w->store, item->arena, &item->posting.key, ret_row);
    if (s.code == CODE_ABSENT || (!failed(s) && !may_be_said(ret_row, item->posting.stage)))
        return REFUSE(QUERY_UNKNOWN);
    return s;
}

/* The entry that already says this stage, or, for a late "delivered", the one that implies it. */
static struct status stage_known(struct writing *w, const struct message_row *row, uint64_t stage,
                                 uint64_t *ret_index)
{
    struct status s = store_stage_entry(w->store, row->number, (enum stage)stage, ret_index);
    if (s.code == CODE_ABSENT && stage == STAGE_DELIVERED && row->stage == STAGE_RETRIEVED)
        s = store_stage_entry(w->store, row->number, STAGE_RETRIEVED, ret_index);
    return s;
}

/* A stage repeats what its disclosure says of the message; to a peer, what it was answered, for the
 * release of hop 2 would show it what was held. */
static struct status outer_fill(struct writing *w, struct item *item, const struct message_row *row,
                                struct outer *ret_outer)
{
    struct entry_row entry;
    struct slice opening;
    uint64_t index = message_way(row) == WAY_IN ? row->relayed : row->entry;
    struct status s = store_entry(w->store, item->arena, index, &entry);
    if (failed(s))
        return FAIL(STORE);
    const struct place place = {"entry", entry.index};
    s = slot_open(item->arena, w->keyring, &place, entry.wrapped, ENTRY_OUTER,
                  entry.slots[ENTRY_OUTER], &opening);
    if (!failed(s))
        s = outer_parse(slice_part(opening, 32, SIZE_MAX), ret_outer);
    if (failed(s))
        return FAIL(CRYPTO);
    ret_outer->kind = ENTRY_STAGE;
    ret_outer->stage = (enum stage)item->posting.stage;
    ret_outer->gateway = w->gateway;
    ret_outer->code = item->posting.outer.code;
    if (item->posting.outer.rulebook.length > 0) /* in force now, where the caller knows it */
        ret_outer->rulebook = item->posting.outer.rulebook;
    return OK;
}

static const char *op_of(uint64_t stage)
{
    return stage == STAGE_RETRIEVED ? "CONSULT" : stage == STAGE_DELIVERED ? "COLLECT" : "TRANSFER";
}

/* Who took a message is its recipient, and who gave it up is the gateway; a stage needs no more of
 * an inner record than that. What was delivered is collected: one such record for each disclosure
 * (R-AUD-01). */
static struct inner inner_fill(const struct writing *w, const struct posting *p)
{
    struct inner inner = p->inner;
    if (inner.op.length == 0)
        inner.op = slice_text(op_of(p->stage));
    if (inner.actor.length == 0)
        inner.actor = p->stage < STAGE_REJECTED ? p->key.to : w->gateway;
    return inner;
}

struct status stage_move(struct writing *w, struct message_row *row, enum stage stage,
                         uint64_t entry)
{
    const struct slice all = {NULL, 0};
    struct notice_row notice = {
        .message = row->number,
        .stage = stage,
        .entry = entry,
        .below = entry_next(w),
    };
    message_at(row, stage);
    struct status s = store_message_stage(w->store, row);
    if (!failed(s) && message_is_finished(row))
        s = store_keep_finished(w->store, row->number, w->bodies_ms);
    if (!failed(s)) /* one count over all boxes: no box of a party is named so */
        s = store_count(w->store, slice_text("notices"), all, &notice.number);
    return failed(s) ? s : store_notice_add(w->store, &notice, row->origin);
}

static struct status stage_append(struct writing *w, struct item *item, struct message_row *row)
{
    const struct posting *p = &item->posting;
    const struct inner inner = inner_fill(w, p);
    struct outer outer;
    struct status s = outer_fill(w, item, row, &outer);
    const struct addition addition = {
        .outer = &outer,
        .inner = &inner,
        .about = true,
        .message = row->number,
    };
    if (failed(s) || failed(s = entry_append(w, item, &addition)))
        return s;
    s = stage_move(w, row, (enum stage)p->stage, item->result->index);
    return failed(s) ? s : result_tell(item->result, row->origin);
}

/* It was delivered before it was lost: there is nothing else to say, and nothing waits any more. */
static struct status delivered_leave(struct writing *w, struct message_row *row)
{
    row->waiting = false;
    return store_message_stage(w->store, row);
}

struct status stage_write(struct writing *w, struct item *item)
{
    struct message_row row;
    uint64_t index = 0;
    struct status s = concerned(w, item, &row);
    if (failed(s))
        return s;
    item->posting.stage = stage_said(&row, item->posting.stage);
    if (message_is_rewound(&row) && item->posting.stage == STAGE_NOT_RELAYED)
        return delivered_leave(w, &row);
    s = stage_known(w, &row, item->posting.stage, &index);
    if (!failed(s))
        return item_repeat(item, index);
    if (s.code != CODE_ABSENT)
        return s;
    return stage_may_follow(row.stage, item->posting.stage) ? stage_append(w, item, &row)
                                                            : REFUSE(QUERY_UNKNOWN);
}

struct status notice_taken_write(struct writing *w, struct item *item)
{
    struct message_row row;
    struct status s = store_message(w->store, item->arena, &item->posting.key, &row);
    if (!failed(s))
        s = store_notice_drop(w->store, row.number, (enum stage)item->posting.stage);
    return s.code == CODE_ABSENT ? OK : s;
}
