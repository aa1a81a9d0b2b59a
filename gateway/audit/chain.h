#ifndef AUDIT_CHAIN_H
#define AUDIT_CHAIN_H

/*
 * "No receipt, no read": the checks 3 to 10 that a reader makes of a delivery, in their order. Only
 * chain_verify makes a `struct delivery_verified`; libcomity shows nothing without one.
 */

#include "audit/receipt.h"
#include "message/field.h"
#include "message/seal.h"

/** The last checkpoint of a log that the reader has kept. */
struct kept_checkpoint {
    struct slice origin;
    uint64_t size;
    struct digest root;
};

/** A consistency proof at hand, besides those inside receipts. */
struct consistency_proof {
    struct slice origin;
    uint64_t old_size, new_size;
    struct slices path;
};

/** Two checkpoints of a log which the reader has led to each other by its steps: they are one
 * history. */
struct led_checkpoints {
    struct slice origin;
    uint64_t old_size, new_size;
    struct digest old_root, new_root;
};

struct reader_state {
    struct slice me;   /* party, or gateway when peer is set */
    struct slice peer; /* empty; or the gateway that the frame came from: one hop, no witnesses */
    uint64_t now_ms;
    /* The seal's certificate, where the reader verified this delivery before with one that the
     * directory listed then and lists no more; NULL: those of the directory. */
    const struct dated_certificates *signers;
    const struct revocations *revoked; /* by now; NULL: not looked at */
    const struct kept_checkpoint *kept;
    size_t kept_count;
    const struct consistency_proof *proofs;
    size_t proof_count;
    const struct led_checkpoints *led;
    size_t led_count;
    const struct slice *cosigned; /* notes with cosignatures at hand */
    size_t cosigned_count;
};

/** A delivery of which every check holds. All slices borrow from the frame. */
struct delivery_verified {
    const struct envelope *envelope;
    const struct contents *contents;
    const struct release *releases; /* one per hop */
    const struct proved *receipts;  /* one per hop */
    size_t hops;
};

/**
 * Verifies a DELIVER frame as reader->me.
 *
 * REFUSED  the first failing check of PROTOCOL.md, steps 2 to 10;  MEMORY
 */
struct status chain_verify(struct arena *arena, const struct deliver *deliver,
                           const struct directory *directory, const struct reader_state *reader,
                           const struct delivery_verified **ret_verified);

/**
 * Step 9 alone: whether a proved receipt's checkpoint and what the reader keeps of that log are one
 * history, by the proof within the receipt or those at hand. For receipts of stages, too.
 *
 * REFUSED  checkpoint.unproved, checkpoint.fork
 */
struct status log_state_verify(const struct reader_state *reader, const struct proved *proved);

/** One officer's yes to what is to be approved. */
struct approval_wanted {
    struct slice action; /* "release" */
    struct slice party;  /* whose officers have to approve; empty: anybody's */
    const struct digest *object;
    uint64_t at_ms;
    const struct directory *directory;
    const struct revocations *revoked; /* NULL: not looked at */
};

/**
 * Four eyes: two valid yes of two officers with two certificates.
 *
 * ret_digests  of all approvals in the order of their times, as the inner record has them; in the
 *              arena
 *
 * REFUSED seal.*, approval.*;  MEMORY
 */
struct status approvals_check(struct arena *arena, struct slices approvals,
                              const struct approval_wanted *wanted, struct slices *ret_digests);

#endif
