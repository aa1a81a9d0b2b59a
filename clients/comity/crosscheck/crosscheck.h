#ifndef COMITY_CROSSCHECK_H
#define COMITY_CROSSCHECK_H

/*
 * What somebody has of a log, receipts and checkpoints, compared with all leaves of the log in
 * their order. One pass in which nothing of the log is kept: how large it is does not matter.
 */

#include "crypto/merkle.h"

enum crosscheck_verdict {
    CROSSCHECK_AGREES,
    CROSSCHECK_OMITTED,    /* the log has no such entry, and what stood behind it has moved up */
    CROSSCHECK_ALTERED,    /* another entry stands in its place */
    CROSSCHECK_MOVED,      /* the log has it, but elsewhere */
    CROSSCHECK_DUPLICATED, /* the log has it more than once */
    CROSSCHECK_BEYOND,     /* the log is not as long, and does not have it */
    CROSSCHECK_VERDICTS
};

/** "agrees", "omitted", "altered", "moved", "duplicated", "beyond". */
const char *crosscheck_verdict_name(enum crosscheck_verdict verdict);

/** An entry that was proved to be in the log. Texts are the caller's. */
struct crosscheck_receipt {
    struct digest leaf;
    uint64_t index;
    const char *id;    /* UUID of the message */
    const char *stage; /* "disclosure", "delivered", "held", ... */
    /* Set by the pass: */
    enum crosscheck_verdict verdict;
    uint64_t seen;  /* how often it is in the log */
    uint64_t at[2]; /* where first and last */
    bool in_place;
};

/** A checkpoint that the log has signed before. Texts are the caller's. */
struct crosscheck_checkpoint {
    uint64_t size;
    struct digest root;
    struct slice note; /* as it was signed */
    const char *id;    /* of the message whose receipt has it; empty: the last that was kept */
    /* Set by the pass: */
    bool reached, holds; /* the log is as long; and had this root then */
};

/** All that there is of one log. The arrays are owned. */
struct crosscheck_log {
    const char *origin; /* the caller's */
    struct crosscheck_receipt *receipts;
    struct crosscheck_receipt **by_leaf;
    size_t receipt_count, receipt_room;
    struct crosscheck_checkpoint *checkpoints;
    size_t checkpoint_count, checkpoint_room;
};

/** Adds one. MEMORY */
struct status crosscheck_add_receipt(struct crosscheck_log *log,
                                     const struct crosscheck_receipt *receipt);
struct status crosscheck_add_checkpoint(struct crosscheck_log *log,
                                        const struct crosscheck_checkpoint *checkpoint);

void crosscheck_log_done(struct crosscheck_log *log);

/** The largest size that the log has signed, as far as is known. */
uint64_t crosscheck_log_size(const struct crosscheck_log *log);

struct crosscheck_pass {
    struct crosscheck_log *log;
    struct merkle_edge edge;
    size_t checkpoint; /* the next one, by size */
};

/** Sorts what is there, once for each of the same, and begins. MEMORY */
struct status crosscheck_begin(struct crosscheck_log *log, struct crosscheck_pass *ret_pass);

/** The log's next leaf. */
void crosscheck_leaf(struct crosscheck_pass *pass, const struct digest *leaf);

/** The log is over: judges every receipt. Gives the root of all leaves. */
struct digest crosscheck_end(struct crosscheck_pass *pass);

/** How many receipts have this verdict. */
size_t crosscheck_count(const struct crosscheck_log *log, enum crosscheck_verdict verdict);

#endif
