#ifndef LIBCOMITY_SEND_H
#define LIBCOMITY_SEND_H

/* A letter on its way, for comity_send and for replies: kept before anything of it is sent. */

#include "libcomity/client.h"

/** A sealed message for each recipient of a letter. */
struct sending;

/**
 * Composes, seals and archives the messages of a letter, a dry run's excepted; sends nothing.
 * To be freed.
 *
 * CONFIG  the letter cannot be sent as it is;  STORE, FULL, CRYPTO, MEMORY
 */
struct status sending_new(struct comity *c, const struct comity_letter *letter,
                          struct sending **ret_sending, struct comity_fault *reterr);

/** Submits all of them: what became of each is in *ret_sent, *reterr is that of the worst. MEMORY
 */
struct status sending_submit(struct comity *c, const struct sending *sending,
                             struct comity_sent **ret_sent, struct comity_fault *reterr);

void sending_free(struct sending *sending);

#endif
