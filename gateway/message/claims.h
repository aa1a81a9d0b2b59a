#ifndef MESSAGE_CLAIMS_H
#define MESSAGE_CLAIMS_H

/* The payload of a seal: codes, ids and times only, never redactable (PROTOCOL.md, claims). */

#include "base/arena.h"
#include "base/reader.h"
#include "base/status.h"
#include "wire/frame.h"

enum claim {
    CLAIM_VERSION = 1,
    CLAIM_ID,
    CLAIM_THREAD,
    CLAIM_REPLY_TO,
    CLAIM_TYPE,
    CLAIM_SCHEMA,
    CLAIM_FROM,
    CLAIM_TO,
    CLAIM_CREATED,
    CLAIM_EXPIRES,
    CLAIM_CASE_REF,
    CLAIM_THEIR_REF,
    CLAIM_INSTRUMENT,
    CLAIM_LEGAL_BASIS,
    CLAIM_PURPOSE,
    CLAIM_URGENCY,
    CLAIM_DEADLINE,
    CLAIM_HANDLING,
    CLAIM_CONFIDENTIAL,
    CLAIM_LANG,
    CLAIM_OWNER,
    CLAIM_TRANSFER,
    CLAIM_RETAIN_UNTIL,
    CLAIM_DIGESTS,
};

#define CLAIMS_MAX_LIFE_MS (30 * 86400000ULL)
#define DIGESTS_MIN        16
#define DIGESTS_MAX        4096

struct claims {
    uint32_t present;                  /* bit 1 << enum claim; what is absent is zero below */
    struct slice id, thread, reply_to; /* 16 octets */
    struct slice type;
    uint64_t schema;
    struct slice from, to;
    uint64_t created_ms, expires_ms;
    struct slice case_ref, their_ref, instrument;
    struct slices legal_basis;
    struct slice purpose, urgency;
    uint64_t deadline_ms;
    struct slices handling;
    bool confidential;
    struct slice lang, owner;
    struct slice tier, transfer_basis; /* basis: at == NULL for null */
    uint64_t retain_until_ms;
    struct slices digests; /* sorted, 32 octets each */
};

static inline bool claims_have(const struct claims *c, enum claim claim)
{
    return (c->present >> claim & 1U) != 0;
}

/**
 * Reads the claims map; everything is borrowed or in the arena.
 *
 * REFUSED  cbor.*, claims.shape, claims.time (expires not after created, or more than 30 days),
 *          claims.digests (unsorted, or their number no power of two in 16..4096)
 * MEMORY
 */
struct status claims_parse(struct arena *arena, struct slice payload, struct claims *ret_claims);

/** Appends the claims as deterministic CBOR. They must be well formed. */
void claims_write(struct buffer *out, const struct claims *claims);

#endif
