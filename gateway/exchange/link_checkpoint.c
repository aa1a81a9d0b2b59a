/*
 * CHECKPOINT between gateways: how far our log is where no receipt says so, and the peer's.
 *
 * A step is kept for good, so not every CHECKPOINT makes one. Each is proved from the last step and
 * forgotten when the next one comes; only where a proof begins where a CHECKPOINT has ended was
 * that one a step. Who tells chooses so PEER_STEPS times, then once in PEER_STEP_MS; who
 * keeps takes twice as many, for the other side may have been started anew. The first of
 * a log is a step at once.
 */

#include "exchange/foreign.h"
#include "exchange/link_peer.h"
#include "exchange/peer_notes.h"
#include "journal/ended.h"

#define CHECKPOINT_ARENA_BYTES (256U << 10)
#define AHEAD_ARENA_BYTES      (64U << 10)

/* ---- ours ---- */

void peer_proved(struct exchange_link *l, uint64_t size, struct moment now)
{
    l->reader_size = size;
    l->peer->told_size = size;
    l->peer->proved_ms = now.mono_ms;
}

static bool may_tell(const struct exchange_link *l)
{
    return !l->over && l->leave_ms == 0 && l->session.state == SESSION_OPEN;
}

/* Not in the same moment as one with cosignatures. */
static uint64_t plain_at(const struct link_peer *peer)
{
    const uint64_t due = peer->proved_ms + PEER_CHECKPOINT_MS;
    const uint64_t least = peer->checkpoint_ms + PEER_COSIGNED_MS;
    return due < least ? least : due;
}

uint64_t peer_tell_at(const struct exchange_link *l)
{
    const struct link_peer *peer = l->peer;
    uint64_t tell = plain_at(peer), cosigned = peer_cosigned_at(l);
    if (!may_tell(l))
        return UINT64_MAX;
    tell = cosigned < tell ? cosigned : tell;
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

/* The directory has to know the end, or the row be in force: else it would be no log to them. */
static bool may_name(const struct exchange_link *l, struct slice origin, struct moment now)
{
    const struct exchange *x = l->exchange;
    const struct gateway_row *row =
        directory_gateway(snapshot_rulebook(x->snapshot)->directory, x->settings.gateway);
    const struct log_row *log = row == NULL ? NULL : directory_log(row, origin);
    return log != NULL &&
           (log->is_closed || (log->from_ms <= now.wall_ms && now.wall_ms < log->until_ms));
}

static struct status tell_ended(struct exchange_link *l, const struct journal_ended *ended,
                                uint64_t known, struct moment now)
{
    struct frame f = {.kind = FRAME_CHECKPOINT};
    struct checkpoint_frame *c = &f.as.checkpoint;
    struct arena *arena = arena_new(CHECKPOINT_ARENA_BYTES);
    *c = (struct checkpoint_frame){
        .origin = slice_text(ended->origin), .note = ended->note, .old_size = known};
    struct status s = arena == NULL
                          ? FAIL(MEMORY)
                          : journal_ended_consistency(l->exchange->reader, arena, c->origin, known,
                                                      ended->size, &c->path);
    if (!failed(s))
        s = link_give(l, &f, now);
    arena_free(arena);
    return s;
}

void peer_tell_ended(struct exchange_link *l, const struct hello *theirs, struct moment now)
{
    struct journal_ended ended;
    const struct journal *journal = journal_reader_of(l->exchange->reader);
    for (size_t i = 0; journal_ended(journal, i, &ended); i++) {
        const struct slice origin = slice_text(ended.origin);
        const uint64_t known = hello_known_size(theirs, origin);
        struct status s = OK;
        if (known > 0 && known < ended.size && may_name(l, origin, now))
            s = tell_ended(l, &ended, known, now);
        if (failed(s))
            link_say(l, now, "checkpoint.untold", "CHECKPOINT", s);
    }
}

static struct foreign_log *log_of_peer(const struct exchange_link *l)
{
    const struct gateway_row *row = peer_row(l);
    return row == NULL || row->log_count == 0 ? NULL
                                              : foreign_find(l->exchange, row->logs[0].origin);
}

/* A bucket of so many, of which one comes back in PEER_STEP_MS; full_ms is when it is full. */
static bool may_step(uint64_t *full_ms, unsigned most, uint64_t now_ms)
{
    uint64_t from_ms = *full_ms > now_ms ? *full_ms : now_ms;
    if (from_ms > now_ms + (uint64_t)(most - 1) * PEER_STEP_MS)
        return false;
    *full_ms = from_ms + PEER_STEP_MS;
    return true;
}

void peer_owes_steps(const struct exchange_link *l)
{
    struct foreign_log *log = log_of_peer(l);
    if (log != NULL)
        log->given_ms = 0;
}

/* From now on every proof begins at what was told last. */
static bool move_on(struct exchange_link *l, struct moment now)
{
    struct foreign_log *log = log_of_peer(l);
    if (l->peer->told_size <= l->reader_size || log == NULL ||
        !may_step(&log->given_ms, PEER_STEPS, now.mono_ms))
        return false;
    l->reader_size = l->peer->told_size;
    return true;
}

static void give_checkpoint(struct exchange_link *l, struct moment now)
{
    uint64_t size = 0;
    const bool has_moved = move_on(l, now);
    struct frame f = {.kind = FRAME_CHECKPOINT};
    struct arena *arena = arena_new(CHECKPOINT_ARENA_BYTES);
    struct status s =
        arena == NULL ? FAIL(MEMORY) : fill_checkpoint(l, arena, &f.as.checkpoint, &size);
    if (!failed(s) && (has_moved || size > l->peer->told_size)) {
        s = link_give(l, &f, now);
        if (!failed(s)) {
            l->peer->told_size = size;
            l->peer->checkpoint_ms = now.mono_ms;
        }
        if (!failed(s) && l->reader_size == 0)
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
    if (!may_tell(l))
        return;
    peer_tell_cosigned(l, now);
    if (now.mono_ms < plain_at(peer))
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

static struct status prove_checkpoint(const struct exchange_link *l,
                                      const struct checkpoint_frame *c, struct moment now,
                                      struct proved *ret_proved)
{
    const struct gateway_row *row = peer_row(l);
    struct proved proved = {
        .receipt = {.has_proof = c->old_size > 0, .old_size = c->old_size, .proof = c->path}};
    if (row == NULL)
        return REFUSE(ROUTE_UNKNOWN);
    struct status s = checkpoint_prove(c->note, row, now.wall_ms, &proved.note, &proved.log);
    if (!failed(s) && !slice_equal(c->origin, proved.note.origin))
        s = REFUSE(NOTE_ORIGIN);
    if (!failed(s))
        *ret_proved = proved;
    return s;
}

void peer_drop_ahead(struct link_peer *peer)
{
    arena_free(peer->ahead_arena);
    peer->ahead_arena = NULL;
    peer->ahead = (struct peer_checkpoint){0};
}

static struct status remember(struct link_peer *peer, const struct peer_checkpoint *step)
{
    struct arena *arena = arena_new(AHEAD_ARENA_BYTES);
    struct peer_checkpoint copy;
    struct status s = arena == NULL ? FAIL(MEMORY) : peer_checkpoint_copy(arena, step, &copy);
    if (failed(s)) {
        arena_free(arena);
        return s;
    }
    peer_drop_ahead(peer);
    peer->ahead_arena = arena;
    peer->ahead = copy;
    return OK;
}

struct status peer_catch_up(struct exchange_link *l, const struct proved *proved)
{
    struct link_peer *peer = l->peer;
    const struct peer_checkpoint *ahead = &peer->ahead;
    if (ahead->size == 0 || !proved->receipt.has_proof || proved->receipt.old_size != ahead->size ||
        ahead->size == peer->kept.size || !slice_equal(proved->note.origin, ahead->origin))
        return OK;
    struct foreign_log *log = foreign_find(l->exchange, ahead->origin);
    if (log == NULL || !may_step(&log->taken_ms, 2 * PEER_STEPS, peer->ahead_at.mono_ms))
        return REFUSE(PEER_RATE);
    peer_keep(l, ahead, peer->ahead_at);
    peer_advance(l, ahead);
    peer_drop_ahead(peer);
    return OK;
}

/* Of a log that another one has succeeded nothing may be told again: what is told is its end. */
static bool is_over(const struct exchange_link *l, struct slice origin)
{
    const struct gateway_row *row = peer_row(l);
    return row != NULL && directory_successor(row, origin) != NULL;
}

static struct status take_step(struct exchange_link *l, const struct peer_checkpoint *step,
                               struct moment now)
{
    const bool over = is_over(l, step->origin);
    struct foreign_log *log = over ? foreign_find(l->exchange, step->origin) : NULL;
    if (step->origin.length == 0)
        return OK; /* nothing new */
    if (over && (log == NULL || !may_step(&log->taken_ms, 2 * PEER_STEPS, now.mono_ms)))
        return REFUSE(PEER_RATE);
    if (l->peer->kept.size > 0 && !over) {
        l->peer->ahead_at = now;
        return remember(l->peer, step);
    }
    peer_advance(l, step);
    peer_keep(l, step, now);
    return OK;
}

static struct status take_told(struct exchange_link *l, struct arena *arena,
                               const struct proved *proved, struct moment now)
{
    struct peer_checkpoint step = {0};
    struct status s = peer_verify(l, arena, proved, &step);
    if (s.reason == REASON_CHECKPOINT_FORK)
        return peer_fork(l, &step, now);
    return failed(s) ? s : take_step(l, &step, now);
}

/* One with lines of others than the log is for its readers, and makes no step but the first. */
struct status link_take_checkpoint(struct exchange_link *l, struct arena *arena,
                                   const struct frame *frame, struct moment now)
{
    struct proved proved;
    if (l->peer == NULL)
        return REFUSE(FRAME_STATE);
    struct status s = prove_checkpoint(l, &frame->as.checkpoint, now, &proved);
    if (failed(s))
        return s;
    if (failed(s = peer_turn_to_log(l, arena, proved.note.origin)))
        return s;
    const bool is_first = l->peer->kept.size == 0, is_cosigned = proved.note.line_count > 1;
    if (!is_cosigned || is_first)
        s = take_told(l, arena, &proved, now);
    else
        s = peer_catch_up(l, &proved);
    return failed(s) || !is_cosigned ? s : peer_take_cosigned(l, &proved, now);
}
