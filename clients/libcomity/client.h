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
    uint64_t until_ms;       /* monotonic; no step of this call is begun after it */
};

/**
 * Begins a call, in whichever thread it is: empties the fault and sets the time for all of its
 * steps, which is wait_ms and ten times the time for one. CRYPTO, MEMORY
 */
struct status client_begin(struct comity *c, uint64_t wait_ms, struct comity_fault *reterr);

/** Own party, "XA-CA-01". */
struct slice client_party(const struct comity *c);

/** Reads the context and its rulebook, and finds the own gateway in there. CONFIG, CRYPTO, MEMORY
 */
struct status client_load(struct comity *c, const struct comity_options *options,
                          struct comity_fault *reterr);

/** Makes the TLS context where there is none yet. CONFIG with exit 4, MEMORY */
struct status client_tls(struct comity *c, struct comity_fault *reterr);

/** What HELLO says of the rulebook; the checkpoints are left alone. MEMORY */
struct status client_versions(const struct comity *c, struct arena *arena, struct hello *hello);

/**
 * Opens a link by the address of the context, or else by each of the directory's until one answers.
 * A gateway that has no room is dialled again for the time of one step. settings->address is then
 * the last that was tried, and lives in the context or the arena.
 *
 * CONFIG, NETWORK, CRYPTO, MEMORY
 */
struct status client_dial(struct comity *c, struct arena *arena,
                          struct connection_settings *settings, struct connection **ret_link,
                          struct comity_fault *reterr);

/** The link to the gateway: the one there is, or a new one. CONFIG, MEMORY; NETWORK, also when the
 * call's time is over */
struct status client_link(struct comity *c, struct connection **ret_link,
                          struct comity_fault *reterr);

/** As archive_lock, for the time of one step; ended by archive_unlock. STORE */
struct status client_lock(struct comity *c, struct comity_fault *reterr);

/**
 * What a walk through the archive ends with that passed over this many records which do not open:
 * OK for none, else CRYPTO, with exit 9 and what to do.
 */
struct status client_unsound(const struct comity *c, size_t count, struct comity_fault *reterr);

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

/**
 * The same; where the gateway has to ask another one first and says E_UNAVAILABLE with a waiting
 * time, asks again as long as until_ms (monotonic) is not reached. NETWORK then, too.
 */
struct status client_query_until(struct comity *c, struct arena *arena,
                                 const struct query_args *args, uint64_t until_ms,
                                 struct answer *ret_answer, struct comity_fault *reterr);

/** How long the gateway asks to wait before the same is tried again; 0: not at all. */
uint64_t client_retry_after(const struct frame *answer);

/** Sees one row of an answer, which lives in the arena for the call. REFUSED: it is no such row;
 * any other failure stops the walk as it is. */
typedef struct status client_row(void *owner, struct arena *arena, struct slice row);

/** Asks for page after page, from args->after on, and visits all rows. As client_query; NETWORK
 * also for more rows than anybody has. */
struct status client_query_each(struct comity *c, const struct query_args *args, client_row *visit,
                                void *owner, struct comity_fault *reterr);

#endif
