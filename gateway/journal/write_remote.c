#include "journal/crypt.h"
#include "journal/write_steps.h"

/* Stages that a peer tells of a message that it has taken over. */

static bool is_peers(uint64_t stage)
{
    return (stage >= STAGE_RELAYED && stage <= STAGE_RETRIEVED) || stage == STAGE_NOT_DELIVERED ||
           stage == STAGE_NOT_RETRIEVED;
}

/* Whether a stage comes too late to matter: after a failure, or after one that implies it. */
static bool is_late(enum stage now, uint64_t next)
{
    return now >= STAGE_REJECTED || next <= now;
}

static struct status receipt_keep(struct writing *w, struct item *item,
                                  const struct message_row *row)
{
    const struct posting *p = &item->posting;
    struct slice receipt = p->receipt;
    struct remote_row remote = {.message = row->number, .stage = (enum stage)p->stage};
    const struct place place = {"remote", remote_place(row->number, remote.stage)};
    struct status s = slots_seal(item->arena, w->keyring, &place, (struct slices){&receipt, 1},
                                 &remote.receipt, &remote.wrapped);
    return failed(s) ? s : store_remote_add(w->store, &remote);
}

/* Once more, for it was restored from a backup: whatever it says shows that it knows the message.
 * The receipt that is kept stays good, for no entry leaves a log. */
static struct status repeat_without_entry(struct writing *w, struct item *item,
                                          struct message_row *row)
{
    item->result->repeated = true;
    if (!message_is_rewound(row))
        return OK;
    row->waiting = false;
    return store_message_stage(w->store, row);
}

struct status remote_stage_write(struct writing *w, struct item *item)
{
    uint64_t stage = item->posting.stage;
    struct message_row row;
    struct remote_row known;
    struct status s = store_message(w->store, item->arena, &item->posting.key, &row);
    if (s.code == CODE_ABSENT || (!failed(s) && (message_way(&row) != WAY_OUT || !is_peers(stage))))
        return REFUSE(QUERY_UNKNOWN);
    if (!failed(s))
        s = store_remote(w->store, item->arena, row.number, (enum stage)stage, &known);
    if (!failed(s) || (s.code == CODE_ABSENT && is_late(row.stage, stage)))
        return repeat_without_entry(w, item, &row);
    if (s.code != CODE_ABSENT)
        return s;
    if (!stage_may_follow(row.stage, stage))
        return REFUSE(QUERY_UNKNOWN);
    if (failed(s = receipt_keep(w, item, &row)) ||
        failed(s = stage_move(w, &row, (enum stage)stage, 0)))
        return s;
    return result_tell(item->result, row.origin);
}
