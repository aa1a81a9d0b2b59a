#include "support/check.h"
#include "support/vectors.h"

#include "crypto/digest.h"

#include <pthread.h>
#include <string.h>

static void check_digest(struct digest got, struct slice want)
{
    CHECK_BYTES(digest_slice(&got), want);
}

static void plain_digests_are_sha_256(void)
{
    check_digest(digest_plain(slice_over(NULL, 0)),
                 hex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
    check_digest(digest_plain(slice_text("abc")),
                 hex("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
    check_digest(digest_two(slice_text("a"), slice_text("bc")),
                 hex("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
}

static void digests_of_fields_are_those_of_the_vectors(void)
{
    static const struct {
        const char *list, *octets, *digest;
        enum separation separation;
    } rows[] = {
        {"fields", "field", "field_digest", SEPARATION_FIELD},
        {"fields", "field", "released_digest", SEPARATION_RELEASED},
        {"derived", "derived", "derived_digest", SEPARATION_DERIVED},
        {"decoys", "random", "decoy_digest", SEPARATION_DECOY},
    };
    json_t *all = vectors("fields.json");
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        const json_t *list = json_object_get(all, rows[r].list);
        CHECK(json_array_size(list) > 0);
        for (size_t i = 0; i < json_array_size(list); i++) {
            const json_t *one = json_array_get(list, i);
            check_digest(digest_of(rows[r].separation, vector_member(one, rows[r].octets)),
                         vector_member(one, rows[r].digest));
        }
    }
    json_decref(all);
}

static void every_separation_is_its_string_and_a_zero_octet(void)
{
    static const char *const strings[SEPARATION_COUNT] = {
        "comity-field-1",    "comity-decoy-1",   "comity-released-1", "comity-derived-1",
        "comity-seal-1",     "comity-release-1", "comity-object-1",   "comity-rulebook-1",
        "comity-approval-1", "comity-outer-1",   "comity-inner-1",    "comity-closed-1",
        "comity-person-1",
    };
    static const uint8_t key[32] = {7};
    for (unsigned i = 0; i < SEPARATION_COUNT; i++) {
        char text[64];
        size_t length = (size_t)snprintf(text, sizeof text, "%s%cmore", strings[i], 0);
        struct digest plain = digest_plain(slice_over(text, length));
        struct digest mac = hmac_plain(key, slice_over(text, length));
        check_digest(digest_of((enum separation)i, slice_text("more")), digest_slice(&plain));
        check_digest(hmac_of(key, (enum separation)i, slice_text("more")), digest_slice(&mac));
    }
}

/* RFC 4231; its shorter keys are padded with zeros to the same HMAC. */
static void hmacs_are_those_of_rfc_4231(void)
{
    static const struct {
        const char *key, *text, *mac;
    } rows[] = {
        {"0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "4869205468657265",
         "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
        {"4a656665", "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
         "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
        {"0102030405060708090a0b0c0d0e0f10111213141516171819",
         "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdc"
         "dcd"
         "cdcdcdcd",
         "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t key[32] = {0};
        struct slice short_key = hex(rows[i].key);
        memcpy(key, short_key.at, short_key.length);
        check_digest(hmac_plain(key, hex(rows[i].text)), hex(rows[i].mac));
    }
}

static void a_digest_equals_only_its_own_octets(void)
{
    struct digest d = digest_plain(slice_text("abc")), zero = {{0}};
    struct digest again = digest_read(digest_slice(&d));
    CHECK(digest_equal(&d, digest_slice(&again)));
    CHECK(!digest_equal(&d, slice_part(digest_slice(&d), 0, 31)));
    CHECK(!digest_equal(&d, digest_slice(&zero)));
    again = digest_read(slice_part(digest_slice(&d), 0, 31));
    CHECK(digest_equal(&again, digest_slice(&zero)));
}

static void *digest_in_thread(void *stops)
{
    static struct digest made[2];
    struct status s = crypto_thread_start();
    made[stops != NULL] = failed(s) ? (struct digest){{0}} : digest_plain(slice_text("abc"));
    if (stops != NULL)
        crypto_thread_stop();
    return &made[stops != NULL];
}

/* The sanitizer tells whether the one without a stop leaks. */
static void threads_have_contexts_of_their_own(void)
{
    struct digest want = digest_plain(slice_text("abc"));
    for (int i = 0; i < 2; i++) {
        pthread_t thread;
        void *made = NULL;
        CHECK(pthread_create(&thread, NULL, digest_in_thread, i == 0 ? NULL : &thread) == 0);
        pthread_join(thread, &made);
        CHECK(made != NULL && digest_equal(made, digest_slice(&want)));
    }
    crypto_thread_stop();
    crypto_thread_stop();
    CHECK_OK(crypto_thread_start());
    CHECK_OK(crypto_thread_start());
    check_digest(digest_plain(slice_text("abc")), digest_slice(&want));
}

TESTS(crypto_digest, {"plain digests are SHA-256", plain_digests_are_sha_256},
      {"digests of fields are those of the vectors", digests_of_fields_are_those_of_the_vectors},
      {"every separation is its string and a zero octet",
       every_separation_is_its_string_and_a_zero_octet},
      {"HMACs are those of RFC 4231", hmacs_are_those_of_rfc_4231},
      {"a digest equals only its own octets", a_digest_equals_only_its_own_octets},
      {"threads have contexts of their own", threads_have_contexts_of_their_own})
