/*
 * CHECKPOINT between gateways that carries what witnesses have cosigned: ours, and the peer's.
 *
 * It is joined to the last step that was proved on the link, which may be the larger of the two:
 * witnesses are a moment behind. It makes no step and moves nothing on. What was joined to a
 * smaller step is told once more when a receipt has gone past it, joined to the larger one then:
 * both ways a reader comes from any step of the log to it.
 */

#include "audit/cosigned.h"
#include "exchange/link_peer.h"
#include "exchange/peer_notes.h"
#include "journal/cosigned.h"

#define COSIGNED_ARENA_BYTES (256U << 10)

/* ---- ours ---- */

static bool is_passed(const struct exchange_link *l)
{
    return l->peer->cosigned_ahead > 0 && l->reader_size > l->peer->cosigned_ahead;
}

uint64_t peer_cosigned_at(const struct exchange_link *l)
{
    const uint64_t least = l->peer->checkpoint_ms + PEER_COSIGNED_MS;
    return is_passed(l) || least > l->peer->cosigned_ms ? least : l->peer->cosigned_ms;
}

static struct status give_note(struct exchange_link *l, struct arena *arena, struct slice text,
                               struct moment now)
{
    struct note note;
    struct frame f = {.kind = FRAME_CHECKPOINT};
    struct checkpoint_frame *c = &f.as.checkpoint;
    const uint64_t step = l->reader_size;
    struct status s = note_parse(text, &note);
    if (!failed(s) && step > 0 && note.size != step)
        s = journal_consistency(l->exchange->reader, arena, note.size < step ? note.size : step,
                                note.size < step ? step : note.size, &c->path);
    if (failed(s))
        return s;
    c->origin = note.origin;
    c->note = text;
    c->old_size = step;
    s = link_give(l, &f, now);
    if (failed(s))
        return s;
    l->peer->checkpoint_ms = now.mono_ms;
    if (step == 0) /* the first of the log: it is a step itself */
        l->reader_size = l->peer->told_size = note.size;
    else if (note.size > step)
        l->peer->cosigned_ahead = note.size;
    return OK;
}

static struct status give_cosigned(struct exchange_link *l, struct arena *arena, struct moment now)
{
    struct slice text;
    uint64_t serial;
    struct status s = journal_cosigned_after(l->exchange->reader, arena, l->peer->cosigned_serial,
                                             now.wall_ms, &text, &serial);
    if (!failed(s))
        s = give_note(l, arena, text, now);
    if (!failed(s))
        l->peer->cosigned_serial = serial;
    return s.code == CODE_ABSENT ? OK : s;
}

void peer_tell_cosigned(struct exchange_link *l, struct moment now)
{
    struct link_peer *peer = l->peer;
    if (now.mono_ms < peer_cosigned_at(l))
        return;
    if (is_passed(l))
        peer->cosigned_serial = peer->cosigned_ahead = 0;
    peer->cosigned_ms = now.mono_ms + PEER_COSIGNED_MS;
    if (l->out.length >= LINK_OUTPUT_HIGH)
        return;
    struct arena *arena = arena_new(COSIGNED_ARENA_BYTES);
    struct status s = arena == NULL ? FAIL(MEMORY) : give_cosigned(l, arena, now);
    if (failed(s))
        link_say(l, now, "checkpoint.untold", "CHECKPOINT", s);
    arena_free(arena);
}

/* ---- the peer's ---- */

/* Whether the note and the step at hand are one history. */
static bool is_joined(const struct kept_checkpoint *step, const struct peer_checkpoint *at)
{
    if (at->size == step->size)
        return at->path.count == 0 && digest_equal(&at->root, digest_slice(&step->root));
    return at->size < step->size
               ? merkle_consistent(at->size, step->size, &at->root, &step->root, at->path)
               : merkle_consistent(step->size, at->size, &step->root, &at->root, at->path);
}

static struct status keep_for_states(const struct exchange_link *l, const struct log_row *log,
                                     const struct peer_note *note, struct moment now)
{
    struct peer_notes *notes = l->exchange->settings.notes;
    struct status s = OK;
    for (size_t i = 0; i < log->witness_count && !failed(s); i++)
        if (cosigned_serves(note->at.note, log, log->witnesses[i].state))
            s = peer_notes_keep(notes, log->witnesses[i].state, note, now.wall_ms);
    return s;
}

struct status peer_take_cosigned(struct exchange_link *l, const struct proved *proved,
                                 struct moment now)
{
    const struct kept_checkpoint *step = &l->peer->kept;
    const struct peer_note note = {
        .at = {.origin = proved->note.origin,
               .size = proved->note.size,
               .root = proved->note.root,
               .note = proved->note.text,
               .old_size = step->size,
               .path = proved->receipt.proof},
        .old_root = step->root,
        .since_s = cosigned_since(proved->note.text, proved->log),
    };
    const uint64_t told = proved->receipt.has_proof ? proved->receipt.old_size : note.at.size;
    if (step->size != told)
        return REFUSE(CHECKPOINT_UNPROVED);
    if (!is_joined(step, &note.at))
        return peer_fork(l, &note.at, now);
    struct status s = cosigned_check(&proved->note, proved->log);
    if (failed(s))
        return s;
    if (failed(s = keep_for_states(l, proved->log, &note, now)))
        link_say(l, now, "peer.unkept", "CHECKPOINT", s); /* the next one may find room */
    return OK;
}
