#include "crypto/secret.h"

#include <limits.h>
#include <openssl/err.h>
#include <string.h>

#include "crypto/library.h"

#define NONCE_BYTES 12
#define TAG_BYTES   16

/* One AES-256-GCM operation over in to out, which has the same length; tag is made or checked. */
struct operation {
    const uint8_t *key;
    const uint8_t *nonce;
    struct slice associated;
    struct slice in;
    uint8_t *out;
    uint8_t *tag;
    bool sealing;
};

static bool operate(const struct operation *o)
{
    const struct library *library = library_get();
    EVP_CIPHER_CTX *c = library == NULL ? NULL : EVP_CIPHER_CTX_new();
    int made = 0, rest = 0;
    bool good = c != NULL && o->associated.length <= INT_MAX && o->in.length <= INT_MAX &&
                EVP_CipherInit_ex2(c, library->gcm, o->key, o->nonce, o->sealing, NULL) == 1 &&
                EVP_CipherUpdate(c, NULL, &made, o->associated.at, (int)o->associated.length) == 1;
    if (good && o->in.length > 0)
        good = EVP_CipherUpdate(c, o->out, &made, o->in.at, (int)o->in.length) == 1 &&
               (size_t)made == o->in.length;
    if (good && !o->sealing)
        good = EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, TAG_BYTES, o->tag) == 1;
    good = good && EVP_CipherFinal_ex(c, o->out + o->in.length, &rest) == 1;
    if (good && o->sealing)
        good = EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, TAG_BYTES, o->tag) == 1;
    EVP_CIPHER_CTX_free(c);
    ERR_clear_error();
    return good;
}

struct status secret_seal(const uint8_t key[static SECRET_KEY_BYTES], struct slice associated,
                          struct slice plain, struct buffer *out)
{
    size_t before = out->length;
    uint8_t *at = plain.length > SIZE_MAX - SECRET_OVERHEAD_BYTES
                      ? NULL
                      : buffer_grow(out, plain.length + SECRET_OVERHEAD_BYTES);
    if (at == NULL)
        return FAIL(MEMORY);
    struct operation o = {.key = key,
                          .nonce = at,
                          .associated = associated,
                          .in = plain,
                          .out = at + NONCE_BYTES,
                          .tag = at + NONCE_BYTES + plain.length,
                          .sealing = true};
    if (failed(entropy_fill(at, NONCE_BYTES)) || !operate(&o)) {
        out->length = before;
        return FAIL(CRYPTO);
    }
    return OK;
}

struct status secret_open(const uint8_t key[static SECRET_KEY_BYTES], struct slice associated,
                          struct slice sealed, struct buffer *out)
{
    if (sealed.length < SECRET_OVERHEAD_BYTES)
        return FAIL(CRYPTO);
    size_t before = out->length, length = sealed.length - SECRET_OVERHEAD_BYTES;
    uint8_t tag[TAG_BYTES], none;
    uint8_t *at = length == 0 ? &none : buffer_grow(out, length);
    if (at == NULL)
        return FAIL(MEMORY);
    memcpy(tag, sealed.at + NONCE_BYTES + length, sizeof tag);
    struct operation o = {.key = key,
                          .nonce = sealed.at,
                          .associated = associated,
                          .in = slice_part(sealed, NONCE_BYTES, length),
                          .out = at,
                          .tag = tag};
    if (!operate(&o)) {
        secret_wipe(at, length); /* the library writes plaintext before it has seen the tag */
        out->length = before;
        return FAIL(CRYPTO);
    }
    return OK;
}
