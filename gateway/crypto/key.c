#include "crypto/key.h"

#include <openssl/core_names.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/library.h"
#include "crypto/openssl.h"

static enum algorithm algorithm_of(const EVP_PKEY *pkey)
{
    char group[32];
    if (EVP_PKEY_is_a(pkey, "ED25519"))
        return ALGORITHM_EDDSA;
    if (EVP_PKEY_is_a(pkey, "EC") &&
        EVP_PKEY_get_utf8_string_param(pkey, OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof group,
                                       NULL) == 1 &&
        strcmp(group, "prime256v1") == 0)
        return ALGORITHM_ES256;
    return ALGORITHM_NONE;
}

static bool key_prepare(struct key *key)
{
    if (key->algorithm != ALGORITHM_ES256)
        return true;
    key->verifying = EVP_PKEY_CTX_new_from_pkey(NULL, key->pkey, NULL);
    return key->verifying != NULL && EVP_PKEY_verify_init(key->verifying) == 1;
}

struct status key_take(EVP_PKEY *pkey, struct key **ret_key)
{
    enum algorithm algorithm = pkey == NULL ? ALGORITHM_NONE : algorithm_of(pkey);
    struct key *key = algorithm == ALGORITHM_NONE ? NULL : calloc(1, sizeof *key);
    if (key == NULL) {
        EVP_PKEY_free(pkey);
        return algorithm == ALGORITHM_NONE ? FAIL(CONFIG) : FAIL(MEMORY);
    }
    key->pkey = pkey;
    key->algorithm = algorithm;
    if (!key_prepare(key)) {
        key_free(key);
        return FAIL(MEMORY);
    }
    *ret_key = key;
    return OK;
}

/* Without this the library would ask for a passphrase on the terminal. */
static int no_passphrase(char *text, int room, int writing, void *arg)
{
    (void)text, (void)room, (void)writing, (void)arg;
    return -1;
}

struct status key_load(const char *path, struct key **ret_key)
{
    FILE *f = library_get() == NULL ? NULL : secret_file_open(path);
    if (f == NULL)
        return FAIL(CONFIG);
    EVP_PKEY *pkey = PEM_read_PrivateKey(f, NULL, no_passphrase, NULL);
    fclose(f);
    return key_take(pkey, ret_key);
}

static struct status taken_raw(EVP_PKEY *pkey, struct key **ret_key)
{
    return pkey == NULL ? FAIL(CRYPTO) : key_take(pkey, ret_key);
}

struct status key_from_seed(const uint8_t seed[static 32], struct key **ret_key)
{
    if (library_get() == NULL)
        return FAIL(CRYPTO);
    return taken_raw(EVP_PKEY_new_raw_private_key_ex(NULL, "ED25519", NULL, seed, 32), ret_key);
}

struct status key_from_public(const uint8_t octets[static 32], struct key **ret_key)
{
    if (library_get() == NULL)
        return FAIL(CRYPTO);
    return taken_raw(EVP_PKEY_new_raw_public_key_ex(NULL, "ED25519", NULL, octets, 32), ret_key);
}

void key_free(struct key *key)
{
    if (key == NULL)
        return;
    EVP_PKEY_CTX_free(key->verifying);
    EVP_PKEY_free(key->pkey);
    free(key);
}

enum algorithm key_algorithm(const struct key *key)
{
    return key->algorithm;
}

bool key_public(const struct key *key, uint8_t octets[static 32])
{
    size_t length = 32;
    return key->algorithm == ALGORITHM_EDDSA &&
           EVP_PKEY_get_raw_public_key(key->pkey, octets, &length) == 1 && length == 32;
}

EVP_PKEY *key_openssl(const struct key *key)
{
    return key->pkey;
}
