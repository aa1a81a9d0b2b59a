#ifndef MESSAGE_SUBMISSION_H
#define MESSAGE_SUBMISSION_H

/*
 * A party's SUBMIT as its home gateway judges it, from the opened seal to the last decoy
 * (PROTOCOL.md, checks): seal, sender, signature, route, replay, times, fields, decoys, local
 * values. What follows - schema, procedure, decision - takes a `struct submission`, and only
 * submission_judge makes one.
 */

#include "message/field.h"
#include "message/seal.h"

/**
 * Looks up an earlier submission of the same key.
 *
 * ret_seal  seal digest of the earlier one
 *
 * ABSENT  the key is new; any other failure ends the judging
 */
typedef struct status submission_seen(void *store, const struct message_key *key,
                                      struct digest *ret_seal);

/** What a submission is judged against. */
struct submission_context {
    struct slice link; /* the party at the other end of the link */
    const struct directory *directory;
    const struct revocations *revoked; /* NULL: not looked at */
    uint64_t now_ms;
    submission_seen *seen;
    void *store; /* for seen */
};

struct submission {
    const struct verified *verified;
    bool repeated; /* the same octets were judged before: answer as then, the rest is not set */
    const struct contents *contents;
    struct submission_extras extras;
};

/**
 * Judges a SUBMIT. All slices borrow from the frame.
 *
 * REFUSED  message.size .. claims.digests, link.from, seal.signer .. seal.signature, route.unknown,
 *          replay.other, claims.window, claims.expired, field.size .. field.digest, decoy.*,
 *          local.shape, in this order
 * MEMORY; or as seen fails
 */
struct status submission_judge(struct arena *arena, const struct submit *submit,
                               const struct submission_context *context,
                               const struct submission **ret_submission);

#endif
