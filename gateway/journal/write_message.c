#include "journal/write_steps.h"

#include "journal/crypt.h"
#include "message/seal.h"
#include "wire/names.h"

/* Its recipient has it. */
static bool is_taken(const struct message_row *row)
{
    return row->stage == STAGE_DELIVERED || row->stage == STAGE_RETRIEVED ||
           row->stage == STAGE_NOT_RETRIEVED;
}

/* What was taken can only be let go anew: nobody holds what is gone. And nothing that was erased
 * comes back. */
static bool may_decide(const struct posting *p, const struct message_row *known)
{
    if (message_is_erased(known))
        return false;
    bool is_open = known->stage == STAGE_NONE || known->stage == STAGE_ACCEPTED ||
                   message_is_rewound(known) ||
                   (known->stage == STAGE_RELAYED && message_way(known) == WAY_IN);
    return p->kind == POSTING_DISCLOSURE
               ? is_open || is_taken(known)
               : p->kind == POSTING_HOLD && known->kind == ENTRY_DISCLOSURE && is_open;
}

/* Whether the posting is a new decision about a message, and says so. */
static bool supersedes(const struct posting *p, const struct message_row *known)
{
    return may_decide(p, known) && p->inner.has_related && p->inner.related == known->entry &&
           slice_equal(p->message.seal_digest, known->seal);
}

static bool is_relayed(const struct posting *p)
{
    return p->relayed.release.length > 0;
}

static struct status answer_again(struct item *item, const struct message_row *known)
{
    const struct posting *p = &item->posting;
    bool is_in = message_way(known) == WAY_IN;
    if (!slice_equal(p->message.seal_digest, known->seal) || is_relayed(p) != is_in)
        return REFUSE(REPLAY_OTHER);
    item->result->kind = known->kind == ENTRY_HOLD && !is_in ? POSTING_HOLD : POSTING_DISCLOSURE;
    return item_repeat(item, is_in ? known->relayed : known->entry);
}

/* Time in a log does not fall. Where its clock was ahead once, an entry of now may lie days after
 * the message, and every reader would refuse it. What a peer relays was timely at its gateway, but
 * may be over here; held or not, the peer is told the same. */
static struct status check_times(const struct writing *w, const struct posting *p)
{
    const struct claims claims = {.created_ms = p->message.created_ms,
                                  .expires_ms = p->message.expires_ms};
    uint64_t time_ms = entry_time(w, p);
    if (is_relayed(p))
        return time_ms < claims.expires_ms ? OK : REFUSE(CLAIMS_EXPIRED);
    bool timely = p->kind != POSTING_DISCLOSURE || !failed(claims_timely(&claims, time_ms));
    return timely ? OK : FAIL(FULL);
}

/* Workers take another rulebook one after the other: what one has decided by it no other decides
 * again by the last. And what was let go before waits until its time is over, when its failure is
 * told, rather than get a release that no reader takes. */
static struct status check_again(const struct writing *w, const struct posting *p)
{
    bool in_force = digest_equal(&w->law, p->outer.rulebook);
    bool timely = p->kind != POSTING_DISCLOSURE || !failed(check_times(w, p));
    return in_force && timely ? OK : FAIL(FULL);
}

static struct slice given(struct slice octets)
{
    return octets.length == 0 ? (struct slice){NULL, 0} : octets;
}

static struct status octets_seal(struct writing *w, struct item *item, struct message_row *row)
{
    const struct posting_message *m = &item->posting.message;
    struct slice plain[MESSAGE_SLOTS] = {
        [MESSAGE_BODY] = given(m->body),
        [MESSAGE_LOCAL] = given(m->local),
        [MESSAGE_INBOX] = given(m->inbox),
    };
    const struct place place = {"message", row->number};
    return slots_seal(item->arena, w->keyring, &place, (struct slices){plain, MESSAGE_SLOTS},
                      row->slots, &row->wrapped);
}

/* A message keeps its release number when it is decided again: the thread has no gaps. A peer gets
 * none, for its gaps would show what we hold. */
static struct status numbers_give(struct writing *w, const struct posting_message *m,
                                  struct message_row *row)
{
    const struct slice mailbox = {NULL, 0};
    struct status s =
        row->delivery > 0 ? OK : store_count(w->store, row->box, mailbox, &row->delivery);
    if (name_is_gateway(row->box))
        row->release_number = 0;
    else if (!failed(s) && row->release_number == 0)
        s = store_count(w->store, m->to, m->thread, &row->release_number);
    return s;
}

/* What waits keeps its place, so that nothing overtakes it. What is held lies in no box, and comes
 * to its end when it is let go. */
static void box_choose(struct message_row *row, const struct posting_message *m, bool disclosed)
{
    struct slice box = m->box.length > 0 ? m->box : m->to;
    if (!disclosed || !slice_equal(box, row->box))
        row->delivery = 0;
    row->box = box;
}

/* No stage goes back: what was accepted once stays so when it is held, and its failure is due all
 * the same. What a peer has lost waits for it on, however often it is decided again. */
static void stage_choose(struct message_row *row, bool disclosed)
{
    bool is_rewound = message_is_rewound(row);
    bool was_accepted = disclosed || row->stage == STAGE_ACCEPTED;
    message_at(row, is_rewound || is_taken(row) ? row->stage
                    : row->relayed > 0          ? STAGE_RELAYED
                    : was_accepted              ? STAGE_ACCEPTED
                                                : STAGE_NONE);
    row->waiting = row->waiting || (is_rewound && disclosed);
}

static struct status row_fill(struct writing *w, struct item *item, struct message_row *row)
{
    const struct posting *p = &item->posting;
    const struct posting_message *m = &p->message;
    bool disclosed = p->kind == POSTING_DISCLOSURE;
    box_choose(row, m, disclosed);
    row->origin = m->origin.length > 0 ? m->origin : m->from;
    row->kind = disclosed ? ENTRY_DISCLOSURE : ENTRY_HOLD;
    row->entry = entry_next(w);
    row->seal = m->seal_digest;
    row->thread = m->thread;
    row->type = m->type;
    row->received_ms = entry_time(w, p);
    row->expires_ms = m->expires_ms;
    struct status s = disclosed ? numbers_give(w, m, row) : OK;
    stage_choose(row, disclosed);
    return failed(s) ? s : octets_seal(w, item, row);
}

/* The release is finished here, because its number and time are known only now. */
static struct status release_finish(struct writing *w, const struct item *item,
                                    const struct message_row *row, struct outer *outer,
                                    struct digest *digest)
{
    struct release release = item->posting.release;
    release.number = row->release_number;
    release.time_ms = row->received_ms;
    buffer_clear(&w->scratch);
    release_write(&w->scratch, &release);
    if (w->scratch.failed)
        return FAIL(MEMORY);
    *digest = digest_of(SEPARATION_RELEASE, buffer_slice(&w->scratch));
    outer->release = digest_slice(digest);
    outer->hop = release.hop;
    outer->stage = (enum stage)release.hop;
    return OK;
}

static struct status message_append(struct writing *w, struct item *item,
                                    const struct message_row *row)
{
    struct digest release;
    struct outer outer = item->posting.outer;
    struct status s = OK;
    buffer_clear(&w->scratch);
    if (row->kind == ENTRY_DISCLOSURE)
        s = release_finish(w, item, row, &outer, &release);
    outer.kind = row->kind;
    outer.gateway = w->gateway;
    const struct addition addition = {
        .outer = &outer,
        .inner = &item->posting.inner,
        .release = given(buffer_slice(&w->scratch)),
        .about = true,
        .message = row->number,
        .aside = is_relayed(&item->posting),
    };
    return failed(s) ? s : entry_append(w, item, &addition);
}

/* What the peer is told, the same whether the message goes on or is held. */
static struct status relayed_answer(struct writing *w, struct item *item, struct message_row *row)
{
    const struct posting *p = &item->posting;
    struct outer outer = p->outer;
    const struct inner inner = {.op = slice_text("TRANSFER"), .actor = w->gateway};
    outer.kind = ENTRY_STAGE;
    outer.stage = STAGE_RELAYED;
    outer.hop = 2;
    outer.gateway = w->gateway;
    outer.release = p->relayed.release;
    outer.code = (struct slice){NULL, 0};
    const struct addition addition = {
        .outer = &outer,
        .inner = &inner,
        .about = true,
        .message = row->number,
        .keys = &p->relayed.keys,
    };
    item->result->kind = POSTING_DISCLOSURE;
    if (row->relayed > 0) { /* decided again */
        item->result->index = row->relayed;
        item->has_entry = true;
        return OK;
    }
    row->relayed = entry_next(w);
    return entry_append(w, item, &addition);
}

/* By the last day that its claims name it must be gone, at the latest. */
static struct status octets_keep(struct writing *w, const struct posting *p,
                                 const struct message_row *row)
{
    const uint64_t retain_ms = p->message.retain_ms;
    const struct keeping keeping = {
        .message = row->number,
        .accepted_ms = row->received_ms,
        .ends_ms = message_is_finished(row) ? 0 : row->expires_ms,
        .retain_ms = retain_ms == 0 ? UINT64_MAX : retain_ms,
    };
    return store_keep(w->store, &keeping, w->bodies_ms);
}

struct status message_write(struct writing *w, struct item *item)
{
    const struct posting *p = &item->posting;
    const struct message_key key = posting_key(p);
    struct message_row row;
    struct status s = store_message(w->store, item->arena, &key, &row);
    if (failed(s) && s.code != CODE_ABSENT)
        return s;
    bool known = !failed(s);
    bool again = known && row.kind != ENTRY_REFUSAL;
    if (again && !supersedes(p, &row))
        return answer_again(item, &row);
    if (failed(s = again ? check_again(w, p) : check_times(w, p)))
        return s;
    if (again && failed(s = store_entry_replace(w->store, row.entry)))
        return s;
    if (!known)
        row = (struct message_row){.number = entry_next(w), .key = key};
    if (is_relayed(p) && failed(s = relayed_answer(w, item, &row)))
        return s;
    if (failed(s = row_fill(w, item, &row)))
        return s;
    s = known ? store_message_set(w->store, &row) : store_message_add(w->store, &row);
    if (failed(s) || failed(s = octets_keep(w, p, &row)) || failed(s = thread_note(w, p)))
        return s;
    return message_append(w, item, &row);
}
