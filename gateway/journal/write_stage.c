#include "journal/crypt.h"
#include "journal/write_steps.h"

#define BIT(stage) (1U << (stage))

/* Which stages may follow: forward only, and none after one that ends it. */
static const uint32_t followers[] = {
    [STAGE_ACCEPTED] = BIT(STAGE_DELIVERED) | BIT(STAGE_RETRIEVED) | BIT(STAGE_NOT_DELIVERED),
    [STAGE_DELIVERED] = BIT(STAGE_RETRIEVED) | BIT(STAGE_NOT_RETRIEVED),
};

static bool may_follow(enum stage now, uint64_t next)
{
    return (size_t)now < sizeof followers / sizeof followers[0] && next <= STAGE_NOT_RETRIEVED &&
           (followers[now] >> next & 1U) != 0;
}

/* A message that lies in a mailbox; anything else is unknown to who asks, whatever the reason. */
static struct status mailed(struct writing *w, struct item *item, struct message_row *ret_row)
{
    struct status s = store_message(w->store, item->arena, &item->posting.key, ret_row);
    if (s.code == CODE_ABSENT || (!failed(s) && ret_row->delivery == 0))
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

/* A stage repeats what its disclosure says of the message. */
static struct status outer_fill(struct writing *w, struct item *item, const struct message_row *row,
                                struct outer *ret_outer)
{
    struct entry_row entry;
    struct slice opening;
    struct status s = store_entry(w->store, item->arena, row->entry, &entry);
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

/* Who took a message is its recipient; a stage needs no more of an inner record than that. */
static struct inner inner_fill(const struct posting *p)
{
    struct inner inner = p->inner;
    if (inner.op.length == 0)
        inner.op = slice_text(p->stage == STAGE_RETRIEVED ? "CONSULT" : "TRANSFER");
    if (inner.actor.length == 0)
        inner.actor = p->key.to;
    return inner;
}

static struct status stage_append(struct writing *w, struct item *item,
                                  const struct message_row *row)
{
    const struct posting *p = &item->posting;
    const struct inner inner = inner_fill(p);
    struct outer outer;
    struct status s = outer_fill(w, item, row, &outer);
    const struct addition addition = {
        .outer = &outer,
        .inner = &inner,
        .about = true,
        .message = row->number,
    };
    if (failed(s) || failed(s = entry_append(w, item, &addition)) ||
        failed(s = store_message_stage(w->store, row->number, (enum stage)p->stage)))
        return s;
    return store_notice_add(w->store, item->result->index, row->number, row->key.from);
}

struct status stage_write(struct writing *w, struct item *item)
{
    struct message_row row;
    uint64_t index = 0;
    struct status s = mailed(w, item, &row);
    if (failed(s))
        return s;
    s = stage_known(w, &row, item->posting.stage, &index);
    if (!failed(s))
        return item_repeat(item, index);
    if (s.code != CODE_ABSENT)
        return s;
    return may_follow(row.stage, item->posting.stage) ? stage_append(w, item, &row)
                                                      : REFUSE(QUERY_UNKNOWN);
}

struct status notice_taken_write(struct writing *w, struct item *item)
{
    struct message_row row;
    uint64_t index = 0;
    struct status s = store_message(w->store, item->arena, &item->posting.key, &row);
    if (!failed(s))
        s = store_stage_entry(w->store, row.number, (enum stage)item->posting.stage, &index);
    if (!failed(s))
        s = store_notice_drop(w->store, index);
    return s.code == CODE_ABSENT ? OK : s;
}
