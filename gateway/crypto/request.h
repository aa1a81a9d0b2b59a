#ifndef CRYPTO_REQUEST_H
#define CRYPTO_REQUEST_H

/* New keys, and requests (PKCS#10, RFC 2986) with which a State's CA is asked for a certificate. */

#include "crypto/key.h"

/** Makes a new P-256 key. CRYPTO, MEMORY */
struct status key_new(struct key **ret_key);

/**
 * Appends a private key in PEM (PKCS#8, not encrypted). A secret: the caller wipes it.
 * CRYPTO; a full buffer says so itself
 */
struct status key_write(const struct key *key, struct buffer *out);

/** Whether this is the private key of the certificate. */
bool key_fits(const struct key *key, const struct certificate *certificate);

/**
 * Appends, in PEM, a request for a certificate like the given one under another key: the same
 * subject, and as extension request (RFC 2985 5.4.2) the same alternative names, key usage and
 * extended key usage. It is signed by the key, which proves that the asker has it.
 *
 * REFUSED  seal.identity  the given certificate has no good identity to ask for
 * CRYPTO
 */
struct status certificate_request_write(const struct certificate *like, const struct key *key,
                                        struct buffer *out);

#endif
