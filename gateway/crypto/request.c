#include "crypto/request.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "crypto/library.h"
#include "crypto/openssl.h"

struct status key_new(struct key **ret_key)
{
    EVP_PKEY *pkey = library_get() == NULL ? NULL : EVP_EC_gen("P-256");
    return pkey == NULL ? FAIL(CRYPTO) : key_take(pkey, ret_key);
}

/* What a BIO in memory holds goes to the buffer. */
static void move_out(BIO *from, struct buffer *out)
{
    char *at = NULL;
    long length = BIO_get_mem_data(from, &at);
    buffer_put(out, slice_over(at, length < 0 ? 0 : (size_t)length));
}

struct status key_write(const struct key *key, struct buffer *out)
{
    BIO *text = BIO_new(BIO_s_secmem()); /* wiped when it is freed */
    bool good = text != NULL &&
                PEM_write_bio_PKCS8PrivateKey(text, key->pkey, NULL, NULL, 0, NULL, NULL) == 1;
    if (good)
        move_out(text, out);
    BIO_free(text);
    ERR_clear_error();
    return good ? OK : FAIL(CRYPTO);
}

bool key_fits(const struct key *key, const struct certificate *certificate)
{
    bool fits = X509_check_private_key(certificate_openssl(certificate), key->pkey) == 1;
    ERR_clear_error();
    return fits;
}

/* The extensions that say whom a certificate speaks for and what for, as they stand in it. */
static STACK_OF(X509_EXTENSION) * wishes_of(const X509 *like)
{
    static const int wanted[] = {NID_subject_alt_name, NID_key_usage, NID_ext_key_usage};
    STACK_OF(X509_EXTENSION) *wishes = NULL;
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        int at = X509_get_ext_by_NID(like, wanted[i], -1);
        if (at >= 0 && X509v3_add_ext(&wishes, X509_get_ext(like, at), -1) == NULL) {
            sk_X509_EXTENSION_pop_free(wishes, X509_EXTENSION_free);
            return NULL;
        }
    }
    return wishes;
}

static bool fill(X509_REQ *request, const X509 *like, const struct key *key)
{
    STACK_OF(X509_EXTENSION) *wishes = wishes_of(like);
    /* Ed25519 hashes by itself */
    const EVP_MD *hash = key->algorithm == ALGORITHM_ES256 ? library_get()->sha256 : NULL;
    bool good = wishes != NULL && X509_REQ_set_version(request, X509_REQ_VERSION_1) == 1 &&
                X509_REQ_set_subject_name(request, X509_get_subject_name(like)) == 1 &&
                X509_REQ_set_pubkey(request, key->pkey) == 1 &&
                X509_REQ_add_extensions(request, wishes) == 1 &&
                X509_REQ_sign(request, key->pkey, hash) > 0;
    sk_X509_EXTENSION_pop_free(wishes, X509_EXTENSION_free);
    return good;
}

struct status certificate_request_write(const struct certificate *like, const struct key *key,
                                        struct buffer *out)
{
    struct identity identity;
    struct status s = certificate_identity(like, &identity);
    if (failed(s))
        return s;
    X509_REQ *request = X509_REQ_new();
    BIO *text = BIO_new(BIO_s_mem());
    bool good = request != NULL && text != NULL && fill(request, certificate_openssl(like), key) &&
                PEM_write_bio_X509_REQ(text, request) == 1;
    if (good)
        move_out(text, out);
    BIO_free(text);
    X509_REQ_free(request);
    ERR_clear_error();
    return good ? OK : FAIL(CRYPTO);
}
