#ifndef JOURNAL_ITEM_H
#define JOURNAL_ITEM_H

/* A posting on its way through the queue: a copy that owns all it needs, and its result. */

#include "journal/journal.h"

struct item {
    struct item *next;
    struct arena *arena; /* owns what the posting points to and what is made of it */
    struct posting posting;
    journal_done *done;
    size_t bytes; /* counted against the queue */
    struct journal_result *result;
    bool spoiled;         /* it failed halfway: its batch is written without it */
    bool has_entry;       /* result->index is an entry that a receipt is wanted for */
    struct slice entry;   /* of a new entry; empty for a repeat, which is read back */
    struct slice opening; /* outer key and record of a new entry */
};

/** Copies a posting; the result is made here, so that there always is one to give. MEMORY */
struct status item_new(const struct posting *posting, journal_done *done, struct item **ret_item);

/** Forgets what an attempt to write the item, which was taken back, has left in it. */
void item_clear(struct item *item);

/** Frees the item, and the result where it was not taken out. NULL does nothing. */
void item_free(struct item *item);

/** Names the box of a notice in a result. MEMORY */
struct status result_tell(struct journal_result *result, struct slice box);

/** Gives a result its receipt; takes the buffer over. */
void result_receipt(struct journal_result *result, struct buffer *receipt);

/** Whether it is new work, which is shed first: everything but stages, notices taken, checkpoints,
 * erasures and the entries of the journal itself and of its operator. */
bool posting_is_new_work(const struct posting *posting);

/** The key of the message that a posting is about; all empty if there is none. */
struct message_key posting_key(const struct posting *posting);

/** Copies everything that a posting points to into the arena. MEMORY */
struct status posting_copy(struct arena *arena, const struct posting *posting,
                           struct posting *ret_posting);

#endif
