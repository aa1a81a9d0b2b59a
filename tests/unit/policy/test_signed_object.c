#include "support/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/signatures.h"
#include "support/pki.h"
#include "wire/cbor.h"

#define NOW  1790000000000ULL /* 2026-09-21 */
#define DAY  86400000ULL
#define FROM (NOW - DAY)
#define END  (NOW + 30 * DAY)

/* ---- what is signed, and by whom ---- */

static const struct object_statement law = {.number = 7, .from_ms = FROM, .until_ms = END};

static struct object_statement statement_of(const char *object)
{
    struct object_statement s = law;
    s.object = slice_text(object);
    s.digest = digest_plain(slice_text("the text"));
    return s;
}

static struct object_authority authority(const char *name)
{
    struct object_authority a = {.certificate = pki_sealing(name)->certificate};
    (void)slice_copy_text(slice_text(name), a.id, sizeof a.id);
    return a;
}

/* A signature as tests have it: octets that may be spoilt. */
struct given {
    uint8_t octets[SIGNED_OBJECT_MAX_BYTES];
    size_t length;
};

static struct given signed_by(const char *name, const struct object_statement *s)
{
    struct given g = {.length = 0};
    const struct sealing *who = pki_sealing(name);
    struct buffer b = buffer_new(sizeof g.octets);
    CHECK_OK(signed_object_make(who->key, certificate_x5t(who->certificate), s, &b));
    g.length = b.length;
    memcpy(g.octets, b.at, b.length);
    buffer_done(&b);
    return g;
}

static struct slice octets_of(const struct given *g)
{
    return slice_over(g->octets, g->length);
}

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

/* ---- enough of them ---- */

#define MOST 40

/* Signatures of one object, and who may give them. */
struct bench {
    struct given given[MOST];
    struct slice at[MOST];
    size_t count;
    struct object_authority authorities[8];
    size_t trusted;
};

static void give(struct bench *b, const char *name, const struct object_statement *s)
{
    b->given[b->count] = signed_by(name, s);
    b->at[b->count] = octets_of(&b->given[b->count]);
    b->count++;
}

static void trust(struct bench *b, const char *name)
{
    b->authorities[b->trusted++] = authority(name);
}

static struct status enough(const struct bench *b, const struct object_statement *s,
                            struct signatures_verdict *ret_verdict)
{
    const struct object_authorities all = {b->authorities, b->trusted};
    const struct rulebook_authorities by = {all, all, all};
    struct slice at[MOST];
    memcpy(at, b->at, sizeof at);
    const struct slices signatures = {at, b->count};
    return signatures_judge(&signatures, s, &by, NOW, ret_verdict);
}

static struct bench *bench_new(void)
{
    struct bench *b = calloc(1, sizeof *b);
    trust(b, "XA-MIN-01");
    trust(b, "XC-MIN-01");
    trust(b, "XA-JUD-01");
    return b;
}

static void two_authorities_sign_the_law(void)
{
    struct object_statement s = statement_of("law"), sooner = s;
    struct bench *b = bench_new();
    struct signatures_verdict v = {0};
    sooner.until_ms = NOW + DAY;
    CHECK_STATUS(enough(b, &s, &v), REFUSE(OBJECT_QUORUM));
    CHECK_U64(v.have, 0);
    give(b, "XA-MIN-01", &s);
    CHECK_STATUS(enough(b, &s, &v), REFUSE(OBJECT_QUORUM));
    CHECK_U64(v.have, 1);
    CHECK_U64(v.needed, 2);
    give(b, "XC-MIN-01", &sooner);
    CHECK_OK(enough(b, &s, &v));
    CHECK_U64(v.until_ms, NOW + DAY);
    give(b, "XA-JUD-01", &s); /* the two that hold longest count */
    CHECK_OK(enough(b, &s, &v));
    CHECK_U64(v.until_ms, END);
    free(b);
}

/* XA-MIN-01 has a second certificate, and signs with both. */
static void an_authority_with_two_keys_counts_once(void)
{
    const struct object_statement s = statement_of("law");
    struct bench *b = bench_new();
    struct signatures_verdict v = {0};
    trust(b, "XA-MIN-02");
    (void)slice_copy_text(slice_text("XA-MIN-01"), b->authorities[3].id,
                          sizeof b->authorities[3].id);
    give(b, "XA-MIN-01", &s);
    give(b, "XA-MIN-02", &s);
    give(b, "XA-MIN-01", &s);
    CHECK_STATUS(enough(b, &s, &v), REFUSE(OBJECT_QUORUM));
    CHECK_U64(v.have, 1);
    give(b, "XC-MIN-01", &s);
    CHECK_OK(enough(b, &s, &v));
    free(b);
}

static void what_does_not_count_is_no_fault_where_others_are_enough(void)
{
    const struct object_statement s = statement_of("law");
    struct object_statement old = s, late = s;
    struct bench *b = bench_new();
    struct signatures_verdict v = {0};
    old.number = 6;
    late.until_ms = NOW;
    give(b, "XA-MIN-03", &s); /* nobody's that is asked */
    give(b, "XA-JUD-01", &old);
    give(b, "XA-MIN-01", &s);
    give(b, "XC-MIN-01", &s);
    b->at[0] = slice_text("no signature");
    CHECK_OK(enough(b, &s, &v));
    CHECK_STATUS(v.wrong, REFUSE(SEAL_TAG));
    b->given[3] = signed_by("XC-MIN-01", &late);
    b->at[3] = octets_of(&b->given[3]);
    CHECK_STATUS(enough(b, &s, &v), REFUSE(OBJECT_VALIDITY));
    CHECK_U64(v.have, 1);
    free(b);
}

static void what_would_be_enough_at_another_time_is_told_apart(void)
{
    const struct object_statement s = statement_of("law");
    struct object_statement late = s, early = s;
    struct bench *b = bench_new();
    struct signatures_verdict v = {0};
    late.until_ms = FROM + 1;
    early.from_ms = NOW + 1;
    give(b, "XA-MIN-01", &late);
    CHECK_STATUS(enough(b, &s, &v), REFUSE(OBJECT_QUORUM));
    CHECK_U64(v.until_ms, 0);
    give(b, "XC-MIN-01", &s);
    CHECK_STATUS(enough(b, &s, &v), REFUSE(OBJECT_VALIDITY));
    CHECK_U64(v.until_ms, FROM + 1);
    b->given[0] = signed_by("XA-MIN-01", &early);
    b->at[0] = octets_of(&b->given[0]);
    CHECK_STATUS(enough(b, &s, &v), REFUSE(OBJECT_VALIDITY));
    CHECK_U64(v.until_ms, NOW);
    free(b);
}

static void of_a_states_parties_its_own_authority_speaks(void)
{
    const struct object_statement s = statement_of("parties:XA"), law_too = statement_of("law");
    struct bench *b = bench_new();
    struct signatures_verdict v = {0};
    give(b, "XC-MIN-01", &s);
    CHECK_STATUS(enough(b, &s, &v), REFUSE(OBJECT_QUORUM));
    CHECK_STATUS(v.wrong, REFUSE(OBJECT_SIGNER));
    give(b, "XA-MIN-01", &law_too);
    CHECK_STATUS(enough(b, &s, &v), REFUSE(OBJECT_QUORUM));
    give(b, "XA-MIN-01", &s);
    CHECK_OK(enough(b, &s, &v));
    free(b);
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
      {"what is too long is not looked at", what_is_too_long_is_not_looked_at},
      {"two authorities sign the law", two_authorities_sign_the_law},
      {"an authority with two keys counts once", an_authority_with_two_keys_counts_once},
      {"what does not count is no fault where others are enough",
       what_does_not_count_is_no_fault_where_others_are_enough},
      {"what would be enough at another time is told apart",
       what_would_be_enough_at_another_time_is_told_apart},
      {"of a State's parties its own authority speaks",
       of_a_states_parties_its_own_authority_speaks})
