/* DELIVER from a peer gateway, and what the journal makes of it. */

#include "exchange/link_peer.h"
#include "exchange/relay.h"

#define ANSWER_ARENA_BYTES (1U << 20)

/* ---- who has to come again first ---- */

static void await_key(struct exchange_link *l, const struct message_key *key, enum refusal code)
{
    struct awaited *a = &l->peer->awaited;
    if (a->code != REFUSAL_NONE || key->id.length != sizeof a->id ||
        !slice_copy_text(key->from, a->from, sizeof a->from) ||
        !slice_copy_text(key->to, a->to, sizeof a->to))
        return;
    memcpy(a->id, key->id.at, sizeof a->id);
    a->code = code;
}

static bool is_awaited(const struct awaited *a, const struct message_key *key)
{
    return slice_is(key->from, a->from) && slice_is(key->to, a->to) &&
           slice_equal(key->id, slice_over(a->id, sizeof a->id));
}

/* Empty where not even the envelope opens. */
static struct message_key key_of(struct arena *arena, const struct deliver *d)
{
    const struct envelope *envelope;
    struct message_key key = {0};
    if (!failed(envelope_open(arena, d->message.seal, d->message_raw.length, &envelope)))
        key = (struct message_key){envelope->claims.from, envelope->claims.id, envelope->claims.to};
    return key;
}

static uint64_t retry_of(const struct exchange_link *l, enum refusal code, uint64_t number)
{
    return code == REFUSAL_STALE ? PEER_STALE_MS : link_retry_ms(l, number);
}

static struct status refuse_for_now(struct exchange_link *l, uint64_t answers, enum refusal code,
                                    struct moment now)
{
    session_settle(&l->session, 1);
    return link_refuse(l, answers, code, (struct slice){0}, (struct slice){0},
                       retry_of(l, code, answers), now);
}

/* Not judged, and to come again; its receipt is looked at: the next one's proof begins there. */
static struct status put_off(struct exchange_link *l, struct arena *arena,
                             const struct frame *frame, enum refusal code, struct moment now)
{
    const struct deliver *d = &frame->as.deliver;
    const struct message_key key = key_of(arena, d);
    struct peer_checkpoint step = {0};
    struct proved proved;
    struct status s = peer_see(l, arena, d->receipts.at[0], &proved, &step);
    if (s.reason == REASON_CHECKPOINT_FORK)
        return peer_fork(l, &step, now);
    if (failed(s))
        return s;
    peer_keep(l, &step, now);
    await_key(l, &key, code);
    return refuse_for_now(l, frame->number, code, now);
}

/* The code by which everything is refused until the awaited message comes; NONE where this is it.
 */
static enum refusal awaited_code(struct exchange_link *l, struct arena *arena,
                                 const struct deliver *d)
{
    struct awaited *a = &l->peer->awaited;
    if (a->code == REFUSAL_NONE)
        return REFUSAL_NONE;
    const struct message_key key = key_of(arena, d);
    if (is_awaited(a, &key))
        a->code = REFUSAL_NONE;
    return a->code;
}

/* ---- answers ---- */

static struct status give_receipt(struct exchange_link *l, struct arena *arena, uint64_t answers,
                                  struct slice receipt, struct moment now)
{
    struct frame f = {.kind = FRAME_RECEIPT,
                      .as.receipt = {.answers = answers, .receipt = receipt}};
    struct status s = link_give(l, &f, now);
    if (!failed(s))
        peer_proved(l, outstanding_size(arena, receipt), now);
    return s;
}

/* Neither was its checkpoint kept, from which what follows on this link is proved: on the next link
 * both sides say where they are. */
static void answer_failed(struct pending *p, struct moment now)
{
    static const struct slice none = {0};
    struct exchange_link *l = p->link;
    if (failed(link_refuse(l, p->answers, REFUSAL_UNAVAILABLE, none, none,
                           link_retry_ms(l, p->answers), now)))
        l->over = true;
    else
        exchange_leave(l, refusal_name(REFUSAL_UNAVAILABLE), now);
}

/* Made now and not when it was posted: what was sent meanwhile proves a later tree. */
static struct status answer_relayed(struct exchange_link *l, uint64_t answers,
                                    const struct message_key *key, struct moment now)
{
    struct slice receipt;
    struct arena *arena = arena_new(ANSWER_ARENA_BYTES);
    struct status s = arena == NULL
                          ? FAIL(MEMORY)
                          : journal_stage_receipt(l->exchange->reader, arena, key, STAGE_RELAYED,
                                                  l->reader_size, &receipt);
    if (!failed(s))
        s = give_receipt(l, arena, answers, receipt, now);
    arena_free(arena);
    return s;
}

static struct status answer_outcome(struct pending *p, const struct journal_result *r,
                                    struct moment now)
{
    static const struct slice none = {0};
    struct exchange_link *l = p->link;
    const struct message_key key = {r->from, r->id, r->to};
    if (r->status.code == CODE_REFUSED)
        return link_refuse(l, p->answers, reason_refusal(r->status.reason), none, none, 0, now);
    if (p->code == REFUSAL_NONE)
        return answer_relayed(l, p->answers, &key, now);
    return link_refuse(l, p->answers, p->code, none, none, p->retry_ms, now);
}

static void answer_relay(struct pending *p, const struct journal_result *r, struct moment now)
{
    struct exchange_link *l = p->link;
    session_settle(&l->session, 1);
    if (r->status.reason == REASON_CHECKPOINT_FORK)
        peer_forked(l, now);
    else if (failed(r->status) && r->status.code != CODE_REFUSED)
        answer_failed(p, now);
    else if (failed(answer_outcome(p, r, now)))
        l->over = true;
    else
        link_grant(l, now);
}

/* The first answer again; a refusal without its receipt, as the first time. */
static struct status answer_again(struct exchange_link *l, struct arena *arena, uint64_t answers,
                                  const struct seen *seen, struct moment now)
{
    char code[32];
    session_settle(&l->session, 1);
    if (seen->kind == ENTRY_DISCLOSURE)
        return give_receipt(l, arena, answers, seen->receipt, now);
    if (!slice_copy_text(seen->code, code, sizeof code))
        return FAIL(STORE);
    return link_refuse(l, answers, refusal_find(code), (struct slice){0}, (struct slice){0}, 0,
                       now);
}

/* ---- judging ---- */

/* Decided nothing, or nothing that can be kept now. */
static struct status refuse_judged(struct exchange_link *l, struct arena *arena,
                                   const struct frame *frame, const struct judgement *j,
                                   struct moment now)
{
    const struct message_key key = key_of(arena, &frame->as.deliver);
    peer_keep(l, &j->posting.peer, now);
    await_key(l, &key, REFUSAL_UNAVAILABLE);
    return refuse_for_now(l, frame->number, REFUSAL_UNAVAILABLE, now);
}

static struct status post_judgement(struct exchange_link *l, struct arena *arena,
                                    const struct frame *frame, const struct judgement *j,
                                    struct moment now)
{
    struct posting posting = j->posting;
    struct pending *p = pending_new(l, frame->number);
    struct status s = p == NULL ? FAIL(MEMORY) : OK;
    if (!failed(s)) {
        p->answer = answer_relay;
        p->code = j->code;
        p->retry_ms = j->code == REFUSAL_STALE ? PEER_STALE_MS : 0;
        s = link_post(l, &posting, p);
    }
    if (!failed(s))
        return OK;
    pending_free(p);
    link_say(l, now, "relay.unavailable", "DELIVER", s);
    return refuse_judged(l, arena, frame, j, now);
}

static struct status take_refused(struct exchange_link *l, struct arena *arena,
                                  const struct frame *frame, const struct judgement *j,
                                  struct moment now)
{
    const struct message_key key = key_of(arena, &frame->as.deliver);
    enum rate_verdict verdict = link_rate(l, now);
    if (verdict == RATE_STORMS)
        return REFUSE(PEER_RATE);
    if (verdict != RATE_FINE)
        return refuse_judged(l, arena, frame, j, now);
    if (j->code == REFUSAL_STALE)
        await_key(l, &key, j->code);
    link_say(l, now, "relay.rejected", "DELIVER", j->why);
    return post_judgement(l, arena, frame, j, now);
}

static struct status take_judged(struct exchange_link *l, struct arena *arena,
                                 const struct frame *frame, const struct judgement *j,
                                 struct moment now)
{
    if (j->why.reason == REASON_CHECKPOINT_FORK)
        return peer_fork(l, &j->posting.peer, now);
    if (j->why.reason == REASON_CHECKPOINT_UNPROVED)
        return j->why; /* this link cannot go on: on the next one both sides say where they are */
    peer_advance(l, &j->posting.peer);
    if (j->repeated) {
        peer_keep(l, &j->posting.peer, now);
        return answer_again(l, arena, frame->number, &j->seen, now);
    }
    return j->code == REFUSAL_NONE ? post_judgement(l, arena, frame, j, now)
                                   : take_refused(l, arena, frame, j, now);
}

struct status link_take_deliver(struct exchange_link *l, struct arena *arena,
                                const struct frame *frame, struct moment now)
{
    const struct deliver *d = &frame->as.deliver;
    struct judgement j;
    struct judge judge = link_judge(l, now);
    enum refusal code = awaited_code(l, arena, d);
    if (code == REFUSAL_NONE && link_is_shed(l, "DELIVER", now))
        code = REFUSAL_UNAVAILABLE;
    if (code != REFUSAL_NONE)
        return put_off(l, arena, frame, code, now);
    judge.candidate = snapshot_candidate(l->exchange->snapshot);
    const struct bringer bringer = {.kept = &l->peer->kept,
                                    .same_law = peer_has_our_law(l),
                                    .same_directory = l->peer->same_directory};
    struct status s = peer_turn_to(l, arena, d->receipts.at[0]);
    if (!failed(s))
        s = judge_relay(arena, &judge, d, &bringer, &j);
    if (!failed(s))
        return take_judged(l, arena, frame, &j, now);
    link_say(l, now, "relay.failed", "DELIVER", s);
    return put_off(l, arena, frame, REFUSAL_UNAVAILABLE, now);
}
