#include "crypto/timestamp_parts.h"

#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/pkcs7.h>
#include <openssl/x509v3.h>

#include "crypto/library.h"

#define CMS_VERSION    3  /* of what signs a content of its own type, RFC 5652 5.1 */
#define SIGNER_VERSION 1  /* of who is named by issuer and number */
#define BROUGHT_MAX    16 /* certificates, each of which may cost some verifications */

/* ---- octets ---- */

struct status timestamp_write(TS_RESP *response, struct buffer *out)
{
    unsigned char *der = NULL;
    int length = i2d_TS_RESP(response, &der);
    if (length <= 0)
        return FAIL(MEMORY);
    buffer_put(out, slice_over(der, (size_t)length));
    OPENSSL_free(der);
    return out->failed ? FAIL(MEMORY) : OK;
}

/* Octets that read as this, but that nobody would write so, are another form of it. */
static bool writes_same(TS_RESP *response, struct slice der)
{
    struct buffer again = buffer_new(TIMESTAMP_MAX_BYTES);
    bool same =
        !failed(timestamp_write(response, &again)) && slice_equal(buffer_slice(&again), der);
    buffer_done(&again);
    return same;
}

struct status timestamp_parse(struct slice der, TS_RESP **ret_response)
{
    const unsigned char *at = der.at;
    if (library_get() == NULL)
        return FAIL(CRYPTO);
    if (der.length == 0 || der.length > TIMESTAMP_MAX_BYTES)
        return REFUSE(TIMESTAMP_SHAPE);
    TS_RESP *response = d2i_TS_RESP(NULL, &at, (long)der.length);
    ERR_clear_error();
    if (response == NULL || !writes_same(response, der)) {
        TS_RESP_free(response);
        return REFUSE(TIMESTAMP_SHAPE);
    }
    *ret_response = response;
    return OK;
}

/* ---- who signed ---- */

/* The one signature of a token; NULL where there is another number. */
static PKCS7_SIGNER_INFO *signature_of(TS_RESP *response)
{
    PKCS7 *token = TS_RESP_get_token(response);
    if (token == NULL || !PKCS7_type_is_signed(token) || token->d.sign == NULL ||
        sk_PKCS7_SIGNER_INFO_num(token->d.sign->signer_info) != 1)
        return NULL;
    return sk_PKCS7_SIGNER_INFO_value(token->d.sign->signer_info, 0);
}

static bool chain_has(const struct timestamp_chain *chain, const X509 *x509)
{
    for (int i = 0; i < chain->count; i++)
        if (X509_cmp(chain->at[i], x509) == 0)
            return true;
    return false;
}

bool timestamp_issued(X509 *leaf, X509 *issuer)
{
    EVP_PKEY *key = X509_get0_pubkey(issuer);
    bool is =
        X509_check_issued(issuer, leaf) == X509_V_OK && key != NULL && X509_verify(leaf, key) == 1;
    ERR_clear_error();
    return is;
}

static X509 *issuer_among(const STACK_OF(X509) * certificates, const struct timestamp_chain *chain)
{
    for (int i = 0; i < sk_X509_num(certificates); i++) {
        X509 *x509 = sk_X509_value(certificates, i);
        if (!chain_has(chain, x509) && X509_check_issued(x509, x509) != X509_V_OK &&
            timestamp_issued(chain->at[chain->count - 1], x509))
            return x509;
    }
    return NULL;
}

static X509 *signer_among(const STACK_OF(X509) * certificates, const PKCS7_ISSUER_AND_SERIAL *named)
{
    for (int i = 0; named != NULL && i < sk_X509_num(certificates); i++) {
        X509 *x509 = sk_X509_value(certificates, i);
        if (X509_NAME_cmp(X509_get_issuer_name(x509), named->issuer) == 0 &&
            ASN1_INTEGER_cmp(X509_get0_serialNumber(x509), named->serial) == 0)
            return x509;
    }
    return NULL;
}

struct status timestamp_chain_of(TS_RESP *response, struct timestamp_chain *ret_chain)
{
    const PKCS7_SIGNER_INFO *by = signature_of(response);
    if (by == NULL)
        return REFUSE(TIMESTAMP_SHAPE);
    const STACK_OF(X509) *certificates = TS_RESP_get_token(response)->d.sign->cert;
    struct timestamp_chain chain = {.at = {signer_among(certificates, by->issuer_and_serial)},
                                    .count = 1};
    if (chain.at[0] == NULL || sk_X509_num(certificates) > BROUGHT_MAX)
        return REFUSE(TIMESTAMP_SHAPE);
    for (X509 *issuer; chain.count < TIMESTAMP_CHAIN_MAX &&
                       (issuer = issuer_among(certificates, &chain)) != NULL;)
        chain.at[chain.count++] = issuer;
    *ret_chain = chain;
    return OK;
}

/* ---- algorithms ---- */

static int algorithm_nid(const X509_ALGOR *algorithm, int *ret_type)
{
    const ASN1_OBJECT *object = NULL;
    X509_ALGOR_get0(&object, ret_type, NULL, algorithm);
    return OBJ_obj2nid(object);
}

/* By the names that RFC 3370 and RFC 5754 give them; NID_undef for all that is not kept. */
static int signature_nid(const PKCS7_SIGNER_INFO *by, X509 *signer, int *ret_type)
{
    int type = V_ASN1_UNDEF, nid = NID_undef;
    int digest = algorithm_nid(by->digest_alg, &type);
    const EVP_PKEY *key = X509_get0_pubkey(signer);
    bool is_kept = digest == NID_sha256 || digest == NID_sha384 || digest == NID_sha512;
    if (key == NULL || !is_kept || (type != V_ASN1_UNDEF && type != V_ASN1_NULL))
        return NID_undef;
    bool is_rsa = EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA;
    *ret_type = is_rsa ? V_ASN1_NULL : V_ASN1_UNDEF;
    if (is_rsa)
        return NID_rsaEncryption;
    if (EVP_PKEY_get_base_id(key) == EVP_PKEY_EC)
        (void)OBJ_find_sigid_by_algs(&nid, digest, EVP_PKEY_EC);
    return nid;
}

/* ---- the form ---- */

static bool status_is_kept(TS_RESP *response)
{
    const TS_STATUS_INFO *status = TS_RESP_get_status_info(response);
    return ASN1_INTEGER_get(TS_STATUS_INFO_get0_status(status)) == TS_STATUS_GRANTED &&
           TS_STATUS_INFO_get0_text(status) == NULL &&
           TS_STATUS_INFO_get0_failure_info(status) == NULL;
}

static bool signed_is_kept(const PKCS7_SIGNED *data, const PKCS7_SIGNER_INFO *by)
{
    return ASN1_INTEGER_get(data->version) == CMS_VERSION && data->crl == NULL &&
           sk_X509_ALGOR_num(data->md_algs) == 1 &&
           X509_ALGOR_cmp(sk_X509_ALGOR_value(data->md_algs, 0), by->digest_alg) == 0;
}

/* The library compares names with their letters folded. */
static bool names_same(X509_NAME *a, X509_NAME *b)
{
    const unsigned char *der_a = NULL, *der_b = NULL;
    size_t length_a = 0, length_b = 0;
    return X509_NAME_get0_der(a, &der_a, &length_a) == 1 &&
           X509_NAME_get0_der(b, &der_b, &length_b) == 1 &&
           slice_equal(slice_over(der_a, length_a), slice_over(der_b, length_b));
}

static bool signature_is_kept(const PKCS7_SIGNER_INFO *by, X509 *signer)
{
    int type = V_ASN1_UNDEF, wanted_type = V_ASN1_UNDEF;
    int nid = signature_nid(by, signer, &wanted_type);
    return nid != NID_undef && algorithm_nid(by->digest_enc_alg, &type) == nid &&
           type == wanted_type && ASN1_INTEGER_get(by->version) == SIGNER_VERSION &&
           by->unauth_attr == NULL &&
           names_same(X509_get_issuer_name(signer), by->issuer_and_serial->issuer);
}

bool timestamp_is_kept(TS_RESP *response, const struct timestamp_chain *chain)
{
    const PKCS7_SIGNER_INFO *by = signature_of(response);
    const PKCS7_SIGNED *data = TS_RESP_get_token(response)->d.sign;
    return status_is_kept(response) && signed_is_kept(data, by) &&
           signature_is_kept(by, chain->at[0]) && sk_X509_num(data->cert) == chain->count;
}

/* ---- into the form ---- */

static bool set_status(TS_RESP *response)
{
    TS_STATUS_INFO *status = TS_STATUS_INFO_new();
    bool done = status != NULL && TS_STATUS_INFO_set_status(status, TS_STATUS_GRANTED) == 1 &&
                TS_RESP_set_status_info(response, status) == 1;
    TS_STATUS_INFO_free(status);
    return done;
}

static bool set_certificates(PKCS7_SIGNED *data, const struct timestamp_chain *chain)
{
    STACK_OF(X509) *certificates = sk_X509_new_null();
    bool done = certificates != NULL;
    for (int i = 0; done && i < chain->count; i++)
        done = X509_add_cert(certificates, chain->at[i], X509_ADD_FLAG_UP_REF) == 1;
    if (!done) {
        sk_X509_pop_free(certificates, X509_free);
        return false;
    }
    sk_X509_pop_free(data->cert, X509_free);
    data->cert = certificates;
    return true;
}

static struct status set_form(TS_RESP *response, const struct timestamp_chain *chain)
{
    PKCS7_SIGNER_INFO *by = signature_of(response);
    int type = V_ASN1_UNDEF;
    int nid = signature_nid(by, chain->at[0], &type);
    if (nid == NID_undef)
        return REFUSE(TIMESTAMP_SHAPE);
    sk_X509_ATTRIBUTE_pop_free(by->unauth_attr, X509_ATTRIBUTE_free);
    by->unauth_attr = NULL;
    if (X509_ALGOR_set0(by->digest_enc_alg, OBJ_nid2obj(nid), type, NULL) != 1 ||
        !set_status(response) || !set_certificates(TS_RESP_get_token(response)->d.sign, chain))
        return FAIL(MEMORY);
    return timestamp_is_kept(response, chain) ? OK : REFUSE(TIMESTAMP_SHAPE);
}

struct status timestamp_keep(struct slice der, struct buffer *out)
{
    TS_RESP *response = NULL;
    struct timestamp_chain chain;
    struct status s = timestamp_parse(der, &response);
    if (failed(s))
        return s;
    long status = ASN1_INTEGER_get(TS_STATUS_INFO_get0_status(TS_RESP_get_status_info(response)));
    if (status != TS_STATUS_GRANTED && status != TS_STATUS_GRANTED_WITH_MODS)
        s = REFUSE(TIMESTAMP_DENIED);
    if (!failed(s))
        s = timestamp_chain_of(response, &chain);
    if (!failed(s))
        s = set_form(response, &chain);
    if (!failed(s))
        s = timestamp_write(response, out);
    TS_RESP_free(response);
    ERR_clear_error();
    return s;
}
