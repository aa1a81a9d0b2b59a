#ifndef AUDIT_CHAIN_STEPS_H
#define AUDIT_CHAIN_STEPS_H

/* The parts of chain_verify; for audit/ alone. Hops are counted from 1, arrays from 0. */

#include "audit/chain.h"
#include "wire/names.h"

/** What is known of a delivery while it is verified. */
struct chain {
    struct arena *arena;
    const struct deliver *deliver;
    const struct directory *directory;
    const struct reader_state *reader;
    const struct envelope *envelope;
    const struct contents *contents;
    size_t hops;                                  /* that must be there */
    const struct gateway_row *gateways[HOPS_MAX]; /* from home to home */
    const struct gateway_row *destination;        /* home of `to` */
    struct release releases[HOPS_MAX];
    struct proved receipts[HOPS_MAX];
};

/**
 * Step 6: one hop's release and receipt.
 * REFUSED  release.size .. release.member, receipt.size .. receipt.time, release.previous,
 *          release.dropped
 */
struct status hop_verify(struct chain *chain, size_t hop);

/** Step 10 for one hop. REFUSED note.*, witness.*, checkpoint.unproved, checkpoint.fork */
struct status witnesses_verify(const struct chain *chain, size_t hop);

#endif
