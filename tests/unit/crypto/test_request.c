#include "support/check.h"

#include "crypto/request.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"

extern char **environ;

#define PARTY "XA/parties/XA-CA-01"

static struct certificate *certificate_of(const char *relative)
{
    struct certificate *c = NULL;
    CHECK_OK(certificate_load(pki("%s", relative), &c));
    return c;
}

static struct key *new_key(void)
{
    struct key *key = NULL;
    CHECK_OK(key_new(&key));
    return key;
}

static X509_REQ *read_request(const struct buffer *pem)
{
    BIO *text = BIO_new_mem_buf(pem->at, (int)pem->length);
    X509_REQ *request = PEM_read_bio_X509_REQ(text, NULL, NULL, NULL);
    BIO_free(text);
    return request;
}

static void check_same_extension(const STACK_OF(X509_EXTENSION) * asked, const X509 *like, int nid)
{
    int at = X509v3_get_ext_by_NID(asked, nid, -1), there = X509_get_ext_by_NID(like, nid, -1);
    if (!CHECK(at >= 0 && there >= 0))
        return;
    X509_EXTENSION *a = X509v3_get_ext(asked, at), *b = X509_get_ext(like, there);
    CHECK_U64((uint64_t)X509_EXTENSION_get_critical(a), (uint64_t)X509_EXTENSION_get_critical(b));
    CHECK(ASN1_OCTET_STRING_cmp(X509_EXTENSION_get_data(a), X509_EXTENSION_get_data(b)) == 0);
}

static void check_request(const char *relative)
{
    struct certificate *like = certificate_of(relative);
    struct key *key = new_key();
    struct buffer pem = buffer_new(65536);
    FILE *f = fopen(pki("%s", relative), "re");
    X509 *model = PEM_read_X509(f, NULL, NULL, NULL);
    fclose(f);
    CHECK_OK(certificate_request_write(like, key, &pem));
    X509_REQ *request = read_request(&pem);
    if (CHECK(request != NULL)) {
        STACK_OF(X509_EXTENSION) *asked = X509_REQ_get_extensions(request);
        CHECK(X509_REQ_verify(request, X509_REQ_get0_pubkey(request)) == 1);
        CHECK(EVP_PKEY_eq(X509_REQ_get0_pubkey(request), X509_get0_pubkey(model)) != 1);
        CHECK(X509_NAME_cmp(X509_REQ_get_subject_name(request), X509_get_subject_name(model)) == 0);
        CHECK_U64((uint64_t)X509v3_get_ext_count(asked), 3);
        check_same_extension(asked, model, NID_subject_alt_name);
        check_same_extension(asked, model, NID_key_usage);
        check_same_extension(asked, model, NID_ext_key_usage);
        sk_X509_EXTENSION_pop_free(asked, X509_EXTENSION_free);
    }
    X509_REQ_free(request);
    X509_free(model);
    buffer_done(&pem);
    key_free(key);
    certificate_free(like);
}

static void a_request_asks_for_what_the_present_certificate_is(void)
{
    check_request(PARTY "/tls.crt");
    check_request(PARTY "/seal.crt");
    check_request("XA/gateways/XA-GW-01/tls.crt");
}

/* Runs openssl on a file; its exit code. */
static int openssl(const char *command, const char *option, const char *path)
{
    char words[5][512];
    char *argv[] = {words[0], words[1], words[2], words[3], words[4], NULL};
    pid_t pid = 0;
    int status = -1;
    snprintf(words[0], sizeof words[0], "openssl");
    snprintf(words[1], sizeof words[1], "%s", command);
    snprintf(words[2], sizeof words[2], "%s", option);
    snprintf(words[3], sizeof words[3], "-in");
    snprintf(words[4], sizeof words[4], "%s", path);
    if (posix_spawnp(&pid, argv[0], NULL, NULL, argv, environ) != 0 ||
        waitpid(pid, &status, 0) != pid)
        abort();
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void openssl_verifies_a_request_and_notices_one_changed_octet(void)
{
    char path[] = "/tmp/comity-csr-XXXXXX";
    int fd = mkstemp(path);
    struct certificate *like = certificate_of(PARTY "/tls.crt");
    struct key *key = new_key();
    struct buffer pem = buffer_new(65536);
    CHECK(fd >= 0 && close(fd) == 0);
    CHECK_OK(certificate_request_write(like, key, &pem));
    CHECK_OK(file_write(path, buffer_slice(&pem), 0600));
    CHECK_U64((uint64_t)openssl("req", "-verify", path), 0);
    /* the last letter of the third line: in the middle of what is signed */
    uint8_t *at = memchr(pem.at, '\n', pem.length);
    for (unsigned lines = 0; at != NULL && lines < 2; lines++)
        at = memchr(at + 1, '\n', pem.length - (size_t)(at + 1 - pem.at));
    if (CHECK(at != NULL)) {
        at[-1] = at[-1] == 'A' ? 'B' : 'A';
        CHECK_OK(file_write(path, buffer_slice(&pem), 0600));
        CHECK(openssl("req", "-verify", path) != 0);
    }
    unlink(path);
    buffer_done(&pem);
    key_free(key);
    certificate_free(like);
}

static void nothing_is_asked_for_without_a_good_identity(void)
{
    static const char *const models[] = {"bad/nameless.crt", "bad/two-uris.crt",
                                         "bad/malformed.crt", "XA/ca.crt"};
    struct key *key = new_key();
    for (size_t i = 0; i < sizeof models / sizeof models[0]; i++) {
        struct certificate *like = certificate_of(models[i]);
        struct buffer pem = buffer_new(65536);
        CHECK_STATUS(certificate_request_write(like, key, &pem), REFUSE(SEAL_IDENTITY));
        CHECK_U64(pem.length, 0);
        buffer_done(&pem);
        certificate_free(like);
    }
    key_free(key);
}

static void an_ed25519_key_can_ask_as_well(void)
{
    static const uint8_t seed[32] = {7};
    struct certificate *like = certificate_of(PARTY "/seal.crt");
    struct key *key = NULL;
    struct buffer pem = buffer_new(65536);
    CHECK_OK(key_from_seed(seed, &key));
    CHECK_OK(certificate_request_write(like, key, &pem));
    X509_REQ *request = read_request(&pem);
    CHECK(request != NULL && X509_REQ_verify(request, X509_REQ_get0_pubkey(request)) == 1);
    X509_REQ_free(request);
    buffer_done(&pem);
    key_free(key);
    certificate_free(like);
}

static void a_new_key_is_p256_its_own_and_comes_back_from_its_file(void)
{
    char path[] = "/tmp/comity-key-XXXXXX";
    int fd = mkstemp(path);
    struct key *one = new_key(), *two = new_key(), *read = NULL;
    struct buffer first = buffer_new(4096), second = buffer_new(4096);
    uint8_t signature[64];
    CHECK(fd >= 0 && close(fd) == 0);
    CHECK_U64(key_algorithm(one), ALGORITHM_ES256);
    CHECK_OK(key_write(one, &first));
    CHECK_OK(key_write(two, &second));
    CHECK(!slice_equal(buffer_slice(&first), buffer_slice(&second)));
    CHECK_OK(file_write(path, buffer_slice(&first), 0600));
    CHECK_OK(key_load(path, &read));
    CHECK_OK(key_sign(read, slice_text("x"), signature));
    CHECK_OK(key_verify(one, ALGORITHM_ES256, slice_text("x"), slice_over(signature, 64)));
    CHECK_STATUS(key_verify(two, ALGORITHM_ES256, slice_text("x"), slice_over(signature, 64)),
                 REFUSE(SEAL_SIGNATURE));
    CHECK_OK(file_write(path, buffer_slice(&first), 0600));
    CHECK(chmod(path, 0640) == 0);
    struct key *open = NULL;
    CHECK_STATUS(key_load(path, &open), FAIL(CONFIG));
    unlink(path);
    buffer_done(&first);
    buffer_done(&second);
    key_free(one);
    key_free(two);
    key_free(read);
}

static void a_key_fits_its_certificate_alone(void)
{
    struct key *tls = NULL, *other = new_key();
    struct certificate *own = certificate_of(PARTY "/tls.crt");
    struct certificate *seal = certificate_of(PARTY "/seal.crt");
    CHECK_OK(key_load(pki(PARTY "/tls.key"), &tls));
    CHECK(key_fits(tls, own));
    CHECK(!key_fits(tls, seal));
    CHECK(!key_fits(other, own));
    key_free(tls);
    key_free(other);
    certificate_free(own);
    certificate_free(seal);
}

TESTS(crypto_request,
      {"a request asks for what the present certificate is",
       a_request_asks_for_what_the_present_certificate_is},
      {"openssl verifies a request and notices one changed octet",
       openssl_verifies_a_request_and_notices_one_changed_octet},
      {"nothing is asked for without a good identity",
       nothing_is_asked_for_without_a_good_identity},
      {"an Ed25519 key can ask as well", an_ed25519_key_can_ask_as_well},
      {"a new key is P-256, its own, and comes back from its file",
       a_new_key_is_p256_its_own_and_comes_back_from_its_file},
      {"a key fits its certificate alone", a_key_fits_its_certificate_alone})
