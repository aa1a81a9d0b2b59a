/* Pushing deliveries and notices to a party, and its TAKEN and REFUSE for them. */

#include <string.h>

#include "exchange/link_peer.h"
#include "exchange/records.h"

#define PUSH_ROWS   8U
#define NOTICES_MAX (LINK_OUTSTANDING / 2) /* without TAKEN; the rest is for mail */

static bool may_push(const struct exchange_link *l)
{
    return !l->exchange->is_paused && !l->over && l->leave_ms == 0 &&
           session_credit(&l->session) > 0 && l->out.length < LINK_OUTPUT_HIGH &&
           l->outstanding_count < LINK_OUTSTANDING;
}

/* A client leaves notices of messages that another of the party's clients sent. A peer hears none
 * before it is known whether it was restored: an earlier stage of the same message may come again
 * then. */
static bool may_push_notice(const struct exchange_link *l)
{
    bool waits = l->peer != NULL && l->peer->fetch.holds_mail;
    return !waits && l->notice_count < NOTICES_MAX && may_push(l);
}

/* The checkpoint that the party will keep when the next frame reaches it: what is on its way comes
 * before that, unless it is refused. A peer looks at all that is sent, also at what it refuses. */
static uint64_t size_ahead(const struct exchange_link *l)
{
    uint64_t size = l->reader_size;
    if (l->peer != NULL)
        return size;
    for (unsigned i = 0; l->outstanding != NULL && i < LINK_OUTSTANDING; i++)
        if (l->outstanding[i].number != 0 && l->outstanding[i].size > size)
            size = l->outstanding[i].size;
    return size;
}

/* pushed holds stage and size; number and key are filled in. */
static struct status push_frame(struct exchange_link *l, struct frame *f,
                                const struct message_key *key, struct outstanding *pushed,
                                struct moment now)
{
    if (!slice_copy_text(key->from, pushed->from, sizeof pushed->from) ||
        !slice_copy_text(key->to, pushed->to, sizeof pushed->to) ||
        key->id.length != sizeof pushed->id)
        return FAIL(STORE);
    struct outstanding *slot = outstanding_free(l);
    if (slot == NULL)
        return FAIL(MEMORY);
    memcpy(pushed->id, key->id.at, sizeof pushed->id);
    struct status s = link_give(l, f, now);
    pushed->number = f->number;
    if (!failed(s))
        outstanding_fill(l, slot, pushed);
    if (!failed(s) && l->peer != NULL)
        peer_proved(l, pushed->size, now);
    outstanding_trim(l);
    return s;
}

/* What came from the hop before goes first. */
static struct status join_hops(struct arena *arena, struct slices before, struct slice own,
                               struct slices *ret_all)
{
    struct slice *all = arena_array(arena, before.count + 1, sizeof *all);
    if (all == NULL)
        return FAIL(MEMORY);
    for (size_t i = 0; i < before.count; i++)
        all[i] = before.at[i];
    all[before.count] = own;
    *ret_all = (struct slices){all, before.count + 1};
    return OK;
}

struct status link_fill_deliver(struct arena *arena, const struct delivery *d,
                                struct deliver *deliver)
{
    struct body body;
    struct status s = body_parse(arena, d->body, &body);
    if (failed(s))
        return s;
    struct mp_cursor c = mp_over(body.message);
    mp_array_of(&c, 2);
    *deliver = (struct deliver){.message_raw = body.message, .derived = body.derived};
    deliver->message.seal = mp_bytes(&c, 0, SIZE_MAX);
    deliver->message.fields = mp_bytes_list(&c, arena, UINT32_MAX, 0, SIZE_MAX);
    if (failed(s = join_hops(arena, body.releases, d->release, &deliver->releases)) ||
        failed(s = join_hops(arena, body.receipts, d->receipt, &deliver->receipts)))
        return s;
    return mp_end(&c) ? OK : FAIL(STORE);
}

/* It stays in the mailbox for a link that takes longer frames. */
static void say_too_long(struct exchange_link *l, struct moment now)
{
    if (!l->said_too_long)
        link_say(l, now, "delivery.too_long", "DELIVER", REFUSE(FRAME_SIZE));
    l->said_too_long = true;
}

static struct status give_delivery(struct exchange_link *l, struct arena *arena,
                                   const struct delivery *d, struct moment now)
{
    struct frame f = {.kind = FRAME_DELIVER};
    struct outstanding pushed = {.size = outstanding_size(arena, d->receipt),
                                 .place = d->delivery_number};
    struct status s = link_fill_deliver(arena, d, &f.as.deliver);
    if (!failed(s))
        s = push_frame(l, &f, &d->key, &pushed, now);
    return failed(s) || l->peer == NULL ? s : peer_hand(l, arena, f.number, d);
}

/* What is gone or cannot be opened never can be. Of any other failure nobody knows whether it is
 * the message's or ours: it is tried again before what is behind it goes. */
static struct status pass_over(struct exchange_link *l, const struct delivery *row,
                               struct status why, struct moment now, bool *ret_goes)
{
    l->unread_times = l->unread == row->delivery_number ? l->unread_times + 1 : 1;
    l->unread = row->delivery_number;
    *ret_goes = why.code == CODE_CRYPTO || why.code == CODE_ABSENT || l->unread_times >= READ_TRIES;
    if (*ret_goes) {
        link_say(l, now, "delivery.unreadable", "DELIVER", why);
        return OK;
    }
    l->again_ms = now.mono_ms + link_retry_ms(l, l->serial);
    l->exchange->settings.dirty(l->owner); /* another deadline counts now */
    return why;
}

/* What cannot be opened or sent holds up nothing behind it: it is passed over on this link.
 * ret_goes: false where it, and what is behind it, has to wait. */
static struct status push_delivery(struct exchange_link *l, struct arena *arena,
                                   const struct delivery *row, struct moment now, bool *ret_goes)
{
    struct delivery d;
    *ret_goes = true;
    struct status s = journal_fetch(l->exchange->reader, arena, &row->key, size_ahead(l), &d);
    if (!failed(s))
        s = link_may_go(l, arena, &d, now, ret_goes);
    if (!failed(s) && *ret_goes)
        s = give_delivery(l, arena, &d, now);
    if (s.reason == REASON_FRAME_SIZE)
        say_too_long(l, now);
    else if (s.code == CODE_FULL && !*ret_goes)
        *ret_goes = true; /* no law for it now: it stays in the mailbox for the next link */
    else if (s.code == CODE_REFUSED || l->over)
        return s; /* by the session, now */
    else if (failed(s))
        return pass_over(l, row, s, now, ret_goes);
    return OK;
}

/* Whether messages may be handed over now, of which these are the next. */
static bool may_hand_over(struct exchange_link *l, const struct delivery *rows, size_t count,
                          struct moment now)
{
    if (l->is_judging || now.mono_ms < l->again_ms)
        return false;
    return l->peer == NULL || peer_begins(l, rows, count, now);
}

/* Both give how many rows were pushed; 0 ends the turn. */
static struct status push_mail(struct exchange_link *l, struct arena *arena, struct moment now,
                               size_t *ret_pushed)
{
    struct delivery *rows;
    bool goes = true;
    size_t count, pushed = 0;
    const struct journal_page page = {
        .party = link_party(l),
        .after = l->mail_after,
        .limit = PUSH_ROWS,
        .now_ms = l->peer == NULL ? now.wall_ms : 0, /* a peer says itself that it is too late */
    };
    struct status s = journal_undelivered(l->exchange->reader, arena, &page, &rows, &count);
    bool is_end = !failed(s) && count == 0;
    if (!failed(s) && !may_hand_over(l, rows, count, now))
        count = 0;
    while (!failed(s) && goes && pushed < count && may_push(l)) {
        if (l->peer == NULL || !aside_waits(l, &rows[pushed]))
            s = push_delivery(l, arena, &rows[pushed], now, &goes);
        if (!failed(s) && goes)
            l->mail_after = rows[pushed++].delivery_number;
    }
    *ret_pushed = is_end && l->peer != NULL && aside_is_all(l) ? 1 : pushed;
    return s;
}

static struct status push_notices(struct exchange_link *l, struct arena *arena, struct moment now,
                                  size_t *ret_pushed)
{
    struct notice *rows;
    size_t count, pushed = 0;
    const struct journal_page page = {
        .party = link_party(l),
        .after = l->notice_after,
        .limit = PUSH_ROWS,
        .reader_size = l->peer == NULL ? 0 : l->reader_size, /* all of one page prove one tree */
    };
    struct status s = journal_notices(l->exchange->reader, arena, &page, &rows, &count);
    while (!failed(s) && pushed < count && may_push_notice(l)) {
        struct frame f = {.kind = FRAME_RECEIPT, .as.receipt = {.receipt = rows[pushed].receipt}};
        struct outstanding notice = {.stage = rows[pushed].stage,
                                     .size = outstanding_size(arena, rows[pushed].receipt)};
        s = push_frame(l, &f, &rows[pushed].key, &notice, now);
        if (!failed(s))
            l->notice_after = rows[pushed++].number;
    }
    *ret_pushed = pushed;
    return s;
}

void link_push(struct exchange_link *l, struct moment now)
{
    size_t mail = 1, notices = 1;
    struct status s = OK;
    while (!failed(s) && mail + notices > 0 && may_push(l)) {
        struct arena *arena = arena_new(LINK_ARENA_BYTES);
        s = arena == NULL ? FAIL(MEMORY) : push_mail(l, arena, now, &mail);
        if (!failed(s))
            s = push_notices(l, arena, now, &notices);
        arena_free(arena);
    }
    l->has_mail = l->out.length >= LINK_OUTPUT_HIGH; /* once it is read, nobody else says so */
    if (failed(s))
        link_say(l, now, "push.failed", NULL, s);
}

static void note_taken(struct exchange_link *l, const struct outstanding *o, struct moment now)
{
    struct posting p = {
        .kind = POSTING_NOTICE_TAKEN,
        .at_ms = now.wall_ms,
        .key = {slice_text(o->from), slice_over(o->id, sizeof o->id), slice_text(o->to)},
        .stage = o->stage,
    };
    struct status s = link_post(l, &p, NULL);
    if (failed(s))
        link_say(l, now, "notice.unkept", "TAKEN", s); /* it comes again on the next link */
}

/* TAKEN costs no credit: what the journal has not dealt with counts as pending instead. */
static void stage_taken(struct exchange_link *l, const struct taken *taken, struct moment now)
{
    struct judge judge = link_judge(l, now);
    struct posting posting = {
        .kind = POSTING_STAGE, .at_ms = now.wall_ms, .key = taken->key, .stage = taken->stage};
    struct pending *pending = pending_new(l, 0);
    struct status s = pending == NULL ? FAIL(MEMORY) : records_write_stage(&judge, &posting);
    if (!failed(s))
        s = link_post(l, &posting, pending);
    if (!failed(s))
        return;
    pending_free(pending);
    link_say(l, now, "stage.unkept", "TAKEN", s); /* delivered again, taken again */
}

struct status link_take_taken(struct exchange_link *l, struct arena *arena,
                              const struct frame *frame, struct moment now)
{
    (void)arena;
    const struct taken *taken = &frame->as.taken;
    const struct outstanding was = outstanding_clear(l, taken->answers);
    if (l->peer != NULL && was.number != 0 && was.stage == 0)
        return REFUSE(FRAME_STATE); /* a peer answers a message with a receipt */
    if (was.size > l->reader_size)
        l->reader_size = was.size; /* verified and kept: the next proof begins there */
    if (taken->stage == STAGE_NONE) {
        if (was.stage != 0)
            note_taken(l, &was, now);
    } else {
        if (!slice_equal(taken->key.to, link_party(l)))
            return REFUSE(READER_RECIPIENT);
        stage_taken(l, taken, now);
    }
    l->has_mail = true;
    return OK;
}

struct status link_take_refuse(struct exchange_link *l, struct arena *arena,
                               const struct frame *frame, struct moment now)
{
    (void)arena;
    const struct outstanding was = outstanding_clear(l, frame->as.refuse.answers);
    if (l->peer != NULL)
        fetch_refused(l, &frame->as.refuse, now);
    if (was.number == 0)
        return OK; /* it was answered already */
    l->has_mail = true;
    if (l->peer != NULL && was.stage == 0) {
        peer_refused(l, &was, &frame->as.refuse, now);
        return OK;
    }
    /* it stays undelivered and comes again on the party's next link */
    diagnostics_say(l->exchange->settings.diagnostics, now.wall_ms,
                    &(struct diagnostic){.event = "delivery.refused",
                                         .peer = slice_text(l->name),
                                         .frame = "REFUSE",
                                         .text = "the party refused a delivery"});
    return OK;
}
