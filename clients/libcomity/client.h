#ifndef LIBCOMITY_CLIENT_H
#define LIBCOMITY_CLIENT_H

/* Inside of the library: an opened context, and its link when one is needed. */

#include "crypto/key.h"
#include "libcomity/archive.h"
#include "libcomity/connection.h"
#include "policy/rulebook.h"

#define CLIENT_ARENA_BYTES (64U << 20) /* for one call */

struct comity {
    struct comity_context context;
    struct comity_options options; /* home and context are not kept */
    struct rulebook *rulebook;
    const struct gateway_row *home; /* the own gateway's row in the directory */
    struct key *sealing_key;
    struct certificate *sealing_certificate;
    struct tls_context *tls; /* NULL until the first link */
    struct archive *archive;
    struct connection *link; /* NULL until one is needed */
};

/** Own party, "XA-CA-01". */
struct slice client_party(const struct comity *c);

/** The link to the gateway: the one there is, or a new one. CONFIG, NETWORK, MEMORY */
struct status client_link(struct comity *c, struct connection **ret_link,
                          struct comity_fault *reterr);

/** Gives a broken link up; the next client_link makes a new one. */
void client_drop_link(struct comity *c);

/**
 * Asks the gateway; the rows live in the arena.
 *
 * ABSENT  it answered E_UNKNOWN;  NETWORK, or CONFIG for another refusal
 */
struct query_args;
struct status client_query(struct comity *c, struct arena *arena, const struct query_args *args,
                           struct answer *ret_answer, struct comity_fault *reterr);

/** Sees one row of an answer, which lives in the arena for the call. REFUSED: it is no such row;
 * any other failure stops the walk as it is. */
typedef struct status client_row(void *owner, struct arena *arena, struct slice row);

/** Asks for page after page, from args->after on, and visits all rows. As client_query. */
struct status client_query_each(struct comity *c, const struct query_args *args, client_row *visit,
                                void *owner, struct comity_fault *reterr);

#endif
