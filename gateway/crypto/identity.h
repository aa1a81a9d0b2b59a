#ifndef CRYPTO_IDENTITY_H
#define CRYPTO_IDENTITY_H

/* The URI of an identity, as certificate.c finds it in a certificate. */

#include "crypto/key.h"

/**
 * Reads spiffe://DOMAIN/party/ID, /gateway/ID or /party/ID/officer/NAME, in exactly this form;
 * false for anything else. The first label of DOMAIN is the State of ID.
 */
bool identity_parse(struct slice uri, struct identity *ret_identity);

#endif
