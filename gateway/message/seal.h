#ifndef MESSAGE_SEAL_H
#define MESSAGE_SEAL_H

/*
 * The seal: the sender's COSE_Sign1 over claims and digests. Opening one (envelope) proves nothing;
 * only seal_verify makes a `struct verified`, which every later stage takes.
 */

#include "crypto/cose.h"
#include "crypto/revocations.h"
#include "message/claims.h"
#include "schema/directory.h"

#define SEAL_TYPE      "application/comity-seal"
#define SEAL_MAX_BYTES 147456

struct envelope {
    struct slice octets; /* the whole tagged seal */
    struct cose cose;
    struct claims claims;
    struct digest digest; /* seal digest */
};

/**
 * Opens a seal: step 2 of the checks.
 *
 * message_bytes  octets of the whole message element, judged against 524,288 first
 *
 * REFUSED  message.size, seal.size, seal.tag .. seal.alg, cbor.*, claims.*
 * MEMORY
 */
struct status envelope_open(struct arena *arena, struct slice seal, size_t message_bytes,
                            const struct envelope **ret_envelope);

struct verified; /* an envelope whose seal holds */

/** By what a seal's certificate is judged. */
struct sealers {
    const struct directory *directory;
    const struct revocations *revoked; /* NULL: not looked at */
};

/**
 * Verifies the seal with the certificate of claim `from` in the directory that x5t names, judged at
 * at_ms: step 7 of the checks.
 *
 * REFUSED  seal.signer, seal.identity, seal.validity, seal.revoked, seal.alg, seal.low_s,
 *          seal.signature
 * MEMORY
 */
struct status seal_verify(struct arena *arena, const struct envelope *envelope,
                          const struct sealers *sealers, uint64_t at_ms,
                          const struct verified **ret_verified);

/** What was verified. */
const struct envelope *verified_envelope(const struct verified *verified);

/**
 * Step 8: created within 5 minutes of at_ms, at_ms before expires.
 *
 * REFUSED  claims.window, claims.expired
 */
struct status claims_timely(const struct claims *claims, uint64_t at_ms);

/** Signs claims (digests included) and appends the tagged seal. MEMORY, CRYPTO */
struct status seal_make(const struct claims *claims, const struct key *key,
                        const struct digest *x5t, struct buffer *out);

#endif
