/* Pushing deliveries and notices to a party, and its TAKEN and REFUSE for them. */

#include <string.h>

#include "audit/note.h"
#include "exchange/link.h"
#include "exchange/records.h"

#define PUSH_ROWS   8U
#define NOTICES_MAX (LINK_OUTSTANDING / 2) /* without TAKEN; the rest is for mail */

static struct outstanding *free_slot(struct exchange_link *l)
{
    for (unsigned i = 0; i < LINK_OUTSTANDING; i++)
        if (l->outstanding[i].number == 0)
            return &l->outstanding[i];
    return NULL;
}

static struct outstanding *slot_of(struct exchange_link *l, uint64_t number)
{
    for (unsigned i = 0; number != 0 && i < LINK_OUTSTANDING; i++)
        if (l->outstanding[i].number == number)
            return &l->outstanding[i];
    return NULL;
}

static bool may_push(struct exchange_link *l)
{
    return !l->over && l->session.state == SESSION_OPEN && session_credit(&l->session) > 0 &&
           l->out.length < LINK_OUTPUT_HIGH && free_slot(l) != NULL;
}

/* A client leaves notices of messages that another of the party's clients sent. */
static bool may_push_notice(struct exchange_link *l)
{
    unsigned notices = 0;
    for (unsigned i = 0; i < LINK_OUTSTANDING; i++)
        notices += l->outstanding[i].number != 0 && l->outstanding[i].stage != 0;
    return notices < NOTICES_MAX && may_push(l);
}

/* A party that verifies a receipt keeps its checkpoint; the next proof begins there. */
static void advance_reader(struct exchange_link *l, struct arena *arena, struct slice octets)
{
    struct receipt receipt;
    struct note note;
    if (!failed(receipt_parse(arena, octets, &receipt)) &&
        !failed(note_parse(receipt.note, &note)) && note.size > l->reader_size)
        l->reader_size = note.size;
}

static struct status push_frame(struct exchange_link *l, struct frame *f,
                                const struct message_key *key, uint64_t stage, struct moment now)
{
    struct outstanding o = {.stage = stage};
    struct status s = link_give(l, f, now);
    if (failed(s))
        return s;
    o.number = f->number;
    if (!slice_copy_text(key->from, o.from, sizeof o.from) ||
        !slice_copy_text(key->to, o.to, sizeof o.to) || key->id.length != sizeof o.id)
        return FAIL(STORE);
    memcpy(o.id, key->id.at, sizeof o.id);
    *free_slot(l) = o;
    return OK;
}

struct status link_fill_deliver(struct arena *arena, const struct delivery *d,
                                struct deliver *deliver)
{
    struct body body;
    struct slice *one = arena_array(arena, 2, sizeof *one);
    struct status s = one == NULL ? FAIL(MEMORY) : body_parse(arena, d->body, &body);
    if (failed(s))
        return s;
    one[0] = d->release;
    one[1] = d->receipt;
    struct mp_cursor c = mp_over(body.message);
    mp_array_of(&c, 2);
    *deliver = (struct deliver){.message_raw = body.message, .derived = body.derived};
    deliver->message.seal = mp_bytes(&c, 0, SIZE_MAX);
    deliver->message.fields = mp_bytes_list(&c, arena, UINT32_MAX, 0, SIZE_MAX);
    deliver->releases = (struct slices){&one[0], 1};
    deliver->receipts = (struct slices){&one[1], 1};
    return mp_end(&c) ? OK : FAIL(STORE);
}

/* What cannot be opened holds up nothing behind it: it is passed over on this link. */
static struct status push_delivery(struct exchange_link *l, struct arena *arena,
                                   const struct message_key *key, struct moment now)
{
    struct delivery d;
    struct frame f = {.kind = FRAME_DELIVER};
    struct status s = journal_fetch(l->exchange->reader, arena, key, l->reader_size, &d);
    if (!failed(s))
        s = link_fill_deliver(arena, &d, &f.as.deliver);
    if (s.code == CODE_CRYPTO || s.code == CODE_ABSENT) {
        link_say(l, now, "delivery.unreadable", "DELIVER", s);
        return OK;
    }
    if (!failed(s))
        s = push_frame(l, &f, key, 0, now);
    if (!failed(s))
        advance_reader(l, arena, d.receipt);
    return s;
}

/* Both give how many rows were pushed; 0 ends the turn. */
static struct status push_mail(struct exchange_link *l, struct arena *arena, struct moment now,
                               size_t *ret_pushed)
{
    struct delivery *rows;
    size_t count, pushed = 0;
    const struct journal_page page = {
        .party = link_party(l), .after = l->mail_after, .limit = PUSH_ROWS};
    struct status s = journal_undelivered(l->exchange->reader, arena, &page, &rows, &count);
    while (!failed(s) && pushed < count && may_push(l)) {
        s = push_delivery(l, arena, &rows[pushed].key, now);
        if (!failed(s))
            l->mail_after = rows[pushed++].delivery_number;
    }
    *ret_pushed = pushed;
    return s;
}

static struct status push_notices(struct exchange_link *l, struct arena *arena, struct moment now,
                                  size_t *ret_pushed)
{
    struct notice *rows;
    size_t count, pushed = 0;
    const struct journal_page page = {
        .party = link_party(l), .after = l->notice_after, .limit = PUSH_ROWS};
    struct status s = journal_notices(l->exchange->reader, arena, &page, &rows, &count);
    while (!failed(s) && pushed < count && may_push_notice(l)) {
        struct frame f = {.kind = FRAME_RECEIPT, .as.receipt = {.receipt = rows[pushed].receipt}};
        s = push_frame(l, &f, &rows[pushed].key, rows[pushed].stage, now);
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
    if (failed(link_post(l, &p, NULL)))
        link_say(l, now, "notice.unkept", "TAKEN",
                 FAIL(FULL)); /* it comes again on the next link */
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
    struct outstanding *o = slot_of(l, taken->answers);
    struct outstanding was = o == NULL ? (struct outstanding){0} : *o;
    if (o != NULL)
        o->number = 0;
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
    struct outstanding *o = slot_of(l, frame->as.refuse.answers);
    if (o == NULL)
        return OK; /* it was answered already */
    o->number = 0; /* it stays undelivered and comes again on the party's next link */
    diagnostics_say(l->exchange->settings.diagnostics, now.wall_ms,
                    &(struct diagnostic){.event = "delivery.refused",
                                         .peer = slice_text(l->name),
                                         .frame = "REFUSE",
                                         .text = "the party refused a delivery"});
    l->has_mail = true;
    return OK;
}
