#include "crypto/secret.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <string.h>

#include "base/encoding.h"
#include "crypto/library.h"

struct keyring {
    uint8_t wrapping[32]; /* the key-encryption key */
    uint8_t lookup[32];   /* derived from it: an index never shows a use of the other */
};

struct status keyring_new(const uint8_t key[static 32], struct keyring **ret_keyring)
{
    struct keyring *k = OPENSSL_secure_zalloc(sizeof *k);
    if (k == NULL)
        return FAIL(MEMORY);
    struct digest lookup = hmac_plain(key, slice_text("comity-lookup-1"));
    memcpy(k->wrapping, key, sizeof k->wrapping);
    memcpy(k->lookup, lookup.octets, sizeof k->lookup);
    secret_wipe(&lookup, sizeof lookup);
    *ret_keyring = k;
    return OK;
}

struct status keyring_load(const char *path, struct keyring **ret_keyring)
{
    char digits[66]; /* and a line end, and one more to see that nothing follows */
    uint8_t key[32];
    FILE *f = secret_file_open(path);
    if (f == NULL)
        return FAIL(CONFIG);
    setvbuf(f, NULL, _IONBF, 0); /* no second copy of the key in a buffer that nobody wipes */
    size_t length = fread(digits, 1, sizeof digits, f);
    fclose(f);
    if (length == 65 && digits[64] == '\n')
        length = 64;
    struct status s = hex_read(slice_over(digits, length), key, sizeof key)
                          ? keyring_new(key, ret_keyring)
                          : FAIL(CONFIG);
    secret_wipe(digits, sizeof digits);
    secret_wipe(key, sizeof key);
    return s;
}

void keyring_free(struct keyring *keyring)
{
    OPENSSL_secure_clear_free(keyring, sizeof *keyring);
}

struct digest keyring_index(const struct keyring *keyring, const char *domain, struct slice value)
{
    struct slice separator = slice_over(domain, strlen(domain) + 1);
    return hmac_pieces(keyring->lookup, (struct slice[]){separator, value}, 2);
}

/* Wraps or unwraps (RFC 3394); out has the room that the lengths say. */
static bool wrap(const struct keyring *keyring, int wrapping, struct slice in, uint8_t *out,
                 size_t length)
{
    const struct library *library = library_get();
    EVP_CIPHER_CTX *c = library == NULL ? NULL : EVP_CIPHER_CTX_new();
    int made = 0, rest = 0;
    if (c != NULL)
        EVP_CIPHER_CTX_set_flags(c, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
    bool good =
        c != NULL &&
        EVP_CipherInit_ex2(c, library->wrap, keyring->wrapping, NULL, wrapping, NULL) == 1 &&
        EVP_CipherUpdate(c, out, &made, in.at, (int)in.length) == 1 && (size_t)made == length &&
        EVP_CipherFinal_ex(c, out + made, &rest) == 1 && rest == 0;
    EVP_CIPHER_CTX_free(c);
    ERR_clear_error();
    return good;
}

struct status keyring_make(const struct keyring *keyring, uint8_t ret_key[static SECRET_KEY_BYTES],
                           uint8_t ret_wrapped[static SECRET_WRAPPED_BYTES])
{
    uint8_t key[SECRET_KEY_BYTES], wrapped[SECRET_WRAPPED_BYTES + 8];
    struct status s = entropy_fill(key, sizeof key);
    if (!failed(s) && !wrap(keyring, 1, slice_over(key, sizeof key), wrapped, SECRET_WRAPPED_BYTES))
        s = FAIL(CRYPTO);
    if (!failed(s)) {
        memcpy(ret_key, key, sizeof key);
        memcpy(ret_wrapped, wrapped, SECRET_WRAPPED_BYTES);
    }
    secret_wipe(key, sizeof key);
    return s;
}

struct status keyring_open(const struct keyring *keyring, struct slice wrapped,
                           uint8_t ret_key[static SECRET_KEY_BYTES])
{
    uint8_t key[SECRET_WRAPPED_BYTES]; /* the library may use as much room as it is given */
    bool good =
        wrapped.length == SECRET_WRAPPED_BYTES && wrap(keyring, 0, wrapped, key, SECRET_KEY_BYTES);
    if (good)
        memcpy(ret_key, key, SECRET_KEY_BYTES);
    secret_wipe(key, sizeof key);
    return good ? OK : FAIL(CRYPTO);
}
