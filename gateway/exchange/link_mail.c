/* Pushing deliveries and notices to a party, and its TAKEN and REFUSE for them. */

#include <stdlib.h>
#include <string.h>

#include "audit/note.h"
#include "exchange/link.h"
#include "exchange/records.h"

#define PUSH_ROWS   8U
#define NOTICES_MAX (LINK_OUTSTANDING / 2) /* without TAKEN; the rest is for mail */

static struct outstanding *slot_of(const struct exchange_link *l, uint64_t number)
{
    for (unsigned i = 0; l->outstanding != NULL && i < LINK_OUTSTANDING; i++)
        if (l->outstanding[i].number == number)
            return &l->outstanding[i];
    return NULL;
}

/* The memory is there only as long as something is outstanding: most links are idle. */
static struct outstanding *slot_free(struct exchange_link *l)
{
    if (l->outstanding == NULL)
        l->outstanding = calloc(LINK_OUTSTANDING, sizeof *l->outstanding);
    return slot_of(l, 0);
}

static void slots_trim(struct exchange_link *l)
{
    if (l->outstanding_count > 0)
        return;
    free(l->outstanding);
    l->outstanding = NULL;
}

static void slot_fill(struct exchange_link *l, struct outstanding *slot,
                      const struct outstanding *pushed)
{
    *slot = *pushed;
    l->outstanding_count++;
    l->notice_count += pushed->stage != 0;
}

/* What was pushed under this number; with number 0 nothing was, or it was answered before. */
static struct outstanding slot_clear(struct exchange_link *l, uint64_t number)
{
    struct outstanding *slot = number == 0 ? NULL : slot_of(l, number), was = {0};
    if (slot == NULL)
        return was;
    was = *slot;
    slot->number = 0;
    l->outstanding_count--;
    l->notice_count -= was.stage != 0;
    slots_trim(l);
    return was;
}

static bool may_push(const struct exchange_link *l)
{
    return !l->over && session_credit(&l->session) > 0 && l->out.length < LINK_OUTPUT_HIGH &&
           l->outstanding_count < LINK_OUTSTANDING;
}

/* A client leaves notices of messages that another of the party's clients sent. */
static bool may_push_notice(const struct exchange_link *l)
{
    return l->notice_count < NOTICES_MAX && may_push(l);
}

/* The size of our log that a receipt proves; 0 if it is none. */
static uint64_t size_of(struct arena *arena, struct slice octets)
{
    struct receipt receipt;
    struct note note;
    return failed(receipt_parse(arena, octets, &receipt)) || failed(note_parse(receipt.note, &note))
               ? 0
               : note.size;
}

/* The checkpoint that the party will keep when the next frame reaches it: what is on its way comes
 * before that, unless it is refused. */
static uint64_t size_ahead(const struct exchange_link *l)
{
    uint64_t size = l->reader_size;
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
    struct outstanding *slot = slot_free(l);
    if (slot == NULL)
        return FAIL(MEMORY);
    memcpy(pushed->id, key->id.at, sizeof pushed->id);
    struct status s = link_give(l, f, now);
    pushed->number = f->number;
    if (!failed(s))
        slot_fill(l, slot, pushed);
    slots_trim(l);
    return s;
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

/* It stays in the mailbox for a link that takes longer frames. */
static void say_too_long(struct exchange_link *l, struct moment now)
{
    if (!l->said_too_long)
        link_say(l, now, "delivery.too_long", "DELIVER", REFUSE(FRAME_SIZE));
    l->said_too_long = true;
}

/* What cannot be opened or sent holds up nothing behind it: it is passed over on this link. */
static struct status push_delivery(struct exchange_link *l, struct arena *arena,
                                   const struct message_key *key, struct moment now)
{
    struct delivery d;
    struct frame f = {.kind = FRAME_DELIVER};
    struct status s = journal_fetch(l->exchange->reader, arena, key, size_ahead(l), &d);
    if (!failed(s))
        s = link_fill_deliver(arena, &d, &f.as.deliver);
    if (s.code == CODE_CRYPTO || s.code == CODE_ABSENT) {
        link_say(l, now, "delivery.unreadable", "DELIVER", s);
        return OK;
    }
    struct outstanding pushed = {.size = failed(s) ? 0 : size_of(arena, d.receipt)};
    if (!failed(s))
        s = push_frame(l, &f, key, &pushed, now);
    if (s.reason != REASON_FRAME_SIZE)
        return s;
    say_too_long(l, now);
    return OK;
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
        struct outstanding notice = {.stage = rows[pushed].stage,
                                     .size = size_of(arena, rows[pushed].receipt)};
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
    const struct outstanding was = slot_clear(l, taken->answers);
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
    const struct outstanding was = slot_clear(l, frame->as.refuse.answers);
    if (was.number == 0)
        return OK; /* it was answered already */
    /* it stays undelivered and comes again on the party's next link */
    diagnostics_say(l->exchange->settings.diagnostics, now.wall_ms,
                    &(struct diagnostic){.event = "delivery.refused",
                                         .peer = slice_text(l->name),
                                         .frame = "REFUSE",
                                         .text = "the party refused a delivery"});
    l->has_mail = true;
    return OK;
}
