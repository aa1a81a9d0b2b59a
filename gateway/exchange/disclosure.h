#ifndef EXCHANGE_DISCLOSURE_H
#define EXCHANGE_DISCLOSURE_H

/*
 * From a decision to what the journal keeps: the release, the message as it goes out, the records
 * of the entry. The one place where fields are chosen for a recipient: nothing else writes a body.
 */

#include "audit/chain.h"
#include "exchange/judge.h"
#include "message/field.h"
#include "message/seal.h"
#include "policy/decide.h"

#define HOP_FIRST  1U /* this gateway is the home of the sender */
#define HOP_SECOND 2U /* of the recipient alone: a peer gateway brings what it let go */

/** What a peer gateway brings, of which every check holds. */
struct arrival {
    const struct deliver *deliver;
    const struct delivery_verified *verified;
};

struct disclosure {
    const struct judge *judge;
    uint64_t hop;
    bool dry;                         /* a dry run */
    const struct local_value *locals; /* of a submission */
    size_t local_count;
    const struct arrival *arrival;   /* hop 2; NULL unless it holds */
    const struct envelope *envelope; /* NULL: not even the seal could be opened */
    const struct contents *contents; /* NULL unless the message was sound */
    const struct document *document; /* NULL unless the type knows every field */
    const struct decision *decision; /* NULL where it was refused before the law was asked */
    struct slices replaced;          /* digests of the releases that this one would replace */
    struct slices approvals;         /* digests of those that hold, in the order of their times */
    enum refusal code;               /* of the refusal or hold */
    struct slice detail; /* the same the sender is told; becomes the closed justification */
};

/** Builds the posting: disclosure, hold, refusal or question, all in the arena. MEMORY, CRYPTO */
struct status disclosure_posting(struct arena *arena, const struct disclosure *disclosure,
                                 struct posting *ret_posting);

#endif
