#ifndef JOURNAL_WRITE_STEPS_H
#define JOURNAL_WRITE_STEPS_H

/* What the kinds of postings share on their way into the database. */

#include "journal/write.h"

/** One entry to append. */
struct addition {
    const struct outer *outer;
    const struct inner *inner;
    struct slice release; /* octets; empty without one */
    bool about;           /* a message, whose number follows */
    uint64_t message;
    const struct entry_keys *keys; /* NULL: the posting's */
    bool aside;                    /* who posted is answered with another entry */
};

/** Which way a message goes through this gateway. */
enum way {
    WAY_HOME, /* from one of its parties to another */
    WAY_OUT,  /* to a peer */
    WAY_IN,   /* from a peer */
    WAYS
};

enum way message_way(const struct message_row *row);

/** Puts a message at a stage, with what follows from it: whether it waits in its box, and which
 * failure is due when. */
void message_at(struct message_row *row, enum stage stage);

/** The time of the next entry for a posting: never before the last one's. */
uint64_t entry_time(const struct writing *w, const struct posting *posting);

/** The number of the next entry. */
static inline uint64_t entry_next(const struct writing *w)
{
    return w->tree.base + w->tree.edge.size;
}

/** Makes the entry, keeps its records encrypted, lets the tree grow, fills the item for the
 * receipt. */
struct status entry_append(struct writing *w, struct item *item, const struct addition *addition);

/** Answers with an entry that is there already. */
struct status item_repeat(struct item *item, uint64_t index);

/** Before the posting's entry is appended: remembers which thread it belongs to, and that this is
 * confidential where it claims that. */
struct status thread_note(struct writing *w, const struct posting *posting);

/** DISCLOSURE, HOLD */
struct status message_write(struct writing *w, struct item *item);

/** STAGE */
struct status stage_write(struct writing *w, struct item *item);

/** Whether a stage may come next. */
bool stage_may_follow(enum stage now, uint64_t next);

/** Moves the message and queues the notice of it; entry is 0 where a peer's receipt says so. */
struct status stage_move(struct writing *w, struct message_row *row, enum stage stage,
                         uint64_t entry);

/** REMOTE_STAGE */
struct status remote_stage_write(struct writing *w, struct item *item);

/**
 * Keeps the posting's checkpoint of a peer's log; nothing where there is none.
 * REFUSED checkpoint.fork: the evidence is kept
 */
struct status peer_write(struct writing *w, const struct item *item);

/** REWIND */
struct status rewind_write(struct writing *w, struct item *item);

/** Whether the message was handed over to a peer and waits to be handed over again. */
static inline bool message_is_rewound(const struct message_row *row)
{
    return row->waiting && row->relayed == 0 &&
           (row->stage == STAGE_RELAYED || row->stage == STAGE_DELIVERED);
}

/** ERASURE */
struct status erasure_write(struct writing *w, struct item *item);

/** REFUSED erasure.needed, erasure.held: of an entry's openings something is still made, or the
 * message that it is about is on hold */
struct status openings_allow(struct writing *w, struct arena *arena,
                             const struct with_openings *entry);

struct openings_run {
    size_t erased;
    uint64_t last_ms; /* of the last one's entry */
    bool more;        /* some may be left for the next run */
};

/** Destroys openings that are kept no longer and no more needed: some, beginning where the run
 * before this one has ended. */
struct status openings_retain(struct writing *w, uint64_t now_ms, struct openings_run *ret_run);

/** Whether nothing more is to become of a message. */
static inline bool message_is_finished(const struct message_row *row)
{
    return row->stage == STAGE_RETRIEVED || row->stage >= STAGE_REJECTED;
}

/** Whether its octets were there once and are no more. */
static inline bool message_is_erased(const struct message_row *row)
{
    return row->kind != ENTRY_REFUSAL && row->wrapped.at == NULL;
}

/** KEYS */
struct status keys_write(struct writing *w, struct item *item);

/** NOTICE_TAKEN */
struct status notice_taken_write(struct writing *w, struct item *item);

#endif
