#ifndef COMITY_HOLDINGS_H
#define COMITY_HOLDINGS_H

/* What the archive has of one message: the message as far as it is there, and its receipts. */

#include "audit/entry.h"
#include "comity/exits.h"
#include "message/seal.h"

#define HOLDINGS_MAX 64 /* receipts of one message */

/** An entry that the archive has a receipt of. */
struct held_receipt {
    struct slice octets;
    struct outer outer; /* what the entry is, by the receipt's own words */
    size_t place;       /* among the receipts of a delivery */
};

/** All lives in the arena. */
struct holdings {
    struct arena *arena;
    const char *id; /* UUID of the message */
    struct held_receipt receipts[HOLDINGS_MAX];
    size_t count;
    const struct envelope *envelope; /* NULL: the message is not there */
    struct slices fields, derived;
    struct slices releases;   /* of a received message, one per hop */
    struct slice certificate; /* of the seal, DER; empty where the archive has none */
    bool failed;              /* memory is out, or a record is not what it should be */
};

/** Gathers what there is; arena and id are set. COMITY_FAILED, COMITY_VERIFY */
enum comity_exit holdings_gather(struct holdings *holdings, struct comity *comity,
                                 struct comity_fault *reterr);

/**
 * The receipt that is meant; NULL if there is none.
 *
 * stage    "accepted", "not-delivered", "held", ...; NULL: of what became of an own message first,
 *          or of the disclosure to the recipient
 * gateway  whose entry; NULL: anybody's, the sender's first
 */
const struct held_receipt *holdings_choose(const struct holdings *holdings, const char *stage,
                                           const char *gateway);

#endif
