#include "signed.h"

#include <stdlib.h>
#include <string.h>

#include "support/check.h"
#include "support/pki.h"

#define MOST 40

/* Signatures of one object, and who may give them. */
struct bench {
    struct given given[MOST];
    struct slice at[MOST];
    size_t count;
    struct object_authority authorities[8];
    size_t trusted;
    struct revocations *revoked; /* NULL: nobody */
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
    const struct rulebook_authorities by = {all, all, all, b->revoked};
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
    CHECK_U64(v.begins_ms, UINT64_MAX);
    b->given[0] = signed_by("XA-MIN-01", &early);
    b->at[0] = octets_of(&b->given[0]);
    CHECK_STATUS(enough(b, &s, &v), REFUSE(OBJECT_VALIDITY));
    CHECK_U64(v.until_ms, NOW);
    CHECK_U64(v.begins_ms, NOW + 1);
    free(b);
}

/* A list of their own CA has their sealing certificate since then. */
static void revoke(struct bench *b, const char *name, const char *state, uint64_t since_ms)
{
    struct buffer der = buffer_new(4096);
    revocations_free(b->revoked);
    b->revoked = NULL;
    pki_revoke(name, since_ms, &der);
    struct revocation_list list = {.der = buffer_slice(&der)};
    (void)slice_copy_text(slice_text(state), list.state, sizeof list.state);
    CHECK_OK(revocations_new(&list, 1, &b->revoked));
    buffer_done(&der);
}

static void who_is_revoked_speaks_no_more(void)
{
    const struct object_statement s = statement_of("law");
    struct bench *b = bench_new();
    struct signatures_verdict v = {0};
    give(b, "XA-MIN-01", &s);
    give(b, "XC-MIN-01", &s);
    revoke(b, "XC-MIN-01", "XC", FROM - DAY); /* whatever it signed, and states that it did when */
    CHECK_STATUS(enough(b, &s, &v), REFUSE(OBJECT_VALIDITY));
    CHECK_STATUS(v.wrong, REFUSE(OBJECT_REVOKED));
    CHECK_U64(v.have, 1);
    CHECK_U64(v.counting_count, 1);
    CHECK_U64(v.until_ms, FROM - DAY); /* since then it is too few */
    revoke(b, "XC-MIN-01", "XC", NOW);
    CHECK_STATUS(enough(b, &s, &v), REFUSE(OBJECT_VALIDITY));
    CHECK_U64(v.until_ms, NOW);
    revoke(b, "XC-MIN-01", "XC", NOW + DAY); /* a date to come */
    CHECK_OK(enough(b, &s, &v));
    CHECK_U64(v.until_ms, NOW + DAY);
    revoke(b, "XC-MIN-01", "XA", NOW); /* of another State's nobody says anything */
    CHECK_OK(enough(b, &s, &v));
    CHECK_U64(v.until_ms, END);
    revoke(b, "XC-JUD-01", "XC", NOW);
    CHECK_OK(enough(b, &s, &v));
    revoke(b, "XC-MIN-01", "XC", NOW);
    give(b, "XA-JUD-01", &s); /* others are enough */
    CHECK_OK(enough(b, &s, &v));
    CHECK_U64(v.until_ms, END);
    revocations_free(b->revoked);
    free(b);
}

static void who_is_revoked_is_named(void)
{
    char text[REVOKED_TEXT_BYTES];
    struct bench *b = bench_new();
    revoke(b, "XC-MIN-01", "XC", NOW);
    const struct object_authorities all = {b->authorities, b->trusted};
    const struct rulebook_authorities by = {all, all, all, b->revoked};
    authorities_say_revoked(&by, slice_text("law"), NOW, text);
    CHECK_TEXT(text, "; the certificate of XC-MIN-01 is revoked since 2026-09-21T14:13:20Z");
    authorities_say_revoked(&by, slice_text("parties:XC"), NOW, text);
    CHECK(text[0] != '\0');
    authorities_say_revoked(&by, slice_text("parties:XA"), NOW, text); /* it does not sign those */
    CHECK_TEXT(text, "");
    authorities_say_revoked(&by, slice_text("law"), NOW - 1, text);
    CHECK_TEXT(text, "");
    authorities_say_revoked(NULL, slice_text("law"), NOW, text);
    CHECK_TEXT(text, "");
    for (size_t i = 0; i < 5; i++)
        trust(b, "XC-MIN-01");
    const struct object_authorities many = {b->authorities, b->trusted};
    const struct rulebook_authorities by_many = {many, many, many, b->revoked};
    authorities_say_revoked(&by_many, slice_text("law"), NOW, text);
    CHECK_U64(strlen(text), 2 * strlen("; the certificate of XC-MIN-01 is revoked since "
                                       "2026-09-21T14:13:20Z"));
    revocations_free(b->revoked);
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

TESTS(policy_signatures, {"two authorities sign the law", two_authorities_sign_the_law},
      {"an authority with two keys counts once", an_authority_with_two_keys_counts_once},
      {"what does not count is no fault where others are enough",
       what_does_not_count_is_no_fault_where_others_are_enough},
      {"what would be enough at another time is told apart",
       what_would_be_enough_at_another_time_is_told_apart},
      {"who is revoked speaks no more", who_is_revoked_speaks_no_more},
      {"who is revoked is named", who_is_revoked_is_named},
      {"of a State's parties its own authority speaks",
       of_a_states_parties_its_own_authority_speaks})
