#ifndef CRYPTO_REVOCATIONS_H
#define CRYPTO_REVOCATIONS_H

/*
 * Which certificates the CAs of the States have revoked, for those that are no link's: of links
 * tls/ judges. Never changes, and is usable by many threads: other lists make another one.
 */

#include "crypto/key.h"

struct revocations;

/** A list of one of a State's CAs, whose signature somebody else has verified. */
struct revocation_list {
    char state[3]; /* "XA": it says nothing of any other's certificates */
    struct slice der;
};

/** Reads lists; nothing is borrowed. CONFIG if one is none;  MEMORY */
struct status revocations_new(const struct revocation_list *lists, size_t count,
                              struct revocations **ret_revocations);

/** NULL does nothing. */
void revocations_free(struct revocations *revocations);

/**
 * Whether a list of that State names the certificate, in RFC 5280's sense: by its issuer and serial
 * number.
 *
 * revocations   NULL: nobody has revoked anything
 * ret_since_ms  Unix ms; from then on it is revoked; 0 where the list's date is none
 */
bool revocations_have(const struct revocations *revocations, struct slice state,
                      const struct certificate *certificate, uint64_t *ret_since_ms);

#endif
