/* A message that is about to be handed over to a peer, under another rulebook than it was decided
 * about. */

#include "exchange/again.h"
#include "exchange/link_peer.h"
#include "exchange/records.h"
#include "message/release.h"

#define AGAIN_WEIGHT 16U /* as much work as a submission */

static struct judge own_judge(const struct exchange_link *l, struct moment now)
{
    struct judge judge = link_judge(l, now);
    judge.party = l->exchange->settings.gateway; /* nobody asks for this decision */
    judge.officer = (struct slice){0};
    return judge;
}

static struct status is_outdated(const struct exchange_link *l, struct arena *arena,
                                 const struct delivery *d, bool *ret_outdated)
{
    struct release release;
    struct status s = release_parse(arena, d->release, &release);
    if (failed(s))
        return s.code == CODE_REFUSED ? FAIL(STORE) : s;
    const struct rulebook_version now =
        rulebook_version(snapshot_rulebook(l->exchange->snapshot), d->key.from, d->key.to);
    *ret_outdated = !digest_equal(&release.rulebook.digest, digest_slice(&now.digest));
    return OK;
}

static void wait_until(struct exchange_link *l, uint64_t mono_ms)
{
    if (mono_ms > l->peer->again_ms)
        l->peer->again_ms = mono_ms;
}

static void answer_again(struct pending *p, const struct journal_result *r, struct moment now)
{
    struct exchange_link *l = p->link;
    l->peer->is_judging = false;
    /* Otherwise it has changed meanwhile, and is looked at as it is then. */
    if (r->repeated || (failed(r->status) && r->status.code != CODE_REFUSED))
        wait_until(l, now.mono_ms + link_retry_ms(l, l->serial));
    link_push(l, now);
}

static struct status write_failure(const struct judge *judge, const struct delivery *d,
                                   enum refusal code, struct posting *ret_posting)
{
    struct posting p = {
        .kind = POSTING_STAGE, .at_ms = judge->at_ms, .key = d->key, .stage = STAGE_NOT_RELAYED};
    struct status s = records_write_stage(judge, &p);
    p.outer.code = slice_text(refusal_name(code));
    *ret_posting = p;
    return s;
}

/* Nothing is handed over until the journal has answered. */
static void post_again(struct exchange_link *l, struct posting *posting, struct moment now)
{
    struct pending *pending = pending_new(l, 0);
    struct status s = pending == NULL ? FAIL(MEMORY) : OK;
    if (!failed(s)) {
        pending->answer = answer_again;
        s = link_post(l, posting, pending);
    }
    l->peer->is_judging = !failed(s);
    if (!failed(s))
        return;
    pending_free(pending);
    link_say(l, now, "relay.unavailable", NULL, s);
    wait_until(l, now.mono_ms + link_retry_ms(l, l->serial));
}

static struct status decide(struct exchange_link *l, struct arena *arena, const struct delivery *d,
                            struct moment now, bool *ret_goes)
{
    struct kept kept;
    struct judgement j;
    const struct judge judge = own_judge(l, now);
    struct status s = journal_kept(l->exchange->reader, arena, &d->key, &kept);
    if (failed(s) || failed(s = judge_again(arena, &judge, d, &kept, &j)))
        return s;
    *ret_goes = j.repeated;
    if (j.repeated)
        return OK;
    if (j.code != REFUSAL_NONE)
        link_say(l, now, "relay.withdrawn", NULL, j.why);
    if (j.code != REFUSAL_NONE && j.code != REFUSAL_HELD)
        s = write_failure(&judge, d, j.code, &j.posting);
    if (!failed(s))
        post_again(l, &j.posting, now);
    return s;
}

struct status peer_may_go(struct exchange_link *l, struct arena *arena, const struct delivery *d,
                          struct moment now, bool *ret_goes)
{
    bool is_old = false;
    struct status s = is_outdated(l, arena, d, &is_old);
    *ret_goes = !is_old;
    if (failed(s) || !is_old)
        return s;
    if (l->turn_weight >= TURN_WEIGHT) {
        wait_until(l, now.mono_ms + 1); /* the other links first */
        return OK;
    }
    l->turn_weight += AGAIN_WEIGHT;
    return decide(l, arena, d, now, ret_goes);
}

struct status peer_has_replaced(const struct exchange_link *l, struct arena *arena,
                                const struct message_key *key, struct slice digest)
{
    struct kept kept;
    bool is_replaced = false;
    struct status s = journal_kept(l->exchange->reader, arena, key, &kept);
    if (!failed(s))
        s = again_replaced(arena, &kept, digest, &is_replaced);
    if (failed(s) && s.code != CODE_ABSENT)
        return s;
    return is_replaced ? OK : REFUSE(RECEIPT_RELEASE);
}
