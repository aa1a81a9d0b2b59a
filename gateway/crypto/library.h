#ifndef CRYPTO_LIBRARY_H
#define CRYPTO_LIBRARY_H

/* What the files of crypto/ share and no other layer sees: the algorithms, fetched once per
 * process, and files that hold secrets. */

#include "crypto/key.h"

#include <openssl/evp.h>
#include <stdio.h>

struct library {
    EVP_MD *sha256;
    EVP_CIPHER *gcm;  /* AES-256-GCM */
    EVP_CIPHER *wrap; /* AES-256 key wrap, RFC 3394 */
};

struct key {
    EVP_PKEY *pkey;
    enum algorithm algorithm;
    EVP_PKEY_CTX *verifying; /* ES256: copied for each verification, as making one is dear */
};

/**
 * The algorithms; NULL if one of them cannot be had. The first call starts the library without
 * reading its configuration file, so whoever may come first in a process calls this.
 */
const struct library *library_get(void);

/** HMAC-SHA-256 over the pieces, one after the other. */
struct digest hmac_pieces(const uint8_t key[static 32], const struct slice *pieces, size_t count);

/** Opens a regular file that neither group nor others may read or write; NULL otherwise. */
FILE *secret_file_open(const char *path);

/** Takes pkey over, also on failure. CONFIG if it is neither P-256 nor Ed25519; MEMORY */
struct status key_take(EVP_PKEY *pkey, struct key **ret_key);

#endif
