#include "exchange/held.h"

#include "exchange/again.h"
#include "exchange/link.h"

#define HELD_ROWS       32U /* in one turn: 10 ms */
#define HELD_LIST_BYTES ((size_t)1 << 20)

static void say(const struct exchange *x, const char *event, enum diagnostic_level level,
                struct status status, struct moment now)
{
    diagnostics_say(x->settings.diagnostics, now.wall_ms,
                    &(struct diagnostic){.event = event, .level = level, .status = status});
}

void held_answer(struct exchange *x, const struct journal_result *r, struct moment now)
{
    if (failed(r->status)) {
        x->held.after = 0;
        x->held.is_done = false;
    } else if (!r->repeated) {
        say(x, "hold.lifted", DIAGNOSTIC_NOTICE, (struct status){0}, now);
    }
}

static struct status lift(struct exchange *x, struct posting *posting)
{
    posting->owner = x->settings.done_owner;
    return journal_post(x->settings.journal, posting, x->settings.done);
}

static struct status judge_held(struct exchange *x, struct arena *arena,
                                const struct message_key *key, struct moment now)
{
    struct identity self = {.kind = IDENTITY_GATEWAY};
    struct delivery d;
    struct kept kept;
    struct judgement j;
    if (!slice_copy_text(x->settings.gateway, self.id, sizeof self.id))
        return FAIL(STORE);
    const struct judge judge = exchange_judge(x, &self, now);
    struct status s = journal_held_one(x->reader, arena, key, &d, &kept);
    if (failed(s) || failed(s = judge_again(arena, &judge, &d, &kept, &j)))
        return s;
    return j.code == REFUSAL_NONE ? lift(x, &j.posting) : OK;
}

/* What cannot be opened never can be. Of any other failure nobody knows whether it is the message's
 * or ours: it is tried again before what is behind it has its turn. */
static struct status pass_over(struct exchange *x, const struct delivery *row, struct status why,
                               struct moment now)
{
    struct held_scan *h = &x->held;
    h->unread_times = h->unread == row->delivery_number ? h->unread_times + 1 : 1;
    h->unread = row->delivery_number;
    if (why.code == CODE_FULL || (why.code != CODE_CRYPTO && h->unread_times < READ_TRIES))
        return why;
    say(x, "hold.unreadable", DIAGNOSTIC_WARNING, why, now);
    return OK;
}

/* Nothing is decided by objects whose signatures have ended; other States' may still hold. */
static bool has_law(struct exchange *x, const struct delivery *row, struct moment now)
{
    const struct rulebook *rulebook = snapshot_rulebook(x->snapshot);
    const bool has = now.wall_ms < rulebook_until_ms(rulebook, row->key.from, row->key.to);
    x->held.waits_for_law = x->held.waits_for_law || !has;
    return has;
}

/* One that is gone, or held no more, is nobody's concern here. */
static struct status look_at(struct exchange *x, const struct delivery *row, struct moment now)
{
    if (!again_is_due(x->snapshot, row, now.wall_ms) || !has_law(x, row, now))
        return OK;
    struct arena *arena = arena_new(LINK_ARENA_BYTES);
    struct status s = arena == NULL ? FAIL(MEMORY) : judge_held(x, arena, &row->key, now);
    arena_free(arena);
    return !failed(s) || s.code == CODE_ABSENT ? OK : pass_over(x, row, s, now);
}

static struct status look_through(struct exchange *x, struct arena *arena, struct moment now)
{
    struct delivery *rows = NULL;
    size_t count = 0;
    struct status s = journal_held(x->reader, arena, x->held.after, HELD_ROWS, &rows, &count);
    for (size_t i = 0; !failed(s) && i < count; i++) {
        s = look_at(x, &rows[i], now);
        if (!failed(s))
            x->held.after = rows[i].delivery_number;
    }
    x->held.is_done = !failed(s) && count < HELD_ROWS;
    return s;
}

void held_renew(struct exchange *x)
{
    if (x->held.waits_for_law)
        x->held = (struct held_scan){0};
}

void held_turn(struct exchange *x, struct moment now)
{
    const struct rulebook *rulebook = snapshot_rulebook(x->snapshot);
    uint64_t changed_ms = rulebook_changed_ms(rulebook, now.wall_ms);
    if (!digest_equal(&rulebook->digest, digest_slice(&x->held.rulebook)) ||
        changed_ms != x->held.changed_ms)
        x->held = (struct held_scan){.rulebook = rulebook->digest, .changed_ms = changed_ms};
    if (x->held.is_done)
        return;
    struct arena *arena = arena_new(HELD_LIST_BYTES);
    struct status s = arena == NULL ? FAIL(MEMORY) : look_through(x, arena, now);
    arena_free(arena);
    if (failed(s))
        say(x, "hold.failed", DIAGNOSTIC_WARNING, s, now);
}
