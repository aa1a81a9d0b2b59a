#include "support/check.h"

#include "crypto/secret.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct keyring *keyring_of(const char *digits)
{
    struct keyring *k = NULL;
    CHECK_OK(keyring_new(hex(digits).at, &k));
    return k;
}

#define KEK "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

/* RFC 3394 4.6: 256 bits of key data with a 256-bit KEK. */
static void keys_are_wrapped_as_in_rfc_3394(void)
{
    struct keyring *k = keyring_of(KEK);
    uint8_t key[SECRET_KEY_BYTES];
    struct slice wrapped = hex("28c9f404c4b810f4cbccb35cfb87f8263f5786e2d80ed326cbc7f0e71a99f43b"
                               "fb988b9b7a02dd21");
    CHECK_OK(keyring_open(k, wrapped, key));
    CHECK_BYTES(slice_over(key, sizeof key),
                hex("00112233445566778899aabbccddeeff000102030405060708090a0b0c0d0e0f"));
    CHECK_STATUS(keyring_open(k, slice_part(wrapped, 0, 39), key), FAIL(CRYPTO));
    keyring_free(k);
}

static void a_data_key_opens_only_with_the_keyring_that_made_it(void)
{
    struct keyring *k = keyring_of(KEK);
    struct keyring *other =
        keyring_of("ff0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
    uint8_t key[SECRET_KEY_BYTES], again[SECRET_KEY_BYTES], second[SECRET_KEY_BYTES];
    uint8_t wrapped[SECRET_WRAPPED_BYTES], second_wrapped[SECRET_WRAPPED_BYTES];
    CHECK_OK(keyring_make(k, key, wrapped));
    CHECK_OK(keyring_make(k, second, second_wrapped));
    CHECK(memcmp(key, second, sizeof key) != 0);
    CHECK_OK(keyring_open(k, slice_over(wrapped, sizeof wrapped), again));
    CHECK_BYTES(slice_over(again, sizeof again), slice_over(key, sizeof key));
    CHECK_STATUS(keyring_open(other, slice_over(wrapped, sizeof wrapped), again), FAIL(CRYPTO));
    for (size_t i = 0; i < sizeof wrapped; i++) {
        wrapped[i] ^= 1;
        CHECK_STATUS(keyring_open(k, slice_over(wrapped, sizeof wrapped), again), FAIL(CRYPTO));
        wrapped[i] ^= 1;
    }
    keyring_free(k);
    keyring_free(other);
    keyring_free(NULL);
}

static void an_index_depends_on_key_domain_and_value(void)
{
    struct keyring *k = keyring_of(KEK);
    struct keyring *other =
        keyring_of("ff0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
    struct digest a = keyring_index(k, "case", slice_text("LP-1"));
    struct digest same = keyring_index(k, "case", slice_text("LP-1"));
    struct digest rows[] = {keyring_index(other, "case", slice_text("LP-1")),
                            keyring_index(k, "thread", slice_text("LP-1")),
                            keyring_index(k, "case", slice_text("LP-2")),
                            keyring_index(k, "caseL", slice_text("P-1"))};
    CHECK(digest_equal(&a, digest_slice(&same)));
    for (size_t i = 0; i < 4; i++)
        CHECK(!digest_equal(&a, digest_slice(&rows[i])));
    keyring_free(k);
    keyring_free(other);
}

static struct status load_text(const char *text, mode_t mode, struct keyring **ret_keyring)
{
    char path[] = "/tmp/comity-kek-XXXXXX";
    FILE *f = fdopen(mkstemp(path), "w");
    if (f == NULL)
        abort();
    fputs(text, f);
    fclose(f);
    CHECK(chmod(path, mode) == 0);
    struct status s = keyring_load(path, ret_keyring);
    unlink(path);
    return s;
}

static void a_keyring_is_64_digits_in_a_file_of_its_owner(void)
{
    struct keyring *k = NULL, *want = keyring_of(KEK);
    CHECK_OK(load_text(KEK "\n", 0600, &k));
    struct digest a = keyring_index(k, "x", slice_text("y"));
    struct digest b = keyring_index(want, "x", slice_text("y"));
    CHECK_BYTES(digest_slice(&a), digest_slice(&b));
    keyring_free(k);
    CHECK_OK(load_text(KEK, 0400, &k));
    keyring_free(k);
    k = NULL;
    CHECK_STATUS(load_text(KEK, 0640, &k), FAIL(CONFIG));
    CHECK_STATUS(load_text("", 0600, &k), FAIL(CONFIG));
    CHECK_STATUS(load_text(KEK "\n\n", 0600, &k), FAIL(CONFIG));
    CHECK_STATUS(load_text(KEK "00", 0600, &k), FAIL(CONFIG));
    CHECK_STATUS(load_text("0" KEK, 0600, &k), FAIL(CONFIG));
    CHECK_STATUS(load_text("G" KEK, 0600, &k), FAIL(CONFIG));
    CHECK_STATUS(keyring_load("/nonexistent", &k), FAIL(CONFIG));
    CHECK(k == NULL);
    keyring_free(want);
}

static void what_is_sealed_opens_again(void)
{
    static const size_t lengths[] = {0, 1, 16, 1000, 70000};
    static const uint8_t key[SECRET_KEY_BYTES] = {1};
    static uint8_t plain[70000];
    memset(plain, 'x', sizeof plain);
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        struct buffer sealed = buffer_new(80000), opened = buffer_new(80000);
        buffer_text(&sealed, "before");
        CHECK_OK(
            secret_seal(key, slice_text("table row slot"), slice_over(plain, lengths[i]), &sealed));
        CHECK_U64(sealed.length, 6 + lengths[i] + SECRET_OVERHEAD_BYTES);
        CHECK_OK(secret_open(key, slice_text("table row slot"),
                             slice_part(buffer_slice(&sealed), 6, SIZE_MAX), &opened));
        CHECK_BYTES(buffer_slice(&opened), slice_over(plain, lengths[i]));
        buffer_done(&sealed);
        buffer_done(&opened);
    }
}

static void any_change_of_key_place_or_octets_fails_and_leaves_nothing(void)
{
    static const uint8_t key[SECRET_KEY_BYTES] = {1}, other[SECRET_KEY_BYTES] = {2};
    struct buffer sealed = buffer_new(1000), opened = buffer_new(1000);
    CHECK_OK(secret_seal(key, slice_text("row 1"), slice_text("secret"), &sealed));
    struct slice good = buffer_slice(&sealed);
    CHECK_STATUS(secret_open(other, slice_text("row 1"), good, &opened), FAIL(CRYPTO));
    CHECK_STATUS(secret_open(key, slice_text("row 2"), good, &opened), FAIL(CRYPTO));
    for (size_t i = 0; i < good.length; i++) {
        sealed.at[i] ^= 0x80;
        CHECK_STATUS(secret_open(key, slice_text("row 1"), good, &opened), FAIL(CRYPTO));
        sealed.at[i] ^= 0x80;
        CHECK_STATUS(secret_open(key, slice_text("row 1"), slice_part(good, 0, i), &opened),
                     FAIL(CRYPTO));
    }
    CHECK_U64(opened.length, 0);
    CHECK_OK(secret_open(key, slice_text("row 1"), good, &opened));
    struct buffer small = buffer_new(30);
    CHECK_STATUS(secret_seal(key, slice_text("row 1"), slice_text("secret"), &small), FAIL(MEMORY));
    buffer_done(&small);
    buffer_done(&sealed);
    buffer_done(&opened);
}

static void the_same_plaintext_is_never_sealed_to_the_same_octets(void)
{
    static const uint8_t key[SECRET_KEY_BYTES] = {1};
    struct buffer a = buffer_new(100), b = buffer_new(100);
    CHECK_OK(secret_seal(key, slice_text(""), slice_text("secret"), &a));
    CHECK_OK(secret_seal(key, slice_text(""), slice_text("secret"), &b));
    CHECK(!slice_equal(slice_part(buffer_slice(&a), 0, 12), slice_part(buffer_slice(&b), 0, 12)));
    CHECK(!slice_equal(slice_part(buffer_slice(&a), 12, 6), slice_part(buffer_slice(&b), 12, 6)));
    buffer_done(&a);
    buffer_done(&b);
}

static void uuids_are_random_and_of_version_4(void)
{
    uint8_t a[16], b[16];
    for (int i = 0; i < 100; i++) {
        CHECK_OK(entropy_uuid(a));
        CHECK_OK(entropy_uuid(b));
        CHECK_U64(a[6] >> 4, 4);
        CHECK_U64(a[8] >> 6, 2);
        CHECK(memcmp(a, b, 16) != 0);
    }
}

TESTS(crypto_secret, {"keys are wrapped as in RFC 3394", keys_are_wrapped_as_in_rfc_3394},
      {"a data key opens only with the keyring that made it",
       a_data_key_opens_only_with_the_keyring_that_made_it},
      {"an index depends on key, domain and value", an_index_depends_on_key_domain_and_value},
      {"a keyring is 64 digits in a file of its owner",
       a_keyring_is_64_digits_in_a_file_of_its_owner},
      {"what is sealed opens again", what_is_sealed_opens_again},
      {"any change of key, place or octets fails and leaves nothing",
       any_change_of_key_place_or_octets_fails_and_leaves_nothing},
      {"the same plaintext is never sealed to the same octets",
       the_same_plaintext_is_never_sealed_to_the_same_octets},
      {"UUIDs are random and of version 4", uuids_are_random_and_of_version_4})
