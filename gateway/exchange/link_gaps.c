/* Proofs that parties miss of a peer's log: exchange/gaps.h. */

#include "exchange/link_peer.h"
#include "session/query.h"

#define GAP_ARENA_BYTES (256U << 10)
#define GAP_AGAIN_MS    2000U /* until it is looked again whether the log was told so far */

static struct gaps *gaps_of(const struct exchange_link *l)
{
    return l->exchange->settings.gaps;
}

void gap_begin(struct exchange_link *l, struct moment now)
{
    fetch_of(l)->gap_ms = gaps_of(l) == NULL ? 0 : now.mono_ms;
}

void gap_wake(struct exchange_link *l, struct moment now)
{
    if (fetch_of(l)->gap_ms != 0 && fetch_of(l)->gap_ms <= now.mono_ms)
        return;
    gap_begin(l, now);
    fetch_go_on(l, now);
    l->exchange->settings.dirty(l->owner); /* another deadline may count now */
}

/* The first that is kept of its log behind it, from which the steps go on: further, and nobody
 * would come to one that lies between. Of size 0 where none is. */
static struct status read_end(const struct exchange_link *l, const struct gap *gap,
                              struct kept_checkpoint *ret_end)
{
    struct peer_checkpoint kept = {0};
    struct arena *arena = arena_new(GAP_ARENA_BYTES);
    struct slice origin = slice_text(gap->origin);
    struct status s = arena == NULL ? FAIL(MEMORY)
                                    : journal_peer_checkpoint_after(l->exchange->reader, arena,
                                                                    origin, gap->old_size, &kept);
    arena_free(arena);
    if (failed(s) && s.code != CODE_ABSENT)
        return s;
    *ret_end = (struct kept_checkpoint){origin, kept.size, kept.root};
    return OK;
}

/* Where the peer's log was not told as far as the party has seen it, it is asked whether it goes so
 * far: CHECKPOINT will tell it. */
bool gap_question(struct exchange_link *l, struct moment now, struct query_args *ret_args)
{
    struct link_fetch *f = fetch_of(l);
    const uint64_t until_ms = now.mono_ms + FETCH_ANSWER_MS + GAP_AGAIN_MS;
    struct query_args args = {.what = QUERY_CHECKPOINT};
    if (f->gap_ms == 0 || now.mono_ms < f->gap_ms)
        return false;
    if (!gaps_take(gaps_of(l), link_party(l), now.mono_ms, until_ms, &f->gap, &f->gap_ms))
        return false;
    f->gap_ms = now.mono_ms; /* there may be more */
    struct status s = read_end(l, &f->gap, &f->gap_end);
    if (failed(s)) {
        link_say(l, now, "peer.unfetched", "QUERY", s);
        return false;
    }
    args.origin = slice_text(f->gap.origin);
    if (f->gap_end.size > 0) {
        args.what = QUERY_CONSISTENCY;
        args.old_size = f->gap.old_size;
        args.new_size = f->gap_end.size;
    }
    *ret_args = args;
    return true;
}

/* What does not lead to the checkpoint that is kept here is no proof: no party is to judge by it.
 */
static struct status take_proof(struct exchange_link *l, struct arena *arena, struct slice octets,
                                struct moment now)
{
    const struct link_fetch *f = fetch_of(l);
    struct peer_checkpoint step = {.size = f->gap_end.size, .root = f->gap_end.root};
    struct status s = consistency_row_parse(arena, octets, &step.path);
    if (failed(s))
        return s;
    if (merkle_leads(f->gap.old_size, step.size, &step.root, step.path))
        return gaps_close(gaps_of(l), &f->gap, &step);
    link_say(l, now, "peer.unproved", "ANSWER", REFUSE(CHECKPOINT_UNPROVED));
    gaps_refuse(gaps_of(l), &f->gap);
    return OK;
}

static struct status take_checkpoint(struct exchange_link *l, struct slice octets,
                                     struct moment now)
{
    const struct link_fetch *f = fetch_of(l);
    const struct gateway_row *row = peer_row(l);
    const struct log_row *log;
    struct slice text;
    struct note note;
    struct status s = row == NULL ? REFUSE(ROUTE_UNKNOWN) : checkpoint_row_parse(octets, &text);
    if (!failed(s))
        s = checkpoint_prove(text, row, now.wall_ms, &note, &log);
    if (!failed(s) && !slice_is(note.origin, f->gap.origin))
        s = REFUSE(NOTE_ORIGIN);
    if (failed(s))
        return s;
    if (note.size < f->gap.old_size)
        gaps_refuse(gaps_of(l), &f->gap);
    else
        gaps_put_back(gaps_of(l), &f->gap, now.mono_ms + GAP_AGAIN_MS);
    return OK;
}

struct status gap_answer(struct exchange_link *l, struct arena *arena, const struct answer *answer,
                         struct moment now)
{
    if (answer->rows.count != 1)
        return REFUSE(FRAME_SHAPE);
    struct slice row = answer->rows.at[0];
    return answer->what == QUERY_CONSISTENCY ? take_proof(l, arena, row, now)
                                             : take_checkpoint(l, row, now);
}

void gap_refused(struct exchange_link *l, const struct refuse *refuse)
{
    if (slice_is(refuse->code, refusal_name(REFUSAL_UNKNOWN)))
        gaps_refuse(gaps_of(l), &fetch_of(l)->gap);
}
