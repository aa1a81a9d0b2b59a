#ifndef CRYPTO_OPENSSL_H
#define CRYPTO_OPENSSL_H

/* Keys, certificates and times as the library knows them: for crypto/, and for tls/, which hands
 * them to it. */

#include <openssl/types.h>

#include "crypto/key.h"

/** The library's key, borrowed. */
EVP_PKEY *key_openssl(const struct key *key);

/** The library's certificate, borrowed. */
X509 *certificate_openssl(const struct certificate *certificate);

/** A certificate that the library has read already; shares it. CONFIG */
struct status certificate_from_openssl(X509 *x509, struct certificate **ret_certificate);

/** Unix milliseconds of a time in a certificate or list; 0 where it is absent or ill-formed, so
 * that it has ended. */
uint64_t asn1_time_ms(const ASN1_TIME *time);

/** Writes a number, such as a list's crlNumber: decimal, or hex from "0x" on where it is 128 bits
 * or longer; what has no room is cut. False, and nothing is written: memory is out. */
bool asn1_number_text(const ASN1_INTEGER *number, char *text, size_t room);

#endif
