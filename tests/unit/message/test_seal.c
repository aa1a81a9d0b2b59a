#include "support/check.h"

#include "base/instant.h"
#include "message/seal.h"
#include "vectors.h"

#include <string.h>

#define ARENA_BYTES (1 << 20)

static const json_t *sealed(const char *algorithm)
{
    return vector_at(vector_file("seal.json"), algorithm);
}

static void a_seal_opens_to_its_claims(void)
{
    struct arena *a = arena_new(ARENA_BYTES);
    const json_t *v = sealed("eddsa");
    const struct envelope *e = NULL;
    if (CHECK_OK(envelope_open(a, vector_hex(v, "seal"), 0, &e))) {
        CHECK_BYTES(digest_slice(&e->digest), vector_hex(v, "seal_digest"));
        CHECK_BYTES(e->cose.protected_header, vector_hex(v, "protected"));
        CHECK_BYTES(e->claims.id, hex("315236d88f134eeabec72226d35db015"));
        CHECK_BYTES(e->claims.type, slice_text("mla.request"));
        CHECK_BYTES(e->claims.from, slice_text("XA-CA-01"));
        CHECK_BYTES(e->claims.to, slice_text("XC-CA-01"));
        CHECK_U64(e->claims.created_ms, 1790000000000);
        CHECK_U64(e->claims.expires_ms, 1791209600000);
        CHECK_U64(e->claims.legal_basis.count, 1);
        CHECK_BYTES(e->claims.legal_basis.at[0], slice_text("UNTOC18 para 3(e)(f)(g)"));
        CHECK_BYTES(e->claims.tier, slice_text("T3"));
        CHECK_BYTES(e->claims.transfer_basis, slice_text("LED37_BINDING"));
        CHECK(e->claims.confidential);
        CHECK(claims_have(&e->claims, CLAIM_DEADLINE));
        CHECK(!claims_have(&e->claims, CLAIM_REPLY_TO));
        CHECK_U64(e->claims.digests.count, 16);
    }
    arena_free(a);
}

static void claims_are_written_as_they_were_read(void)
{
    struct arena *a = arena_new(ARENA_BYTES);
    struct slice payload = vector_hex(sealed("eddsa"), "payload");
    struct claims claims;
    struct buffer out = buffer_new(ARENA_BYTES);
    if (CHECK_OK(claims_parse(a, payload, &claims)))
        claims_write(&out, &claims);
    CHECK_BYTES(buffer_slice(&out), payload);
    buffer_done(&out);
    arena_free(a);
}

/* A claims map with every optional claim absent, or changed in one place. */
struct draft {
    struct claims claims;
    struct slice handling[2];
    struct slice digests[DIGESTS_MIN];
    uint8_t octets[DIGESTS_MIN][32];
};

static void draft_init(struct draft *d)
{
    *d = (struct draft){0};
    for (size_t i = 0; i < DIGESTS_MIN; i++) {
        d->octets[i][0] = (uint8_t)i;
        d->digests[i] = slice_over(d->octets[i], sizeof d->octets[i]);
    }
    d->claims = (struct claims){
        .id = hex("315236d88f134eeabec72226d35db015"),
        .thread = hex("6e8b8eacf95c4694ac4b433beac63133"),
        .type = slice_text("mla.request"),
        .schema = 1,
        .from = slice_text("XA-CA-01"),
        .to = slice_text("XC-CA-01"),
        .created_ms = 1790000000000,
        .expires_ms = 1790000000001,
        .purpose = slice_text("EVIDENCE"),
        .retain_until_ms = 1790000000000 / MS_PER_DAY * MS_PER_DAY,
        .digests = {d->digests, DIGESTS_MIN},
    };
}

static struct status draft_read(const struct draft *d)
{
    struct arena *a = arena_new(ARENA_BYTES);
    struct buffer out = buffer_new(ARENA_BYTES);
    struct claims read;
    claims_write(&out, &d->claims);
    CHECK(!out.failed);
    struct status s = claims_parse(a, buffer_slice(&out), &read);
    buffer_done(&out);
    arena_free(a);
    return s;
}

static void claims_may_leave_out_what_is_optional(void)
{
    struct draft d;
    draft_init(&d);
    CHECK_OK(draft_read(&d));
}

static void a_life_lasts_from_1_ms_to_30_days(void)
{
    struct draft d;
    draft_init(&d);
    d.claims.expires_ms = d.claims.created_ms + CLAIMS_MAX_LIFE_MS;
    CHECK_OK(draft_read(&d));
    d.claims.expires_ms++;
    CHECK_STATUS(draft_read(&d), REFUSE(CLAIMS_TIME));
    d.claims.expires_ms = d.claims.created_ms;
    CHECK_STATUS(draft_read(&d), REFUSE(CLAIMS_TIME));
}

static void retention_ends_at_a_midnight_from_today_on(void)
{
    struct draft d;
    draft_init(&d);
    d.claims.retain_until_ms -= MS_PER_DAY;
    CHECK_STATUS(draft_read(&d), REFUSE(CLAIMS_SHAPE));
    d.claims.retain_until_ms += MS_PER_DAY + 1;
    CHECK_STATUS(draft_read(&d), REFUSE(CLAIMS_SHAPE));
}

static void only_listed_words_are_claims(void)
{
    static const struct {
        enum claim claim;
        size_t offset;
        const char *good, *bad;
    } rows[] = {
        {CLAIM_URGENCY, offsetof(struct claims, urgency), "EMERGENCY", "SOON"},
        {CLAIM_LANG, offsetof(struct claims, lang), "eng", "en"},
        {CLAIM_OWNER, offsetof(struct claims, owner), "XA", "xa"},
        {CLAIM_TRANSFER, offsetof(struct claims, tier), "T4", "T5"},
        {CLAIM_CASE_REF, offsetof(struct claims, case_ref), "A/1-2.3", "two words"},
        {CLAIM_INSTRUMENT, offsetof(struct claims, instrument), "UNTOC18", "untoc"},
        {CLAIM_TYPE, offsetof(struct claims, type), "a.b", "a..b"},
        {CLAIM_FROM, offsetof(struct claims, from), "XA-LABI-01", "XA-LABIO-01"},
        {CLAIM_PURPOSE, offsetof(struct claims, purpose), "E", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct draft d;
        draft_init(&d);
        d.claims.present = 1U << rows[i].claim;
        void *member = (char *)&d.claims + rows[i].offset;
        *(struct slice *)member = slice_text(rows[i].good);
        CHECK_OK(draft_read(&d));
        *(struct slice *)member = slice_text(rows[i].bad);
        CHECK_STATUS(draft_read(&d), REFUSE(CLAIMS_SHAPE));
    }
}

static void handling_codes_are_h0_to_h3_each_once(void)
{
    struct draft d;
    draft_init(&d);
    d.claims.present = 1U << CLAIM_HANDLING;
    d.handling[0] = slice_text("H3");
    d.handling[1] = slice_text("H0");
    d.claims.handling = (struct slices){d.handling, 2};
    CHECK_OK(draft_read(&d));
    d.handling[1] = slice_text("H4");
    CHECK_STATUS(draft_read(&d), REFUSE(CLAIMS_SHAPE));
    d.handling[1] = d.handling[0];
    CHECK_STATUS(draft_read(&d), REFUSE(CLAIMS_SHAPE));
    d.claims.handling.count = 0;
    CHECK_STATUS(draft_read(&d), REFUSE(CLAIMS_SHAPE));
}

static void fewer_than_16_digests_are_refused(void)
{
    struct draft d;
    draft_init(&d);
    d.claims.digests.count = 8;
    CHECK_STATUS(draft_read(&d), REFUSE(CLAIMS_DIGESTS));
    d.claims.digests.count = 0;
    CHECK_STATUS(draft_read(&d), REFUSE(CLAIMS_DIGESTS));
    d.claims.digests.count = 16;
    d.digests[3].length = 31;
    CHECK_STATUS(draft_read(&d), REFUSE(CLAIMS_SHAPE));
}

static void more_than_4096_digests_are_refused(void)
{
    static uint8_t octets[2 * DIGESTS_MAX][32];
    static struct slice list[2 * DIGESTS_MAX];
    struct draft d;
    draft_init(&d);
    for (size_t i = 0; i < 2 * DIGESTS_MAX; i++) {
        octets[i][0] = (uint8_t)(i >> 8);
        octets[i][1] = (uint8_t)i;
        list[i] = slice_over(octets[i], sizeof octets[i]);
    }
    d.claims.digests = (struct slices){list, DIGESTS_MAX};
    CHECK_OK(draft_read(&d));
    d.claims.digests.count = 2 * DIGESTS_MAX;
    CHECK_STATUS(draft_read(&d), REFUSE(CLAIMS_DIGESTS));
}

static void an_arena_that_is_full_is_no_fault_of_the_sender(void)
{
    struct arena *a = arena_new(64);
    struct claims claims;
    CHECK_STATUS(claims_parse(a, vector_hex(sealed("eddsa"), "payload"), &claims), FAIL(MEMORY));
    arena_free(a);
}

static void sizes_are_judged_before_anything_is_opened(void)
{
    struct arena *a = arena_new(ARENA_BYTES);
    struct slice seal = vector_hex(sealed("eddsa"), "seal");
    const struct envelope *e = NULL;
    CHECK_OK(envelope_open(a, seal, MESSAGE_MAX_BYTES, &e));
    CHECK_STATUS(envelope_open(a, seal, MESSAGE_MAX_BYTES + 1, &e), REFUSE(MESSAGE_SIZE));
    arena_free(a);
}

static void no_cut_or_changed_seal_holds(void)
{
    struct slice good = vector_hex(sealed("es256"), "seal");
    const struct sealers by = {.directory = vector_directory("directory-hub.json")};
    uint8_t octets[2048];
    if (!CHECK(good.length <= sizeof octets))
        return;
    memcpy(octets, good.at, good.length);
    for (size_t i = 0; i < good.length; i++) {
        struct arena *a = arena_new(ARENA_BYTES);
        const struct envelope *e = NULL;
        const struct verified *v = NULL;
        CHECK(failed(envelope_open(a, slice_over(octets, i), i, &e)));
        octets[i] ^= (uint8_t)(1U << i % 8);
        struct status s = envelope_open(a, slice_over(octets, good.length), good.length, &e);
        if (!failed(s))
            s = seal_verify(a, e, &by, 1790000001000, &v);
        CHECK(s.code == CODE_REFUSED && v == NULL);
        octets[i] ^= (uint8_t)(1U << i % 8);
        arena_free(a);
    }
}

static void a_seal_holds_while_its_certificate_does(void)
{
    struct arena *a = arena_new(ARENA_BYTES);
    const struct sealers by = {.directory = vector_directory("directory-hub.json")};
    const struct envelope *e = NULL;
    const struct verified *v = NULL;
    if (CHECK_OK(envelope_open(a, vector_hex(sealed("es256"), "seal"), 0, &e))) {
        CHECK_OK(seal_verify(a, e, &by, 1790000001000, &v));
        CHECK(v != NULL && verified_envelope(v) == e);
        /* within the directory's row, but not within the certificate */
        CHECK_STATUS(seal_verify(a, e, &by, 1765000000000, &v), REFUSE(SEAL_VALIDITY));
        CHECK_STATUS(seal_verify(a, e, &by, 1800000000000, &v), REFUSE(SEAL_VALIDITY));
        /* not within the row */
        CHECK_STATUS(seal_verify(a, e, &by, 1816000000000, &v), REFUSE(SEAL_SIGNER));
    }
    arena_free(a);
}

static void making_a_seal_gives_the_octets_of_the_vector(void)
{
    struct arena *a = arena_new(ARENA_BYTES);
    struct slice want = vector_hex(sealed("eddsa"), "seal");
    struct slice seed = vector_hex(vector_at(vector_file("keys.json"), "seal_eddsa"), "seed");
    const struct envelope *e = NULL;
    struct key *key = NULL;
    struct buffer out = buffer_new(SEAL_MAX_BYTES);
    if (CHECK_OK(envelope_open(a, want, want.length, &e)) &&
        CHECK_OK(key_from_seed(seed.at, &key))) {
        struct digest x5t = digest_read(e->cose.x5t);
        CHECK_OK(seal_make(&e->claims, key, &x5t, &out));
        CHECK_BYTES(buffer_slice(&out), want);
    }
    key_free(key);
    buffer_done(&out);
    arena_free(a);
}

static void a_message_is_timely_for_five_minutes(void)
{
    const struct claims c = {.created_ms = 1790000000000, .expires_ms = 1790000300000};
    CHECK_OK(claims_timely(&c, 1790000299999));
    CHECK_OK(claims_timely(&c, 1789999700000));
    CHECK_STATUS(claims_timely(&c, 1789999699999), REFUSE(CLAIMS_WINDOW));
    CHECK_STATUS(claims_timely(&c, 1790000300001), REFUSE(CLAIMS_WINDOW));
    CHECK_STATUS(claims_timely(&c, 1790000300000), REFUSE(CLAIMS_EXPIRED));
}

TESTS(seal, {"a seal opens to its claims", a_seal_opens_to_its_claims},
      {"claims are written as they were read", claims_are_written_as_they_were_read},
      {"claims may leave out what is optional", claims_may_leave_out_what_is_optional},
      {"a life lasts from 1 ms to 30 days", a_life_lasts_from_1_ms_to_30_days},
      {"retention ends at a midnight from today on", retention_ends_at_a_midnight_from_today_on},
      {"only listed words are claims", only_listed_words_are_claims},
      {"handling codes are H0 to H3 each once", handling_codes_are_h0_to_h3_each_once},
      {"fewer than 16 digests are refused", fewer_than_16_digests_are_refused},
      {"more than 4096 digests are refused", more_than_4096_digests_are_refused},
      {"an arena that is full is no fault of the sender",
       an_arena_that_is_full_is_no_fault_of_the_sender},
      {"sizes are judged before anything is opened", sizes_are_judged_before_anything_is_opened},
      {"no cut or changed seal holds", no_cut_or_changed_seal_holds},
      {"a seal holds while its certificate does", a_seal_holds_while_its_certificate_does},
      {"making a seal gives the octets of the vector",
       making_a_seal_gives_the_octets_of_the_vector},
      {"a message is timely for five minutes", a_message_is_timely_for_five_minutes})
