#include "support/pki.h"

#include <ctype.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PKI_MAX 32

/* Who signs: a State's CA. */
struct authority {
    char state[4];
    EVP_PKEY *pkey;
    X509 *x509;
    struct certificate *certificate;
};

static struct authority authorities[PKI_MAX];
static struct sealing sealings[PKI_MAX];
static size_t authority_count, sealing_count;
static long serial;

static void need(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "test PKI: %s\n", what);
    exit(1);
}

static void free_all(void)
{
    for (size_t i = 0; i < authority_count; i++) {
        EVP_PKEY_free(authorities[i].pkey);
        X509_free(authorities[i].x509);
        certificate_free(authorities[i].certificate);
    }
    for (size_t i = 0; i < sealing_count; i++) {
        key_free(sealings[i].key);
        certificate_free(sealings[i].certificate);
    }
    authority_count = sealing_count = 0;
}

static void add_name(X509_NAME *name, const char *key, const char *text)
{
    need(X509_NAME_add_entry_by_txt(name, key, MBSTRING_ASC, (const unsigned char *)text, -1, -1,
                                    0) == 1,
         "subject");
}

static void add_extension(X509 *x509, X509V3_CTX *context, int nid, const char *value)
{
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, context, nid, value);
    need(extension != NULL && X509_add_ext(x509, extension, -1) == 1, value);
    X509_EXTENSION_free(extension);
}

static X509 *begin(const char *state, const char *common_name, EVP_PKEY *pkey)
{
    X509 *x509 = X509_new();
    need(x509 != NULL, "memory");
    X509_NAME *name = X509_get_subject_name(x509);
    add_name(name, "C", state);
    add_name(name, "O", "DEMO");
    add_name(name, "CN", common_name);
    need(X509_set_version(x509, X509_VERSION_3) == 1 &&
             ASN1_INTEGER_set(X509_get_serialNumber(x509), ++serial) == 1 &&
             ASN1_TIME_set_string(X509_getm_notBefore(x509), "20260101000000Z") == 1 &&
             ASN1_TIME_set_string(X509_getm_notAfter(x509), "20280101000000Z") == 1 &&
             X509_set_pubkey(x509, pkey) == 1,
         common_name);
    return x509;
}

static struct certificate *finish(X509 *x509, X509_NAME *issuer, EVP_PKEY *signer)
{
    unsigned char *der = NULL;
    struct certificate *certificate = NULL;
    need(X509_set_issuer_name(x509, issuer) == 1 && X509_sign(x509, signer, EVP_sha256()) > 0,
         "signature of a certificate");
    int length = i2d_X509(x509, &der);
    need(length > 0 && !failed(certificate_read(slice_over(der, (size_t)length), &certificate)),
         "reading a certificate");
    OPENSSL_free(der);
    return certificate;
}

static const struct authority *authority_of(const char *state)
{
    for (size_t i = 0; i < authority_count; i++)
        if (strcmp(authorities[i].state, state) == 0)
            return &authorities[i];
    need(authority_count < PKI_MAX, "too many States");
    if (authority_count == 0)
        atexit(free_all);
    struct authority *a = &authorities[authority_count++];
    char name[32];
    X509V3_CTX context;
    snprintf(a->state, sizeof a->state, "%s", state);
    snprintf(name, sizeof name, "%s State CA DEMO", state);
    a->pkey = EVP_EC_gen("P-256");
    need(a->pkey != NULL, "key of a CA");
    a->x509 = begin(state, name, a->pkey);
    X509V3_set_ctx(&context, a->x509, a->x509, NULL, NULL, 0);
    add_extension(a->x509, &context, NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
    add_extension(a->x509, &context, NID_key_usage, "critical,keyCertSign,cRLSign");
    a->certificate = finish(a->x509, X509_get_subject_name(a->x509), a->pkey);
    return a;
}

static void add_revoked(X509_CRL *crl, const struct certificate *certificate, uint64_t since_ms)
{
    struct slice der = certificate_der(certificate);
    const uint8_t *at = der.at;
    X509 *x509 = d2i_X509(NULL, &at, (long)der.length);
    X509_REVOKED *row = X509_REVOKED_new();
    ASN1_TIME *since = ASN1_TIME_set(NULL, (time_t)(since_ms / 1000));
    need(x509 != NULL && row != NULL && since != NULL &&
             X509_REVOKED_set_serialNumber(row, X509_get_serialNumber(x509)) == 1 &&
             X509_REVOKED_set_revocationDate(row, since) == 1 &&
             X509_CRL_add0_revoked(crl, row) == 1,
         "row of a list");
    ASN1_TIME_free(since);
    X509_free(x509);
}

void pki_revoke(const char *name, uint64_t since_ms, struct buffer *out)
{
    char state[3] = {name[0], name[1], '\0'};
    const struct certificate *certificate = pki_sealing(name)->certificate;
    const struct authority *a = authority_of(state);
    ASN1_TIME *now = ASN1_TIME_set(NULL, (time_t)(since_ms / 1000));
    X509_CRL *crl = X509_CRL_new();
    uint8_t *der = NULL;
    need(crl != NULL && now != NULL && X509_CRL_set_version(crl, X509_CRL_VERSION_2) == 1 &&
             X509_CRL_set_issuer_name(crl, X509_get_subject_name(a->x509)) == 1 &&
             X509_CRL_set1_lastUpdate(crl, now) == 1,
         "list");
    add_revoked(crl, certificate, since_ms);
    need(X509_CRL_sign(crl, a->pkey, EVP_sha256()) > 0, "signature of a list");
    int length = i2d_X509_CRL(crl, &der);
    need(length > 0, "octets of a list");
    buffer_put(out, slice_over(der, (size_t)length));
    OPENSSL_free(der);
    X509_CRL_free(crl);
    ASN1_TIME_free(now);
}

const struct certificate *pki_authority(const char *state)
{
    return authority_of(state)->certificate;
}

struct identity pki_identity(const char *name)
{
    struct identity i = {.kind = IDENTITY_PARTY};
    const char *officer = strchr(name, '/');
    size_t length = officer == NULL ? strlen(name) : (size_t)(officer - name);
    need(slice_copy_text(slice_over(name, length), i.id, sizeof i.id), name);
    if (officer != NULL) {
        i.kind = IDENTITY_OFFICER;
        snprintf(i.officer, sizeof i.officer, "%s", officer + 1);
    } else if (strstr(i.id, "-GW-") != NULL) {
        i.kind = IDENTITY_GATEWAY;
    }
    snprintf(i.domain, sizeof i.domain, "%c%c.comity.example", tolower(i.id[0]), tolower(i.id[1]));
    return i;
}

/* Keys come into the gateway from files alone. */
static struct key *key_of(EVP_PKEY *pkey)
{
    char path[] = "/tmp/comity-test-key-XXXXXX";
    struct key *key = NULL;
    int fd = mkstemp(path);
    FILE *f = fd < 0 ? NULL : fdopen(fd, "w");
    need(f != NULL && PEM_write_PrivateKey(f, pkey, NULL, NULL, 0, NULL, NULL) == 1 &&
             fclose(f) == 0,
         "writing a key");
    struct status s = key_load(path, &key);
    unlink(path);
    need(!failed(s), "reading a key");
    return key;
}

static struct certificate *certify(const struct identity *identity, EVP_PKEY *pkey)
{
    char state[4] = {identity->id[0], identity->id[1], '\0'};
    char uri[256], name[64];
    X509V3_CTX context;
    const struct authority *authority = authority_of(state);
    identity_name(identity, name);
    snprintf(uri, sizeof uri, "URI:spiffe://%s/party/%s%s%s", identity->domain, identity->id,
             identity->officer[0] == '\0' ? "" : "/officer/", identity->officer);
    X509 *x509 = begin(state, name, pkey);
    X509V3_set_ctx(&context, authority->x509, x509, NULL, NULL, 0);
    add_extension(x509, &context, NID_basic_constraints, "critical,CA:FALSE");
    add_extension(x509, &context, NID_key_usage, "critical,digitalSignature");
    add_extension(x509, &context, NID_ext_key_usage, "1.3.6.1.5.5.7.3.36");
    add_extension(x509, &context, NID_subject_alt_name, uri);
    struct certificate *certificate =
        finish(x509, X509_get_subject_name(authority->x509), authority->pkey);
    X509_free(x509);
    return certificate;
}

const struct sealing *pki_sealing(const char *name)
{
    for (size_t i = 0; i < sealing_count; i++)
        if (strcmp(sealings[i].name, name) == 0)
            return &sealings[i];
    need(sealing_count < PKI_MAX, "too many parties");
    struct sealing *s = &sealings[sealing_count++];
    struct identity identity = pki_identity(name);
    bool edwards = strncmp(name, "XC", 2) == 0;
    EVP_PKEY *pkey = edwards ? EVP_PKEY_Q_keygen(NULL, NULL, "ED25519") : EVP_EC_gen("P-256");
    need(pkey != NULL, "key of a party");
    snprintf(s->name, sizeof s->name, "%s", name);
    s->key = key_of(pkey);
    s->certificate = certify(&identity, pkey);
    EVP_PKEY_free(pkey);
    return s;
}
