#include "support/check.h"
#include "support/vectors.h"

#include "crypto/key.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char *temporary_file(void)
{
    static char path[] = "/tmp/comity-key-XXXXXX";
    memcpy(path + sizeof path - 7, "XXXXXX", 6);
    int fd = mkstemp(path);
    if (fd < 0)
        abort();
    close(fd);
    return path;
}

/* Writes a private key as PEM and loads it by the function under test. */
static struct status loaded(EVP_PKEY *pkey, mode_t mode, const EVP_CIPHER *cipher,
                            struct key **ret_key)
{
    char *path = temporary_file();
    FILE *f = fopen(path, "w");
    if (f == NULL || PEM_write_PKCS8PrivateKey(f, pkey, cipher, "secret", 6, NULL, NULL) != 1)
        abort();
    fclose(f);
    CHECK(chmod(path, mode) == 0);
    struct status s = key_load(path, ret_key);
    unlink(path);
    EVP_PKEY_free(pkey);
    return s;
}

static void private_keys_load_only_from_files_of_their_owner(void)
{
    struct key *key = NULL;
    CHECK_OK(loaded(EVP_EC_gen("P-256"), 0600, NULL, &key));
    CHECK_U64(key_algorithm(key), ALGORITHM_ES256);
    uint8_t octets[32];
    CHECK(!key_public(key, octets));
    key_free(key);
    CHECK_OK(loaded(EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), 0400, NULL, &key));
    CHECK_U64(key_algorithm(key), ALGORITHM_EDDSA);
    CHECK(key_public(key, octets));
    key_free(key);
    static const mode_t bad[] = {0640, 0604, 0620, 0602, 0644};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CHECK_STATUS(loaded(EVP_EC_gen("P-256"), bad[i], NULL, &key), FAIL(CONFIG));
}

static void other_keys_and_other_files_are_refused(void)
{
    struct key *key = NULL;
    CHECK_STATUS(loaded(EVP_EC_gen("P-384"), 0600, NULL, &key), FAIL(CONFIG));
    CHECK_STATUS(loaded(EVP_EC_gen("secp256k1"), 0600, NULL, &key), FAIL(CONFIG));
    CHECK_STATUS(loaded(EVP_PKEY_Q_keygen(NULL, NULL, "X25519"), 0600, NULL, &key), FAIL(CONFIG));
    CHECK_STATUS(loaded(EVP_EC_gen("P-256"), 0600, EVP_aes_128_cbc(), &key), FAIL(CONFIG));
    CHECK_STATUS(key_load("/nonexistent", &key), FAIL(CONFIG));
    CHECK_STATUS(key_load("/tmp", &key), FAIL(CONFIG));
    CHECK_STATUS(key_load(temporary_file(), &key), FAIL(CONFIG));
    CHECK(key == NULL);
    key_free(NULL);
}

/* RFC 8032 7.1, tests 1 to 3. */
static void ed25519_is_that_of_rfc_8032(void)
{
    static const struct {
        const char *seed, *public, *message, *signature;
    } rows[] = {
        {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
         "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
         "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701"
         "c"
         "f9b46bd25bf5f0595bbe24655141438e7a100b"},
        {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
         "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
         "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d"
         "0"
         "f11d8c387b2eaeb4302aeeb00d291612bb0c00"},
        {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
         "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
         "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f7609"
         "8"
         "4dc6594a7c15e9716ed28dc027beceea1ec40a"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct key *private = NULL, *public = NULL;
        uint8_t octets[32], signature[64];
        struct slice message = hex(rows[i].message);
        CHECK_OK(key_from_seed(hex(rows[i].seed).at, &private));
        CHECK(key_public(private, octets));
        CHECK_BYTES(slice_over(octets, 32), hex(rows[i].public));
        CHECK_OK(key_sign(private, message, signature));
        CHECK_BYTES(slice_over(signature, 64), hex(rows[i].signature));
        CHECK_OK(key_from_public(octets, &public));
        CHECK_OK(key_verify(public, ALGORITHM_EDDSA, message, slice_over(signature, 64)));
        CHECK_STATUS(key_sign(public, message, signature), FAIL(CRYPTO));
        key_free(private);
        key_free(public);
    }
}

static bool is_high(const uint8_t s[static 32])
{
    return memcmp(s, hex("7fffffff800000007fffffffffffffffde737d56d38bcf4279dce5617e3192a8").at,
                  32) > 0;
}

/* One in two signatures of the library has a high s, so 40 of them show what becomes of those. */
static void es256_signatures_have_a_low_s(void)
{
    struct key *key = NULL;
    CHECK_OK(loaded(EVP_EC_gen("P-256"), 0600, NULL, &key));
    for (uint8_t i = 0; i < 40; i++) {
        uint8_t signature[64];
        struct slice message = slice_over(&i, 1);
        CHECK_OK(key_sign(key, message, signature));
        CHECK(!is_high(signature + 32));
        CHECK_OK(key_verify(key, ALGORITHM_ES256, message, slice_over(signature, 64)));
        uint8_t other = i ^ 1;
        CHECK_STATUS(
            key_verify(key, ALGORITHM_ES256, slice_over(&other, 1), slice_over(signature, 64)),
            REFUSE(SEAL_SIGNATURE));
    }
    key_free(key);
}

/* The ES256 seal of the vectors: octets signed, its signature and the key. */
struct example {
    struct slice message;
    uint8_t signature[64];
    struct certificate *certificate;
};

static struct example example_of(const char *algorithm)
{
    char name[32];
    struct example e = {0};
    json_t *seals = vectors("seal.json"), *keys = vectors("keys.json");
    const json_t *one = json_object_get(seals, algorithm);
    struct slice seal = vector_member(one, "seal");
    snprintf(name, sizeof name, "seal_%s", algorithm);
    e.message = vector_member(one, "to_be_signed");
    memcpy(e.signature, seal.at + seal.length - 64, 64);
    CHECK_OK(certificate_read(vector_member(json_object_get(keys, name), "certificate"),
                              &e.certificate));
    json_decref(seals);
    json_decref(keys);
    return e;
}

static struct status judged(const struct example *e, enum algorithm algorithm)
{
    return key_verify(certificate_key(e->certificate), algorithm, e->message,
                      slice_over(e->signature, 64));
}

/* sum = a + b, or a - b where minus; big-endian, 32 octets. */
static void add(uint8_t *sum, const uint8_t *a, const uint8_t *b, bool minus)
{
    int carry = 0;
    for (size_t i = 32; i-- > 0;) {
        int digit = minus ? a[i] - b[i] - carry : a[i] + b[i] + carry;
        carry = digit < 0 || digit > 255;
        sum[i] = (uint8_t)digit;
    }
}

static void the_other_s_of_the_same_signature_is_refused_by_name(void)
{
    const uint8_t *n = hex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551").at;
    struct example e = example_of("es256");
    CHECK_OK(judged(&e, ALGORITHM_ES256));
    add(e.signature + 32, n, e.signature + 32, true);
    CHECK(is_high(e.signature + 32));
    CHECK_STATUS(judged(&e, ALGORITHM_ES256), REFUSE(SEAL_LOW_S));
    certificate_free(e.certificate);
}

static void scalars_outside_1_to_n_minus_1_are_bad_signatures(void)
{
    static const struct {
        const char *r, *s; /* NULL: as it is */
        enum reason reason;
    } rows[] = {
        {"0000000000000000000000000000000000000000000000000000000000000000", NULL,
         REASON_SEAL_SIGNATURE},
        {NULL, "0000000000000000000000000000000000000000000000000000000000000000",
         REASON_SEAL_SIGNATURE},
        {"ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551", NULL,
         REASON_SEAL_SIGNATURE},
        {NULL, "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
         REASON_SEAL_SIGNATURE},
        {"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", NULL,
         REASON_SEAL_SIGNATURE},
        {"0000000000000000000000000000000000000000000000000000000000000000",
         "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632550", REASON_SEAL_SIGNATURE},
        {"0000000000000000000000000000000000000000000000000000000000000001",
         "7fffffff800000007fffffffffffffffde737d56d38bcf4279dce5617e3192a9", REASON_SEAL_LOW_S},
        {"0000000000000000000000000000000000000000000000000000000000000001",
         "7fffffff800000007fffffffffffffffde737d56d38bcf4279dce5617e3192a8", REASON_SEAL_SIGNATURE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct example e = example_of("es256");
        if (rows[i].r != NULL)
            memcpy(e.signature, hex(rows[i].r).at, 32);
        if (rows[i].s != NULL)
            memcpy(e.signature + 32, hex(rows[i].s).at, 32);
        CHECK_STATUS(judged(&e, ALGORITHM_ES256), ((struct status){CODE_REFUSED, rows[i].reason}));
        certificate_free(e.certificate);
    }
}

static void an_ed25519_s_that_is_not_reduced_is_refused(void)
{
    uint8_t order[32], s[32];
    const uint8_t *l = hex("1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3ed").at;
    struct example e = example_of("eddsa");
    CHECK_OK(judged(&e, ALGORITHM_EDDSA));
    memcpy(order, l, 32);
    for (size_t i = 0; i < 32; i++)
        s[i] = e.signature[63 - i];
    add(s, s, order, false);
    for (size_t i = 0; i < 32; i++)
        e.signature[63 - i] = s[i];
    CHECK_STATUS(judged(&e, ALGORITHM_EDDSA), REFUSE(SEAL_SIGNATURE));
    certificate_free(e.certificate);
}

static void signatures_of_another_length_or_algorithm_are_refused(void)
{
    struct example e = example_of("es256");
    const struct key *key = certificate_key(e.certificate);
    for (size_t length = 0; length < 64; length++)
        CHECK_STATUS(key_verify(key, ALGORITHM_ES256, e.message, slice_over(e.signature, length)),
                     REFUSE(SEAL_SIGNATURE));
    CHECK_STATUS(judged(&e, ALGORITHM_EDDSA), REFUSE(SEAL_ALG));
    CHECK_STATUS(judged(&e, ALGORITHM_NONE), REFUSE(SEAL_ALG));
    certificate_free(e.certificate);
}

TESTS(crypto_key,
      {"private keys load only from files of their owner",
       private_keys_load_only_from_files_of_their_owner},
      {"other keys and other files are refused", other_keys_and_other_files_are_refused},
      {"Ed25519 is that of RFC 8032", ed25519_is_that_of_rfc_8032},
      {"ES256 signatures have a low s", es256_signatures_have_a_low_s},
      {"the other s of the same signature is refused by name",
       the_other_s_of_the_same_signature_is_refused_by_name},
      {"scalars outside 1 to n-1 are bad signatures",
       scalars_outside_1_to_n_minus_1_are_bad_signatures},
      {"an Ed25519 S that is not reduced is refused", an_ed25519_s_that_is_not_reduced_is_refused},
      {"signatures of another length or algorithm are refused",
       signatures_of_another_length_or_algorithm_are_refused})
