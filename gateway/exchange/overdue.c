/* Stages that come by themselves when their time is over. */

#include "exchange/held.h"
#include "exchange/link.h"
#include "exchange/records.h"

#define OVERDUE_ROWS        64U
#define OVERDUE_ARENA_BYTES (4U << 20)

static struct status post_due(struct exchange *x, const struct delivery *d, struct moment now)
{
    struct identity identity = {.kind = IDENTITY_GATEWAY};
    if (!slice_copy_text(x->settings.gateway, identity.id, sizeof identity.id))
        return FAIL(STORE);
    struct judge judge = exchange_judge(x, &identity, now);
    struct posting p = {
        .kind = POSTING_STAGE, .at_ms = now.wall_ms, .key = d->key, .stage = d->due};
    struct status s = records_write_stage(&judge, &p);
    if (failed(s))
        return s;
    p.outer.code = slice_text(refusal_name(REFUSAL_EXPIRED));
    p.owner = x->settings.done_owner;
    return journal_post(x->settings.journal, &p, x->settings.done);
}

void exchange_overdue(struct exchange *x, struct moment now)
{
    struct delivery *rows;
    size_t count = 0;
    struct arena *arena = arena_new(OVERDUE_ARENA_BYTES);
    struct status s =
        arena == NULL ? FAIL(MEMORY)
                      : journal_overdue(x->reader, arena, now.wall_ms, OVERDUE_ROWS, &rows, &count);
    for (size_t i = 0; !failed(s) && i < count; i++)
        s = post_due(x, &rows[i], now);
    arena_free(arena);
    if (failed(s))
        diagnostics_say(x->settings.diagnostics, now.wall_ms,
                        &(struct diagnostic){
                            .event = "overdue.failed", .level = DIAGNOSTIC_WARNING, .status = s});
    held_turn(x, now);
}
