#include "signed.h"

#include <stdio.h>
#include <string.h>

#include "support/check.h"
#include "support/pki.h"
#include "wire/cbor.h"

static struct status read_given(const struct given *g)
{
    struct signed_object o;
    return signed_object_read(octets_of(g), &o);
}

static struct status judge(const struct given *g, const struct object_statement *object,
                           const char *trusted, uint64_t at_ms)
{
    size_t which;
    uint64_t until_ms;
    struct signed_object o;
    const struct object_authority one = authority(trusted);
    const struct object_authorities all = {&one, 1};
    struct status s = signed_object_read(octets_of(g), &o);
    return failed(s) ? s : signed_object_judge(&o, object, &all, at_ms, &which, &until_ms);
}

/* ---- one signature ---- */

static void a_signature_says_what_it_is_of_and_until_when(void)
{
    static const char *const signers[] = {"XA-MIN-01", "XC-MIN-01"}; /* ES256, EdDSA */
    for (size_t i = 0; i < 2; i++) {
        struct object_statement s = statement_of("law");
        struct given g = signed_by(signers[i], &s);
        struct signed_object o;
        const struct object_authority one = authority(signers[i]);
        const struct object_authorities all = {&one, 1};
        size_t which = 9;
        uint64_t until_ms = 0;
        if (!CHECK_OK(signed_object_read(octets_of(&g), &o)))
            continue;
        CHECK_BYTES(o.statement.object, slice_text("law"));
        CHECK_U64(o.statement.number, 7);
        CHECK_BYTES(digest_slice(&o.statement.digest), digest_slice(&s.digest));
        CHECK_U64(o.statement.from_ms, FROM);
        CHECK_U64(o.statement.until_ms, END);
        CHECK_OK(signed_object_judge(&o, &s, &all, NOW, &which, &until_ms));
        CHECK_U64(which, 0);
        CHECK_U64(until_ms, END);
    }
}

static void a_certificate_that_ends_first_ends_its_signature(void)
{
    struct object_statement s = statement_of("law");
    struct signed_object o;
    const struct object_authority one = authority("XA-MIN-01");
    const struct object_authorities all = {&one, 1};
    size_t which;
    uint64_t until_ms = 0;
    s.until_ms = PKI_UNTIL_MS + DAY;
    struct given g = signed_by("XA-MIN-01", &s);
    if (CHECK_OK(signed_object_read(octets_of(&g), &o)) &&
        CHECK_OK(signed_object_judge(&o, &s, &all, NOW, &which, &until_ms)))
        CHECK(until_ms < s.until_ms);
    CHECK_STATUS(judge(&g, &s, "XA-MIN-01", PKI_UNTIL_MS + 1), REFUSE(OBJECT_VALIDITY));
}

static void it_holds_for_its_object_number_text_and_time_alone(void)
{
    const struct object_statement s = statement_of("law");
    const struct given g = signed_by("XA-MIN-01", &s);
    struct object_statement other = s;
    CHECK_OK(judge(&g, &s, "XA-MIN-01", NOW));
    CHECK_STATUS(judge(&g, &s, "XA-MIN-02", NOW), REFUSE(OBJECT_SIGNER));
    other.object = slice_text("states");
    CHECK_STATUS(judge(&g, &other, "XA-MIN-01", NOW), REFUSE(OBJECT_NAME));
    other = s;
    other.number = 8;
    CHECK_STATUS(judge(&g, &other, "XA-MIN-01", NOW), REFUSE(OBJECT_NUMBER));
    other = s;
    other.digest = digest_plain(slice_text("another text"));
    CHECK_STATUS(judge(&g, &other, "XA-MIN-01", NOW), REFUSE(OBJECT_DIGEST));
    CHECK_STATUS(judge(&g, &s, "XA-MIN-01", FROM - 1), REFUSE(OBJECT_VALIDITY));
    CHECK_OK(judge(&g, &s, "XA-MIN-01", FROM));
    CHECK_OK(judge(&g, &s, "XA-MIN-01", END - 1));
    CHECK_STATUS(judge(&g, &s, "XA-MIN-01", END), REFUSE(OBJECT_VALIDITY));
}

static void every_octet_counts(void)
{
    const struct object_statement s = statement_of("law");
    const struct given g = signed_by("XA-MIN-01", &s);
    for (size_t i = 0; i < g.length; i++) {
        struct given spoilt = g;
        spoilt.octets[i] ^= 1;
        if (!CHECK(judge(&spoilt, &s, "XA-MIN-01", NOW).code == CODE_REFUSED))
            fprintf(stderr, "octet %zu\n", i);
    }
    for (size_t length = 0; length < g.length; length++) {
        struct given cut = g;
        cut.length = length;
        CHECK(read_given(&cut).code == CODE_REFUSED);
    }
}

/* s and n - s sign the same: of the two only the low one is taken, or one signature had two
 * digests. */
static void a_high_s_is_refused(void)
{
    static const uint8_t n[32] = {0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff,
                                  0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17,
                                  0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51};
    const struct object_statement s = statement_of("law");
    struct given g = signed_by("XA-MIN-01", &s);
    uint8_t *low = &g.octets[g.length - sizeof n];
    unsigned borrow = 0;
    for (size_t i = sizeof n; i-- > 0;) {
        unsigned take = low[i] + borrow;
        borrow = n[i] < take;
        low[i] = (uint8_t)(n[i] + (borrow << 8) - take);
    }
    CHECK_STATUS(judge(&g, &s, "XA-MIN-01", NOW), REFUSE(SEAL_LOW_S));
}

/* ---- its form ---- */

/* The payload, signed as what it is not. */
static struct given sealed_as(const char *type, struct slice payload)
{
    struct given g = {.length = 0};
    const struct sealing *who = pki_sealing("XA-MIN-01");
    struct buffer b = buffer_new(sizeof g.octets);
    CHECK_OK(cose_sign(who->key, certificate_x5t(who->certificate), type, payload, &b));
    g.length = b.length;
    memcpy(g.octets, b.at, b.length);
    buffer_done(&b);
    return g;
}

static void put_statement(struct buffer *b, uint64_t version, const char *object, uint64_t number,
                          uint64_t from_ms, uint64_t until_ms)
{
    const struct digest digest = digest_plain(slice_text("the text"));
    cbor_put_uint(b, 1);
    cbor_put_uint(b, version);
    cbor_put_uint(b, 2);
    cbor_put_text(b, slice_text(object));
    cbor_put_uint(b, 3);
    cbor_put_uint(b, number);
    cbor_put_uint(b, 4);
    cbor_put_bytes(b, digest_slice(&digest));
    cbor_put_uint(b, 5);
    cbor_put_uint(b, from_ms);
    cbor_put_uint(b, 6);
    cbor_put_uint(b, until_ms);
}

static void a_signature_of_another_kind_is_none(void)
{
    struct buffer b = buffer_new(256);
    cbor_put_map(&b, 6);
    put_statement(&b, 1, "law", 7, FROM, END);
    struct given good = sealed_as(SIGNED_OBJECT_TYPE, buffer_slice(&b));
    struct given seal = sealed_as("application/comity-seal", buffer_slice(&b));
    struct given approval = sealed_as("application/comity-approval", buffer_slice(&b));
    CHECK_OK(read_given(&good));
    CHECK_STATUS(read_given(&seal), REFUSE(SEAL_HEADER));
    CHECK_STATUS(read_given(&approval), REFUSE(SEAL_HEADER));
    buffer_done(&b);
}

static void a_statement_has_one_form(void)
{
    static const struct {
        uint64_t version;
        const char *object;
        uint64_t number, from_ms, until_ms;
    } rows[] = {
        {2, "law", 7, FROM, END},
        {1, "laws", 7, FROM, END},
        {1, "", 7, FROM, END},
        {1, "parties:", 7, FROM, END},
        {1, "parties:xa", 7, FROM, END},
        {1, "parties:XAB", 7, FROM, END},
        {1, "revocations:XA", 7, FROM, END},
        {1, "law", 0, FROM, END},
        {1, "law", 7, END, END},
        {1, "law", 7, END, FROM},
        {1, "law", 7, 1, END},
        {1, "law", UINT64_C(1) << 53, FROM, END},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct buffer b = buffer_new(256);
        cbor_put_map(&b, 6);
        put_statement(&b, rows[i].version, rows[i].object, rows[i].number, rows[i].from_ms,
                      rows[i].until_ms);
        struct given g = sealed_as(SIGNED_OBJECT_TYPE, buffer_slice(&b));
        if (!CHECK_STATUS(read_given(&g), REFUSE(OBJECT_STATEMENT)))
            fprintf(stderr, "row %zu\n", i);
        buffer_done(&b);
    }
}

static void a_statement_has_these_members_and_no_more(void)
{
    struct buffer b = buffer_new(512);
    cbor_put_map(&b, 7);
    put_statement(&b, 1, "law", 7, FROM, END);
    cbor_put_uint(&b, 7);
    cbor_put_uint(&b, 1);
    struct given more = sealed_as(SIGNED_OBJECT_TYPE, buffer_slice(&b));
    CHECK_STATUS(read_given(&more), REFUSE(OBJECT_STATEMENT));
    struct given none = sealed_as(SIGNED_OBJECT_TYPE, slice_text("\xa0"));
    CHECK_STATUS(read_given(&none), REFUSE(OBJECT_STATEMENT));
    struct given list = sealed_as(SIGNED_OBJECT_TYPE, slice_text("\x80"));
    CHECK_STATUS(read_given(&list), REFUSE(OBJECT_STATEMENT));
    struct given text = sealed_as(SIGNED_OBJECT_TYPE, slice_text("law 7"));
    CHECK_STATUS(read_given(&text), REFUSE(CBOR_TRUNCATED));
    buffer_done(&b);
}

/* Appends a COSE_Sign1 by hand: header, unprotected, payload. */
static struct given by_hand(int64_t alg, bool unprotected)
{
    struct given g = {.length = 0};
    static const uint8_t signature[64] = {1};
    const struct object_statement s = statement_of("law");
    const struct given good = signed_by("XA-MIN-01", &s);
    struct signed_object o;
    struct buffer header = buffer_new(256), b = buffer_new(sizeof g.octets);
    CHECK_OK(signed_object_read(octets_of(&good), &o));
    cbor_put_map(&header, 3);
    cbor_put_uint(&header, 1);
    cbor_put_int(&header, alg);
    cbor_put_uint(&header, 16);
    cbor_put_text(&header, slice_text(SIGNED_OBJECT_TYPE));
    cbor_put_uint(&header, 34);
    cbor_put_array(&header, 2);
    cbor_put_int(&header, -16);
    cbor_put_bytes(&header, o.cose.x5t);
    cbor_put_tag(&b, 18);
    cbor_put_array(&b, 4);
    cbor_put_bytes(&b, buffer_slice(&header));
    cbor_put_map(&b, unprotected);
    if (unprotected) {
        cbor_put_uint(&b, 4);
        cbor_put_bytes(&b, slice_text("kid"));
    }
    cbor_put_bytes(&b, o.cose.payload);
    cbor_put_bytes(&b, slice_over(signature, sizeof signature));
    g.length = b.length;
    memcpy(g.octets, b.at, b.length);
    buffer_done(&header);
    buffer_done(&b);
    return g;
}

static void nothing_stands_beside_the_signed_part(void)
{
    struct given with = by_hand(-7, true), without = by_hand(-7, false);
    CHECK_STATUS(read_given(&with), REFUSE(SEAL_UNPROTECTED));
    CHECK_OK(read_given(&without));
}

static void other_algorithms_are_refused(void)
{
    static const int64_t others[] = {-35, -36, -37, -257, 5, 0, -65535};
    const struct object_statement s = statement_of("law");
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        struct given g = by_hand(others[i], false);
        CHECK_STATUS(read_given(&g), REFUSE(SEAL_ALG));
    }
    struct given other = by_hand(-8, false); /* the right one, but not this key's */
    CHECK_STATUS(judge(&other, &s, "XA-MIN-01", NOW), REFUSE(SEAL_ALG));
}

static void what_is_too_long_is_not_looked_at(void)
{
    static const struct given g = {{0xd2}, SIGNED_OBJECT_MAX_BYTES};
    uint8_t longer[SIGNED_OBJECT_MAX_BYTES + 1] = {0xd2};
    struct signed_object o;
    CHECK(read_given(&g).reason != REASON_OBJECT_SIZE);
    CHECK_STATUS(signed_object_read(slice_over(longer, sizeof longer), &o), REFUSE(OBJECT_SIZE));
}

TESTS(policy_signed_object,
      {"a signature says what it is of and until when",
       a_signature_says_what_it_is_of_and_until_when},
      {"a certificate that ends first ends its signature",
       a_certificate_that_ends_first_ends_its_signature},
      {"it holds for its object number text and time alone",
       it_holds_for_its_object_number_text_and_time_alone},
      {"every octet counts", every_octet_counts}, {"a high s is refused", a_high_s_is_refused},
      {"a signature of another kind is none", a_signature_of_another_kind_is_none},
      {"a statement has one form", a_statement_has_one_form},
      {"a statement has these members and no more", a_statement_has_these_members_and_no_more},
      {"nothing stands beside the signed part", nothing_stands_beside_the_signed_part},
      {"other algorithms are refused", other_algorithms_are_refused},
      {"what is too long is not looked at", what_is_too_long_is_not_looked_at})
