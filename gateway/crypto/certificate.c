#include "crypto/key.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/encoding.h"
#include "base/instant.h"
#include "crypto/identity.h"
#include "crypto/library.h"
#include "crypto/openssl.h"

#define SUMMARY_MAX_BYTES 1024

struct certificate {
    X509 *x509;
    uint8_t *der; /* the library's */
    size_t der_length;
    struct digest x5t;
    struct key *key; /* NULL if it is of no algorithm of ours */
    uint64_t from_ms, until_ms;
    struct identity identity; /* of kind IDENTITY_NONE if there is no good one */
    bool may_seal;
};

/* The identity in a list of alternative names: one URI, and DNS or IP only for gateways. */
static bool identity_in(const GENERAL_NAMES *names, struct identity *ret_identity)
{
    struct identity found = {0};
    unsigned others = 0;
    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        if (name->type == GEN_DNS || name->type == GEN_IPADD) {
            others++;
            continue;
        }
        if (name->type != GEN_URI || found.kind != IDENTITY_NONE)
            return false;
        const ASN1_IA5STRING *uri = name->d.uniformResourceIdentifier;
        struct slice text = slice_over(ASN1_STRING_get0_data(uri), (size_t)ASN1_STRING_length(uri));
        if (!identity_parse(text, &found))
            return false;
    }
    if (found.kind == IDENTITY_NONE || (others > 0 && found.kind != IDENTITY_GATEWAY))
        return false;
    *ret_identity = found;
    return true;
}

static void find_identity(struct certificate *c)
{
    /* A duplicated extension gives NULL here; the flag also tells of one that does not parse. */
    GENERAL_NAMES *names = X509_get_ext_d2i(c->x509, NID_subject_alt_name, NULL, NULL);
    if (names != NULL && (X509_get_extension_flags(c->x509) & EXFLAG_INVALID) == 0)
        (void)identity_in(names, &c->identity);
    GENERAL_NAMES_free(names);
}

static bool time_read(const ASN1_TIME *time, uint64_t *ret_ms)
{
    struct tm tm;
    if (time == NULL || ASN1_TIME_to_tm(time, &tm) != 1)
        return false;
    time_t seconds = timegm(&tm);
    *ret_ms = seconds < 0 ? 0 : (uint64_t)seconds * MS_PER_SECOND;
    return true;
}

uint64_t asn1_time_ms(const ASN1_TIME *time)
{
    uint64_t ms = 0;
    return time_read(time, &ms) ? ms : 0;
}

bool asn1_number_text(const ASN1_INTEGER *number, char *text, size_t room)
{
    char *digits = i2s_ASN1_INTEGER(NULL, number);
    if (digits == NULL)
        return false;
    snprintf(text, room, "%s", digits);
    OPENSSL_free(digits);
    return true;
}

/* Whether the certificate is made for signing documents and for no TLS. */
static bool usage_is_sealing(const EXTENDED_KEY_USAGE *usage)
{
    static const char *const tls[] = {"1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2", "2.5.29.37.0"};
    bool documents = false;
    for (int i = 0; i < sk_ASN1_OBJECT_num(usage); i++) {
        char oid[64];
        if (OBJ_obj2txt(oid, sizeof oid, sk_ASN1_OBJECT_value(usage, i), 1) <= 0)
            return false;
        for (size_t k = 0; k < sizeof tls / sizeof tls[0]; k++)
            if (strcmp(oid, tls[k]) == 0)
                return false;
        documents = documents || strcmp(oid, "1.3.6.1.5.5.7.3.36") == 0;
    }
    return documents;
}

static bool is_for_sealing(X509 *x509)
{
    uint32_t flags = X509_get_extension_flags(x509);
    if ((flags & (EXFLAG_CA | EXFLAG_INVALID)) != 0 ||
        ((flags & EXFLAG_KUSAGE) != 0 && (X509_get_key_usage(x509) & KU_DIGITAL_SIGNATURE) == 0))
        return false;
    EXTENDED_KEY_USAGE *usage = X509_get_ext_d2i(x509, NID_ext_key_usage, NULL, NULL);
    bool sealing = usage != NULL && usage_is_sealing(usage);
    EXTENDED_KEY_USAGE_free(usage);
    return sealing;
}

static bool fill(struct certificate *c)
{
    int length = i2d_X509(c->x509, &c->der);
    if (length <= 0 || !time_read(X509_get0_notBefore(c->x509), &c->from_ms) ||
        !time_read(X509_get0_notAfter(c->x509), &c->until_ms))
        return false;
    c->der_length = (size_t)length;
    c->x5t = digest_plain(slice_over(c->der, c->der_length));
    /* Fills the library's cache of extensions now, so that readers of many threads find it made. */
    (void)X509_check_purpose(c->x509, -1, 0);
    find_identity(c);
    c->may_seal = is_for_sealing(c->x509);
    EVP_PKEY *pkey = X509_get_pubkey(c->x509);
    struct status s = pkey == NULL ? OK : key_take(pkey, &c->key);
    return s.code != CODE_MEMORY;
}

/* Takes x509 over. */
static struct status take(X509 *x509, struct certificate **ret_certificate)
{
    struct certificate *c = x509 == NULL ? NULL : calloc(1, sizeof *c);
    bool good = false;
    if (c != NULL) {
        c->x509 = x509;
        good = fill(c);
    } else {
        X509_free(x509);
    }
    ERR_clear_error();
    if (!good) {
        certificate_free(c);
        return FAIL(CONFIG);
    }
    *ret_certificate = c;
    return OK;
}

struct status certificate_read(struct slice der, struct certificate **ret_certificate)
{
    const uint8_t *at = der.at;
    if (library_get() == NULL || der.length == 0 || der.length > LONG_MAX)
        return FAIL(CONFIG);
    X509 *x509 = d2i_X509(NULL, &at, (long)der.length);
    struct certificate *c = NULL;
    struct status s = take(x509, &c);
    if (failed(s))
        return s;
    /* DER has one form for a certificate: whatever differs would have two digests. */
    if (!slice_equal(certificate_der(c), der)) {
        certificate_free(c);
        return FAIL(CONFIG);
    }
    *ret_certificate = c;
    return OK;
}

struct status certificate_load(const char *path, struct certificate **ret_certificate)
{
    FILE *f = library_get() == NULL ? NULL : fopen(path, "re");
    if (f == NULL)
        return FAIL(CONFIG);
    X509 *x509 = PEM_read_X509(f, NULL, NULL, NULL);
    fclose(f);
    return take(x509, ret_certificate);
}

struct status certificate_from_openssl(X509 *x509, struct certificate **ret_certificate)
{
    return take(X509_up_ref(x509) == 1 ? x509 : NULL, ret_certificate);
}

void certificate_free(struct certificate *certificate)
{
    if (certificate == NULL)
        return;
    X509_free(certificate->x509);
    OPENSSL_free(certificate->der);
    key_free(certificate->key);
    free(certificate);
}

X509 *certificate_openssl(const struct certificate *certificate)
{
    return certificate->x509;
}

struct slice certificate_der(const struct certificate *certificate)
{
    return slice_over(certificate->der, certificate->der_length);
}

const struct digest *certificate_x5t(const struct certificate *certificate)
{
    return &certificate->x5t;
}

struct status certificate_identity(const struct certificate *certificate,
                                   struct identity *ret_identity)
{
    if (certificate->identity.kind == IDENTITY_NONE)
        return REFUSE(SEAL_IDENTITY);
    *ret_identity = certificate->identity;
    return OK;
}

bool certificate_valid_at(const struct certificate *certificate, uint64_t unix_ms)
{
    return certificate->from_ms <= unix_ms && unix_ms <= certificate->until_ms;
}

void certificate_validity(const struct certificate *certificate, uint64_t *ret_from_ms,
                          uint64_t *ret_until_ms)
{
    *ret_from_ms = certificate->from_ms;
    *ret_until_ms = certificate->until_ms;
}

bool certificate_may_seal(const struct certificate *certificate)
{
    return certificate->may_seal;
}

const struct key *certificate_key(const struct certificate *certificate)
{
    return certificate->key;
}

/* A distinguished name as RFC 2253 writes it: control characters escaped, so safe in one line. */
static const char *name_text(struct arena *a, const X509_NAME *name)
{
    BIO *text = BIO_new(BIO_s_mem());
    const char *made = NULL;
    char *at = NULL;
    if (text != NULL && X509_NAME_print_ex(text, name, 0, XN_FLAG_RFC2253) >= 0) {
        long length = BIO_get_mem_data(text, &at);
        size_t kept = length < 0 ? 0 : (size_t)length;
        made = arena_text(a, slice_part(slice_over(at, kept), 0, SUMMARY_MAX_BYTES));
    }
    BIO_free(text);
    return made == NULL ? "?" : made;
}

const char *certificate_subject(struct arena *a, const struct certificate *certificate)
{
    return name_text(a, X509_get_subject_name(certificate->x509));
}

const char *certificate_issuer(struct arena *a, const struct certificate *certificate)
{
    return name_text(a, X509_get_issuer_name(certificate->x509));
}

const char *certificate_summary(struct arena *a, const struct certificate *certificate)
{
    char from[INSTANT_TEXT_BYTES], until[INSTANT_TEXT_BYTES], name[64], x5t[65];
    instant_write(certificate->from_ms, from);
    instant_write(certificate->until_ms, until);
    identity_name(&certificate->identity, name);
    hex_write(digest_slice(&certificate->x5t), x5t);
    return arena_print(a, "%s (%s), issued by %s, valid %s to %s, SHA-256 %s",
                       name[0] == '\0' ? "no identity" : name, certificate_subject(a, certificate),
                       certificate_issuer(a, certificate), from, until, x5t);
}
