#ifndef SUPPORT_WORLD_PARTS_H
#define SUPPORT_WORLD_PARTS_H

/* What the files of the world share. */

#include "support/world.h"

/** Stops the program unless good; what names what could not be set up. */
void world_need(bool good, const char *what);

/** What the journal of one world has answered and its exchange not taken. */
struct mailbox *world_mailbox_new(void);
void world_mailbox_free(struct mailbox *mailbox);

/** journal_done; owner is the mailbox. */
void world_mailbox_put(void *owner, struct journal_result *results);

struct journal_result *world_mailbox_take(struct mailbox *mailbox);

/** Waits until there is something; false past the deadline. */
bool world_mailbox_wait(struct mailbox *mailbox);

/** journal_done for a posting that only marks a place in the queue; owner is a bool. */
void world_fence_done(void *owner, struct journal_result *results);
bool world_fence_passed(const bool *flag);

/** The rulebook: policies/ and a directory with this key of XA-GW-01's log. */
struct rulebook *world_rulebook(const struct key *log_key);

/** Another one. */
struct rulebook_wanted {
    const struct key *log_key; /* of XA-GW-01 */
    const char *without;       /* less this party; NULL: none */
    const char *ends;          /* the row of this party ends with the day of WORLD_START_MS */
    bool apart, witnessed;
    unsigned law;                     /* 0: as policies/ says */
    const char *rules;                /* a file of rules besides; NULL: none */
    const struct object_lists *lists; /* revocation lists that are handed out */
    size_t list_count;
};
struct rulebook *world_rulebook_of(const struct rulebook_wanted *wanted,
                                   struct objects **ret_objects);

/** Makes the snapshot by the world's settings, less this party (NULL: none), with the revocations
 * of seals that the world has. The one before stays the caller's to drop. */
void world_snapshot(struct world *world, const char *without);

/** Waits until the journal has answered a posting that does nothing, behind all others. */
void world_fence(struct world *world);

/** The key of a gateway's log; the caller's. */
struct key *world_log_key(const char *gateway);

#endif
