#include "libcomity/receive.h"

#include <string.h>

#include "libcomity/clock.h"
#include "libcomity/reading.h"
#include "libcomity/sent.h"
#include "libcomity/told.h"
#include "session/query.h"

struct status receive_tell(struct comity *c, const struct message_key *key, enum stage stage,
                           uint64_t answers, struct comity_fault *reterr)
{
    struct connection *link;
    struct frame taken = {.kind = FRAME_TAKEN, .as.taken = {answers, *key, stage}};
    struct status s = client_link(c, &link, reterr);
    return failed(s) ? s : connection_tell(link, &taken, reterr);
}

struct status receive_keep(struct comity *c, const struct deliver *deliver,
                           const struct delivery_verified *delivery, uint64_t answers,
                           struct comity_fault *reterr)
{
    const struct claims *claims = &delivery->envelope->claims;
    struct buffer row = buffer_new(ARCHIVE_RECORD_MAX);
    struct kept_message kept = {
        .key = {claims->from, claims->id, claims->to},
        .received_ms = clock_wall_ms(),
        .certificate = reading_signer(c, delivery->envelope),
    };
    fetch_row_write(&row, deliver);
    kept.row = buffer_slice(&row);
    struct status s = row.failed ? FAIL(MEMORY) : record_message(c->archive, &kept);
    buffer_done(&row);
    if (failed(s))
        return fault_set(reterr, s, "the archive %s cannot keep a message", c->context.archive);
    return receive_tell(c, &kept.key, STAGE_DELIVERED, answers, reterr);
}

static struct status refuse_delivery(struct comity *c, const struct frame *f, struct status why,
                                     struct comity_fault *reterr)
{
    struct connection *link;
    enum refusal code = why.code == CODE_REFUSED ? reason_refusal(why.reason) : REFUSAL_UNAVAILABLE;
    struct frame refuse = {
        .kind = FRAME_REFUSE,
        .as.refuse = {.answers = f->number, .code = slice_text(refusal_name(code))},
    };
    struct status s = client_link(c, &link, reterr);
    return failed(s) ? s : connection_tell(link, &refuse, reterr);
}

static struct status take_delivery(struct comity *c, struct arena *arena, const struct frame *f,
                                   struct comity_fault *reterr)
{
    struct comity_fault ignored;
    const struct delivery_verified *delivery;
    struct status s = reading_verify(c, arena, &f->as.deliver, &delivery, reterr);
    if (!failed(s))
        return receive_keep(c, &f->as.deliver, delivery, f->number, reterr);
    if (c->link != NULL && !connection_over(c->link))
        (void)!failed(refuse_delivery(c, f, s, &ignored));
    return s;
}

/* A receipt that is of none of our archived messages is left: it comes again, where it may be. */
static struct status take_receipt(struct comity *c, struct arena *arena, const struct frame *f,
                                  struct comity_fault *reterr)
{
    struct connection *link;
    struct message_key key;
    struct frame taken = {.kind = FRAME_TAKEN, .as.taken = {.answers = f->number}};
    struct status s = sent_stage(c, arena, f->as.receipt.receipt, &key, reterr);
    if (failed(s))
        return s.code == CODE_ABSENT ? OK : s;
    taken.as.taken.key = key;
    s = client_link(c, &link, reterr);
    return failed(s) ? s : connection_tell(link, &taken, reterr);
}

/* What pushes have come to. */
struct taking {
    uint64_t wait_ms, quiet_ms; /* nothing came for so long: over at this time; 0: no link yet */
    size_t count;               /* messages newly kept */
};

static struct status take_push(struct comity *c, struct arena *arena, const struct frame *f,
                               struct taking *t, struct comity_fault *reterr)
{
    struct status s = f->kind == FRAME_DELIVER ? take_delivery(c, arena, f, reterr)
                                               : take_receipt(c, arena, f, reterr);
    t->count += !failed(s) && f->kind == FRAME_DELIVER;
    return s;
}

static uint64_t time_left(const struct taking *t)
{
    uint64_t now = clock_mono_ms();
    return now < t->quiet_ms ? t->quiet_ms - now : 0;
}

/* One pushed frame; or none, where CHECKPOINT came, for which nobody waits longer. ABSENT: nothing
 * came; NETWORK and MEMORY end the turn; whatever is wrong with the frame itself is in *ret_taken.
 */
static struct status receive_one(struct comity *c, struct taking *t, struct status *ret_taken,
                                 struct comity_fault *reterr)
{
    struct connection *link;
    struct frame f;
    struct arena *arena = arena_new(CLIENT_ARENA_BYTES);
    bool is_new = t->quiet_ms == 0 || c->link == NULL || connection_over(c->link);
    struct status s = arena == NULL ? FAIL(MEMORY) : client_link(c, &link, reterr);
    if (is_new) /* dialling is no waiting, also where a question has broken the link before */
        t->quiet_ms = clock_mono_ms() + t->wait_ms;
    if (!failed(s))
        s = connection_push(link, time_left(t), arena, &f, reterr);
    if (!failed(s) && f.kind != FRAME_NONE) {
        *ret_taken = take_push(c, arena, &f, t, reterr);
        t->quiet_ms = clock_mono_ms() + t->wait_ms;
        /* numbers of a broken link mean nothing on the next one */
        if (c->link != link || connection_over(link))
            s = FAIL(NETWORK);
        else
            connection_settle(link);
    }
    arena_free(arena);
    return s;
}

/* The first fault of several. */
struct first {
    struct status status;
    struct comity_fault *fault;
};

static void note_first(struct first *first, struct status s, const struct comity_fault *fault)
{
    if (!failed(s) || s.code == CODE_ABSENT || failed(first->status))
        return;
    first->status = s;
    *first->fault = *fault;
}

/* Takes pushed frames until none comes for wait_ms or the call's time is over. A message that does
 * not verify is refused and stays with the gateway; the first such fault is given at the end, the
 * others are taken all the same. */
static struct status take_pushes(struct comity *c, uint64_t wait_ms, size_t *ret_count,
                                 struct comity_fault *reterr)
{
    struct first first = {OK, reterr};
    struct status s = OK;
    struct taking t = {.wait_ms = wait_ms};
    uint64_t until = c->until_ms;
    while (!failed(s) && clock_mono_ms() < until) {
        struct comity_fault fault = {0}, told = {0};
        struct status taken = OK;
        note_first(&first, told_begin(c, wait_ms, &told), &told); /* each has a call's time */
        s = receive_one(c, &t, &taken, &fault);
        note_first(&first, failed(taken) ? taken : s, &fault);
    }
    *ret_count = t.count;
    return first.status;
}

enum comity_exit comity_receive(struct comity *c, unsigned wait_ms, size_t *ret_count,
                                struct comity_fault *reterr)
{
    size_t count = 0;
    struct status s = client_begin(c, wait_ms, reterr);
    if (!failed(s))
        s = take_pushes(c, wait_ms, &count, reterr);
    if (ret_count != NULL)
        *ret_count = count;
    return fault_exit(reterr, s);
}
