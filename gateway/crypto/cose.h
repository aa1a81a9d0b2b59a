#ifndef CRYPTO_COSE_H
#define CRYPTO_COSE_H

/*
 * COSE_Sign1 (RFC 9052) in the one form Comity uses: tag 18, protected {1: alg, 16: typ, 34: x5t},
 * unprotected empty, payload attached, external data empty (PROTOCOL.md 2). Octets are verified as
 * they were received; nothing is encoded again.
 */

#include "crypto/key.h"

struct cose {
    enum algorithm algorithm;
    struct slice protected_header; /* content of the bstr, as received */
    struct slice x5t;              /* 32 octets */
    struct slice payload;          /* content of the bstr, as received */
    struct slice signature;        /* 64 octets */
};

/**
 * Takes a signed object apart; all slices borrow from in. Checks, in this order: tag, CBOR of the
 * array, shape, unprotected, header (incl. typ == type and x5t), algorithm.
 *
 * REFUSED  seal.tag, cbor.*, seal.shape, seal.unprotected, seal.header, seal.alg
 */
struct status cose_open(struct slice in, const char *type, struct cose *ret_cose);

/** What a COSE_Sign1 signature is over: Sig_structure of RFC 9052 4.4 without external data. */
struct buffer cose_signed(struct slice protected_header, struct slice payload);

/** Verifies the signature with this key. REFUSED seal.alg, seal.low_s, seal.signature. MEMORY */
struct status cose_verify(const struct cose *cose, const struct key *key);

/** Signs payload and appends the tagged object. MEMORY, CRYPTO */
struct status cose_sign(const struct key *key, const struct digest *x5t, const char *type,
                        struct slice payload, struct buffer *out);

#endif
