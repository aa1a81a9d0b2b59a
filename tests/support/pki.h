#ifndef SUPPORT_PKI_H
#define SUPPORT_PKI_H

/*
 * Keys and certificates of scenarios, made in the process when they are first asked for. They are
 * good from 2026-01-01 to the end of 2027, so that a scripted clock may stand at the days of the
 * cases. Everything lives until the program ends; what cannot be made stops the program.
 */

#include "crypto/key.h"

#define PKI_FROM_MS  1767225600000ULL /* 2026-01-01 */
#define PKI_UNTIL_MS 1830297600000ULL /* 2028-01-01 */

/** A sealing key with its certificate. */
struct sealing {
    char name[64]; /* "XA-CA-01", "XA-POL-01/2207" */
    struct key *key;
    struct certificate *certificate;
};

/** The sealing key of a party or officer, ES256 but for XC's, which are EdDSA. */
const struct sealing *pki_sealing(const char *name);

/** The certificate of a State's CA. */
const struct certificate *pki_authority(const char *state);

/** Appends a list of the State's CA, as DER, that names the sealing certificate of this party or
 * officer alone, revoked at this time. */
void pki_revoke(const char *name, uint64_t since_ms, struct buffer *out);

/** What a certificate of this party or officer says; as from a handshake. */
struct identity pki_identity(const char *name);

#endif
