#ifndef CRYPTO_TIMESTAMP_PARTS_H
#define CRYPTO_TIMESTAMP_PARTS_H

/* A timestamp's response as the library has it, for the files of this module. */

#include <openssl/ts.h>

#include "crypto/timestamp.h"

#define TIMESTAMP_CHAIN_MAX 8

/** The certificates that a response brings, from its signer's upwards, each of which the next has
 * signed; without the root, which whoever verifies has. Borrowed. */
struct timestamp_chain {
    X509 *at[TIMESTAMP_CHAIN_MAX];
    int count; /* at least 1 */
};

/** Whether the issuer's key signed the certificate, and it names the issuer. */
bool timestamp_issued(X509 *leaf, X509 *issuer);

/** Reads DER. REFUSED timestamp.shape; MEMORY */
struct status timestamp_parse(struct slice der, TS_RESP **ret_response);

/** Appends DER. MEMORY */
struct status timestamp_write(TS_RESP *response, struct buffer *out);

/** What leads upwards of the certificates in the response. REFUSED timestamp.shape */
struct status timestamp_chain_of(TS_RESP *response, struct timestamp_chain *ret_chain);

/** Whether the response, of this chain, is in the form that is kept. */
bool timestamp_is_kept(TS_RESP *response, const struct timestamp_chain *chain);

#endif
