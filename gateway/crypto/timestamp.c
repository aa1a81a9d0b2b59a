#include "crypto/timestamp_parts.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/instant.h"
#include "crypto/digest.h"
#include "crypto/library.h"
#include "crypto/openssl.h"

#define SECURITY_LEVEL 2 /* as tls/ asks for */

/* ---- whom to trust ---- */

struct timestamp_authorities {
    STACK_OF(X509) * roots;
};

static struct status read_roots(FILE *f, STACK_OF(X509) * roots)
{
    X509 *x509;
    while ((x509 = PEM_read_X509(f, NULL, NULL, NULL)) != NULL)
        if (sk_X509_push(roots, x509) <= 0) {
            X509_free(x509);
            return FAIL(MEMORY);
        }
    /* The only good end is that no further PEM begins. */
    return sk_X509_num(roots) > 0 && ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE
               ? OK
               : FAIL(CONFIG);
}

struct status timestamp_authorities_load(const char *path,
                                         struct timestamp_authorities **ret_authorities)
{
    FILE *f = library_get() == NULL ? NULL : fopen(path, "re");
    if (f == NULL)
        return FAIL(CONFIG);
    struct timestamp_authorities *a = calloc(1, sizeof *a);
    struct status s = FAIL(MEMORY);
    if (a != NULL && (a->roots = sk_X509_new_null()) != NULL)
        s = read_roots(f, a->roots);
    fclose(f);
    ERR_clear_error();
    if (failed(s))
        timestamp_authorities_free(a);
    else
        *ret_authorities = a;
    return s;
}

void timestamp_authorities_free(struct timestamp_authorities *a)
{
    if (a != NULL)
        sk_X509_pop_free(a->roots, X509_free);
    free(a);
}

/* ---- the request ---- */

static bool set_imprint(TS_REQ *request, const struct digest *digest)
{
    struct digest copy = *digest;
    TS_MSG_IMPRINT *imprint = TS_MSG_IMPRINT_new();
    X509_ALGOR *algorithm = X509_ALGOR_new();
    bool done = imprint != NULL && algorithm != NULL &&
                X509_ALGOR_set0(algorithm, OBJ_nid2obj(NID_sha256), V_ASN1_NULL, NULL) == 1 &&
                TS_MSG_IMPRINT_set_algo(imprint, algorithm) == 1 &&
                TS_MSG_IMPRINT_set_msg(imprint, copy.octets, sizeof copy.octets) == 1 &&
                TS_REQ_set_msg_imprint(request, imprint) == 1;
    X509_ALGOR_free(algorithm);
    TS_MSG_IMPRINT_free(imprint);
    return done;
}

static bool set_nonce(TS_REQ *request, uint64_t nonce)
{
    ASN1_INTEGER *number = ASN1_INTEGER_new();
    bool done = number != NULL && ASN1_INTEGER_set_uint64(number, nonce) == 1 &&
                TS_REQ_set_nonce(request, number) == 1;
    ASN1_INTEGER_free(number);
    return done;
}

struct status timestamp_request(struct slice text, uint64_t nonce, struct buffer *out)
{
    if (library_get() == NULL)
        return FAIL(CRYPTO);
    const struct digest digest = digest_plain(text);
    unsigned char *der = NULL;
    TS_REQ *request = TS_REQ_new();
    struct status s = FAIL(MEMORY);
    if (request == NULL || TS_REQ_set_version(request, 1) != 1 || !set_imprint(request, &digest) ||
        !set_nonce(request, nonce) || TS_REQ_set_cert_req(request, 1) != 1)
        goto out;
    int length = i2d_TS_REQ(request, &der);
    if (length <= 0)
        goto out;
    buffer_put(out, slice_over(der, (size_t)length));
    s = out->failed ? FAIL(MEMORY) : OK;
out:
    OPENSSL_free(der);
    TS_REQ_free(request);
    ERR_clear_error();
    return s;
}

/* ---- what was stamped ---- */

static bool is_of(TS_TST_INFO *info, struct slice text)
{
    const ASN1_OBJECT *object = NULL;
    const struct digest digest = digest_plain(text);
    TS_MSG_IMPRINT *imprint = TS_TST_INFO_get_msg_imprint(info);
    const ASN1_OCTET_STRING *given = TS_MSG_IMPRINT_get_msg(imprint);
    X509_ALGOR_get0(&object, NULL, NULL, TS_MSG_IMPRINT_get_algo(imprint));
    return OBJ_obj2nid(object) == NID_sha256 &&
           digest_equal(&digest, slice_over(ASN1_STRING_get0_data(given),
                                            (size_t)ASN1_STRING_length(given)));
}

static bool has_nonce(const TS_TST_INFO *info, uint64_t nonce)
{
    uint64_t given = 0;
    const ASN1_INTEGER *number = TS_TST_INFO_get_nonce(info);
    bool has = number != NULL && ASN1_INTEGER_get_uint64(&given, number) == 1 && given == nonce;
    ERR_clear_error();
    return has;
}

/* What is critical and unknown would mean something else than is read here. */
static bool has_critical(TS_TST_INFO *info)
{
    return TS_TST_INFO_get_ext_by_critical(info, 1, -1) >= 0;
}

static struct status judge_content(TS_TST_INFO *info, const struct timestamp_wanted *w,
                                   uint64_t *ret_time_ms)
{
    uint64_t time_ms = asn1_time_ms(TS_TST_INFO_get_time(info));
    if (time_ms == 0 || has_critical(info))
        return REFUSE(TIMESTAMP_SHAPE);
    if (!is_of(info, w->text))
        return REFUSE(TIMESTAMP_IMPRINT);
    if (w->nonce != NULL && !has_nonce(info, *w->nonce))
        return REFUSE(TIMESTAMP_NONCE);
    if (time_ms < w->from_ms || time_ms > w->until_ms)
        return REFUSE(TIMESTAMP_TIME);
    *ret_time_ms = time_ms;
    return OK;
}

/* ---- who stamped it ---- */

/* Where nobody is to be trusted, the last of what it brings stands in for a root. */
static X509_STORE *store_of(const struct timestamp_wanted *w, const struct timestamp_chain *chain,
                            uint64_t time_ms)
{
    X509_STORE *store = X509_STORE_new();
    if (store == NULL)
        return NULL;
    X509_VERIFY_PARAM *param = X509_STORE_get0_param(store);
    X509_VERIFY_PARAM_set_time(param, (time_t)(time_ms / MS_PER_SECOND));
    X509_VERIFY_PARAM_set_auth_level(param, SECURITY_LEVEL);
    bool done = true;
    for (int i = 0; w->authorities != NULL && done && i < sk_X509_num(w->authorities->roots); i++)
        done = X509_STORE_add_cert(store, sk_X509_value(w->authorities->roots, i)) == 1;
    if (w->authorities == NULL)
        done = X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN) == 1 &&
               X509_STORE_add_cert(store, chain->at[chain->count - 1]) == 1;
    if (done)
        return store;
    X509_STORE_free(store);
    return NULL;
}

/* The library may take another way to a root than over what the response brings: that leads to one
 * as well, or it could be anything. */
static bool leads_to(const struct timestamp_chain *chain, const struct timestamp_authorities *a)
{
    X509 *last = chain->at[chain->count - 1];
    for (int i = 0; i < sk_X509_num(a->roots); i++)
        if (X509_cmp(last, sk_X509_value(a->roots, i)) == 0 ||
            timestamp_issued(last, sk_X509_value(a->roots, i)))
            return true;
    return false;
}

/* Why the library said no. */
static struct status verdict(void)
{
    struct status s = REFUSE(TIMESTAMP_SIGNATURE);
    for (unsigned long error; (error = ERR_get_error()) != 0;) {
        if (ERR_GET_REASON(error) == ERR_R_MALLOC_FAILURE)
            return FAIL(MEMORY);
        if (ERR_GET_LIB(error) == ERR_LIB_TS &&
            ERR_GET_REASON(error) == TS_R_CERTIFICATE_VERIFY_ERROR)
            s = REFUSE(TIMESTAMP_CHAIN);
    }
    return s;
}

static struct status judge_signature(TS_RESP *response, const struct timestamp_chain *chain,
                                     const struct timestamp_wanted *w, uint64_t time_ms)
{
    struct status s = FAIL(MEMORY);
    X509_STORE *store = store_of(w, chain, time_ms);
    TS_VERIFY_CTX *context = store == NULL ? NULL : TS_VERIFY_CTX_new();
    if (context != NULL) {
        TS_VERIFY_CTX_set_flags(context, TS_VFY_VERSION | TS_VFY_SIGNATURE);
        TS_VERIFY_CTX_set_store(context, store);
        store = NULL; /* the context's now */
        ERR_clear_error();
        s = TS_RESP_verify_response(context, response) == 1 ? OK : verdict();
    }
    TS_VERIFY_CTX_free(context);
    X509_STORE_free(store);
    ERR_clear_error();
    return s;
}

struct status timestamp_verify(struct slice kept, const struct timestamp_wanted *wanted,
                               uint64_t *ret_time_ms)
{
    uint64_t time_ms = 0;
    struct timestamp_chain chain;
    TS_RESP *response = NULL;
    struct status s = timestamp_parse(kept, &response);
    if (failed(s))
        return s;
    s = timestamp_chain_of(response, &chain);
    if (!failed(s) && !timestamp_is_kept(response, &chain))
        s = REFUSE(TIMESTAMP_SHAPE);
    if (!failed(s))
        s = judge_content(TS_RESP_get_tst_info(response), wanted, &time_ms);
    if (!failed(s))
        s = judge_signature(response, &chain, wanted, time_ms);
    if (!failed(s) && wanted->authorities != NULL && !leads_to(&chain, wanted->authorities))
        s = REFUSE(TIMESTAMP_CHAIN);
    if (!failed(s))
        *ret_time_ms = time_ms;
    TS_RESP_free(response);
    return s;
}

static struct status certificate_digest(X509 *certificate, struct digest *ret_digest)
{
    unsigned char *der = NULL;
    const int length = i2d_X509(certificate, &der);
    if (length < 0)
        return FAIL(MEMORY);
    *ret_digest = digest_plain(slice_over(der, (size_t)length));
    OPENSSL_free(der);
    return OK;
}

struct status timestamp_signer(struct slice kept, struct digest *ret_signer)
{
    struct timestamp_chain chain;
    TS_RESP *response = NULL;
    struct status s = timestamp_parse(kept, &response);
    if (failed(s))
        return s;
    s = timestamp_chain_of(response, &chain);
    if (!failed(s))
        s = certificate_digest(chain.at[0], ret_signer);
    TS_RESP_free(response);
    return s;
}
