/* A message that is about to be handed over, under another state than it was decided by. */

#include <stdio.h>

#include "exchange/again.h"
#include "exchange/link_peer.h"
#include "exchange/link_query.h"
#include "exchange/records.h"

#define AGAIN_WEIGHT 16U /* as much work as a submission */

static struct judge own_judge(const struct exchange_link *l, struct moment now)
{
    struct judge judge = link_judge(l, now);
    judge.party = l->exchange->settings.gateway; /* nobody asks for this decision */
    judge.officer = (struct slice){0};
    return judge;
}

static bool is_outdated(const struct exchange_link *l, const struct delivery *d, struct moment now)
{
    return again_is_due(l->exchange->snapshot, d, now.wall_ms);
}

/* What goes and what stays at home are looked at one after the other: of two decisions they are not
 * one message. FULL: it has been decided again between them, and is to be looked at anew. */
static struct status judge_delivery(struct exchange_link *l, struct arena *arena,
                                    const struct delivery *d, struct moment now,
                                    struct judgement *ret_judgement)
{
    struct kept kept;
    const struct judge judge = own_judge(l, now);
    struct status s = journal_kept(l->exchange->reader, arena, &d->key, &kept);
    l->turn_weight += AGAIN_WEIGHT;
    if (!failed(s) && kept.entry != d->entry)
        s = FAIL(FULL);
    return failed(s) ? s : judge_again(arena, &judge, d, &kept, ret_judgement);
}

/* It goes nowhere, for this code. */
static struct status write_failure(struct exchange_link *l, const struct delivery *d,
                                   enum refusal code, struct moment now,
                                   struct posting *ret_posting)
{
    const struct judge judge = own_judge(l, now);
    struct posting p = {.kind = POSTING_STAGE,
                        .at_ms = now.wall_ms,
                        .key = d->key,
                        .stage = l->peer == NULL ? STAGE_NOT_DELIVERED : STAGE_NOT_RELAYED};
    struct status s = records_write_stage(&judge, &p);
    p.outer.code = slice_text(refusal_name(code));
    if (!failed(s))
        *ret_posting = p;
    return s;
}

static struct status write_change(struct exchange_link *l, const struct delivery *d,
                                  struct judgement *j, struct moment now)
{
    return j->code == REFUSAL_NONE || j->code == REFUSAL_HELD
               ? OK
               : write_failure(l, d, j->code, now, &j->posting);
}

static struct status post_change(struct exchange_link *l, struct judgement *j, uint64_t answers,
                                 answer_result *answer)
{
    struct pending *pending = pending_new(l, answers);
    struct status s = pending == NULL ? FAIL(MEMORY) : OK;
    if (!failed(s)) {
        pending->answer = answer;
        pending->why = j->why;
        s = link_post(l, &j->posting, pending);
    }
    if (failed(s))
        pending_free(pending);
    return s;
}

static bool is_fresh(const struct journal_result *r)
{
    return !failed(r->status) && !r->repeated;
}

/* Said when it is so. */
static void say_withdrawn(const struct pending *p, const struct journal_result *r,
                          struct moment now)
{
    const struct exchange_link *l = p->link;
    if (is_fresh(r) && failed(p->why))
        link_say(l, now, l->peer == NULL ? "delivery.withdrawn" : "relay.withdrawn", NULL, p->why);
}

/* ---- pushed ---- */

static void wait_until(struct exchange_link *l, uint64_t mono_ms)
{
    if (mono_ms > l->again_ms)
        l->again_ms = mono_ms;
    l->exchange->settings.dirty(l->owner); /* another deadline counts now */
}

static void answer_again(struct pending *p, const struct journal_result *r, struct moment now)
{
    struct exchange_link *l = p->link;
    l->is_judging = false;
    /* Otherwise it is looked at again as it is then, but never without a pause. */
    say_withdrawn(p, r, now);
    if (!is_fresh(r))
        wait_until(l, now.mono_ms + link_retry_ms(l, l->serial));
    link_push(l, now);
}

/* Nothing is handed over until the journal has answered. */
static void post_again(struct exchange_link *l, struct judgement *j, struct moment now)
{
    struct status s = post_change(l, j, 0, answer_again);
    l->is_judging = !failed(s);
    if (!failed(s))
        return;
    link_say(l, now, "again.unavailable", NULL, s);
    wait_until(l, now.mono_ms + link_retry_ms(l, l->serial));
}

/* The rulebook's signatures for it have ended; nothing but another rulebook changes that. */
static bool has_no_law(const struct exchange_link *l, const struct delivery *d, struct moment now)
{
    return now.wall_ms >=
           rulebook_until_ms(snapshot_rulebook(l->exchange->snapshot), d->key.from, d->key.to);
}

static void say_no_law(const struct exchange_link *l, const struct delivery *d, struct moment now)
{
    char text[160];
    snprintf(text, sizeof text,
             "passed over: from %.*s to %.*s, for which the rulebook's signatures have ended",
             (int)d->key.from.length, (const char *)d->key.from.at, (int)d->key.to.length,
             (const char *)d->key.to.at);
    diagnostics_say(l->exchange->settings.diagnostics, now.wall_ms,
                    &(struct diagnostic){.event = "delivery.lawless",
                                         .level = DIAGNOSTIC_WARNING,
                                         .peer = slice_text(l->name),
                                         .frame = "DELIVER",
                                         .text = text});
}

/* It holds up nothing that has a law. What a peer waits for on this link cannot be passed over. */
static struct status pass_over_lawless(struct exchange_link *l, const struct delivery *d,
                                       struct moment now)
{
    if (l->peer != NULL && l->peer->refused == d->delivery_number) {
        exchange_leave(l, NULL, now);
        return OK;
    }
    if (!l->has_lawless)
        say_no_law(l, d, now);
    l->has_lawless = true;
    return FAIL(FULL);
}

struct status link_may_go(struct exchange_link *l, struct arena *arena, const struct delivery *d,
                          struct moment now, bool *ret_goes)
{
    struct judgement j = {0};
    *ret_goes = !is_outdated(l, d, now);
    if (*ret_goes)
        return OK;
    if (l->turn_weight >= TURN_WEIGHT) {
        wait_until(l, now.mono_ms + 1); /* the other links first */
        return OK;
    }
    struct status s = judge_delivery(l, arena, d, now, &j);
    if (s.code == CODE_FULL && has_no_law(l, d, now))
        return pass_over_lawless(l, d, now);
    if (s.code == CODE_FULL) {
        wait_until(l, now.mono_ms + link_retry_ms(l, l->serial));
        return OK;
    }
    *ret_goes = j.repeated;
    if (failed(s) || j.repeated || failed(s = write_change(l, d, &j, now)))
        return s;
    post_again(l, &j, now);
    return OK;
}

/* ---- asked for ---- */

static bool is_taken(const struct delivery *d)
{
    return d->stage != STAGE_ACCEPTED && d->stage != STAGE_RELAYED;
}

static void answer_fetched(struct pending *p, const struct journal_result *r, struct moment now)
{
    static const struct slice none = {0};
    struct exchange_link *l = p->link;
    const struct message_key key = {r->from, r->id, r->to};
    say_withdrawn(p, r, now);
    struct status s = is_fresh(r) ? link_answer_fetch(l, &key, p->answers, false, now)
                                  : link_refuse(l, p->answers, REFUSAL_UNAVAILABLE, none, none,
                                                link_retry_ms(l, p->answers), now);
    if (failed(s))
        l->over = true;
}

struct status link_may_fetch(struct exchange_link *l, struct arena *arena, const struct delivery *d,
                             uint64_t number, struct moment now, bool *ret_later)
{
    struct judgement j = {0};
    *ret_later = false;
    if (!is_outdated(l, d, now))
        return OK;
    struct status s = judge_delivery(l, arena, d, now, &j);
    if (failed(s) || j.repeated)
        return s;
    if (is_taken(d) && j.code != REFUSAL_NONE)
        return FAIL(ABSENT); /* no stage follows: it has come, and goes no more */
    if (failed(s = write_change(l, d, &j, now)))
        return s;
    s = post_change(l, &j, number, answer_fetched);
    *ret_later = !failed(s);
    return s;
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
