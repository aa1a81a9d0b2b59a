/* Timestamps of an authority in the process: good ones, and all that must be refused. */

#include "support/check.h"

#include <stdio.h>
#include <time.h>

#include "base/instant.h"
#include "crypto/digest.h"
#include "crypto/timestamp.h"
#include "tsa.h"

#define NONCE 0x8123456789abcdefULL
#define TEXT  "gw1.jx.example/audit/2026\n8\nXcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=\n"

static const struct tsa_answer plain = {.signer = "tsa"};

static uint64_t now_ms(void)
{
    return (uint64_t)time(NULL) * MS_PER_SECOND;
}

static struct timestamp_authorities *authorities_of(const char *name)
{
    struct timestamp_authorities *a = NULL;
    CHECK_OK(timestamp_authorities_load(pki("tsa/%s.crt", name), &a));
    return a;
}

/* What is wanted of it, by whoever asked now and trusts these. */
static struct timestamp_wanted wanted_by(const struct timestamp_authorities *authorities)
{
    static const uint64_t nonce = NONCE;
    return (struct timestamp_wanted){.text = slice_text(TEXT),
                                     .nonce = &nonce,
                                     .from_ms = now_ms() - MS_PER_MINUTE,
                                     .until_ms = now_ms() + MS_PER_MINUTE,
                                     .authorities = authorities};
}

static struct buffer answered(const struct tsa_answer *answer)
{
    struct buffer request = buffer_new(TIMESTAMP_REQUEST_MAX_BYTES);
    struct buffer response = buffer_new(TIMESTAMP_MAX_BYTES);
    CHECK_OK(timestamp_request(slice_text(TEXT), NONCE, &request));
    tsa_stamp(answer, buffer_slice(&request), &response);
    buffer_done(&request);
    return response;
}

static struct buffer kept(const struct tsa_answer *answer)
{
    struct buffer response = answered(answer), out = buffer_new(TIMESTAMP_MAX_BYTES);
    CHECK_OK(timestamp_keep(buffer_slice(&response), &out));
    buffer_done(&response);
    return out;
}

/* What is said of an answer by who trusts this root; NULL: by who trusts nobody. */
static struct status judged(const struct tsa_answer *answer, const char *root)
{
    uint64_t time_ms = 0;
    struct timestamp_authorities *a = root == NULL ? NULL : authorities_of(root);
    const struct timestamp_wanted wanted = wanted_by(a);
    struct buffer octets = kept(answer);
    struct status s = timestamp_verify(buffer_slice(&octets), &wanted, &time_ms);
    buffer_done(&octets);
    timestamp_authorities_free(a);
    return s;
}

static void a_request_is_what_openssl_writes(void)
{
    /* openssl ts -query -data TEXT -sha256 -cert, its nonce replaced */
    static const uint8_t head[] = {0x30, 0x44, 0x02, 0x01, 0x01, 0x30, 0x31, 0x30,
                                   0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65,
                                   0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20};
    static const uint8_t tail[] = {0x02, 0x09, 0x00, 0x81, 0x23, 0x45, 0x67,
                                   0x89, 0xab, 0xcd, 0xef, 0x01, 0x01, 0xff};
    const struct digest digest = digest_plain(slice_text(TEXT));
    struct buffer request = buffer_new(TIMESTAMP_REQUEST_MAX_BYTES), by_hand = buffer_new(100);
    CHECK_OK(timestamp_request(slice_text(TEXT), NONCE, &request));
    buffer_put(&by_hand, slice_over(head, sizeof head));
    buffer_put(&by_hand, digest_slice(&digest));
    buffer_put(&by_hand, slice_over(tail, sizeof tail));
    CHECK_BYTES(buffer_slice(&request), buffer_slice(&by_hand));
    buffer_done(&request);
    buffer_done(&by_hand);
}

static void a_good_one_is_taken_with_its_time(void)
{
    uint64_t time_ms = 0;
    struct timestamp_authorities *a = authorities_of("ca");
    struct timestamp_wanted wanted = wanted_by(a);
    struct buffer octets = kept(&plain);
    CHECK_OK(timestamp_verify(buffer_slice(&octets), &wanted, &time_ms));
    CHECK(time_ms % MS_PER_SECOND == 0 && time_ms + MS_PER_MINUTE > now_ms());
    wanted.nonce = NULL;
    CHECK_OK(timestamp_verify(buffer_slice(&octets), &wanted, &time_ms));
    buffer_done(&octets);
    timestamp_authorities_free(a);
}

static void keys_and_chains_of_other_kinds_are_taken(void)
{
    static const struct tsa_answer rows[] = {
        {.signer = "rsa"},
        {.signer = "deep", .brings = {"between"}},
        {.signer = "deep", .brings = {"ca", "other", "between"}},
        {.signer = "tsa", .brings = {"ca"}},
        {.signer = "tsa", .speaks = true},
        {.signer = "tsa", .resigns = "rsa"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CHECK_OK(judged(&rows[i], "ca"));
        CHECK_OK(judged(&rows[i], NULL));
    }
}

static void who_may_not_give_one_is_refused(void)
{
    static const struct {
        struct tsa_answer answer;
        const char *root;
    } rows[] = {
        {{.signer = "stranger"}, "ca"},
        {{.signer = "stranger", .brings = {"other"}}, "ca"},
        {{.signer = "tsa"}, "other"},
        {{.signer = "deep"}, "ca"}, /* its issuer is missing */
        {{.signer = "tsa", .resigns = "web"}, "ca"},
        {{.signer = "tsa", .resigns = "soft"}, "ca"},
        {{.signer = "tsa", .resigns = "web"}, NULL},
        {{.signer = "tsa", .resigns = "soft"}, NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        CHECK_STATUS(judged(&rows[i].answer, rows[i].root), REFUSE(TIMESTAMP_CHAIN));
}

static void what_was_not_asked_for_is_refused(void)
{
    static const uint64_t other = NONCE ^ 1;
    uint64_t time_ms = 0;
    struct timestamp_authorities *a = authorities_of("ca");
    struct buffer octets = kept(&plain);
    struct timestamp_wanted wanted = wanted_by(a);
    wanted.text = slice_text(TEXT "\n");
    CHECK_STATUS(timestamp_verify(buffer_slice(&octets), &wanted, &time_ms),
                 REFUSE(TIMESTAMP_IMPRINT));
    wanted = wanted_by(a);
    wanted.nonce = &other;
    CHECK_STATUS(timestamp_verify(buffer_slice(&octets), &wanted, &time_ms),
                 REFUSE(TIMESTAMP_NONCE));
    wanted = wanted_by(a);
    wanted.until_ms = wanted.from_ms;
    CHECK_STATUS(timestamp_verify(buffer_slice(&octets), &wanted, &time_ms),
                 REFUSE(TIMESTAMP_TIME));
    wanted = wanted_by(a);
    wanted.from_ms = wanted.until_ms;
    CHECK_STATUS(timestamp_verify(buffer_slice(&octets), &wanted, &time_ms),
                 REFUSE(TIMESTAMP_TIME));
    CHECK_U64(time_ms, 0);
    buffer_done(&octets);
    timestamp_authorities_free(a);
}

/* Its time is its own, so its certificates are judged by it, and one that is over stays good. */
static void certificates_are_judged_as_of_its_own_time(void)
{
    const uint64_t before_s = now_ms() / MS_PER_SECOND - 86400;
    const struct tsa_answer early = {.signer = "tsa", .at_s = before_s};
    uint64_t time_ms = 0;
    struct timestamp_authorities *a = authorities_of("ca");
    struct timestamp_wanted wanted = wanted_by(a);
    struct buffer octets = kept(&early);
    wanted.from_ms = 0;
    CHECK_STATUS(timestamp_verify(buffer_slice(&octets), &wanted, &time_ms),
                 REFUSE(TIMESTAMP_CHAIN));
    buffer_done(&octets);
    timestamp_authorities_free(a);
}

static void what_is_denied_or_no_response_is_not_kept(void)
{
    const struct tsa_answer denies = {.signer = "tsa", .denies = true};
    struct buffer response = answered(&denies), out = buffer_new(TIMESTAMP_MAX_BYTES);
    struct buffer longer = buffer_new(2 * TIMESTAMP_MAX_BYTES);
    CHECK_STATUS(timestamp_keep(buffer_slice(&response), &out), REFUSE(TIMESTAMP_DENIED));
    CHECK_STATUS(timestamp_keep(slice_text(""), &out), REFUSE(TIMESTAMP_SHAPE));
    CHECK_STATUS(timestamp_keep(slice_text("<html>"), &out), REFUSE(TIMESTAMP_SHAPE));
    buffer_done(&response);
    response = answered(&plain);
    buffer_put(&longer, buffer_slice(&response));
    CHECK_STATUS(timestamp_keep(slice_part(buffer_slice(&longer), 0, longer.length - 1), &out),
                 REFUSE(TIMESTAMP_SHAPE));
    buffer_u8(&longer, 0);
    CHECK_STATUS(timestamp_keep(buffer_slice(&longer), &out), REFUSE(TIMESTAMP_SHAPE));
    (void)buffer_grow(&longer, TIMESTAMP_MAX_BYTES);
    CHECK_STATUS(timestamp_keep(buffer_slice(&longer), &out), REFUSE(TIMESTAMP_SHAPE));
    CHECK_U64(out.length, 0);
    buffer_done(&response);
    buffer_done(&longer);
    buffer_done(&out);
}

static void what_is_not_vouched_for_is_left_out(void)
{
    static const struct tsa_answer rows[] = {
        {.signer = "tsa", .speaks = true},
        {.signer = "tsa", .brings = {"other"}},
        {.signer = "tsa", .brings = {"ca"}},
    };
    const struct timestamp_wanted wanted = wanted_by(NULL);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint64_t time_ms = 0;
        struct buffer response = answered(&rows[i]), octets = kept(&rows[i]);
        struct buffer again = buffer_new(TIMESTAMP_MAX_BYTES);
        CHECK(octets.length < response.length);
        CHECK_STATUS(timestamp_verify(buffer_slice(&response), &wanted, &time_ms),
                     REFUSE(TIMESTAMP_SHAPE));
        CHECK_OK(timestamp_keep(buffer_slice(&octets), &again));
        CHECK_BYTES(buffer_slice(&again), buffer_slice(&octets));
        buffer_done(&again);
        buffer_done(&response);
        buffer_done(&octets);
    }
}

static void no_octet_can_be_another(const struct tsa_answer *answer,
                                    const struct timestamp_authorities *a)
{
    static const uint8_t bits[] = {0x01, 0x20};
    struct timestamp_wanted wanted = wanted_by(a);
    struct buffer octets = kept(answer);
    uint64_t time_ms = 0, unseen = 0;
    wanted.nonce = NULL;
    wanted.from_ms = 0;
    wanted.until_ms = UINT64_MAX;
    CHECK_OK(timestamp_verify(buffer_slice(&octets), &wanted, &time_ms));
    for (size_t i = 0; i < sizeof bits * octets.length; i++) {
        octets.at[i / sizeof bits] ^= bits[i % sizeof bits];
        struct status s = timestamp_verify(buffer_slice(&octets), &wanted, &time_ms);
        if (s.code != CODE_REFUSED && unseen++ < 20)
            fprintf(stderr, "octet %zu of %zu: unseen\n", i / sizeof bits, octets.length);
        octets.at[i / sizeof bits] ^= bits[i % sizeof bits];
    }
    CHECK_U64(unseen, 0);
    buffer_done(&octets);
}

static void every_changed_octet_is_seen(void)
{
    static const struct tsa_answer with_root = {.signer = "tsa", .brings = {"ca"}};
    static const struct tsa_answer deep = {.signer = "deep", .brings = {"between", "ca"}};
    static const struct tsa_answer rsa = {.signer = "rsa"};
    struct timestamp_authorities *a = authorities_of("ca");
    no_octet_can_be_another(&with_root, NULL);
    no_octet_can_be_another(&deep, a);
    no_octet_can_be_another(&rsa, a);
    timestamp_authorities_free(a);
}

static void roots_are_read_whole_or_not_at_all(void)
{
    struct timestamp_authorities *a = NULL;
    CHECK_STATUS(timestamp_authorities_load(pki("tsa/none.crt"), &a), FAIL(CONFIG));
    CHECK_STATUS(timestamp_authorities_load(pki("tsa/ca.key"), &a), FAIL(CONFIG));
    CHECK_STATUS(timestamp_authorities_load(pki("tsa/tsa.cnf"), &a), FAIL(CONFIG));
    CHECK(a == NULL);
    timestamp_authorities_free(NULL);
}

static struct digest signer_of(const struct tsa_answer *answer)
{
    struct digest signer = {{0}};
    struct buffer b = kept(answer);
    CHECK_OK(timestamp_signer(buffer_slice(&b), &signer));
    buffer_done(&b);
    return signer;
}

/* Whatever else the responses bring. */
static void one_signer_is_told_from_another(void)
{
    const struct digest one = signer_of(&plain);
    const struct digest same = signer_of(&(struct tsa_answer){.signer = "tsa", .brings = {"ca"}});
    const struct digest other = signer_of(&(struct tsa_answer){.signer = "stranger"});
    struct digest none;
    CHECK_BYTES(digest_slice(&one), digest_slice(&same));
    CHECK(!digest_equal(&one, digest_slice(&other)));
    CHECK_STATUS(timestamp_signer(slice_text("no response"), &none), REFUSE(TIMESTAMP_SHAPE));
}

TESTS(crypto_timestamp, {"a request is what openssl writes", a_request_is_what_openssl_writes},
      {"a good one is taken, with its time", a_good_one_is_taken_with_its_time},
      {"keys and chains of other kinds are taken", keys_and_chains_of_other_kinds_are_taken},
      {"who may not give one is refused", who_may_not_give_one_is_refused},
      {"what was not asked for is refused", what_was_not_asked_for_is_refused},
      {"certificates are judged as of its own time", certificates_are_judged_as_of_its_own_time},
      {"what is denied, or no response, is not kept", what_is_denied_or_no_response_is_not_kept},
      {"what is not vouched for is left out", what_is_not_vouched_for_is_left_out},
      {"one signer is told from another", one_signer_is_told_from_another},
      {"every changed octet is seen", every_changed_octet_is_seen},
      {"roots are read whole or not at all", roots_are_read_whole_or_not_at_all})
