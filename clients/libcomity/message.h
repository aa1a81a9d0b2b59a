#ifndef LIBCOMITY_MESSAGE_H
#define LIBCOMITY_MESSAGE_H

/* One received message, from the archive or fetched from the gateway, verified either way. */

#include "audit/chain.h"
#include "libcomity/client.h"
#include "libcomity/records.h"
#include "session/query.h"

/**
 * Opens the message with this id; one that was not archived yet is archived and taken (stage
 * delivered).
 *
 * ABSENT   there is none;  REFUSED  it does not verify;  NETWORK, STORE, MEMORY
 */
struct status message_open(struct comity *c, struct arena *arena, struct slice id,
                           const struct delivery_verified **ret_delivery,
                           struct comity_fault *reterr);

/**
 * Verifies a message that is still with the gateway. It is not archived and nobody is told.
 *
 * ABSENT   there is none;  REFUSED  it does not verify;  NETWORK, STORE, MEMORY
 */
struct status message_look(struct comity *c, struct arena *arena, const struct message_key *key,
                           const struct delivery_verified **ret_delivery,
                           struct comity_fault *reterr);

/** Opens the seal of an archived message, which was verified before it was kept. STORE, MEMORY */
struct status message_unseal(struct arena *arena, const struct kept_message *kept,
                             const struct envelope **ret_envelope);

/** Sees one row of the inbox; stops the walk by failing. The row is borrowed for the call. */
typedef struct status inbox_visit(void *owner, const struct inbox_row *row);

/** Visits the inbox, oldest first; thread: 16 octets, or empty for all. */
struct status inbox_each(struct comity *c, struct slice thread, inbox_visit *visit, void *owner,
                         struct comity_fault *reterr);

#endif
