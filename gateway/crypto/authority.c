#include "crypto/authority.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/instant.h"
#include "crypto/library.h"
#include "crypto/openssl.h"

#define SECURITY_LEVEL 2 /* as tls/ asks for */

struct crl {
    X509_CRL *x509;
};

/* ---- what was issued ---- */

bool authority_signed(const struct certificate *authority, const struct certificate *leaf)
{
    X509 *ca = certificate_openssl(authority), *x509 = certificate_openssl(leaf);
    EVP_PKEY *key = X509_get0_pubkey(ca);
    bool signed_by = key != NULL &&
                     X509_NAME_cmp(X509_get_subject_name(ca), X509_get_issuer_name(x509)) == 0 &&
                     X509_verify(x509, key) == 1;
    ERR_clear_error();
    return signed_by;
}

/* What a certificate is asked besides its signature. */
struct question {
    const struct certificate *authority, *leaf;
    unsigned long flags;
    time_t at;
    const struct crl *crl; /* or NULL */
};

static bool prepare(X509_STORE *store, X509_STORE_CTX *chain, STACK_OF(X509_CRL) * crls,
                    const struct question *q)
{
    if (store == NULL || chain == NULL || crls == NULL ||
        X509_STORE_add_cert(store, certificate_openssl(q->authority)) != 1 ||
        (q->crl != NULL && sk_X509_CRL_push(crls, q->crl->x509) <= 0) ||
        X509_STORE_CTX_init(chain, store, certificate_openssl(q->leaf), NULL) != 1)
        return false;
    X509_STORE_CTX_set0_crls(chain, crls);
    X509_STORE_CTX_set_depth(chain, 0);
    X509_STORE_CTX_set_flags(chain, q->flags | X509_V_FLAG_X509_STRICT);
    if (q->at != 0)
        X509_STORE_CTX_set_time(chain, 0, q->at);
    X509_VERIFY_PARAM_set_auth_level(X509_STORE_CTX_get0_param(chain), SECURITY_LEVEL);
    return true;
}

/* The library's verdict, X509_V_OK or X509_V_ERR_... */
static int verdict_of(const struct question *q)
{
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *chain = X509_STORE_CTX_new();
    STACK_OF(X509_CRL) *crls = sk_X509_CRL_new_null();
    int verdict = X509_V_ERR_OUT_OF_MEM;
    if (prepare(store, chain, crls, q)) {
        int good = X509_verify_cert(chain);
        verdict = X509_STORE_CTX_get_error(chain);
        if (good != 1 && verdict == X509_V_OK)
            verdict = X509_V_ERR_UNSPECIFIED;
    }
    X509_STORE_CTX_free(chain);
    sk_X509_CRL_free(crls);
    X509_STORE_free(store);
    ERR_clear_error();
    return verdict;
}

bool authority_issued(const struct certificate *authority, const struct certificate *leaf,
                      const char **ret_why)
{
    const struct question q = {
        .authority = authority, .leaf = leaf, .flags = X509_V_FLAG_NO_CHECK_TIME};
    int verdict = verdict_of(&q);
    if (verdict != X509_V_OK)
        *ret_why = X509_verify_cert_error_string(verdict);
    return verdict == X509_V_OK;
}

/* ---- what was revoked ---- */

/* Takes x509 over. */
static struct crl *crl_over(X509_CRL *x509)
{
    struct crl *crl = malloc(sizeof *crl);
    if (crl == NULL)
        X509_CRL_free(x509);
    else
        crl->x509 = x509;
    return crl;
}

struct status crl_read(struct slice der, struct crl **ret_crl)
{
    const uint8_t *at = der.at;
    if (library_get() == NULL || der.length == 0 || der.length > LONG_MAX)
        return FAIL(CONFIG);
    X509_CRL *x509 = d2i_X509_CRL(NULL, &at, (long)der.length);
    ERR_clear_error();
    if (x509 == NULL || at != der.at + der.length) {
        X509_CRL_free(x509);
        return FAIL(CONFIG);
    }
    struct crl *crl = crl_over(x509);
    if (crl == NULL)
        return FAIL(MEMORY);
    *ret_crl = crl;
    return OK;
}

void crl_free(struct crl *crl)
{
    if (crl != NULL)
        X509_CRL_free(crl->x509);
    free(crl);
}

static struct status add(struct crls *crls, X509_CRL *x509)
{
    struct crl *crl = crl_over(x509);
    struct crl **more = realloc(crls->at, (crls->count + 1) * sizeof(struct crl *));
    if (more != NULL)
        crls->at = more;
    if (crl == NULL || more == NULL) {
        crl_free(crl);
        return FAIL(MEMORY);
    }
    crls->at[crls->count++] = crl;
    return OK;
}

struct status crls_load(const char *path, struct crls *ret_crls)
{
    struct crls crls = {NULL, 0};
    struct status s = OK;
    X509_CRL *x509;
    FILE *f = library_get() == NULL ? NULL : fopen(path, "re");
    if (f == NULL)
        return FAIL(CONFIG);
    while (!failed(s) && (x509 = PEM_read_X509_CRL(f, NULL, NULL, NULL)) != NULL)
        s = add(&crls, x509);
    /* The only good end is that no further PEM begins. */
    if (!failed(s) &&
        (crls.count == 0 || ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE))
        s = FAIL(CONFIG);
    fclose(f);
    ERR_clear_error();
    if (failed(s))
        crls_free(&crls);
    else
        *ret_crls = crls;
    return s;
}

void crls_free(struct crls *crls)
{
    for (size_t i = 0; i < crls->count; i++)
        crl_free(crls->at[i]);
    free(crls->at);
    *crls = (struct crls){NULL, 0};
}

bool crl_is_of(const struct crl *crl, const struct certificate *authority)
{
    X509 *ca = certificate_openssl(authority);
    EVP_PKEY *key = X509_get0_pubkey(ca);
    bool is_of = key != NULL &&
                 X509_NAME_cmp(X509_get_subject_name(ca), X509_CRL_get_issuer(crl->x509)) == 0 &&
                 X509_CRL_verify(crl->x509, key) == 1;
    ERR_clear_error();
    return is_of;
}

void crl_validity(const struct crl *crl, uint64_t *ret_from_ms, uint64_t *ret_until_ms)
{
    *ret_from_ms = asn1_time_ms(X509_CRL_get0_lastUpdate(crl->x509));
    *ret_until_ms = asn1_time_ms(X509_CRL_get0_nextUpdate(crl->x509));
}

void crl_number(const struct crl *crl, char text[static 64])
{
    ASN1_INTEGER *number = X509_CRL_get_ext_d2i(crl->x509, NID_crl_number, NULL, NULL);
    if (number == NULL || !asn1_number_text(number, text, 64))
        text[0] = '\0';
    ASN1_INTEGER_free(number);
}

size_t crl_length(const struct crl *crl)
{
    int count = sk_X509_REVOKED_num(X509_CRL_get_REVOKED(crl->x509));
    return count < 0 ? 0 : (size_t)count;
}

bool crl_covers(const struct crl *crl, const struct certificate *certificate)
{
    return X509_NAME_cmp(X509_get_issuer_name(certificate_openssl(certificate)),
                         X509_CRL_get_issuer(crl->x509)) == 0;
}

bool crl_lists(const struct crl *crl, const struct certificate *certificate, uint64_t *ret_since_ms)
{
    X509_REVOKED *entry = NULL;
    /* The library gives 2 for removeFromCRL: it was on hold and is good again. */
    if (!crl_covers(crl, certificate) ||
        X509_CRL_get0_by_cert(crl->x509, &entry, certificate_openssl(certificate)) != 1)
        return false;
    *ret_since_ms = asn1_time_ms(X509_REVOKED_get0_revocationDate(entry));
    return true;
}

bool crl_clears(const struct crl *crl, const struct certificate *authority,
                const struct certificate *certificate, uint64_t at_ms, const char **ret_why)
{
    const struct question q = {.authority = authority,
                               .leaf = certificate,
                               .flags = X509_V_FLAG_CRL_CHECK,
                               .at = (time_t)(at_ms / MS_PER_SECOND),
                               .crl = crl};
    int verdict = verdict_of(&q);
    /* Dates of the certificate are judged after its revocation and are another question. */
    bool dates = verdict == X509_V_ERR_CERT_HAS_EXPIRED || verdict == X509_V_ERR_CERT_NOT_YET_VALID;
    if (verdict == X509_V_OK || dates)
        return true;
    *ret_why = X509_verify_cert_error_string(verdict);
    return false;
}
