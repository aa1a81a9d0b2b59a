#include "tsa.h"

#include <openssl/cms.h>
#include <openssl/pem.h>
#include <openssl/ts.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "support/check.h"

#define POLICY "1.3.6.1.4.1.99999.1"

static void need(bool holds)
{
    if (!holds)
        abort();
}

static X509 *certificate_of(const char *name)
{
    FILE *f = fopen(pki("tsa/%s.crt", name), "re");
    need(f != NULL);
    X509 *x509 = PEM_read_X509(f, NULL, NULL, NULL);
    need(x509 != NULL);
    fclose(f);
    return x509;
}

static EVP_PKEY *key_of(const char *name)
{
    FILE *f = fopen(pki("tsa/%s.key", name), "re");
    need(f != NULL);
    EVP_PKEY *key = PEM_read_PrivateKey(f, NULL, NULL, NULL);
    need(key != NULL);
    fclose(f);
    return key;
}

static ASN1_INTEGER *serial(TS_RESP_CTX *context, void *owner)
{
    (void)context, (void)owner;
    ASN1_INTEGER *number = ASN1_INTEGER_new();
    need(number != NULL && ASN1_INTEGER_set(number, 4711) == 1);
    return number;
}

static int clock_of(TS_RESP_CTX *context, void *owner, long *ret_s, long *ret_us)
{
    (void)context;
    const uint64_t *at_s = owner;
    *ret_s = *at_s == 0 ? (long)time(NULL) : (long)*at_s;
    *ret_us = 0;
    return 1;
}

static TS_RESP_CTX *context_of(const struct tsa_answer *answer, uint64_t *at_s)
{
    TS_RESP_CTX *context = TS_RESP_CTX_new();
    X509 *signer = certificate_of(answer->signer);
    EVP_PKEY *key = key_of(answer->signer);
    ASN1_OBJECT *policy = OBJ_txt2obj(POLICY, 1);
    STACK_OF(X509) *more = sk_X509_new_null();
    need(context != NULL && more != NULL && policy != NULL);
    for (size_t i = 0; i < TSA_BRINGS_MAX && answer->brings[i] != NULL; i++)
        need(sk_X509_push(more, certificate_of(answer->brings[i])) > 0);
    need(TS_RESP_CTX_set_signer_cert(context, signer) == 1 &&
         TS_RESP_CTX_set_signer_key(context, key) == 1 &&
         TS_RESP_CTX_set_signer_digest(context, EVP_sha256()) == 1 &&
         TS_RESP_CTX_set_ess_cert_id_digest(context, EVP_sha256()) == 1 &&
         TS_RESP_CTX_set_def_policy(context, policy) == 1 &&
         TS_RESP_CTX_set_certs(context, more) == 1 &&
         TS_RESP_CTX_add_md(context, answer->denies ? EVP_sha512() : EVP_sha256()) == 1);
    TS_RESP_CTX_set_serial_cb(context, serial, NULL);
    TS_RESP_CTX_set_time_cb(context, clock_of, at_s);
    X509_free(signer);
    EVP_PKEY_free(key);
    ASN1_OBJECT_free(policy);
    sk_X509_pop_free(more, X509_free);
    return context;
}

/* PKIStatusInfo granted with the words "Hello". */
static void speak(TS_RESP *response)
{
    static const uint8_t der[] = {0x30, 0x0c, 0x02, 0x01, 0x00, 0x30, 0x07,
                                  0x0c, 0x05, 'H',  'e',  'l',  'l',  'o'};
    const uint8_t *at = der;
    TS_STATUS_INFO *status = d2i_TS_STATUS_INFO(NULL, &at, sizeof der);
    need(status != NULL && TS_RESP_set_status_info(response, status) == 1);
    TS_STATUS_INFO_free(status);
}

/* OpenSSL's own authority does not sign with a certificate that is not for it. */
static PKCS7 *signed_by(const char *name, TS_TST_INFO *info)
{
    uint8_t *der = NULL, *again = NULL;
    int length = i2d_TS_TST_INFO(info, &der);
    need(length > 0);
    BIO *content = BIO_new_mem_buf(der, length);
    X509 *signer = certificate_of(name);
    EVP_PKEY *key = key_of(name);
    CMS_ContentInfo *cms =
        CMS_sign(NULL, NULL, NULL, NULL, CMS_PARTIAL | CMS_BINARY | CMS_NOSMIMECAP);
    need(cms != NULL && CMS_set1_eContentType(cms, OBJ_nid2obj(NID_id_smime_ct_TSTInfo)) == 1 &&
         CMS_add1_signer(cms, signer, key, EVP_sha256(), CMS_BINARY | CMS_NOSMIMECAP | CMS_CADES) !=
             NULL &&
         CMS_final(cms, content, NULL, CMS_BINARY) == 1);
    length = i2d_CMS_ContentInfo(cms, &again);
    need(length > 0);
    const uint8_t *at = again;
    PKCS7 *token = d2i_PKCS7(NULL, &at, length);
    need(token != NULL);
    CMS_ContentInfo_free(cms);
    EVP_PKEY_free(key);
    X509_free(signer);
    BIO_free(content);
    OPENSSL_free(again);
    OPENSSL_free(der);
    return token;
}

static void resign(TS_RESP *response, const char *name)
{
    TS_TST_INFO *info = TS_TST_INFO_dup(TS_RESP_get_tst_info(response));
    need(info != NULL);
    TS_RESP_set_tst_info(response, signed_by(name, info), info);
}

void tsa_stamp(const struct tsa_answer *answer, struct slice request, struct buffer *out)
{
    uint64_t at_s = answer->at_s;
    TS_RESP_CTX *context = context_of(answer, &at_s);
    BIO *in = BIO_new_mem_buf(request.at, (int)request.length);
    TS_RESP *response = TS_RESP_create_response(context, in);
    uint8_t *der = NULL;
    need(response != NULL);
    if (answer->speaks)
        speak(response);
    if (answer->resigns != NULL)
        resign(response, answer->resigns);
    int length = i2d_TS_RESP(response, &der);
    need(length > 0);
    buffer_put(out, slice_over(der, (size_t)length));
    OPENSSL_free(der);
    TS_RESP_free(response);
    BIO_free(in);
    TS_RESP_CTX_free(context);
}
