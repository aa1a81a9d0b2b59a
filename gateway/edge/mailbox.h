#ifndef EDGE_MAILBOX_H
#define EDGE_MAILBOX_H

/*
 * How other threads reach a worker: a locked list and an eventfd. Results are handed over in
 * batches; announcements of mail are sets of parties, so that a burst for one party stays one; of
 * states to work by, only the last one counts.
 */

#include "edge/worker.h"

#define MAILBOX_PARTIES 64 /* more at once: every link is looked at */

struct mailbox_content {
    struct journal_result *results; /* owned by the taker */
    char parties[MAILBOX_PARTIES][16];
    unsigned party_count;
    bool everybody;             /* too many parties to name them */
    struct workers_state state; /* owned by the taker; snapshot NULL: none */
    bool sweep;
    bool stop;
};

struct mailbox;

/** MEMORY, STORE */
struct status mailbox_new(struct mailbox **ret_mailbox);

/** Frees the mailbox and what nobody took out of it. NULL does nothing. */
void mailbox_free(struct mailbox *mailbox);

/** The descriptor that becomes readable when there is something. */
int mailbox_fd(const struct mailbox *mailbox);

/** Any thread: puts a list of results, a party, or an order. */
void mailbox_put_results(struct mailbox *mailbox, struct journal_result *results);
void mailbox_put_party(struct mailbox *mailbox, struct slice party);
void mailbox_put_sweep(struct mailbox *mailbox);
void mailbox_put_stop(struct mailbox *mailbox);

/** Any thread: puts a state, which is held, in the place of one that was not taken yet. */
void mailbox_put_state(struct mailbox *mailbox, const struct workers_state *state);

/** The worker: takes all that is there and rearms the descriptor. */
void mailbox_take(struct mailbox *mailbox, struct mailbox_content *ret_content);

/** Lets go of a state that was taken. A zeroed one does nothing. */
void mailbox_drop_state(struct workers_state *state);

#endif
