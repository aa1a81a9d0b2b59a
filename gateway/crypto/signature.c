#include "crypto/key.h"

#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <string.h>

#include "crypto/library.h"

/* The order n of P-256 and (n - 1) / 2. */
static const uint8_t order[32] = {0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff,
                                  0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17,
                                  0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51};
static const uint8_t half[32] = {0x7f, 0xff, 0xff, 0xff, 0x80, 0x00, 0x00, 0x00, 0x7f, 0xff, 0xff,
                                 0xff, 0xff, 0xff, 0xff, 0xff, 0xde, 0x73, 0x7d, 0x56, 0xd3, 0x8b,
                                 0xcf, 0x42, 0x79, 0xdc, 0xe5, 0x61, 0x7e, 0x31, 0x92, 0xa8};

#define DER_MAX_BYTES 72 /* of an ECDSA signature on P-256 */

static bool in_order(const uint8_t scalar[static 32])
{
    static const uint8_t zero[32] = {0};
    return memcmp(scalar, zero, 32) != 0 && memcmp(scalar, order, 32) < 0;
}

static bool is_low(const uint8_t s[static 32])
{
    return memcmp(s, half, 32) <= 0;
}

/* s = n - s */
static void negate(uint8_t s[static 32])
{
    int borrow = 0;
    for (size_t i = 32; i-- > 0;) {
        int digit = order[i] - s[i] - borrow;
        borrow = digit < 0;
        s[i] = (uint8_t)(digit + (borrow << 8));
    }
}

/* r || s to the DER that the library wants; 0 if it cannot. */
static size_t der_of(const uint8_t raw[static 64], uint8_t der[static DER_MAX_BYTES])
{
    ECDSA_SIG *pair = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(raw, 32, NULL), *s = BN_bin2bn(raw + 32, 32, NULL);
    int length = 0;
    if (pair != NULL && r != NULL && s != NULL && ECDSA_SIG_set0(pair, r, s) == 1) {
        r = s = NULL; /* handed over */
        length = i2d_ECDSA_SIG(pair, &der);
    }
    BN_free(r);
    BN_free(s);
    ECDSA_SIG_free(pair);
    return length > 0 ? (size_t)length : 0;
}

static bool raw_of(const uint8_t *der, size_t length, uint8_t raw[static 64])
{
    ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &der, (long)length);
    bool good = pair != NULL && BN_bn2binpad(ECDSA_SIG_get0_r(pair), raw, 32) == 32 &&
                BN_bn2binpad(ECDSA_SIG_get0_s(pair), raw + 32, 32) == 32;
    ECDSA_SIG_free(pair);
    return good;
}

static struct status sign_es256(const struct key *key, struct slice message,
                                uint8_t ret_signature[static 64])
{
    struct digest d = digest_plain(message);
    uint8_t der[DER_MAX_BYTES], raw[64];
    size_t length = sizeof der;
    EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_pkey(NULL, key->pkey, NULL);
    bool good = c != NULL && EVP_PKEY_sign_init(c) == 1 &&
                EVP_PKEY_sign(c, der, &length, d.octets, sizeof d.octets) == 1 &&
                raw_of(der, length, raw);
    EVP_PKEY_CTX_free(c);
    if (!good)
        return FAIL(CRYPTO);
    if (!is_low(raw + 32))
        negate(raw + 32);
    memcpy(ret_signature, raw, sizeof raw);
    return OK;
}

static struct status sign_eddsa(const struct key *key, struct slice message,
                                uint8_t ret_signature[static 64])
{
    uint8_t raw[64];
    size_t length = sizeof raw;
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    bool good =
        c != NULL && EVP_DigestSignInit_ex(c, NULL, NULL, NULL, NULL, key->pkey, NULL) == 1 &&
        EVP_DigestSign(c, raw, &length, message.at, message.length) == 1 && length == sizeof raw;
    EVP_MD_CTX_free(c);
    if (!good)
        return FAIL(CRYPTO);
    memcpy(ret_signature, raw, sizeof raw);
    return OK;
}

struct status key_sign(const struct key *key, struct slice message,
                       uint8_t ret_signature[static 64])
{
    struct status s = key->algorithm == ALGORITHM_ES256 ? sign_es256(key, message, ret_signature)
                                                        : sign_eddsa(key, message, ret_signature);
    if (failed(s))
        ERR_clear_error();
    return s;
}

static struct status verify_es256(const struct key *key, struct slice message,
                                  const uint8_t raw[static 64])
{
    if (!in_order(raw) || !in_order(raw + 32))
        return REFUSE(SEAL_SIGNATURE);
    if (!is_low(raw + 32))
        return REFUSE(SEAL_LOW_S);
    struct digest d = digest_plain(message);
    uint8_t der[DER_MAX_BYTES];
    size_t length = der_of(raw, der);
    EVP_PKEY_CTX *c = EVP_PKEY_CTX_dup(key->verifying);
    bool good =
        length > 0 && c != NULL && EVP_PKEY_verify(c, der, length, d.octets, sizeof d.octets) == 1;
    EVP_PKEY_CTX_free(c);
    return good ? OK : REFUSE(SEAL_SIGNATURE);
}

static struct status verify_eddsa(const struct key *key, struct slice message,
                                  const uint8_t raw[static 64])
{
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    bool good = c != NULL &&
                EVP_DigestVerifyInit_ex(c, NULL, NULL, NULL, NULL, key->pkey, NULL) == 1 &&
                EVP_DigestVerify(c, raw, 64, message.at, message.length) == 1;
    EVP_MD_CTX_free(c);
    return good ? OK : REFUSE(SEAL_SIGNATURE);
}

struct status key_verify(const struct key *key, enum algorithm algorithm, struct slice message,
                         struct slice signature)
{
    if (key->algorithm != algorithm)
        return REFUSE(SEAL_ALG);
    if (signature.length != 64)
        return REFUSE(SEAL_SIGNATURE);
    struct status s = algorithm == ALGORITHM_ES256 ? verify_es256(key, message, signature.at)
                                                   : verify_eddsa(key, message, signature.at);
    if (failed(s))
        ERR_clear_error();
    return s;
}
