#include "support/check.h"
#include "support/vectors.h"

#include "crypto/cose.h"
#include "wire/cbor.h"

#include <string.h>

#define SEAL "application/comity-seal"

struct sealed {
    struct slice seal;
    struct certificate *certificate;
};

static struct sealed vector_of(const char *name)
{
    char key_name[32];
    json_t *seals = vectors("seal.json"), *keys = vectors("keys.json");
    snprintf(key_name, sizeof key_name, "seal_%s", name);
    struct sealed v = {vector_member(json_object_get(seals, name), "seal"), NULL};
    CHECK_OK(certificate_read(vector_member(json_object_get(keys, key_name), "certificate"),
                              &v.certificate));
    json_decref(seals);
    json_decref(keys);
    return v;
}

static struct status judge(struct slice seal, const struct certificate *c)
{
    struct cose cose;
    struct status s = cose_open(seal, SEAL, &cose);
    if (!failed(s) && !digest_equal(certificate_x5t(c), cose.x5t))
        s = REFUSE(SEAL_SIGNER);
    return failed(s) ? s : cose_verify(&cose, certificate_key(c));
}

static void the_seals_of_the_vectors_verify(void)
{
    static const char *const names[] = {"eddsa", "es256"};
    json_t *seals = vectors("seal.json");
    for (size_t i = 0; i < 2; i++) {
        const json_t *one = json_object_get(seals, names[i]);
        struct sealed v = vector_of(names[i]);
        struct cose cose = {0};
        CHECK_OK(cose_open(v.seal, SEAL, &cose));
        CHECK_BYTES(cose.protected_header, vector_member(one, "protected"));
        CHECK_BYTES(cose.payload, vector_member(one, "payload"));
        CHECK_BYTES(cose.x5t, digest_slice(certificate_x5t(v.certificate)));
        CHECK_U64(cose.algorithm, i == 0 ? ALGORITHM_EDDSA : ALGORITHM_ES256);
        CHECK_OK(cose_verify(&cose, certificate_key(v.certificate)));
        CHECK(certificate_may_seal(v.certificate));
        struct digest d = digest_of(SEPARATION_SEAL, v.seal);
        CHECK_BYTES(digest_slice(&d), vector_member(one, "seal_digest"));
        certificate_free(v.certificate);
    }
    json_decref(seals);
}

static void no_flipped_bit_verifies(void)
{
    static const char *const names[] = {"eddsa", "es256"};
    for (size_t n = 0; n < 2; n++) {
        struct sealed v = vector_of(names[n]);
        uint8_t changed[2048];
        CHECK(v.seal.length <= sizeof changed);
        memcpy(changed, v.seal.at, v.seal.length);
        unsigned verified = 0;
        for (size_t i = 0; i < v.seal.length; i++) {
            changed[i] ^= (uint8_t)(1U << (i % 8));
            struct status s = judge(slice_over(changed, v.seal.length), v.certificate);
            verified += s.code != CODE_REFUSED;
            changed[i] = v.seal.at[i];
        }
        CHECK_U64(verified, 0);
        certificate_free(v.certificate);
    }
}

static void no_truncated_seal_opens(void)
{
    struct sealed v = vector_of("es256");
    struct cose cose;
    unsigned opened = 0;
    for (size_t length = 0; length < v.seal.length; length++)
        opened += cose_open(slice_part(v.seal, 0, length), SEAL, &cose).code != CODE_REFUSED;
    CHECK_U64(opened, 0);
    certificate_free(v.certificate);
}

#define HEADER                                        "a3012610776170706c69636174696f6e2f636f6d6974792d7365616c1822822f5820"
#define X5T                                           "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define SIG64                                         "5840" X5T X5T
#define GOOD(header, unprotected, payload, signature) "d284" header unprotected payload signature

static void what_is_wrong_first_is_reported(void)
{
    static const struct {
        const char *octets;
        enum reason reason;
    } rows[] = {
        {GOOD("5842" HEADER X5T, "a0", "4100", SIG64), REASON_NONE},
        {"", REASON_SEAL_TAG},
        {"845842" HEADER X5T "a04100" SIG64, REASON_SEAL_TAG},
        {"d1845842" HEADER X5T "a04100" SIG64, REASON_SEAL_TAG},
        {"d812845842" HEADER X5T "a04100" SIG64, REASON_SEAL_TAG},
        {"d2", REASON_CBOR_TRUNCATED},
        {"d2d2845842" HEADER X5T "a04100" SIG64, REASON_CBOR_TYPE},
        {GOOD("5842" HEADER X5T, "a0", "4100", SIG64 "00"), REASON_CBOR_TRAILING},
        {GOOD("5842" HEADER X5T, "a0", "580100", SIG64), REASON_CBOR_FORM},
        {"d2a0", REASON_SEAL_SHAPE},
        {"d280", REASON_SEAL_SHAPE},
        {"d2835842" HEADER X5T "a04100", REASON_SEAL_SHAPE},
        {"d2855842" HEADER X5T "a04100" SIG64 "00", REASON_SEAL_SHAPE},
        {GOOD("a0", "a0", "4100", SIG64), REASON_SEAL_SHAPE},
        {GOOD("5842" HEADER X5T, "80", "4100", SIG64), REASON_SEAL_SHAPE},
        {GOOD("5842" HEADER X5T, "40", "4100", SIG64), REASON_SEAL_SHAPE},
        {GOOD("5842" HEADER X5T, "a0", "f6", SIG64), REASON_SEAL_SHAPE},
        {GOOD("5842" HEADER X5T, "a0", "4100", "43000000"), REASON_SEAL_SHAPE},
        {GOOD("5842" HEADER X5T, "a10126", "4100", "43000000"), REASON_SEAL_SHAPE},
        {GOOD("5842" HEADER X5T, "a10126", "4100", SIG64), REASON_SEAL_UNPROTECTED},
        {GOOD("41a0", "a10126", "4100", SIG64), REASON_SEAL_UNPROTECTED},
        {GOOD("40", "a0", "4100", SIG64), REASON_CBOR_TRUNCATED},
        {GOOD("42a000", "a0", "4100", SIG64), REASON_CBOR_TRAILING},
        {GOOD("41a0", "a0", "4100", SIG64), REASON_SEAL_HEADER},
        {GOOD("4180", "a0", "4100", SIG64), REASON_SEAL_HEADER},
        {GOOD("43a10126", "a0", "4100", SIG64), REASON_SEAL_HEADER},
        /* typ of another object, and one that only begins like it */
        {GOOD("5842a3012610776170706c69636174696f6e2f636f6d6974792d7365616d1822822f5820" X5T, "a0",
              "4100", SIG64),
         REASON_SEAL_HEADER},
        {GOOD("5843a3012610781870706c69636174696f6e2f636f6d6974792d7365616c731822822f5820" X5T,
              "a0", "4100", SIG64),
         REASON_SEAL_HEADER},
        /* another algorithm under x5t, a digest too short, one element too many */
        {GOOD("5842a3012610776170706c69636174696f6e2f636f6d6974792d7365616c182282305820" X5T, "a0",
              "4100", SIG64),
         REASON_SEAL_HEADER},
        {GOOD("5822a3012610776170706c69636174696f6e2f636f6d6974792d7365616c1822822f40", "a0",
              "4100", SIG64),
         REASON_CBOR_TRUNCATED},
        {GOOD("5821a3012610776170706c69636174696f6e2f636f6d6974792d7365616c1822822f40", "a0",
              "4100", SIG64),
         REASON_SEAL_HEADER},
        /* a fourth label; a header that is not allowed before an algorithm that is not */
        {GOOD("5844a4012610776170706c69636174696f6e2f636f6d6974792d7365616c1822822f5820" X5T
              "182300",
              "a0", "4100", SIG64),
         REASON_CBOR_TRAILING},
        {GOOD("5845a4012610776170706c69636174696f6e2f636f6d6974792d7365616c1822822f5820" X5T
              "182300",
              "a0", "4100", SIG64),
         REASON_SEAL_HEADER},
        {GOOD("5843a301382210776170706c69636174696f6e2f636f6d6974792d7365616d1822822f5820" X5T,
              "a0", "4100", SIG64),
         REASON_SEAL_HEADER},
        {GOOD("5843a301382210776170706c69636174696f6e2f636f6d6974792d7365616c1822822f5820" X5T,
              "a0", "4100", SIG64),
         REASON_SEAL_ALG},
        {GOOD("5842a3010010776170706c69636174696f6e2f636f6d6974792d7365616c1822822f5820" X5T, "a0",
              "4100", SIG64),
         REASON_SEAL_ALG},
        {GOOD("5842a301f610776170706c69636174696f6e2f636f6d6974792d7365616c1822822f5820" X5T, "a0",
              "4100", SIG64),
         REASON_SEAL_HEADER},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct cose cose;
        struct status s = cose_open(hex(rows[i].octets), SEAL, &cose);
        if (!CHECK_STATUS(s, rows[i].reason == REASON_NONE
                                 ? OK
                                 : ((struct status){CODE_REFUSED, rows[i].reason})))
            fprintf(stderr, "row %zu: %s\n", i, rows[i].octets);
    }
}

static void what_is_signed_opens_and_verifies(void)
{
    static const uint8_t seed[32] = {3};
    struct key *key = NULL;
    struct buffer out = buffer_new(4096);
    struct digest x5t = digest_plain(slice_text("certificate"));
    struct cose cose = {0};
    CHECK_OK(key_from_seed(seed, &key));
    CHECK_OK(cose_sign(key, &x5t, "application/comity-approval", slice_text("payload"), &out));
    CHECK_OK(cose_open(buffer_slice(&out), "application/comity-approval", &cose));
    CHECK_BYTES(cose.payload, slice_text("payload"));
    CHECK_BYTES(cose.x5t, digest_slice(&x5t));
    CHECK_OK(cose_verify(&cose, key));
    CHECK_STATUS(cose_open(buffer_slice(&out), SEAL, &cose), REFUSE(SEAL_HEADER));
    struct buffer small = buffer_new(64);
    CHECK_STATUS(cose_sign(key, &x5t, SEAL, slice_text("payload"), &small), FAIL(MEMORY));
    buffer_done(&small);
    buffer_done(&out);
    key_free(key);
}

/* EdDSA is deterministic: signing the vector's payload again gives its octets. */
static void signing_the_vector_again_gives_the_same_octets(void)
{
    json_t *seals = vectors("seal.json"), *keys = vectors("keys.json");
    struct sealed v = vector_of("eddsa");
    struct key *key = NULL;
    struct buffer out = buffer_new(65536);
    struct slice seed = vector_member(json_object_get(keys, "seal_eddsa"), "seed");
    CHECK_U64(seed.length, 32);
    CHECK_OK(key_from_seed(seed.at, &key));
    CHECK_OK(cose_sign(key, certificate_x5t(v.certificate), SEAL,
                       vector_member(json_object_get(seals, "eddsa"), "payload"), &out));
    CHECK_BYTES(buffer_slice(&out), v.seal);
    buffer_done(&out);
    key_free(key);
    certificate_free(v.certificate);
    json_decref(seals);
    json_decref(keys);
}

static void a_key_of_the_other_algorithm_is_refused_as_such(void)
{
    struct sealed eddsa = vector_of("eddsa"), es256 = vector_of("es256");
    struct cose cose = {0};
    CHECK_OK(cose_open(eddsa.seal, SEAL, &cose));
    CHECK_STATUS(cose_verify(&cose, certificate_key(es256.certificate)), REFUSE(SEAL_ALG));
    CHECK_OK(cose_open(es256.seal, SEAL, &cose));
    CHECK_STATUS(cose_verify(&cose, certificate_key(eddsa.certificate)), REFUSE(SEAL_ALG));
    certificate_free(eddsa.certificate);
    certificate_free(es256.certificate);
}

TESTS(crypto_cose, {"the seals of the vectors verify", the_seals_of_the_vectors_verify},
      {"no flipped bit verifies", no_flipped_bit_verifies},
      {"no truncated seal opens", no_truncated_seal_opens},
      {"what is wrong first is reported", what_is_wrong_first_is_reported},
      {"what is signed opens and verifies", what_is_signed_opens_and_verifies},
      {"signing the vector again gives the same octets",
       signing_the_vector_again_gives_the_same_octets},
      {"a key of the other algorithm is refused as such",
       a_key_of_the_other_algorithm_is_refused_as_such})
