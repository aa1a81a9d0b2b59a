#include "pool.h"

#include <string.h>

#include "edge/sweep.h"
#include "support/await.h"

#define GOOD    "XA-CA-01"
#define OTHER   "XC-CA-01"
#define REVOKED "XA-POL-01"

static void a_revoked_peer_is_ended_and_the_others_stay(void)
{
    struct dial dials[12];
    struct pool *p = pool_new(3, &plenty);
    for (unsigned i = 0; i < 12; i++)
        pool_dial(p, i < 6 ? GOOD : REVOKED, &dials[i]);
    CHECK(dials_reach(dials, 12, DIAL_OPEN));
    uint64_t began = test_ms();
    pool_renew(p, p->revoking);
    CHECK(dials_reach(&dials[6], 6, DIAL_OVER));
    CHECK(test_ms() - began < SWEEP_MS);
    for (unsigned i = 0; i < 6; i++) {
        CHECK_TEXT(dials[6 + i].code, "E_SIG");
        CHECK(dial_answers(&dials[i]));
        dial_drop(&dials[i]);
    }
    pool_dial(p, REVOKED, &dials[0]);
    CHECK(dials_reach(dials, 1, DIAL_OVER));
    CHECK_TEXT(dials[0].code, ""); /* it never had a link */
    pool_free(p);
}

/* A link of which the gateway's half of the handshake is on the way back. Where it came at once the
 * handshake is over already, and another one is begun. */
static bool begin_handshake(struct pool *p, struct dial *begun)
{
    for (uint64_t until = test_ms() + DEADLINE_MS; test_ms() < until; dial_drop(begun)) {
        pool_dial(p, REVOKED, begun);
        if (dials_reach(begun, 1, DIAL_SHAKING) && readable(begun->fd, DEADLINE_MS))
            return true;
    }
    return false;
}

/* One worker: once it has ended the open link it has taken the new context. */
static void a_handshake_that_had_begun_is_judged_by_the_new_context(void)
{
    struct dial open, begun;
    struct pool *p = pool_new(1, &plenty);
    pool_dial(p, REVOKED, &open);
    CHECK(dials_reach(&open, 1, DIAL_OPEN));
    CHECK(begin_handshake(p, &begun));
    pool_renew(p, p->revoking);
    CHECK(dials_reach(&open, 1, DIAL_OVER));
    CHECK(dials_reach(&begun, 1, DIAL_OVER));
    CHECK_U64(begun.frames, 0);
    pool_free(p);
}

/* Waits until a count has been reached, and that a link is served meanwhile. */
static bool reaches(unsigned (*count)(void), unsigned wanted, struct dial *beside)
{
    for (uint64_t until = test_ms() + DEADLINE_MS; count() < wanted && test_ms() < until;)
        if (!CHECK(dial_answers(beside)))
            return false;
    return CHECK(count() >= wanted);
}

static bool is_verifying(void *before)
{
    return rechecks() > *(unsigned *)before;
}

/* The worker is kept in a verification, so that the new state and a question wait for it together.
 */
static void who_is_revoked_gets_no_more_answers(void)
{
    struct dial revoked, other;
    struct pool *p = pool_new(1, &plenty);
    pool_dial(p, REVOKED, &revoked);
    CHECK(dials_reach(&revoked, 1, DIAL_OPEN));
    pool_dial(p, GOOD, &other);
    CHECK(dials_reach(&other, 1, DIAL_OPEN));
    unsigned before = rechecks();
    uint64_t heard = revoked.frames;
    rechecks_hold(true);
    workers_sweep(p->workers);
    CHECK(await(is_verifying, &before));
    pool_renew(p, p->revoking);
    dial_ask(&revoked);
    dial_run(&revoked);
    rechecks_hold(false);
    CHECK(dials_reach(&revoked, 1, DIAL_OVER));
    CHECK_TEXT(revoked.code, "E_SIG");
    CHECK_U64(revoked.frames, heard + 1); /* the BYE */
    dial_drop(&other);
    pool_free(p);
}

static void a_certificate_is_verified_once(void)
{
    struct dial dials[40];
    struct pool *p = pool_new(1, &plenty);
    for (unsigned i = 0; i < 40; i++)
        pool_dial(p, i % 3 == 0 ? OTHER : GOOD, &dials[i]);
    CHECK(dials_reach(dials, 40, DIAL_OPEN));
    unsigned before = rechecks();
    workers_sweep(p->workers);
    reaches(rechecks, before + 2, &dials[1]);
    for (unsigned i = 0; i < 40; i++) {
        CHECK(dial_answers(&dials[i]));
        dial_drop(&dials[i]);
    }
    CHECK_U64(rechecks() - before, 2);
    pool_free(p);
}

static void keys_are_renewed_when_they_are_an_hour_old(void)
{
    struct dial dials[3];
    struct pool *p = pool_new(1, &plenty);
    unsigned before = rekeys(), swept = rechecks();
    for (unsigned i = 0; i < 3; i++)
        pool_dial(p, i == 0 ? OTHER : GOOD, &dials[i]);
    CHECK(dials_reach(dials, 3, DIAL_OPEN));
    workers_sweep(p->workers);
    reaches(rechecks, swept + 2, &dials[0]);
    CHECK_U64(rekeys(), before); /* too young */
    clock_shift(SWEEP_REKEY_MS);
    workers_sweep(p->workers);
    reaches(rekeys, before + 3, &dials[0]);
    workers_sweep(p->workers);
    reaches(rechecks, swept + 6, &dials[1]);
    CHECK_U64(rekeys(), before + 3); /* once an hour */
    for (unsigned i = 0; i < 3; i++) {
        CHECK(dial_answers(&dials[i]));
        dial_drop(&dials[i]);
    }
    pool_free(p);
}

/* One link, in a sweep that tries in vain to judge it. */
static struct pool *pool_without_memory(struct dial *dial)
{
    struct pool *p = pool_new(1, &plenty);
    pool_dial(p, GOOD, dial);
    CHECK(dials_reach(dial, 1, DIAL_OPEN));
    unsigned before = rechecks();
    rechecks_fail(true);
    workers_sweep(p->workers);
    reaches(rechecks, before + 10, dial);
    return p;
}

static void memory_that_is_out_for_a_moment_ends_nobody(void)
{
    struct dial dial;
    struct pool *p = pool_without_memory(&dial);
    unsigned before = rechecks_with_memory();
    rechecks_fail(false);
    reaches(rechecks_with_memory, before + 1, &dial);
    CHECK(dial_answers(&dial));
    dial_drop(&dial);
    pool_free(p);
}

static void who_cannot_be_judged_in_time_is_ended(void)
{
    struct dial dial;
    struct pool *p = pool_without_memory(&dial);
    clock_shift(SWEEP_MS);
    CHECK(dials_reach(&dial, 1, DIAL_OVER));
    CHECK_TEXT(dial.code, "E_SIG");
    rechecks_fail(false);
    pool_free(p);
    contexts_free();
}

static void verdicts_have_reasons(void)
{
    CHECK_OK(sweep_verdict(TLS_FAILURE_NONE));
    CHECK_STATUS(sweep_verdict(TLS_FAILURE_REVOKED), REFUSE(PEER_REVOKED));
    CHECK_STATUS(sweep_verdict(TLS_FAILURE_EXPIRED), REFUSE(PEER_EXPIRED));
    for (enum tls_failure f = TLS_FAILURE_MISSING; f < TLS_FAILURE_COUNT; f++)
        if (f != TLS_FAILURE_REVOKED && f != TLS_FAILURE_EXPIRED)
            CHECK_STATUS(sweep_verdict(f), REFUSE(PEER_UNTRUSTED));
}

TESTS(edge_sweeps,
      {"a revoked peer is ended in time, and the others stay",
       a_revoked_peer_is_ended_and_the_others_stay},
      {"a handshake that had begun is judged by the new context",
       a_handshake_that_had_begun_is_judged_by_the_new_context},
      {"who is revoked gets no more answers", who_is_revoked_gets_no_more_answers},
      {"a certificate is verified once in a sweep", a_certificate_is_verified_once},
      {"keys are renewed when they are an hour old", keys_are_renewed_when_they_are_an_hour_old},
      {"memory that is out for a moment ends nobody", memory_that_is_out_for_a_moment_ends_nobody},
      {"who cannot be judged in time is ended", who_cannot_be_judged_in_time_is_ended},
      {"every verdict has its reason", verdicts_have_reasons})
