#ifndef APP_RECEIVED_H
#define APP_RECEIVED_H

/*
 * What peers have given us, in the folder `received` beside the journal:
 *
 *     revocations-XC.pem                 revocation lists, in use where they are the newest
 *     law-5-0123456789abcdef-XC-GW-01/offer      an object of the rulebook that is offered: what it
 *                                                is
 *     law-5-0123456789abcdef-XC-GW-01/files/...  and its files; an operator accepts it or does not
 *     law-5-0123456789abcdef-XC-GW-01/signatures/...  and its signatures, where it has any
 *
 * An offer is of one peer, so that no peer can do away with those of another one.
 */

#include "base/arena.h"
#include "exchange/objects.h"

#define RECEIVED_PATH_BYTES 4096
#define OFFERS_PEER_MAX     8U  /* of one peer, one of each object */
#define OFFERS_MAX          64U /* of all peers */

/** The folder; NULL when memory is out. */
char *received_folder(struct arena *arena, const char *journal);

/** The file with the lists of a State; NULL when memory is out. */
char *received_lists(struct arena *arena, const char *journal, struct slice state);

/** An object that a peer offers. */
struct offer {
    char object[OBJECT_NAME_BYTES]; /* "law" */
    uint64_t number;
    struct digest digest;
    char peer[16];     /* which has it */
    uint64_t since_ms; /* Unix */
    char folder[RECEIVED_PATH_BYTES];
};

struct offers {
    struct offer *at;
    size_t count;
};

/** Whether an object of this number is newer than ours: then it is an offer. */
bool offer_is_newer(const struct objects *objects, struct slice name, uint64_t number);

/** Whether it is the very object that we have: then it is an offer where it is signed for longer.
 */
bool offer_is_ours(const struct objects *objects, struct slice name, uint64_t number,
                   const struct digest *digest);

/** The offers that lie in a folder, the oldest first; what is no offer is passed over. A folder
 * that is not there is empty. STORE, MEMORY */
struct status offers_read(struct arena *arena, const char *received, struct offers *ret_offers);

/** What an offer is made of: its files, and its signatures, sorted by the names of their files. */
struct offer_content {
    struct text_files files, signatures;
};

/**
 * Keeps an offer, whose folder is not looked at, with its files. The peer's earlier one of the same
 * object goes, also the very same one where it has other signatures, and where there are too many
 * the oldest of this peer, or of the one with the most. *ret_is_new: no peer had offered it before.
 * STORE, FULL, MEMORY
 */
struct status offer_keep(struct arena *arena, const char *received, const struct offer *offer,
                         const struct offer_content *content, bool *ret_is_new);

/** Removes what is neither newer than our objects nor has signatures that ours lack. STORE, MEMORY
 */
struct status offers_sweep(struct arena *arena, const char *received,
                           const struct objects *objects);

#define OFFER_WHY_BYTES 600

struct offer_judging {
    const struct objects *objects;                  /* in use */
    const struct rulebook_authorities *authorities; /* NULL: no signature is asked for */
    uint64_t at_ms;
    const struct directory *directory; /* in force: what it says of logs that ended stays */
};

/**
 * Whether an object, together with our others, is a whole rulebook, in which it has that number and
 * digest, has the signatures that are asked for, and still closes what ours closes (closings.h).
 *
 * by           what it is judged by
 * ret_content  its own, paths relative to the object, and of its signatures those that count, one
 *              of each certificate; in the arena, borrowed from it
 * why          a sentence where it is refused
 *
 * REFUSED, CONFIG, MEMORY
 */
struct status offer_judge(struct arena *arena, const struct offer_judging *by,
                          const struct object *offered, struct offer_content *ret_content,
                          char why[static OFFER_WHY_BYTES]);

/** Of signatures those that count, as offer_content has them. Part of both. MEMORY */
struct status offer_name_counting(struct arena *arena, const struct signatures_verdict *verdict,
                                  const struct slices *signatures, struct text_files *ret_named);

/**
 * Whether the very object that we have comes with signatures by which, together with ours, it is
 * signed for longer.
 *
 * until_ms      until when ours hold
 * ret_content   as offer_judge, with ours that still count
 * ret_until_ms  until when those hold
 *
 * ABSENT: it does not;  REFUSED, MEMORY
 */
struct status offer_renews(struct arena *arena, const struct offer_judging *by,
                           const struct object *offered, uint64_t until_ms,
                           struct offer_content *ret_content, uint64_t *ret_until_ms);

#endif
