#include "journal/write_steps.h"

#include "base/instant.h"
#include "wire/names.h"

#define SILENCE_MS MS_PER_DAY /* that a peer may keep after a message's expiry */

enum way message_way(const struct message_row *row)
{
    return row->relayed > 0 ? WAY_IN : name_is_gateway(row->box) ? WAY_OUT : WAY_HOME;
}

struct due {
    enum stage stage;
    uint64_t after_ms; /* the expiry */
};

/* What is due when nothing more is heard of a message; by its way and stage. */
static const struct due dues[WAYS][STAGE_DELIVERED + 1] = {
    [WAY_HOME] =
        {[STAGE_ACCEPTED] = {STAGE_NOT_DELIVERED, 0}, [STAGE_DELIVERED] = {STAGE_NOT_RETRIEVED, 0}},
    [WAY_OUT] = {[STAGE_ACCEPTED] = {STAGE_NOT_RELAYED, 0},
                 [STAGE_RELAYED] = {STAGE_NOT_DELIVERED, SILENCE_MS}},
    [WAY_IN] =
        {[STAGE_RELAYED] = {STAGE_NOT_DELIVERED, 0}, [STAGE_DELIVERED] = {STAGE_NOT_RETRIEVED, 0}},
};

void message_at(struct message_row *row, enum stage stage)
{
    const struct due none = {STAGE_NONE, 0};
    enum way way = message_way(row);
    const struct due due = stage > STAGE_DELIVERED ? none : dues[way][stage];
    row->stage = stage;
    row->waiting = row->delivery > 0 && stage == (way == WAY_IN ? STAGE_RELAYED : STAGE_ACCEPTED);
    row->due = due.stage;
    row->due_ms = due.stage == STAGE_NONE ? 0 : row->expires_ms + due.after_ms;
}
