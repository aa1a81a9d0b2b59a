#ifndef CRYPTO_KEY_H
#define CRYPTO_KEY_H

/* Private and public keys, certificates and the identities in them. The only user of EVP and X509
 * besides tls/. */

#include "base/arena.h"
#include "base/reader.h"
#include "base/status.h"
#include "crypto/digest.h"

enum algorithm {
    ALGORITHM_NONE,
    ALGORITHM_ES256, /* COSE -7: ECDSA on P-256 with SHA-256, r || s, low S only */
    ALGORITHM_EDDSA, /* COSE -8: Ed25519 */
};

struct key; /* a private or public key; immutable, usable by many threads */

/**
 * Reads a private key in PEM from a file that only its owner may read.
 *
 * CONFIG  no such file, group or others may read it, or it is neither P-256 nor Ed25519
 */
struct status key_load(const char *path, struct key **ret_key);

/** An Ed25519 key from its seed; for logs and vectors. CRYPTO */
struct status key_from_seed(const uint8_t seed[static 32], struct key **ret_key);

/** An Ed25519 public key from its 32 octets. CRYPTO */
struct status key_from_public(const uint8_t octets[static 32], struct key **ret_key);

/** NULL does nothing. */
void key_free(struct key *key);

enum algorithm key_algorithm(const struct key *key);

/** The 32 octets of an Ed25519 public key; false for other keys. */
bool key_public(const struct key *key, uint8_t octets[static 32]);

/** Signs: 64 octets, r || s with low S for ES256. CRYPTO */
struct status key_sign(const struct key *key, struct slice message,
                       uint8_t ret_signature[static 64]);

/**
 * Verifies 64 octets made by algorithm.
 *
 * REFUSED  seal.alg        the key is of another algorithm
 *          seal.low_s      ES256 with s > n/2 (judged after r and s are in 1..n-1)
 *          seal.signature  anything else wrong with the signature
 */
struct status key_verify(const struct key *key, enum algorithm algorithm, struct slice message,
                         struct slice signature);

enum identity_kind { IDENTITY_NONE, IDENTITY_PARTY, IDENTITY_GATEWAY, IDENTITY_OFFICER };

/** Who a certificate speaks for: its one URI SAN, spiffe://xa.comity.example/party/XA-CA-01. */
struct identity {
    enum identity_kind kind;
    char domain[128]; /* "xa.comity.example" */
    char id[16];      /* "XA-CA-01", "XA-GW-01"; of an officer, the party's */
    char officer[40]; /* "2207"; empty otherwise */
};

/** "XA-CA-01" or "XA-POL-01/2207", as in HELLO. */
void identity_name(const struct identity *i, char text[static 64]);

struct certificate; /* immutable, usable by many threads */

/** Reads one certificate in DER. CONFIG if it is none. */
struct status certificate_read(struct slice der, struct certificate **ret_certificate);

/** Loads the first certificate of a PEM file. CONFIG */
struct status certificate_load(const char *path, struct certificate **ret_certificate);

void certificate_free(struct certificate *certificate);

/** The DER octets, borrowed. */
struct slice certificate_der(const struct certificate *certificate);

/** SHA-256 of the DER: x5t of a seal. */
const struct digest *certificate_x5t(const struct certificate *certificate);

/**
 * The identity in the certificate: exactly one URI SAN, well formed, state in domain == state in
 * id, no duplicated extension, no foreign name forms beside DNS and IP for gateways (design:
 * identity).
 *
 * REFUSED  seal.identity  none, two, another scheme, octets outside 0x21..0x7e, ...
 */
struct status certificate_identity(const struct certificate *certificate,
                                   struct identity *ret_identity);

/** Whether not_before <= at <= not_after. */
bool certificate_valid_at(const struct certificate *certificate, uint64_t unix_ms);

/** Unix milliseconds of the validity. */
void certificate_validity(const struct certificate *certificate, uint64_t *ret_from_ms,
                          uint64_t *ret_until_ms);

/** Whether this is a sealing certificate: digitalSignature, document-signing EKU, no TLS EKU, no
 * CA. A certificate without any key usage extension counts (test vectors). */
bool certificate_may_seal(const struct certificate *certificate);

/** The public key, borrowed; NULL if it is neither P-256 nor Ed25519. */
const struct key *certificate_key(const struct certificate *certificate);

/** Whether this is a certificate for the client's end of TLS: it says so itself and is no CA. */
bool certificate_may_dial(const struct certificate *certificate);

/** Subject or issuer as RFC 2253 writes it, safe in one line. Live in the arena. */
const char *certificate_subject(struct arena *a, const struct certificate *certificate);
const char *certificate_issuer(struct arena *a, const struct certificate *certificate);

/** The serial number in hex, as `openssl x509 -serial` prints it. Lives in the arena. */
const char *certificate_serial(struct arena *a, const struct certificate *certificate);

/** One line for people: subject, issuer, validity, identity, fingerprint. Lives in the arena. */
const char *certificate_summary(struct arena *a, const struct certificate *certificate);

#endif
