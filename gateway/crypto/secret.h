#ifndef CRYPTO_SECRET_H
#define CRYPTO_SECRET_H

/*
 * Secrets at rest: AES-256-GCM under a fresh key per message or entry, each such key wrapped
 * (AES-KW, RFC 3394) by the key-encryption key. The associated data bind a ciphertext to its table,
 * row and slot, so that rows cannot be exchanged.
 */

#include "base/reader.h"
#include "base/status.h"
#include "crypto/digest.h"

#define SECRET_KEY_BYTES      32
#define SECRET_WRAPPED_BYTES  40
#define SECRET_OVERHEAD_BYTES 28 /* 12 of nonce, 16 of tag */

/** Random octets from the operating system's generator. CRYPTO */
struct status entropy_fill(void *octets, size_t length);

/** A random UUIDv4. CRYPTO */
struct status entropy_uuid(uint8_t ret_uuid[static 16]);

struct keyring; /* holds the key-encryption key and the lookup key; wiped when freed */

/**
 * Loads the key-encryption key: 32 octets as 64 hex digits in a file only its owner may read.
 * CONFIG
 */
struct status keyring_load(const char *path, struct keyring **ret_keyring);

/** A keyring over a given key, for tests and clients. MEMORY */
struct status keyring_new(const uint8_t key[static 32], struct keyring **ret_keyring);

void keyring_free(struct keyring *keyring);

/** A keyed index for equality look-ups of values that must not stand in clear. */
struct digest keyring_index(const struct keyring *keyring, const char *domain, struct slice value);

/** Makes a fresh data key and its wrapped form. CRYPTO */
struct status keyring_make(const struct keyring *keyring, uint8_t ret_key[static SECRET_KEY_BYTES],
                           uint8_t ret_wrapped[static SECRET_WRAPPED_BYTES]);

/** Unwraps a data key. CRYPTO if it was not wrapped by this keyring */
struct status keyring_open(const struct keyring *keyring, struct slice wrapped,
                           uint8_t ret_key[static SECRET_KEY_BYTES]);

/** Appends nonce || ciphertext || tag of plain. MEMORY, CRYPTO */
struct status secret_seal(const uint8_t key[static SECRET_KEY_BYTES], struct slice associated,
                          struct slice plain, struct buffer *out);

/** Appends the plaintext. CRYPTO if key, associated data or octets are not what was sealed */
struct status secret_open(const uint8_t key[static SECRET_KEY_BYTES], struct slice associated,
                          struct slice sealed, struct buffer *out);

#endif
