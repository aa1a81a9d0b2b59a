#ifndef LIBCOMITY_ACKNOWLEDGED_H
#define LIBCOMITY_ACKNOWLEDGED_H

#include "libcomity/client.h"
#include "libcomity/uuid.h"
#include "message/claims.h"

#define ACK_TYPE "mla.ack"

/**
 * Looks for an own acknowledgement of a received message, which a call before this one may have
 * left in the archive: one that was not refused, rather one that the gateway has. Records that do
 * not open are passed over: at worst the sender hears it twice. Until a new one is archived the
 * archive is to be locked.
 *
 * ret_id  empty where there is none
 *
 * STORE, MEMORY
 */
struct status acknowledged(struct comity *c, const struct claims *original,
                           char ret_id[static UUID_TEXT_BYTES], struct comity_fault *reterr);

#endif
