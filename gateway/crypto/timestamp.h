#ifndef CRYPTO_TIMESTAMP_H
#define CRYPTO_TIMESTAMP_H

/*
 * Timestamps of RFC 3161 over SHA-256: the request, and the response of an authority that is no
 * part of anybody's directory. A response is kept in one form, DER with nothing in it that neither
 * a signature nor this module vouches for, so that no octet of it can be another unnoticed.
 */

#include "base/reader.h"
#include "base/status.h"
#include "crypto/digest.h"

#define TIMESTAMP_MAX_BYTES         65536 /* of a response */
#define TIMESTAMP_REQUEST_MAX_BYTES 128

/** Roots that timestamps are traced to; immutable. */
struct timestamp_authorities;

/** Reads all certificates of a PEM file. CONFIG: there is none, or one is broken; MEMORY */
struct status timestamp_authorities_load(const char *path,
                                         struct timestamp_authorities **ret_authorities);

/** NULL does nothing. */
void timestamp_authorities_free(struct timestamp_authorities *authorities);

/**
 * Appends the request for a timestamp of text, which asks for the authority's certificates.
 *
 * nonce  random, another for each request
 * CRYPTO, MEMORY
 */
struct status timestamp_request(struct slice text, uint64_t nonce, struct buffer *out);

/**
 * Appends a response in the form that is kept: status "granted" without words, the certificates
 * that lead from the signer's upwards, without the root and others, no unsigned attributes, the
 * signature algorithm by its plain name. Nothing is verified.
 *
 * REFUSED  timestamp.shape   no response in DER, too long, without the signer's certificate, or
 *                            signed in a way that is not kept: RSA or ECDSA with SHA-2 are
 *          timestamp.denied  the authority gave no timestamp
 * CRYPTO, MEMORY
 */
struct status timestamp_keep(struct slice response, struct buffer *out);

/** What a timestamp is asked for. */
struct timestamp_wanted {
    struct slice text;          /* that it is of */
    const uint64_t *nonce;      /* that the request had; NULL: any, or none */
    uint64_t from_ms, until_ms; /* Unix: within which its time lies, both included */
    const struct timestamp_authorities *authorities; /* NULL: its signature is verified, but with
                                                        whatever certificate it brings, and what
                                                        it brings above that one could be any */
};

/**
 * Verifies a response in the form that is kept. Certificates are judged as of the timestamp's own
 * time, so one that was good stays so; whether one of them was revoked is not asked.
 *
 * ret_time_ms  Unix; of the authority
 *
 * REFUSED  timestamp.shape      not in that form
 *          timestamp.imprint    of another text
 *          timestamp.nonce      the answer to another request
 *          timestamp.time       outside of what is wanted
 *          timestamp.signature  the signer, whose certificate must be for timestamps alone, did not
 *                               sign this
 *          timestamp.chain      its certificates do not lead to one of the authorities
 * CRYPTO, MEMORY
 */
struct status timestamp_verify(struct slice kept, const struct timestamp_wanted *wanted,
                               uint64_t *ret_time_ms);

/** The digest of the certificate whose key has signed a response, which was verified before: whose
 * it is can be told from another's, whoever they are. REFUSED timestamp.shape; MEMORY */
struct status timestamp_signer(struct slice kept, struct digest *ret_signer);

#endif
