#include "ends.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Checks that the settings are refused with a sentence that has this in it. */
static void check_complaint(const struct tls_settings *settings, const char *part)
{
    struct tls_context *context = NULL;
    char error[300] = "";
    CHECK_STATUS(tls_context_new(settings, error, sizeof error, &context), FAIL(CONFIG));
    CHECK(context == NULL);
    if (!CHECK(strstr(error, part) != NULL))
        fprintf(stderr, "said: %s\n", error);
    tls_context_free(context);
}

static void a_context_knows_who_it_is_and_until_when(void)
{
    static const struct {
        enum tls_part part;
        const char *state, *number;
        uint64_t days;
    } rows[] = {
        {TLS_PART_OWN, "XA", "", 2},          {TLS_PART_CA, "XA", "", 30},
        {TLS_PART_REVOCATIONS, "XA", "2", 7}, {TLS_PART_CA, "XB", "", 2},
        {TLS_PART_REVOCATIONS, "XB", "1", 2}, {TLS_PART_CA, "XC", "", 30},
        {TLS_PART_REVOCATIONS, "XC", "1", 2},
    };
    struct tls_settings settings = settings_of(GATEWAY);
    settings.grace_ms = 5000;
    struct tls_context *context = context_by(&settings);
    struct certificate *certificate = NULL;
    struct tls_until until;
    struct stat st;
    CHECK_TEXT(tls_context_identity(context)->id, "XA-GW-01");
    CHECK_OK(certificate_load(pki(GATEWAY ".crt"), &certificate));
    CHECK_BYTES(digest_slice(tls_context_x5t(context)), digest_slice(certificate_x5t(certificate)));
    CHECK(stat(pki("XA/crl.pem"), &st) == 0);
    uint64_t made = (uint64_t)st.st_mtime * 1000, day = 86400000;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (!CHECK(tls_context_until(context, i, &until)))
            break;
        CHECK_U64(until.part, rows[i].part);
        CHECK_TEXT(until.state, rows[i].state);
        CHECK_TEXT(until.number, rows[i].number);
        CHECK(until.until_ms > made && until.until_ms <= made + rows[i].days * day);
        CHECK(until.until_ms > made + (rows[i].days - 1) * day);
        CHECK_U64(until.grace_ms, rows[i].part == TLS_PART_REVOCATIONS ? 5000 : 0);
    }
    CHECK(!tls_context_until(context, sizeof rows / sizeof rows[0], &until));
    certificate_free(certificate);
    tls_context_free(context);
    tls_context_free(NULL);
}

static void a_context_lives_as_long_as_its_last_owner(void)
{
    struct tls_context *context = context_of(GATEWAY);
    CHECK(tls_context_hold(context) == context);
    tls_context_free(context);
    CHECK_TEXT(tls_context_identity(context)->id, "XA-GW-01");
    tls_context_free(context);
}

static void our_own_files_are_checked(void)
{
    struct tls_settings settings = settings_of(GATEWAY);
    settings.certificate = "/nonexistent";
    check_complaint(&settings, "/nonexistent: no certificate");
    settings = settings_of(GATEWAY);
    settings.key = "/nonexistent";
    check_complaint(&settings, "/nonexistent: no P-256 or Ed25519 key");
    settings = settings_of(GATEWAY);
    settings.key = pki(PARTY ".key");
    check_complaint(&settings, "not the key of");
    settings = settings_of("bad/nameless");
    check_complaint(&settings, "without exactly one well-formed identity");
}

static void a_key_that_others_may_read_is_refused(void)
{
    char path[] = "/tmp/comity-key-XXXXXX";
    struct tls_settings settings = settings_of(GATEWAY);
    struct slice text = file_octets(settings.key);
    int descriptor = mkstemp(path);
    CHECK(write(descriptor, text.at, text.length) == (ssize_t)text.length);
    settings.key = path;
    struct tls_context *context = context_by(&settings);
    tls_context_free(context);
    CHECK(fchmod(descriptor, 0644) == 0);
    check_complaint(&settings, "that its owner alone may read");
    close(descriptor);
    unlink(path);
}

static void every_ca_needs_a_list_and_only_one(void)
{
    struct tls_settings settings = settings_of(GATEWAY);
    settings.revocation_count = 2;
    check_complaint(&settings, "no revocation list of a CA of XC");
    const char *lists[] = {settings.revocations[0], settings.revocations[1],
                           settings.revocations[2], pki("bad/crl-ended.pem")};
    settings.revocations = lists;
    settings.revocation_count = 4;
    check_complaint(&settings, "a second revocation list of a CA of XC");
    lists[3] = "/nonexistent";
    check_complaint(&settings, "/nonexistent: cannot be read");
    lists[3] = pki("XA/ca.crt");
    check_complaint(&settings, "no revocation list in PEM");
    settings.revocation_count = 3;
    settings.authority_count = 2;
    check_complaint(&settings, "a revocation list that no configured CA signed");
}

static void authorities_are_self_signed_cas_and_stand_once(void)
{
    struct tls_settings settings = settings_of(GATEWAY);
    struct tls_authority authorities[4];
    memcpy(authorities, settings.authorities, 3 * sizeof authorities[0]);
    authorities[3] = (struct tls_authority){"XD", pki("XA/ca.crt")};
    settings.authorities = authorities;
    settings.authority_count = 4;
    check_complaint(&settings, "configured twice");
    authorities[3].certificates = pki(PARTY ".crt");
    check_complaint(&settings, "not a self-signed CA certificate");
    authorities[3].certificates = "/nonexistent";
    check_complaint(&settings, "/nonexistent: cannot be read");
    authorities[3].certificates = pki("XA/ca.key");
    check_complaint(&settings, "no certificate in PEM");
    settings.authority_count = 0;
    check_complaint(&settings, "no CA is configured");
}

static void lists_never_go_back(void)
{
    struct tls_settings settings = settings_of(GATEWAY);
    struct tls_context *now = context_by(&settings);
    settings.previous = now;
    struct tls_context *same = context_by(&settings);
    const char *lists[] = {pki("bad/crl-before.pem"), settings.revocations[1],
                           settings.revocations[2]};
    settings.revocations = lists;
    check_complaint(&settings, "revocation list of XA: its crlNumber is not above");
    settings.previous = NULL;
    struct tls_context *before = context_by(&settings);
    settings = settings_of(GATEWAY);
    settings.previous = before;
    struct tls_context *renewed = context_by(&settings);
    tls_context_free(now);
    tls_context_free(same);
    tls_context_free(before);
    tls_context_free(renewed);
}

/* Both are of the same second, so only their numbers tell which one is the newer. */
static void of_two_lists_of_one_second_the_newer_counts(void)
{
    struct tls_settings settings = settings_of(GATEWAY);
    const char *older[] = {settings.revocations[0], settings.revocations[1], pki("twin/first.pem")};
    const char *newer[] = {older[0], older[1], pki("twin/second.pem")};
    settings.revocations = older;
    struct tls_context *first = context_by(&settings);
    settings.revocations = newer;
    settings.previous = first;
    struct tls_context *second = context_by(&settings);
    settings.revocations = older;
    settings.previous = second;
    check_complaint(&settings, "revocation list of XC: its crlNumber is not above");

    struct ends e =
        ends_of(context_of("XC/parties/XC-CA-01/tls"), tls_context_hold(first), "XA-GW-01");
    CHECK_U64(shake_hands(&e).server, TLS_DONE);
    CHECK_U64(tls_link_recheck(e.server, second), TLS_FAILURE_REVOKED);
    ends_done(&e);
    e = ends_of(context_of("XC/parties/XC-CA-01/tls"), second, "XA-GW-01");
    CHECK_U64(shake_hands(&e).server, TLS_FAILED);
    CHECK_U64(tls_failure(e.server), TLS_FAILURE_REVOKED);
    ends_done(&e);
    tls_context_free(first);
}

/* A State renews its CA: both certificates in one file, each with its own list. */
static void two_cas_of_one_state_overlap(void)
{
    char path[] = "/tmp/comity-ca-XXXXXX";
    struct slice first = file_octets(pki("XB/ca.crt")), second = file_octets(pki("XC/ca.crt"));
    int descriptor = mkstemp(path);
    CHECK(write(descriptor, first.at, first.length) == (ssize_t)first.length);
    CHECK(write(descriptor, second.at, second.length) == (ssize_t)second.length);
    close(descriptor);
    struct tls_settings settings = settings_of(GATEWAY);
    struct tls_authority authorities[2] = {settings.authorities[0], {"XC", path}};
    settings.authorities = authorities;
    settings.authority_count = 2;
    struct ends e =
        ends_of(context_of("XC/parties/XC-CA-01/tls"), context_by(&settings), "XA-GW-01");
    CHECK_U64(shake_hands(&e).server, TLS_DONE);
    ends_done(&e);
    settings.revocation_count = 2;
    check_complaint(&settings, "no revocation list of a CA of XC");
    unlink(path);
}

TESTS(tls_context,
      {"a context knows who it is and until when", a_context_knows_who_it_is_and_until_when},
      {"a context lives as long as its last owner", a_context_lives_as_long_as_its_last_owner},
      {"our own files are checked", our_own_files_are_checked},
      {"a key that others may read is refused", a_key_that_others_may_read_is_refused},
      {"every CA needs a list and only one", every_ca_needs_a_list_and_only_one},
      {"authorities are self-signed CAs and stand once",
       authorities_are_self_signed_cas_and_stand_once},
      {"lists never go back", lists_never_go_back},
      {"of two lists of one second the newer counts", of_two_lists_of_one_second_the_newer_counts},
      {"two CAs of one State overlap", two_cas_of_one_state_overlap})
