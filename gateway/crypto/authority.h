#ifndef CRYPTO_AUTHORITY_H
#define CRYPTO_AUTHORITY_H

/*
 * What a State's CA says: which certificates it issued, and which of them it revoked. For programs
 * that look at certificates before anybody refuses them; a connection is judged by tls/, by the
 * same library with the same settings.
 */

#include "crypto/key.h"

/** Whether the CA's key signed the certificate, and it names the CA as its issuer. Nothing else. */
bool authority_signed(const struct certificate *authority, const struct certificate *leaf);

/**
 * Whether the CA issued the certificate as X.509 has it: signature, name constraints, extensions,
 * strength; dates and revocation are not asked. *ret_why says why not, in a few words.
 */
bool authority_issued(const struct certificate *authority, const struct certificate *leaf,
                      const char **ret_why);

struct crl; /* a revocation list; immutable */

struct crls {
    struct crl **at; /* owned */
    size_t count;
};

/** Reads one revocation list in DER. CONFIG if it is none; MEMORY */
struct status crl_read(struct slice der, struct crl **ret_crl);

/** NULL does nothing. */
void crl_free(struct crl *crl);

/** Reads all revocation lists of a PEM file. CONFIG: there is none, or one is broken; MEMORY */
struct status crls_load(const char *path, struct crls *ret_crls);

void crls_free(struct crls *crls);

/** Whether the CA's key signed the list, and it names the CA as its issuer. */
bool crl_is_of(const struct crl *crl, const struct certificate *authority);

/** Unix milliseconds of thisUpdate and nextUpdate; 0 where there is none. */
void crl_validity(const struct crl *crl, uint64_t *ret_from_ms, uint64_t *ret_until_ms);

/** The crlNumber in decimal; "" if it has none. Long ones are in hex, from "0x" on. */
void crl_number(const struct crl *crl, char text[static 64]);

/** How many certificates are on the list. */
size_t crl_length(const struct crl *crl);

/** Whether the list is of the CA that the certificate names as its issuer; by name alone. */
bool crl_covers(const struct crl *crl, const struct certificate *certificate);

/** Whether the certificate is on the list of its issuer; *ret_since_ms is the date it gives. */
bool crl_lists(const struct crl *crl, const struct certificate *certificate,
               uint64_t *ret_since_ms);

/**
 * Whether the certificate of this CA is good by the CA's list: not revoked, and the list itself
 * signed, current at at_ms and of a kind that is understood. *ret_why says why not.
 */
bool crl_clears(const struct crl *crl, const struct certificate *authority,
                const struct certificate *certificate, uint64_t at_ms, const char **ret_why);

#endif
