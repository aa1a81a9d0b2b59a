#ifndef EXCHANGE_PEER_NOTES_H
#define EXCHANGE_PEER_NOTES_H

/*
 * What the witnesses of other gateways' logs have cosigned, as these gateways tell it: of each log,
 * for readers of each State that has a witness of it, the newest checkpoint that has the log's
 * quorum. A log is seldom kept at the size of such a checkpoint; a consistency proof joins it to a
 * step that is (journal_peer_steps).
 *
 * All workers of a gateway share one: parties have their links at one worker, the peer its own at
 * another. Nothing is durable: after a restart the peer tells again, once its link is open.
 */

#include "audit/note.h"
#include "journal/journal.h"

#define PEER_NOTES_MAX 4096U /* in all: 15 of each log, as the directory has them */

struct peer_notes;

struct status peer_notes_new(struct peer_notes **ret_notes); /* MEMORY */
void peer_notes_free(struct peer_notes *notes);              /* NULL does nothing */

/** A cosigned checkpoint and the step that it is joined to, of another size or of the same. */
struct peer_note {
    struct peer_checkpoint at; /* old_size is the step's: where it is the larger one, the path leads
                                  from here to it */
    struct digest old_root;    /* the step's */
    uint64_t since_s;          /* Unix: when the quorum had cosigned it */
};

/**
 * Keeps a note for readers of a State, as a copy; one that is smaller than what is kept for them
 * only when that is of no use any more.
 *
 * FULL, MEMORY: what was kept stays
 */
struct status peer_notes_keep(struct peer_notes *notes, struct slice state,
                              const struct peer_note *note, uint64_t now_ms);

/** What readers of a State are given now, in the arena. ABSENT: nothing that is fresh; MEMORY */
struct status peer_notes_find(struct peer_notes *notes, struct arena *arena, struct slice origin,
                              struct slice state, uint64_t now_ms, struct peer_note *ret_note);

/** What is kept of a log for one State, as it is shown to the operator. */
struct peer_note_view {
    char state[3];
    uint64_t size, since_s;
};

/** The index-th State's of a log; false past the last one. Any thread. */
bool peer_notes_at(struct peer_notes *notes, struct slice origin, size_t index,
                   struct peer_note_view *ret_view);

/** A copy that lives in the arena. MEMORY */
struct status peer_checkpoint_copy(struct arena *arena, const struct peer_checkpoint *step,
                                   struct peer_checkpoint *ret_copy);

#endif
