#include "support/check.h"
#include "support/vectors.h"

#include "crypto/key.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define JAN_2026 1767225600000ULL
#define JAN_2027 1798761600000ULL

#define PARTY "URI:spiffe://xa.comity.example/party/XA-CA-01"

/* What a test certificate holds beside its key; NULL leaves an extension out. */
struct recipe {
    const char *names, *more_names, *usage, *extended_usage, *constraints;
};

static void add_extension(X509 *x, int nid, const char *value)
{
    X509_EXTENSION *e = value == NULL ? NULL : X509V3_EXT_conf_nid(NULL, NULL, nid, value);
    if (value != NULL && (e == NULL || X509_add_ext(x, e, -1) != 1))
        abort();
    X509_EXTENSION_free(e);
}

static struct slice der_of(const struct recipe *r, const char *group)
{
    static uint8_t room[4096];
    uint8_t *at = room;
    EVP_PKEY *key = group == NULL ? EVP_PKEY_Q_keygen(NULL, NULL, "ED25519") : EVP_EC_gen(group);
    X509 *x = X509_new();
    X509_set_version(x, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(x), 7);
    ASN1_TIME_set_string(X509_getm_notBefore(x), "20260101000000Z");
    ASN1_TIME_set_string(X509_getm_notAfter(x), "20270101000000Z");
    X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC,
                               (const unsigned char *)"DEMO\nnext", -1, -1, 0);
    X509_set_issuer_name(x, X509_get_subject_name(x));
    X509_set_pubkey(x, key);
    add_extension(x, NID_subject_alt_name, r->names);
    add_extension(x, NID_subject_alt_name, r->more_names);
    add_extension(x, NID_key_usage, r->usage);
    add_extension(x, NID_ext_key_usage, r->extended_usage);
    add_extension(x, NID_basic_constraints, r->constraints);
    X509_sign(x, key, group == NULL ? NULL : EVP_sha256());
    int length = i2d_X509(x, NULL);
    if (length <= 0 || (size_t)length > sizeof room || i2d_X509(x, &at) != length)
        abort();
    X509_free(x);
    EVP_PKEY_free(key);
    return slice_over(room, (size_t)length);
}

static struct certificate *certificate_of(const struct recipe *r)
{
    struct certificate *c = NULL;
    CHECK_OK(certificate_read(der_of(r, NULL), &c));
    return c;
}

static void certificates_of_the_vectors_are_read(void)
{
    static const struct {
        const char *list, *name, *identity;
        enum identity_kind kind;
        enum algorithm algorithm;
    } rows[] = {
        {NULL, "seal_eddsa", "XA-CA-01", IDENTITY_PARTY, ALGORITHM_EDDSA},
        {NULL, "seal_es256", "XA-CA-01", IDENTITY_PARTY, ALGORITHM_ES256},
        {"officers", "2207", "XA-CA-01/2207", IDENTITY_OFFICER, ALGORITHM_EDDSA},
        {"officers", "2291", "XA-CA-01/2291", IDENTITY_OFFICER, ALGORITHM_EDDSA},
    };
    json_t *keys = vectors("keys.json");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const json_t *list = rows[i].list == NULL ? keys : json_object_get(keys, rows[i].list);
        struct slice der = vector_member(json_object_get(list, rows[i].name), "certificate");
        struct certificate *c = NULL;
        struct identity identity = {0};
        char name[64];
        uint64_t from = 0, until = 0;
        CHECK_OK(certificate_read(der, &c));
        CHECK_OK(certificate_identity(c, &identity));
        identity_name(&identity, name);
        CHECK_TEXT(name, rows[i].identity);
        CHECK_TEXT(identity.domain, "xa.comity.example");
        CHECK_U64(identity.kind, rows[i].kind);
        CHECK_U64(key_algorithm(certificate_key(c)), rows[i].algorithm);
        CHECK_BYTES(certificate_der(c), der);
        CHECK(certificate_may_seal(c));
        certificate_validity(c, &from, &until);
        CHECK_U64(from, JAN_2026);
        CHECK_U64(until, JAN_2027);
        certificate_free(c);
    }
    json_decref(keys);
}

static void validity_includes_both_ends(void)
{
    struct certificate *c = certificate_of(&(struct recipe){PARTY, NULL, NULL, NULL, NULL});
    CHECK(!certificate_valid_at(c, JAN_2026 - 1));
    CHECK(certificate_valid_at(c, JAN_2026));
    CHECK(certificate_valid_at(c, JAN_2027));
    CHECK(!certificate_valid_at(c, JAN_2027 + 1));
    certificate_free(c);
}

static void identities_are_one_uri_and_nothing_foreign(void)
{
    static const struct {
        const char *names, *more_names, *identity; /* NULL: refused */
    } rows[] = {
        {PARTY, NULL, "XA-CA-01"},
        {"URI:spiffe://xa.comity.example/party/XA-LABI-01", NULL, "XA-LABI-01"},
        {"URI:spiffe://xa.comity.example/gateway/XA-GW-01", NULL, "XA-GW-01"},
        {"URI:spiffe://xa.comity.example/gateway/XA-GW-01,DNS:gw.example,IP:127.0.0.1", NULL,
         "XA-GW-01"},
        {"DNS:gw.example,URI:spiffe://xa.comity.example/gateway/XA-GW-01", NULL, "XA-GW-01"},
        {"URI:spiffe://xa.comity.example/party/XA-POL-01/officer/2207", NULL, "XA-POL-01/2207"},
        {"URI:spiffe://xa.mutual.gov.test/party/XA-CA-01", NULL, "XA-CA-01"},
        {NULL, NULL, NULL},
        {"DNS:xa.comity.example", NULL, NULL},
        {PARTY "," PARTY, NULL, NULL},
        {PARTY ",URI:spiffe://xa.comity.example/party/XA-CA-02", NULL, NULL},
        {PARTY ",DNS:xa.comity.example", NULL, NULL},
        {PARTY ",IP:127.0.0.1", NULL, NULL},
        {"DNS:xa.comity.example," PARTY, NULL, NULL},
        {PARTY ",email:a@xb.example", NULL, NULL},
        {"URI:spiffe://xa.comity.example/gateway/XA-GW-01,email:a@xb.example", NULL, NULL},
        {PARTY ",RID:1.2.3", NULL, NULL},
        {PARTY, PARTY, NULL},
        {PARTY, "DNS:xa.comity.example", NULL},
        {"URI:https://xa.comity.example/party/XA-CA-01", NULL, NULL},
        {"URI:SPIFFE://xa.comity.example/party/XA-CA-01", NULL, NULL},
        {"URI:urn:comity:XA-CA-01", NULL, NULL},
        {"URI:spiffe://xb.comity.example/party/XA-CA-01", NULL, NULL},
        {"URI:spiffe://XA.comity.example/party/XA-CA-01", NULL, NULL},
        {"URI:spiffe://axa.comity.example/party/XA-CA-01", NULL, NULL},
        {"URI:spiffe://xa/party/XA-CA-01", NULL, NULL},
        {"URI:spiffe://xa./party/XA-CA-01", NULL, NULL},
        {"URI:spiffe://xa..example/party/XA-CA-01", NULL, NULL},
        {"URI:spiffe://.xa.comity.example/party/XA-CA-01", NULL, NULL},
        {"URI:spiffe://xa.comity.example:443/party/XA-CA-01", NULL, NULL},
        {"URI:spiffe://user@xa.comity.example/party/XA-CA-01", NULL, NULL},
        {"URI:spiffe://xa.comity.example/party/XA-CA-01/", NULL, NULL},
        {"URI:spiffe://xa.comity.example//party/XA-CA-01", NULL, NULL},
        {"URI:spiffe://xa.comity.example/party/XA-CA-01?x", NULL, NULL},
        {"URI:spiffe://xa.comity.example/party/XA-CA-01#x", NULL, NULL},
        {"URI:spiffe://xa.comity.example/party/XA-CA-01/officer", NULL, NULL},
        {"URI:spiffe://xa.comity.example/party/XA-CA-01/officer/", NULL, NULL},
        {"URI:spiffe://xa.comity.example/party/XA-CA-01/officer/22/07", NULL, NULL},
        {"URI:spiffe://xa.comity.example/party/XA-CA-01/officer/22 07", NULL, NULL},
        {"URI:spiffe://xa.comity.example/party/XA-CA-01/clerk/2207", NULL, NULL},
        {"URI:spiffe://xa.comity.example/gateway/XA-GW-01/officer/2207", NULL, NULL},
        {"URI:spiffe://xa.comity.example/gateway/XA-CA-01", NULL, NULL},
        {"URI:spiffe://xa.comity.example/party/XA-GW-01", NULL, NULL},
        {"URI:spiffe://xa.comity.example/member/XA-CA-01", NULL, NULL},
        {"URI:spiffe://xa.comity.example/party/xa-ca-01", NULL, NULL},
        {"URI:spiffe://xa.comity.example/party/XA-CA-1", NULL, NULL},
        {"URI:spiffe://xa.comity.example/party/", NULL, NULL},
        {"URI:spiffe://xa.comity.example", NULL, NULL},
        {"URI:spiffe://", NULL, NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct certificate *c =
            certificate_of(&(struct recipe){rows[i].names, rows[i].more_names, NULL, NULL, NULL});
        struct identity identity = {0};
        char name[64];
        struct status s = certificate_identity(c, &identity);
        if (!CHECK_STATUS(s, rows[i].identity == NULL ? REFUSE(SEAL_IDENTITY) : OK))
            fprintf(stderr, "row %zu: %s\n", i, rows[i].names);
        identity_name(&identity, name);
        if (rows[i].identity != NULL)
            CHECK_TEXT(name, rows[i].identity);
        certificate_free(c);
    }
}

/* X509V3_EXT_conf cannot write a NUL into a URI, so it is put where another octet was. */
static void a_uri_with_a_nul_or_a_space_is_no_identity(void)
{
    static const uint8_t octets[] = {0, ' ', 0x7f, 0xc3};
    for (size_t i = 0; i < sizeof octets; i++) {
        struct slice der = der_of(&(struct recipe){PARTY, NULL, NULL, NULL, NULL}, NULL);
        uint8_t changed[4096];
        memcpy(changed, der.at, der.length);
        size_t at = 0;
        while (memcmp(changed + at, "spiffe://", 9) != 0)
            at++;
        changed[at + strlen("spiffe://xa.comity.example/party/XA-CA-0")] = octets[i];
        struct certificate *c = NULL;
        struct identity identity;
        CHECK_OK(certificate_read(slice_over(changed, der.length), &c));
        CHECK_STATUS(certificate_identity(c, &identity), REFUSE(SEAL_IDENTITY));
        certificate_free(c);
    }
}

#define DOCUMENTS "1.3.6.1.5.5.7.3.36"

static void only_document_signing_certificates_may_seal(void)
{
    static const struct {
        struct recipe recipe;
        bool may;
    } rows[] = {
        {{PARTY, NULL, "critical,digitalSignature", DOCUMENTS, "critical,CA:false"}, true},
        {{PARTY, NULL, NULL, DOCUMENTS, NULL}, true},
        {{PARTY, NULL, "digitalSignature,keyAgreement", DOCUMENTS ",1.2.3.4", NULL}, true},
        {{PARTY, NULL, NULL, NULL, NULL}, false},
        {{PARTY, NULL, "keyAgreement", DOCUMENTS, NULL}, false},
        {{PARTY, NULL, "digitalSignature", "clientAuth", NULL}, false},
        {{PARTY, NULL, "digitalSignature", DOCUMENTS ",clientAuth", NULL}, false},
        {{PARTY, NULL, "digitalSignature", DOCUMENTS ",serverAuth", NULL}, false},
        {{PARTY, NULL, "digitalSignature", DOCUMENTS ",anyExtendedKeyUsage", NULL}, false},
        {{PARTY, NULL, "digitalSignature,keyCertSign", DOCUMENTS, "critical,CA:true"}, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct certificate *c = certificate_of(&rows[i].recipe);
        CHECK_U64(certificate_may_seal(c), rows[i].may);
        certificate_free(c);
    }
}

static void what_is_no_der_certificate_is_refused(void)
{
    struct slice der = der_of(&(struct recipe){PARTY, NULL, NULL, NULL, NULL}, NULL);
    struct certificate *c = NULL;
    uint8_t longer[4096];
    for (size_t length = 0; length < der.length; length++)
        CHECK_STATUS(certificate_read(slice_part(der, 0, length), &c), FAIL(CONFIG));
    memcpy(longer, der.at, der.length);
    longer[der.length] = 0;
    CHECK_STATUS(certificate_read(slice_over(longer, der.length + 1), &c), FAIL(CONFIG));
    CHECK_STATUS(certificate_load("/nonexistent", &c), FAIL(CONFIG));
    CHECK(c == NULL);
    certificate_free(NULL);
}

static void a_key_of_another_kind_is_no_key(void)
{
    struct certificate *c = NULL;
    CHECK_OK(
        certificate_read(der_of(&(struct recipe){PARTY, NULL, NULL, NULL, NULL}, "P-384"), &c));
    CHECK(certificate_key(c) == NULL);
    certificate_free(c);
}

static void a_pem_file_gives_the_same_certificate_and_one_line_for_people(void)
{
    char path[] = "/tmp/comity-crt-XXXXXX";
    struct slice der = der_of(&(struct recipe){PARTY, NULL, NULL, NULL, NULL}, "P-256");
    const uint8_t *at = der.at;
    X509 *x = d2i_X509(NULL, &at, (long)der.length);
    FILE *f = fdopen(mkstemp(path), "w");
    struct certificate *c = NULL;
    if (f == NULL || PEM_write_X509(f, x) != 1)
        abort();
    fclose(f);
    X509_free(x);
    CHECK_OK(certificate_load(path, &c));
    CHECK_BYTES(certificate_der(c), der);
    struct arena *a = arena_new(16384);
    const char *text = certificate_summary(a, c);
    CHECK(text != NULL && strchr(text, '\n') == NULL);
    CHECK(strstr(text, "XA-CA-01 (CN=DEMO\\0Anext)") != NULL);
    CHECK(strstr(text, "2026-01-01T00:00:00Z to 2027-01-01T00:00:00Z") != NULL);
    arena_free(a);
    certificate_free(c);
    unlink(path);
}

TESTS(crypto_certificate,
      {"certificates of the vectors are read", certificates_of_the_vectors_are_read},
      {"validity includes both ends", validity_includes_both_ends},
      {"identities are one URI and nothing foreign", identities_are_one_uri_and_nothing_foreign},
      {"a URI with a NUL or a space is no identity", a_uri_with_a_nul_or_a_space_is_no_identity},
      {"only document signing certificates may seal", only_document_signing_certificates_may_seal},
      {"what is no DER certificate is refused", what_is_no_der_certificate_is_refused},
      {"a key of another kind is no key", a_key_of_another_kind_is_no_key},
      {"a PEM file gives the same certificate and one line for people",
       a_pem_file_gives_the_same_certificate_and_one_line_for_people})
