/* What a peer says of the messages that were handed over to it: receipts of stages, and refusals.
 */

#include <stdio.h>

#include "exchange/link_peer.h"
#include "exchange/records.h"

#define STAGE_BIT(stage) (1U << (stage))

/* Of its own accord a peer tells what became of a message after it took it over. */
static const uint32_t told_stages = STAGE_BIT(STAGE_DELIVERED) | STAGE_BIT(STAGE_RETRIEVED) |
                                    STAGE_BIT(STAGE_NOT_DELIVERED) | STAGE_BIT(STAGE_NOT_RETRIEVED);

/* ---- what is handed over ---- */

struct status peer_hand(struct exchange_link *l, struct arena *arena, uint64_t number,
                        const struct delivery *d)
{
    struct handed handed;
    struct release release;
    const struct outstanding *slot = outstanding_find(l, number);
    struct status s = release_parse(arena, d->release, &release);
    if (failed(s) || slot == NULL || release.seal_digest.length != DIGEST_BYTES ||
        !slice_copy_text(d->type, handed.type, sizeof handed.type) ||
        !slice_copy_text(release.purpose, handed.purpose, sizeof handed.purpose))
        return FAIL(STORE);
    handed.seal = digest_read(release.seal_digest);
    handed.release = digest_of(SEPARATION_RELEASE, d->release);
    l->peer->handed[slot - l->outstanding] = handed;
    l->peer->refused = 0; /* it was the oldest that the peer waits for, if it waits for any */
    return OK;
}

bool peer_begins(struct exchange_link *l, const struct delivery *rows, size_t count,
                 struct moment now)
{
    struct link_peer *peer = l->peer;
    if (peer->fetch.holds_mail)
        return false;
    if (peer->refused == 0)
        return true;
    if (count == 0 || l->outstanding_count > l->notice_count)
        return false; /* what is on its way is refused too, and comes behind the first */
    if (rows[0].delivery_number == peer->refused && !aside_is_too_much(l, &rows[0], now))
        return true;
    exchange_leave(l, NULL, now); /* the peer waits for it on this link */
    return false;
}

/* ---- refusals ---- */

static bool is_for_now(const struct refuse *r, enum refusal code)
{
    return r->retry_ms > 0 || code == REFUSAL_STALE || code == REFUSAL_UNAVAILABLE ||
           code == REFUSAL_FORK;
}

static void wait_for_peer(struct exchange_link *l, const struct outstanding *was,
                          const struct refuse *r, struct moment now)
{
    struct link_peer *peer = l->peer;
    uint64_t retry = r->retry_ms == 0 ? PEER_STALE_MS : r->retry_ms;
    retry = retry > PEER_WAIT_MAX_MS ? PEER_WAIT_MAX_MS : retry;
    if (now.mono_ms + retry > l->again_ms)
        l->again_ms = now.mono_ms + retry;
    if (peer->refused == 0 || was->place < peer->refused)
        peer->refused = was->place;
    if (was->place <= l->mail_after)
        l->mail_after = was->place - 1;
}

static struct message_key key_of(const struct outstanding *o)
{
    return (struct message_key){slice_text(o->from), slice_over(o->id, sizeof o->id),
                                slice_text(o->to)};
}

/* A message that the peer will never take holds up nothing behind it: its sender is told. */
static void give_up(struct exchange_link *l, const struct outstanding *was, enum refusal code,
                    struct moment now)
{
    struct judge judge = link_judge(l, now);
    struct posting p = {.kind = POSTING_STAGE,
                        .at_ms = now.wall_ms,
                        .key = key_of(was),
                        .stage = STAGE_NOT_RELAYED};
    struct status s = records_write_stage(&judge, &p);
    p.outer.code = slice_text(refusal_name(code));
    if (!failed(s))
        s = link_post(l, &p, NULL);
    if (failed(s))
        link_say(l, now, "stage.unkept", "REFUSE", s); /* handed over again on the next link */
}

static void say_refused(const struct exchange_link *l, const char *event, const char *code,
                        struct moment now)
{
    char text[64];
    snprintf(text, sizeof text, "the peer answered %s", code);
    diagnostics_say(l->exchange->settings.diagnostics, now.wall_ms,
                    &(struct diagnostic){.event = event,
                                         .level = DIAGNOSTIC_NOTICE,
                                         .peer = slice_text(l->name),
                                         .frame = "REFUSE",
                                         .text = text});
}

void peer_refused(struct exchange_link *l, const struct outstanding *was, const struct refuse *r,
                  struct moment now)
{
    char name[32];
    enum refusal code =
        slice_copy_text(r->code, name, sizeof name) ? refusal_find(name) : REFUSAL_NONE;
    if (!is_for_now(r, code)) {
        say_refused(l, "relay.refused", refusal_name(code), now);
        give_up(l, was, code, now);
        aside_answered(l, was, now);
        return;
    }
    if (l->peer->refused == 0)
        say_refused(l, "relay.waits", refusal_name(code), now);
    wait_for_peer(l, was, r, now);
}

/* ---- receipts ---- */

static struct status give_taken(struct exchange_link *l, uint64_t answers,
                                const struct message_key *key, struct moment now)
{
    struct frame f = {.kind = FRAME_TAKEN, .as.taken = {.answers = answers, .key = *key}};
    session_settle(&l->session, 1);
    struct status s = link_give(l, &f, now);
    if (!failed(s))
        link_grant(l, now);
    return s;
}

/* A stage that cannot follow any more is taken like one that was kept: it would come for ever. */
static void answer_stage(struct pending *p, const struct journal_result *r, struct moment now)
{
    struct exchange_link *l = p->link;
    const struct message_key key = {r->from, r->id, r->to};
    if (r->status.reason == REASON_CHECKPOINT_FORK)
        peer_forked(l, now);
    else if (failed(r->status) && r->status.code != CODE_REFUSED)
        exchange_leave(l, refusal_name(REFUSAL_UNAVAILABLE), now);
    else if (p->answers != 0 && failed(give_taken(l, p->answers, &key, now)))
        l->over = true;
}

static void post_stage(struct exchange_link *l, struct posting *p, uint64_t answers,
                       struct moment now)
{
    struct pending *pending = pending_new(l, answers);
    struct status s = pending == NULL ? FAIL(MEMORY) : OK;
    p->kind = POSTING_REMOTE_STAGE;
    p->at_ms = now.wall_ms;
    if (!failed(s)) {
        pending->answer = answer_stage;
        s = link_post(l, p, pending);
    }
    if (!failed(s))
        return;
    pending_free(pending);
    link_say(l, now, "stage.unkept", "RECEIPT", s);
    exchange_leave(l, refusal_name(REFUSAL_UNAVAILABLE), now); /* it comes on the next link */
}

/* One receipt of the peer's on its way into the journal. */
struct told {
    struct exchange_link *link;
    const struct frame *frame;
    struct proved proved;
    struct peer_checkpoint step;
};

static struct status judge_answer(const struct told *t, struct arena *arena,
                                  const struct outstanding *slot)
{
    const struct handed *handed = &t->link->peer->handed[slot - t->link->outstanding];
    const struct message_key key = key_of(slot);
    const struct claims claims = {.id = key.id,
                                  .from = key.from,
                                  .to = key.to,
                                  .type = slice_text(handed->type),
                                  .purpose = slice_text(handed->purpose)};
    const struct receipt_wanted wanted = {.kind = ENTRY_STAGE,
                                          .stage = STAGE_RELAYED,
                                          .hop = 2,
                                          .gateway = peer_row(t->link),
                                          .claims = &claims,
                                          .seal = &handed->seal};
    struct status s = receipt_fits(&t->proved, &wanted);
    if (failed(s))
        return s;
    return digest_equal(&handed->release, t->proved.outer.release)
               ? OK
               : peer_has_replaced(t->link, arena, &key, t->proved.outer.release);
}

/* The answer to a message that was handed over. */
static struct status take_answer(const struct told *t, struct arena *arena, struct moment now)
{
    struct exchange_link *l = t->link;
    const struct receipt_frame *r = &t->frame->as.receipt;
    const struct outstanding *slot = outstanding_find(l, r->answers);
    if (slot == NULL) {
        peer_keep(l, &t->step, now); /* it was answered already */
        return OK;
    }
    struct status s = slot->stage != 0 ? REFUSE(FRAME_STATE) : judge_answer(t, arena, slot);
    if (failed(s))
        return s;
    const struct outstanding was = outstanding_clear(l, r->answers);
    struct posting p = {
        .key = key_of(&was), .stage = STAGE_RELAYED, .receipt = r->receipt, .peer = t->step};
    post_stage(l, &p, 0, now);
    aside_answered(l, &was, now);
    l->has_mail = true;
    return OK;
}

/* The stage is one that may be told, of a message that this peer took over, and fits its seal.
 * ABSENT: no such message */
static struct status judge_notice(const struct told *t, struct arena *arena)
{
    const struct outer *outer = &t->proved.outer;
    const struct message_key key = {outer->from, outer->id, outer->to};
    struct decided decided;
    if (outer->stage > STAGE_NOT_RETRIEVED || (told_stages >> outer->stage & 1U) == 0 ||
        outer->id.length != UUID_BYTES)
        return REFUSE(RECEIPT_KIND);
    struct status s = journal_decided(t->link->exchange->reader, arena, &key, &decided);
    if (!failed(s) && !slice_equal(decided.box, link_party(t->link)))
        s = FAIL(ABSENT);
    if (failed(s))
        return s;
    const struct outer *own = &decided.outer;
    const struct claims claims = {.id = own->id,
                                  .from = own->from,
                                  .to = own->to,
                                  .type = own->type,
                                  .purpose = own->purpose};
    const struct digest seal = digest_read(own->seal);
    const struct receipt_wanted wanted = {.kind = ENTRY_STAGE,
                                          .stage = outer->stage,
                                          .hop = 2,
                                          .gateway = peer_row(t->link),
                                          .claims = &claims,
                                          .seal = &seal};
    return receipt_fits(&t->proved, &wanted);
}

static struct status take_notice(const struct told *t, struct arena *arena, struct moment now)
{
    struct exchange_link *l = t->link;
    const struct outer *outer = &t->proved.outer;
    struct posting p = {.key = {outer->from, outer->id, outer->to},
                        .stage = outer->stage,
                        .receipt = t->frame->as.receipt.receipt,
                        .peer = t->step};
    struct status s = judge_notice(t, arena);
    if (s.code == CODE_ABSENT) { /* of a message that is no longer kept */
        link_say(l, now, "stage.unknown", "RECEIPT", s);
        peer_keep(l, &t->step, now);
        return give_taken(l, t->frame->number, &p.key, now);
    }
    if (!failed(s))
        post_stage(l, &p, t->frame->number, now);
    return s;
}

struct status link_take_receipt(struct exchange_link *l, struct arena *arena,
                                const struct frame *frame, struct moment now)
{
    struct told t = {.link = l, .frame = frame};
    struct status s = peer_see(l, arena, frame->as.receipt.receipt, &t.proved, &t.step);
    if (s.reason == REASON_CHECKPOINT_FORK)
        return peer_fork(l, &t.step, now);
    if (failed(s))
        return s;
    return frame->as.receipt.answers == 0 ? take_notice(&t, arena, now)
                                          : take_answer(&t, arena, now);
}
