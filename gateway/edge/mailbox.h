#ifndef EDGE_MAILBOX_H
#define EDGE_MAILBOX_H

/*
 * How other threads reach a worker: a locked list and an eventfd. Results are handed over in
 * batches; announcements of mail are sets of parties, so that a burst for one party stays one.
 */

#include "journal/journal.h"

#define MAILBOX_PARTIES 64 /* more at once: every link is looked at */

struct mailbox_content {
    struct journal_result *results; /* owned by the taker */
    char parties[MAILBOX_PARTIES][16];
    unsigned party_count;
    bool everybody; /* too many parties to name them */
    bool stop;
};

struct mailbox;

/** MEMORY, STORE */
struct status mailbox_new(struct mailbox **ret_mailbox);

/** Frees the mailbox and results that nobody took. NULL does nothing. */
void mailbox_free(struct mailbox *mailbox);

/** The descriptor that becomes readable when there is something. */
int mailbox_fd(const struct mailbox *mailbox);

/** Any thread: puts a list of results, a party, or the order to stop. */
void mailbox_put_results(struct mailbox *mailbox, struct journal_result *results);
void mailbox_put_party(struct mailbox *mailbox, struct slice party);
void mailbox_put_stop(struct mailbox *mailbox);

/** The worker: takes all that is there and rearms the descriptor. */
void mailbox_take(struct mailbox *mailbox, struct mailbox_content *ret_content);

#endif
