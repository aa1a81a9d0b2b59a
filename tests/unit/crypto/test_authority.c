#include "support/check.h"

#include "crypto/authority.h"

#include <openssl/bn.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/instant.h"
#include "crypto/openssl.h"
#include "crypto/revocations.h"

#define AUG_2023 1690848000000ULL /* before the list that has ended began */
#define JAN_2024 1705276800000ULL /* 2024-01-15: in its time */

static struct certificate *certificate_of(const char *relative)
{
    struct certificate *c = NULL;
    CHECK_OK(certificate_load(pki("%s", relative), &c));
    return c;
}

static struct crls crls_of(const char *relative)
{
    struct crls crls = {NULL, 0};
    CHECK_OK(crls_load(pki("%s", relative), &crls));
    return crls;
}

static uint64_t now_ms(void)
{
    return (uint64_t)time(NULL) * MS_PER_SECOND;
}

static void a_ca_issued_only_what_it_signed_and_may_sign(void)
{
    static const struct {
        const char *authority, *leaf;
        bool has_signed, has_issued;
        const char *why; /* part of it */
    } rows[] = {
        {"XA/ca.crt", "XA/parties/XA-CA-01/tls.crt", true, true, ""},
        {"XA/ca.crt", "XA/parties/XA-CA-01/seal.crt", true, true, ""},
        {"XA/ca.crt", "bad/expired.crt", true, true, ""}, /* dates are not asked */
        {"XA/ca.crt", "bad/early.crt", true, true, ""},
        {"XA/ca.crt", "XA/parties/XA-POL-01/tls.crt", true, true, ""}, /* nor revocation */
        {"XC/ca.crt", "XA/parties/XA-CA-01/tls.crt", false, false, "issuer"},
        {"XA/ca.crt", "bad/rogue.crt", false, false, "issuer"}, /* the same name, another key */
        {"bad/rogue/ca.crt", "bad/rogue.crt", true, true, ""},
        {"XA/ca.crt", "bad/foreign-uri.crt", true, false, "permitted"},
        {"XA/ca.crt", "bad/foreign-country.crt", true, false, "permitted"},
        {"XC/ca.crt", "bad/foreign-ca.crt", true, false, "permitted"},
        {"XB/ca.crt", "bad/unconstrained.crt", true, true, ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct certificate *authority = certificate_of(rows[i].authority);
        struct certificate *leaf = certificate_of(rows[i].leaf);
        const char *why = "";
        bool good = CHECK_U64(authority_signed(authority, leaf), rows[i].has_signed);
        good = CHECK_U64(authority_issued(authority, leaf, &why), rows[i].has_issued) && good;
        good = CHECK(strstr(why, rows[i].why) != NULL) && good;
        if (!good)
            fprintf(stderr, "row %zu: %s by %s: %s\n", i, rows[i].leaf, rows[i].authority, why);
        certificate_free(authority);
        certificate_free(leaf);
    }
}

static void a_list_says_whose_it_is_and_how_long_it_is_good(void)
{
    char number[64];
    uint64_t from = 0, until = 0, ended = 0;
    struct certificate *xa = certificate_of("XA/ca.crt"), *xc = certificate_of("XC/ca.crt");
    struct certificate *rogue = certificate_of("bad/rogue/ca.crt");
    struct crls now = crls_of("XA/crl.pem"), before = crls_of("bad/crl-before.pem");
    struct crls old = crls_of("bad/crl-ended.pem");
    CHECK_U64(now.count, 1);
    CHECK(crl_is_of(now.at[0], xa));
    CHECK(!crl_is_of(now.at[0], xc));
    CHECK(!crl_is_of(now.at[0], rogue)); /* the same name, another key */
    CHECK(crl_covers(now.at[0], xa) && !crl_covers(now.at[0], xc));
    crl_validity(now.at[0], &from, &until);
    CHECK(from <= now_ms() && now_ms() < until);
    crl_validity(old.at[0], &from, &ended);
    CHECK_U64(from, 1704067200000ULL);  /* 2024-01-01 */
    CHECK_U64(ended, 1706745600000ULL); /* 2024-02-01 */
    crl_number(before.at[0], number);
    CHECK_TEXT(number, "1");
    crl_number(now.at[0], number);
    CHECK_TEXT(number, "2");
    CHECK_U64(crl_length(before.at[0]), 0);
    CHECK_U64(crl_length(now.at[0]), 1);
    crls_free(&now);
    crls_free(&before);
    crls_free(&old);
    certificate_free(xa);
    certificate_free(xc);
    certificate_free(rogue);
}

static void check_clears(struct crls *crls, const char *leaf, uint64_t at_ms, const char *why_not)
{
    const char *why = "";
    struct certificate *authority = certificate_of("XA/ca.crt"), *c = certificate_of(leaf);
    CHECK_U64(crl_clears(crls->at[0], authority, c, at_ms, &why), why_not == NULL);
    if (why_not != NULL && !CHECK(strstr(why, why_not) != NULL))
        fprintf(stderr, "%s: %s\n", leaf, why);
    certificate_free(authority);
    certificate_free(c);
}

/* The DER of a PEM file's first list; the library's. */
static struct slice list_of(const char *relative)
{
    uint8_t *der = NULL;
    FILE *f = fopen(pki("%s", relative), "re");
    X509_CRL *crl = f == NULL ? NULL : PEM_read_X509_CRL(f, NULL, NULL, NULL);
    int length = crl == NULL ? 0 : i2d_X509_CRL(crl, &der);
    if (f != NULL)
        fclose(f);
    X509_CRL_free(crl);
    CHECK(length > 0);
    return slice_over(der, (size_t)length);
}

static void a_list_is_read_whole_or_not_at_all(void)
{
    struct slice der = list_of("XA/crl.pem");
    struct crl *crl = NULL;
    CHECK_OK(crl_read(der, &crl));
    crl_free(crl);
    for (size_t i = 0; i < der.length; i++)
        CHECK_STATUS(crl_read(slice_part(der, 0, i), &crl), FAIL(CONFIG));
    struct buffer longer = buffer_new(der.length + 1);
    buffer_put(&longer, der);
    buffer_u8(&longer, 0);
    CHECK_STATUS(crl_read(buffer_slice(&longer), &crl), FAIL(CONFIG));
    const struct revocation_list lists[] = {{"XA", der}, {"XB", buffer_slice(&longer)}};
    struct revocations *r = NULL;
    CHECK_STATUS(revocations_new(lists, 2, &r), FAIL(CONFIG));
    buffer_done(&longer);
    OPENSSL_free((void *)(uintptr_t)der.at);
}

/* Whoever signs for another State may name its CA, but not speak for it. */
static void a_list_says_something_of_its_own_state_alone(void)
{
    uint64_t since = 0;
    struct slice der = list_of("XA/crl.pem");
    const struct revocation_list own = {"XA", der}, others = {"XC", der};
    struct certificate *revoked = certificate_of("XA/parties/XA-POL-01/tls.crt");
    struct certificate *good = certificate_of("XA/parties/XA-CA-01/tls.crt");
    struct revocations *r = NULL;
    if (CHECK_OK(revocations_new(&own, 1, &r))) {
        CHECK(revocations_have(r, slice_text("XA"), revoked, &since));
        CHECK(since <= now_ms() && since + MS_PER_DAY > now_ms());
        CHECK(!revocations_have(r, slice_text("XC"), revoked, &since));
        CHECK(!revocations_have(r, slice_text("XA"), good, &since));
    }
    revocations_free(r);
    if (CHECK_OK(revocations_new(&others, 1, &r)))
        CHECK(!revocations_have(r, slice_text("XA"), revoked, &since));
    revocations_free(r);
    CHECK(!revocations_have(NULL, slice_text("XA"), revoked, &since));
    certificate_free(revoked);
    certificate_free(good);
    OPENSSL_free((void *)(uintptr_t)der.at);
}

static void a_revoked_certificate_is_found_and_no_other(void)
{
    uint64_t since = 0;
    struct crls now = crls_of("XA/crl.pem"), before = crls_of("bad/crl-before.pem");
    struct certificate *revoked = certificate_of("XA/parties/XA-POL-01/tls.crt");
    struct certificate *good = certificate_of("XA/parties/XA-CA-01/tls.crt");
    CHECK(crl_lists(now.at[0], revoked, &since));
    CHECK(since <= now_ms() && since + MS_PER_DAY > now_ms());
    CHECK(!crl_lists(before.at[0], revoked, &since));
    CHECK(!crl_lists(now.at[0], good, &since));
    check_clears(&now, "XA/parties/XA-POL-01/tls.crt", now_ms(), "revoked");
    check_clears(&before, "XA/parties/XA-POL-01/tls.crt", now_ms(), NULL);
    check_clears(&now, "XA/parties/XA-CA-01/tls.crt", now_ms(), NULL);
    check_clears(&now, "bad/expired.crt", now_ms(), NULL); /* its dates are another question */
    crls_free(&now);
    crls_free(&before);
    certificate_free(revoked);
    certificate_free(good);
}

static void a_list_out_of_its_time_or_of_another_ca_clears_nobody(void)
{
    const char *why = "";
    struct crls now = crls_of("XA/crl.pem"), old = crls_of("bad/crl-ended.pem");
    struct certificate *xa = certificate_of("XA/ca.crt"), *xc = certificate_of("XC/ca.crt");
    struct certificate *ours = certificate_of("XA/parties/XA-CA-01/tls.crt");
    struct certificate *theirs = certificate_of("XC/parties/XC-CA-01/tls.crt");
    CHECK(!crl_clears(old.at[0], xc, theirs, now_ms(), &why));
    CHECK(strstr(why, "CRL has expired") != NULL);
    CHECK(!crl_clears(old.at[0], xc, theirs, AUG_2023, &why));
    CHECK(strstr(why, "CRL is not yet valid") != NULL);
    CHECK(crl_clears(old.at[0], xc, theirs, JAN_2024, &why));
    CHECK(!crl_clears(old.at[0], xa, ours, JAN_2024, &why));
    CHECK(!crl_clears(now.at[0], xc, theirs, now_ms(), &why));
    crls_free(&now);
    crls_free(&old);
    certificate_free(xa);
    certificate_free(xc);
    certificate_free(ours);
    certificate_free(theirs);
}

static void all_lists_of_a_file_are_read_or_none(void)
{
    char path[] = "/tmp/comity-crl-XXXXXX";
    int fd = mkstemp(path);
    struct crls crls = {NULL, 0};
    struct slice one = file_octets(pki("XA/crl.pem")), two = file_octets(pki("XC/crl.pem"));
    struct buffer both = buffer_new(65536);
    CHECK(fd >= 0 && close(fd) == 0);
    buffer_put(&both, one);
    buffer_put(&both, two);
    CHECK_OK(file_write(path, buffer_slice(&both), 0600));
    CHECK_OK(crls_load(path, &crls));
    CHECK_U64(crls.count, 2);
    crls_free(&crls);
    both.length -= two.length / 2; /* the second is cut off */
    CHECK_OK(file_write(path, buffer_slice(&both), 0600));
    CHECK_STATUS(crls_load(path, &crls), FAIL(CONFIG));
    CHECK_STATUS(crls_load(pki("XA/ca.crt"), &crls), FAIL(CONFIG));
    CHECK_STATUS(crls_load("/nonexistent", &crls), FAIL(CONFIG));
    CHECK(crls.at == NULL && crls.count == 0);
    unlink(path);
    buffer_done(&both);
}

static void only_client_certificates_may_dial(void)
{
    static const struct {
        const char *file;
        bool may;
    } rows[] = {
        {"XA/parties/XA-CA-01/tls.crt", true},   {"XA/gateways/XA-GW-01/tls.crt", true},
        {"XA/parties/XA-CA-01/seal.crt", false}, {"XA/parties/XA-CA-01/enc.crt", false},
        {"bad/server-only.crt", false},          {"XA/ca.crt", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct certificate *c = certificate_of(rows[i].file);
        if (!CHECK_U64(certificate_may_dial(c), rows[i].may))
            fprintf(stderr, "%s\n", rows[i].file);
        certificate_free(c);
    }
}

static void names_and_serial_number_are_told(void)
{
    struct arena *a = arena_new(65536);
    struct certificate *c = certificate_of("XA/parties/XA-CA-01/tls.crt");
    CHECK_TEXT(certificate_subject(a, c), "CN=XA-CA-01 DEMO,O=DEMO,C=XA");
    CHECK_TEXT(certificate_issuer(a, c), "CN=XA State CA DEMO,O=DEMO,C=XA");
    const char *serial = certificate_serial(a, c);
    CHECK(strlen(serial) >= 16 && strspn(serial, "0123456789ABCDEF") == strlen(serial));
    certificate_free(c);
    arena_free(a);
}

static void numbers_are_decimal_and_long_ones_hex(void)
{
    static const struct {
        const char *hex, *text;
    } rows[] = {
        {"0", "0"},
        {"10", "16"},
        {"FFFFFFFFFFFFFFFF", "18446744073709551615"},
        {"010000000000000000", "18446744073709551616"},
        {"80000000000000000000000000000000", "0x80000000000000000000000000000000"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[64] = "";
        BIGNUM *value = NULL;
        CHECK(BN_hex2bn(&value, rows[i].hex) > 0);
        ASN1_INTEGER *number = BN_to_ASN1_INTEGER(value, NULL);
        CHECK(asn1_number_text(number, text, sizeof text));
        CHECK_TEXT(text, rows[i].text);
        ASN1_INTEGER_free(number);
        BN_free(value);
    }
}

TESTS(crypto_authority,
      {"a CA issued only what it signed and may sign",
       a_ca_issued_only_what_it_signed_and_may_sign},
      {"a list says whose it is and how long it is good",
       a_list_says_whose_it_is_and_how_long_it_is_good},
      {"a revoked certificate is found and no other", a_revoked_certificate_is_found_and_no_other},
      {"a list is read whole or not at all", a_list_is_read_whole_or_not_at_all},
      {"a list says something of its own State alone",
       a_list_says_something_of_its_own_state_alone},
      {"a list out of its time or of another CA clears nobody",
       a_list_out_of_its_time_or_of_another_ca_clears_nobody},
      {"all lists of a file are read or none", all_lists_of_a_file_are_read_or_none},
      {"only client certificates may dial", only_client_certificates_may_dial},
      {"names and serial number are told", names_and_serial_number_are_told},
      {"numbers are decimal, and long ones hex", numbers_are_decimal_and_long_ones_hex})
