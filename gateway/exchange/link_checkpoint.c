/* CHECKPOINT between gateways: how far our log is where no receipt says so, and the peer's. */

#include "exchange/link_peer.h"

#define CHECKPOINT_ARENA_BYTES (256U << 10)

/* ---- ours ---- */

void peer_proved(struct exchange_link *l, uint64_t size, struct moment now)
{
    l->reader_size = size;
    l->peer->proved_ms = now.mono_ms;
}

static bool may_tell(const struct exchange_link *l)
{
    return !l->over && l->leave_ms == 0 && l->session.state == SESSION_OPEN;
}

uint64_t peer_tell_at(const struct exchange_link *l)
{
    const struct link_peer *peer = l->peer;
    uint64_t tell = peer->proved_ms + PEER_CHECKPOINT_MS;
    if (!may_tell(l))
        return UINT64_MAX;
    return peer->has_news && peer->news_ms < tell ? peer->news_ms : tell;
}

/* From what the other side has seen of our log to what is signed. */
static struct status fill_checkpoint(struct exchange_link *l, struct arena *arena,
                                     struct checkpoint_frame *checkpoint, uint64_t *ret_size)
{
    struct journal_reader *reader = l->exchange->reader;
    struct status s = journal_checkpoint(reader, arena, &checkpoint->note, ret_size);
    if (failed(s))
        return s;
    checkpoint->origin = slice_part(checkpoint->note, 0, slice_find(checkpoint->note, '\n'));
    checkpoint->old_size = l->reader_size;
    return l->reader_size == 0 || *ret_size <= l->reader_size
               ? OK
               : journal_consistency(reader, arena, l->reader_size, *ret_size, &checkpoint->path);
}

static void give_checkpoint(struct exchange_link *l, struct moment now)
{
    uint64_t size = 0;
    struct frame f = {.kind = FRAME_CHECKPOINT};
    struct arena *arena = arena_new(CHECKPOINT_ARENA_BYTES);
    struct status s =
        arena == NULL ? FAIL(MEMORY) : fill_checkpoint(l, arena, &f.as.checkpoint, &size);
    if (!failed(s) && size > l->reader_size) {
        s = link_give(l, &f, now);
        if (!failed(s))
            l->reader_size = size;
    }
    if (failed(s))
        link_say(l, now, "checkpoint.untold", "CHECKPOINT", s);
    arena_free(arena);
}

void peer_tell(struct exchange_link *l, struct moment now)
{
    struct link_peer *peer = l->peer;
    const struct exchange_settings *e = &l->exchange->settings;
    if (peer->has_news && now.mono_ms >= peer->news_ms) {
        peer->has_news = false;
        peer->news_ms = now.mono_ms + PEER_NEWS_MS;
        e->announce(e->workers, link_party(l));
    }
    if (!may_tell(l) || now.mono_ms < peer->proved_ms + PEER_CHECKPOINT_MS)
        return;
    peer->proved_ms = now.mono_ms; /* looked for: what comes now is told then */
    if (l->out.length < LINK_OUTPUT_HIGH)
        give_checkpoint(l, now);
}

/* Not for each of a thousand receipts. */
void peer_has_news(struct exchange_link *l, struct moment now)
{
    if (l->peer->has_news)
        return;
    l->peer->has_news = true;
    if (now.mono_ms >= l->peer->news_ms)
        peer_tell(l, now);
    else
        l->exchange->settings.dirty(l->owner); /* another deadline counts now */
}

/* ---- the peer's ---- */

static struct status judge_checkpoint(struct exchange_link *l, struct arena *arena,
                                      const struct checkpoint_frame *c, struct moment now,
                                      struct peer_checkpoint *ret_step)
{
    const struct gateway_row *row = peer_row(l);
    struct proved proved = {
        .receipt = {.has_proof = c->old_size > 0, .old_size = c->old_size, .proof = c->path}};
    if (row == NULL)
        return REFUSE(ROUTE_UNKNOWN);
    struct status s = checkpoint_prove(c->note, row, now.wall_ms, &proved.note, &proved.log);
    if (!failed(s) && !slice_equal(c->origin, proved.note.origin))
        s = REFUSE(NOTE_ORIGIN);
    return failed(s) ? s : peer_follow(l, arena, &proved, ret_step);
}

struct status link_take_checkpoint(struct exchange_link *l, struct arena *arena,
                                   const struct frame *frame, struct moment now)
{
    struct peer_checkpoint step = {0};
    if (l->peer == NULL)
        return REFUSE(FRAME_STATE);
    struct status s = judge_checkpoint(l, arena, &frame->as.checkpoint, now, &step);
    if (s.reason == REASON_CHECKPOINT_FORK)
        return peer_fork(l, &step, now);
    if (!failed(s))
        peer_keep(l, &step, now);
    return s;
}
